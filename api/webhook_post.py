"""Telling one event to one webhook: where it may go, how it is signed, and what an answer means.

An admin chooses the address, but not what is behind it: a name that leads into our own network, or to the address from
which a cloud gives out its keys, is not asked. A name is looked up once, judged, and exactly what was judged is
connected to; redirects are not followed, and no proxy of the environment is used.
"""

import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from core import webhooks
from core.config import WebhooksSection
from core.webhooks import Telling

# RFC 6052: an IPv4 address within an IPv6 one, which a gateway takes out again.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class NotTold:
    """`gone`: the receiver says that it will never want to hear anything again."""

    reason: str
    gone: bool = False


class Refused(OSError):
    """Not asked, because of where it leads. An OSError, as aiohttp expects one of a resolver."""


def forbidden(address: str) -> bool:
    """Whether an address is none of the public internet: ours, a neighbour's, or a cloud's own."""
    found = _within(ipaddress.ip_address(address.partition("%")[0]))
    site_local = isinstance(found, ipaddress.IPv6Address) and found.is_site_local
    return not found.is_global or found.is_multicast or found.is_reserved or site_local


def _within(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 one leads to, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


class Guard(AbstractResolver):
    """Looks names up, and answers with what may be asked only."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if not self._allow_private and any(forbidden(one["host"]) for one in found):
            raise Refused(f"{host} leads into a private network")
        return found

    async def close(self) -> None:
        await self._names.close()


class Post:
    """Tells events to their webhooks. Made by `opened`."""

    def __init__(self, session: aiohttp.ClientSession, settings: WebhooksSection) -> None:
        self._session = session
        self._settings = settings

    async def tell(self, telling: Telling, secret: str, now: datetime) -> NotTold | None:
        """None when it has arrived."""
        url = URL(telling.webhook.url)
        if reason := refusal(url, self._settings):
            return NotTold(reason)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Deskbell",
            "Deskbell-Event": telling.type,
            "Deskbell-Event-Id": telling.event_id,
            "Deskbell-Signature": webhooks.signature(secret, telling.body, now),
        }
        try:
            async with self._session.post(url, data=telling.body, headers=headers, allow_redirects=False) as answer:
                return _meant(answer.status)
        except TimeoutError:
            return NotTold(f"no answer within {self._settings.timeout_seconds} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return NotTold(_words(error))


def refusal(url: URL, settings: WebhooksSection) -> str:
    """Why this address is not asked, before any name is looked up; empty when it may be."""
    if url.scheme not in ("https", "http") or not url.host:
        return "must be an address such as https://example.com/hook"
    if url.user or url.password:
        return "must carry no password: check our signature instead"
    if settings.allow_private:
        return ""
    if url.scheme != "https":
        return "must begin with https:// (an admin of the desk can allow http with [webhooks] allow_private)"
    # An address that is written out is asked without being looked up.
    return "leads into a private network" if _is_forbidden_literal(url.host) else ""


def _is_forbidden_literal(host: str) -> bool:
    try:
        return forbidden(host.strip("[]"))
    except ValueError:
        return False


def _meant(status: int) -> NotTold | None:
    if 200 <= status < 300:
        return None
    if status == 410:
        return NotTold("the receiver answered 410 Gone", gone=True)
    redirected = " (redirects are not followed)" if 300 <= status < 400 else ""
    return NotTold(f"the receiver answered {status}{redirected}")


def _words(error: Exception) -> str:
    cause = getattr(error, "os_error", None) or error.__cause__ or error
    return str(cause if isinstance(cause, Refused) else error)[:500] or type(error).__name__


@asynccontextmanager
async def opened(settings: WebhooksSection) -> AsyncIterator[Post]:
    connector = aiohttp.TCPConnector(
        resolver=Guard(allow_private=settings.allow_private), limit=20, use_dns_cache=False, force_close=True
    )
    timeout = aiohttp.ClientTimeout(total=settings.timeout_seconds)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Post(session, settings)


def by_webhook(tellings: Sequence[Telling]) -> list[list[Telling]]:
    """Those of each webhook together, in their order."""
    found: dict[object, list[Telling]] = {}
    for one in tellings:
        found.setdefault(one.webhook.id, []).append(one)
    return list(found.values())

"""Whom an API without sign-in turns away: it is open to this machine, which is less than everybody who gets there.

A page of somebody else's, open in a browser on this machine, can send a form anywhere, and reads the answer if its own
name leads here (DNS rebinding). Browsers say where a request comes from; programs say nothing, and may go on.
A web server in front brings the whole Internet. It does so on purpose where the contract has a port of its own, and by
its rule for everything else where it is under /contracts.
"""

from aiohttp import web
from yarl import URL

from api import client_ip
from api.problems import Refusal
from core.config import Settings
from core.running.doubts import is_loopback

_OURS = frozenset({"same-origin", "none"})


def admit_from_here(request: web.Request, settings: Settings) -> None:
    """Only this machine itself. Raises Refusal (403)."""
    if not client_ip.is_local(request):
        raise Refusal(403, "this API has no sign-in: ask on the machine itself, or have it at a port (api.listeners)")
    admit(request, settings)


def admit(request: web.Request, settings: Settings) -> None:
    """Whoever reaches the port, but for pages of other sites. Raises Refusal (403)."""
    headers = request.headers
    origin = headers.get("Origin")
    if headers.get("Sec-Fetch-Site", "none") not in _OURS or (origin and _host(origin) != _host(f"//{request.host}")):
        raise Refusal(403, "pages of other sites may not use this API: ask from a program")
    name = headers.get("Host")
    if name is not None and not _is_our_name(_host(f"//{name}"), settings):
        raise Refusal(403, "this API answers to its own name only: ask 127.0.0.1, or set desk.public_url to this name")


def _is_our_name(host: str | None, settings: Settings) -> bool:
    return host is not None and (is_loopback(host) or host == URL(settings.public_url).host)


def _host(address: str) -> str | None:
    """None for what is no address, such as the origin `null` of a page that hides its own."""
    try:
        return URL(address).host
    except ValueError:
        return None

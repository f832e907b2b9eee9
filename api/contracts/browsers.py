"""What asks for no sign-in is open to this machine, and so to every page that a browser on this machine has open.

A page of somebody else's can send a form anywhere, and reads the answer if its own name leads here (DNS rebinding).
Browsers say where a request comes from; programs say nothing, and may go on.
"""

from aiohttp import web
from yarl import URL

from api.problems import Refusal
from core.config import Settings
from core.doctor import is_loopback

_OURS = frozenset({"same-origin", "none"})


def refuse_strangers(request: web.Request, settings: Settings) -> None:
    """Raises Refusal (403) for what a page of another site sends."""
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

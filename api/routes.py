"""What a route is: a row in a table that says who may come, how often, and what is then done."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import HttpVersion11, web

from api import cors
from api.shelf import Stamping
from core.access import Actor
from core.desk import Desk
from core.vocabulary import Role

if TYPE_CHECKING:
    from api.door import Door

_Entry = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Who is meant where nobody has to sign in: somebody who sees nothing.
ANYBODY = Actor(UUID(int=0), "", Role.CUSTOMER, None)


class Access(Enum):
    """Who gets as far as the handler; what they may do there is core's to say."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    # With name and password: what a key must not do for itself.
    IN_PERSON = "in person"
    STAFF = "staff"
    ADMIN = "admin"
    # This machine itself, or an admin.
    LOCAL = "local"


class Limit(Enum):
    """Which allowance a request is taken from."""

    NONE = "none"
    API = "api"
    LOGIN = "login"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in. `stamping`: what the shelf was asked when it came (see Route.reads_ticket)."""

    request: web.Request
    desk: Desk
    door: "Door"
    actor: Actor
    stamping: Stamping | None = None


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    access: Access
    handler: Callable[[Call], Awaitable[web.StreamResponse]]
    limit: Limit = Limit.API

    @property
    def reads_ticket(self) -> bool:
        """Whether the ticket of the path can be asked for while the caller's rights are still being read."""
        return self.method == "GET" and "{ticket:" in self.path


def mount(app: web.Application, routes: Iterable[Route], door: "Door", *, prefix: str = "") -> None:
    """Every path answers with and without a slash at its end; a redirect would lose the body of a POST.

    Of two with the same method and path the first answers.
    """
    answering: dict[str, dict[str, _Entry]] = {}
    for route in routes:
        entries, entry = answering.setdefault(route.path, {}), door.entry(route)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            entries.setdefault(method, entry)
    origins = door.desk.settings.api.cors_origins
    for slash in ("", "/"):
        for path, entries in answering.items():
            options = cors.options(prefix + path + slash, entries, origins)
            resource = app.router.add_resource(prefix + path + slash)
            for method, entry in {**entries, "OPTIONS": options}.items():
                resource.add_route(method, entry, expect_handler=_expect)


async def _expect(request: web.Request) -> web.StreamResponse | None:
    """RFC 9110 10.1.1. aiohttp's own would answer in plain text, past all that makes our answers alike."""
    if request.version < HttpVersion11:
        return None
    if request.headers["Expect"].lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # Or the rest of the answer is taken for its continuation.
        request.writer.output_size = 0
        return None
    raise web.HTTPExpectationFailed

"""Serving contracts: each an application of its own, under /contracts/<name> or alone at the root of a port."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from aiohttp import web

from api import front, reference, routes
from api.app import DOOR
from api.contracts import strangers
from api.contracts.contract import Contract
from api.door import Door
from api.reference import Reference
from api.routes import Call, Route
from core.config import Settings
from core.errors import Unavailable

if TYPE_CHECKING:
    from api.openapi import Words


def mount(app: web.Application, names: Iterable[str], service: UUID | None) -> None:
    """Beside the native API. `service`: the account that acts where nobody signs in."""
    for name in dict.fromkeys(names):
        server = reference.below(app[DOOR].desk.settings, f"/contracts/{name}")
        inner = application(_named(name), app[DOOR], service, strangers.admit_from_here, server)
        app.add_subapp(f"/contracts/{name}", inner)


def alone(name: str, door: Door, service: UUID | None) -> web.Application:
    """The contract at the root, for `api.app.serving`. The door is shared, and with it limits and counts."""
    app = application(_named(name), door, service, strangers.admit, "/")
    app[DOOR] = door
    app.on_response_prepare.append(front.dress)
    return app


def _named(name: str) -> Contract:
    # Loaded where one is served.
    from api.contracts.table import CONTRACTS

    return CONTRACTS[name]


Admit = Callable[[web.Request, Settings], None]


def application(contract: Contract, door: Door, service: UUID | None, admit: Admit, server: str) -> web.Application:
    """`service` and `admit`, which turns strangers away, are for a contract without sign-in. `server`: where its
    documentation says that it is.
    """
    app = web.Application()
    app[front.RENDER] = contract.render
    # Behind all of the contract's own: what its document has at this path comes first.
    table = (*contract.routes, Reference(contract.routes, partial(_words, contract), server=server).route)
    if contract.is_open:
        table = tuple(replace(route, handler=_acting(route, service, admit)) for route in table)
    routes.mount(app, table, door)
    return app


def _words(contract: Contract) -> "Words":
    from api.contracts import described

    return described.loaded(contract)


def _acting(route: Route, service: UUID | None, admit: Admit) -> Callable[[Call], Awaitable[web.StreamResponse]]:
    """The same handler, for whoever comes, with what the service account may do at this moment."""

    async def handler(call: Call) -> web.StreamResponse:
        admit(call.request, call.desk.settings)
        account = await call.desk.users.get(service) if service else None
        if account is None or not account.active:
            raise Unavailable("the account that acts for this API is disabled: an admin must enable it")
        return await route.handler(replace(call, actor=account.actor))

    return handler

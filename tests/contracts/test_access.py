"""Every route of every contract × who asks × which ticket. A route that is not in the table fails the test."""

from dataclasses import dataclass
from typing import Any

import pytest

from api.contracts.table import CONTRACTS
from api.routes import Access
from core import desk as desks
from core.config import Settings
from tests.builders import Clock, a_user
from tests.contracts.conftest import Served, served
from tests.contracts.examples import BASIC, CUSTOMER_SUPPORT
from tests.stored import with_section

# As which account the contract acts: the one that Deskbell makes, and an agent whom the ticket is assigned to or not,
# where agents see only what is theirs.
ACTORS = ("admin", "its agent", "other agent")
OK, MADE, NEVER, MISSING = 200, 201, 403, 404


@dataclass(frozen=True)
class Row:
    """What each of ACTORS gets for a ticket that is assigned to one agent."""

    answers: tuple[int, int, int]
    body: object = None


ALL = (OK, OK, OK)
THEIRS = (OK, OK, MISSING)
ADMINS = (OK, NEVER, MISSING)

MATRIX: dict[tuple[str, str, str], Row] = {
    ("basic", "GET", "/tickets"): Row(ALL),
    ("basic", "POST", "/tickets"): Row((MADE, MADE, MADE), BASIC),
    ("basic", "PUT", "/tickets/{ticket_id}"): Row(THEIRS, {"status": "closed"}),
    ("basic", "DELETE", "/tickets/{ticket_id}"): Row(ADMINS),
    ("customer_support", "GET", "/tickets"): Row(ALL),
    ("customer_support", "POST", "/tickets"): Row((MADE, MADE, MADE), CUSTOMER_SUPPORT),
    # A file with one row that is wrong.
    ("customer_support", "POST", "/tickets/import"): Row(ALL, {}),
    ("customer_support", "GET", "/tickets/{id}"): Row(THEIRS),
    ("customer_support", "PUT", "/tickets/{id}"): Row(THEIRS, {"priority": "low"}),
    ("customer_support", "DELETE", "/tickets/{id}"): Row(ADMINS),
    ("customer_support", "POST", "/tickets/{id}/auto-classify"): Row(THEIRS),
}
OPEN = {name: contract for name, contract in CONTRACTS.items() if contract.is_open}
ROUTES = [(name, route.method, route.path) for name, contract in OPEN.items() for route in contract.routes]


def test_every_open_route_is_in_the_matrix() -> None:
    assert set(ROUTES) == set(MATRIX)


def test_every_route_of_an_open_contract_lets_everybody_in_and_no_other_contract_does() -> None:
    for contract in CONTRACTS.values():
        public = {route.access is Access.PUBLIC for route in contract.routes}
        assert public == {True} if contract.is_open else False in public


async def a_ticket(ask: Served) -> Any:
    """Alice's, given to frank."""
    ticket = await ask.native.ticket("alice")
    given = await ask.native("PATCH", f"/tickets/{ticket['id']}/assign", "carol", json={"agent": "frank"})
    assert given.status == 200
    return ticket


@pytest.mark.parametrize("actor", ACTORS)
async def test_everybody_gets_what_the_acting_account_may(desk_settings: Settings, clock: Clock, actor: str) -> None:
    name = {"admin": "service", "its agent": "frank", "other agent": "grace"}[actor]
    acting = with_section(desk_settings, "api", contracts_act_as=name, agents_see="assigned")
    async with desks.opened(acting, clock=clock) as desk:
        for agent in ("frank", "grace"):
            await a_user(desk, agent)
        async with served(desk) as ask:
            answers = {}
            for contract, method, path in ROUTES:
                ticket = await a_ticket(ask)
                asked = path.format(ticket_id=ticket["number"], id=ticket["id"])
                answer = await ask(contract, method, asked, json=MATRIX[contract, method, path].body)
                answers[contract, method, path] = answer.status

    assert answers == {route: row.answers[ACTORS.index(actor)] for route, row in MATRIX.items()}


@pytest.mark.parametrize("sign_in", ["alice", "dora", "carol", "nonsense"])
async def test_a_sign_in_makes_no_difference_where_there_is_none(ask: Served, sign_in: str) -> None:
    await ask.native.ticket("alice")
    token = ask.native.tokens.get(sign_in, sign_in)

    for contract in OPEN:
        answer = await ask(contract, "GET", "/tickets", headers={"Authorization": f"Bearer {token}"})
        assert answer.status == 200
        assert len(answer.json if isinstance(answer.json, list) else answer.json["tickets"]) == 1


async def test_an_open_contract_opens_nothing_else(ask: Served) -> None:
    for contract in OPEN:
        for path in ("/api/v1/tickets", "/api/v1/users", "/metrics", "/ledger", "/users", "/"):
            assert (await ask(contract, "GET", path)).status == 404
    assert (await ask.native("GET", "/tickets")).status == 401

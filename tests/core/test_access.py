"""Who sees what: the filter for the database and the rule for a ticket in hand say the same, for everyone."""

from itertools import product
from uuid import UUID

import pytest
from sqlalchemy import select

from core import access, tables, tickets
from core.access import Actor
from core.accounts import users
from core.config import Settings
from core.desk import Desk
from core.errors import Forbidden, NotFound
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Role, Status
from tests.builders import a_mail, a_user
from tests.stored import numbered, opened_by, set_row, with_section

ANN, EVE = "ann@customer.test", "eve@customer.test"


async def everyone(desk: Desk) -> dict[str, Actor]:
    """A customer with a ticket, another one, one whom nobody knows as a person, and staff."""
    wanted = {"ann": (Role.CUSTOMER, ANN), "eve": (Role.CUSTOMER, EVE), "bob": (Role.AGENT, ""),
              "bea": (Role.AGENT, ANN), "carol": (Role.ADMIN, "")}  # fmt: skip
    found = {name: (await a_user(desk, name, role, email=email)).actor for name, (role, email) in wanted.items()}
    # An agent's person, were there one, would give them nothing; a customer without a person sees nothing.
    lost = found["eve"]
    found["lost"] = Actor(lost.user_id, lost.username, Role.CUSTOMER, None)
    return found


async def all_tickets(desk: Desk, actors: dict[str, Actor]) -> dict[str, Ticket]:
    """Ann's and Eve's: nobody's, Bob's and Bea's; and one of Ann's that was deleted."""
    found: dict[str, Ticket] = {}
    for owner, agent in product((ANN, EVE), ("", "bob", "bea")):
        ticket = await opened_by(desk, owner)
        if agent:
            await set_row(desk, tables.tickets, ticket.id, assignee_id=actors[agent].user_id)
        found[f"{owner[:3]}'s, {agent or 'nobody'}'s"] = await numbered(desk, ticket.number)
    dead = await opened_by(desk, ANN)
    await set_row(desk, tables.tickets, dead.id, deleted_at=desk.clock(), status=Status.DELETED)
    return {**found, "ann's, deleted": dead}


SEES = {
    "all": {
        "ann": {"ann's, nobody's", "ann's, bob's", "ann's, bea's"},
        "eve": {"eve's, nobody's", "eve's, bob's", "eve's, bea's"},
        "lost": set[str](),
        **{
            name: {f"{owner}'s, {agent}'s" for owner in ("ann", "eve") for agent in ("nobody", "bob", "bea")}
            for name in ("bob", "bea", "carol")
        },
    },
    "assigned": {
        "bob": {"ann's, bob's", "eve's, bob's"},
        "bea": {"ann's, bea's", "eve's, bea's"},
    },
}
SEES["assigned"] = {**SEES["all"], **SEES["assigned"]}


@pytest.mark.parametrize("agents_see", ["all", "assigned"])
async def test_everyone_sees_what_is_theirs_to_see_in_the_database_and_in_hand(any_desk: Desk, agents_see: str) -> None:
    settings = with_section(any_desk.settings, "api", agents_see=agents_see)
    actors = await everyone(any_desk)
    stock = await all_tickets(any_desk, actors)
    names = {ticket.id: name for name, ticket in stock.items()}

    for who, actor in actors.items():
        in_database = await _visible(any_desk, actor, settings, names)
        in_hand = {
            name for name, ticket in stock.items() if "deleted" not in name and access.may_see(actor, ticket, settings)
        }
        one_by_one = {name for name, ticket in stock.items() if await _opens(any_desk, ticket.id, actor, settings)}

        assert in_database == SEES[agents_see][who], who
        assert in_hand == in_database, who
        assert one_by_one == in_database, who


async def _visible(desk: Desk, actor: Actor, settings: Settings, names: dict[UUID, str]) -> set[str]:
    async with desk.reading() as connection:
        found = await connection.execute(select(tables.tickets.c.id).where(access.visible(actor, settings)))
        return {names[ticket_id] for ticket_id in found.scalars()}


async def _opens(desk: Desk, ticket_id: UUID, actor: Actor, settings: Settings) -> bool:
    async with desk.reading() as connection:
        try:
            return (await tickets.visible_to(connection, ticket_id, actor, settings)).id == ticket_id
        except NotFound:
            return False


async def test_others_tickets_look_as_if_they_were_not_there(desk: Desk) -> None:
    actors = await everyone(desk)
    anns = await opened_by(desk, ANN)
    said = set[str]()
    async with desk.reading() as connection:
        for ticket_id in (anns.id, new_id()):
            with pytest.raises(NotFound) as caught:
                await tickets.visible_to(connection, ticket_id, actors["eve"], desk.settings)
            said.add(str(caught.value))

    assert len(said) == 1


ME, OTHER, NOBODY = new_id(), new_id(), None


@pytest.mark.parametrize(
    ("role", "current", "wanted", "may"),
    [
        (Role.AGENT, NOBODY, ME, True),
        (Role.AGENT, ME, NOBODY, True),
        (Role.AGENT, NOBODY, NOBODY, True),
        (Role.AGENT, OTHER, OTHER, True),
        (Role.AGENT, NOBODY, OTHER, False),
        (Role.AGENT, ME, OTHER, False),
        (Role.AGENT, OTHER, ME, False),
        (Role.AGENT, OTHER, NOBODY, False),
        *[(Role.ADMIN, current, wanted, True) for current in (NOBODY, ME, OTHER) for wanted in (NOBODY, ME, OTHER)],
        *[(Role.CUSTOMER, current, wanted, False) for current in (NOBODY, ME, OTHER) for wanted in (NOBODY, ME, OTHER)],
    ],
)
def test_an_agent_takes_and_releases_and_an_admin_assigns(
    desk_settings: Settings, role: Role, current: UUID | None, wanted: UUID | None, may: bool
) -> None:
    actor = Actor(ME, "me", role)

    assert _may_assign(actor, current, wanted, desk_settings) is may
    generous = with_section(desk_settings, "api", agents_assign=True)
    assert _may_assign(actor, current, wanted, generous) is (role is not Role.CUSTOMER)


def _may_assign(actor: Actor, current: UUID | None, wanted: UUID | None, settings: Settings) -> bool:
    try:
        access.require_may_assign(actor, current, wanted, settings)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("role", list(Role))
def test_what_is_for_staff_and_what_is_for_admins(role: Role) -> None:
    actor = Actor(ME, "me", role)

    for require, allowed in ((access.require_staff, {Role.AGENT, Role.ADMIN}), (access.require_admin, {Role.ADMIN})):
        if role in allowed:
            require(actor)
        else:
            with pytest.raises(Forbidden):
                require(actor)


async def test_a_customers_account_sees_the_mails_that_came_from_its_address(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN))
    ann = (await a_user(any_desk, "ann", Role.CUSTOMER, email="Ann@Customer.test")).actor

    async with any_desk.reading() as connection:
        ticket = await tickets.visible_to(connection, (await numbered(any_desk, 1)).id, ann, any_desk.settings)
        assert ticket.number == 1
        assert (await users.by_name(connection, "ann")).person_id == ticket.requester_id

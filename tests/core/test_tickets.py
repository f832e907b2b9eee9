"""Changing a ticket: what may follow what, what is recorded, and who was faster."""

import asyncio
from datetime import timedelta

import pytest

from core import links, tables, tickets
from core.access import Actor
from core.accounts import users
from core.accounts.users import User
from core.desk import Desk
from core.errors import Conflict, Forbidden, Invalid
from core.tickets import Revision, Ticket
from core.vocabulary import SETTLED, Category, Priority, Role, Status
from tests.builders import Clock, a_user
from tests.stored import changes, numbered, opened_by, set_row


async def bob_of(desk: Desk) -> Actor:
    return (await a_user(desk, "bob", Role.AGENT)).actor


async def change(desk: Desk, ticket: Ticket, revision: Revision, by: Actor) -> Ticket:
    async with desk.writing() as connection:
        await tickets.change(connection, ticket, revision, by=by, now=desk.clock())
    return await numbered(desk, ticket.number)


async def assign(desk: Desk, ticket: Ticket, to: User | None, by: Actor) -> Ticket:
    async with desk.writing() as connection:
        await tickets.assign(connection, ticket, to, by=by, now=desk.clock(), settings=desk.settings)
    return await numbered(desk, ticket.number)


async def test_every_field_that_became_different_is_one_row_of_the_audit(any_desk: Desk, clock: Clock) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk)
    clock.forward(timedelta(hours=1))
    wanted = Revision("Fire", Status.IN_PROGRESS, Priority.LOW, Category.OTHER, tags=("hot", "2nd floor"))

    after = await change(any_desk, ticket, wanted, bob)

    assert (after.subject, after.status, after.priority, after.category, after.tags) == (
        "Fire", Status.IN_PROGRESS, Priority.LOW, Category.OTHER, ("2nd floor", "hot"),
    )  # fmt: skip
    assert (after.version, after.updated_at, after.manual_override) == (ticket.version + 1, clock(), True)
    _, *made = await changes(any_desk, 1)
    assert {(c.field, c.old, c.new) for c in made} == {
        ("subject", "Printer on fire", "Fire"),
        ("status", "new", "in_progress"),
        ("priority", str(ticket.priority), "low"),
        ("category", str(ticket.category), "other"),
        ("tags", "", "2nd floor, hot"),
    } - {("category", "other", "other"), ("priority", "low", "low")}
    assert {(c.actor, c.at) for c in made} == {("bob", clock())}
    assert len({c.act_id for c in made}) == 1


@pytest.mark.parametrize(
    "same",
    [
        Revision(),
        Revision(status=Status.NEW),
        Revision(subject="Printer on fire", tags=("a", "b")),
        Revision(tags=("b", "a")),
        Revision(tags=("b", "a", "b")),
    ],
)
async def test_what_is_already_so_is_no_change(desk: Desk, clock: Clock, same: Revision) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk)
    ticket = await change(desk, ticket, Revision(tags=("a", "b")), bob)
    recorded = await changes(desk, 1)
    clock.forward(timedelta(hours=1))

    assert await change(desk, ticket, same, bob) == ticket
    assert await changes(desk, 1) == recorded


async def test_the_same_tags_are_no_change_however_the_database_sorts_them(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk)
    wanted = Revision(tags=("B", "a", "ä", "_", "Z", "10", "9"))
    ticket = await change(any_desk, ticket, wanted, bob)

    assert await change(any_desk, ticket, wanted, bob) == ticket


async def test_tags_can_be_taken_away(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk)
    ticket = await change(any_desk, ticket, Revision(tags=("a", "b", "c")), bob)

    ticket = await change(any_desk, ticket, Revision(tags=("c", "d")), bob)
    assert ticket.tags == ("c", "d")
    assert (await change(any_desk, ticket, Revision(tags=()), bob)).tags == ()


async def test_who_read_an_older_version_changes_nothing(any_desk: Desk) -> None:
    bob, read_before = await bob_of(any_desk), await opened_by(any_desk)
    await change(any_desk, read_before, Revision(priority=Priority.LOW, tags=("mine",)), bob)

    for late in (Revision(priority=Priority.URGENT), Revision(tags=("theirs",)), Revision(tags=("mine", "theirs"))):
        with pytest.raises(Conflict):
            await change(any_desk, read_before, late, bob)

    after = await numbered(any_desk, 1)
    assert (after.priority, after.tags) == (Priority.LOW, ("mine",))


async def test_of_many_who_change_a_ticket_at_once_one_is_first_and_the_others_are_told(any_desk: Desk) -> None:
    bob, ticket = await bob_of(any_desk), await opened_by(any_desk)
    wanted = [Revision(tags=(f"t{n}", "same")) for n in range(6)]

    done = await asyncio.gather(*(change(any_desk, ticket, one, bob) for one in wanted), return_exceptions=True)

    assert [type(one) for one in done].count(Conflict) == 5
    assert len((await numbered(any_desk, 1)).tags) == 2


async def test_a_deleted_ticket_is_changed_by_nobody(any_desk: Desk) -> None:
    carol = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    ticket = await opened_by(any_desk)
    async with any_desk.writing() as connection:
        await tickets.remove(connection, ticket, by=carol, now=any_desk.clock())

    with pytest.raises(Conflict):
        await change(any_desk, ticket, Revision(priority=Priority.LOW), carol)
    async with any_desk.reading() as connection:
        assert await tickets.by_numbers(connection, [1]) == {}
        assert await connection.run_sync(tickets.by_ids, [ticket.id]) == {}
        assert await connection.run_sync(links.by_embed_tokens, [ticket.embed_token or ""]) == {}
        assert await connection.run_sync(tickets.stamps, [ticket.id]) == {}


async def test_deletion_is_an_admins_and_no_status_change(desk: Desk) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk)

    with pytest.raises(Invalid):
        await change(desk, ticket, Revision(status=Status.DELETED), bob)
    with pytest.raises(Forbidden):
        async with desk.writing() as connection:
            await tickets.remove(connection, ticket, by=bob, now=desk.clock())


@pytest.mark.parametrize("before", [s for s in Status if s is not Status.DELETED])
async def test_any_status_may_follow_any_other(desk: Desk, before: Status) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk)
    await set_row(desk, tables.tickets, ticket.id, status=before)

    for after in Status:
        if after not in (before, Status.DELETED):
            ticket = await change(desk, await numbered(desk, 1), Revision(status=after), bob)
            assert ticket.status is after
            assert (ticket.resolved_at is not None) is (after in SETTLED)
            await set_row(desk, tables.tickets, ticket.id, status=before, resolved_at=None)


async def test_a_ticket_tells_when_it_was_settled_first_and_when_it_was_closed(desk: Desk, clock: Clock) -> None:
    bob, ticket = await bob_of(desk), await opened_by(desk)
    ticket = await change(desk, ticket, Revision(status=Status.RESOLVED), bob)
    resolved = clock()
    clock.forward(timedelta(hours=1))
    ticket = await change(desk, ticket, Revision(status=Status.CLOSED), bob)
    closed = clock()
    clock.forward(timedelta(hours=1))
    ticket = await change(desk, ticket, Revision(status=Status.CLOSED, priority=Priority.LOW), bob)

    assert ticket.resolved_at == resolved
    assert await _closed_at(desk) == closed

    ticket = await change(desk, ticket, Revision(status=Status.IN_PROGRESS), bob)
    assert ticket.resolved_at is None
    assert await _closed_at(desk) is None


async def _closed_at(desk: Desk) -> object:
    async with desk.reading() as connection:
        return (await connection.execute(tables.tickets.select())).one().closed_at


async def test_a_customer_changes_nothing(desk: Desk) -> None:
    ticket = await opened_by(desk)
    ann = Actor(ticket.id, "ann", Role.CUSTOMER, ticket.requester_id)

    with pytest.raises(Forbidden):
        await change(desk, ticket, Revision(status=Status.CLOSED), ann)


async def test_an_agent_takes_a_free_ticket_and_gives_it_back(any_desk: Desk) -> None:
    bob, ticket = await a_user(any_desk, "bob"), await opened_by(any_desk)

    taken = await assign(any_desk, ticket, bob, bob.actor)
    assert taken.assigned_to == "bob"
    again = await assign(any_desk, taken, bob, bob.actor)
    assert again == taken
    free = await assign(any_desk, again, None, bob.actor)

    assert free.assigned_to is None
    assert [(c.field, c.old, c.new) for c in (await changes(any_desk, 1))[1:]] == [
        ("assigned_to", None, "bob"), ("assigned_to", "bob", None),
    ]  # fmt: skip


async def test_two_agents_who_take_a_ticket_at_once_do_not_both_have_it(any_desk: Desk) -> None:
    bob, bea, ticket = await a_user(any_desk, "bob"), await a_user(any_desk, "bea"), await opened_by(any_desk)

    done = await asyncio.gather(
        assign(any_desk, ticket, bob, bob.actor), assign(any_desk, ticket, bea, bea.actor), return_exceptions=True
    )

    assert [type(one) for one in done].count(Conflict) == 1
    assert len(await changes(any_desk, 1)) == 2


@pytest.mark.parametrize(("role", "active"), [(Role.CUSTOMER, True), (Role.AGENT, False)])
async def test_a_ticket_is_given_only_to_active_staff(desk: Desk, role: Role, active: bool) -> None:
    carol, other, ticket = await a_user(desk, "carol", Role.ADMIN), await a_user(desk, "x", role), await opened_by(desk)
    await set_row(desk, tables.users, other.id, active=active)
    async with desk.reading() as connection:
        other = await users.by_name(connection, "x")

    with pytest.raises(Invalid):
        await assign(desk, ticket, other, carol.actor)


async def test_who_takes_a_ticket_has_read_it(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk)
    bob = await a_user(any_desk)

    await assign(any_desk, ticket, bob, bob.actor)

    assert (ticket.unread, (await numbered(any_desk, 1)).unread) == (1, 0)


async def test_who_takes_part_beside_the_requester_is_told_in_order(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk, "ann@customer.test")
    for seq, address in ((3, "cleo@customer.test"), (2, "bert@customer.test")):
        other = await opened_by(any_desk, address)
        async with any_desk.writing() as connection:
            await connection.execute(
                tables.participants.insert().values(
                    ticket_id=ticket.id, seq=seq, person_id=other.requester_id, created_at=any_desk.clock()
                )
            )

    found = await numbered(any_desk, 1)

    assert [p.email for p in found.participants] == ["ann@customer.test", "bert@customer.test", "cleo@customer.test"]


async def test_the_holder_of_an_embed_token_learns_no_more_than_the_status_page_shows(any_desk: Desk) -> None:
    ticket = await opened_by(any_desk)
    assert ticket.embed_token is not None

    view = await any_desk.embeds.get(ticket.embed_token)

    assert view == links.EmbedView("Printer on fire", Status.NEW, ticket.created_at, ticket.updated_at, 1)
    assert await any_desk.embeds.get("00000000-0000-4000-8000-000000000000") is None

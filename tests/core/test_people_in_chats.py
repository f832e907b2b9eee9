"""Who speaks in a chat: accounts that are linked, mailboxes that are proved, people who turn out to be one or go."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.chat import linking, own_tickets, proofs, uniting
from core.chat.proofs import Letter
from core.desk import Desk
from core.errors import Conflict, NotFound
from core.messages import Receipt
from core.vocabulary import Channel, DeliveryKind, Outcome, Status
from tests.builders import Clock, a_mail, a_user
from tests.stored import a_chat_line, changes, count, numbered, opened_by, person_of, rows

LETTER = Letter("Your code", "The code is {code}.")


async def opened(desk: Desk, key: str = "1", text: str = "It burns", address: str = "77") -> Receipt:
    return await desk.receive(a_chat_line(key, text, address))


async def test_a_link_opens_an_account_once_and_only_in_time(any_desk: Desk, clock: Clock) -> None:
    bob = await a_user(any_desk)
    async with any_desk.writing() as connection:
        dead = await proofs.for_account(connection, bob.id, clock())
        code = await proofs.for_account(connection, bob.id, clock())
        assert await linking.redeem(connection, dead, Channel.TELEGRAM, "9", clock()) is None
        assert await linking.redeem(connection, code, Channel.TELEGRAM, "9", clock() + proofs.LINK_LIFE) is None
        assert await linking.redeem(connection, code, Channel.TELEGRAM, "9", clock()) == bob
        assert await linking.redeem(connection, code, Channel.TELEGRAM, "10", clock()) is None
        assert await linking.account(connection, Channel.TELEGRAM, "9") == bob
        assert await linking.account(connection, Channel.TELEGRAM, "10") is None
        assert await linking.unlink(connection, bob) == 1
        assert await linking.account(connection, Channel.TELEGRAM, "9") is None


async def test_a_code_by_mail_makes_mail_and_chat_one_person(any_desk: Desk, clock: Clock) -> None:
    await any_desk.receive(a_mail("ann@customer.test", acknowledge=False))
    await opened(any_desk)
    ann = await person_of(any_desk, "ann@customer.test")
    async with any_desk.writing() as connection:
        await ask(connection, any_desk, "ann@customer.test")
    [letter] = await rows(any_desk, tables.deliveries)
    code = letter.details["text"].removeprefix("The code is ").rstrip(".")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    async with any_desk.writing() as connection:
        for guess, address in ((wrong, "77"), (code, "78")):
            assert not await proofs.mailbox(connection, guess, channel=Channel.TELEGRAM, address=address, now=clock())
        email = await proofs.mailbox(connection, code, channel=Channel.TELEGRAM, address="77", now=clock())
        await linking.prove(connection, email, Channel.TELEGRAM, "77", "Ann", clock())
        mine = await own_tickets.listed(connection, ann)

    assert [ticket.number for ticket in mine] == [2, 1]
    assert await person_of(any_desk, "77") == ann
    assert (letter.address, letter.kind) == ("ann@customer.test", DeliveryKind.PROOF)


async def ask(connection: AsyncConnection, desk: Desk, email: str, address: str = "77") -> None:
    await proofs.mail_code(
        connection, email, LETTER, channel=Channel.TELEGRAM, address=address, now=desk.clock(),
        settings=desk.settings,
    )  # fmt: skip


async def test_guessing_a_code_ends_after_five_tries_and_asking_after_five_a_day(desk: Desk, clock: Clock) -> None:
    await opened(desk)
    async with desk.writing() as connection:
        for _ in range(proofs.PER_DAY):
            await ask(connection, desk, "ann@customer.test")
        with pytest.raises(Conflict):
            await ask(connection, desk, "ann@customer.test", "another")
        with pytest.raises(Conflict):
            await ask(connection, desk, "other@customer.test")
    code = (await rows(desk, tables.deliveries))[-1].details["text"].removeprefix("The code is ").rstrip(".")
    async with desk.writing() as connection:
        for _ in range(proofs.TRIES):
            assert not await proofs.mailbox(connection, "nonsense", channel=Channel.TELEGRAM, address="77", now=clock())
        assert not await proofs.mailbox(connection, code, channel=Channel.TELEGRAM, address="77", now=clock())


async def test_a_code_is_mailed_for_nobody_who_has_no_ticket(desk: Desk) -> None:
    async with desk.writing() as connection:
        await ask(connection, desk, "nobody@customer.test")

    assert await count(desk, tables.deliveries) == 0


async def test_two_people_become_one_where_both_take_part_in_a_ticket(any_desk: Desk, clock: Clock) -> None:
    receipt = await opened(any_desk)
    await opened_by(any_desk, "ann@customer.test")
    ann, chat = await person_of(any_desk, "ann@customer.test"), await person_of(any_desk, "77")
    async with any_desk.writing() as connection:
        row = {"ticket_id": receipt.ticket_id, "seq": 2, "person_id": ann, "created_at": clock()}
        await connection.execute(tables.participants.insert(), row)
        await uniting.unite(connection, chat, into=ann, now=clock())

    assert {(row.seq, row.person_id) for row in await rows(any_desk, tables.participants)} == {(1, ann)}
    assert (await numbered(any_desk, 1)).requester_id == ann


async def test_customers_close_and_reopen_their_own_tickets_and_nobody_elses(any_desk: Desk, clock: Clock) -> None:
    await opened(any_desk)
    await opened(any_desk, "2", "mine", "78")
    ann, eve = await person_of(any_desk, "77"), await person_of(any_desk, "78")
    async with any_desk.writing() as connection:
        mine = await own_tickets.one(connection, ann, 1)
        await own_tickets.set_status(connection, mine, Status.CLOSED, ann, clock())
        with pytest.raises(NotFound):
            await own_tickets.one(connection, eve, 1)
        with pytest.raises(NotFound):
            await own_tickets.set_status(connection, mine, Status.NEW, eve, clock())
        assert [ticket.number for ticket in await own_tickets.listed(connection, ann, is_open=True)] == []

    [_, closed] = await changes(any_desk, 1)
    assert (closed.field, closed.new, closed.actor) == ("status", "closed", "Ann Archer")


async def test_who_wants_to_be_forgotten_is_and_their_tickets_are_nobodys(any_desk: Desk, clock: Clock) -> None:
    await opened(any_desk)
    ann = await person_of(any_desk, "77")
    async with any_desk.writing() as connection:
        assert (await own_tickets.known(connection, ann)).messages == 1
        assert await own_tickets.forget(connection, ann, clock()) == 1

    assert await count(any_desk, tables.identities) == 0
    again = await any_desk.receive(a_chat_line("9", "hello again"))
    assert again.outcome is Outcome.OPENED
    assert await person_of(any_desk, "77") != ann

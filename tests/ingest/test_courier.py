"""From the outbox to the relay: what is delivered, in which order, and what is known when something breaks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import update

from core import desk as desks
from core import outbox, tables, tokens
from core.config import Settings
from core.desk import Desk
from core.rounds import Round
from core.vocabulary import DeliveryState
from ingest import courier, smtp_grammar
from ingest.courier import deliver
from ingest.mail_out import Mail
from ingest.relay import Folder, Patience, Post, Relay
from tests.builders import Clock, a_mail
from tests.deliveries import a_ticket, an_agent, claim, entries, say, states
from tests.relay_server import Arrived, Hangs, RelayServer, Says, a_relay
from tests.stored import rows, with_section

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server() -> AsyncIterator[RelayServer]:
    async with a_relay() as running:
        yield running


def post_to(server: RelayServer, *, final: float = 5) -> Post:
    return Relay.parse(server.url, patience=Patience(opening=5, answer=5, writing=5, final=final, round=5))


@asynccontextmanager
async def running(desk: Desk, post: Post, *, rest: timedelta = courier.REST) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(courier.courier(desk, post, rest=rest))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def to_the_end(desk: Desk, post: Post) -> None:
    """Rounds until nothing is due or the relay is away."""
    while (done := await deliver(desk, post)).taken and not done.away:
        pass


def said(server: RelayServer) -> list[tuple[str, str]]:
    """(recipient, first line) of what arrived."""
    return [(mail.rcpt, text_of(mail).partition("\r\n")[0]) for mail in server.arrived]


def text_of(mail: Arrived) -> str:
    plain = next(p for p in message_from_bytes(mail.data).walk() if p.get_content_type() == "text/plain")
    return str(plain.get_payload())


async def test_an_answer_reaches_the_requester(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk, subject="Printer on fire", message_id="<one@customer.test>")
    await say(desk, 1, "Use the extinguisher.", by=bob)

    done = await deliver(desk, post_to(server))

    [mail], [entry] = server.arrived, await entries(desk)
    found = message_from_bytes(mail.data)
    assert done == Round(taken=1)
    bounces = tokens.bounce_address(desk.keys.replies, entry.id, "support@desk.test")
    assert (mail.mail_from, mail.rcpt) == (f"MAIL FROM:<{bounces}>", "ann@customer.test")
    assert smtp_grammar.recipient(f"TO:<{bounces}>", desk.settings.our_addresses) == bounces
    assert (found["Subject"], found["In-Reply-To"]) == ("Re: Printer on fire", "<one@customer.test>")
    assert (entry.state, entry.sent_at, entry.reason) == (DeliveryState.SENT, desk.clock(), "")


async def test_without_verp_bounces_come_to_the_desk_itself(desk_settings: Settings, server: RelayServer) -> None:
    async with desks.opened(with_section(desk_settings, "mail", verp=False)) as desk:
        bob = await an_agent(desk)
        await a_ticket(desk)
        await say(desk, 1, "hello", by=bob)

        await deliver(desk, post_to(server))

    assert [mail.mail_from for mail in server.arrived] == ["MAIL FROM:<support@desk.test>"]


async def test_an_acknowledgement_repeats_nothing_and_wants_its_bounce(desk: Desk, server: RelayServer) -> None:
    receipt = await desk.receive(a_mail(subject="Buy pills", text="evil.test"))

    await deliver(desk, post_to(server))

    [mail], [entry] = server.arrived, await entries(desk)
    bounces = tokens.bounce_address(desk.keys.replies, entry.id, "support@desk.test")
    assert mail.mail_from == f"MAIL FROM:<{bounces}>"
    assert f"/t/{receipt.embed_token}".encode() in mail.data
    assert b"pills" not in mail.data
    assert b"evil" not in mail.data


async def test_an_acknowledgement_that_comes_back_opens_no_ticket(desk: Desk, server: RelayServer) -> None:
    await desk.receive(a_mail())
    await deliver(desk, post_to(server))
    [mail] = server.arrived

    again = await desk.receive(a_mail("loop@alias.test", message_id=mail.message_id))

    assert again.ticket_number is None


async def test_nothing_to_do_writes_nothing(desk: Desk, server: RelayServer) -> None:
    desk.outbox_stirs.clear()

    done = await deliver(desk, post_to(server))

    assert done == Round()
    assert not desk.outbox_stirs.is_set()
    assert server.connections == 0


async def test_after_no_such_user_nothing_more_is_tried_there(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "one", by=bob)
    await say(desk, 1, "two", by=bob)
    server.once = [Says("RCPT", "550 5.1.1 no such user")]

    await deliver(desk, post_to(server))

    [dead] = [one for one in await rows(desk, tables.identities) if one.address == "ann@customer.test"]
    assert {entry.state for entry in await entries(desk)} == {DeliveryState.FAILED}
    assert dead.unreachable_at == desk.clock()
    assert dead.unreachable_reason == "the relay refused the recipient: 550 5.1.1 no such user"


async def test_a_refused_answer_fails_visibly_with_the_relays_words(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    for number, address in enumerate(("ann@customer.test", "gone@customer.test"), 1):
        await a_ticket(desk, address)
        await say(desk, number, "hello", by=bob)
    server.to = {"gone@customer.test": Says("RCPT", "550 5.1.1 no such user here")}

    await deliver(desk, post_to(server))

    ann, gone = await entries(desk)
    assert (ann.state, gone.state) == (DeliveryState.SENT, DeliveryState.FAILED)
    assert gone.reason == "the relay refused the recipient: 550 5.1.1 no such user here"


async def test_what_cannot_be_a_mail_fails_alone(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    for number in (1, 2, 3):
        await a_ticket(desk, f"customer{number}@customer.test")
        await say(desk, number, "hello", by=bob)
    broken = (await entries(desk))[1].id
    async with desk.writing() as connection:
        await connection.execute(
            update(tables.deliveries).where(tables.deliveries.c.id == broken).values(address="nobody\r\nBcc: x@y")
        )

    await deliver(desk, post_to(server))

    failed = (await entries(desk))[1]
    assert await states(desk) == [DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SENT]
    assert failed.reason == "could not be written as a mail: 'nobody Bcc: x@y' is not a mail address"


async def test_a_greylisted_answer_is_tried_again_and_keeps_its_place(
    desk: Desk, server: RelayServer, clock: Clock
) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "first", "second", by=bob)
    server.once = [Says("RCPT", "450 4.2.0 greylisted")]
    post = post_to(server)

    await to_the_end(desk, post)
    assert await states(desk) == [DeliveryState.RETRYING, DeliveryState.QUEUED]
    clock.forward(2 * MINUTE)
    await to_the_end(desk, post)

    assert said(server) == [("ann@customer.test", "first"), ("ann@customer.test", "second")]
    assert await states(desk) == [DeliveryState.SENT, DeliveryState.SENT]


async def test_a_missing_answer_after_the_dot_leads_to_one_more_attempt_and_then_to_a_person(
    desk: Desk, server: RelayServer, clock: Clock
) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "hello", by=bob)
    server.always = Hangs("DOT")
    post = post_to(server, final=0.1)

    seen = []
    for _ in range(4):
        await to_the_end(desk, post)
        seen += await states(desk)
        clock.forward(10 * MINUTE)

    [entry] = await entries(desk)
    assert seen == [DeliveryState.RETRYING, *[DeliveryState.UNCERTAIN] * 3]
    assert "nobody knows whether it arrived" in entry.reason
    assert len(server.arrived) == 2
    assert len({mail.message_id for mail in server.arrived}) == 1


async def test_a_crash_while_sending_is_repaired_by_the_next_process(
    desk_settings: Settings, server: RelayServer, clock: Clock
) -> None:
    server.once = [Hangs("DOT")]
    async with desks.opened(desk_settings, clock=clock) as desk:
        bob = await an_agent(desk)
        await a_ticket(desk)
        await say(desk, 1, "hello", by=bob)
        crashing = asyncio.create_task(deliver(desk, post_to(server)))
        await server.until(lambda relay: len(relay.arrived) == 1)
        crashing.cancel()
        await asyncio.gather(crashing, return_exceptions=True)

    async with desks.opened(desk_settings, clock=clock) as desk:
        assert await deliver(desk, post_to(server)) == Round(due=clock() + outbox.LEASE)
        clock.forward(outbox.LEASE)
        await to_the_end(desk, post_to(server))

        assert await states(desk) == [DeliveryState.SENT]
    assert len(server.arrived) == 2
    assert len({mail.message_id for mail in server.arrived}) == 1


async def test_two_crashes_in_a_row_leave_it_to_a_person(desk: Desk, server: RelayServer, clock: Clock) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "hello", by=bob)
    for _ in range(2):
        await claim(desk)
        clock.forward(outbox.LEASE)

    await to_the_end(desk, post_to(server))

    assert await states(desk) == [DeliveryState.UNCERTAIN]
    assert server.arrived == []


async def test_after_a_day_without_a_relay_everything_arrives_once_and_in_order(
    desk: Desk, server: RelayServer, clock: Clock
) -> None:
    bob, customers = await an_agent(desk), range(1, 9)
    for number in customers:
        await a_ticket(desk, f"customer{number}@customer.test")
        await say(desk, number, "first", "second", by=bob)
    post = post_to(server)
    await server.down()
    rounds: list[Round] = []
    for _ in range(48):
        rounds.append(await deliver(desk, post))
        clock.forward(30 * MINUTE)
    waiting = await states(desk)

    await server.up()
    for _ in range(3):
        await to_the_end(desk, post)
        clock.forward(80 * MINUTE)

    assert all(done.away for done in rounds if done.taken)
    assert set(waiting) == {DeliveryState.RETRYING, DeliveryState.QUEUED}
    assert set(await states(desk)) == {DeliveryState.SENT}
    assert len(server.arrived) == 2 * len(customers)
    for number in customers:
        assert [text for rcpt, text in said(server) if rcpt == f"customer{number}@customer.test"] == ["first", "second"]


async def test_after_its_lifetime_an_answer_fails_with_the_reason(
    desk: Desk, server: RelayServer, clock: Clock
) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await say(desk, 1, "hello", by=bob)
    await server.down()
    await deliver(desk, post_to(server))
    clock.forward(timedelta(hours=desk.settings.mail.retry_hours) + MINUTE)

    await deliver(desk, post_to(server))

    [entry] = await entries(desk)
    assert entry.state is DeliveryState.FAILED
    assert entry.reason.startswith(f"given up after 2 tries: the relay localhost:{server.port} cannot be used")


async def test_couriers_of_several_processes_send_each_mail_once(
    any_settings: Settings, any_desk: Desk, server: RelayServer, clock: Clock
) -> None:
    for number in range(45):
        await any_desk.receive(a_mail(f"customer{number}@customer.test"))

    async with desks.opened(any_settings, clock=clock) as other, desks.opened(any_settings, clock=clock) as third:
        await asyncio.gather(*(to_the_end(desk, post_to(server)) for desk in (any_desk, other, third)))

    assert sorted(mail.rcpt for mail in server.arrived) == sorted(f"customer{n}@customer.test" for n in range(45))
    assert set(await states(any_desk)) == {DeliveryState.SENT}


async def test_the_courier_delivers_what_is_queued_while_it_waits(desk: Desk, server: RelayServer) -> None:
    async with running(desk, post_to(server)):
        await desk.receive(a_mail("ann@customer.test"))
        await server.until(lambda relay: len(relay.arrived) == 1)
        await asyncio.gather(*(desk.receive(a_mail(f"customer{number}@customer.test")) for number in range(60)))
        await server.until(lambda relay: len(relay.arrived) == 61)

    assert set(await states(desk)) == {DeliveryState.SENT}


async def test_a_relay_that_is_away_is_left_in_peace_however_much_is_queued(desk: Desk, server: RelayServer) -> None:
    server.always = Says("CONNECT", "421 try later")
    for number in range(50):
        await desk.receive(a_mail(f"customer{number}@customer.test"))

    async with running(desk, post_to(server)):
        await server.until(lambda relay: relay.connections == 1)
        for number in range(50, 60):
            await desk.receive(a_mail(f"customer{number}@customer.test"))

    assert server.connections == 1
    assert (await states(desk)).count(DeliveryState.RETRYING) == Relay.at_once


async def test_a_relay_that_comes_back_gets_what_has_waited(desk: Desk, server: RelayServer) -> None:
    server.once = [Says("CONNECT", "421 try later")]
    for number in range(30):
        await desk.receive(a_mail(f"customer{number}@customer.test"))

    async with running(desk, post_to(server), rest=timedelta(milliseconds=50)):
        await server.until(lambda relay: len(relay.arrived) == 30 - Relay.at_once)

    assert server.connections > 1


async def test_a_courier_told_to_stop_ends_its_round_first(desk: Desk, server: RelayServer) -> None:
    await desk.receive(a_mail())
    async with running(desk, post_to(server)) as task:
        await server.until(lambda relay: relay.commands["MAIL"] == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert await states(desk) == [DeliveryState.SENT]


async def test_a_courier_of_a_stopping_desk_ends(desk: Desk, server: RelayServer) -> None:
    async with running(desk, post_to(server)) as task:
        await desk.receive(a_mail())
        await desk.drain()
        desk.outbox_stirs.set()

        async with asyncio.timeout(10):
            await task


class Broken:
    """A way out with a fault of ours in it."""

    at_once = 20

    async def send(self, mails: Sequence[Mail]) -> list[outbox.Result]:
        raise KeyError("a fault")


async def test_an_unexpected_fault_ends_the_courier_and_is_not_hidden(desk: Desk) -> None:
    await desk.receive(a_mail())

    with pytest.raises(KeyError, match="a fault"):
        async with asyncio.timeout(10):
            await courier.courier(desk, Broken())


async def test_without_a_relay_mails_become_files(desk: Desk) -> None:
    await desk.receive(a_mail())
    folder = desk.settings.desk.data_dir / "outbox"

    await deliver(desk, Folder(folder))

    [file] = folder.iterdir()
    assert file.name.startswith("1-")
    assert message_from_bytes(file.read_bytes())["To"] == "<ann@customer.test>"
    assert await states(desk) == [DeliveryState.SENT]

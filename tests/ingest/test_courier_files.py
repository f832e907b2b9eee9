"""What an answer takes along to the relay: its files, and the thread it belongs to."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes

import pytest

from core import attachments, conversation, tickets
from core.access import Actor
from core.attachments import NewFile
from core.desk import Desk
from core.storage import blobs
from core.vocabulary import DeliveryState
from ingest import courier, file_drop
from ingest.courier import deliver
from tests.builders import Clock
from tests.deliveries import a_ticket, an_agent, entries, say
from tests.ingest.test_courier import post_to, text_of, to_the_end
from tests.relay_server import RelayServer, a_relay

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def server() -> AsyncIterator[RelayServer]:
    async with a_relay() as running:
        yield running


async def answered_with(desk: Desk, number: int, *files: tuple[str, bytes], by: Actor) -> None:
    kept = [NewFile(name, "application/pdf", blobs.keep(desk.blob_folder, io.BytesIO(data))) for name, data in files]
    async with desk.writing() as connection:
        [ticket] = (await tickets.by_numbers(connection, [number])).values()
        said = await conversation.reply(
            connection, ticket, "See the file.", by=by, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )
        await attachments.add(connection, ticket, kept, by=by, now=desk.clock(), comment_id=said)


async def test_files_arrive_byte_for_byte_and_too_large_ones_as_a_link(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    plan = bytes(range(256)) * 8_192
    await answered_with(desk, 1, ("huge.bin", bytes(20 * 1024 * 1024)), ("plan.pdf", plan), by=bob)

    await deliver(desk, post_to(server))

    [mail] = server.arrived
    parts = [part for part in message_from_bytes(mail.data).walk() if part.get_filename()]
    assert [(part.get_filename(), part.get_payload(decode=True)) for part in parts] == [("plan.pdf", plan)]
    assert "huge.bin (20.0 MB)\r\nhttp://127.0.0.1:8000/f/" in text_of(mail)
    assert len(mail.data) < desk.settings.mail.max_message_mb * 1024 * 1024


async def test_large_files_are_sent_in_several_rounds_and_each_once(
    desk: Desk, server: RelayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await an_agent(desk)
    monkeypatch.setattr(courier, "FILES_AT_ONCE", 250_000)
    for number in range(1, 6):
        await a_ticket(desk, f"customer{number}@customer.test")
        await answered_with(desk, number, ("a.bin", bytes([number]) * 100_000), by=bob)
    post = post_to(server)

    await deliver(desk, post)
    first = len(server.arrived)
    await to_the_end(desk, post)

    assert first == 2
    assert sorted(mail.rcpt for mail in server.arrived) == [f"customer{n}@customer.test" for n in range(1, 6)]
    assert {(entry.state, entry.attempts) for entry in await entries(desk)} == {(DeliveryState.SENT, 1)}


async def test_an_answer_whose_file_is_gone_fails_visibly(desk: Desk, server: RelayServer) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk)
    await answered_with(desk, 1, ("plan.pdf", bytes(2 * 1024 * 1024)), by=bob)
    for file in desk.blob_folder.glob("??/*"):
        file.unlink()

    await deliver(desk, post_to(server))

    [entry] = await entries(desk)
    assert entry.state is DeliveryState.FAILED
    assert "a file that belongs to it cannot be read" in entry.reason


async def test_a_thread_of_mails_is_one_thread_for_the_customers_program(
    desk: Desk, server: RelayServer, clock: Clock
) -> None:
    bob = await an_agent(desk)
    await a_ticket(desk, subject="Printer on fire", text="It burns.", message_id="<1@customer.test>")
    clock.forward(MINUTE)
    await say(desk, 1, "Which one?", by=bob)
    await deliver(desk, post_to(server))
    [first] = server.arrived
    clock.forward(MINUTE)
    reply = b"From: ann@customer.test\r\nMessage-ID: <2@customer.test>\r\nIn-Reply-To: %s\r\nSubject: Re: Printer on fire\r\n\r\nThe red one.\r\n\r\nOn Monday, Support wrote:\r\n> %s"
    quoted = reply % (first.message_id.encode(), first.data.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\r\n> "))
    receipt = await desk.receive(file_drop.parse(quoted, recipients=["support@desk.test"], at=clock()))
    clock.forward(MINUTE)
    await say(desk, 1, "Use water.", by=bob)
    await deliver(desk, post_to(server))

    second = message_from_bytes(server.arrived[1].data)
    assert receipt.ticket_number == 1
    assert second["Subject"] == "Re: Printer on fire"
    assert second["In-Reply-To"] == "<2@customer.test>"
    assert second["References"].split() == ["<1@customer.test>", first.message_id, "<2@customer.test>"]
    assert [line for line in text_of(server.arrived[1]).split("\r\n") if line.startswith(">")] == [
        "> The red one.",
        "> Which one?",
        "> It burns.",
    ]

"""LMTP beside SMTP, over real sockets: one answer for each recipient, and the same care for the mail."""

import asyncio
import smtplib
import stat
from pathlib import Path

from core.messages import InboundMessage, Receipt
from core.vocabulary import Outcome
from tests.ingest.smtp_client import A_MAIL, SOMETHING, US, Client, Door, a_door, on_the_wire, opened, strangers

OTHER = "help@example.org"


async def connected(door: Door, path: Path | None = None) -> Client:
    reached = asyncio.open_unix_connection(path) if path else asyncio.open_connection("127.0.0.1", door.room.lmtp_port)
    client = Client(*await reached)
    door.clients.append(client)
    assert await client.reply() == "220 mx.example.com LMTP Deskbell"
    assert (await client.say("LHLO mta.example")).startswith("250-mx.example.com")
    return client


async def addressed(client: Client, *recipients: str) -> None:
    await client.say("MAIL FROM:<ann@example.net>")
    for recipient in recipients:
        await client.say(f"RCPT TO:<{recipient}>")
    await client.say("DATA")


async def test_every_recipient_gets_an_answer_and_the_desk_one_mail() -> None:
    async with a_door(strangers(lmtp_port=0)) as door:
        client = await connected(door)
        await addressed(client, US, "nobody@example.net", OTHER, US)
        await client.send(on_the_wire(A_MAIL))
        replies = [await client.reply() for _ in range(3)]
        after = await client.say("NOOP")

    assert replies == ["250 2.0.0 Ticket 1 opened"] * 3
    assert after.startswith("250")
    assert [(mail.raw, mail.recipients) for mail in door.mails] == [(A_MAIL, (US, OTHER))]


async def test_what_is_put_off_is_put_off_for_every_recipient() -> None:
    async def later(message: InboundMessage) -> Receipt:
        return Receipt(Outcome.DEFERRED, SOMETHING)

    async with a_door(strangers(lmtp_port=0), answer=later) as door:
        client = await connected(door)
        await addressed(client, US, OTHER)
        await client.send(on_the_wire(A_MAIL))
        replies = [await client.reply() for _ in range(2)]

    assert [reply[:3] for reply in replies] == ["451", "451"]


async def test_smtp_and_lmtp_are_served_side_by_side_and_counted_together() -> None:
    async with a_door(strangers(lmtp_port=0)) as door:
        by_smtp = await (await door.greeted()).mail()
        client = await connected(door)
        await addressed(client, US)
        await client.send(on_the_wire(A_MAIL))
        by_lmtp = await client.reply()

        assert (by_smtp, by_lmtp) == ("250 2.0.0 Ticket 1 opened", "250 2.0.0 Ticket 2 opened")
        assert door.room.counts.mails == {"opened": 2}


async def test_a_socket_file_is_for_its_group_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"

    async with a_door(strangers(enabled=False, lmtp_socket=path)) as door:
        client = await connected(door, path)
        await addressed(client, US)
        await client.send(on_the_wire(A_MAIL))

        assert await client.reply() == "250 2.0.0 Ticket 1 opened"
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert door.room.port == 0
        assert [visit.trusted for visit in door.room.gate.visits] == [True]

    assert not path.exists()
    assert door.mails[0].envelope["peer"] == "local"


async def test_a_socket_file_that_a_crash_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "lmtp.sock"
    (await asyncio.start_unix_server(lambda reader, writer: None, path)).close()

    async with a_door(strangers(lmtp_socket=path)) as door:
        assert await connected(door, path)


async def test_a_client_that_leaves_cancels_no_commit() -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def answer(message: InboundMessage) -> Receipt:
        under_way.set()
        await go_on.wait()
        return opened(1)

    async with a_door(strangers(lmtp_port=0), answer=answer) as door:
        client = await connected(door)
        await addressed(client, US, OTHER)
        await client.send(on_the_wire(A_MAIL))
        await under_way.wait()
        client.abort()
        await (await door.greeted()).say("NOOP")
        go_on.set()
        await door.until(lambda: door.room.counts.mails == {"opened": 1})

    assert len(door.mails) == 1


async def test_a_client_of_somebody_elses_making_can_deliver() -> None:
    async with a_door(strangers(lmtp_port=0)) as door:

        def deliver() -> dict[str, tuple[int, bytes]]:
            with smtplib.LMTP("127.0.0.1", door.room.lmtp_port, local_hostname="mta.example") as line:
                return line.sendmail("ann@example.net", [US, "nobody@example.net"], A_MAIL)

        refused = await asyncio.to_thread(deliver)

    assert list(refused) == ["nobody@example.net"]
    assert [mail.raw for mail in door.mails] == [A_MAIL]

"""The traps that stock SMTP servers fall into (docs/promises.md), where no other file has a test for one."""

import asyncio
import logging
import socket
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from core import desk as desks
from core import tables
from core.config import Settings
from core.desk import Desk
from core.messages import InboundMessage, Receipt
from ingest import mail_in, smtp
from ingest.smtp_limits import Limits
from tests.builders import Clock
from tests.ingest.smtp_client import A_MAIL, OURS, US, Door, a_door, on_the_wire, read, strangers
from tests.stored import count

BUSY = "421 4.7.0 Too many connections, please try again later"


async def test_a_bare_newline_ends_no_command_and_begins_none() -> None:
    async with a_door() as door:
        client = await door.greeted()

        await client.send(b"MAIL FROM:<evil@example.net>\nRCPT TO:<support@example.com>\nDATA\n")
        refused = [await client.reply() for _ in range(3)]
        await client.send(b"NOOP\rMAIL FROM:<evil@example.net>\r\n")
        one = await client.reply()

        assert refused == ["500 5.5.2 A command must end with CRLF"] * 3
        assert one.startswith("500 ")
        assert (await client.say(f"RCPT TO:<{US}>")).startswith("503 5.5.1 Please send MAIL")


async def test_a_fault_beside_the_mail_is_temporary_too_and_hurts_nobody_else() -> None:
    def broken() -> NoReturn:
        raise ZeroDivisionError("the secret is hunter2\r\n250 OK")

    door = Door()
    with capture_logs() as door.logs:
        async with smtp.serving(strangers(), door.receive, ours=OURS, clock=broken, parse=read) as door.room:
            client, other = await door.greeted(), await door.greeted()

            assert await client.mail() == "421 4.3.0 Temporary fault, please try again later"
            assert await client.reply() == ""
            assert await other.say("NOOP") == "250 2.0.0 OK"
            for one in (client, other):
                await door.hang_up(one)

    assert [log["event"] for log in door.logs if log["log_level"] == "error"] == ["fault in an SMTP connection"]


@pytest.mark.parametrize("command", ["NOOP", "RSET", "EHLO me", "MAIL FROM:<>\r\nRSET"])
async def test_a_flood_of_commands_is_thrown_out_and_kept_out_whatever_resets_it(command: str) -> None:
    async with a_door(limits=Limits(commands=40, pause=0)) as door:
        client = await door.connect(address="127.0.0.2")
        await client.send(f"EHLO me\r\n{command}\r\n".encode() * 60)

        everything = await client.reader.read()

        assert everything.endswith(b"421 4.7.0 Too many commands\r\n")
        assert await (await door.connect(address="127.0.0.2")).reply() == BUSY
        assert await (await door.greeted(address="127.0.0.3")).mail() == "250 2.0.0 Ticket 1 opened"


async def test_how_long_a_command_may_be_is_nothing_that_another_connection_changes() -> None:
    long = "MAIL FROM:<ann@example.net> SIZE=100 BODY=8BITMIME SMTPUTF8"
    async with a_door() as door:
        client = await door.greeted()
        for _ in range(3):
            other = await door.greeted()
            assert (await other.say("NOOP " + "x" * 1100)).startswith("500 5.5.2 That command is too long")

        assert await client.say(long.ljust(529)) == "250 2.1.0 OK"
        assert (await client.say("NOOP " + "x" * 1100)).startswith("500 5.5.2 That command is too long")


async def test_nobody_is_looked_up_when_a_connection_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> NoReturn:
        raise AssertionError("a name server was asked, with everybody waiting")

    for name in ("getfqdn", "gethostbyaddr", "gethostbyname", "getnameinfo"):
        monkeypatch.setattr(socket, name, asked)

    async with a_door() as door:
        assert await (await door.connect()).reply() == "220 mx.example.com ESMTP Deskbell"


async def test_aiosmtpd_writes_no_commands_and_no_addresses_down(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("mail.log").setLevel(logging.NOTSET)
    caplog.set_level(logging.DEBUG)

    async with a_door() as door:
        client = await door.greeted(address="127.0.0.9")
        await client.mail(sender="canary@example.net")
        await client.say("QUIT")

    assert [record.name for record in caplog.records if record.name == "mail.log"] == []
    assert "canary" not in caplog.text


async def test_a_sender_who_leaves_during_the_commit_and_comes_again_has_one_ticket(desk: Desk) -> None:
    under_way = asyncio.Event()

    async def answer(message: InboundMessage) -> Receipt:
        under_way.set()
        return await desk.receive(message)

    async with a_door(answer=answer, parse=mail_in.parse) as door:
        client = await door.greeted()
        for command in ("MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>", "DATA"):
            await client.say(command)
        await client.send(on_the_wire(A_MAIL))
        await under_way.wait()
        client.abort()
        await door.until(lambda: door.room.counts.mails == {"opened": 1})

        assert await (await door.greeted()).mail() == "250 2.0.0 Ticket 1 duplicate"

    assert await count(desk, tables.tickets) == 1


async def test_the_same_message_id_with_another_text_is_another_ticket(desk: Desk) -> None:
    first = b"From: ann@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: Hello\r\n\r\nMy printer is on fire.\r\n"

    async with a_door(answer=desk.receive, parse=mail_in.parse) as door:
        client = await door.greeted()
        replies = [await client.mail(content) for content in (first, first.replace(b"printer", b"curtain"), first)]

    assert replies == [f"250 2.0.0 Ticket {number}" for number in ("1 opened", "2 opened", "1 duplicate")]


async def test_who_writes_anew_under_the_same_subject_goes_on_where_the_queue_wants_it(
    desk_settings: Settings, clock: Clock
) -> None:
    values = desk_settings.model_dump()
    values["smtp"]["addresses"] = [US]
    values["mail"]["routes"] = [{"address": US, "join_by_subject": True}]
    first = b"From: ann@example.net\r\nMessage-ID: <1@example.net>\r\nSubject: Invoice 4711\r\n\r\nWhere is it?\r\n"
    anew = first.replace(b"<1@", b"<2@").replace(b"Subject: ", b"Subject: Re: ").replace(b"Where", b"Here")
    bo = first.replace(b"<1@", b"<3@").replace(b"ann@", b"bo@")

    async with (
        desks.opened(Settings.model_validate(values), clock=clock) as desk,
        a_door(answer=desk.receive, parse=mail_in.parse) as door,
    ):
        client = await door.greeted()
        replies = [
            await client.mail(first), await client.mail(anew), await client.mail(bo, sender="bo@example.net"),
        ]  # fmt: skip

    assert replies == [f"250 2.0.0 Ticket {number}" for number in ("1 opened", "1 commented", "2 opened")]

"""The SMTP door over real sockets: what is received, what is said to it, and what can never happen."""

import asyncio
import hashlib
import random
import threading
from collections.abc import Callable
from typing import NoReturn

import pytest

from core.errors import Unavailable
from core.messages import InboundMessage, Receipt
from core.vocabulary import Outcome
from ingest.envelope import Envelope
from tests.ingest.smtp_client import A_MAIL, NOON, SOMETHING, US, Client, a_door, on_the_wire, opened, read, strangers

SMUGGLED = (
    b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil\r\n.\r\n"
)
# Whatever some server somewhere takes for the end of a message and we must not (CVE-2023-51764, -51765, -51766).
BARE = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\n\n.\n\n",
    b"\r\n.\r\r\n",
    b"\r\r\n..\r\n",
    b"x" * 2000 + b"\n.\r\n",
]
NOT_BARE = [b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n\t.\r\n"]


async def test_a_mail_is_answered_with_its_ticket_number_and_kept_byte_for_byte() -> None:
    async with a_door() as door:
        client = await door.greeted()

        reply = await client.mail(A_MAIL)

    assert reply == "250 2.0.0 Ticket 1 opened"
    assert [mail.raw for mail in door.mails] == [A_MAIL]


async def test_the_envelope_says_who_brought_the_mail_and_for_whom() -> None:
    seen: list[Envelope] = []

    def parse(raw: bytes, envelope: Envelope) -> InboundMessage:
        seen.append(envelope)
        raise Unavailable("enough seen")

    async with a_door(parse=parse) as door:
        client = await door.connect(address="127.0.0.9")
        await client.reply()
        await client.say("EHLO mail.exa\x1b[31mmple")
        await client.mail(sender="Ann@Example.NET", to="Support+Tag9@Example.com")

    assert seen == [
        Envelope(
            mail_from="ann@example.net",
            recipients=("support+tag9@example.com",),
            peer="127.0.0.9",
            helo="mail.exa[31mmple",
            received_at=NOON,
        )
    ]


async def test_the_null_sender_is_an_empty_address() -> None:
    async with a_door() as door:
        client = await door.greeted()

        await client.mail(sender="")

    assert door.mails[0].sender.address == ""


async def test_only_a_listed_relay_is_trusted() -> None:
    async with a_door(strangers(trusted_relays=("127.0.0.7", "10.0.0.0/8"))) as door:
        for address in ("127.0.0.7", "127.0.0.8"):
            await (await door.greeted(address=address)).mail()

    assert [mail.envelope["trusted"] for mail in door.mails] == [True, False]


@pytest.mark.parametrize(
    ("receipt", "reply"),
    [
        (Receipt(Outcome.OPENED, SOMETHING, 42), "250 2.0.0 Ticket 42 opened"),
        (Receipt(Outcome.COMMENTED, SOMETHING, 42), "250 2.0.0 Ticket 42 commented"),
        (Receipt(Outcome.DUPLICATE, SOMETHING, 42), "250 2.0.0 Ticket 42 duplicate"),
        (Receipt(Outcome.DUPLICATE, SOMETHING), "250 2.0.0 Duplicate"),
        (Receipt(Outcome.IGNORED, SOMETHING), "250 2.0.0 Accepted"),
        (Receipt(Outcome.QUARANTINED, SOMETHING), "250 2.0.0 Accepted"),
        (Receipt(Outcome.REFUSED, SOMETHING, reason="You are blocked"), "550 5.7.1 You are blocked"),
        (Receipt(Outcome.REFUSED, SOMETHING), "550 5.7.1 Your message cannot be taken here"),
        (Receipt(Outcome.DEFERRED, SOMETHING, reason="Too many mails"), "451 4.7.1 Too many mails"),
        (Receipt(Outcome.REFUSED, SOMETHING, reason="No\r\n250 Sure {x} é"), "550 5.7.1 No 250 Sure {x}"),
    ],
)
async def test_what_the_desk_did_is_what_the_sender_learns(receipt: Receipt, reply: str) -> None:
    async def answer(message: InboundMessage) -> Receipt:
        return receipt

    async with a_door(answer=answer) as door:
        client = await door.greeted()

        assert await client.mail() == reply
        assert await client.say("NOOP") == "250 2.0.0 OK"


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (
            Unavailable("the disk in /var/lib is gone"),
            "451 4.3.0 The desk cannot take mail just now, please try again later",
        ),
        (ValueError("secret.db locked\r\n250 OK"), "451 4.3.0 Temporary fault, please try again later"),
        (OSError(28, "No space left on device"), "451 4.3.0 Temporary fault, please try again later"),
        (RecursionError(), "451 4.3.0 Temporary fault, please try again later"),
        (TimeoutError("database"), "451 4.3.0 Temporary fault, please try again later"),
        (EOFError("database"), "451 4.3.0 Temporary fault, please try again later"),
        (ConnectionResetError("database"), "451 4.3.0 Temporary fault, please try again later"),
    ],
)
async def test_a_fault_of_ours_is_temporary_and_says_nothing_of_itself(fault: Exception, reply: str) -> None:
    async def answer(message: InboundMessage) -> Receipt:
        raise fault

    async with a_door(answer=answer) as door:
        client = await door.greeted()

        assert await client.mail() == reply
        assert await client.mail() == reply

    assert {log["log_level"] for log in door.logs} >= {"warning" if isinstance(fault, Unavailable) else "error"}


async def test_a_fault_while_reading_the_mail_is_temporary_too() -> None:
    def parse(raw: bytes, envelope: Envelope) -> NoReturn:
        raise IndexError(raw)

    async with a_door(parse=parse) as door:
        client = await door.greeted()

        assert await client.mail() == "451 4.3.0 Temporary fault, please try again later"
        assert await client.mail(b"x" * 300_000 + b"\r\n") == "451 4.3.0 Temporary fault, please try again later"


@pytest.mark.parametrize("sequence", [*BARE, *NOT_BARE])
async def test_only_crlf_dot_crlf_ends_a_message(sequence: bytes) -> None:
    async with a_door() as door:
        client = await door.greeted()

        reply = await client.data(b"Subject: one\r\n\r\nfirst" + sequence + SMUGGLED)

        assert reply == "250 2.0.0 Ticket 1 opened"
        assert await client.say("NOOP") == "250 2.0.0 OK"
    assert len(door.mails) == 1
    lines = door.mails[0].raw.split(b"\r\n")
    assert b"Subject: smuggled" in lines
    assert not any(b"\r" in line or b"\n" in line for line in lines)


@pytest.mark.parametrize("sequence", BARE)
async def test_a_strict_door_refuses_bare_newlines(sequence: bytes) -> None:
    async with a_door(strangers(bare_newlines="reject")) as door:
        client = await door.greeted()

        reply = await client.data(b"Subject: one\r\n\r\nfirst" + sequence + SMUGGLED)

        assert reply.startswith("550 5.6.0 ")
        assert await client.say("NOOP") == "250 2.0.0 OK"
    assert door.mails == []


@pytest.mark.parametrize("sequence", NOT_BARE)
async def test_a_strict_door_takes_everything_else(sequence: bytes) -> None:
    async with a_door(strangers(bare_newlines="reject")) as door:
        reply = await (await door.greeted()).data(b"Subject: one\r\n\r\nfirst" + sequence + SMUGGLED)

    assert reply == "250 2.0.0 Ticket 1 opened"
    assert len(door.mails) == 1


async def test_lines_may_be_of_any_length() -> None:
    content = b"Subject: long\r\n\r\n" + b"x" * 3_000_000 + b"\r\n"

    async with a_door() as door:
        reply = await (await door.greeted()).mail(content)

    assert reply == "250 2.0.0 Ticket 1 opened"
    assert door.mails[0].raw == content


async def test_messages_cut_anywhere_arrive_as_they_were_sent() -> None:
    chance = random.Random(5)
    contents = [b"\r\n".join(chance.choices([b"", b".", b"..", b"a", b".b", b"c."], k=9)) + b"\r\n" for _ in range(20)]

    async with a_door(strangers(trusted_relays=("127.0.0.1",))) as door:
        client = await door.greeted()
        for content in contents:
            for command in ("MAIL FROM:<a@example.net>", f"RCPT TO:<{US}>", "DATA"):
                await client.say(command)
            wire = on_the_wire(content)
            while wire:
                size = chance.randint(1, 9)
                await client.send(wire[:size])
                wire = wire[size:]
                await asyncio.sleep(0)
            await client.reply()

    digests = [hashlib.sha256(mail.raw).hexdigest() for mail in door.mails]
    assert digests == [hashlib.sha256(content).hexdigest() for content in contents]


@pytest.mark.parametrize("wire", [b".\r\n", b"\r\n.\r\n", b"..\r\n.\r\n", b".a\r\n.\r\n"])
async def test_the_first_line_of_a_message_may_be_its_end_or_begin_with_a_dot(wire: bytes) -> None:
    async with a_door() as door:
        client = await door.greeted()

        assert await client.data(wire) == "250 2.0.0 Ticket 1 opened"
        assert await client.say("NOOP") == "250 2.0.0 OK"

    assert door.mails[0].raw == {b".\r\n": b"", b"\r\n.\r\n": b"\r\n", b"..\r\n.\r\n": b".\r\n"}.get(wire, b"a\r\n")


async def test_commands_and_mails_may_come_all_at_once() -> None:
    mail = b"MAIL FROM:<ann@example.net>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n" + on_the_wire(A_MAIL)

    async with a_door() as door:
        client = await door.connect()
        await client.send(b"EHLO client.example\r\n" + mail + b"RSET\r\n" + mail + b"QUIT\r\n")
        replies = [await client.reply() for _ in range(12)]

    assert [reply[:3] for reply in replies] == ["220", *["250"] * 3, "354", *["250"] * 4, "354", "250", "221"]
    assert "250-PIPELINING" in replies[1]
    assert [mail.raw for mail in door.mails] == [A_MAIL, A_MAIL]


async def test_a_client_that_closes_its_half_still_gets_its_answers() -> None:
    async with a_door() as door:
        client = await door.connect()
        await client.send(
            b"EHLO me\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<support@example.com>\r\nDATA\r\n" + on_the_wire(A_MAIL)
        )
        client.writer.write_eof()

        replies = [await client.reply() for _ in range(7)]

    assert replies[-2:] == ["250 2.0.0 Ticket 1 opened", ""]


async def test_a_mail_cut_off_in_the_middle_is_no_mail() -> None:
    async with a_door() as door:
        client = await door.greeted()
        for command in ("MAIL FROM:<a@example.net>", f"RCPT TO:<{US}>", "DATA"):
            await client.say(command)
        await client.send(A_MAIL + b"\r\n.\r")
        client.writer.write_eof()

        assert await client.reply() == ""

    assert door.mails == []


@pytest.mark.parametrize(("size", "in_a_thread"), [(100, False), (300_000, True)])
async def test_a_large_mail_is_read_in_a_thread_so_that_the_others_need_not_wait(size: int, in_a_thread: bool) -> None:
    seen: list[bool] = []

    def parse(raw: bytes, envelope: Envelope) -> InboundMessage:
        seen.append(threading.current_thread() is not threading.main_thread())
        return read(raw, envelope)

    async with a_door(parse=parse) as door:
        await (await door.greeted()).mail(b"x" * size + b"\r\n")

    assert seen == [in_a_thread]


@pytest.mark.parametrize(
    "leave", [Client.abort, lambda client: client.writer.close(), lambda client: client.writer.write_eof()]
)
@pytest.mark.parametrize("size", [10, 400_000])
async def test_a_client_that_leaves_cancels_no_commit(leave: Callable[[Client], None], size: int) -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def answer(message: InboundMessage) -> Receipt:
        under_way.set()
        await go_on.wait()
        return opened(1)

    async with a_door(answer=answer) as door:
        client = await door.greeted()
        for command in ("MAIL FROM:<a@example.net>", f"RCPT TO:<{US}>", "DATA"):
            await client.say(command)
        await client.send(on_the_wire(b"x" * size + b"\r\n"))
        await under_way.wait()
        leave(client)
        await (await door.greeted()).say("NOOP")
        go_on.set()
        await door.until(lambda: door.room.counts.mails == {"opened": 1})

    assert len(door.mails) == 1


async def test_a_mail_too_large_is_refused_with_the_limit_and_the_next_one_taken() -> None:
    async with a_door(strangers(max_message_mb=1)) as door:
        client = await door.greeted()

        announced = await client.say("MAIL FROM:<ann@example.net> SIZE=1048577")
        sent = await client.mail(b"x" * 1_048_575 + b"\r\n")
        exact = await client.mail(b"x" * 1_048_574 + b"\r\n")

    assert announced == sent == "552 5.3.4 The message is too large: at most 1 MB can be sent here"
    assert exact == "250 2.0.0 Ticket 1 opened"


async def test_whose_mail_is_too_large_is_told_of_the_form() -> None:
    form = "https://support.example.com"
    async with a_door(strangers(max_message_mb=1), form=form) as door:
        client = await door.greeted()

        announced = await client.say("MAIL FROM:<ann@example.net> SIZE=1048577")
        sent = await client.mail(b"x" * 1_048_575 + b"\r\n")

    assert (
        announced
        == sent
        == (f"552 5.3.4 The message is too large: at most 1 MB can be sent here; use the form: {form}")
    )


async def test_the_log_has_no_text_and_no_key_to_a_ticket() -> None:
    async with a_door() as door:
        client = await door.greeted()

        await client.mail(A_MAIL, sender="support+canary1@example.com", to="support+canary2@example.com")

    assert door.logs[0]["event"] == "mail answered"
    assert door.logs[0]["recipients"] == [US]
    assert "canary" not in str(door.logs)
    assert "printer" not in str(door.logs)


async def test_what_has_happened_is_counted() -> None:
    async with a_door(strangers(max_connections_per_ip=1)) as door:
        client = await door.greeted()
        await client.mail()
        await (await door.connect()).reply()

        counts = door.room.counts

    assert (counts.connections, counts.turned_away, counts.open, dict(counts.mails)) == (1, 1, 1, {"opened": 1})

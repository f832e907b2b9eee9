"""Mail fetched from a mailbox: over a real socket, into a real database."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from core import desk as desks
from core import policy, tables
from core.config import Settings
from core.desk import Desk
from core.mail.mail_settings import ImapSection
from core.running.findings import Level
from ingest import doctor, imap_poll
from ingest.imap_line import Away
from ingest.imap_poll import Memory, Polled, poll, poller
from tests.builders import Clock
from tests.imap_server import CAPABILITIES, PASSWORD, USER, ImapServer, a_mailbox
from tests.stored import count, rows, with_section

SEEN = {r"\Seen"}


def mail(number: int = 1, text: str = "It burns.", **fields: str) -> bytes:
    head = {"From": f"ann{number}@customer.test", "To": "support@desk.test", "Subject": f"Mail {number}", **fields}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in head.items()]
    return "\r\n".join([*lines, f"Message-ID: <{number}@customer.test>", "", text, ""]).encode()


@pytest.fixture
async def server() -> AsyncIterator[ImapServer]:
    async with a_mailbox() as running:
        yield running


def section(server: ImapServer, **keys: object) -> ImapSection:
    known = {"host": "127.0.0.1", "port": server.port, "tls": "none", "user": USER, "password": PASSWORD}
    return ImapSection.model_validate({**known, **keys})


async def subjects(desk: Desk) -> list[str]:
    async with desk.reading() as connection:
        found = await connection.execute(select(tables.tickets.c.subject).order_by(tables.tickets.c.number))
        return list(found.scalars())


async def test_unread_mail_becomes_tickets_and_is_then_marked_as_read(any_desk: Desk, server: ImapServer) -> None:
    server.put(mail(1), mail(2, Return_Path="<>", Delivered_To="support+42-1-aaaaaaaaaaaaaaaa@desk.test"))

    polled = await poll(any_desk, section(server), Memory())
    again = await poll(any_desk, section(server), Memory())

    assert (polled, again) == (Polled(2), Polled())
    # What a machine sent from nobody is kept, and is no ticket.
    assert await subjects(any_desk) == ["Mail 1"]
    assert server.flags() == {1: SEEN, 2: SEEN}
    first, second = await rows(any_desk, tables.ledger)
    assert (first.envelope["mail_from"], first.envelope["recipients"]) == ("ann1@customer.test", ["support@desk.test"])
    assert second.envelope["mail_from"] == ""
    assert "support+42-1-aaaaaaaaaaaaaaaa@desk.test" in second.envelope["recipients"]


@pytest.mark.parametrize(
    ("after", "capabilities", "left", "moved"),
    [
        ("delete", CAPABILITIES, {}, {}),
        ("delete", "IMAP4rev1", {1: {r"\Seen", r"\Deleted"}}, {}),
        ("move", CAPABILITIES, {}, {1: SEEN}),
        ("move", "IMAP4rev1 UIDPLUS", {}, {1: SEEN}),
    ],
)
async def test_a_mail_that_the_desk_has_is_put_where_the_operator_wants_it(
    desk: Desk, after: str, capabilities: str, left: object, moved: object
) -> None:
    async with a_mailbox(capabilities=capabilities) as server:
        server.put(mail())

        await poll(desk, section(server, after=after, move_to="Done"), Memory())

        assert server.flags() == left
        assert {uid: one.flags for uid, one in server.mailboxes["Done"].items()} == moved
    assert await subjects(desk) == ["Mail 1"]


async def test_a_mail_is_fetched_again_after_a_crash_and_is_one_ticket(desk: Desk, server: ImapServer) -> None:
    server.put(mail())
    await poll(desk, section(server), Memory())
    server.mailboxes["INBOX"][1].flags.clear()  # the process died after the commit, before the mark

    await poll(desk, section(server), Memory())

    assert await subjects(desk) == ["Mail 1"]
    assert server.flags() == {1: SEEN}


async def test_a_mailbox_that_is_numbered_anew_makes_no_ticket_twice(desk: Desk, server: ImapServer) -> None:
    server.put(mail(1), mail(2))
    memory = Memory()
    await poll(desk, section(server), memory)
    server.renumber()
    server.put(mail(3))

    await poll(desk, section(server), memory)

    assert await subjects(desk) == ["Mail 1", "Mail 2", "Mail 3"]
    assert server.flags() == {1: SEEN, 2: SEEN, 3: SEEN}


async def test_what_cannot_be_fetched_is_left_and_the_others_come(desk: Desk, server: ImapServer, clock: Clock) -> None:
    server.put(mail(1), mail(2), mail(3))
    server.refused = {2}
    memory = Memory()

    await poll(desk, section(server), memory)
    fetched = server.commands["UID FETCH"]
    await poll(desk, section(server), memory)

    assert await subjects(desk) == ["Mail 1", "Mail 3"]
    assert server.flags() == {1: SEEN, 2: set(), 3: SEEN}
    assert server.commands["UID FETCH"] == fetched  # for a while it is left alone
    server.refused = set()
    clock.forward(imap_poll.UNFETCHED)
    await poll(desk, section(server), memory)
    assert (await subjects(desk))[-1] == "Mail 2"


async def test_a_mail_that_breaks_the_line_does_not_stop_the_mailbox(desk: Desk, server: ImapServer) -> None:
    server.put(mail(1), mail(2))
    server.breaking = {1}
    memory = Memory()

    for _ in range(imap_poll.BREAKS):
        with pytest.raises(Away):
            await poll(desk, section(server), memory)
    await poll(desk, section(server), memory)

    assert await subjects(desk) == ["Mail 2"]
    assert server.flags() == {1: set(), 2: SEEN}


async def test_a_mail_that_cannot_be_filed_is_in_quarantine_and_the_others_come(desk: Desk, server: ImapServer) -> None:
    async with desk.writing() as connection:
        await connection.execute(
            text(
                "CREATE TRIGGER poison BEFORE INSERT ON messages WHEN NEW.body LIKE 'poison%' "
                "BEGIN SELECT RAISE(ABORT, 'poison'); END"
            )
        )
    server.put(mail(1), mail(2, "poison"), mail(3))

    await poll(desk, section(server), Memory())

    assert await subjects(desk) == ["Mail 1", "Mail 3"]
    assert [row.disposition for row in await rows(desk, tables.ledger)] == ["ticket", "quarantined", "ticket"]
    assert server.flags() == {1: SEEN, 2: SEEN, 3: SEEN}


async def test_what_the_desk_puts_off_stays_unread_and_holds_up_nobody(
    desk_settings: Settings, server: ImapServer, clock: Clock
) -> None:
    one_an_hour = with_section(desk_settings, "limits", mails_per_sender_per_hour=1)
    async with desks.opened(one_an_hour, clock=clock) as desk:
        server.put(mail(1), mail(2, From="ann1@customer.test"), mail(3))
        memory = Memory()

        await poll(desk, section(server), memory)
        first = await subjects(desk)
        clock.forward(timedelta(hours=2))
        await poll(desk, section(server), memory)

        assert first == ["Mail 1", "Mail 3"]
        assert await subjects(desk) == ["Mail 1", "Mail 3", "Mail 2"]


async def test_what_the_desk_refuses_is_flagged_and_left_for_a_person(
    desk: Desk, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_news(case: policy.Case) -> policy.Verdict:
        return policy.Refuse("no advertising") if case.message.subject == "Mail 1" else None

    monkeypatch.setattr(policy, "CHECKS", (no_news,))
    server.put(mail(1), mail(2))

    polled = await poll(desk, section(server, after="delete"), Memory())
    again = await poll(desk, section(server, after="delete"), Memory())

    assert (polled, again) == (Polled(1), Polled())
    assert server.flags() == {1: {r"\Seen", r"\Flagged"}}
    assert await subjects(desk) == ["Mail 2"]


async def test_a_mail_that_is_too_large_is_told_of_and_stays_in_the_mailbox(
    desk_settings: Settings, server: ImapServer
) -> None:
    async with desks.opened(with_section(desk_settings, "smtp", max_message_mb=1)) as desk:
        server.put(mail(1, "x" * 1_100_000, Content_Type="text/html", Content_Transfer_Encoding="base64"))

        await poll(desk, section(server, after="delete"), Memory())

        [ticket] = await rows(desk, tables.tickets)
        assert ticket.subject == "Mail 1"
        assert ticket.description.startswith("This mail has 1.0 MB, which is more than is taken here (1 MB")
        assert server.flags() == {1: SEEN}


async def test_of_several_processes_one_polls(any_settings: Settings, clock: Clock, server: ImapServer) -> None:
    server.put(mail(1))
    first, second = Memory("first:1"), Memory("second:2")
    async with desks.opened(any_settings, clock=clock) as desk:
        await poll(desk, section(server), first)
        server.put(mail(2))

        assert await poll(desk, section(server), second) == Polled()
        assert await count(desk, tables.tickets) == 1
        clock.forward(imap_poll.LEASE_SPAN)
        assert await poll(desk, section(server), second) == Polled(1)
        assert await poll(desk, section(server), first) == Polled()


async def test_the_poller_goes_on_when_the_mailbox_is_back_and_stops_at_once(
    desk: Desk, server: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = section(server).model_copy(update={"poll_seconds": 0.05})
    monkeypatch.setattr(desk, "settings", desk.settings.model_copy(update={"imap": quick}))
    server.put(mail(1))
    await server.down()
    task = asyncio.create_task(poller(desk))
    await asyncio.wait([task], timeout=0.2)
    assert not task.done()

    await server.up()
    server.hanging = True
    async with asyncio.timeout(10):
        await server.hung.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    # Another process need not wait for the lease.
    server.hanging = False
    assert await poll(desk, section(server), Memory("other:1")) == Polled(1)


@pytest.mark.parametrize(
    ("keys", "read_only", "reason"),
    [
        ({"password": "wrong"}, False, "the sign-in is refused"),
        ({"mailbox": "Nowhere"}, False, "the mailbox Nowhere cannot be used"),
        ({}, True, "the mailbox INBOX cannot be used"),
        ({"port": 1}, False, "refused"),
        ({"tls": "starttls"}, False, "TLS"),
    ],
)
async def test_what_is_wrong_with_a_mailbox_is_said_and_the_password_is_not(
    desk: Desk, server: ImapServer, keys: dict[str, object], read_only: bool, reason: str
) -> None:
    server.read_only = read_only
    wrong = section(server, **keys)

    with pytest.raises(Away, match=reason) as away:
        await poll(desk, wrong, Memory())
    [found] = [
        one for one in await doctor.examine(desk.settings.model_copy(update={"imap": wrong})) if "mailbox" in one.what
    ]

    assert found.level is Level.FAULT
    assert found.advice
    assert wrong.password.get_secret_value() not in away.value.reason + found.what


async def test_a_mailbox_that_cannot_be_searched_just_now_is_away(desk: Desk, server: ImapServer) -> None:
    server.put(mail(1))
    server.searchable = False

    with pytest.raises(Away, match=r"cannot be searched.*being rebuilt"):
        await poll(desk, section(server), Memory())


async def test_the_doctor_says_how_much_is_unread(desk: Desk, server: ImapServer) -> None:
    server.put(mail(1), mail(2))

    found = await doctor.examine(desk.settings.model_copy(update={"imap": section(server)}))

    where = f"the mailbox INBOX at 127.0.0.1:{server.port}"
    assert f"{where} is open to us, 2 unread" in [one.what for one in found]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_password_goes_to_a_server_that_proves_its_name_and_to_no_other(
    desk: Desk, certificate: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    async with a_mailbox(tls=context, wrapped=tls == "implicit") as server:
        server.put(mail(1))
        with pytest.raises(Away, match="certificate"):
            await poll(desk, section(server, host="localhost", tls=tls), Memory())
        assert server.secure == []

        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert await poll(desk, section(server, host="localhost", tls=tls), Memory()) == Polled(1)
        assert server.secure == [True]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"host": "imap.example.com"}, "host needs user and password"),
        ({"host": "imap.example.com", "user": "a", "password": "b", "tls": "none"}, "for this machine alone"),
        ({"after": "move"}, 'after = "move" needs move_to'),
        ({"mailbox": "IN\r\nBOX"}, "pattern"),
        ({"user": "ann", "password": "geheimß"}, "must be ASCII"),
    ],
)
def test_what_cannot_work_is_no_configuration(keys: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        ImapSection.model_validate(keys)

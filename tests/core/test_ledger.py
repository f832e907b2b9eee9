"""The ledger: every arrival with one word for what became of it, and doing it again after a fix."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from core import ledger, tables, tickets
from core.desk import Desk
from core.errors import NotFound
from core.ledger import Arrivals, Original
from core.messages import InboundFile, InboundMessage, Receipt
from core.storage import blobs
from core.storage.paging import Span
from core.tables import new_id
from core.tickets import Revision
from core.vocabulary import Disposition, MessageKind, Outcome, Role
from tests.builders import Clock, a_mail, a_user
from tests.stored import a_post, changes, count, numbered, rows

ANN = "ann@customer.test"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Each quarantine is logged, and drawing a traceback with structlog's defaults takes a second."""
    with capture_logs():
        yield


FIRST = "<first@customer.test>"


async def original(desk: Desk, entry_id: UUID) -> Original:
    async with desk.reading() as connection:
        return await ledger.original(connection, entry_id, desk.blob_folder)


async def replay(desk: Desk, arrival: Original, message: InboundMessage) -> Receipt:
    async with desk.writing() as connection:
        return await ledger.replay(connection, arrival, message, desk.clock(), settings=desk.settings, keys=desk.keys)


def poison(mail: InboundMessage) -> InboundMessage:
    return replace(mail, sender=replace(mail.sender, person_id=uuid4()))


async def test_every_arrival_has_one_row_with_one_word(any_desk: Desk) -> None:
    first = a_mail(ANN, message_id=FIRST)
    for message in (
        first, a_mail(ANN, in_reply_to=(FIRST,)), first, a_mail("", kind=MessageKind.BOUNCE), poison(a_mail(ANN)),
        a_mail("support@desk.test"), replace(a_mail(ANN, in_reply_to=(FIRST,)), automatic="Precedence: bulk"),
    ):  # fmt: skip
        await any_desk.receive(message)

    async with any_desk.reading() as connection:
        found = await ledger.entries(connection)
        failed = await ledger.entries(connection, Arrivals(failed=True))
        counts = await ledger.counts(connection)
    expected = [
        Disposition.TICKET, Disposition.COMMENT, Disposition.BOUNCE, Disposition.QUARANTINED, Disposition.LOOP,
        Disposition.AUTO_REPLY,
    ]  # fmt: skip
    assert [e.disposition for e in found] == expected[::-1]
    assert [e.disposition for e in failed] == [Disposition.QUARANTINED]
    assert counts == dict.fromkeys(expected, 1)
    assert [e.times_seen for e in found] == [1, 1, 1, 1, 1, 2]


async def test_the_rows_can_be_read_page_by_page(any_desk: Desk) -> None:
    for number in range(7):
        await any_desk.receive(a_mail(f"a{number}@customer.test"))
    seen: list[str] = []
    before: UUID | None = None

    async with any_desk.reading() as connection:
        while page := await ledger.entries(connection, span=Span(3, after=before)):
            seen += [entry.sender for entry in page]
            before = page[-1].id

    assert seen == [f"a{number}@customer.test" for number in reversed(range(7))]


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await original(desk, new_id())


async def test_a_quarantined_mail_becomes_the_ticket_it_should_have_been(any_desk: Desk, clock: Clock) -> None:
    mail = a_mail(ANN)
    kept = await any_desk.receive(poison(mail))
    clock.forward(timedelta(days=3))

    done = await replay(any_desk, await original(any_desk, kept.ledger_id), mail)

    [entry] = await rows(any_desk, tables.ledger)
    assert (done.outcome, done.ledger_id) == (Outcome.OPENED, kept.ledger_id)
    assert (entry.disposition, entry.error, entry.ticket_number) == (Disposition.TICKET, "", done.ticket_number)
    assert entry.replayed_at == clock()
    assert (await any_desk.receive(mail)).outcome is Outcome.DUPLICATE
    assert (await numbered(any_desk, done.ticket_number or 0)).requester.email == ANN


async def test_a_quarantined_answer_joins_the_ticket_it_answers(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(ANN, message_id=FIRST))
    answer = a_mail(ANN, in_reply_to=(FIRST,))
    kept = await any_desk.receive(poison(replace(answer, in_reply_to=())))

    done = await replay(any_desk, await original(any_desk, kept.ledger_id), answer)

    assert (done.outcome, done.ticket_number) == (Outcome.COMMENTED, 1)


async def test_two_admins_who_replay_one_row_at_once_open_one_ticket(any_desk: Desk) -> None:
    mail = a_mail(ANN)
    kept = await any_desk.receive(poison(mail))
    arrival = await original(any_desk, kept.ledger_id)

    done = await asyncio.gather(*(replay(any_desk, arrival, mail) for _ in range(4)))

    assert sorted(r.outcome for r in done) == [Outcome.DUPLICATE] * 3 + [Outcome.OPENED]
    assert len({r.ticket_id for r in done}) == 1
    assert await count(any_desk, tables.tickets) == 1


async def test_a_message_that_is_on_a_ticket_is_read_anew_and_stays_where_it_is(any_desk: Desk, clock: Clock) -> None:
    mail = a_mail(ANN, subject="=?broken", text="Ã¼ber")
    first = await any_desk.receive(mail)
    clock.forward(timedelta(days=1))

    right = replace(mail, subject="Über", text="über", html="<p>über</p>", new_text=None)
    again = await replay(any_desk, await original(any_desk, first.ledger_id), right)
    once_more = await replay(any_desk, await original(any_desk, first.ledger_id), right)

    ticket = await numbered(any_desk, 1)
    [message] = await rows(any_desk, tables.messages)
    [version] = await rows(any_desk, tables.message_versions)
    assert {(r.outcome, r.ticket_number, r.message_id) for r in (again, once_more)} == {
        (Outcome.DUPLICATE, 1, first.message_id)
    }
    assert (ticket.subject, ticket.description) == ("Über", "über")
    assert (message.body, message.html, message.version) == ("über", "<p>über</p>", 2)
    assert (version.body, version.version, version.replaced_at) == ("Ã¼ber", 1, clock())
    assert await count(any_desk, tables.tickets) == 1
    assert await count(any_desk, tables.deliveries) == 1


async def test_what_a_person_has_changed_since_is_not_changed_back(any_desk: Desk) -> None:
    bob = (await a_user(any_desk, "bob", Role.AGENT)).actor
    mail = a_mail(ANN, subject="broken", text="broken")
    first = await any_desk.receive(mail)
    async with any_desk.writing() as connection:
        ticket = await numbered(any_desk, 1)
        await tickets.change(connection, ticket, Revision(subject="By hand"), by=bob, now=any_desk.clock())

    await replay(any_desk, await original(any_desk, first.ledger_id), replace(mail, subject="right", text="right"))

    ticket = await numbered(any_desk, 1)
    assert (ticket.subject, ticket.description) == ("By hand", "right")
    assert len(await changes(any_desk, 1)) == 2


async def test_a_corrected_text_is_cleaned_like_any_other(any_desk: Desk) -> None:
    mail = a_mail(ANN)
    first = await any_desk.receive(mail)

    await replay(any_desk, await original(any_desk, first.ledger_id), replace(mail, text="nul\x00 \ud800bidi\u202e"))

    assert (await numbered(any_desk, 1)).description == "nul bidi"


async def test_a_post_is_kept_with_its_files_and_understood_from_them(any_desk: Desk) -> None:
    large = InboundFile("big.bin", "application/x", b"b" * (blobs.IN_ROW + 1))
    files = (InboundFile("a.txt", "text/plain", b"hello"), large)
    post = a_post(dedupe_key="api:1", files=files)

    for message in (post, poison(replace(post, dedupe_key="api:2"))):
        receipt = await any_desk.receive(message)
        arrival = await original(any_desk, receipt.ledger_id)
        async with any_desk.reading() as connection:
            understood = await ledger.understood(connection, arrival, any_desk.blob_folder, _no_mail)

        assert understood.files == files
        assert (understood.text, understood.dedupe_key) == (post.text, message.dedupe_key)


def _no_mail(arrival: Original) -> InboundMessage:
    raise AssertionError(f"{arrival.entry.id} is no mail")


async def test_mail_is_read_again_by_todays_reader_from_the_bytes_that_came(any_desk: Desk) -> None:
    mail = replace(a_mail(ANN), raw=b"Subject: x\r\n\r\ny", envelope={"recipients": ["support@desk.test"]})
    receipt = await any_desk.receive(mail)
    arrival = await original(any_desk, receipt.ledger_id)

    def read(what: Original) -> InboundMessage:
        return a_mail(ANN, text=what.raw.decode(), recipients=tuple(what.envelope["recipients"]))  # type: ignore[arg-type]

    async with any_desk.reading() as connection:
        understood = await ledger.understood(connection, arrival, any_desk.blob_folder, read)

    assert (understood.text, understood.recipients) == ("Subject: x\r\n\r\ny", ("support@desk.test",))
    assert understood.dedupe_key == mail.dedupe_key


async def test_large_files_that_only_todays_reader_finds_are_on_the_disk_after_a_replay(any_desk: Desk) -> None:
    mail = a_mail(ANN)
    kept = await any_desk.receive(poison(mail))
    large = b"f" * (blobs.IN_ROW + 1)

    found = replace(mail, files=(InboundFile("found.bin", "application/x", large),))
    await replay(any_desk, await original(any_desk, kept.ledger_id), found)

    [file] = await rows(any_desk, tables.attachments)
    async with any_desk.reading() as connection:
        assert await blobs.load(connection, any_desk.blob_folder, str(file.sha256)) == large


async def test_a_replay_is_no_flood(any_desk: Desk) -> None:
    mails = [a_mail(ANN) for _ in range(3)]
    kept = [await any_desk.receive(poison(mail)) for mail in mails]
    await asyncio.gather(*(any_desk.receive(a_mail(ANN)) for _ in range(60)))
    assert (await any_desk.receive(a_mail(ANN))).outcome is Outcome.DEFERRED

    for receipt, mail in zip(kept, mails, strict=True):
        assert (await replay(any_desk, await original(any_desk, receipt.ledger_id), mail)).outcome is Outcome.OPENED


async def test_a_row_whose_bytes_are_gone_says_so(desk: Desk, tmp_path: Path) -> None:
    receipt = await desk.receive(replace(a_mail(), raw=b"r" * (blobs.IN_ROW + 1)))
    [file] = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    file.unlink()

    with pytest.raises(NotFound):
        await original(desk, receipt.ledger_id)


async def test_a_replay_adds_the_files_that_only_todays_reader_finds_and_each_once(any_desk: Desk) -> None:
    mail = a_mail()
    first = await any_desk.receive(mail)
    found = replace(mail, files=(InboundFile("plan.txt", "text/plain", b"the plan"),))

    await replay(any_desk, await original(any_desk, first.ledger_id), found)
    await replay(any_desk, await original(any_desk, first.ledger_id), found)

    a = tables.attachments.c
    async with any_desk.reading() as connection:
        rows = (await connection.execute(select(a.filename, a.message_id, a.ticket_id, a.size))).all()
    assert [tuple(row) for row in rows] == [("plan.txt", first.message_id, first.ticket_id, 8)]

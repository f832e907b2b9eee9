"""A whole desk as one ZIP: what was said and its files come back as they were, and nothing in it is trusted."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace

import pytest

from core import batches, conversation, exporting, importing, tables
from core import desk as desks
from core.desk import Desk
from core.messages import InboundFile, Retold
from core.origin import Origin
from core.rows import BadRow, TicketRow
from core.storage import blobs
from core.vocabulary import Direction
from ingest import desk_archive
from ingest.import_records import BadFile
from tests.builders import NOON, Clock, a_mail, a_user, settings
from tests.stored import count, numbered, rows, set_row

DATA = b"\x00\xff" * 50
SHA = hashlib.sha256(DATA).hexdigest()
TICKET = {"id": "018f0000-0000-7000-8000-000000000001", "subject": "Printer", "customer_email": "ann@customer.test"}
SAID = {"kind": "note", "author": "Bob", "text": "Ask again.", "created_at": "2024-05-01T08:30:00Z"}
FILE = {"filename": "a.bin", "content_type": "x/y", "sha256": SHA}


async def written(desk: Desk) -> io.BytesIO:
    out = io.BytesIO()
    await desk_archive.write(desk, out)
    return out


async def a_conversation(desk: Desk) -> None:
    """A mail with a file, a note, an answer, another mail with the same file, and what was deleted."""
    bob = await a_user(desk, "bob")
    file = InboundFile("printer.bin", "x/y", DATA)
    first = replace(a_mail(), files=(file,))
    await desk.receive(first)
    await desk.receive(a_mail("cleo@customer.test"))
    ticket = await numbered(desk, 1)
    async with desk.writing() as connection:
        await conversation.note(connection, ticket, "A difficult one.", by=bob.actor, now=desk.clock())
        gone = await conversation.note(connection, ticket, "Never mind.", by=bob.actor, now=desk.clock())
    again = a_mail(in_reply_to=(first.message_id,), text="Still burning.")
    await desk.receive(replace(again, files=(file,)))
    await set_row(desk, tables.messages, gone, deleted_at=desk.clock())


async def told(desk: Desk) -> list[object]:
    """What was said on each ticket, in its order, with the files of each message by their bytes."""
    found: list[object] = []
    async for page in exporting.pages(desk):
        talks = await exporting.conversations(desk, [one.ticket for one in page])
        for one in page:
            talk = talks.get(one.ticket.id, exporting.Conversation())
            said = [(c.direction, c.author, c.text, c.created_at, _files(talk, c.id)) for c in talk.comments]
            ids = {c.id for c in talk.comments}
            others = [file.filename for file in talk.files if file.message_id not in ids]
            found.append((one.ticket.subject, said, others))
    return found


def _files(talk: exporting.Conversation, message_id: object) -> list[tuple[str, str]]:
    return [(file.filename, file.sha256) for file in talk.files if file.message_id == message_id]


async def test_conversations_and_files_are_the_same_in_another_desk_and_come_once(any_desk: Desk, clock: Clock) -> None:
    await a_conversation(any_desk)
    archive = await written(any_desk)
    before = await told(any_desk)

    async with desks.opened(settings(any_desk.settings.desk.data_dir / "other"), clock=clock) as other:
        first = await importing.run(other, batches.of_rows(desk_archive.rows(archive)), Origin())
        again = await importing.run(other, batches.of_rows(desk_archive.rows(archive)), Origin())
        assert await told(other) == before
        [*_, file] = await rows(other, tables.attachments)
        async with other.reading() as connection:
            bytes_there = await blobs.load(connection, other.blob_folder, file.sha256)
        # Nothing of it is sent to anybody, or told to a webhook.
        assert await count(other, tables.deliveries) == 0
    home = await importing.run(any_desk, batches.of_rows(desk_archive.rows(archive)), Origin())

    assert (first.successful, again.duplicates, home.duplicates) == (2, 2, 2)
    assert bytes_there == DATA
    assert len(before) == 2
    assert "A difficult one." in str(before)
    assert "Never mind." not in str(before)
    assert json.loads(zipfile.ZipFile(archive).read("tickets.json"))[0]["subject"] == "Printer on fire"


def packed(parts: Mapping[str, object]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part if isinstance(part, bytes) else json.dumps(part))
    return out


def an_archive(conversation: object, files: Mapping[str, bytes] | None = None) -> io.BytesIO:
    name = f"conversations/{TICKET['id']}.json"
    kept = {f"files/{sha256}": data for sha256, data in (files or {}).items()}
    return packed({"tickets.json": [TICKET, {**TICKET, "id": "2"}], name: conversation, **kept})


def test_what_is_said_and_its_files_are_read() -> None:
    said = {**SAID, "attachments": [0]}
    archive = an_archive({"comments": [said], "attachments": [FILE, {**FILE, "filename": "b"}]}, {SHA: DATA})

    [row, other] = desk_archive.rows(archive)

    assert isinstance(row, TicketRow)
    assert isinstance(other, TicketRow)
    assert row.retold == (Retold(Direction.NOTE, "Bob", "Ask again.", NOON.replace(2024, 5, 1, 8, 30), (0,)),)
    assert row.files == (InboundFile("a.bin", "x/y", DATA), InboundFile("b", "x/y", DATA))
    assert (other.retold, other.files) == ((), ())


@pytest.mark.parametrize(
    ("conversation", "files", "sentence"),
    [
        ({"comments": [{**SAID, "kind": "shout"}]}, {}, "comments.0.kind"),
        ({"comments": [{**SAID, "created_at": "2024-05-01T08:30:00"}]}, {}, "comments.0.created_at"),
        ({"comments": [{**SAID, "attachments": [0]}]}, {}, "an attachment that is not in the list"),
        ({"attachments": [{**FILE, "sha256": "../../etc/passwd"}]}, {}, "attachments.0.sha256"),
        ({"attachments": [FILE]}, {}, "is not in the archive"),
        ({"attachments": [FILE]}, {SHA: b"other"}, "a.bin is damaged"),
        ({"attachments": [FILE, FILE]}, {SHA: DATA}, "is larger than"),
        ([], {}, "cannot be read"),
        ("x" * 2_000, {}, "is larger than"),
    ],
)
def test_what_is_wrong_with_a_conversation_is_said_and_stops_no_other_row(
    monkeypatch: pytest.MonkeyPatch, conversation: object, files: Mapping[str, bytes], sentence: str
) -> None:
    monkeypatch.setattr(desk_archive, "MOST_FILES", 150)
    monkeypatch.setattr(desk_archive, "MOST_SAID", 1_000)

    [bad, good] = desk_archive.rows(an_archive(conversation, files))

    assert isinstance(bad, BadRow)
    assert sentence in bad.errors[0]
    assert isinstance(good, TicketRow)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [(io.BytesIO(b"PK\x03\x04 no archive"), "damaged"), (packed({"a.json": []}), "has no tickets.json")],
)
def test_what_is_no_archive_of_a_desk_is_refused_as_a_whole(file: io.BytesIO, sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        list(desk_archive.rows(file))

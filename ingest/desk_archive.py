"""Tickets with all that was said on them, and the files, as one ZIP: what `deskbell export --format zip` writes.

| in it | what it is |
|---|---|
| `tickets.json` | the tickets, as the JSON form of an export has them (ingest/file_export.py) |
| `conversations/<id>.json` | of a ticket that has one: `comments`, the oldest first, and `attachments` |
| `files/<sha256>` | the bytes of an attachment |

A comment has `kind` (inbound, outbound, note), `author`, `text`, `created_at` and, of the `attachments`, the numbers of
its own, from 0 on; those that no comment has are the ticket's. Whoever reads one trusts nothing in it: every part has
a largest size, files are what their names say, and nothing is ever written under a name that stands in it.
"""

import hashlib
import shutil
import zlib
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Annotated
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core import exporting
from core.desk import Desk
from core.exporting import Conversation, Exported
from core.messages import InboundFile, Retold
from core.rows import BadRow, Row, TicketRow
from core.text import NAME_LENGTH, TEXT_LENGTH
from core.vocabulary import Direction
from ingest import file_export, file_import
from ingest.file_import import Format
from ingest.import_records import BadFile

TICKETS = "tickets.json"
# Of one ticket: what is said on it, as JSON, and its files together.
MOST_SAID = 64 * 1024 * 1024
MOST_FILES = 256 * 1024 * 1024

_NUMBER = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Attachment(_Part):
    filename: Annotated[str, Field(max_length=255)]
    content_type: Annotated[str, Field(max_length=120)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    inline: bool = False
    content_id: Annotated[str, Field(max_length=255)] = ""


class _Comment(_Part):
    kind: Direction
    author: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    text: Annotated[str, Field(max_length=TEXT_LENGTH)]
    created_at: AwareDatetime
    attachments: list[_NUMBER] = []


class _Conversation(_Part):
    comments: Annotated[list[_Comment], Field(max_length=10_000)] = []
    attachments: Annotated[list[_Attachment], Field(max_length=10_000)] = []


# Writing


async def write(desk: Desk, out: IO[bytes]) -> None:
    """All of the desk, page by page. Raises NotFound when the bytes of a file are gone."""
    writer, between, kept = file_export.writer(Format.JSON), "", set[str]()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive, TemporaryFile() as listed:
        listed.write(writer.before.encode())
        async for page in exporting.pages(desk):
            listed.write((between + writer.written(page)).encode())
            between = writer.between
            await _add_conversations(desk, archive, page, kept)
        listed.write(writer.after.encode())
        listed.seek(0)
        # One part at a time can be written, so this one is the last.
        with archive.open(TICKETS, "w", force_zip64=True) as part:
            shutil.copyfileobj(listed, part)


async def _add_conversations(desk: Desk, archive: ZipFile, page: list[Exported], kept: set[str]) -> None:
    found = await exporting.conversations(desk, [one.ticket for one in page])
    for ticket_id, conversation in found.items():
        archive.writestr(_name(str(ticket_id)), orjson.dumps(_document(conversation)))
        for file in conversation.files:
            if file.sha256 not in kept:
                archive.writestr(f"files/{file.sha256}", await exporting.content(desk, file))
                kept.add(file.sha256)


def _name(ticket_id: str) -> str:
    return f"conversations/{ticket_id}.json"


def _document(found: Conversation) -> dict[str, object]:
    comments = [
        {
            "kind": comment.direction.value,
            "author": comment.author,
            "text": comment.text,
            "created_at": comment.created_at,
            "attachments": [n for n, file in enumerate(found.files) if file.message_id == comment.id],
        }
        for comment in found.comments
    ]
    names = ("filename", "content_type", "sha256", "inline", "content_id")
    return {
        "comments": comments,
        "attachments": [{name: getattr(file, name) for name in names} for file in found.files],
    }


# Reading


def rows(file: IO[bytes]) -> Iterator[Row]:
    """The tickets with their conversations; what is wrong with one of these makes its row a bad one. Raises BadFile."""
    try:
        with ZipFile(file) as archive:
            if TICKETS not in archive.NameToInfo:
                raise BadFile(f"the archive has no {TICKETS} in it: is it one that `deskbell export` wrote?")
            with archive.open(TICKETS) as listed:
                for row in file_import.rows(listed, Format.JSON):
                    yield row if isinstance(row, BadRow) else _with_conversation(archive, row)
    # With a password, or packed in a way that Python does not know, it is a RuntimeError (NotImplementedError is one).
    except (BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise BadFile(f"the archive is damaged: {error}") from None


def _with_conversation(archive: ZipFile, row: TicketRow) -> Row:
    if not row.id or _name(row.id) not in archive.NameToInfo:
        return row
    try:
        found = _Conversation.model_validate_json(_read(archive, _name(row.id), MOST_SAID))
        files = _files(archive, found)
        return row._replace(retold=tuple(_retold(comment, len(files)) for comment in found.comments), files=files)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return BadRow(row.row, (f"its conversation cannot be read: {where}: {first['msg']}",))
    except (_Unfit, BadZipFile, zlib.error, EOFError) as error:
        return BadRow(row.row, (f"its conversation cannot be read: {error}",))


class _Unfit(Exception):
    """A part that is not there, too large, or not what it says it is; in words."""


def _retold(comment: _Comment, files: int) -> Retold:
    if any(number >= files for number in comment.attachments):
        raise _Unfit("a comment has an attachment that is not in the list")
    return Retold(comment.kind, comment.author, comment.text, comment.created_at, tuple(comment.attachments))


def _files(archive: ZipFile, found: _Conversation) -> tuple[InboundFile, ...]:
    left, files = MOST_FILES, []
    for one in found.attachments:
        data = _read(archive, f"files/{one.sha256}", left)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise _Unfit(f"the file {one.filename} is damaged")
        left -= len(data)
        files.append(InboundFile(one.filename, one.content_type, data, one.inline, one.content_id))
    return tuple(files)


def _read(archive: ZipFile, name: str, most: int) -> bytes:
    """A bomb says a size of its own: what counts is how much comes out."""
    try:
        with archive.open(name) as part:
            data = part.read(most + 1)
    except KeyError:
        raise _Unfit(f"{name} is not in the archive") from None
    except RuntimeError as error:
        raise _Unfit(str(error)) from None
    if len(data) > most:
        raise _Unfit(f"{name} is larger than {most} bytes, or the files of its ticket are together")
    return data

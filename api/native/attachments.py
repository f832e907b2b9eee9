"""Files of a ticket: what there is, and their bytes, which no browser may take for a page of ours."""

from collections.abc import Mapping, Sequence
from typing import IO, cast
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from api import body, fields, respond, uploads
from api.native import attempting, finding, paging, views
from api.native.attempting import Result
from api.native.paging import IdPage
from api.routes import Call
from core import attachments
from core.attachments import NewFile
from core.errors import Invalid, Problem
from core.text import clean_line

# What a browser shows without running anything. All else is bytes.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "application/pdf"})


async def many(call: Call) -> web.Response:
    asked = body.query(call.request, IdPage)
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        total = await attachments.how_many(connection, ticket, call.actor)
        files = await attachments.of_ticket(connection, ticket, call.actor, span=paging.span(asked, asked.cursor))
    return respond.json(
        {
            "attachments": [views.attachment(file) for file in files],
            "pagination": paging.pagination(asked, total, [file.id for file in files]),
        }
    )


async def one(call: Call) -> web.Response:
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        file = await attachments.one(connection, ticket, _wanted(call), call.actor)
        data = await attachments.opened(connection, call.desk.blob_folder, file)
    return download(data, file.filename, file.content_type)


async def add(call: Call) -> web.Response:
    """Takes all files of the form or none: what is wrong with each is told at once."""
    # Whoever may not see the ticket shall not have to send 50 MB to learn it.
    await finding.now(call)
    settings = call.desk.settings
    async with uploads.received(call.request, settings) as form:
        comment_id = _comment_id(form.values)
        uploads.require_good(form, uploads.rules(settings))
        files = await uploads.kept(form, settings)
    async with call.desk.writing() as connection:
        ticket = await finding.found_within(call, connection)

        async def put() -> Result:
            finding.require_match(call, ticket)
            ids = await attachments.add(
                connection, ticket, files, by=call.actor, now=call.desk.clock(), comment_id=comment_id
            )
            return {"attachments": [str(each) for each in ids]}

        result = await attempting.once(call, connection, f"files {ticket.id}", _asked(files, comment_id), put)
        shown = await attachments.of_ticket(connection, ticket, call.actor)
    made = [views.attachment(file) for file in shown if str(file.id) in cast("list[str]", result["attachments"])]
    return respond.json({"attachments": made}, status=201)


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await finding.within(call, connection)
        await attachments.remove(connection, ticket, _wanted(call), by=call.actor, now=call.desk.clock())
    return respond.nothing()


def _asked(files: Sequence[NewFile], comment_id: UUID | None) -> bytes:
    """What makes two uploads the same."""
    return repr([(file.filename, file.kept.sha256) for file in files] + [comment_id]).encode()


def _wanted(call: Call) -> UUID:
    return UUID(call.request.match_info["attachment"])


def _comment_id(values: Mapping[str, str]) -> UUID | None:
    """The one field that goes with files. Raises Invalid."""
    if unknown := [name for name in values if name != "comment_id"]:
        raise Invalid([Problem(name, "is no field of this request: leave it out") for name in unknown])
    if not (named := values.get("comment_id")):
        return None
    if not fields.DASHED.fullmatch(named):
        raise Invalid([Problem("comment_id", "must be the id of a comment: leave it out, or check it")])
    return UUID(named)


def download(data: bytes | IO[bytes], filename: str, content_type: str = "") -> web.Response:
    """Bytes of somebody else's making, to be saved and never to be run."""
    return respond.file(
        data,
        {
            "Content-Type": content_type if content_type in _SHOWN else "application/octet-stream",
            "Content-Disposition": disposition(filename),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def disposition(filename: str) -> str:
    """RFC 6266: a plain name for old readers, the real one in RFC 5987's form. No name can end the header."""
    name = clean_line(filename.replace("/", "_").replace("\\", "_"), most=150) or "file"
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"%;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

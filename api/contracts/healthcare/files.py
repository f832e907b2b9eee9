"""The files of a ticket: several at once of which a bad one fails alone, one by itself, the list, taking one off."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import respond
from api.contracts.healthcare import finding, posted, views
from api.problems import Refusal
from api.routes import Call
from core import attachments
from core.accounts import users
from core.attachments import NewFile
from core.conversation import Attachment
from core.storage import blobs
from core.text import clean_line
from core.tickets import Ticket
from ingest import upload
from ingest.upload import Rules, Upload

MOST_FILES = 20


async def add(call: Call) -> web.Response:
    ticket, judged = await _received(call, ("files", "file"), MOST_FILES)
    return respond.json(await _report(call, ticket, judged))


async def add_one(call: Call) -> web.Response:
    ticket, judged = await _received(call, ("file", "files"), 1)
    if judged.failed:
        raise Refusal(400, "; ".join(f"{failed['filename']}: {failed['reason']}" for failed in judged.failed))
    return respond.json(await _report(call, ticket, judged))


async def many(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        ticket = await finding.ticket(call, connection)
        files = await attachments.of_ticket(connection, ticket, call.actor)
        shown = await _shown(connection, ticket, files)
    return respond.json(
        {
            "ticket_id": views.wire_id(ticket),
            "total_attachments": len(files),
            "total_size": sum(file.size for file in files),
            "attachments": shown,
            "directory_structure": views.directory(files),
        }
    )


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        ticket = await finding.ticket(call, connection)
        files = await attachments.of_ticket(connection, ticket, call.actor)
        file = finding.file(ticket, files, call.request.match_info["filename"])
        await attachments.remove(connection, ticket, file.id, by=call.actor, now=call.desk.clock())
    return respond.json(
        {
            "message": "Attachment deleted successfully",
            "deleted_file": file.filename,
            "remaining_attachments": len(files) - 1,
        }
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was posted: what is good and kept, and what is not, with the reason."""

    good: Sequence[NewFile]
    failed: Sequence[views.Json]


async def _received(call: Call, fields: tuple[str, ...], most: int) -> tuple[Ticket, _Judged]:
    """Whether there is such a ticket is asked first: nobody sends 50 MB to hear that there is none."""
    async with call.desk.reading() as connection:
        ticket = await finding.ticket(call, connection)
    settings = call.desk.settings
    rules = Rules(most, settings.attachments.max_mb * 1024 * 1024, upload.rules_of(settings).extensions)
    terms = posted.Terms(fields, rules.most_bytes, most, settings.desk.data_dir)
    async with posted.reading(call.request, terms) as files:
        if not files:
            raise Refusal(400, f"no file was sent: send it as multipart/form-data in the field `{fields[0]}`")
        return ticket, await _judged(call, files, rules)


async def _judged(call: Call, files: Sequence[Upload], rules: Rules) -> _Judged:
    good: list[NewFile] = []
    failed: list[views.Json] = []
    for index, one in enumerate(files):
        if reason := _reason(index, one, rules):
            failed.append({"filename": clean_line(one.filename, most=120) or "(no name)", "reason": reason})
            continue
        name = upload.clean_name(one.filename)
        kept = await asyncio.to_thread(blobs.keep, call.desk.blob_folder, one.file)
        good.append(
            NewFile(name, upload.CONTENT_TYPES.get(upload.extension_of(name), "application/octet-stream"), kept)
        )
    return _Judged(good, failed)


def _reason(index: int, one: Upload, rules: Rules) -> str | None:
    """Why a file is not taken. What is behind its name is not looked at, unless it is what nobody may ever be sent."""
    extension = upload.extension_of(upload.clean_name(one.filename))
    checks = (
        (index >= rules.most_files, f"too many files at once: send at most {rules.most_files}"),
        (not upload.clean_name(one.filename), "the file has no usable name"),
        (extension not in rules.extensions, f"unsupported format: send one of {rules.kinds}"),
        (one.size > rules.most_bytes, f"file too large: it may have {rules.size}"),
        (upload.disguised(extension, one.head), "a program or a web page stands behind this name"),
    )
    return next((reason for fails, reason in checks if fails), None)


async def _report(call: Call, ticket: Ticket, judged: _Judged) -> views.Json:
    added: list[views.Json] = []
    if judged.good:
        async with call.desk.writing() as connection:
            # It may have been deleted while the files came.
            ticket = await finding.ticket(call, connection)
            now = call.desk.clock()
            ids = await attachments.add(connection, ticket, judged.good, by=call.actor, now=now)
            files = {file.id: file for file in await attachments.of_ticket(connection, ticket, call.actor)}
            added = await _shown(connection, ticket, [files[one] for one in ids])
    return {
        "message": f"Upload completed. {len(added)} files uploaded successfully.",
        "uploaded_files": added,
        "failed_uploads": judged.failed,
        "total_uploaded": len(added),
        "total_failed": len(judged.failed),
    }


async def _shown(connection: AsyncConnection, ticket: Ticket, files: Sequence[Attachment]) -> list[views.Json]:
    accounts = await users.ever(connection, {file.user_id for file in files if file.user_id})
    return [views.attachment(ticket, file, accounts) for file in files]

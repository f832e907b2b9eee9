"""A file of tickets → tickets, and what is wrong with its rows."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from api import body, one_file, respond
from api.fields import Flag
from api.native.shapes import Query
from api.problems import Refusal
from api.routes import Call
from core import importing
from core.importing import Result
from core.origin import SOURCE, Origin
from ingest import file_import, import_apart
from ingest.file_import import Format, UnsupportedFormat
from ingest.import_records import BadFile


class ImportQuery(Query):
    # Whatever it is, `file_import` says in the words of the document which there are.
    format: Annotated[str, Field(json_schema_extra={"enum": ["", *Format]})] = ""
    source: Annotated[str, Field(pattern=SOURCE)] = ""
    dry_run: Flag = False
    events: Flag = False


async def tickets_file(call: Call) -> web.Response:
    asked = body.query(call.request, ImportQuery)
    settings = call.desk.settings
    async with one_file.received(call.request, settings.api.max_import_mb, settings.desk.data_dir) as sent:
        result = await _imported(call, asked, sent)
    return respond.json({"dry_run": asked.dry_run, **shown(result)})


async def _imported(call: Call, asked: ImportQuery, sent: one_file.Sent) -> Result:
    work = importing.rehearse if asked.dry_run else importing.run
    try:
        kind = file_import.format_of(asked.format, sent.filename, sent.content_type)
        return await work(
            call.desk, import_apart.reading(sent.file, kind), Origin(asked.source, call.actor, events=asked.events)
        )
    except (UnsupportedFormat, BadFile) as problem:
        raise Refusal(400, str(problem)) from None


def shown(result: Result) -> dict[str, object]:
    return {
        "total": result.total,
        "successful": result.successful,
        "duplicates": result.duplicates,
        "failed": result.failed,
        "errors": [{"row": error.row, "errors": error.errors} for error in result.errors],
        "errors_left_out": result.unlisted,
    }

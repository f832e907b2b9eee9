"""A file of tickets: CSV, JSON or XML, told by `?format=`, else by its extension, else by its content type."""

from collections.abc import Set
from contextlib import suppress
from functools import partial

from aiohttp import web

from api import body, one_file, respond
from api.contracts.customer_support.kept_rows import kept
from api.contracts.customer_support.shapes import ImportQuery
from api.contracts.customer_support.views import NAME
from api.contracts.customer_support.words import STATUS
from api.one_file import Sent
from api.problems import Refusal
from api.routes import Call
from core import importing
from core.accounts import users
from core.importing import Result
from core.origin import Origin
from ingest import file_import, import_apart
from ingest.file_import import Format, UnsupportedFormat
from ingest.import_fields import Rules
from ingest.import_records import BadFile

# A row must have what a ticket must that is sent by itself.
RULES = Rules(
    STATUS.inward,
    required=(
        "customer_id", "customer_email", "customer_name", "subject", "description", "category", "priority", "status",
    ),
    subject_most=200,
    description_least=10,
    description_most=2000,
)  # fmt: skip


async def tickets_file(call: Call) -> web.Response:
    settings = call.desk.settings
    async with one_file.received(call.request, settings.api.max_import_mb, settings.desk.data_dir) as sent:
        result = await _imported(call, sent)
    return respond.json(shown(result))


async def _imported(call: Call, sent: Sent) -> Result:
    origin = Origin(NAME, call.actor, partial(kept, contract=NAME, ours=await _agents(call)), any_assignee=True)
    try:
        return await importing.run(call.desk, import_apart.reading(sent.file, _kind(call, sent), RULES), origin)
    except (UnsupportedFormat, BadFile) as problem:
        raise Refusal(400, str(problem)) from None


def _kind(call: Call, sent: Sent) -> Format:
    """The type is said with the part or, as in the document's examples, with the whole request."""
    named = body.query(call.request, ImportQuery).format or ""
    for content_type in (sent.content_type, call.request.content_type):
        with suppress(UnsupportedFormat):
            return file_import.format_of(named, sent.filename, content_type)
    raise UnsupportedFormat


async def _agents(call: Call) -> Set[str]:
    async with call.desk.reading() as connection:
        everyone = await users.everyone(connection)
    return {user.username for user in everyone if user.active and user.actor.is_staff}


def shown(result: Result) -> dict[str, object]:
    """A row that is here already, from an import that broke off, is a success: nothing is left to do for it."""
    return {
        "total": result.total,
        "successful": result.successful + result.duplicates,
        "failed": result.failed,
        "errors": [{"row": error.row, "errors": error.errors} for error in result.errors],
    }

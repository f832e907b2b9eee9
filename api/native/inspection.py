"""What happened: changes of a ticket, everything that ever arrived, and everything that was to be sent."""

from collections.abc import Sequence
from uuid import UUID

from aiohttp import web

from api import body, respond
from api.native import finding, views
from api.native.attachments import download
from api.native.shapes import DeliveryQuery, LedgerQuery
from api.routes import Call
from core import history, ledger, outbox
from core.vocabulary import Channel


async def changes(call: Call) -> web.Response:
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        made = await history.of_ticket(connection, ticket.id)
    return respond.json({"changes": [views.change(change) for change in made]})


async def arrivals(call: Call) -> web.Response:
    asked = body.query(call.request, LedgerQuery)
    async with call.desk.reading() as connection:
        found = await ledger.entries(connection, failed=asked.failed, limit=asked.limit, before=asked.before)
    return respond.json({"entries": found, "next_before": _next(found, asked.limit)})


async def original(call: Call) -> web.Response:
    """An arrival byte for byte: for mail the mail."""
    wanted = UUID(call.request.match_info["entry"])
    async with call.desk.reading() as connection:
        found = await ledger.original(connection, wanted, call.desk.blob_folder)
    kind = "eml" if found.entry.channel is Channel.EMAIL else "json"
    return download(found.raw, f"{wanted}.{kind}")


async def deliveries(call: Call) -> web.Response:
    asked = body.query(call.request, DeliveryQuery)
    async with call.desk.reading() as connection:
        found = await outbox.entries(connection, state=asked.state, limit=asked.limit, before=asked.before)
    return respond.json({"deliveries": found, "next_before": _next(found, asked.limit)})


def _next(found: Sequence[ledger.Entry] | Sequence[outbox.Entry], limit: int) -> UUID | None:
    """Where the next page goes on; None when this was the last."""
    return found[-1].id if len(found) == limit else None

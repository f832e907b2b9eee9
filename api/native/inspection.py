"""What happened: changes of a ticket, everything that ever arrived, and everything that was to be sent; and doing it again."""

import asyncio
from uuid import UUID

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from api import body, respond
from api.native import finding, paging, views
from api.native.attachments import download
from api.native.paging import DeliveryPage, LedgerPage, NumberPage
from api.routes import Call
from core import history, ledger, outbox
from core.ledger import Original
from core.messages import InboundMessage
from core.vocabulary import Channel
from ingest import envelope, mail_reader


async def changes(call: Call) -> web.Response:
    asked = body.query(call.request, NumberPage)
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        total = await history.length(connection, ticket.id)
        made = await history.of_ticket(connection, ticket.id, span=paging.span(asked, asked.cursor))
    return respond.json(
        {
            "changes": [views.change(change) for change in made],
            "pagination": paging.pagination(asked, total, [change.id for change in made]),
        }
    )


async def arrivals(call: Call) -> web.Response:
    asked = body.query(call.request, LedgerPage)
    async with call.desk.reading() as connection:
        total = await ledger.how_many(connection, asked.arrivals)
        found = await ledger.entries(connection, asked.arrivals, paging.span(asked, asked.cursor))
    return respond.json(
        {"entries": found, "pagination": paging.pagination(asked, total, [entry.id for entry in found])}
    )


async def original(call: Call) -> web.Response:
    """An arrival byte for byte: for mail the mail."""
    async with call.desk.reading() as connection:
        found = await ledger.original(connection, _entry(call), call.desk.blob_folder)
    kind = "eml" if found.entry.channel is Channel.EMAIL else "json"
    return download(found.raw, f"{found.entry.id}.{kind}")


async def replay(call: Call) -> web.Response:
    """Does an arrival again as today's program understands it; what is on a ticket already is only read anew."""
    desk = call.desk
    async with desk.reading() as connection:
        arrival = await ledger.original(connection, _entry(call), desk.blob_folder)
        message = await understood(call, connection, arrival)
    async with desk.writing() as connection:
        await ledger.replay(
            connection, arrival, message, desk.clock(), settings=desk.settings, keys=desk.keys, judge=desk.judge
        )
        entry = await ledger.one(connection, arrival.entry.id)
    return respond.json(entry)


async def understood(call: Call, connection: AsyncConnection, arrival: Original) -> InboundMessage:
    """The message that an arrival is for today's program."""
    folder, parse = call.desk.blob_folder, mail_reader.reader(call.desk.settings)

    def read(what: Original) -> InboundMessage:
        return parse(what.raw, envelope.from_mapping(what.envelope))

    if arrival.entry.channel is not Channel.EMAIL:
        return await ledger.understood(connection, arrival, folder, read)
    # A large mail takes longer to read than the loop may be held up.
    mail = await asyncio.to_thread(read, arrival)
    return await ledger.understood(connection, arrival, folder, lambda _: mail)


def _entry(call: Call) -> UUID:
    return UUID(call.request.match_info["entry"])


async def deliveries(call: Call) -> web.Response:
    asked = body.query(call.request, DeliveryPage)
    async with call.desk.reading() as connection:
        total = await outbox.how_many(connection, asked.wanted)
        found = await outbox.entries(connection, asked.wanted, paging.span(asked, asked.cursor))
    return respond.json(
        {"deliveries": found, "pagination": paging.pagination(asked, total, [entry.id for entry in found])}
    )


async def retry(call: Call) -> web.Response:
    wanted = UUID(call.request.match_info["delivery"])
    async with call.desk.writing() as connection:
        await outbox.try_again(connection, wanted, call.desk.clock())
        queued = await outbox.one(connection, wanted)
    return respond.json(queued)

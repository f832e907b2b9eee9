"""What became different on a ticket: written by the desk for every change, and by hand."""

from aiohttp import web

from api import body, respond
from api.contracts.healthcare import finding, views
from api.contracts.healthcare.shapes import NewModification
from api.routes import Call
from core import access, history
from core.accounts import users
from core.history import FieldChange

BY_HAND = "written by hand"


async def many(call: Call) -> web.Response:
    access.require_staff(call.actor)
    async with call.desk.reading() as connection:
        ticket = await finding.ticket(call, connection)
        changes = await history.of_ticket(connection, ticket.id)
        accounts = await users.ever(connection, {change.user_id for change in changes if change.user_id})
        labels = views.labels(await finding.lists(connection))
    shown = views.modifications(changes, accounts, labels)
    return respond.json({"modifications": shown, "total": len(shown)})


async def create(call: Call) -> web.Response:
    """Writes down that something became different, and changes nothing else."""
    access.require_staff(call.actor)
    wanted = await body.read(call.request, NewModification)
    told = FieldChange(wanted.field_name, wanted.old_value, wanted.new_value)
    async with call.desk.writing() as connection:
        ticket = await finding.ticket(call, connection, wanted.ticket_id)
        reason, now = wanted.reason or BY_HAND, call.desk.clock()
        act_id = await history.record(connection, ticket.id, [told], by=call.actor, now=now, reason=reason)
        [change] = await history.of_act(connection, ticket.id, act_id)
        accounts = await users.ever(connection, [call.actor.user_id])
        labels = views.labels(await finding.lists(connection))
    shown = views.modification([change], accounts, labels)
    return respond.json({**shown, **wanted.model_dump()}, status=201)

"""Webhooks: who hears what, the secret that signs it, and what became of each event."""

from uuid import UUID

from aiohttp import web

from api import body, respond
from api.native import views
from api.native.shapes import NewWebhook, WebhookChange, WebhookLogQuery
from api.routes import Call
from core import webhooks
from core.errors import Invalid, Problem


async def many(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await webhooks.everyone(connection)
    return respond.json({"webhooks": [views.webhook(one) for one in found]})


async def create(call: Call) -> web.Response:
    wanted = await body.read(call.request, NewWebhook)
    _require_reachable(call, wanted.url)
    async with call.desk.writing() as connection:
        made = await webhooks.add(connection, wanted.url, set(wanted.events), call.desk.clock())
    headers = {"Location": f"/api/v1/webhooks/{made.id}"}
    return respond.json(views.webhook(made, webhooks.secret(call.desk.keys, made)), status=201, headers=headers)


async def one(call: Call) -> web.Response:
    async with call.desk.reading() as connection:
        found = await webhooks.by_id(connection, _named(call))
    return respond.json(views.webhook(found))


async def change(call: Call) -> web.Response:
    wanted = await body.read(call.request, WebhookChange)
    if wanted.url is not None:
        _require_reachable(call, wanted.url)
    events = None if wanted.events is None else set(wanted.events)
    async with call.desk.writing() as connection:
        changed = await webhooks.change(
            connection, _named(call), call.desk.clock(), url=wanted.url, events=events, active=wanted.active
        )
    return respond.json(views.webhook(changed))


async def remove(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        await webhooks.remove(connection, _named(call))
    return respond.nothing()


async def renew_secret(call: Call) -> web.Response:
    async with call.desk.writing() as connection:
        renewed = await webhooks.renew_secret(connection, _named(call), call.desk.clock())
    return respond.json(views.webhook(renewed, webhooks.secret(call.desk.keys, renewed)), status=201)


async def log(call: Call) -> web.Response:
    asked = body.query(call.request, WebhookLogQuery)
    async with call.desk.reading() as connection:
        await webhooks.by_id(connection, _named(call))
        found = await webhooks.log(connection, _named(call), limit=asked.limit, before=asked.before)
    following = found[-1].id if len(found) == asked.limit else None
    return respond.json({"deliveries": found, "next_before": following})


async def replay(call: Call) -> web.Response:
    delivery = UUID(call.request.match_info["delivery"])
    async with call.desk.writing() as connection:
        await webhooks.replay(connection, _named(call), delivery, call.desk.clock())
    return respond.nothing()


def _named(call: Call) -> UUID:
    return UUID(call.request.match_info["webhook"])


def _require_reachable(call: Call, url: str) -> None:
    """What would never be asked is refused at once. Raises Invalid."""
    # Loaded by those few requests that need it.
    from yarl import URL

    from api import webhook_post

    try:
        reason = webhook_post.refusal(URL(url), call.desk.settings.webhooks)
    except ValueError:
        reason = "must be an address such as https://example.com/hook"
    if reason:
        raise Invalid([Problem("url", reason)])

"""The courier of webhooks: tells what the outbox holds for them, round by round, and writes down what became of it.

To each webhook one event at a time, to all of them at once. Where one does not arrive, what else waits for the same
webhook waits with it: a receiver that is away holds nobody else up, however much there is for it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from core import outbox, rounds, webhooks
from core.desk import Desk
from core.outbox import Failed, Result, Sent, TryAgain
from core.rounds import Round
from core.vocabulary import Channel
from core.webhooks import Telling

if TYPE_CHECKING:
    from api.webhook_post import NotTold, Post

ROUND = 40
REST = timedelta(minutes=1)


async def courier(desk: Desk) -> None:
    """Tell events until the desk stops. Cancel it before the desk is closed."""
    await rounds.run(desk, partial(deliver, desk), rest=REST)


async def deliver(desk: Desk) -> Round:
    """One round: claim what is due, tell it, settle it."""
    async with desk.reading() as connection:
        # Otherwise it would look through all mails that are queued, every second under load, for the one event.
        if not await webhooks.is_anything_told(connection):
            return Round()
        if not await outbox.is_due(connection, Channel.WEBHOOK, desk.clock()):
            return Round(due=await outbox.next_due(connection, Channel.WEBHOOK))
    # Loaded when there is somebody to tell: most desks have no webhook.
    from api import webhook_post

    async with desk.writing() as connection:
        taken = await outbox.claim(connection, Channel.WEBHOOK, desk.clock(), limit=ROUND)
        tellings = await webhooks.tellings(connection, taken)
    async with webhook_post.opened(desk.settings.webhooks) as post:
        told = await asyncio.gather(*(_tell(desk, post, each) for each in webhook_post.by_webhook(tellings)))
    known = {one.delivery_id for one in tellings}
    lost: list[Result] = [Failed(one, "the webhook was switched off or deleted") for one in taken if one not in known]
    async with desk.writing() as connection:
        results = lost + [result for each in told for result in each.results]
        lifetime = timedelta(hours=desk.settings.webhooks.retry_hours)
        await outbox.settle(connection, results, desk.clock(), lifetime=lifetime)
        for each in told:
            await _note(connection, each, desk)
    return Round(len(taken))


@dataclass(slots=True)
class _Outcome:
    """What became of the events of one webhook in one round."""

    webhook_id: UUID
    results: list[Result] = field(default_factory=list)
    arrived: bool = False
    failure: "NotTold | None" = None


async def _tell(desk: Desk, post: "Post", tellings: Sequence[Telling]) -> _Outcome:
    found = _Outcome(tellings[0].webhook.id)
    for one in tellings:
        if found.failure is None:
            found.failure = await post.tell(one, webhooks.secret(desk.keys, one.webhook), desk.clock())
        if found.failure is None:
            found.arrived = True
            found.results.append(Sent(one.delivery_id))
        else:
            found.results.append(TryAgain(one.delivery_id, found.failure.reason))
    return found


async def _note(connection: AsyncConnection, found: _Outcome, desk: Desk) -> None:
    if found.arrived:
        await webhooks.arrived(connection, [found.webhook_id])
    if found.failure is None:
        return
    if found.failure.gone:
        await webhooks.disable(connection, found.webhook_id, found.failure.reason, desk.clock())
        return
    patience = timedelta(hours=desk.settings.webhooks.disable_after_hours)
    await webhooks.failing(connection, found.webhook_id, found.failure.reason, desk.clock(), patience=patience)

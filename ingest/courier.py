"""The courier: takes what the outbox holds for mail, round by round, and writes down what became of it.

A round claims in one transaction, sends outside any, and settles in another one. If the process dies in between,
the leases run out and the next claim knows of it (core/outbox.py). Any number of couriers may run at once.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from core import database, letters, outbox
from core.desk import Desk
from core.errors import Unavailable
from core.messages import OutboundMessage
from core.outbox import Failed, Result, TryAgain
from core.vocabulary import Channel
from ingest import mail_out
from ingest.mail_out import Mail, NotSendable
from ingest.relay import Away, Post

log = structlog.get_logger()

ROUND = 20
# A relay that is away is asked again this much later, however many mails wait for it (P7).
REST = timedelta(minutes=1)
# Another process's commits wake nobody here, so the courier looks by itself.
LOOK = timedelta(seconds=5)
# What is queued within this time is sent in one round.
GATHER = 0.1
# Receiving comes first: under load there is one round a second, whose two commits delay nobody noticeably.
GLANCES, GLANCE = 50, 0.02
# A round that has begun may end when the process is told to stop: what it claimed would else wait for its lease.
FAREWELL = 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """How many deliveries a round took, whether it found the relay away, and when there will be something to do."""

    taken: int = 0
    away: bool = False
    due: datetime | None = None


async def courier(desk: Desk, post: Post, *, rest: timedelta = REST) -> None:
    """Deliver until the desk stops. Cancel it before the desk is closed; the round in hand is then ended first."""
    while True:
        await _give_way(desk)
        try:
            done = await _to_its_end(desk, post)
        except Unavailable:
            log.info("courier_stops")
            return
        except Exception as error:
            if not database.is_passing(error):
                raise
            log.warning("courier_rests", error=repr(error))
            await asyncio.sleep(rest.total_seconds())
            continue
        if done.away:
            await asyncio.sleep(rest.total_seconds())
        elif not done.taken:
            await _until(desk, done.due)


async def deliver(desk: Desk, post: Post) -> Round:
    """One round: claim what is due, send it, settle it."""
    lifetime = timedelta(hours=desk.settings.mail.retry_hours)
    async with desk.reading() as connection:
        # Looking costs no write: an idle courier leaves the disk alone.
        if not await outbox.is_due(connection, Channel.EMAIL, desk.clock()):
            return Round(due=await outbox.next_due(connection, Channel.EMAIL))
    async with desk.writing() as connection:
        taken = await outbox.claim(connection, Channel.EMAIL, desk.clock(), limit=ROUND)
    if not taken:
        return Round()
    async with desk.reading() as connection:
        messages = await letters.written(connection, taken, desk.settings)
    results, away = await _send(messages, desk, post)
    async with desk.writing() as connection:
        await outbox.settle(connection, results, desk.clock(), lifetime=lifetime)
    return Round(len(taken), away)


async def _send(messages: Sequence[OutboundMessage], desk: Desk, post: Post) -> tuple[list[Result], bool]:
    mails: list[Mail] = []
    failed: list[Result] = []
    for message in messages:
        written = _composed(message, desk)
        if isinstance(written, Mail):
            mails.append(written)
        else:
            failed.append(written)
    if not mails:
        return failed, False
    try:
        return failed + await post.send(mails), False
    except Away as away:
        log.warning("relay_away", reason=away.reason, waiting=len(mails))
        return failed + [TryAgain(mail.delivery_id, away.reason) for mail in mails], True


def _composed(message: OutboundMessage, desk: Desk) -> Mail | Failed:
    settings = desk.settings
    try:
        return mail_out.compose(
            message, desk_name=settings.desk.name, from_address=settings.from_address, now=desk.clock()
        )
    except NotSendable as error:
        return Failed(message.delivery_id, f"could not be written as a mail: {error}")
    except Exception as error:
        # A fault of ours with one message must not keep the others from leaving, now and after every restart.
        log.exception("compose_failed", delivery=str(message.delivery_id))
        return Failed(message.delivery_id, f"could not be written as a mail ({type(error).__name__})")


async def _give_way(desk: Desk) -> None:
    """Wait for a moment in which nothing was committed and nothing waits to be, a second at most."""
    for _ in range(GLANCES):
        desk.outbox_stirs.clear()
        await asyncio.sleep(GLANCE)
        if not desk.backlog and not desk.outbox_stirs.is_set():
            return


async def _to_its_end(desk: Desk, post: Post) -> Round:
    """A round that outlives the cancelling of its courier by a bounded time."""
    begun = asyncio.create_task(deliver(desk, post), name="mail round")
    try:
        return await asyncio.shield(begun)
    except asyncio.CancelledError:
        await asyncio.wait([begun], timeout=FAREWELL)
        if not begun.done():
            begun.cancel()
            await asyncio.wait([begun])
        if not begun.cancelled() and (error := begun.exception()):
            log.exception("last_round_failed", exc_info=error)
        raise


async def _until(desk: Desk, due: datetime | None) -> None:
    """Wait until something is queued or due, and a moment longer, so that what comes together goes together."""
    wait = LOOK if due is None else min(LOOK, due - desk.clock())
    with suppress(TimeoutError):
        async with asyncio.timeout(wait.total_seconds()):
            await desk.outbox_stirs.wait()
    await asyncio.sleep(GATHER)

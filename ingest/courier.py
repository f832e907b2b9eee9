"""The courier of mail: takes what the outbox holds for it, round by round, and writes down what became of it."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from core import letters, outbox, rounds
from core.desk import Desk
from core.messages import OutboundMessage
from core.outbox import Failed, Result, TryAgain
from core.rounds import Round
from core.vocabulary import Channel
from ingest import mail_out
from ingest.mail_out import Mail, NotSendable
from ingest.relay import Away, Post

log = structlog.get_logger()

ROUND = 20
# A relay that is away is asked again this much later, however many mails wait for it (P7).
REST = timedelta(minutes=1)


async def courier(desk: Desk, post: Post, *, rest: timedelta = REST) -> None:
    """Deliver until the desk stops. Cancel it before the desk is closed; the round in hand is then ended first."""
    await rounds.run(desk, partial(deliver, desk, post), rest=rest)


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

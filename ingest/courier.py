"""The courier of mail: takes what the outbox holds for it, round by round, and writes down what became of it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import structlog

from core import outbox, rounds
from core.desk import Desk
from core.errors import NotFound
from core.mail import letters
from core.messages import OutboundMessage
from core.outbox import Failed, NotTried, Result, TryAgain
from core.rounds import Round
from core.vocabulary import Channel
from ingest import letter_templates, mail_out, signing
from ingest.mail_out import Letterhead, Mail
from ingest.mail_parts import NotSendable
from ingest.relay import Away, Post

log = structlog.get_logger()

# So many bytes of files are in memory at once, besides a mail that has more by itself.
FILES_AT_ONCE = 32 * 1024 * 1024
# A relay that is away is asked again this much later, however many mails wait for it (P7).
REST = timedelta(minutes=1)


async def courier(desk: Desk, post: Post, head: Letterhead | None = None, *, rest: timedelta = REST) -> None:
    """Deliver until the desk stops. Cancel it before the desk is closed; the round in hand is then ended first."""
    await rounds.run(desk, partial(deliver, desk, post, head or letterhead(desk)), rest=rest)


def letterhead(desk: Desk) -> Letterhead:
    """With the operator's templates and key: what was changed counts from the next start. Raises Invalid."""
    settings = desk.settings
    templates, sign = letter_templates.read(settings), signing.signer(settings)
    return Letterhead(settings.desk.name, settings.from_address, templates, sign)


async def deliver(desk: Desk, post: Post, head: Letterhead | None = None) -> Round:
    """One round: claim what is due, send it, settle it."""
    lifetime = timedelta(hours=desk.settings.mail.retry_hours)
    async with desk.reading() as connection:
        # Looking costs no write: an idle courier leaves the disk alone.
        if not await outbox.is_due(connection, Channel.EMAIL, desk.clock()):
            return Round(due=await outbox.next_due(connection, Channel.EMAIL))
    async with desk.writing() as connection:
        taken = await outbox.claim(connection, Channel.EMAIL, desk.clock(), limit=post.at_once)
    if not taken:
        return Round()
    async with desk.glancing() as connection:
        messages = await letters.written(connection, taken, desk.settings, desk.keys)
    results, away = await _send(messages, desk, post, head or letterhead(desk))
    await desk.sharing.do(partial(outbox.settle, results=results, now=desk.clock(), lifetime=lifetime))
    return Round(len(taken), away)


async def _send(
    messages: Sequence[OutboundMessage], desk: Desk, post: Post, head: Letterhead
) -> tuple[list[Result | NotTried], bool]:
    mails: list[Mail] = []
    others: list[Result | NotTried] = []
    room = FILES_AT_ONCE
    for message in messages:
        room -= sum(file.size for file in message.enclosed)
        if mails and room < 0:
            # It may wait for the next round, which follows at once; a server's memory may not.
            others.append(NotTried(message.delivery_id))
            continue
        written = await _composed(message, desk, head)
        # Whoever waits for the loop waits for one mail, and not for the round.
        await asyncio.sleep(0)
        if isinstance(written, Mail):
            mails.append(written)
        else:
            others.append(written)
    if not mails:
        return others, False
    try:
        return others + await post.send(mails), False
    except Away as away:
        log.warning("relay_away", reason=away.reason, waiting=len(mails))
        return others + [TryAgain(mail.delivery_id, away.reason) for mail in mails], True


async def _composed(message: OutboundMessage, desk: Desk, head: Letterhead) -> Mail | Failed:
    try:
        if not message.enclosed and head.sign is None:
            return mail_out.compose(message, head, now=desk.clock())
        async with desk.reading() as connection:
            most = desk.settings.mail.max_message_mb
            whole = await letters.with_files(connection, message, desk.blob_folder, most_mb=most)
        # Megabytes are encoded, or big numbers multiplied: that takes longer than the loop may be held up.
        return await asyncio.to_thread(mail_out.compose, whole, head, now=desk.clock())
    except NotFound:
        return Failed(message.delivery_id, "a file that belongs to it cannot be read any more: send it again")
    except NotSendable as error:
        return Failed(message.delivery_id, f"could not be written as a mail: {error}")
    except Exception as error:
        # A fault of ours with one message must not keep the others from leaving, now and after every restart.
        log.exception("compose_failed", delivery=str(message.delivery_id))
        return Failed(message.delivery_id, f"could not be written as a mail ({type(error).__name__})")

"""Mail fetched from a mailbox, for those who cannot point an MX here.

A mail is the desk's once it is committed, and only then is it marked as read, moved or deleted in the mailbox: a crash
in between has it fetched again, and its dedupe key finds that it is there. Nothing else is remembered, so that neither
a UIDVALIDITY that changed nor a mailbox that was copied makes a ticket twice. Each mail goes by itself: what cannot be
fetched is left where it is, and the others go on; what the desk refuses is flagged and left there for a person. One process polls; which one, a lease says.
"""

import asyncio
import hashlib
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from core import addresses
from core.desk import Desk
from core.errors import Unavailable
from core.mail.mail_settings import ImapSection
from core.messages import InboundMessage
from core.storage import database, leases
from core.vocabulary import Outcome
from ingest import file_drop, imap_line, mail_in, mime
from ingest.imap_line import Away, Line, Unfetched

log = structlog.get_logger()

LEASE, LEASE_SPAN = "imap", timedelta(minutes=10)
# So many mails a connection: the lease is renewed in between.
AT_ONCE = 50
# What breaks the line this often is passed over, so that the mails behind it come through.
BREAKS = 3
# How long: what the desk has put off, and what could not be fetched.
PUT_OFF, UNFETCHED = timedelta(minutes=10), timedelta(hours=1)
_TOO_LARGE = (
    "This mail has {size:.1f} MB, which is more than is taken here ({most} MB, smtp.max_message_mb). "
    "It is still in the mailbox {mailbox}."
)


@dataclass(slots=True)
class Memory:
    """What one process knows of the mailbox: by UID, how often a mail has broken the line, and until when it is left alone."""

    holder: str = field(default_factory=lambda: f"{socket.gethostname()[:40]}:{os.getpid()}")
    broke: dict[int, int] = field(default_factory=dict)
    later: dict[int, datetime] = field(default_factory=dict)
    numbering: str = ""
    away: str = ""

    def recount(self, numbering: str, waiting: Sequence[int]) -> None:
        """Forget what is not there any more, and everything when the mails have got other numbers."""
        there = frozenset(waiting) if numbering == self.numbering else frozenset[int]()
        self.numbering = numbering
        self.broke = {uid: times for uid, times in self.broke.items() if uid in there}
        self.later = {uid: until for uid, until in self.later.items() if uid in there}


@dataclass(frozen=True, slots=True)
class Polled:
    """How many mails the desk has taken, and whether there are more."""

    taken: int = 0
    more: bool = False


async def poller(desk: Desk) -> None:
    """Poll until the desk stops."""
    settings, memory = desk.settings.imap, Memory()
    try:
        while True:
            polled = await _polled(desk, settings, memory)
            if not polled.more:
                await asyncio.sleep(settings.poll_seconds)
    finally:
        await _give_back(desk, memory)


async def _polled(desk: Desk, settings: ImapSection, memory: Memory) -> Polled:
    try:
        polled = await poll(desk, settings, memory)
    except Away as away:
        # Said once: a mail server may be away for a day.
        if away.reason != memory.away:
            log.warning("mailbox_away", mailbox=settings.mailbox, reason=away.reason, advice=away.advice)
        memory.away = away.reason
        return Polled()
    except Exception as error:
        if not isinstance(error, Unavailable) and not database.is_passing(error):
            raise
        # What was not stored is still unread, and comes again.
        log.warning("imap_rests", error=repr(error))
        return Polled()
    if memory.away:
        log.info("mailbox_back", mailbox=settings.mailbox)
        memory.away = ""
    return polled


async def _give_back(desk: Desk, memory: Memory) -> None:
    # The desk may be draining already; then the lease runs out by itself.
    with suppress(Unavailable):
        async with desk.writing() as connection:
            await leases.give_back(connection, LEASE, memory.holder)


async def poll(desk: Desk, settings: ImapSection, memory: Memory) -> Polled:
    """One visit to the mailbox. Raises Away, Unavailable."""
    async with desk.writing() as connection:
        if not await leases.take(connection, LEASE, memory.holder, desk.clock(), lasting=LEASE_SPAN):
            return Polled()
    line = await asyncio.to_thread(imap_line.connected, settings)
    try:
        await asyncio.to_thread(line.enter)
        return await _emptied(desk, line, settings, memory)
    except asyncio.CancelledError:
        line.break_off()
        raise
    finally:
        await asyncio.shield(asyncio.to_thread(line.close))


async def _emptied(desk: Desk, line: Line, settings: ImapSection, memory: Memory) -> Polled:
    everything = await asyncio.to_thread(line.waiting)
    memory.recount(line.numbering, everything)
    waiting = [uid for uid in everything if uid not in memory.later or memory.later[uid] <= desk.clock()]
    taken = 0
    for uid in waiting[:AT_ONCE]:
        try:
            if await _taken(desk, line, uid, settings):
                taken += 1
            else:
                memory.later[uid] = desk.clock() + PUT_OFF
        except Unfetched as error:
            log.warning("mail_passed_over", mailbox=settings.mailbox, uid=uid, reason=str(error))
            memory.later[uid] = desk.clock() + UNFETCHED
        except Away:
            memory.broke[uid] = memory.broke.get(uid, 0) + 1
            if memory.broke[uid] >= BREAKS:
                memory.later[uid] = desk.clock() + UNFETCHED
            raise
    return Polled(taken, more=len(waiting) > AT_ONCE)


async def _taken(desk: Desk, line: Line, uid: int, settings: ImapSection) -> bool:
    """Whether the desk has it now. What it puts off stays unread, and comes again."""
    size = await asyncio.to_thread(line.size, uid)
    if size is None:
        return False
    too_large = size > desk.settings.smtp.max_message_mb * 1024 * 1024
    if too_large:
        raw = announced(await asyncio.to_thread(line.header, uid), size, desk.settings.smtp.max_message_mb, settings)
    else:
        raw = await asyncio.to_thread(line.whole, uid)
    receipt = await desk.receive(await asyncio.to_thread(message, raw, desk))
    log.info("mail fetched", uid=uid, outcome=receipt.outcome, size=size)
    if receipt.outcome is Outcome.DEFERRED:
        return False
    if receipt.outcome is Outcome.REFUSED:
        # Nobody is on the line to be told, and nothing of it is stored: it must neither be lost nor come for ever.
        log.warning("mail_refused", mailbox=settings.mailbox, uid=uid, reason=receipt.reason)
        await asyncio.to_thread(line.set_aside, uid)
        return False
    await asyncio.to_thread(line.mark_seen if too_large else line.put_away, uid)
    return True


def message(raw: bytes, desk: Desk) -> InboundMessage:
    """The mail for the desk's door. The same bytes are the same mail, whichever addresses are ours today."""
    ours = desk.settings.our_addresses
    mine = [one for one in mail_in.recipients(mime.parse(raw).headers) if addresses.is_ours(one, ours)]
    found = file_drop.parse(
        raw,
        recipients=mine or [desk.settings.smtp.addresses[0]],
        at=desk.clock(),
        authserv_id=desk.settings.smtp.authserv_id,
        forms=desk.settings.mail.forms,
    )
    return replace(found, dedupe_key=f"imap:{hashlib.sha256(raw).hexdigest()}")


def announced(header: bytes, size: int, most: int, settings: ImapSection) -> bytes:
    """In the place of a mail that is too large: who wrote, about what, and where it lies."""
    kept: list[bytes] = []
    keeping = True
    for line in header.replace(b"\r\n", b"\n").split(b"\n"):
        if not line.startswith((b" ", b"\t")):
            # What the header says of the body holds for that body alone.
            keeping = bool(line) and not line.lower().startswith((b"content-", b"mime-version:"))
        if keeping:
            kept.append(line)
    said = _TOO_LARGE.format(size=size / (1024 * 1024), most=most, mailbox=settings.mailbox)
    return b"\r\n".join([*kept, b"", said.encode(), b""])

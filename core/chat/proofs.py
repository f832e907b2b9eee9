"""Codes that prove something once: a one-time link for an account, and a code by mail for a mailbox.

Kept as hashes. A mail's code is short, because people type it: it holds for fifteen minutes and five tries, and is
looked for only among those of the one who asked for it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import addresses, tables, tokens
from core.chat.refusals import worded
from core.chat.talk_tables import proofs
from core.config import Settings
from core.errors import Conflict, Invalid, Problem
from core.tables import new_id
from core.vocabulary import Channel, DeliveryKind, DeliveryState

LINK_LIFE = timedelta(hours=24)
CODE_LIFE = timedelta(minutes=15)
TRIES = 5
# Codes by mail, to one mailbox and for one speaker: what keeps others from being mailed at will.
PER_DAY = 5

_p, _i, _t = proofs.c, tables.identities.c, tables.tickets.c


class Proof(StrEnum):
    ACCOUNT = "account"
    MAILBOX = "mailbox"


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail that brings a code; `{code}` stands in the text where it belongs."""

    subject: str
    text: str


async def for_account(connection: AsyncConnection, user_id: UUID, now: datetime) -> str:
    """A code with which whoever has it speaks for the account from then on. Those given before are dead."""
    await connection.execute(update(proofs).where(_p.user_id == user_id, _p.used_at.is_(None)).values(used_at=now))
    code = secrets.token_urlsafe(24)
    await _keep(connection, Proof.ACCOUNT, code, now, LINK_LIFE, user_id=user_id)
    return code


def way_in(code: str, settings: Settings) -> str:
    """What its owner opens, or writes to the bot where its name is not known."""
    bot = settings.telegram.bot_name
    return f"https://t.me/{bot}?start={code}" if bot else f"/start {code}"


async def account(connection: AsyncConnection, code: str, now: datetime) -> UUID | None:
    """Whose account the code is for, if it is still good. It is not afterwards."""
    good = (
        select(_p.id, _p.user_id)
        .where(_p.kind == Proof.ACCOUNT, _p.sha256 == _hash(code), _p.used_at.is_(None), _p.expires_at > now)
        .with_for_update()
    )
    row = (await connection.execute(good)).first()
    if row is None:
        return None
    await connection.execute(update(proofs).where(_p.id == row.id).values(used_at=now))
    user_id: UUID = row.user_id
    return user_id


async def mail_code(
    connection: AsyncConnection, email: str, letter: Letter, *, channel: Channel, address: str, now: datetime,
    settings: Settings,
) -> None:  # fmt: skip
    """Mail a code to `email` (normalised), for the one who speaks from `address`. Raises Conflict when it is too often.

    A mail needs a ticket to stand at: the newest of the mailbox's owner, or of the one who asks. Where neither has
    one nothing is sent, and the asker is not told: that would tell who writes to us.
    """
    await _require_seldom(connection, email, channel, address, now)
    code = f"{secrets.randbelow(1_000_000):06}"
    await _keep(connection, Proof.MAILBOX, code, now, CODE_LIFE, channel=channel, address=address, email=email)
    ticket_id = await _newest(connection, Channel.EMAIL, email) or await _newest(connection, channel, address)
    if ticket_id is None:
        return
    delivery_id = new_id()
    row = {
        "id": delivery_id,
        "ticket_id": ticket_id,
        "channel": Channel.EMAIL,
        "kind": DeliveryKind.PROOF,
        "address": email,
        # No reply tag: the ticket may be another's than the mailbox's owner's.
        "remote_id": tokens.message_id("proof", delivery_id, addresses.domain(settings.from_address)),
        "details": {"subject": letter.subject, "text": letter.text.replace("{code}", code)},
        "state": DeliveryState.QUEUED,
        "due_at": now,
        "created_at": now,
    }
    await connection.execute(insert(tables.deliveries), row)


async def mailbox(connection: AsyncConnection, code: str, *, channel: Channel, address: str, now: datetime) -> str:
    """The mail address that the speaker has proved to be theirs. Raises Invalid; each try counts, so commit it."""
    row = (
        await connection.execute(
            select(_p.id, _p.sha256, _p.email, _p.tries)
            .where(
                _p.kind == Proof.MAILBOX, _p.channel == channel, _p.address == address, _p.used_at.is_(None),
                _p.expires_at > now, _p.tries < TRIES,
            )
            .order_by(_p.id.desc())
            .limit(1)
            .with_for_update()
        )
    ).first()  # fmt: skip
    if row is None:
        return ""
    if not secrets.compare_digest(row.sha256, _hash(code)):
        await connection.execute(update(proofs).where(_p.id == row.id).values(tries=row.tries + 1))
        return ""
    await connection.execute(update(proofs).where(_p.id == row.id).values(used_at=now))
    email: str = row.email
    return email


def looks_like_code(text: str) -> bool:
    return len(text) == 6 and text.isascii() and text.isdigit()


def normal_email(text: str) -> str:
    """Raises Invalid."""
    email = addresses.normal(text)
    if email is None:
        raise Invalid([Problem("email", worded("mail_address"))])
    return email


async def _require_seldom(
    connection: AsyncConnection, email: str, channel: Channel, address: str, now: datetime
) -> None:
    for whose in (_p.email == email, (_p.channel == channel) & (_p.address == address)):
        since = select(func.count()).where(_p.kind == Proof.MAILBOX, whose, _p.created_at > now - timedelta(days=1))
        if (await connection.execute(since)).scalar_one() >= PER_DAY:
            raise Conflict(worded("codes_spent"))


async def _newest(connection: AsyncConnection, channel: Channel, address: str) -> UUID | None:
    whose = select(_i.person_id).where(_i.channel == channel, _i.address == address).scalar_subquery()
    newest = select(_t.id).where(_t.requester_id == whose, _t.deleted_at.is_(None)).order_by(_t.number.desc()).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def _keep(
    connection: AsyncConnection, kind: Proof, code: str, now: datetime, life: timedelta, **about: object
) -> None:
    row = {"id": new_id(), "kind": kind, "sha256": _hash(code), "created_at": now, "expires_at": now + life}
    await connection.execute(insert(proofs), {**row, **about})


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().encode()).hexdigest()

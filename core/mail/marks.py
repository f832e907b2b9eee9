"""What the desk holds against senders: blocks, and incidents (why nothing automatic is sent to somebody).

A mark is on an address, on a domain (`@example.com`, with all below it) or on everybody (`*`). Blocks are an admin's;
incidents come from intake, are shown to admins, and end by themselves or when one of them says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import addresses
from core.errors import Invalid, NotFound, Problem
from core.mail.mark_tables import marks
from core.storage import dialects, paging
from core.storage.paging import Span
from core.tables import new_id
from core.text import NAME_LENGTH, clean_line
from core.vocabulary import MarkKind

EVERYBODY = "*"
INCIDENTS = (MarkKind.LOOP, MarkKind.BUDGET, MarkKind.COMPLAINT)
REASON_LENGTH = 500
# `a.b.c.d.e` is looked up from `@a.b.c.d.e` to `@d.e`; nobody blocks what lies deeper.
_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """`until` None: until somebody ends it. `author` empty: the desk itself. `ended_at`: an admin reset it."""

    id: UUID
    subject: str
    kind: MarkKind
    reason: str
    author: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.ended_at is None and (self.until is None or self.until > now)


_m = marks.c
_COLUMNS = (_m.id, _m.subject, _m.kind, _m.reason, _m.author, _m.since, _m.until, _m.reset_at)


def subjects(address: str) -> tuple[str, ...]:
    """What a mark that concerns `address` may be on, the nearest first; everybody apart."""
    labels = addresses.domain(address).split(".")
    first = max(0, len(labels) - _LEVELS)
    domains = [".".join(labels[level:]) for level in range(first, max(first + 1, len(labels) - 1))]
    return (address, *(f"@{domain}" for domain in domains))


def subject_of(text: str) -> str:
    """An address or a domain as it is marked. Raises Invalid."""
    said = text.strip()
    if "@" in said.lstrip("@"):
        found = addresses.normal(said)
    else:
        whole = addresses.normal(f"x@{said.lstrip('@')}")
        found = whole.removeprefix("x") if whole else None
    if found is None:
        raise Invalid(
            [Problem("subject", "must be a mail address or a domain, such as ann@example.com or example.com")]
        )
    return found


def put(connection: Connection, found: Sequence[Mark]) -> None:
    """Each mark in the place of the one of its kind that its subject has already."""
    statement = dialects.insert(connection.dialect.name, marks)
    new = {name: statement.excluded[name] for name in ("reason", "author", "since", "until", "reset_at")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["subject", "kind"], set_=new), [_row(mark) for mark in found]
    )


def _row(mark: Mark) -> dict[str, object]:
    return {
        "id": mark.id,
        "subject": mark.subject,
        "kind": mark.kind,
        "reason": mark.reason,
        "author": mark.author,
        "since": mark.since,
        "until": mark.until,
        "reset_at": mark.ended_at,
    }


async def block(
    connection: AsyncConnection, subject: str, reason: str, until: datetime | None, *, by: str, now: datetime
) -> Mark:
    """Nothing from there reaches anybody's queue; until None: for good. Raises Invalid."""
    if until is not None and until <= now:
        raise Invalid([Problem("until", "must lie ahead (or be left out: until the block is lifted)")])
    mark = Mark(
        new_id(), subject_of(subject), MarkKind.BLOCKED, clean_line(reason, most=REASON_LENGTH),
        clean_line(by, most=NAME_LENGTH), now, until, None,
    )  # fmt: skip
    await connection.run_sync(put, [mark])
    found = await connection.execute(select(*_COLUMNS).where(_m.subject == mark.subject, _m.kind == mark.kind))
    return of_row(found.one())


async def lift(connection: AsyncConnection, mark_id: UUID) -> None:
    """End a block. Raises NotFound."""
    gone = await connection.execute(delete(marks).where(_m.id == mark_id, _m.kind == MarkKind.BLOCKED))
    if not gone.rowcount:
        raise NotFound("Block")


async def lift_from(connection: AsyncConnection, subject: str) -> None:
    """End the block of an address or a domain. Raises Invalid, NotFound."""
    gone = await connection.execute(delete(marks).where(_m.subject == subject_of(subject), _m.kind == MarkKind.BLOCKED))
    if not gone.rowcount:
        raise NotFound("Block")


async def blocks(connection: AsyncConnection, now: datetime, span: Span) -> list[Mark]:
    """Those that hold, the newest first."""
    return await _listed(connection, _holding(now, (MarkKind.BLOCKED,)), span)


async def incidents(connection: AsyncConnection, now: datetime, span: Span) -> list[Mark]:
    """Those that hold, the newest first."""
    return await _listed(connection, _holding(now, INCIDENTS), span)


async def how_many(connection: AsyncConnection, now: datetime, kinds: Sequence[MarkKind]) -> int:
    return await paging.count(connection, select(_m.id).where(_holding(now, kinds)))


async def counts(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """How many incidents of each kind hold."""
    holding = select(_m.kind, func.count()).where(_holding(now, INCIDENTS)).group_by(_m.kind)
    return dict.fromkeys(INCIDENTS, 0) | {row[0]: row[1] for row in (await connection.execute(holding)).all()}


def _holding(now: datetime, kinds: Sequence[MarkKind]) -> ColumnElement[bool]:
    return _m.kind.in_(kinds) & _m.reset_at.is_(None) & or_(_m.until.is_(None), _m.until > now)


async def _listed(connection: AsyncConnection, which: ColumnElement[bool], span: Span) -> list[Mark]:
    found = await connection.execute(paging.newest_within(select(*_COLUMNS).where(which), _m.id, span))
    return [of_row(row) for row in found.all()]


async def reset(connection: AsyncConnection, mark_id: UUID, *, by: str, now: datetime) -> Mark:
    """End an incident: what is automatic goes there again, and budgets count anew from now. One that has ended stays as
    it is. Raises NotFound."""
    one = (_m.id == mark_id) & _m.kind.in_(INCIDENTS)
    ended = {"reset_at": now, "author": clean_line(by, most=NAME_LENGTH)}
    await connection.execute(update(marks).where(one, _m.reset_at.is_(None)).values(ended))
    found = (await connection.execute(select(*_COLUMNS).where(one))).first()
    if found is None:
        raise NotFound("Incident")
    return of_row(found)


def of_row(row: Sequence[Any]) -> Mark:
    mark_id, subject, kind, *rest = row
    return Mark(mark_id, subject, MarkKind(kind), *rest)

"""Looking at what the desk made of a ticket: what changing a ticket says about its classification."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncConnection

from core.access import Actor
from core.history import FieldChange
from core.learning import lessons
from core.learning.judge import CERTAIN
from core.learning.lessons import Kind
from core.vocabulary import SETTLED, Category, Priority, Status

if TYPE_CHECKING:
    from core.tickets import Ticket

# What was thrown away nobody has read for what it is about.
_ANSWERED = SETTLED - {Status.DISCARDED}


def wished(ticket: "Ticket", *, reviewed: bool, no_duplicate: bool) -> dict[str, object]:
    """The columns that somebody's look changes by itself."""
    values: dict[str, object] = {}
    if reviewed and ticket.needs_review:
        values["needs_review"] = False
    if no_duplicate and ticket.possible_duplicate_of is not None:
        values["possible_duplicate_of"] = None
    return values


def changes(ticket: "Ticket", values: Mapping[str, object]) -> list[FieldChange]:
    """Those columns as the audit has them."""
    found: list[FieldChange] = []
    if "needs_review" in values:
        found.append(FieldChange("needs_review", "true", "false"))
    if "possible_duplicate_of" in values:
        found.append(FieldChange("possible_duplicate_of", str(ticket.possible_duplicate_of), None))
    return found


def settled(ticket: "Ticket", values: Mapping[str, object], *, reviewed: bool) -> dict[str, object]:
    """What follows for the classification's own columns when `values` are written."""
    found: dict[str, object] = {}
    if "category" in values:
        found["manual_override"] = True
    over = values.get("status") in SETTLED
    if ticket.needs_review and ("category" in values or reviewed or over):
        found["needs_review"] = False
    return found


async def note(
    connection: AsyncConnection,
    ticket: "Ticket",
    values: Mapping[str, object],
    *,
    by: Actor,
    now: datetime,
    reviewed: bool,
) -> None:
    """What there is to learn. `ticket` is as it was before."""
    category, priority = values.get("category"), values.get("priority")
    kind = _kind(ticket, values, reviewed=reviewed)
    if kind:
        await lessons.note(
            connection,
            ticket,
            kind,
            by=by,
            now=now,
            category=category if isinstance(category, Category) else None,
            priority=priority if isinstance(priority, Priority) else None,
        )


def _kind(ticket: "Ticket", values: Mapping[str, object], *, reviewed: bool) -> Kind | None:
    if "category" in values or "priority" in values:
        return Kind.CORRECTED
    if reviewed:
        return Kind.CONFIRMED
    ends = values.get("status") in _ANSWERED and ticket.status not in SETTLED
    # Whoever overrode it has said what it is; what a rule decided, or whoever opened it, says nothing of the words.
    guessed = not ticket.manual_override and ticket.classification_confidence not in (None, CERTAIN)
    return Kind.KEPT if ends and guessed else None

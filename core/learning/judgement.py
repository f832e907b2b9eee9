"""Having a ticket classified again, at somebody's request: from then on it is what its words say."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from core import access, history, subjects, tickets
from core.access import Actor
from core.classify.model import Classification
from core.history import FieldChange
from core.learning.judge import Judge
from core.tickets import Ticket
from core.vocabulary import SETTLED


async def again(
    connection: AsyncConnection, ticket: Ticket, judge: Judge, *, by: Actor, now: datetime
) -> Classification:
    """Category and priority as the classifier sees them, whoever had set them. Raises Forbidden, Conflict."""
    access.require_staff(by)
    found = judge.of_text(subjects.own(ticket), ticket.description)
    changes = [
        FieldChange(name, old, new)
        for name, old, new in (
            ("category", ticket.category, found.category),
            ("priority", ticket.priority, found.priority),
        )
        if old != new
    ]
    values: dict[str, object] = {
        "category": found.category,
        "priority": found.priority,
        "classification_confidence": found.confidence,
        "classification_reasoning": found.reasoning,
        "classification_keywords": list(found.keywords),
        "classified_at": now,
        "manual_override": False,
        "needs_review": judge.doubts(found) and ticket.status not in SETTLED,
        # Seed 002 shows a ticket that was classified and, as nothing came of it, not updated.
        "updated_at": now if changes else ticket.updated_at,
    }
    await tickets.write(connection, ticket, values, now)
    await history.record(connection, ticket.id, changes, by=by, now=now, reason="classified again")
    return found

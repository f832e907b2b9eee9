"""A ticket as it is when it is opened: the value its opener is shown, and the row that is written."""

from datetime import datetime
from operator import attrgetter
from uuid import UUID

from core import tokens
from core.decisions import Open
from core.messages import InboundMessage, Retold, Sender, Wishes
from core.tickets import Requester, Ticket
from core.vocabulary import SETTLED, Category, Priority, Status


def ticket(decision: Open, ticket_id: UUID, number: int, requester: Requester, now: datetime) -> Ticket:
    message, wishes, judged = decision.message, decision.message.wishes, decision.judged
    found = judged.classification if judged else None
    category = wishes.category or (found.category if found else Category.OTHER)
    created_at = wishes.created_at or now
    updated_at = wishes.updated_at or wishes.resolved_at or created_at
    return Ticket(
        id=ticket_id,
        number=number,
        type=wishes.type,
        subject=decision.subject,
        description=message.text,
        status=wishes.status,
        priority=wishes.priority or (found.priority if found else Priority.MEDIUM),
        category=category,
        channel=wishes.channel or message.channel,
        requester=requester,
        assignee_id=wishes.assignee_id or (judged.assignee_id if judged else None),
        assigned_to=None,
        embed_token=tokens.new_embed_token(),
        version=1,
        created_at=created_at,
        updated_at=updated_at,
        resolved_at=(wishes.resolved_at or updated_at) if wishes.status in SETTLED else None,
        # How sure the desk is of the category that the ticket has: of one that the sender named it has no opinion.
        classification_confidence=found.confidence if found and found.category == category else None,
        classification_reasoning=found.reasoning if found else None,
        classification_keywords=found.keywords if found else (),
        classified_at=now if found else None,
        manual_override=False,
        needs_review=bool(judged and judged.needs_review),
        possible_duplicate_of=None,
        # What is being worked on already has been read.
        unread=1 if wishes.status is Status.NEW else 0,
        extra=dict(wishes.extra),
        tags=tuple(sorted({*wishes.tags, *(judged.tags if judged else ())})),
    )


def row(opened: Ticket, wishes: Wishes) -> dict[str, object]:
    """Its row in `tickets`; what is left out is what the table says of a new one."""
    return {
        **dict(zip(_AS_THEY_ARE, _as_they_are(opened), strict=True)),
        "requester_id": opened.requester_id,
        "classification_keywords": opened.classification_keywords,
        "closed_at": opened.resolved_at if opened.status is Status.CLOSED else None,
        "external_id": wishes.external_id or None,
    }


def later(one: Retold, message: InboundMessage) -> InboundMessage:
    """What was said, elsewhere, after the message that opens the ticket here, as a message of its own."""
    return InboundMessage(
        channel=message.channel,
        sender=Sender(message.channel, "", one.author),
        subject="",
        text=one.text,
        raw=b"",
        dedupe_key="",
        files=tuple(message.files[index] for index in one.files),
        wishes=Wishes(created_at=one.created_at),
    )


_AS_THEY_ARE = (
    "id", "number", "type", "subject", "description", "status", "priority", "category", "channel", "assignee_id",
    "embed_token", "version", "created_at", "updated_at", "resolved_at", "classification_confidence",
    "classification_reasoning", "classified_at", "needs_review", "unread", "extra",
)  # fmt: skip
_as_they_are = attrgetter(*_AS_THEY_ARE)

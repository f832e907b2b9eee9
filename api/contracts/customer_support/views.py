"""What is shown: the document's ticket, its lists and answers. Field by field as it shows them, in its order."""

from collections.abc import Mapping

from api.contracts.customer_support.words import CATEGORY, PRIORITY, SOURCE, STATUS
from core import tickets
from core.classify.model import Classification
from core.queue import Listing
from core.tickets import Ticket

NAME = "customer_support"

Json = dict[str, object]


def ticket(shown: Ticket) -> Json:
    own = tickets.extra_of(shown, NAME)
    return {
        "id": str(shown.id),
        "customer_id": own.get("customer_id") or str(shown.requester.id),
        "customer_email": shown.requester.email,
        "customer_name": _name(shown, own),
        "subject": shown.subject,
        "description": shown.description,
        "category": CATEGORY.outward[shown.category],
        "priority": PRIORITY.outward[shown.priority],
        "status": STATUS.outward[shown.status],
        "created_at": shown.created_at,
        "updated_at": shown.updated_at,
        "resolved_at": shown.resolved_at,
        # Our own agents come first; any other name is the document's alone.
        "assigned_to": shown.assigned_to or own.get("assigned_to"),
        "tags": _tags(shown, own),
        "metadata": _metadata(shown),
        "classification_confidence": shown.classification_confidence,
        "classification_reasoning": shown.classification_reasoning,
        "classification_keywords": shown.classification_keywords,
        "classified_at": shown.classified_at,
        "manual_override": shown.manual_override,
    }


def page(found: Listing) -> Json:
    return {
        "tickets": [ticket(one) for one in found.tickets],
        "pagination": {
            "page": found.page.number,
            "limit": found.page.limit,
            "total": found.total,
            "total_pages": -(-found.total // found.page.limit),
        },
    }


def classified(shown: Ticket, found: Classification) -> Json:
    return {
        "ticket": ticket(shown),
        "classification": {
            "category": CATEGORY.outward[found.category],
            "priority": PRIORITY.outward[found.priority],
            "confidence": found.confidence,
            "reasoning": found.reasoning,
            "keywords_found": found.keywords,
        },
    }


def _name(shown: Ticket, own: Mapping[str, object]) -> object:
    """As this ticket was signed: one customer may write as John here and as Mr Doe there."""
    given = own.get("customer_name") if own.get("customer_email") == shown.requester.email else None
    return given or shown.requester.name


def _tags(shown: Ticket, own: Mapping[str, object]) -> object:
    """In the order in which they were given, as long as they are the same."""
    given = own.get("tags")
    return given if isinstance(given, list) and set(given) == set(shown.tags) else shown.tags


def _metadata(shown: Ticket) -> Json:
    unknown: Json = {"source": SOURCE.outward[shown.channel], "browser": None, "device_type": None}
    return {**unknown, **tickets.metadata_of(shown)}

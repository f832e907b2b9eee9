"""Contract `customer_support` in words and shapes, a row for each route: for its documentation alone."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api import fields
from api.contracts import described
from api.contracts.contract import Contract
from api.contracts.customer_support import shapes
from api.contracts.customer_support.shapes import ImportQuery, NewTicket, TicketChange, TicketQuery
from api.contracts.customer_support.words import CATEGORY, PRIORITY, SOURCE, STATUS
from api.contracts.described import one_of
from api.native.answers import Answer
from api.native.forms import TicketFile
from api.openapi import FILES, Json, Operation, Words
from core.errors import Invalid, NotFound, Problem

_Category = Annotated[str, Field(json_schema_extra=one_of(CATEGORY))]
_Priority = Annotated[str, Field(json_schema_extra=one_of(PRIORITY))]


class Error(Answer):
    """`details` is there when it is about fields: everything that is wrong with them."""

    error: str
    details: list[str] = Field(default=[])
    message: str = ""


class Metadata(Answer):
    source: Annotated[str, Field(json_schema_extra=one_of(SOURCE))]
    browser: str | None
    device_type: Literal["desktop", "mobile", "tablet"] | None


class Ticket(Answer):
    id: UUID
    customer_id: str
    customer_email: str
    customer_name: str
    subject: str
    description: str
    category: _Category
    priority: _Priority
    status: Annotated[str, Field(json_schema_extra=one_of(STATUS))]
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    assigned_to: str | None
    tags: list[str]
    metadata: Metadata
    classification_confidence: float | None
    classification_reasoning: str | None
    classification_keywords: list[str]
    classified_at: datetime | None
    manual_override: bool


class Pagination(Answer):
    page: int
    limit: int
    total: int
    total_pages: int


class Tickets(Answer):
    tickets: list[Ticket]
    pagination: Pagination


class Classification(Answer):
    category: _Category
    priority: _Priority
    confidence: float
    reasoning: str
    keywords_found: list[str]


class Classified(Answer):
    ticket: Ticket
    classification: Classification


class Deleted(Answer):
    message: str
    id: UUID


class RowErrors(Answer):
    row: int
    errors: list[str]


class Imported(Answer):
    """Rows are counted from 1, without the names of a CSV's columns."""

    total: int
    successful: int
    failed: int
    errors: list[RowErrors]


_ID = "550e8400-e29b-41d4-a716-446655440000"
_NEW: Json = {
    "customer_id": "CUST-001",
    "customer_email": "john@example.com",
    "customer_name": "John Doe",
    "subject": "Cannot login to my account",
    "description": "I keep getting an access denied error.",
    "category": "account_access",
    "priority": "high",
    "status": "new",
    "tags": ["login", "urgent"],
    "metadata": {"source": "web_form", "browser": "Chrome 120", "device_type": "desktop"},
}
_TICKET: Json = {
    "id": _ID,
    **_NEW,
    "created_at": "2025-02-08T10:30:00Z",
    "updated_at": "2025-02-08T10:30:00Z",
    "resolved_at": None,
    "assigned_to": None,
    "classification_confidence": None,
    "classification_reasoning": None,
    "classification_keywords": [],
    "classified_at": None,
    "manual_override": False,
}

OPERATIONS = {
    "GET /tickets": Operation("Tickets, newest first", Tickets, query=TicketQuery),
    "POST /tickets": Operation(
        "A new ticket", Ticket, 201, NewTicket, headers=("Idempotency-Key",), errors=(409,),
        example=_NEW, shows=_TICKET,
    ),
    "POST /tickets/import": Operation(
        "Import a file of tickets", Imported, body=TicketFile, query=ImportQuery, takes=(FILES,),
        more="CSV, JSON or XML: by `format`, else by the file's extension, else by its type. A bad row never stops "
        "the others.",
        shows={
            "total": 2, "successful": 1, "failed": 1,
            "errors": [{"row": 2, "errors": ["Invalid email format: invalid-email"]}],
        },
    ),
    "GET /tickets/{id}": Operation("One ticket", Ticket, shows=_TICKET),
    "PUT /tickets/{id}": Operation(
        "Change a ticket: what is left out stays", Ticket, body=TicketChange, errors=(409,),
        example={"status": "in_progress", "assigned_to": "agent-456", "priority": "urgent"},
    ),
    "DELETE /tickets/{id}": Operation(
        "Delete a ticket", Deleted, errors=(409,), shows={"message": "Ticket deleted successfully", "id": _ID}
    ),
    "POST /tickets/{id}/auto-classify": Operation("Classify a ticket again", Classified, errors=(409,)),
}  # fmt: skip


def words(contract: Contract) -> Words:
    return described.words(
        contract,
        about="Tickets with categories, classified at request, and imported from files. There is no sign-in.",
        tags={"tickets": "Tickets"},
        operations=OPERATIONS,
        problem=Error,
        faults={
            400: Invalid([Problem("customer_email", "is no address"), Problem("subject", "has another length")]),
            404: NotFound("Ticket"),
        },
        meanings={shapes.given: {}, shapes.address: fields.MEANINGS[fields.address]},
    )

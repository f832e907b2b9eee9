"""What the native API answers, as shapes: for its documentation, and for the tests that hold the views to them.

Handlers answer with plain dictionaries (api/native/views.py); nothing here is loaded to serve a request.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, RootModel

from core.vocabulary import (
    Category,
    Channel,
    DeliveryKind,
    DeliveryState,
    Direction,
    Disposition,
    EventType,
    Priority,
    Role,
    Scope,
    Status,
    TicketType,
)


class Answer(BaseModel):
    """Nothing more than is named: whoever reads the documentation can rely on it."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Answer):
    field: str
    message: str


class Problem(Answer):
    """RFC 9457. `detail` says what to do next; `errors` names everything that is wrong, not only the first."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = Field(default=[])


class SignedIn(Answer):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int


class User(Answer):
    id: UUID
    username: str
    name: str
    email: str
    role: Role
    active: bool
    client_id: UUID | None
    created_at: datetime


class Pagination(Answer):
    """`total_is_exact` is there, and false, where counting ended: there may be more. `next_cursor` goes on behind this page."""

    page: int
    limit: int
    total: int
    total_pages: int
    next_cursor: str | None
    total_is_exact: bool = True


class Users(Answer):
    users: list[User]
    pagination: Pagination


class Agent(Answer):
    id: UUID
    username: str
    name: str
    email: str
    active: bool
    created_at: datetime


class Agents(Answer):
    agents: list[Agent]
    pagination: Pagination


class Client(Answer):
    id: UUID
    name: str
    email: str
    language: str
    created_at: datetime


class Clients(Answer):
    clients: list[Client]
    pagination: Pagination


class ApiKey(Answer):
    """`key` is shown once: when it is made."""

    id: UUID
    name: str
    prefix: str
    scope: Scope
    owner: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    key: str = ""


class ApiKeys(Answer):
    api_keys: list[ApiKey]
    pagination: Pagination


class RowProblems(Answer):
    row: int
    errors: list[str]


class Imported(Answer):
    """`total` is `successful` and `duplicates` and `failed`; of very many errors some are only counted."""

    dry_run: bool
    total: int
    successful: int
    duplicates: int
    failed: int
    errors: list[RowProblems]
    errors_left_out: int


class Person(Answer):
    id: UUID
    name: str
    email: str


class TicketMetadata(Answer):
    source: Literal["web_form", "email", "api", "chat", "phone"]
    browser: str | None
    device_type: Literal["desktop", "mobile", "tablet"] | None


class Ticket(Answer):
    """Staff only: `unread` messages, `needs_review` (a doubtful category), `possible_duplicate_of` (a number)."""

    id: UUID
    number: int
    type: TicketType
    channel: Channel
    customer_id: str
    customer_email: str
    customer_name: str
    client: Person
    subject: str
    description: str
    category: Category
    priority: Priority
    status: Status
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    assigned_to: str | None
    tags: list[str]
    metadata: TicketMetadata
    participants: list[Person]
    embed_token: str | None
    classification_confidence: float | None
    classification_reasoning: str | None
    classification_keywords: list[str]
    classified_at: datetime | None
    manual_override: bool
    version: int
    unread: int = 0
    needs_review: bool = False
    possible_duplicate_of: int | None = None


class TicketPagination(Answer):
    """`total_is_exact` is there, and false, where counting ended: there may be more. `next_cursor` goes on behind this page."""

    page: int
    limit: int
    total: int
    total_pages: int
    total_is_exact: bool = True
    next_cursor: str = ""


class Tickets(Answer):
    tickets: list[Ticket]
    pagination: TicketPagination


class EmbedView(Answer):
    """What anybody sees who has the embed token. The time is UTC, without a zone."""

    subject: str
    status: str
    last_updated: str
    link: str


class EmbedToken(Answer):
    embed_token: str
    link: str


class Delivery(Answer):
    id: UUID
    channel: Channel
    address: str
    state: DeliveryState
    reason: str
    attempts: int
    sent_at: datetime | None


class Attachment(Answer):
    id: UUID
    comment_id: UUID | None
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    uploaded_by: str
    created_at: datetime


class NewAttachments(Answer):
    attachments: list[Attachment]


class Attachments(Answer):
    attachments: list[Attachment]
    pagination: Pagination


class Comment(Answer):
    """`deliveries` (how far an answer has come) is shown to staff only."""

    id: UUID
    body: str
    new_text: str | None
    internal: bool
    direction: Direction
    channel: Channel
    author: str
    automatic: str
    created_at: datetime
    edited_at: datetime | None
    attachments: list[Attachment]
    deliveries: list[Delivery] = []


class Comments(Answer):
    comments: list[Comment]
    pagination: Pagination


class Version(Answer):
    """What a comment said until `replaced_at`."""

    version: int
    body: str
    replaced_at: datetime


class Versions(Answer):
    versions: list[Version]
    pagination: Pagination


class Change(Answer):
    id: int
    act_id: UUID
    actor: str
    field: str
    old: str | None
    new: str | None
    reason: str
    at: datetime


class Changes(Answer):
    changes: list[Change]
    pagination: Pagination


class Arrival(Answer):
    id: UUID
    channel: Channel
    sender: str
    subject: str
    size: int
    disposition: Disposition
    reason: str
    error: str
    ticket_number: int | None
    times_seen: int
    received_at: datetime
    replayed_at: datetime | None


class Arrivals(Answer):
    entries: list[Arrival]
    pagination: Pagination


class QueuedDelivery(Answer):
    id: UUID
    ticket_number: int
    channel: Channel
    kind: DeliveryKind
    address: str
    state: DeliveryState
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


class Deliveries(Answer):
    deliveries: list[QueuedDelivery]
    pagination: Pagination


class ReferenceEntry(Answer):
    id: int
    value: str
    label: str
    active: bool


class ReferenceLists(RootModel[dict[str, list[ReferenceEntry]]]):
    """Each list by its name."""


class Webhook(Answer):
    """`disabled_reason` says why the desk has switched it off. `secret` is shown once: when it is made."""

    id: UUID
    url: str
    events: list[EventType]
    active: bool
    failing_since: datetime | None
    disabled_reason: str
    created_at: datetime
    updated_at: datetime
    secret: str = ""


class Webhooks(Answer):
    webhooks: list[Webhook]


class ToldEvent(Answer):
    """`event_id` is the same however often it is told."""

    id: UUID
    event_id: UUID
    type: EventType
    ticket_number: int
    state: DeliveryState
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None


class WebhookLog(Answer):
    deliveries: list[ToldEvent]
    next_before: UUID | None

"""The closed sets of the desk: one word for one idea, the same everywhere inside.

Words that only one wire format uses are translated where that format is spoken; they never reach core.
"""

from enum import StrEnum


class Channel(StrEnum):
    """Where a message came from, or goes to."""

    EMAIL = "email"
    TELEGRAM = "telegram"
    WEB_FORM = "web_form"
    API = "api"
    IMPORT = "import"
    CONSOLE = "console"
    PHONE = "phone"
    MOBILE = "mobile"
    IN_PERSON = "in_person"
    # To programs: nothing comes from there.
    WEBHOOK = "webhook"


class Status(StrEnum):
    """The union of what the wire formats can say about a ticket's progress."""

    NEW = "new"
    REVIEWED = "reviewed"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DISCARDED = "discarded"
    DELETED = "deleted"


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Category(StrEnum):
    ACCOUNT_ACCESS = "account_access"
    TECHNICAL_ISSUE = "technical_issue"
    BILLING_QUESTION = "billing_question"
    FEATURE_REQUEST = "feature_request"
    BUG_REPORT = "bug_report"
    OTHER = "other"


class Role(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    ADMIN = "admin"


class Scope(StrEnum):
    """What an API key may be used for, within its owner's role. Each includes the one before."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class TicketType(StrEnum):
    INCIDENCE = "incidence"
    SUGGESTION = "suggestion"


class MessageKind(StrEnum):
    """What an inbound message is, before anyone asks which ticket it belongs to."""

    NEW = "new"
    REPLY = "reply"
    AUTO = "auto"
    BOUNCE = "bounce"
    REJECT = "reject"
    # Another wording of a message that is here already, and more of one (an album's late files).
    EDIT = "edit"
    MORE = "more"


class ReportKind(StrEnum):
    """What a report about a mail of ours says."""

    FAILED = "failed"
    DELAYED = "delayed"
    COMPLAINT = "complaint"


class Direction(StrEnum):
    """Who a message of a conversation is for."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"


class Outcome(StrEnum):
    """What the sender of a message learns (see Receipt)."""

    OPENED = "opened"
    COMMENTED = "commented"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    DEFERRED = "deferred"


class Disposition(StrEnum):
    """What became of a message: exactly one word for each row of the ledger."""

    TICKET = "ticket"
    COMMENT = "comment"
    PENDING_PARTICIPANT = "pending_participant"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    DUPLICATE = "duplicate"
    BLOCKED = "blocked"
    LOOP = "loop"
    SPAM = "spam"
    QUARANTINED = "quarantined"


class DeliveryKind(StrEnum):
    ANSWER = "answer"
    ACKNOWLEDGEMENT = "acknowledgement"
    EVENT = "event"
    # A code that shows whose mailbox it is.
    PROOF = "proof"


class EventType(StrEnum):
    """What webhooks hear of."""

    CREATED = "ticket.created"
    UPDATED = "ticket.updated"
    COMMENTED = "ticket.commented"
    RESOLVED = "ticket.resolved"


class MarkKind(StrEnum):
    """What the desk holds against an address, a domain, or everybody: a block, or a reason for no automatic mail."""

    BLOCKED = "blocked"
    LOOP = "loop"
    BUDGET = "budget"
    COMPLAINT = "complaint"


class HeldDecision(StrEnum):
    """What an agent says of an answer whose writer is not a participant."""

    ALLOW = "allow"
    NEW_TICKET = "new_ticket"
    IGNORE = "ignore"


class DeliveryState(StrEnum):
    """The life of one outbox row. `retrying` is queued again after a failure that may pass.

    `delayed`: the relay took it, and a server further on says that it is still trying.
    """

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    DELAYED = "delayed"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


# A ticket in one of these states needs nobody any more; a customer's message opens it again.
SETTLED = frozenset({Status.RESOLVED, Status.CLOSED, Status.DISCARDED})

# Which status may follow which. Everything may, except that the dead stay dead: deletion is undone by
# nobody over the API, and `deleted` is reached by deleting, never by a status change.
FOLLOWS: dict[Status, frozenset[Status]] = {
    status: frozenset(Status) - {Status.DELETED} if status is not Status.DELETED else frozenset() for status in Status
}

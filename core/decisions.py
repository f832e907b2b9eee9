"""What is to be done with one message: the values between deciding (core.intake) and doing (core.filing)."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Earlier, KnownMessage, KnownTicket
from core.forwards import ByAgent
from core.judge import Judged
from core.messages import InboundMessage
from core.tickets import Requester
from core.vocabulary import Disposition, Status


@dataclass(frozen=True, slots=True)
class Open:
    """A new ticket. `person_id` None: the sender is somebody new. `answers`: the ticket a stranger tried to answer.

    `judged` None: the sender has said what it would say.
    `requester` is who `person_id` is, where that is known. `by_agent` is set where an agent has handed the mail in.
    """

    message: InboundMessage
    person_id: UUID | None
    subject: str
    judged: Judged | None
    acknowledge: bool
    answers: int | None = None
    requester: Requester | None = None
    by_agent: ByAgent | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A further message on a ticket. `status`: what the ticket becomes by it, None when it stays."""

    message: InboundMessage
    ticket: KnownTicket
    person_id: UUID
    status: Status | None


@dataclass(frozen=True, slots=True)
class Amend:
    """What somebody said gets another wording, or more files and words."""

    message: InboundMessage
    said: KnownMessage


@dataclass(frozen=True, slots=True)
class Put:
    """Into the ledger only."""

    message: InboundMessage
    disposition: Disposition
    reason: str


@dataclass(frozen=True, slots=True)
class Again:
    """Seen before: in the database (`earlier`), or as number `same_as` of this very batch."""

    message: InboundMessage
    earlier: Earlier | None = None
    same_as: int = -1


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Nothing is stored; the sender is told, for now or for good."""

    message: InboundMessage
    reason: str
    for_now: bool


Decision = Open | Comment | Amend | Put | Again | TurnedAway

"""What is to be done with one message: the values between deciding (core.intake) and doing (core.filing)."""

from dataclasses import dataclass
from uuid import UUID

from core.facts import Earlier, KnownDelivery, KnownMessage, KnownTicket
from core.learning.judge import Judged
from core.mail.forwards import ByAgent
from core.mail.marks import Mark
from core.messages import InboundMessage
from core.tickets import Requester
from core.vocabulary import DeliveryState, Disposition, Status


@dataclass(frozen=True, slots=True)
class Open:
    """A new ticket. `person_id` None: the sender is somebody new. `because`: why it is not a comment on another one.

    `follows` is the ticket it goes on from, which was closed too long ago. `incidents` are what stands in the way of an
    acknowledgement since now. `copied` take part as well. `judged` None: the sender has said what it would say.
    `requester` is who `person_id` is, where that is known. `by_agent` is set where an agent has handed the mail in.
    """

    message: InboundMessage
    person_id: UUID | None
    subject: str
    judged: Judged | None
    acknowledge: bool
    because: str = ""
    requester: Requester | None = None
    follows: KnownTicket | None = None
    incidents: tuple[Mark, ...] = ()
    copied: tuple["Copied", ...] = ()
    reachable_again: bool = False
    by_agent: ByAgent | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A further message on a ticket. `status`: what the ticket becomes by it, None when it stays.

    `reachable_again`: mail from an address that counted as dead, and whose sender is verified.
    """

    message: InboundMessage
    ticket: KnownTicket
    person_id: UUID
    status: Status | None
    copied: tuple["Copied", ...] = ()
    reachable_again: bool = False


@dataclass(frozen=True, slots=True)
class Copied:
    """Somebody who got a copy, and takes part from now on. `person_id` None: somebody new."""

    address: str
    name: str
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Hold:
    """An answer on `ticket` by somebody whom an agent has to let in first. `is_agent`: of the staff, as the mail says."""

    message: InboundMessage
    ticket: KnownTicket
    is_agent: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """A report about `delivery`, which is on `ticket`, in words. `state`: what the delivery becomes, None as it was.

    `dead`: mail to its address will never arrive. `incident`: its reader complained.
    """

    message: InboundMessage
    delivery: KnownDelivery
    ticket: KnownTicket
    state: DeliveryState | None
    reason: str
    note: str
    dead: bool = False
    incident: Mark | None = None


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
    """Seen before: in the database (`earlier`), or as number `same_as` of this very batch.

    `copy`: the same mail by another way, with other bytes; `tags` are those of the address it went to.
    """

    message: InboundMessage
    earlier: Earlier | None = None
    same_as: int = -1
    copy: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Nothing is stored; the sender is told, for now or for good."""

    message: InboundMessage
    reason: str
    for_now: bool


Decision = Open | Comment | Amend | Hold | Returned | Put | Again | TurnedAway

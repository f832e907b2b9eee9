"""The values that travel between channels and the desk. Plain, frozen, and the same for every channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from core.vocabulary import (
    Category,
    Channel,
    DeliveryKind,
    Direction,
    MessageKind,
    Outcome,
    Priority,
    ReportKind,
    Status,
    TicketType,
)

if TYPE_CHECKING:  # the tables behind it take a second to load, which a parser of mails has no use for
    from core.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the channel knows them.

    `address` is normalised by the channel (mail: lower case; Telegram: the numeric id as text) and may be
    empty when nobody can be named. `person_id` is set only where somebody has signed in: then the address is
    not what identifies them. `verified` says that the channel vouches for the address (mail: a DMARC pass that
    our own front server wrote).
    """

    channel: Channel
    address: str
    name: str = ""
    person_id: UUID | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class InboundFile:
    """One file as it came. `filename` is safe to show and to store as a name, never as a path.

    `named` is False where the sender gave it no name and we made one up. `called` is the name as the sender's program
    wrote it, where ours is not that.
    """

    filename: str
    content_type: str
    data: bytes
    inline: bool = False
    content_id: str = ""
    named: bool = field(default=True, compare=False)
    called: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Retold:
    """A later message of a conversation that took place elsewhere. `files` are those of the message that brings it."""

    direction: Direction
    author: str
    text: str
    created_at: datetime
    files: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the sender asked for beyond the text; what is None is for the desk to decide.

    `classify` is False where the sender says category and priority, and the text is not to be read for them. From
    `assignee_id` on (an account of this desk) it is what a ticket brings along that has had a life elsewhere;
    `external_id` is unique among all tickets. `channel` is where the matter came up, where that is not how the
    message came. `retold` is what was said there after the first message.
    """

    category: Category | None = None
    priority: Priority | None = None
    type: TicketType = TicketType.INCIDENCE
    tags: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    status: Status = Status.NEW
    classify: bool = True
    assignee_id: UUID | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    external_id: str = ""
    channel: Channel | None = None
    retold: tuple[Retold, ...] = ()


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Report:
    """What a mail server, or a reader's provider, says of a mail of ours. Anybody can write one; it proves nothing.

    `status` is the code of RFC 3463 (`5.1.1`; empty: none was said), `diagnostic` the words behind it. `recipients` are
    whom it is about, `message_ids` those of the mail it returns, `sent_from` the return path that mail had.
    """

    kind: ReportKind
    status: str = ""
    diagnostic: str = ""
    recipients: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    sent_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signs:
    """What a mail says beside its text.

    `spam` is the verdict of our own front server, as it wrote it, and `infected` whether it is of a virus; `loop` the sign
    that our own mails bear; `copied` are (name, address) of those who got a copy; `reply_to` is where answers are asked
    for, if not at the sender;
    `content` is the same for two copies of one mail that took different ways (empty: that cannot be told).
    """

    report: Report | None = None
    spam: str = ""
    loop: str = ""
    copied: tuple[tuple[str, str], ...] = ()
    reply_to: str = ""
    content: str = ""
    infected: bool = False


NO_SIGNS = Signs()


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail that a message hands on: who wrote it first, as the forwarder's program says it (nothing proves it).

    `text` is what was forwarded, `remark` what the forwarder wrote above it. `address` is empty where the program
    shows a name only. `date` is as it was written. `sure` is False where it may as well be quoted in an answer;
    `ordered` says that the forwarder's first line asks to open a ticket for whoever wrote first (`@fwd`), in which case
    all else may be empty. `files` are those of a mail that is attached.
    """

    name: str
    address: str
    subject: str = ""
    date: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    text: str = ""
    remark: str = ""
    sure: bool = False
    ordered: bool = False
    files: tuple[InboundFile, ...] = ()


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message on its way in, whatever the channel.

    `raw` is what arrived, byte for byte; `dedupe_key` is the same for the same arrival and for nothing else.
    `text` is the whole text; `new_text` the new part of an answer, None when nothing was cut.
    `recipients` are the addresses it was sent to: for mail the envelope's, where our reply tokens come back.
    `automatic` names what shows that no person wrote this (`Auto-Submitted: auto-replied`), empty otherwise.
    `ticket_id` is set only where the channel proves which ticket is meant (a signed-in customer's comment).
    `acknowledge` is False where the channel itself shows the answer (form, API).
    `forwarded` is the mail that it hands on, if it does.
    `amends` is the message of ours that an EDIT rewords, or that MORE belongs to. `place` is where `message_id` is
    one among others (a chat). `silent`: it happened elsewhere and earlier, and webhooks do not hear that it was
    brought here. `scribe` is who of the staff (a username) wrote it down for the sender.
    """

    channel: Channel
    sender: Sender
    subject: str
    text: str
    raw: bytes
    dedupe_key: str
    kind: MessageKind = MessageKind.NEW
    new_text: str | None = None
    html: str | None = None
    files: tuple[InboundFile, ...] = ()
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    automatic: str = ""
    bounced: tuple[str, ...] = ()
    language: str = ""
    envelope: Mapping[str, object] = field(default_factory=dict)
    wishes: Wishes = NO_WISHES
    ticket_id: UUID | None = None
    acknowledge: bool = True
    forwarded: Forwarded | None = None
    amends: UUID | None = None
    place: str = ""
    silent: bool = False
    scribe: str = ""
    signs: Signs = NO_SIGNS

    @property
    def own_files(self) -> tuple[InboundFile, ...]:
        """Those that came with this message, and not with what was said later."""
        if not self.wishes.retold:
            return self.files
        later = {index for one in self.wishes.retold for index in one.files}
        return tuple(file for index, file in enumerate(self.files) if index not in later)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender learns, known only once it is on the disk."""

    outcome: Outcome
    ledger_id: UUID
    ticket_number: int | None = None
    ticket_id: UUID | None = None
    message_id: UUID | None = None
    embed_token: str | None = None
    reason: str = ""
    # The ticket as it was opened, where the desk knows all of it without looking: it spares the caller a read.
    opened: "Ticket | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class OutboundFile:
    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an answer, before its bytes are read. `link` opens it for whoever has it."""

    filename: str
    content_type: str
    size: int
    sha256: str
    link: str


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said before."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One thing to say to one person, ready for a courier: everything it needs and nothing it must look up.

    `message_id` was fixed when the delivery was queued, so that a repeated attempt is recognisably the same.
    `reply_to` is bound to this ticket and this participant. `attempt` counts from 1.
    `bounce_to` is where a report goes that it could not be delivered.
    `enclosed` are its files; those that are to go along are in `files`, with their bytes, and the rest in `linked`.
    `earlier` is what was said before, as far as this person may know it, the newest first.
    """

    delivery_id: UUID
    kind: DeliveryKind
    channel: Channel
    address: str
    name: str
    ticket_number: int
    subject: str
    text: str
    status_link: str
    message_id: str
    reply_to: str
    bounce_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    author: str = ""
    language: str = "en"
    enclosed: tuple[Enclosure, ...] = ()
    files: tuple[OutboundFile, ...] = ()
    linked: tuple[Enclosure, ...] = ()
    earlier: tuple[Said, ...] = ()
    created_at: datetime | None = None
    attempt: int = 1

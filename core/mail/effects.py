"""What follows from a mail beside its message: notes for the agents, people who take part, deliveries and addresses
that failed, incidents. Pure: rows to insert and amendments of rows that are there, which core.filing carries out.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table, Update, bindparam, update

from core import amendments, tables
from core.decisions import Hold, Open, Returned
from core.mail.marks import Mark
from core.storage.columns import UtcDateTime
from core.tables import new_id
from core.text import clean_text
from core.vocabulary import Channel, DeliveryState, Direction

Row = dict[str, object]
# Who signs a note that nobody wrote.
AUTHOR = "Deskbell"
# Of a held answer the agents are shown so much; all of it is in the ledger.
_SHOWN = 2_000

_d, _i = tables.deliveries.c, tables.identities.c
RETURNED = (
    update(tables.deliveries)
    .where(_d.id == bindparam("delivery"), _d.state != DeliveryState.FAILED)
    .values(
        state=bindparam("becomes"),
        reason=bindparam("because"),
        returned_at=bindparam("at", type_=UtcDateTime),
        leased_until=None,
    )
)
DEAD = (
    update(tables.identities)
    .where(_i.channel == Channel.EMAIL, _i.address == bindparam("whose"), _i.unreachable_at.is_(None))
    .values(unreachable_at=bindparam("at", type_=UtcDateTime), unreachable_reason=bindparam("because"))
)
# What waits still to be sent there.
HOPELESS = (
    update(tables.deliveries)
    .where(
        _d.address == bindparam("whose"),
        _d.channel == Channel.EMAIL,
        _d.state.in_((DeliveryState.QUEUED, DeliveryState.RETRYING)),
    )
    .values(state=DeliveryState.FAILED, reason=bindparam("because"), leased_until=None)
)
ALIVE = (
    update(tables.identities)
    .where(_i.channel == Channel.EMAIL, _i.address == bindparam("whose"))
    .values(unreachable_at=None, unreachable_reason="")
)


@dataclass(slots=True)
class Effects:
    rows: list[tuple[Table, Row]] = field(default_factory=list)
    amended: list[tuple[Update, Row]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


def returned(decision: Returned, now: datetime) -> Effects:
    """The delivery is what the report says, the agents are told once, and a dead address is left alone."""
    found, delivery = Effects(), decision.delivery
    if decision.state:
        because = decision.reason[:1000]
        row = {"delivery": delivery.id, "becomes": decision.state, "because": because, "at": now}
        found.amended.append((RETURNED, row))
    if decision.note:
        found.rows.append(note(decision.ticket.id, decision.note, now))
        found.amended.append(_told(decision.ticket.id, now))
    if decision.dead:
        because = decision.reason[:1000]
        found.amended.append((DEAD, {"whose": delivery.address, "at": now, "because": because}))
        found.amended.append((HOPELESS, {"whose": delivery.address, "because": because}))
    if decision.incident:
        found.marks.append(decision.incident)
    return found


def held(decision: Hold, entry: UUID, now: datetime) -> Effects:
    """The agents of the ticket are asked; `entry` is the row of the ledger that they decide on."""
    sender, message = decision.message.sender, decision.message
    who = f"{sender.name} <{sender.address}>" if sender.name else sender.address
    text = clean_text(message.new_text or message.text, most=_SHOWN)
    happened = (
        f"{who}, an agent's address, has answered by mail. Agents never act by mail, so this went to nobody: answer in "
        f"the desk or the chat. The mail is held as a stranger's would be"
        if decision.is_agent
        else f"{who} has answered by a link of this ticket that was made for somebody else, and is held"
    )
    said = f"{happened} until somebody lets them in (held {entry}).\n\n{message.subject}\n\n{text}"
    return Effects([note(decision.ticket.id, said, now)], [_told(decision.ticket.id, now)])


def opened(decision: Open, ticket_id: UUID, number: int, now: datetime) -> Effects:
    """What the agents should know of a new ticket that its mail does not say by itself."""
    found, message = Effects(marks=list(decision.incidents)), decision.message
    if decision.reachable_again:
        found.amended.append((ALIVE, {"whose": message.sender.address}))
    if old := decision.follows:
        since = f" on {old.settled_at:%Y-%m-%d}" if old.settled_at else ""
        found.rows.append(note(ticket_id, f"This follows ticket #{old.number}, which was closed{since}.", now))
        found.rows.append(note(old.id, f"Ticket #{number} follows this one.", now))
    if message.signs.reply_to and not message.automatic and not decision.by_agent:
        said = (
            f"The mail came from {message.sender.address} and asks for answers to {message.signs.reply_to} (Reply-To). "
            f"Ours go to {message.sender.address}."
        )
        found.rows.append(note(ticket_id, said, now))
    return found


def note(ticket_id: UUID, text: str, now: datetime) -> tuple[Table, Row]:
    """Seen by staff, sent to nobody."""
    return tables.messages, {
        "id": new_id(),
        "ticket_id": ticket_id,
        "direction": Direction.NOTE,
        "channel": Channel.EMAIL,
        "person_id": None,
        "author": AUTHOR,
        "body": text,
        "new_text": None,
        "html": None,
        "automatic": "",
        "created_at": now,
    }


def _told(ticket_id: UUID, now: datetime) -> tuple[Update, Row]:
    return amendments.TOUCH, {"ticket": ticket_id, "at": now, "more": 1}

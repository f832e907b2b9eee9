"""The only way a message becomes a ticket or a comment: facts → decide → file.

`decide` is pure. It walks the batch in order and lets each decision be seen by the next, so that the same mail twice
in one batch is one ticket and two first mails of one person are one person.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from core import facts as world
from core import filing, forwards, numbers, policy, threads
from core.blobs import Blob
from core.config import Settings
from core.database import Transaction
from core.decisions import Again, Amend, Comment, Decision, Open, Put, TurnedAway
from core.facts import Facts, KnownTicket
from core.judge import Judge
from core.messages import InboundMessage, Receipt
from core.secrets import Keys
from core.text import SUBJECT_LENGTH, clean_line
from core.tickets import Requester
from core.vocabulary import SETTLED, Channel, Disposition, MessageKind, Status


async def receive(
    transaction: Transaction,
    messages: Sequence[InboundMessage],
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    blobs: Mapping[int, Blob],
    judge: Judge,
) -> list[Receipt]:
    """Judge and file a batch as one transaction. `blobs` are those that `blobs.prepared` made."""
    receipts: list[Receipt] = []
    *earlier, last = rounds(messages)
    for together in (*earlier, last):
        look = partial(_look, messages=together, now=now, settings=settings)
        facts, offered = await transaction.run(look)
        decisions = decide(together, facts, now, settings=settings, keys=keys, judge=judge)
        opened = filing.openings(decisions)
        if opened and offered is None:
            offered = await transaction.run(partial(numbers.take, count=opened))
        batch = filing.Batch(now, settings, keys, (offered or [])[:opened], blobs)
        batch.add_all(decisions)
        await (transaction.finish if together is last else transaction.run)(batch.write)
        receipts += batch.receipts
    return receipts


def _look(
    connection: Connection, messages: Sequence[InboundMessage], now: datetime, settings: Settings
) -> tuple[Facts, list[int] | None]:
    """Both in one trip: what is known, and the numbers that new tickets may have."""
    return world.gather(connection, messages, now, settings.limits), numbers.offered(connection, len(messages))


def rounds(messages: Sequence[InboundMessage]) -> Iterator[list[InboundMessage]]:
    """The batch cut where a mail answers one before it: after an outage the two arrive in the same moment."""
    together: list[InboundMessage] = []
    names: set[str] = set()
    for message in messages:
        if not names.isdisjoint(world.referred(message)):
            yield together
            together, names = [], set()
        together.append(message)
        names.add(message.message_id)
    if together:
        yield together


def decide(
    messages: Sequence[InboundMessage],
    facts: Facts,
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    judge: Judge,
) -> list[Decision]:
    seen = _Seen(dict(facts.mails_last_hour), dict(facts.automatic_today), facts.automatic_last_hour, judge)
    return [_decide(index, message, facts, now, settings, keys, seen) for index, message in enumerate(messages)]


@dataclass(slots=True)
class _Seen:
    """What the earlier messages of the same batch have changed, and who judges the next."""

    mails: dict[str, int]
    automatic: dict[str, int]
    automatic_hour: int
    judge: Judge
    keys: dict[str, int] = field(default_factory=dict)
    reopened: set[UUID] = field(default_factory=set)

    def counts(self, message: InboundMessage) -> int:
        before = self.mails.get(message.sender.address, 0)
        if message.channel is Channel.EMAIL:
            self.mails[message.sender.address] = before + 1
        return before

    def acknowledged(self, address: str) -> None:
        self.automatic[address] = self.automatic.get(address, 0) + 1
        self.automatic_hour += 1


def _decide(
    index: int, message: InboundMessage, facts: Facts, now: datetime, settings: Settings, keys: Keys, seen: _Seen
) -> Decision:
    if earlier := facts.earlier.get(message.dedupe_key):
        return Again(message, earlier=earlier)
    if (first := seen.keys.setdefault(message.dedupe_key, index)) != index:
        return Again(message, same_as=first)
    verdict = policy.judge(policy.Case(message, facts, settings, now, mails=seen.counts(message)))
    if isinstance(verdict, policy.SetAside):
        return Put(message, verdict.disposition, verdict.reason)
    if verdict is not None:
        # A later copy in the same batch must not be taken for a duplicate of something that was not stored.
        del seen.keys[message.dedupe_key]
        return TurnedAway(message, verdict.reason, for_now=isinstance(verdict, policy.Defer))
    return _admit(message, facts, settings, keys, seen)


def _admit(message: InboundMessage, facts: Facts, settings: Settings, keys: Keys, seen: _Seen) -> Decision:
    person_id = _person_id(message, facts)
    said = facts.said.get(message.amends) if message.amends else None
    if said and said.person_id == person_id:
        return Amend(message, said)
    thread = threads.resolve(message, person_id, facts, keys.replies)
    if isinstance(thread, threads.Joins):
        return _comment(message, thread, seen)
    if message.kind is MessageKind.AUTO:
        # An answer that a program gave to something that is not here: there is nothing anybody could do with it.
        return Put(message, Disposition.AUTO_REPLY, message.automatic)
    return _open(message, person_id, thread, facts, settings, seen)


def _comment(message: InboundMessage, thread: threads.Joins, seen: _Seen) -> Comment:
    status = None if thread.ticket.id in seen.reopened else _status_after(message, thread.ticket)
    if status:
        seen.reopened.add(thread.ticket.id)
    return Comment(message, thread.ticket, thread.person_id, status)


def _open(
    message: InboundMessage,
    person_id: UUID | None,
    thread: threads.Stranger | None,
    facts: Facts,
    settings: Settings,
    seen: _Seen,
) -> Open:
    message, by_agent = forwards.hand_over(message, facts, settings)
    # Whoever has never written before is somebody new, also where an agent speaks for them.
    person_id = _person_id(message, facts) if by_agent else person_id
    address = message.sender.address
    acknowledge = policy.acknowledges(
        message, settings, sent_today=seen.automatic.get(address, 0), sent_last_hour=seen.automatic_hour
    )
    if acknowledge:
        seen.acknowledged(address)
    return Open(
        # What opens a ticket is shown whole: it may be a forward, or answer what this desk has never seen (rule 65).
        replace(message, new_text=None) if message.new_text else message,
        person_id=person_id,
        subject=subject_of(message),
        judged=seen.judge.of_message(message) if message.wishes.classify else None,
        acknowledge=acknowledge,
        answers=thread.ticket.number if thread else None,
        requester=_requester(message, person_id, facts),
        by_agent=by_agent,
    )


def _person_id(message: InboundMessage, facts: Facts) -> UUID | None:
    if message.sender.person_id:
        return message.sender.person_id
    known = facts.people.get((message.sender.channel, message.sender.address))
    return known.person_id if known else None


def _requester(message: InboundMessage, person_id: UUID | None, facts: Facts) -> Requester | None:
    """Who that is, if the sender's address tells it: where somebody has signed in, it may be another's."""
    known = facts.people.get((message.sender.channel, message.sender.address))
    return Requester(known.person_id, known.name, known.email) if known and known.person_id == person_id else None


def _status_after(message: InboundMessage, ticket: KnownTicket) -> Status | None:
    """The customer's word brings a waiting or settled ticket back; an automatic one changes nothing (rule 51)."""
    if message.automatic:
        return None
    if ticket.status is Status.WAITING_CUSTOMER or ticket.status in SETTLED:
        return Status.IN_PROGRESS if ticket.assigned else Status.NEW
    return None


def subject_of(message: InboundMessage) -> str:
    """A ticket always has a subject: its own, or the first words of the text (rule 15)."""
    if subject := clean_line(message.subject, most=SUBJECT_LENGTH):
        return subject
    first = next((line for line in message.text.splitlines() if line.strip()), "")
    return clean_line(first, most=60) or ("(no subject)" if message.channel is Channel.EMAIL else "(empty message)")

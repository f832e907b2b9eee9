"""The only way a message becomes a ticket or a comment: facts → decide → file.

`decide` is pure. It walks the batch in order and lets each decision be seen by the next, so that the same mail twice
in one batch is one ticket and two first mails of one person are one person.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Connection

from core import addresses, filing, numbers, policy, subjects, threads
from core import facts as world
from core.accounts.secrets import Keys
from core.config import Settings
from core.decisions import Again, Amend, Comment, Decision, Hold, Open, Put, TurnedAway
from core.facts import Facts, KnownTicket
from core.learning.judge import Judge
from core.mail import by_subject, copies, forwards, returns, routing
from core.mail.marks import Mark
from core.messages import InboundMessage, Receipt
from core.storage.blobs import Blob
from core.storage.transactions import Transaction
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
    *earlier, last = rounds(messages, settings)
    for together in (*earlier, last):
        look = partial(_look, messages=together, now=now, settings=settings, keys=keys)
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
    connection: Connection, messages: Sequence[InboundMessage], now: datetime, settings: Settings, keys: Keys
) -> tuple[Facts, list[int] | None]:
    """Both in one trip: what is known, and the numbers that new tickets may have."""
    return world.gather(connection, messages, now, settings, keys), numbers.offered(connection, len(messages))


def rounds(messages: Sequence[InboundMessage], settings: Settings) -> Iterator[list[InboundMessage]]:
    """The batch cut where a mail answers one before it, or may: after an outage the two arrive in the same moment."""
    together: list[InboundMessage] = []
    names: set[str | tuple[str, str] | None] = set()
    for message in messages:
        matter = by_subject.asks(message, settings)
        if not names.isdisjoint(world.referred(message)) or (matter and matter in names):
            yield together
            together, names = [], set()
        together.append(message)
        names |= {message.message_id, matter}
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
    known = facts.standing
    seen = _Seen(
        dict(known.mails_last_hour),
        dict(known.automatic_today),
        dict(known.by_domain),
        known.automatic_last_hour,
        judge,
    )
    return [_decide(index, message, facts, now, settings, keys, seen) for index, message in enumerate(messages)]


@dataclass(slots=True)
class _Seen:
    """What the earlier messages of the same batch have changed, and who judges the next."""

    mails: dict[str, int]
    automatic: dict[str, int]
    automatic_domain: dict[str, int]
    automatic_hour: int
    judge: Judge
    keys: dict[str, int] = field(default_factory=dict)
    contents: dict[str, int] = field(default_factory=dict)
    reopened: set[UUID] = field(default_factory=set)
    returned: set[UUID] = field(default_factory=set)

    def counts(self, message: InboundMessage) -> int:
        before = self.mails.get(message.sender.address, 0)
        if message.channel is Channel.EMAIL:
            self.mails[message.sender.address] = before + 1
        return before

    def spent(self, address: str, facts: Facts) -> policy.Spent:
        return policy.Spent(
            self.automatic.get(address, 0),
            self.automatic_domain.get(addresses.domain(address), 0),
            self.automatic_hour,
            facts.standing.quick_answers.get(address, 0),
        )

    def acknowledged(self, address: str) -> None:
        domain = addresses.domain(address)
        self.automatic[address] = self.automatic.get(address, 0) + 1
        self.automatic_domain[domain] = self.automatic_domain.get(domain, 0) + 1
        self.automatic_hour += 1


def _decide(
    index: int, message: InboundMessage, facts: Facts, now: datetime, settings: Settings, keys: Keys, seen: _Seen
) -> Decision:
    if earlier := facts.earlier.get(message.dedupe_key):
        return Again(message, earlier=earlier)
    if (first := seen.keys.setdefault(message.dedupe_key, index)) != index:
        return Again(message, same_as=first)
    if copy := _copy(index, message, facts, settings, seen):
        return copy
    person_id = _person_id(message, facts)
    thread = threads.resolve(message, person_id, facts, keys.replies, vouched=bool(settings.smtp.authserv_id))
    about = returns.match(message, facts, keys.replies, now)
    if about and about.state and about.delivery.id not in seen.returned:
        # A server that returns a thousand mails of ours at once floods nobody: each is news, and once.
        seen.returned.add(about.delivery.id)
        return about
    verdict = policy.judge(policy.Case(message, facts, settings, now, mails=seen.counts(message), thread=thread))
    if isinstance(verdict, policy.SetAside):
        about = about if verdict.disposition is Disposition.BOUNCE and about and not about.state else None
        return about or Put(message, verdict.disposition, verdict.reason)
    if verdict is not None:
        # A later copy in the same batch must not be taken for a duplicate of something that was not stored.
        del seen.keys[message.dedupe_key]
        return TurnedAway(message, verdict.reason, for_now=isinstance(verdict, policy.Defer))
    decision = _admit(message, person_id, thread, facts, now, settings, seen)
    if message.signs.content and isinstance(decision, Open | Comment | Hold):
        seen.contents[message.signs.content] = index
    return decision


def _copy(index: int, message: InboundMessage, facts: Facts, settings: Settings, seen: _Seen) -> Again | None:
    """The same mail by another way (rule 47): one ticket, with the tags of both addresses."""
    content = message.signs.content
    earlier, first = facts.copies.get(content), seen.contents.get(content, -1)
    if not content or (earlier is None and first < 0):
        return None
    tags = routing.tags(routing.routes(message, settings))
    return Again(message, earlier=earlier, same_as=first, copy=True, tags=tags)


def _admit(
    message: InboundMessage,
    person_id: UUID | None,
    thread: threads.Joins | threads.Stranger | None,
    facts: Facts,
    now: datetime,
    settings: Settings,
    seen: _Seen,
) -> Decision:
    said = facts.said.get(message.amends) if message.amends else None
    if said and said.person_id == person_id:
        return Amend(message, said)
    if isinstance(thread, threads.Joins) and not _is_history(message, thread.ticket, now, settings):
        return _comment(message, thread, facts, settings, seen)
    monitor = addresses.is_listed(message.sender.address, settings.mail.monitors)
    if message.kind is MessageKind.AUTO and not monitor:
        # An answer that a program gave to something that is not here: there is nothing anybody could do with it.
        return Put(message, Disposition.AUTO_REPLY, message.automatic)
    stranger = thread if isinstance(thread, threads.Stranger) else None
    if stranger and stranger.token and _can_be_let_in(message):
        return Hold(message, stranger.ticket, is_agent=message.sender.address in facts.agents)
    follows = thread.ticket if isinstance(thread, threads.Joins) else None
    return _open(message, person_id, stranger, follows, facts, now, settings, seen)


def _can_be_let_in(message: InboundMessage) -> bool:
    """Whether there is somebody to ask an agent about: not a robot, nor who has signed in and is known to have no say."""
    return message.channel is Channel.EMAIL and bool(message.sender.address) and not message.automatic


def _is_history(message: InboundMessage, ticket: KnownTicket, now: datetime, settings: Settings) -> bool:
    """Whether its matter was settled so long ago that a mail about it is a new one (rule 33)."""
    if message.channel is not Channel.EMAIL or message.automatic or not settings.mail.reopen_days:
        return False
    if ticket.status not in SETTLED or ticket.settled_at is None:
        return False
    return now - ticket.settled_at > timedelta(days=settings.mail.reopen_days)


def _comment(message: InboundMessage, thread: threads.Joins, facts: Facts, settings: Settings, seen: _Seen) -> Comment:
    status = None if thread.ticket.id in seen.reopened else _status_after(message, thread.ticket)
    if status:
        seen.reopened.add(thread.ticket.id)
    return Comment(
        message,
        thread.ticket,
        thread.person_id,
        status,
        copied=copies.newcomers(message, facts, settings, ticket=thread.ticket, token=thread.token),
        reachable_again=_is_reachable_again(message, facts),
    )


def _open(
    message: InboundMessage,
    person_id: UUID | None,
    stranger: threads.Stranger | None,
    follows: KnownTicket | None,
    facts: Facts,
    now: datetime,
    settings: Settings,
    seen: _Seen,
) -> Open:
    message, by_agent = forwards.hand_over(message, facts, settings)
    # Whoever has never written before is somebody new, also where an agent speaks for them.
    person_id = _person_id(message, facts) if by_agent else person_id
    message = routing.routed(message, settings, facts.assignees)
    acknowledge, incidents = _acknowledge(message, facts, now, settings, seen)
    because = stranger.because if stranger else ""
    return Open(
        # What opens a ticket is shown whole: it may be a forward, or answer what this desk has never seen (rule 65).
        replace(message, new_text=None) if message.new_text else message,
        person_id=person_id,
        subject=subjects.of_message(message),
        judged=seen.judge.of_message(message) if message.wishes.classify else None,
        acknowledge=acknowledge,
        because=f"follows ticket {follows.number}, which was closed long ago" if follows else because,
        requester=_requester(message, person_id, facts),
        follows=follows,
        incidents=incidents,
        # Whom an agent copies in is no customer's choice.
        copied=() if by_agent else copies.newcomers(message, facts, settings, ticket=None, token=False),
        reachable_again=_is_reachable_again(message, facts),
        by_agent=by_agent,
    )


def _acknowledge(
    message: InboundMessage, facts: Facts, now: datetime, settings: Settings, seen: _Seen
) -> tuple[bool, tuple[Mark, ...]]:
    """Whether the opening is acknowledged, and what an admin is to see where it is not."""
    if not policy.acknowledges(message, facts, settings, now):
        return False, ()
    address = message.sender.address
    tripped = policy.tripped(address, seen.spent(address, facts), settings, now)
    if tripped:
        return False, policy.news(tripped, facts, now)
    seen.acknowledged(address)
    return True, ()


def _is_reachable_again(message: InboundMessage, facts: Facts) -> bool:
    """Who writes from an address that counted as dead, and is vouched for, has it again."""
    known = facts.people.get((message.sender.channel, message.sender.address))
    return bool(known and known.unreachable and message.sender.verified)


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

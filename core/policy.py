"""What is not to become a ticket, and why: the checks, in order. Pure; the first that speaks decides.

Nothing is ever thrown away here. What is set aside lies in the ledger with its raw bytes and can be replayed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from core import addresses, tokens
from core.config import Settings
from core.facts import Facts
from core.mail.marks import EVERYBODY, Mark
from core.mail.standing import ALTERNATING, DAY, HOUR
from core.messages import InboundMessage
from core.tables import new_id
from core.threads import Joins, Stranger
from core.vocabulary import Channel, Disposition, MarkKind, MessageKind, ReportKind


@dataclass(frozen=True, slots=True)
class SetAside:
    """Kept in the ledger, shown to nobody's queue."""

    disposition: Disposition
    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Not now: the sender's server shall try again later. Nothing is stored."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never: the sender is told so in words. Nothing is stored."""

    reason: str


# What a form notes in its envelope when its hidden field was filled in.
TRAPPED = "trapped"

Verdict = SetAside | Defer | Refuse | None


@dataclass(frozen=True, slots=True)
class Case:
    """One message with all that a check may look at. `mails` counts this sender's mails of the last hour, `thread` is
    where it belongs."""

    message: InboundMessage
    facts: Facts
    settings: Settings
    now: datetime
    mails: int
    thread: Joins | Stranger | None = None


Check = Callable[[Case], Verdict]


def judge(case: Case) -> Verdict:
    for check in CHECKS:
        if (verdict := check(case)) is not None:
            return verdict
    return None


def flood(case: Case) -> Verdict:
    """A temporary refusal: a sender who means it comes back, and nothing is lost."""
    limits = case.settings.limits
    if case.message.channel is not Channel.EMAIL or not limits.enabled or not case.message.sender.address:
        return None
    return (
        Defer("too many mails from this address within an hour")
        if case.mails >= limits.mails_per_sender_per_hour
        else None
    )


def our_own_mail(case: Case) -> Verdict:
    """A mail of ours that came back by an alias or a list would open a ticket that we then answer, for ever."""
    message = case.message
    if message.channel is not Channel.EMAIL:
        return None
    ours = case.settings.our_addresses
    if tokens.tag_of_message_id(message.message_id) or addresses.is_ours(message.sender.address, ours):
        return SetAside(Disposition.LOOP, "our own mail came back")
    # A list or an alias may have given it another Message-ID and sender; our sign it left alone.
    if message.signs.loop and message.signs.loop == addresses.domain(case.settings.from_address):
        return SetAside(Disposition.LOOP, "our own mail came back under another name")
    return None


def bounce(case: Case) -> Verdict:
    """One that proves nothing about a mail of ours: what does is dealt with before (core.mail.returns)."""
    report = case.message.signs.report
    if case.message.kind is not MessageKind.BOUNCE and report is None:
        return None
    what = "complaint" if report and report.kind is ReportKind.COMPLAINT else "delivery report"
    about = ", ".join((case.message.bounced or (report.recipients if report else ()))[:5])
    return SetAside(Disposition.BOUNCE, f"{what} about {about}" if about else what)


def spam_trap(case: Case) -> Verdict:
    """A robot fills in every field, also the one that people do not see. So does, now and then, somebody's browser."""
    if case.message.envelope.get(TRAPPED):
        return SetAside(Disposition.SPAM, "the field that people do not see was filled in")
    return None


def spam(case: Case) -> Verdict:
    """What our own front server takes for spam, unless who writes holds a token of ours. A virus is one from anybody's
    machine (rule 68)."""
    said = case.message.signs.spam
    if not said or case.settings.mail.spam == "ignore":
        return None
    if isinstance(case.thread, Joins) and case.thread.token and not case.message.signs.infected:
        return None
    return SetAside(Disposition.SPAM, said)


def blocked_sender(case: Case) -> Verdict:
    sender = case.message.sender
    person = case.facts.people.get((sender.channel, sender.address))
    if person is not None and person.blocked is not None:
        return SetAside(Disposition.BLOCKED, person.blocked or "blocked sender")
    if case.message.channel not in (Channel.EMAIL, Channel.WEB_FORM) or not sender.address:
        return None  # who has signed in, or is named by staff, is not judged by the domain of an address
    mark = case.facts.standing.mark(sender.address, (MarkKind.BLOCKED,), case.now)
    return SetAside(Disposition.BLOCKED, mark.reason or "blocked sender") if mark else None


CHECKS: tuple[Check, ...] = (flood, our_own_mail, bounce, spam_trap, blocked_sender, spam)


def acknowledges(message: InboundMessage, facts: Facts, settings: Settings, now: datetime) -> bool:
    """Whether the opening of a ticket is to be confirmed by mail, if the budgets allow it.

    RFC 3834: never answer what no person wrote.
    """
    sender = message.sender
    if message.channel is not Channel.EMAIL or not message.acknowledge or message.automatic or not sender.address:
        return False
    if message.kind not in (MessageKind.NEW, MessageKind.REPLY):
        return False
    wanted = settings.mail.acknowledge
    if wanted == "none" or (wanted == "authenticated" and not sender.verified):
        return False
    limits = settings.limits
    if limits.enabled and not (limits.automatic_mails_per_day and limits.automatic_mails_per_hour):
        return False
    known = facts.people.get((sender.channel, sender.address))
    if known and known.unreachable and not sender.verified:
        return False
    # A spent budget is counted below; what else stands against them holds whatever the count.
    return facts.standing.mark(sender.address, (MarkKind.LOOP, MarkKind.COMPLAINT), now) is None


@dataclass(frozen=True, slots=True)
class Spent:
    """What has gone out automatically: to the address today, to its domain and to all within the hour."""

    address: int
    domain: int
    everybody: int
    quick_answers: int


def tripped(address: str, spent: Spent, settings: Settings, now: datetime) -> tuple[Mark, ...]:
    """What stands in the way of one more automatic mail to `address`: an incident each. None: it may go out.

    The budgets hold even where a robot shows no sign of being one (rule 53).
    """
    return tuple(_tripped(address, spent, settings, now)) if settings.limits.enabled else ()


def _tripped(address: str, spent: Spent, settings: Settings, now: datetime) -> Iterator[Mark]:
    limits, domain = settings.limits, f"@{addresses.domain(address)}"
    if spent.quick_answers >= ALTERNATING:
        reason = f"{address} answered {spent.quick_answers} times within a minute, as robots do: loop broken for a day"
        yield Mark(new_id(), address, MarkKind.LOOP, reason, "", now, now + DAY, None)
        return  # that they have spent their budget as well says nothing more
    rows = (
        (address, spent.address, limits.automatic_mails_per_day, "a day", DAY),
        (domain, spent.domain, limits.automatic_mails_per_domain_per_hour, "an hour to one domain", HOUR),
        (EVERYBODY, spent.everybody, limits.automatic_mails_per_hour, "an hour to all", HOUR),
    )
    for subject, sent, most, each, lasts in rows:
        if sent >= most:
            reason = f"{most} automatic mails {each} are spent"
            yield Mark(new_id(), subject, MarkKind.BUDGET, reason, "", now, now + lasts, None)


def news(found: tuple[Mark, ...], facts: Facts, now: datetime) -> tuple[Mark, ...]:
    """Those that admins are not shown already."""
    standing = facts.standing.marks
    return tuple(
        mark
        for mark in found
        if not any(one.kind is mark.kind and one.holds(now) for one in standing.get(mark.subject, ()))
    )

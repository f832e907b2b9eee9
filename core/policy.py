"""What is not to become a ticket, and why: the checks, in order. Pure; the first that speaks decides.

Nothing is ever thrown away here. What is set aside lies in the ledger with its raw bytes and can be replayed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core import addresses, tokens
from core.config import Settings
from core.facts import Facts
from core.messages import InboundMessage
from core.vocabulary import Channel, Disposition, MessageKind


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
    """One message with all that a check may look at. `mails` counts this sender's mails of the last hour."""

    message: InboundMessage
    facts: Facts
    settings: Settings
    now: datetime
    mails: int


Check = Callable[[Case], Verdict]


def judge(case: Case) -> Verdict:
    return next((verdict for check in CHECKS if (verdict := check(case)) is not None), None)


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
    return None


def bounce(case: Case) -> Verdict:
    if case.message.kind is not MessageKind.BOUNCE:
        return None
    about = ", ".join(case.message.bounced[:5])
    return SetAside(Disposition.BOUNCE, f"delivery report about {about}" if about else "delivery report")


def spam_trap(case: Case) -> Verdict:
    """A robot fills in every field, also the one that people do not see. So does, now and then, somebody's browser."""
    if case.message.envelope.get(TRAPPED):
        return SetAside(Disposition.SPAM, "the field that people do not see was filled in")
    return None


def blocked_sender(case: Case) -> Verdict:
    person = case.facts.people.get((case.message.sender.channel, case.message.sender.address))
    if person is None or person.blocked_until is None or person.blocked_until <= case.now:
        return None
    return SetAside(Disposition.BLOCKED, person.blocked_reason or "blocked sender")


CHECKS: tuple[Check, ...] = (flood, our_own_mail, bounce, spam_trap, blocked_sender)


def acknowledges(message: InboundMessage, settings: Settings, *, sent_today: int, sent_last_hour: int) -> bool:
    """Whether the opening of a ticket is confirmed by mail.

    RFC 3834: never answer what no person wrote. The budgets hold even where a robot shows no sign of being one.
    """
    if (
        message.channel is not Channel.EMAIL
        or not message.acknowledge
        or message.automatic
        or not message.sender.address
    ):
        return False
    if message.kind not in (MessageKind.NEW, MessageKind.REPLY):
        return False
    wanted = settings.mail.acknowledge
    if wanted == "none" or (wanted == "authenticated" and not message.sender.verified):
        return False
    limits = settings.limits
    return not limits.enabled or (
        sent_today < limits.automatic_mails_per_day and sent_last_hour < limits.automatic_mails_per_hour
    )

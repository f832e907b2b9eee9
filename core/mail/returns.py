"""What a report about a mail of ours means: which delivery it is about, and what follows, in words. Pure.

A report is believed only where it shows what nobody else has: the bounce address that this one mail was sent from, or
the Message-ID of that very mail, with our MAC in it. Somebody who names a stranger's delivery changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime

from core import threads, tokens
from core.decisions import Returned
from core.facts import Facts, KnownDelivery
from core.mail import references
from core.mail.marks import Mark
from core.messages import InboundMessage, Report
from core.tables import new_id
from core.vocabulary import DeliveryState, MarkKind, ReportKind

# RFC 3463: no such mailbox, no mail for this domain (RFC 7505), mailbox disabled. More mail there harms our own name.
DEAD = frozenset({"5.1.1", "5.1.10", "5.2.1"})
# By code, or by its first two numbers.
_WORDS = {
    "5.1.1": "there is no such address",
    "5.1.2": "there is no such domain",
    "5.1.10": "the domain takes no mail",
    "5.2.1": "the mailbox is disabled",
    "5.1": "the address cannot be reached",
    "5.2.2": "the mailbox is full",
    "5.2.3": "the mail is too large for the mailbox",
    "5.2": "the mailbox does not take it",
    "5.3.4": "the mail is too large",
    "5.3": "the mail server does not take it",
    "5.4.6": "the mail went round in a circle",
    "5.4": "the mail server could not be reached",
    "5.6": "the mail server cannot handle its content",
    "5.7": "the mail server refuses it (spam or security policy)",
    "4.2.2": "the mailbox is full",
    "4.2": "the mailbox does not take it at the moment",
    "4.4.7": "the mail server could not be reached for too long",
    "4.4": "the mail server could not be reached",
    "4.7": "the mail server refuses it at the moment",
}
_LATER = frozenset({DeliveryState.SENT, DeliveryState.UNCERTAIN})


def match(message: InboundMessage, facts: Facts, key: bytes, now: datetime) -> Returned | None:
    """What follows from the report that `message` is; None where it proves nothing about a mail of ours."""
    report = message.signs.report
    if report is None:
        return None
    for delivery, named in _proved(message, report, facts, key):
        if ticket := threads.living(delivery.ticket_id, facts):
            dead = _is_dead(report, delivery, named=named)
            state = _becomes(report, delivery)
            return Returned(
                message=message,
                delivery=delivery,
                ticket=ticket,
                state=state,
                reason=_reason(report),
                note=_note(report, delivery, dead=dead) if state or report.kind is ReportKind.COMPLAINT else "",
                dead=dead,
                incident=_incident(report, delivery, now),
            )
    return None


def in_words(report: Report) -> str:
    """Why it did not arrive, for a person."""
    status = report.status
    words = _WORDS.get(status) or _WORDS.get(status.rpartition(".")[0]) or "the mail server did not take it"
    return f"{words} ({status})" if status else words


def _proved(message: InboundMessage, report: Report, facts: Facts, key: bytes) -> Iterator[tuple[KnownDelivery, bool]]:
    """The deliveries it is about, and whether their own bounce address says so."""
    for tag in references.bounce_tags(message):
        delivery_id = tokens.bounced_delivery(key, tag)
        if delivery_id and (delivery := facts.deliveries.get(delivery_id)):
            yield delivery, True
    for remote_id in report.message_ids:
        delivery_id, tag_of_it = tokens.delivery_of_message_id(remote_id), tokens.tag_of_message_id(remote_id)
        found = facts.deliveries.get(delivery_id) if delivery_id else None
        if found and tag_of_it and found.remote_id.lower() == remote_id.lower():
            proof = threads.proof(tag_of_it, facts, key)
            if proof and proof.ticket.id == found.ticket_id:
                yield found, False


def _is_dead(report: Report, delivery: KnownDelivery, *, named: bool) -> bool:
    """Of that address itself: what was forwarded may have failed at another one."""
    if report.kind is not ReportKind.FAILED or report.status not in DEAD:
        return False
    return delivery.address in report.recipients or (named and not report.recipients)


def _becomes(report: Report, delivery: KnownDelivery) -> DeliveryState | None:
    if report.kind is ReportKind.FAILED:
        return None if delivery.state is DeliveryState.FAILED else DeliveryState.FAILED
    if report.kind is ReportKind.DELAYED and delivery.state in _LATER:
        return DeliveryState.DELAYED
    return None


def _reason(report: Report) -> str:
    if report.kind is ReportKind.COMPLAINT:
        return "its reader complained about it"
    said = f": {report.diagnostic}" if report.diagnostic else ""
    return f"{'delayed: ' if report.kind is ReportKind.DELAYED else ''}{in_words(report)}{said}"


def _note(report: Report, delivery: KnownDelivery, *, dead: bool) -> str:
    to, said = delivery.address, f"\nIts mail server says: {report.diagnostic}" if report.diagnostic else ""
    if report.kind is ReportKind.COMPLAINT:
        return f"{to} reported our mail as spam. Nothing automatic is sent there any more until an admin says so."
    if report.kind is ReportKind.DELAYED:
        return f"Our mail to {to} has not arrived yet: {in_words(report)}. It is still being tried.{said}"
    end = "\nNothing more is sent to this address until it is changed." if dead else ""
    end += "\nThey write to us by Telegram too, and can be asked there." if delivery.elsewhere else ""
    return f"Our mail to {to} was not delivered: {in_words(report)}.{said}{end}"


def _incident(report: Report, delivery: KnownDelivery, now: datetime) -> Mark | None:
    if report.kind is not ReportKind.COMPLAINT:
        return None
    reason = f"{delivery.address} reported a mail of ours as spam"
    return Mark(new_id(), delivery.address, MarkKind.COMPLAINT, reason, "", now, None, None)

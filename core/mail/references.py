"""What of ours a mail names beside reply tags: deliveries that it may be about, and numbers of tickets. Pure.

It is what the mail says. What it proves, core.threads and core.mail.returns decide.
"""

import re
from uuid import UUID

from core import tokens
from core.addresses import without_tag
from core.messages import InboundMessage
from core.vocabulary import Channel

# What people write to say which ticket they mean. It counts only for a verified sender who takes part in it.
_NUMBER = re.compile(r"\[#(\d{1,18})\]")


def numbers_of(message: InboundMessage) -> list[int]:
    """Ticket numbers in the subject, where the writer is known to be the one who is named there."""
    if message.channel is not Channel.EMAIL or not message.sender.verified:
        return []
    return [int(number) for number in _NUMBER.findall(message.subject)[:3]]


def names_a_ticket(subject: str) -> bool:
    """Whether somebody says which ticket they mean, be it believed or not."""
    return _NUMBER.search(subject) is not None


def bounce_tags(message: InboundMessage) -> list[str]:
    """What may be the tag of a bounce address of ours: that a report came to, or says that our mail came from."""
    report = message.signs.report
    sent = (*message.recipients, *(report.sent_from if report else ()))
    return [without_tag(address)[1] for address in sent if "+" in address]


def reported(message: InboundMessage, key: bytes) -> list[UUID]:
    """The deliveries that a mail may be about."""
    found = [tokens.bounced_delivery(key, tag) for tag in bounce_tags(message)]
    if report := message.signs.report:
        found += [tokens.delivery_of_message_id(remote_id) for remote_id in report.message_ids]
    return [delivery_id for delivery_id in found if delivery_id]

"""Who takes part in a ticket because somebody sent them a copy. Pure.

Safe against whoever writes another's name into From: where a front server vouches for senders, it must vouch for this
one; and on a ticket that is there already the writer must hold a token of ours, or be vouched for. Nobody learns what
was said before they came, and mail to each goes to them alone. No agent takes part: what they answered by mail would be
filed as a customer's word, and go to nobody.
"""

import re

from core import addresses
from core.config import Settings
from core.decisions import Copied
from core.facts import Facts, KnownTicket
from core.messages import InboundMessage
from core.vocabulary import Channel

# Of one mail, and on one ticket: a copy to a whole company is no reason to write to all of it.
OF_ONE_MAIL = 10
ON_ONE_TICKET = 20
# Lists, robots, and those who are asked to stop: nobody there takes part in a conversation.
_NOBODY = re.compile(
    r"(?:.{0,60}[._+-])?(?:no[._-]?reply|do[._-]?not[._-]?reply|bounces?|mailer-daemon|postmaster|abuse|list|listserv|lists"
    r"|majordomo|everyone|alle|all|noreply|unsubscribe|subscribe|request|owner|admin-?list|newsletter)(?:[._+=-].{0,60})?",
)


def newcomers(
    message: InboundMessage, facts: Facts, settings: Settings, *, ticket: KnownTicket | None, token: bool
) -> tuple[Copied, ...]:
    """Those who take part from now on: in a new ticket (None), or in one that the writer answers, with a `token` of ours."""
    if not message.signs.copied or not _counts(message, settings, ticket=ticket, token=token):
        return ()
    room = min(OF_ONE_MAIL, ON_ONE_TICKET - (len(ticket.participants) if ticket else 1))
    found = (
        _copied(name, address, facts)
        for name, address in message.signs.copied
        if address not in facts.agents and _may(address, message, settings)
    )
    new = [one for one in found if not (ticket and one.person_id and ticket.has(one.person_id))]
    return tuple(new[: max(0, room)])


def _counts(message: InboundMessage, settings: Settings, *, ticket: KnownTicket | None, token: bool) -> bool:
    if settings.mail.copies == "ignore" or message.channel is not Channel.EMAIL:
        return False
    if message.automatic or not message.acknowledge or not message.sender.address:
        return False
    if settings.smtp.authserv_id:
        return message.sender.verified
    return ticket is None or token


def _may(address: str, message: InboundMessage, settings: Settings) -> bool:
    if address == message.sender.address or addresses.is_ours(address, settings.our_addresses):
        return False
    return not _NOBODY.fullmatch(address.partition("@")[0])


def _copied(name: str, address: str, facts: Facts) -> Copied:
    known = facts.people.get((Channel.EMAIL, address))
    return Copied(address, name, known.person_id if known else None)

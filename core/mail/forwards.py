"""Whose ticket it is when an agent forwards a customer's mail to the desk. Pure.

The mail inside is what somebody's program says of it, and proves nothing; it is believed because an agent hands it in:
one who says so in the first line (`@fwd`), or whose mail is a forward beyond doubt and passed authentication. Where the
desk can authenticate (`smtp.authserv_id`), it insists on it. The customer's words open the ticket in the customer's
name, and the whole mail of the agent, with what they wrote above it and all files, is an internal note on it.
"""

from dataclasses import dataclass, replace

from core import addresses
from core.config import Settings
from core.facts import Facts
from core.messages import Forwarded, InboundMessage, Sender
from core.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class ByAgent:
    """A mail that an agent handed in: as it came, what becomes the note on the ticket, and in words what was made of it.

    `in_their_name` is False where it could not be told who wrote first, and the ticket is the agent's own.
    """

    came_as: InboundMessage
    note: InboundMessage
    reason: str
    in_their_name: bool


def hand_over(message: InboundMessage, facts: Facts, settings: Settings) -> tuple[InboundMessage, ByAgent | None]:
    """What is to open the ticket, and by which agent it was handed in (None: it is the sender's own matter).

    Where it cannot be told who wrote first, it stays the agent's own ticket, and the note says why.
    """
    agent = facts.agents.get(message.sender.address)
    found = message.forwarded
    if agent is None or found is None or not _is_meant(message.sender, found, settings):
        return message, None
    # Without proof it is only what the mail says of itself.
    author = agent.name if message.sender.verified else message.sender.address
    said = replace(message, sender=replace(message.sender, name=author), new_text=None)
    if doubt := _doubt(found, message, facts, settings):
        reason = f"Forwarded by {author}, but whose it is cannot be told: {doubt}."
        note = replace(said, text=reason, html=None, files=(), message_id="")
        return message, ByAgent(message, note, reason, in_their_name=False)
    first = addresses.normal(found.address) or ""
    reason = f"Forwarded by {author}; written first by {first}, as the forwarded mail says."
    return _in_their_name(message, found, first), ByAgent(message, said, reason, in_their_name=True)


def _is_meant(sender: Sender, found: Forwarded, settings: Settings) -> bool:
    if found.ordered:
        return sender.verified or not settings.smtp.authserv_id
    return sender.verified and found.sure


def _doubt(found: Forwarded, message: InboundMessage, facts: Facts, settings: Settings) -> str:
    """Why nobody can be named; empty where somebody can."""
    first = addresses.normal(found.address)
    if first is None:
        return "no address of a first writer was found in it"
    if first == message.sender.address or first in facts.agents:
        return "an agent wrote it"
    return "this desk wrote it" if addresses.is_ours(first, settings.our_addresses) else ""


def _in_their_name(message: InboundMessage, found: Forwarded, address: str) -> InboundMessage:
    """The mail as its first writer would have sent it. Nothing is acknowledged: they did not write to this desk."""
    return replace(
        message,
        sender=Sender(Channel.EMAIL, address, found.name),
        subject=found.subject or message.subject,
        text=found.text,
        new_text=None,
        html=None,
        files=(),
        message_id="",
        acknowledge=False,
        forwarded=None,
    )

"""The subject of a ticket: its own, or the first words of its text (docs/mail-policy.md, rule 15)."""

from typing import TYPE_CHECKING

from core.messages import InboundMessage
from core.text import SUBJECT_LENGTH, clean_line
from core.vocabulary import Channel

if TYPE_CHECKING:
    from core.tickets import Ticket

# So much of a text stands for the subject that it has not.
_FIRST_WORDS = 60
_OF_A_MAIL, _OF_ANY_OTHER = "(no subject)", "(empty message)"
# Where people may write without one; forms, programs and files name it.
_MAY_HAVE_NONE = frozenset({Channel.EMAIL, Channel.TELEGRAM, Channel.CONSOLE})


def of_message(message: InboundMessage) -> str:
    if subject := clean_line(message.subject, most=SUBJECT_LENGTH):
        return subject
    return _first_words(message.text) or (_OF_A_MAIL if message.channel is Channel.EMAIL else _OF_ANY_OTHER)


def own(ticket: "Ticket") -> str:
    """The subject by which the ticket was classified: none where the desk has made it of the text, or of nothing.

    Words of a subject count twice, and in a chat nobody has written one.
    """
    if ticket.channel not in _MAY_HAVE_NONE:
        return ticket.subject
    made = (_first_words(ticket.description), _OF_A_MAIL, _OF_ANY_OTHER)
    return "" if ticket.subject in made else ticket.subject


def _first_words(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return clean_line(first, most=_FIRST_WORDS)

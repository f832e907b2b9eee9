"""The words between a place where people talk (Telegram, a terminal) and the dialogue that answers them.

A transport turns what it receives into `Heard` and carries out each `Said`; the dialogue knows neither of Telegram's
types nor of a terminal. Ids are text, as the transport writes them; an empty one means that there is none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bot.flood import Pressure
from core.messages import InboundFile


class Place(StrEnum):
    """What kind of conversation it is, which decides who is listening."""

    PRIVATE = "private"
    # The group that `[telegram] staff_chat_id` names: whoever reads there may read every ticket.
    STAFF = "staff"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, as the transport knows them. `anonymous`: a group's admin who hides behind the group."""

    id: str
    name: str = ""
    language: str = ""
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that somebody said or did.

    `key` is the same for the same arrival and for nothing else. `text` is readable whatever the kind of the message
    (a place, a contact, a poll become sentences). `pressed` is the data of a button. `album` is shared by files that
    were sent together. `too_large` names files that the transport could not fetch. `raw` is what arrived.
    `pressure` says whether its speaker writes faster than anybody reads.
    """

    key: str
    speaker: Speaker
    place: Place
    chat: str
    at: datetime
    raw: bytes
    text: str = ""
    topic: str = ""
    message: str = ""
    reply_to: str = ""
    quote: str = ""
    files: tuple[InboundFile, ...] = ()
    too_large: tuple[str, ...] = ()
    album: str = ""
    edited: bool = False
    pressed: str = ""
    pressure: Pressure = Pressure.NONE


@dataclass(frozen=True, slots=True)
class Button:
    """`data` is at most 64 bytes (Bot API, InlineKeyboardButton): a short key to what is kept with the ticket."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to say. `html` uses Telegram's small HTML (b, i, code, pre, a, blockquote), escaped by who wrote it.

    `instead_of` is a message of ours to edit in place; `notice` the short answer to a pressed button, shown over the
    conversation and not in it; `card_of` marks a message as the card of that ticket as of `card_version`, `receipt_of` as
    the one that says what became of that answer. `files` are attachments of the desk's that come with it;
    `withdraws` are messages that go. `asks` makes it a question: who answers this message gives what a command takes
    (`tag:42`, core/chat/prompts.py).
    """

    chat: str
    html: str = ""
    topic: str = ""
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to: str = ""
    instead_of: str = ""
    notice: str = ""
    silent: bool = False
    card_of: UUID | None = None
    card_version: int = 0
    receipt_of: UUID | None = None
    files: tuple[UUID, ...] = ()
    withdraws: tuple[str, ...] = ()
    asks: str = ""

"""What Telegram tells us of, between the update and the dialogue: values that `normalize` makes of it."""

from dataclasses import dataclass
from datetime import datetime

from bot.talk import Heard


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that lies at Telegram. `size` is in bytes, 0 where Telegram does not say."""

    file_id: str
    filename: str
    content_type: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """Something for the dialogue, and the files that have to be fetched for it first."""

    heard: Heard
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Somebody blocked the bot, or let it in again."""

    chat: str
    reachable: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot came into a group, or left it."""

    chat: str
    title: str
    member: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup and has another number from now on."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing that anybody would want to hear of; `why` in a word."""

    why: str


Understood = Message | Reach | Joined | Moved | Nothing

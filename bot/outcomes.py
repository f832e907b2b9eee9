"""What Telegram's refusals mean for what was to be sent. Pure: an error of python-telegram-bot in, a value out.

Telegram tells most of it in words only; these are the ones of the Bot API server (td/telegram/… `Status::Error`) and of
its documentation. Lower case, parts of them, because prefixes vary ("Bad Request: …").
"""

import os
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto

import httpx
from telegram import error as errors

# The library asks for this word: without it, it warns at each RetryAfter that the type of its time will change.
os.environ.setdefault("PTB_TIMEDELTA", "true")


class Kind(StrEnum):
    # Leave this chat alone for `seconds`.
    HOLD = auto()
    # Nobody is there any more: blocked, deleted, or the bot was removed.
    UNREACHABLE = auto()
    # The chat has the number `chat` now.
    MOVED = auto()
    # The topic was deleted.
    NO_TOPIC = auto()
    # It is closed, and we may not write in closed ones.
    TOPIC_CLOSED = auto()
    # The HTML could not be read.
    UNPARSED = auto()
    # What was to be edited is not there any more.
    GONE = auto()
    # It is as it should be already, or too late to matter.
    NEEDLESS = auto()
    # Not as a picture: as a file it may go.
    NO_PICTURE = auto()
    # It did not get there, and may if tried later.
    AGAIN = auto()
    # It may have got there.
    UNKNOWN = auto()
    # It never will.
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    kind: Kind
    reason: str
    seconds: float = 0.0
    chat: str = ""


_WORDS = (
    ("can't parse entities", Kind.UNPARSED),
    ("unsupported start tag", Kind.UNPARSED),
    ("message is not modified", Kind.NEEDLESS),
    ("message to delete not found", Kind.NEEDLESS),
    ("message can't be deleted", Kind.NEEDLESS),
    ("query is too old", Kind.NEEDLESS),
    ("query_id_invalid", Kind.NEEDLESS),
    ("message to edit not found", Kind.GONE),
    ("message can't be edited", Kind.GONE),
    ("message_id_invalid", Kind.GONE),
    ("message thread not found", Kind.NO_TOPIC),
    ("topic_deleted", Kind.NO_TOPIC),
    ("topic_id_invalid", Kind.NO_TOPIC),
    ("topic_closed", Kind.TOPIC_CLOSED),
    ("topic_not_modified", Kind.NEEDLESS),
    ("chat not found", Kind.UNREACHABLE),
    ("user not found", Kind.UNREACHABLE),
    ("peer_id_invalid", Kind.UNREACHABLE),
    ("photo_invalid_dimensions", Kind.NO_PICTURE),
    ("image_process_failed", Kind.NO_PICTURE),
    ("wrong type of the web page content", Kind.NO_PICTURE),
    ("photo_save_file_invalid", Kind.NO_PICTURE),
)

# httpx knows of these that not a byte was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def of(error: errors.TelegramError) -> Refusal:
    reason = str(error)[:500] or type(error).__name__
    match error:
        case errors.RetryAfter():
            return Refusal(Kind.HOLD, reason, seconds=_seconds(error))
        case errors.ChatMigrated():
            return Refusal(Kind.MOVED, reason, chat=str(error.new_chat_id))
        case errors.Forbidden():
            return Refusal(Kind.UNREACHABLE, reason.removeprefix("Forbidden: "))
        case errors.BadRequest():
            said = reason.lower()
            kind = next((kind for words, kind in _WORDS if words in said), Kind.FAILED)
            return Refusal(kind, reason.removeprefix("Bad Request: "))
        case errors.InvalidToken() | errors.Conflict():
            # Somebody is at the configuration: what waits shall not be lost by that.
            return Refusal(Kind.AGAIN, reason)
        case errors.NetworkError():
            return Refusal(_unanswered(error), reason)
    return Refusal(Kind.UNKNOWN, reason)


def _unanswered(error: errors.NetworkError) -> Kind:
    if isinstance(error.__cause__, _NOT_SENT):
        return Kind.AGAIN
    if isinstance(error.__cause__, httpx.HTTPError | errors.TelegramError):
        # Broken off while waiting, or answered by something in between that is not Telegram.
        return Kind.UNKNOWN
    # Telegram itself answered that it could not (5xx with its own words).
    return Kind.AGAIN


def _seconds(error: errors.RetryAfter) -> float:
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)

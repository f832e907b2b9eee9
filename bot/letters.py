"""What goes to one chat in one go: the parts of a saying or of an agent's answer. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bot import normalize, split
from bot.talk import Button, Said

# The Bot API takes larger files from nobody but a server of one's own.
MOST_UPLOAD = 50 * 1024 * 1024
# A larger picture goes as a file.
MOST_PICTURE = 10 * 1024 * 1024
_PICTURES = frozenset({"image/jpeg", "image/png"})
_NOTICE_LENGTH = 200
_NUMBER = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Words:
    """A message of its own. `html` has at most split.TEXT units."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Another text for a message that is there; without any, other buttons."""

    message: str
    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """The answer to a pressed button, shown over the conversation."""

    press: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    data: bytes = field(repr=False)
    as_picture: bool = False


Part = Words | Edit | Notice | Upload


@dataclass(frozen=True, slots=True)
class Letter:
    chat: str
    parts: tuple[Part, ...]
    topic: str = ""
    reply_to: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    filename: str
    content_type: str
    data: bytes = field(repr=False)


def of_said(said: Said, key: str) -> Letter:
    """A saying about the arrival of this key."""
    parts: list[Part] = []
    if press := normalize.press_of(key):
        parts += [Notice(press, said.notice[:_NOTICE_LENGTH])] if said.notice or not said.html else []
    texts = split.parts(said.html)
    if said.instead_of and (texts or said.buttons):
        # What is longer than a message goes on below it.
        parts.append(Edit(said.instead_of, texts[0] if texts else "", said.buttons if len(texts) < 2 else ()))
        texts = texts[1:]
    parts += [Words(text) for text in texts[:-1]]
    parts += [Words(text, said.buttons) for text in texts[-1:]]
    return Letter(_number(said.chat), tuple(parts), _number(said.topic), _number(said.reply_to), said.silent)


def of_answer(chat: str, body: str, files: Sequence[Attached], reply_to: str) -> Letter:
    """An agent's answer: its text, and behind it the files."""
    words: list[Part] = [Words(text) for text in split.parts(split.escaped(body))]
    uploads = [
        Upload(one.filename or "file", one.data, one.content_type in _PICTURES and len(one.data) <= MOST_PICTURE)
        for one in files
    ]
    return Letter(chat, (*words, *uploads), reply_to=_number(reply_to))


def packed(said: Said) -> dict[str, object]:
    """As it lies in the database; what is not said is left out."""
    values = {name: getattr(said, name) for name in _PLAIN}
    buttons = [[[button.label, button.data] for button in row] for row in said.buttons]
    card = str(said.card_of) if said.card_of else ""
    return {name: value for name, value in {**values, "buttons": buttons, "card_of": card}.items() if value}


def unpacked(values: Mapping[str, object]) -> Said:
    rows = values.get("buttons")
    buttons = tuple(tuple(Button(*button) for button in row) for row in rows) if isinstance(rows, list) else ()
    plain = {name: values[name] for name in _PLAIN if name in values}
    card = values.get("card_of")
    return Said(**plain, buttons=buttons, card_of=UUID(str(card)) if card else None)  # type: ignore[arg-type]  # as packed


_PLAIN = ("chat", "html", "topic", "reply_to", "instead_of", "notice", "silent")


def _number(text: str) -> str:
    """What Telegram takes for the name of a chat, a message or a topic; anything else is none."""
    return text if _NUMBER.fullmatch(text) else ""

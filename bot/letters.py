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
# So many files are sent at once, and so many bytes of them: each may have 50 MB, and the line is only so fast.
MOST_IN_ALBUM = 10
_ALBUM_BYTES = MOST_UPLOAD
MOST_WITHDRAWN = 100
_NOTICE_LENGTH = 200
_NUMBER = re.compile(r"-?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Words:
    """A message of its own. `html` has at most split.TEXT units. `asks`: whom it is for is to answer it."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    asks: bool = False


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


@dataclass(frozen=True, slots=True)
class Album:
    """Several files that arrive together, two to MOST_IN_ALBUM: pictures, or none (Bot API, sendMediaGroup)."""

    files: tuple[Upload, ...]


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Messages of ours that are taken back, at most MOST_WITHDRAWN (Bot API, deleteMessages)."""

    messages: tuple[str, ...]


Part = Words | Edit | Notice | Upload | Album | Withdrawal


@dataclass(frozen=True, slots=True)
class Letter:
    """`by_a_person`: somebody wrote it, which has precedence over what the desk says by itself."""

    chat: str
    parts: tuple[Part, ...]
    topic: str = ""
    reply_to: str = ""
    silent: bool = False
    by_a_person: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    filename: str
    content_type: str
    data: bytes = field(repr=False)


def of_said(said: Said, key: str, files: Sequence[Attached] = (), links: Sequence[tuple[str, str]] = ()) -> Letter:
    """A saying about the arrival of this key, with the files that it names."""
    parts: list[Part] = []
    if press := normalize.press_of(key):
        parts += [Notice(press, said.notice[:_NOTICE_LENGTH])] if said.notice or not said.html else []
    texts = split.parts(said.html + _linked(links))
    if said.instead_of and (texts or said.buttons):
        # What is longer than a message goes on below it.
        parts.append(Edit(said.instead_of, texts[0] if texts else "", said.buttons if len(texts) < 2 else ()))
        texts = texts[1:]
    parts += [Words(text) for text in texts[:-1]]
    parts += [Words(text, said.buttons, bool(said.asks)) for text in texts[-1:]]
    parts += _together(_uploads(files))
    gone = tuple(filter(None, map(_number, said.withdraws)))
    parts += [Withdrawal(gone[n : n + MOST_WITHDRAWN]) for n in range(0, len(gone), MOST_WITHDRAWN)]
    return Letter(_number(said.chat), tuple(parts), _number(said.topic), _number(said.reply_to), said.silent)


def of_answer(
    chat: str, body: str, files: Sequence[Attached], reply_to: str, links: Sequence[tuple[str, str]] = ()
) -> Letter:
    """An agent's answer: its text, with links to what is too large, and behind it the files."""
    words: list[Part] = [Words(text) for text in split.parts(split.escaped(body) + _linked(links))]
    return Letter(chat, (*words, *_together(_uploads(files))), reply_to=_number(reply_to), by_a_person=True)


def _uploads(files: Sequence[Attached]) -> list[Upload]:
    return [
        Upload(one.filename or "file", one.data, one.content_type in _PICTURES and 0 < len(one.data) <= MOST_PICTURE)
        for one in files
    ]


def _linked(links: Sequence[tuple[str, str]]) -> str:
    return "".join(f"\n\n📎 {split.escaped(name)}\n{split.escaped(link)}" for name, link in links)


def _together(uploads: Sequence[Upload]) -> list[Part]:
    """Pictures in albums, and other files in albums of their own, as Telegram wants it; in their order within each."""
    parts: list[Part] = []
    for as_picture in (True, False):
        alike = [one for one in uploads if one.as_picture is as_picture]
        while alike:
            some = _first(alike)
            parts.append(Album(tuple(some)) if len(some) > 1 else some[0])
            alike = alike[len(some) :]
    return parts


def _first(uploads: Sequence[Upload]) -> list[Upload]:
    """As many as go into one album."""
    size = 0
    some: list[Upload] = []
    for one in uploads[:MOST_IN_ALBUM]:
        size += len(one.data)
        if some and size > _ALBUM_BYTES:
            break
        some.append(one)
    return some


def packed(said: Said) -> dict[str, object]:
    """As it lies in the database; what is not said is left out."""
    values = {name: getattr(said, name) for name in _PLAIN}
    buttons = [[[button.label, button.data] for button in row] for row in said.buttons]
    ids = {name: str(found) for name in _IDS if (found := getattr(said, name))}
    lists = {"files": [str(one) for one in said.files], "withdraws": list(said.withdraws), "buttons": buttons}
    return {name: value for name, value in {**values, **ids, **lists}.items() if value}


def unpacked(values: Mapping[str, object]) -> Said:
    rows = values.get("buttons")
    buttons = tuple(tuple(Button(*button) for button in row) for row in rows) if isinstance(rows, list) else ()
    plain = {name: values[name] for name in _PLAIN if name in values}
    ids = {name: UUID(str(values[name])) for name in _IDS if values.get(name)}
    named = values.get("files")
    files = tuple(UUID(one) for one in named) if isinstance(named, list) else ()
    gone = values.get("withdraws")
    withdraws = tuple(gone) if isinstance(gone, list) else ()
    return Said(**plain, **ids, buttons=buttons, files=files, withdraws=withdraws)  # type: ignore[arg-type]  # as packed


_PLAIN = ("chat", "html", "topic", "reply_to", "instead_of", "notice", "silent", "card_version", "asks")
_IDS = ("card_of", "receipt_of")


def _number(text: str) -> str:
    """What Telegram takes for the name of a chat, a message or a topic; anything else is none."""
    return text if _NUMBER.fullmatch(text) else ""

"""A text cut to what Telegram takes in one message. Pure.

Telegram counts UTF-16 units of what is left once tags and character references are read (Bot API, sendMessage:
"1-4096 characters after entities parsing"). A cut falls on the end of a line where there is one, else between words;
tags that are open at a cut are closed before it and opened again behind it.
"""

import html
import re
from dataclasses import dataclass

TEXT = 4096
CAPTION = 1024

# One piece each: a tag, a character reference, a single character. Each alternative begins otherwise, so it is linear.
_PIECE = re.compile(r"<(/?)([a-z-]{1,20})(?:\s[^<>]{0,2048})?>|&(?:#?\w{1,8});|[\s\S]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """`units` is 0 for a tag. `opens` and `closes` name the tag."""

    source: str
    units: int
    opens: str = ""
    closes: str = ""


def parts(text: str, most: int = TEXT) -> list[str]:
    """HTML of at most `most` units each, none of them empty. A text without anything to show has no parts."""
    done: list[str] = []
    current: list[_Piece] = []
    units = 0
    for piece in map(_piece, _PIECE.finditer(text)):
        while units + piece.units > most:
            kept, current = _cut(current)
            done.append(_closed(kept))
            current = [*_open(kept), *current]
            units = sum(one.units for one in current)
        current.append(piece)
        units += piece.units
    if units:
        done.append(_closed(current))
    return [part for part in done if plain(part).strip()]


def units(text: str) -> int:
    """How long Telegram takes `text` to be."""
    return len(text) + sum(character > "\uffff" for character in text)


def plain(text: str) -> str:
    """What a reader sees of HTML: for when Telegram cannot read it."""
    return html.unescape(re.sub(r"</?[a-z-]{1,20}(?:\s[^<>]{0,2048})?>", "", text))


def escaped(text: str) -> str:
    """Text as HTML that shows just this (Bot API, "HTML style": only these three characters mean anything)."""
    return html.escape(text, quote=False)


def _piece(found: re.Match[str]) -> _Piece:
    source, name = found[0], found[2]
    if name:
        return _Piece(source, 0, closes=name) if found[1] else _Piece(source, 0, opens=name)
    return _Piece(source, units(html.unescape(source)))


def _cut(pieces: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
    """What is kept in this part, and what goes into the next. The white space that they are cut at is in neither."""
    for white in ("\n", " "):
        at = next((n for n in range(len(pieces) - 1, 0, -1) if pieces[n].source == white), 0)
        # A cut near the beginning would make many short parts.
        if sum(piece.units for piece in pieces[:at]) * 4 >= sum(piece.units for piece in pieces):
            return pieces[:at], pieces[at + 1 :]
    return pieces, []


def _open(pieces: list[_Piece]) -> list[_Piece]:
    """The tags that are open at the end, in the order of their opening."""
    opened: list[_Piece] = []
    for piece in pieces:
        if piece.opens:
            opened.append(piece)
        elif piece.closes and opened:
            opened.pop()
    return opened


def _closed(pieces: list[_Piece]) -> str:
    ends = "".join(f"</{piece.opens}>" for piece in reversed(_open(pieces)))
    return "".join(piece.source for piece in pieces) + ends

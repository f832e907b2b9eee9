"""The HTML of a mail, made from its text, so that both say the same: paragraphs, quotes, links, and what is small print.

Everything that was written is escaped; no tag, address or style of a stranger gets in.
"""

import html
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from ingest.marker import MARKER

# What looks like a link, up to where a sentence goes on; each character is read once.
_LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
_TRAILING = ".,;:!?)]}'"
_SMALL = 'style="color:#767676;font-size:12px"'
_QUOTE = '<blockquote style="margin:0 0 0 4px;padding-left:10px;border-left:2px solid #ccc;color:#555">'


def content(text: str) -> str:
    """What stands in the body of the HTML."""
    above, signed, below = text.rstrip("\n").rpartition("\n-- \n")
    if not signed:
        above, below = below, ""
    parts = list(_blocks(above.split("\n")))
    if below:
        parts.append(f"<div {_SMALL}>-- <br>{_lines(below.split(chr(10)))}</div>")
    return f'<div dir="auto">{chr(10).join(parts)}</div>'


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    for kind, group in groupby(lines, key=_kind):
        inside = list(group)
        if kind == "quote":
            yield f"{_QUOTE}{_lines(line[1:].removeprefix(' ') for line in inside)}</blockquote>"
        elif kind == "marker":
            yield f"<p {_SMALL}>{_lines(inside)}</p>"
        elif kind == "text":
            yield f"<p>{_lines(inside)}</p>"


def _kind(line: str) -> str:
    if not line.strip():
        return "between"
    if line.startswith(">"):
        return "quote"
    return "marker" if MARKER.match(line) else "text"


def _lines(lines: Iterable[str]) -> str:
    return "<br>\n".join(map(_line, lines))


def _line(line: str) -> str:
    shown: list[str] = []
    at = 0
    for match in _LINK.finditer(line):
        link = match[0].rstrip(_TRAILING)
        shown += [_escaped(line[at : match.start()]), f'<a href="{html.escape(link)}">{html.escape(link)}</a>']
        at = match.start() + len(link)
    return "".join([*shown, _escaped(line[at:])])


def _escaped(text: str) -> str:
    # HTML makes one space of several; what somebody has indented or drawn shall stay in its place.
    return html.escape(text, quote=False).replace("\t", "    ").replace("  ", " &nbsp;")

"""Telegram's small HTML, written so that no word of anybody's is taken for a tag. Other places show it as plain text."""

import html
import re

# Who quotes a long text wants to be reminded of it, not to read it again.
EXCERPT = 600
_TAG = re.compile(r"<[^<>]{1,2100}>")
_LINK = re.compile(r'<a href="([^"<>]{1,2000})">([^<>]{0,2000})</a>')
_GAP = re.compile(r"\s+")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def escaped(value: object) -> Html:
    """`value` as text of a message: Telegram wants these three characters escaped, and no others (Bot API, HTML style)."""
    return value if isinstance(value, Html) else Html(html.escape(str(value), quote=False))


def excerpt(text: str, most: int = EXCERPT) -> str:
    """The beginning of a text, with a sign that it goes on."""
    text = text.strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def line(text: str, most: int = 60) -> str:
    """The same on one line."""
    return excerpt(_GAP.sub(" ", text), most)


def lines(*parts: str) -> Html:
    """Those that say something, one under the other. Each is markup."""
    return Html("\n".join(part for part in parts if part))


def quoted(text: str) -> Html:
    return Html(f"<blockquote>{escaped(text)}</blockquote>") if text else Html("")


def plain(markup: str) -> str:
    """What a place without markup shows: where a link leads is written out."""
    spelt = _LINK.sub(lambda link: link[2] if link[2] == link[1] else f"{link[2]} ({link[1]})", markup)
    return html.unescape(_TAG.sub("", spelt))

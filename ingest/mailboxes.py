"""Address fields: bytes → who is named in them. Tolerant, linear, never raises.

Read are groups, comments, names with commas or signs of any kind, addresses without brackets, with too many of them,
encoded, or behind a source route (RFC 5322 3.4 and 4.4, and what Outlook, cron, web forms and old gateways make of it).
What stands in quotation marks is a name: it becomes an address only where the field holds no other.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from core.text import NAME_LENGTH, clean_line
from ingest.headers import AT, Headers, needed_hint, unfolded, words

_ADDRESSES = 200
# The same field several times, which RFC 5322 3.6 forbids.
_REPEATED = 10
# Comments nest (RFC 5322 3.2.2).
_NESTING = {"(": 1, ")": -1}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TOKEN = re.compile(
    r"\"((?:[^\"\\]|\\.)*+)\"?"  # 1 quoted string
    r"|<([^<>]*+)>?"  # 2 angle address
    r"|([,;:()])"  # 3 separator, or the bracket of a comment
    r"|([^\"<>,;:()]++)"  # 4 anything else
    r"|.",
    re.DOTALL,
)
# What nine in ten fields are: one address, with a name of plain words or none. Read at once, in a tenth of the time.
_ONE = re.compile(
    rb"(?:(?:([A-Za-z0-9][\w .-]{0,79}+)|\"([A-Za-z0-9][\w .-]{0,79}+)\" ?)?<([\w.+=-]{1,64}+@[A-Za-z0-9.-]{1,190}+)>)"
    rb"|([\w.+=-]{1,64}+@[A-Za-z0-9.-]{1,190}+)"
)
# And one with an encoded name, which Outlook puts in quotes.
_ONE_ENCODED = re.compile(
    rb"(\"?)(=\?[A-Za-z0-9*_-]{1,40}+\?[bBqQ]\?[A-Za-z0-9+/=_.-]{1,200}+\?=)\1[ \t]*+<([\w.+=-]{1,64}+@[A-Za-z0-9.-]{1,190}+)>"
)
_COMMENT = re.compile(r"\([^()]*+\)")
_COMMENT_DEPTH = 5
_PLAIN_LOCAL = re.compile(r"\"([\w.!#$&'*+/=?^`{|}~-]++)\"(?=@)")


def addresses(headers: Headers, name: str, hint: str = "") -> tuple[tuple[str, str], ...]:
    """(name, address) of everybody in a field; the address is as it was written, and may be no address at all."""
    if not (values := headers.get(name)):
        return ()
    if len(values) == 1:
        return mailboxes(values[0], needed_hint(values[0], hint) if hint else "")
    return tuple(pair for value in values[:_REPEATED] for pair in mailboxes(value, hint))[:_ADDRESSES]


# Who sent a mail is asked several times of the same field.
@lru_cache(maxsize=32)
def mailboxes(value: bytes, hint: str = "") -> tuple[tuple[str, str], ...]:
    """The mailboxes of one address field, folded as it may be."""
    value = unfolded(value)
    if one := _ONE.fullmatch(value):
        bare, quoted, angle, alone = one.groups(b"")
        return ((clean_line((bare or quoted).decode("ascii")), (angle or alone).decode("ascii")),)
    if encoded := _ONE_ENCODED.fullmatch(value):
        name = clean_line(words(encoded[2], hint), most=NAME_LENGTH)
        return ((name.strip("'\" "), _bare(encoded[3].decode("ascii"), hint)),)
    return _taken_apart(value, hint)


def _taken_apart(value: bytes, hint: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if AT not in value and b"=?" in value:  # the whole of it was encoded
        value = words(value, hint).encode("utf-8", "surrogateescape")
    if value.find(b"&lt;") >= 0:  # written by a web form that escaped it for a page
        value = value.replace(b"&lt;", b"<").replace(b"&gt;", b">")
    box, depth = _Mailbox(), 0
    for match in _TOKEN.finditer(value.decode("utf-8", "surrogateescape")):
        quoted, angle, sign, other = match.groups()
        if sign in ("(", ")"):
            depth = max(0, depth + _NESTING[sign])
        elif depth:
            box.comment.append(match[0])
        elif sign == ":" and not box.address:
            box.forget()  # the name of a group (RFC 5322 3.4)
        elif sign and (box.address or sign == ";" or box.holds_address):
            found += _pair(box, hint)
            box = _Mailbox()
        elif angle is not None:
            box.brackets = True
            box.address = box.address if "@" in box.address else angle.strip() or box.address
        elif quoted is not None:
            box.add(_ESCAPED.sub(r"\1", quoted), quoted=True)
        else:
            box.add(other or sign or "", quoted=False)
    found += _pair(box, hint)
    if _lost_address(value, found):
        return mailboxes(value.replace(b"(", b" ").replace(b'"', b" "), hint)
    return tuple(found[:_ADDRESSES])


def _lost_address(value: bytes, found: list[tuple[str, str]]) -> bool:
    """Whether a bracket or a quotation mark that nobody closed has swallowed the address."""
    if AT not in value or not (b"(" in value or b'"' in value):
        return False
    return not any("@" in address for _, address in found)


@dataclass(slots=True)
class _Mailbox:
    """What has been read of one mailbox: its words, and whether each stood in quotation marks."""

    words: list[tuple[str, bool]] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    address: str = ""
    brackets: bool = False
    # Whether one of the words that are not quoted is an address: asked at each sign, and a field may be all signs.
    holds_address: bool = False

    def add(self, word: str, *, quoted: bool) -> None:
        self.words.append((word, quoted))
        self.holds_address |= not quoted and "@" in word

    def forget(self) -> None:
        self.words.clear()
        self.holds_address = False


def _pair(box: _Mailbox, hint: str) -> list[tuple[str, str]]:
    """The mailbox as (name, address), in a list that is empty when it was none."""
    name, address = ("".join(word for word, _ in box.words), box.address) if box.address else _without_brackets(box)
    name = name.strip() or " ".join(box.comment)
    if not (name or address):
        return []
    readable = clean_line(words(name.encode("utf-8", "surrogateescape"), hint), most=NAME_LENGTH)
    return [(readable.strip("'\" "), _bare(address, hint))]


def _without_brackets(box: _Mailbox) -> tuple[str, str]:
    """(name, address) of `ann@example.com (Ann)`, of `Ann ann@example.com` and of a user of the same machine, `root`."""
    names: list[str] = []
    address = local = ""
    for position, (word, quoted) in enumerate(box.words):
        after = box.words[position + 1][0] if position + 1 < len(box.words) else ""
        if quoted and after.startswith("@") and not address:
            local = f'"{word}"'  # RFC 5322 3.4.1: it belongs to what follows, and is nobody's name
        elif quoted:
            names.append(word)
        else:
            for piece in _tight(word).split():
                if "@" in piece and not address:
                    address = local + piece
                else:
                    names.append(piece)
    if not address:
        address = next((name for name in names if "@" in name and " " not in name), "")
        if (
            not address
            and not box.brackets
            and len(box.words) == 1
            and len(names) == 1
            and not box.words[0][1]
            and "=?" not in names[0]
        ):
            address = names[0]
        names = [name for name in names if name != address]
    return " ".join(names), address


def _tight(text: str) -> str:
    """`text` without white space around its @, where some programs put it."""
    return "@".join(piece if position == 0 else piece.lstrip() for position, piece in enumerate(_halves(text)))


def _halves(text: str) -> list[str]:
    pieces = text.split("@")
    return [piece.rstrip() for piece in pieces[:-1]] + pieces[-1:]


def _bare(address: str, hint: str) -> str:
    """The address without what people and programs put around and into it; still as written where it is none."""
    if "=?" in address:
        address = words(address.encode("utf-8", "surrogateescape"), hint)
    for _ in range(_COMMENT_DEPTH if "(" in address else 0):
        address = _COMMENT.sub("", address)
    address = address.replace("\uff20", "@").strip("'<>[] \t") if "[" not in address.lstrip("[") else address.strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]  # a source route (RFC 5322 4.4), which nobody follows any more
    if " " in address or not address.isprintable():
        address = ".".join(piece.strip() for piece in _tight(address).split("."))
    if '"' in address:
        address = _PLAIN_LOCAL.sub(r"\1", address, count=1)
    return clean_line(address.strip("'"))

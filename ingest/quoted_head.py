"""The head of a mail that stands in the text of another: From, Sent, To and Subject as programs write them there.

Pure, bounded, linear: a head is at most `_LINES` lines, and each is read once. The words are in `head_words`, by
language; the fields of one head are of one language, or English (Gmail translates the sender only).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from core.text import clean_line
from ingest.head_words import FIELDS
from ingest.headers import words

LINE_LENGTH = 2_000
_LINES = 24
_MAILBOXES = 50
# BlackBerry leaves up to two between the fields.
_BLANKS_BETWEEN = 2
_BROKEN_IN = 4

# A label: up to four words before a colon, within the stars of a text made from bold HTML, or the bars of a table.
_LABEL = re.compile(r"^[\s*_|\u200e\u200f\ufeff]*+([^\W\d_][^:：*|<>@\n]{0,24})[\s*_]{0,4}[:：][\s*_|]{0,8}")
_QUOTE = re.compile(r"^(?:[ \t]{0,3}>)+ ?")
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'«»„“”|*]{1,64}@[^\s<>()\[\]:;,\"'«»„“”|*]{1,255}")
_BRACKETS = re.compile(r"[<\[(]")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
# A day and a year in one line, in any language.
_WHEN = re.compile(r"(?<!\d)\d{1,2}\D{1,24}(?:19|20)\d\d(?!\d)|(?<!\d)(?:19|20)\d\d\D{1,24}\d{1,2}(?!\d)")
_HOUR = re.compile(r"(?<!\d)\d{1,2}[:.]\d\d(?!\d)")
_UNNAMED_LINES, _UNNAMED_LEAST = 8, 3
_QUOTES = " \t\xa0\"'«»„“”‘’*_,;|"


class Field(NamedTuple):
    """One field of a head: its kind (`from`, `date`, `to`, `cc`, `subject`, `other`), languages and value."""

    kind: str
    languages: frozenset[str]
    value: str


class Mailbox(NamedTuple):
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Head:
    """A head: the values of its fields by kind, who sent it, and the number of the first line behind it. `sender.address`
    may be empty: some programs name only. All else is read when it is asked for: of what is merely quoted it never is.
    """

    said: Mapping[str, str]
    sender: Mailbox
    end: int

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(self.said)

    @property
    def to(self) -> tuple[Mailbox, ...]:
        return mailboxes(self.said.get("to", ""))

    @property
    def cc(self) -> tuple[Mailbox, ...]:
        return mailboxes(self.said.get("cc", ""))

    @property
    def subject(self) -> str:
        return _decoded(" ".join(self.said.get("subject", "").split()).strip("*"))

    @property
    def date(self) -> str:
        return self.said.get("date", "")


def fold(text: str) -> str:
    """Small letters; the Turkish İ without the dot that stays behind."""
    return text.casefold().replace("\u0307", "")


def phrases(table: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All phrases of a table by language, in small letters, the longest first."""
    return tuple(sorted({fold(word) for words in table.values() for word in words}, key=len, reverse=True))


# What a label may be, with the languages in which it is that.
_Meanings = tuple[tuple[str, frozenset[str]], ...]


def _by_label() -> dict[str, _Meanings]:
    """What each label may be, with the languages in which it is that."""
    found: dict[str, dict[str, set[str]]] = {}
    for language, kinds in FIELDS.items():
        for kind, labels in kinds.items():
            for label in labels:
                found.setdefault(fold(label), {}).setdefault(kind, set()).add(language)
    found.setdefault("cc", {}).setdefault("cc", set()).add("en")
    return {
        label: tuple((kind, frozenset(languages)) for kind, languages in kinds.items())
        for label, kinds in found.items()
    }


_BY_LABEL = _by_label()
# What a sender is called in any language.
SENDERS = frozenset(label for label, meanings in _BY_LABEL.items() if "from" in dict(meanings))


def unquoted(line: str) -> str:
    """The line without the signs of quoting before it (Apple Mail and IONOS quote what they forward)."""
    line = line[:LINE_LENGTH].replace("\xa0", " ")
    if ">" not in line[:4] or line.endswith(">>>"):
        return line  # GroupWise names whom it quotes between such signs
    return _QUOTE.sub("", line, count=1)


def is_field(line: str) -> bool:
    return bool(_meanings(line))


def is_sender(line: str) -> bool:
    """Whether the line names a sender, as the first line of most heads does."""
    return any(kind == "from" for kind, _ in _meanings(line))


def kind_of(line: str) -> str:
    """What kind of field the line is, where that is the same in all languages; empty where it is none."""
    kinds = {kind for kind, _ in _meanings(unquoted(line))}
    return kinds.pop() if len(kinds) == 1 else ""


def _meanings(line: str) -> _Meanings:
    return _labelled(line)[0] if ":" in line or "：" in line else ()


# The lines of a head are looked at from several sides: each as one that may begin it, go on with it, or follow it.
@lru_cache(maxsize=128)
def _labelled(line: str) -> tuple[_Meanings, str]:
    """What the label of `line` may mean, and what stands behind it."""
    label = _LABEL.match(line)
    return (_BY_LABEL.get(fold(" ".join(label[1].split())), ()), line[label.end() :].strip()) if label else ((), "")


def _field(line: str, languages: frozenset[str] = frozenset()) -> Field | None:
    """What `line` says; `languages` are those that the head can still be of (none: any)."""
    for kind, spoken in _meanings(line):
        if not languages or "en" in spoken or not languages.isdisjoint(spoken):
            return Field(kind, spoken, _labelled(line)[1])
    return None


def read(lines: list[str], start: int) -> Head | None:
    """The head that begins at line `start`; None where none does. At least a sender and one field beside it."""
    first = unquoted(lines[start])
    if not is_field(first):
        return None
    if (all_in_one := _of_one_line(first, start)) is not None:
        return all_in_one
    fields, end = _fields(lines, start)
    kinds = frozenset(fields)
    if "from" not in kinds or len(kinds - {"cc", "other"}) < 2:
        return _of_broken_line(lines, start)
    return _head(fields, end)


def unnamed(lines: list[str], start: int) -> Head | None:
    """The head at line `start` in a language that no table has, told by its values: an address, day and hour, and what is left.

    To be asked only where something else announces a head: a form looks like this too, if seldom with an hour.
    """
    said: list[str] = []
    for number in range(start, min(start + _UNNAMED_LINES, len(lines))):
        line = unquoted(lines[number])
        label = _LABEL.match(line)
        if label is None:
            break
        said.append(line[label.end() :].strip())
    people = [value for value in said if _ADDRESS.search(value)]
    dates = [value for value in said if _WHEN.search(value) and _HOUR.search(value) and not _ADDRESS.search(value)]
    if len(said) < _UNNAMED_LEAST or not dates or not people or said[0] != people[0]:
        return None
    fields = {"from": people[0], "date": dates[0], "to": ", ".join(people[1:])}
    rest = [value for value in said if value not in people and value != dates[0]]
    return _head({**fields, "subject": rest[-1] if rest else ""}, start + len(said))


def _head(fields: Mapping[str, str], end: int) -> Head:
    name, address = next(iter(mailboxes(fields["from"])), Mailbox(fields["from"].strip(_QUOTES), ""))
    return Head(fields, Mailbox(_decoded(name), address), end)


def _decoded(said: str) -> str:
    """mutt and web mailers copy a field as it was written (RFC 2047). What is encoded is never an address."""
    return clean_line(words(said.encode("utf-8", "replace")), most=LINE_LENGTH) if "=?" in said else said


def _fields(lines: list[str], start: int) -> tuple[dict[str, str], int]:
    """The fields from line `start` on by kind, and the line behind the last."""
    fields: dict[str, str] = {}
    languages: frozenset[str] = frozenset()
    last, kind = start, ""
    for number in range(start, min(start + _LINES, len(lines))):
        line = unquoted(lines[number])
        field = _field(line, languages)
        if field is not None and (field.kind not in fields or field.kind in ("other", "cc", "date")):
            if number - last > 1 + _BLANKS_BETWEEN:
                break
            kind, last = field.kind, number
            fields.setdefault(kind, field.value)
            if kind == "from":
                languages = field.languages
        elif line.strip():
            if not kind or not _goes_on(lines, number, last, fields[kind], kind, languages):
                break
            fields[kind] = f"{fields[kind]} {line.strip()}".strip()
            last = number
    return fields, last + 1


def _goes_on(lines: list[str], number: int, last: int, value: str, kind: str, languages: frozenset[str]) -> bool:
    """Whether line `number`, which is no field, belongs to the field above it.

    A list of people that ends with a comma does, a field whose value stands below its label, and whatever a further
    field follows before a blank line: a long subject in two lines. What stands below the subject without a blank line
    may be the text already (new Outlook).
    """
    if number - last > 1:
        return False
    if (kind in ("to", "cc") and value.endswith((",", ";"))) or (not value and kind in ("from", "to", "date")):
        return True
    if kind in ("from", "to", "cc") and "@" not in value and unquoted(lines[number]).lstrip().startswith(("<", "[")):
        return True  # broken between name and address
    if kind in ("from", "to", "cc") and value.count("<") > value.count(">") and ">" in lines[number]:
        return True  # Gmail breaks its lines inside an address too
    for following in range(number + 1, min(number + 4, len(lines))):
        line = unquoted(lines[following])
        if not line.strip():
            return False
        if _field(line, languages) is not None:
            return True
    return False


def _of_one_line(line: str, number: int) -> Head | None:
    """Yahoo's web mail writes the whole head in one line, without even a space between its fields."""
    fields = one_line(line)
    return _head(fields, number + 1) if fields else None


def _of_broken_line(lines: list[str], start: int) -> Head | None:
    """The same where the plain version breaks the line, as it does behind a long name."""
    joined = unquoted(lines[start])
    for number in range(start + 1, min(start + _BROKEN_IN, len(lines))):
        following = unquoted(lines[number])
        if not following.strip():
            return None
        joined = f"{joined} {following.strip()}"[:LINE_LENGTH]
        if fields := one_line(joined):
            return _head(fields, number + 1)
    return None


def one_line(line: str) -> dict[str, str] | None:
    """The fields of a head written in one line, where the subject comes last; None where it is none."""
    # What is one field costs no more: the patterns of all labels are slow, and slow to make.
    if "@" not in line or line.count(":") + line.count("：") - line.count("mailto:") < _COLONS:
        return None
    first = _field(line)
    if first is None or first.kind != "from":
        return None
    for language in sorted(first.languages):
        found = [match for match in _one_line_pattern(language).finditer(line) if match.lastgroup]
        kinds = [match.lastgroup or "" for match in found]
        if {"from", "date", "subject"} <= set(kinds):
            return _cut(line, found)
    return None


def _cut(line: str, found: list[re.Match[str]]) -> dict[str, str]:
    """Each kind once, from the end of its label to the next; what a subject says is no field any more."""
    fields: dict[str, str] = {}
    kind, begin = "", 0
    for match in found:
        named = match.lastgroup or ""
        if named in fields or named == kind:
            continue
        if kind:
            fields[kind] = line[begin : match.start()].strip()
        kind, begin = named, match.end()
        if kind == "subject":
            break
    fields[kind] = line[begin:].strip()
    return fields


# Behind From and Date at least.
_COLONS = 2
# Portuguese Yahoo leaves out the colon behind the subject, Polish Yahoo the one behind the copies.
_WITHOUT_COLON = {("pt", "subject"), ("pl", "cc")}


# Made when the first such head comes: all of them take as long as a hundred mails.
@cache
def _one_line_pattern(language: str) -> re.Pattern[str]:
    """Every label of `language` wherever it stands. Case counts: "CETTárgy:" holds a label, "pedata:" holds none."""
    parts = []
    for kind, labels in ({"cc": ()} | FIELDS[language]).items():
        words = {label[:1].upper() + label[1:] for label in labels} | ({"Cc", "CC", "DW"} if kind == "cc" else set())
        either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        colon = r"(?:\s?[:：]|\s)" if (language, kind) in _WITHOUT_COLON else r"\s?[:：]"
        parts.append(f"(?P<{kind}>(?:{either}){colon})")
    return re.compile("|".join(parts))


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """The people of a field. Outlook writes the address twice, or as a link, or leaves it out."""
    if "@" not in value:
        return ()
    found: list[Mailbox] = []
    position = 0
    value = _MAILTO.sub("", value[:LINE_LENGTH])
    for match in _ADDRESS.finditer(value):
        address = match[0].strip(".").lower()
        if len(found) >= _MAILBOXES:
            break
        before = value[position : match.start()]
        position = match.end()
        if "@" not in address.strip("@") or address in (box.address for box in found):
            continue
        found.append(Mailbox(_name(before, address), address))
    return tuple(found)


def _name(before: str, address: str) -> str:
    """The name before an address, without what closes the address in front of it."""
    inside = _BRACKETS.split(before)
    candidates = [piece.strip(_QUOTES + ">])<[(") for piece in inside]
    name = next((piece for piece in candidates if piece), "")
    return "" if name.lower() == address else name

"""The line above a quote: "On 2 Mar 2026 at 12:10, Ann Lee <ann@example.com> wrote:". Pure, linear.

A line may be one by what it begins or ends with; whether it is, is decided by how much of date, address and verb it has.
"""

import re
from functools import lru_cache

from ingest.quote_words import (
    FIRST_PERSON,
    OPENERS,
    QUOTING,
    QUOTING_LINES,
    SECOND_PERSON,
    UNNAMED,
    WROTE,
    WROTE_UNSPACED,
)
from ingest.quoted_head import fold, phrases

ADDRESS = re.compile(r"[^\s<>()\[\]]@[\w-]+\.\w")
# A year, a time of day (Danish and Finnish write 10.00), a date in figures, East Asian dates.
DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[:.h]\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年|\d년|\d{1,2}[月월]"
)
# Day and year, whatever stands between.
FULL_DATE = re.compile(
    r"(?<!\d)\d{1,2}\D{1,24}(?:19|20)\d\d(?!\d)|(?<!\d)(?:19|20)\d\d(?:[-/.年년] ?|\. [^\W\d]{2,12}\.? )\d{1,2}|(?<!\d)\d{1,2}[./-] ?\d{1,2}[./-] ?\d{2,4}"
)
_MAILBOX = re.compile(r"<[^<>\s]{1,100}@[^<>\s]{1,200}>")
CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.]\d\d(?!\d)")
# No part of a date in figures.
_HOUR = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d\d(?![\d.])")
_FIRST_WORD = re.compile(r"[^\W\d]+")
_AROUND_WORDS = " ,.:;：，。、()[]{}<>*_-–—\"'«»„“”"
# "wrote the following:" ends in it, and so does whatever else a person announces: no verb.
_OBJECTS = frozenset({"following", "følgende", "seuraavaa", "segue"})
VERBS = frozenset(phrase.split()[-1].partition("(")[0].partition("/")[0] for phrase in phrases(WROTE)) - {"je"}
_PROPER_VERBS = VERBS - _OBJECTS
_VERB_UNSPACED = re.compile("|".join(WROTE_UNSPACED))
_VERB_TAIL, _VERB_LENGTH = 3, 30
_OPENING = frozenset(phrase.split()[0].strip(".") for phrase in OPENERS)
_OPENS_UNSPACED = re.compile(r"[\d在於于]|ב-|ב\d|เมื่อ|ในวันที่")
_QUOTING = tuple(f"{phrase} " for phrase in QUOTING)
_QUOTING_LINES = tuple(f"{phrase} " for phrase in QUOTING_LINES)
_SUP = re.compile(r"excerpts from .{1,100}'s message of ")
_WORD = re.compile(r"[^\W\d_]{2,}")
# Day, month, a name of three, what stands between them, and a verb.
_MOST_WORDS = 8
_COLON_AT_END = re.compile(r"[:：][\s*_>-]*$|-{2,}\s*$")
_DATE_AT_END = re.compile(r"\d(?: ?[ap]\.?m\.?)?\s?\)*[:：]?[\s*_]*$", re.IGNORECASE)


_GLUED = re.compile(r"(?<=[^\s>])[ \t]*(?=(?:On|Am|Le|El|Il giorno|Em|Op|Den) (?:[^\W\d]{2,9}[.,]{0,2} |\d))")
_GLUED_LENGTH, _GLUED_TRIES = 400, 5


def may_end(bare: str) -> bool:
    end = bare.rstrip("*_>- ")
    if end.endswith((":", "：")):
        return True
    last = end[-24:].rpartition(" ")[2]
    if last.isascii():
        return fold(last.partition("(")[0]) in VERBS
    return has_verb(last)


def is_only_verb(bare: str) -> bool:
    """Whether only the end of an attribution stands in the line: "wrote:", "a écrit :"."""
    return len(bare) < _VERB_LENGTH and may_end(bare) and has_verb(bare) and len(bare.split()) <= _VERB_TAIL


def has_verb(line: str) -> bool:
    return not _PROPER_VERBS.isdisjoint(_words(line)) or (
        not line.isascii() and _VERB_UNSPACED.search(line) is not None
    )


# Asked of the same line for a verb, and for a word that speaks of its writer.
@lru_cache(maxsize=8)
def _words(line: str) -> frozenset[str]:
    """The words without what stands around them: "napisał(a):" and "napisao/la:" are one word and a doubt."""
    words = [word.strip(_AROUND_WORDS) for word in fold(line).split()]
    if "(" in line or "/" in line:
        words = [word.partition("(")[0].partition("/")[0] for word in words]
    return frozenset(words)


def _verb_ends(line: str) -> bool:
    return has_verb(" ".join(line.split()[-_VERB_TAIL:]))


def opens(line: str) -> bool:
    """Whether an attribution may begin so: with a preposition, a weekday, a figure."""
    bare = line.lstrip(" *<>-")
    first = _FIRST_WORD.match(bare)
    return (first is not None and fold(first[0]) in _OPENING) or _OPENS_UNSPACED.match(bare) is not None


def begin_within(line: str) -> int:
    """Where in `line` an attribution begins behind other words; 0 where none does. In the languages whose preposition
    has a capital there and stands right before a weekday or a figure."""
    if len(line) > _GLUED_LENGTH:
        return 0
    for begin in reversed(list(_GLUED.finditer(line))[-_GLUED_TRIES:]):
        rest = line[begin.end() :]
        if FULL_DATE.search(rest) and CLOCK.search(rest) and is_one(rest, opened=True, followed_by_quote=True):
            return begin.end()
    return 0


def is_whole(joined: str) -> bool:
    """Whether nothing misses of an attribution: day and year, and by whom."""
    return FULL_DATE.search(joined) is not None and (has_verb(joined) or ADDRESS.search(joined) is not None)


def is_of_program(line: str) -> bool:
    """Whether only a program writes an attribution so: it begins as one, has a day and an hour or address, and no word
    that speaks of its writer or of somebody whom the writer does not name ("my bank")."""
    return (
        opens(line)
        and FULL_DATE.search(line) is not None
        and (_HOUR.search(line) or ADDRESS.search(line)) is not None
        and UNNAMED.isdisjoint(line.split())
        and not speaks_of_itself(line)
    )


def is_beginning(line: str, rest: str) -> bool:
    """Whether `line` begins what `rest` ends: "On Mon, Mar" above "2, 2026 …", a name and address above the date."""
    if rest[0].isdecimal() and not line[0].isdecimal() and opens(line):
        return FULL_DATE.search(line) is None
    return ADDRESS.search(rest) is None and ADDRESS.search(line) is not None and len(line) < 100


def is_one(line: str, *, opened: bool, followed_by_quote: bool) -> bool:
    """Whether a program wrote `line` above a quote. The less its form proves, the more of date, address and verb it needs."""
    addressed, verb = "@" in line and ADDRESS.search(line) is not None, has_verb(line)
    if not followed_by_quote and (speaks_of_itself(line) or not (addressed or _COLON_AT_END.search(line))):
        return False
    if addressed and ((opened and _is_dated(line)) or fold(line.lstrip(" *<>-")).startswith(_QUOTING)):
        return True
    if addressed and len(line) < 250 and (verb or (followed_by_quote and _is_dated(line))):
        return True
    if addressed and len(line) < 250 and _is_in_any_language(line):
        return True
    if len(line) < 160 and (folded := fold(line)).startswith(_QUOTING_LINES) and _is_dated(line):
        return followed_by_quote or _SUP.match(folded) is not None
    if not verb or len(line) >= 200:
        return False
    # Without an address, a time alone is what sentences have too ("At 10:30 it was as you wrote:").
    day, at_end = FULL_DATE.search(line) is not None, _verb_ends(line)
    if day and (opened or at_end or _DATE_AT_END.search(line) is not None):
        return True
    if at_end and " via " in line:
        return True
    return followed_by_quote and len(line) < 160 and not speaks_of_itself(line)


def _is_dated(line: str) -> bool:
    """Asked for last, of few lines: each form of a date is tried at every sign."""
    return DATE.search(line) is not None


def _is_in_any_language(line: str) -> bool:
    """Ann Lee <ann@example.com>, day, year and hour, and hardly a word besides: a sentence may have all of them too."""
    mailbox = _MAILBOX.search(line)
    if mailbox is None or FULL_DATE.search(line) is None or CLOCK.search(line) is None:
        return False
    return len(_WORD.findall(line[: mailbox.start()] + line[mailbox.end() :])) <= _MOST_WORDS


def speaks_of_itself(line: str) -> bool:
    return not FIRST_PERSON.isdisjoint(_words(line))


def is_said_to_the_writer(line: str) -> bool:
    """Whether the writer repeats what was said to them ("You said:"): programs put a date or an address beside it."""
    if "@" in line and ADDRESS.search(line):
        return False  # Du Wei <du@shop.example> wrote:
    first = _FIRST_WORD.match(line.lstrip(" *-"))
    return first is not None and fold(first[0]) in SECOND_PERSON and not _is_dated(line)

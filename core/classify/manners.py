"""What people write around the matter: greetings, sign-offs, signatures, and the headers of forms and forwarded mails.

It is cut before the text is read: "Dear Support Team" is no wish for support, and "Phone: none" is no trouble with a
phone. Where something was cut stands an empty line, so that no phrase goes across. Line by line, and linear.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from itertools import compress, islice

from core.classify.remembered import Remembered
from core.classify.words import fold

# A greeting ends at the first of these marks; where none follows soon, only its own words are cut.
_GREETING_ENDS = re.compile(r"[,!.:;\n]")
LONGEST_GREETING = 60
# After a sign-off stands a name; a longer rest is a sentence that only begins like one ("Thanks to the update ...").
LONGEST_SIGN_OFF = 40
# What follows a sign-off is a signature, or older mails below it. After a mere thanks, a short rest is a signature.
SHORT_REST = 200
LONGEST_LABEL = 40

_FIRST_WORD = re.compile(r"[^\w]*([^\W_]+)")
_WORD = re.compile(r"[^\W_]+")
# Line ends as exports and web forms leave them in a text.
_LINE_ENDS = re.compile(r"\\r\\n|\\n|<br ?/?>|\r\n?")


class Kind(Enum):
    GREETING = auto()
    SIGN_OFF = auto()
    THANKS = auto()
    # It begins like thanks and asks for something ("Merci de créer un accès"): the line stays.
    REQUEST = auto()
    # The line is a form's: what stands after the label is an address, a name, a date.
    LABEL = auto()
    # Only the label is the form's: the matter stands after it.
    TITLE = auto()


# The phrases that begin with a word, the longest first.
_Phrases = tuple[tuple[tuple[str, ...], Kind], ...]


class Manners:
    """The phrases of all languages: `may_begin` says of what stands before the first space of a line whether one may begin
    there, and `cut` what is left of a line that begins with one, and of which kind that is; None for any other.
    """

    def __init__(self, phrases: Mapping[str, _Phrases]) -> None:
        self._phrases = phrases
        self.may_begin = Remembered(self._may_begin)
        self.cut = Remembered(self._cut, LONGEST_SIGN_OFF)

    def _may_begin(self, head: str) -> bool:
        # After a dash, say, or in a line that begins with a space, there may be a word later.
        return fold(first[1]) in self._phrases if (first := _FIRST_WORD.match(head)) else True

    def _cut(self, line: str) -> tuple[str, Kind] | None:
        first = _FIRST_WORD.match(line)
        phrases = self._phrases.get(fold(first[1])) if first else None
        if first is None or phrases is None or (found := _beginning(line, first.start(1), phrases)) is None:
            return None
        end, kind = found
        rest = _after(line, end, kind)
        return None if rest is line else (rest, kind)


def manners(phrases: Iterable[tuple[tuple[str, ...], Kind]]) -> Manners:
    by_word: dict[str, dict[tuple[str, ...], Kind]] = {}
    for words, kind in phrases:
        by_word.setdefault(words[0], {}).setdefault(words, kind)
    return Manners(
        {word: tuple(sorted(found.items(), key=lambda entry: -len(entry[0]))) for word, found in by_word.items()}
    )


def without(text: str, known: Manners) -> str:
    """`text` without them. What is left stands in `text` literally, but for the ends of lines."""
    if "\\n" in text or "<br" in text or "\r" in text:
        text = _LINE_ENDS.sub("\n", text)
    lines = text.split("\n")
    may_begin = [line and known.may_begin[line.partition(" ")[0]] for line in lines]
    if not any(may_begin):
        return text
    kept: list[str] = []
    done, said = 0, False
    for number in compress(range(len(lines)), may_begin):
        if (cut := known.cut[lines[number]]) is None:
            continue
        rest, kind = cut
        before = lines[done:number]
        kept += [*before, "", rest]
        done = number + 1
        said = said or any(map(_WORD.search, before))
        # Before anything was said it is no end.
        if said and not rest and _ends_all(kind, lines, done):
            return "\n".join(kept)
        said = said or bool(rest)
    return "\n".join(kept + lines[done:])


def _beginning(line: str, start: int, phrases: _Phrases) -> tuple[int, Kind] | None:
    """Where in the line the longest of the phrases ends that it begins with, and of which kind that is."""
    longest = len(phrases[0][0])
    words: list[str] = []
    ends: list[int] = []
    for piece in _WORD.finditer(line, start, start + 2 * LONGEST_GREETING):
        words.append(fold(piece[0]))
        ends.append(piece.end())
        if len(words) == longest:
            break
    for wanted, kind in phrases:
        if tuple(words[: len(wanted)]) == wanted:
            return ends[len(wanted) - 1], kind
    return None


def _after(line: str, end: int, kind: Kind) -> str:
    """What of the line is left; the line itself when it only seemed to be one."""
    if kind is Kind.GREETING:
        stop = _GREETING_ENDS.search(line, end, LONGEST_GREETING)
        if stop:
            return line[stop.end() :].strip()
        return "" if len(line) <= LONGEST_SIGN_OFF else line[end:]
    if kind in (Kind.SIGN_OFF, Kind.THANKS):
        rest = line[end:].strip(" \t,.!-")
        return line if len(rest) > LONGEST_SIGN_OFF else ""
    if kind is Kind.REQUEST:
        return line
    colon = line.find(":", end, end + LONGEST_LABEL)
    if colon < 0 or _WORD.search(line, end, colon):
        return line
    return "" if kind is Kind.LABEL else line[colon + 1 :]


def _ends_all(kind: Kind, lines: Sequence[str], after: int) -> bool:
    if kind is not Kind.THANKS:
        return kind is Kind.SIGN_OFF
    left = 0
    for line in islice(lines, after, None):
        left += len(line) + 1
        if left > SHORT_REST:
            return False
    return True

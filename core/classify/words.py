"""A text as whole words, folded for comparison, each with its place in the text."""

import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import filterfalse, islice

from core.classify.remembered import Remembered

# Combining marks belong to the word they follow: a text need not be NFC. The second half is where a clause ends;
# it takes one mark only, since a run of them followed by a letter would be read again from each of its characters.
_PIECE = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*|[.!?;:,](?=\s|$)|\n[ \t]*\n\s*")
# What empty lines become, and what two texts are joined by: no phrase goes across.
BREAK = "|"
_ENDS_CLAUSE = frozenset(".!?;:,|")


def folded(text: str) -> list[str]:
    """The words of a text without case and accents, and the marks that end a clause.

    No phrase contains such a mark, so none matches across it.
    """
    try:
        return _split(text.encode("ascii", _AS_ASCII))
    except _NotLatinError:
        return [BREAK if piece[0] == "\n" else fold(piece) for piece in _PIECE.findall(text)]


def joined(first: str, second: str) -> tuple[list[str], int]:
    """The words of two texts as one row with the end of a clause between them, and where that stands."""
    try:
        # Both at once: of a short text the steps cost more than its words.
        row = _split(_BETWEEN.join((first.encode("ascii", _AS_ASCII), second.encode("ascii", _AS_ASCII))))
    except _NotLatinError:
        said = folded(first)
        return [*said, BREAK, *folded(second)], len(said)
    end = row.index(_STANDS_BETWEEN)
    row[end] = BREAK
    return row, end


class Written:
    """A text as it was written, to find its words there again."""

    __slots__ = ("_lower", "_places", "_spans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lower: str | None = None
        self._places: Iterator[tuple[int, int]] | None = None
        self._spans: list[tuple[int, int]] = []

    def has(self, phrase: str) -> bool:
        """Whether `phrase`, folded words with spaces between them, stands in the text just so."""
        if (lower := self._lower) is None:
            lower = self._lower = self.text.lower()
        if (at := lower.find(phrase)) < 0:
            return False
        end = at + len(phrase)
        return not lower[end : end + 1].isalnum() and (at == 0 or not lower[at - 1].isalnum())

    def slice(self, start: int, end: int) -> str:
        """The text from its word `start` up to before word `end`; both are words, no marks."""
        # Few words are ever shown, and most of them early: places are looked up only as far as one is.
        if self._places is None:
            self._places = (piece.span() for piece in _PIECE.finditer(self.text))
        if (missing := end - len(self._spans)) > 0:
            self._spans += islice(self._places, missing)
        return self.text[self._spans[start][0] : self._spans[end - 1][1]]


# The same as by _PIECE, for what folds to ASCII, in a third of the time: in bytes, a whole text at once. Marks that end a
# clause are told from others by their highest bit, and so are empty lines from the ends of lines.
_OTHER_SPACE = 0x0B  # white space that makes no empty line
_BLANK_LINES = re.compile(rb"\n *\n[ \n\x0b]*")


def _byte(code: int) -> int:
    """A byte of a text as it is split: words in small letters, spaces, marks, and `-` for anything else."""
    char = chr(code)
    if char.isalnum() or char in " \n.!?;:,":
        return ord(char.lower())
    if char == "\t":
        return ord(" ")
    return _OTHER_SPACE if char.isspace() else ord("-")


def _marked(mark: str) -> int:
    return 0x80 | ord(mark)


# No space before it: of `?!` only the second stands before one.
_MARKS = [(mark.encode(), f"{mark} ".encode(), b"-%c " % _marked(mark)) for mark in ".!?;:,"]
# Between two texts that are split together stands a byte that is in none, and in the row a character that is no word's.
_BETWEEN, _STANDS_BETWEEN = b" \xff ", "\x7f"
_READ = bytes([_byte(code) for code in range(128)]) + b"-" * 127 + b"\xff"
_WRITTEN = bytes([code if chr(code).isalnum() else ord(" ") for code in range(128)]) + bytes(range(128))


def _split(data: bytes) -> list[str]:
    data = data.translate(_READ)
    if b"\n" in data:
        data = _BLANK_LINES.sub(b" %c " % _marked(BREAK), data).replace(b"\n", b" ")
    data = data.replace(b"%c" % _OTHER_SPACE, b" ") + b" "
    for mark, ending, marked in _MARKS:
        if mark in data:
            data = data.replace(ending, marked)
    return data.translate(_WRITTEN).decode("ascii").split()


class _NotLatinError(ValueError):
    """There are letters that no folding makes ASCII, or accents apart from their letters."""


def _as_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _runs[error.object[error.start : error.end]], error.end


def _run(run: str) -> str:
    """What stands in ASCII for a run of other characters; as long as it matters, for it is about words alone."""
    return "".join(map(_character, run))


def _character(char: str) -> str:
    if char.isalnum():
        folded = fold(char)
        if folded.isascii() and folded.isalnum():
            return folded
    elif char.isspace():
        return chr(_OTHER_SPACE)
    elif not (unicodedata.combining(char) or "\u0300" <= char <= "\u036f"):
        return "-"
    raise _NotLatinError


_AS_ASCII = "deskbell.as_ascii"
_runs = Remembered(_run)
codecs.register_error(_AS_ASCII, _as_ascii)


# Where no key has an umlaut, German is written without: `ueber`, `loeschen`, `aendern`. What is none: `neue`, `Steuer`,
# `Quelle`, `aktuell`, and of the English words among them `issue`, `bluetooth`, `does`.
_SPELT_OUT = re.compile(r"([ao])e(?!s?$)|(?<![aeoq])(?<!bl)(u)e(?!ll|$)")
_UMLAUT = re.compile("[äöüÄÖÜ]")


def has_umlauts(text: str) -> bool:
    return not text.isascii() and _UMLAUT.search(text) is not None


def umlauts_read(words: Sequence[str]) -> list[str]:
    """The folded words of a German text without umlauts as if it had them: `konnen` for `koennen`."""
    return list(map(_umlauts.__getitem__, words))


def _umlauts_of(word: str) -> str:
    return _SPELT_OUT.sub(r"\1\2", word)


_umlauts = Remembered(_umlauts_of)


def ends_clause(word: str) -> bool:
    return word[0] in _ENDS_CLAUSE


def fold(word: str) -> str:
    """`word` without case and accents: `Größe`, `GROSSE` and `grösse` are the same word."""
    if word.isascii():
        return word.lower()
    return "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFD", word.casefold())))

"""A text as whole words, folded for comparison, each with its place in the text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

# Combining marks belong to the word they follow: a text need not be NFC. The second half is where a clause ends;
# it takes one mark only, since a run of them followed by a letter would be read again from each of its characters.
_PIECE = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*|[.!?;:,](?=\s|$)|\n[ \t]*\n\s*")
_PIECE_ASCII = re.compile(r"[a-z0-9]+|[.!?;:,](?=\s|$)|\n[ \t]*\n\s*")
_ENDS_CLAUSE = frozenset(".!?;:,\n")
# What two texts are joined by: no phrase goes across.
BREAK = "\n"


class Words:
    """`folded[i]` is the i-th word without case and accents, or the mark that ends a clause.

    No phrase contains such a mark, so none matches across it.
    """

    __slots__ = ("_places", "_spans", "folded", "lower", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = lower = text.lower()
        self._spans: list[tuple[int, int]] = []
        if text.isascii():
            self.folded = _PIECE_ASCII.findall(lower)
            self._places = _found(lower, self.folded)
        else:
            self.folded = [fold(piece) for piece in _PIECE.findall(text)]
            self._places = (piece.span() for piece in _PIECE.finditer(text))

    def has(self, phrase: str) -> bool:
        """Whether `phrase`, folded words with spaces between them, stands in the text just so."""
        lower = self.lower
        if (at := lower.find(phrase)) < 0:
            return False
        end = at + len(phrase)
        return not lower[end : end + 1].isalnum() and (at == 0 or not lower[at - 1].isalnum())

    def slice(self, start: int, end: int) -> str:
        """The text from word `start` up to before word `end`, as it was written; both are words, no marks."""
        # Few words are ever shown, and most of them early: places are looked up only as far as one is.
        if (missing := end - len(self._spans)) > 0:
            self._spans += islice(self._places, missing)
        return self.text[self._spans[start][0] : self._spans[end - 1][1]]


def _found(lower: str, pieces: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where the words stand. Between two of them there is no letter, so the next place that fits is the right one."""
    at = 0
    for piece in pieces:
        if piece[0] not in _ENDS_CLAUSE:
            start = lower.index(piece, at)
            at = start + len(piece)
            yield start, at
        else:
            yield at, at


def ends_clause(word: str) -> bool:
    return word[0] in _ENDS_CLAUSE


def fold(word: str) -> str:
    """`word` without case and accents: `Größe`, `GROSSE` and `grösse` are the same word."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))

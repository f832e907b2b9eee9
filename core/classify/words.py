"""A text as whole words, folded for comparison, each with its place in the text."""

import re
import unicodedata
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

    __slots__ = ("_rest", "_spans", "folded", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = _folded(text)
        self._spans: list[tuple[int, int]] = []
        self._rest = _PIECE.finditer(text)

    def slice(self, start: int, end: int) -> str:
        """The text from word `start` up to before word `end`, as it was written."""
        # Few words are ever shown, and most of them early: places are looked up only as far as one is.
        if (missing := end - len(self._spans)) > 0:
            self._spans += [piece.span() for piece in islice(self._rest, missing)]
        return self.text[self._spans[start][0] : self._spans[end - 1][1]]


def ends_clause(word: str) -> bool:
    return word[0] in _ENDS_CLAUSE


def _folded(text: str) -> list[str]:
    if text.isascii():
        return _PIECE_ASCII.findall(text.lower())
    return [fold(piece) for piece in _PIECE.findall(text)]


def fold(word: str) -> str:
    """`word` without case and accents: `Größe`, `GROSSE` and `grösse` are the same word."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))

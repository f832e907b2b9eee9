"""Finds phrases in a text: whole words only, the longest that fits, in one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

Label = TypeVar("Label", bound=StrEnum)

# An open word (`customiz*`) is found by these first letters; a shorter one would match nearly anything.
STEM_LENGTH = 4


# Compared by identity: within one index a phrase stands once, and it is a key in the hot loop.
@dataclass(frozen=True, slots=True, eq=False)
class Phrase(Generic[Label]):
    """`words` are folded; `is_open` means that the last one may go on (`payment fail*`)."""

    words: tuple[str, ...]
    is_open: bool
    weights: Mapping[Label, int]


@dataclass(frozen=True, slots=True)
class Hit(Generic[Label]):
    """Words `start` up to before `end` of a text are `phrase`."""

    phrase: Phrase[Label]
    start: int
    end: int


@dataclass(slots=True)
class _Node(Generic[Label]):
    """What may follow the words read so far; `phrase` is the one that ends here."""

    phrase: Phrase[Label] | None = None
    words: "dict[str, _Node[Label]]" = field(default_factory=dict)
    stems: dict[str, list[Phrase[Label]]] = field(default_factory=dict)


class PhraseIndex(Generic[Label]):
    """The phrases as a tree of words: a text is read once, and no place costs more than the longest phrase."""

    def __init__(self, phrases: Iterable[Phrase[Label]]) -> None:
        self._root: _Node[Label] = _Node()
        for phrase in phrases:
            self._add(phrase)
        # First words that are no phrase by themselves, with the words that must follow: most ends here, cheaply.
        self._followed: dict[str, dict[str, _Node[Label]]] = {
            word: node.words
            for word, node in self._root.words.items()
            if node.phrase is None and not node.stems and word[:STEM_LENGTH] not in self._root.stems
        }

    def hits(self, words: Sequence[str]) -> list[Hit[Label]]:
        known, stems = self._root.words, self._root.stems
        # Hardly any word begins a phrase, and looking at each different one once finds which.
        beginnings = {word for word in set(words) if word in known or word[:STEM_LENGTH] in stems}
        followed, end = self._followed, len(words) - 1
        found: list[Hit[Label]] = []
        free_from = 0
        for position in [at for at, word in enumerate(words) if word in beginnings]:
            if position < free_from:
                continue
            if (following := followed.get(words[position])) and (
                position == end or words[position + 1] not in following
            ):
                continue
            if (phrase := self._longest(words, position)) is not None:
                free_from = position + len(phrase.words)
                found.append(Hit(phrase, position, free_from))
        return found

    def _add(self, phrase: Phrase[Label]) -> None:
        node = self._root
        for word in phrase.words[:-1]:
            node = node.words.setdefault(word, _Node())
        last = phrase.words[-1]
        if phrase.is_open:
            node.stems.setdefault(last[:STEM_LENGTH], []).append(phrase)
            node.stems[last[:STEM_LENGTH]].sort(key=lambda other: -len(other.words[-1]))
        else:
            node.words.setdefault(last, _Node()).phrase = phrase

    def _longest(self, words: Sequence[str], position: int) -> Phrase[Label] | None:
        best: Phrase[Label] | None = None
        node: _Node[Label] | None = self._root
        end = len(words)
        while node is not None and position < end:
            word = words[position]
            if node.stems:
                for phrase in node.stems.get(word[:STEM_LENGTH], ()):
                    if word.startswith(phrase.words[-1]):
                        best = phrase
                        break
            node = node.words.get(word)
            if node is not None and node.phrase is not None:
                best = node.phrase
            position += 1
        return best

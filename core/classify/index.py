"""Finds phrases in a text: whole words only, the longest that fits, in one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

Label = TypeVar("Label", bound=StrEnum)

# An open word (`customiz*`) is found by these first letters; a shorter one would match nearly anything.
STEM_LENGTH = 4
# The words of a language that come again and again are few; what strangers make up must not fill the memory.
REMEMBERED = 4_000
LONGEST_REMEMBERED = 40


# What every end holds: never written to.
_NOTHING: dict[str, Any] = {}


def _nothing() -> dict[str, Any]:
    return _NOTHING


# Compared by identity: within one index a phrase stands once, and it is a key in the hot loop.
@dataclass(frozen=True, slots=True, eq=False)
class Phrase(Generic[Label]):
    """`words` are folded; `is_open` means that the last one may go on (`payment fail*`).

    One that `denies` makes what comes right after it void ("this is not about ...").
    """

    words: tuple[str, ...]
    is_open: bool
    weights: Mapping[Label, int]
    denies: bool = False


class Hit(NamedTuple, Generic[Label]):
    """Words `start` up to before `end` of a text are `phrase`."""

    phrase: Phrase[Label]
    start: int
    end: int


@dataclass(slots=True)
class _Node(Generic[Label]):
    """What may follow the words read so far; `phrase` is the one that ends here. Most are ends, and hold nothing more:
    an empty dictionary for each would be most of the memory.
    """

    phrase: Phrase[Label] | None = None
    words: "dict[str, _Node[Label]]" = field(default_factory=_nothing)
    stems: dict[str, tuple[Phrase[Label], ...]] = field(default_factory=_nothing)

    def after(self, word: str) -> "_Node[Label]":
        """The node behind `word`, made if there is none."""
        if self.words is _NOTHING:
            self.words = {}
        return self.words.setdefault(word, _Node())

    def open(self, stem: str, phrase: Phrase[Label]) -> None:
        """The longest first, because that is the one that is found."""
        if self.stems is _NOTHING:
            self.stems = {}
        phrases = (*self.stems.get(stem, ()), phrase)
        self.stems[stem] = tuple(sorted(phrases, key=lambda other: -len(other.words[-1])))


class _Beginnings(dict[str, "Mapping[str, _Node[Label]] | None"], Generic[Label]):
    """What is known of a word where a phrase might begin: None when none does; else the words one of which must follow,
    and nothing of them where the word may be a phrase by itself. Worked out once for each word that texts bring.
    """

    def __init__(self, root: _Node[Label]) -> None:
        super().__init__()
        self._root = root

    def __missing__(self, word: str) -> "Mapping[str, _Node[Label]] | None":
        found = self._following(word)
        if len(word) <= LONGEST_REMEMBERED:
            if len(self) >= REMEMBERED:
                self.clear()
            self[word] = found
        return found

    def _following(self, word: str) -> "Mapping[str, _Node[Label]] | None":
        if word[:STEM_LENGTH] in self._root.stems:
            return {}
        node = self._root.words.get(word)
        if node is None:
            return None
        return node.words if node.phrase is None and not node.stems else {}


class PhraseIndex(Generic[Label]):
    """The phrases as a tree of words: a text is read once, and no place costs more than the longest phrase."""

    def __init__(self, phrases: Iterable[Phrase[Label]]) -> None:
        self._root: _Node[Label] = _Node()
        for phrase in phrases:
            self._add(phrase)
        self._beginnings = _Beginnings(self._root)

    def hits(self, words: Sequence[str]) -> list[Hit[Label]]:
        end = len(words) - 1
        found: list[Hit[Label]] = []
        free_from = 0
        # Hardly any word begins a phrase: most of a text ends here, at one look-up a word.
        looked_up = enumerate(map(self._beginnings.__getitem__, words))
        for position, following in [(at, following) for at, following in looked_up if following is not None]:
            if position < free_from:
                continue
            if following and (position == end or words[position + 1] not in following):
                continue
            if (phrase := self._longest(words, position)) is not None:
                free_from = position + len(phrase.words)
                found.append(Hit(phrase, position, free_from))
        return found

    def _add(self, phrase: Phrase[Label]) -> None:
        node = self._root
        for word in phrase.words[:-1]:
            node = node.after(word)
        last = phrase.words[-1]
        if phrase.is_open:
            node.open(last[:STEM_LENGTH], phrase)
        else:
            node.after(last).phrase = phrase

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

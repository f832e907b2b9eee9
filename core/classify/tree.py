"""The phrases of one language as a tree of words: what may follow which, and what is said where a phrase ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeVar

from core.vocabulary import Category, Priority

# The folded words of a phrase with spaces between them, and a `*` where the last one may go on: it is then found by its
# first letters; fewer would match nearly anything.
Key = str
ANY_ENDING = "*"
STEM_LENGTH = 4

Label = TypeVar("Label", bound=StrEnum)
Topics = Mapping[Category, int]
Signals = Mapping[Priority, int]

# What a phrase says of categories that denies what follows it.
DENIAL: Topics = {}


class Entry(NamedTuple):
    """A phrase as it is put in."""

    key: Key
    topics: Topics | None
    signals: Signals | None


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """What a phrase of `length` words weighs.

    `topics` and `signals` are what it says of categories and priorities; None: nothing of that kind ends here, and
    empty: one that says nothing, and so keeps its words from saying something by themselves. One that `denies` makes
    what comes right after it void ("this is not about ..."). Most say what many others do, and are one value with these:
    which words it was only the text knows.
    """

    length: int
    topics: Topics | None
    signals: Signals | None

    @property
    def stem(self) -> str:
        """Of an open phrase (`payment fail*`) the beginning of its last word."""
        return ""

    @property
    def denies(self) -> bool:
        return self.topics is DENIAL

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Of phrases that fit at a place the highest is found. Two of the same rank there are the same words."""
        return self.length, not self.stem, len(self.stem)


@dataclass(frozen=True, slots=True, eq=False)
class OpenPhrase(Phrase):
    beginning: str

    @property
    def stem(self) -> str:
        return self.beginning


# Open phrases by the first letters of their last word; the shortest first, so that the longest that fits is the last.
Stems = dict[str, tuple[OpenPhrase, ...]]


@dataclass(slots=True, eq=False)
class Branch:
    """Words that others may follow: the phrase that `ends` with them, if one does, and what is `behind` each next word.

    Where there is only one, as in most, it is `word`: a dictionary would take three times the memory.
    """

    ends: Phrase | None = None
    word: str = ""
    behind: "Step | dict[str, Step] | None" = None
    stems: Stems | None = None

    def after(self, word: str) -> "Step | None":
        if isinstance(self.behind, dict):
            return self.behind.get(word)
        return self.behind if word == self.word else None

    def branch(self, word: str) -> "Branch":
        """What `word` leads to, made if there is nothing."""
        known = self.after(word)
        if isinstance(known, Branch):
            return known
        made = Branch(known)
        self._lead(word, made)
        return made

    def end(self, word: str, phrase: Phrase) -> None:
        known = self.after(word)
        if isinstance(known, Branch):
            known.ends = phrase
        else:
            self._lead(word, phrase)

    def open(self, phrase: OpenPhrase) -> None:
        if self.stems is None:
            self.stems = {}
        first = phrase.stem[:STEM_LENGTH]
        known = (*self.stems.get(first, ()), phrase)
        self.stems[first] = tuple(sorted(known, key=lambda one: len(one.stem)))

    def _lead(self, word: str, step: "Step") -> None:
        if isinstance(self.behind, dict):
            self.behind[word] = step
        elif self.behind is None or word == self.word:
            self.word, self.behind = word, step
        else:
            self.word, self.behind = "", {self.word: self.behind, word: step}


# Most words of phrases are their last, and nothing follows.
Step = Phrase | Branch


def tree(entries: Iterable[Entry]) -> Branch:
    """Of each key there is one entry."""
    root = Branch()
    # The same words are in many phrases, and each would be kept as often.
    words: dict[str, str] = {}
    # Equal weights are one value (`phrasebook.shared`).
    known: dict[tuple[int, int, int], Phrase] = {}
    for key, topics, signals in entries:
        *before, last = [words.setdefault(word, word) for word in key.split()]
        branch = root
        for word in before:
            branch = branch.branch(word)
        length = len(before) + 1
        if last.endswith(ANY_ENDING):
            branch.open(OpenPhrase(length, _said(topics), _said(signals), last.removesuffix(ANY_ENDING)))
            continue
        alike = length, id(topics), id(signals)
        if (phrase := known.get(alike)) is None:
            phrase = known[alike] = Phrase(length, _said(topics), _said(signals))
        branch.end(last, phrase)
    return root


def _said(weights: Mapping[Label, int] | None) -> Mapping[Label, int] | None:
    """0 takes a weight away."""
    if weights is None or all(weights.values()):
        return weights
    return {label: weight for label, weight in weights.items() if weight}

"""Finds the phrases of one language in a text: whole words only, the longest that fits, in one pass.

Phrases for a category and phrases for a priority are one tree of words: most of a text is one look-up a word.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, count
from operator import contains
from typing import Any, NamedTuple

from core.classify.remembered import Remembered
from core.vocabulary import Category, Priority

# An open word (`customiz*`) is found by these first letters; a shorter one would match nearly anything.
STEM_LENGTH = 4

# What a phrase says of categories that denies what follows it.
DENIAL: Mapping[Category, int] = {}
# What every end leads to: never written to.
_NOTHING: dict[str, Any] = {}


def _nothing() -> dict[str, Any]:
    return _NOTHING


@dataclass(slots=True, eq=False)
class Only:
    """The one word that may follow, as most have that go on: a dictionary would take four times the memory."""

    word: str
    phrase: "Phrase"

    def get(self, word: str) -> "Phrase | None":
        return self.phrase if word == self.word else None

    def __contains__(self, word: object) -> bool:
        return word == self.word


# Compared by identity: within one index a phrase stands once, and it is a key in the hot loop.
@dataclass(slots=True, eq=False)
class Phrase:
    """What is known once `length` words are read: what they weigh where a phrase ends with them, and how one may go on.

    `topics` and `signals` are what it says of categories and priorities; None: nothing of that kind ends here, and
    empty: one that says nothing, and so keeps its words from saying something by themselves. One that `denies` makes
    what comes right after it void ("this is not about ..."). There are twenty thousand: what few have is not here.
    """

    length: int
    topics: Mapping[Category, int] | None = None
    signals: Mapping[Priority, int] | None = None
    # Most are ends: an empty dictionary for each would be most of the memory.
    words: "dict[str, Phrase] | Only" = field(default_factory=_nothing)
    # By the first letters; the shortest first, so that the longest that fits is the last.
    stems: "dict[str, tuple[Phrase, ...]]" = field(default_factory=_nothing)

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

    def after(self, word: str) -> "Phrase":
        """What stands behind `word`, made if there is nothing."""
        known = self.words.get(word)
        if known is None:
            known = Phrase(self.length + 1)
            if isinstance(self.words, Only):
                self.words = {self.words.word: self.words.phrase}
            if self.words is _NOTHING:
                self.words = Only(word, known)
            else:
                self.words[word] = known
        return known

    def opened(self, stem: str) -> "Phrase":
        """The phrase whose last word goes on behind `stem`, made if there is none."""
        if self.stems is _NOTHING:
            self.stems = {}
        known = self.stems.get(stem[:STEM_LENGTH], ())
        found = next((one for one in known if one.stem == stem), None)
        if found is None:
            found = OpenPhrase(self.length + 1, beginning=stem)
            self.stems[stem[:STEM_LENGTH]] = tuple(sorted((*known, found), key=lambda one: len(one.stem)))
        return found


@dataclass(slots=True, eq=False)
class OpenPhrase(Phrase):
    beginning: str = ""

    @property
    def stem(self) -> str:
        return self.beginning


# Where a phrase begins, and the longest one of each kind there. No record, as there are so many.
Match = tuple[int, Phrase | None, Phrase | None]
# A phrase that stands in a text, and where it begins.
Hit = tuple[Phrase, int]


class Found(NamedTuple):
    """The phrases in a text: of categories, of priorities, and where negations stand."""

    topics: Sequence[Hit]
    signals: Sequence[Hit]
    negations: Sequence[int]


NOTHING_FOUND = Found((), (), ())


class _AnyWord:
    def __contains__(self, _: object) -> bool:
        return True


_ANY = _AnyWord()


class _Start(NamedTuple):
    """What is known of a word where a phrase begins: the phrases that it is by itself, and where it leads."""

    topic: Phrase | None
    signal: Phrase | None
    leads: Phrase | None
    negates: bool


def _opened(
    stems: Mapping[str, tuple[Phrase, ...]], word: str, topic: Phrase | None, signal: Phrase | None
) -> tuple[Phrase | None, Phrase | None]:
    """The longest of the open phrases that `word` ends, and those before it where there is none."""
    for phrase in stems.get(word[:STEM_LENGTH], ()):
        if word.startswith(phrase.stem):
            topic = topic if phrase.topics is None else phrase
            signal = signal if phrase.signals is None else phrase
    return topic, signal


class Entry(NamedTuple):
    """A phrase as it is put in; its words are folded."""

    words: tuple[str, ...]
    is_open: bool
    topics: Mapping[Category, int] | None
    signals: Mapping[Priority, int] | None


class PhraseIndex:
    """The phrases as a tree of words: a text is read once, and no place costs more than the longest phrase."""

    def __init__(self, entries: Iterable[Entry], negations: frozenset[str] = frozenset()) -> None:
        root = Phrase(0)
        # The same words are in many phrases, and each would be kept as often.
        known: dict[str, str] = {}
        for words, is_open, topics, signals in entries:
            behind = root
            *before, last = [known.setdefault(word, word) for word in words]
            for word in before:
                behind = behind.after(word)
            phrase = behind.opened(last) if is_open else behind.after(last)
            phrase.topics, phrase.signals = topics, signals
        for word in negations:
            root.after(word)  # so that every word that matters where it stands first is there
        self._root = root
        self._negations = negations
        self._needed = Remembered(self._needs)
        self._starts = Remembered(self._start)

    def matches(self, words: Sequence[str]) -> tuple[list[Match], list[int]]:
        """The longest phrases from each place, also those that begin within others; and where negations stand."""
        # Behind the last word nothing follows.
        read = [*words, ""]
        found: list[Match] = []
        negations: list[int] = []
        # Half of all words begin some phrase, and hardly one is followed by its second word.
        begins = map(contains, map(self._needed.__getitem__, words), read[1:])
        for position in compress(count(), begins):
            topic, signal, leads, negates = self._starts[read[position]]
            if negates:
                negations.append(position)
            following = position + 1
            while leads is not None:
                word = read[following]
                if leads.stems:
                    topic, signal = _opened(leads.stems, word, topic, signal)
                follow = leads.words
                if isinstance(follow, Only):
                    leads = follow.phrase if follow.word == word else None
                else:
                    leads = follow.get(word)
                if leads is not None:
                    topic = topic if leads.topics is None else leads
                    signal = signal if leads.signals is None else leads
                    following += 1
            if topic is not None or signal is not None:
                found.append((position, topic, signal))
        return found, negations

    def _needs(self, word: str) -> Container[str]:
        """The words one of which must follow `word` if a phrase begins there."""
        # None does with most words that come for the first time; a text that no language claims asks each about all of its.
        if word not in self._root.words and word[:STEM_LENGTH] not in self._root.stems:
            return ()
        start = self._start(word)
        if start.topic or start.signal or start.negates:
            return _ANY
        leads = start.leads
        if leads is None:
            return ()
        if leads.stems:
            return _ANY
        return {leads.words.word} if isinstance(leads.words, Only) else leads.words

    def _start(self, word: str) -> _Start:
        leads = self._root.words.get(word)
        topic, signal = _opened(self._root.stems, word, None, None)
        if leads is not None:
            topic = topic if leads.topics is None else leads
            signal = signal if leads.signals is None else leads
            leads = leads if leads.words or leads.stems else None
        return _Start(topic, signal, leads, word in self._negations)


def taken(matches: Iterable[Match], negations: Sequence[int]) -> Found:
    """Of phrases that overlap the first, of each kind: its words are used up."""
    topics: list[Hit] = []
    signals: list[Hit] = []
    free = free_for_signals = 0
    for position, topic, signal in matches:
        if topic is not None and position >= free:
            topics.append((topic, position))
            free = position + topic.length
        if signal is not None and position >= free_for_signals:
            signals.append((signal, position))
            free_for_signals = position + signal.length
    return Found(topics, signals, negations)

"""Finds the phrases of one language in a text: whole words only, the longest that fits, in one pass.

Phrases for a category and phrases for a priority are one tree of words: most of a text is one look-up a word.
"""

from collections.abc import Container, Iterable, Sequence
from itertools import compress, count
from operator import contains
from typing import NamedTuple

from core.classify.remembered import Remembered
from core.classify.tree import STEM_LENGTH, Branch, Entry, Phrase, Stems, tree

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
    leads: Branch | None
    negates: bool


def _opened(
    stems: Stems, word: str, topic: Phrase | None, signal: Phrase | None
) -> tuple[Phrase | None, Phrase | None]:
    """The longest of the open phrases that `word` ends, and those before it where there is none."""
    for phrase in stems.get(word[:STEM_LENGTH], ()):
        if word.startswith(phrase.stem):
            topic = topic if phrase.topics is None else phrase
            signal = signal if phrase.signals is None else phrase
    return topic, signal


class PhraseIndex:
    """The phrases as a tree of words: a text is read once, and no place costs more than the longest phrase."""

    def __init__(self, entries: Iterable[Entry], negations: frozenset[str] = frozenset()) -> None:
        root = tree(entries)
        for word in negations:
            root.branch(word)  # so that every word that matters where it stands first is there
        self._root = root
        self._whole: Container[str] = root.behind if isinstance(root.behind, dict) else {root.word} - {""}
        self._stems: Stems = root.stems or {}
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
                behind = leads.behind
                step = behind.get(word) if isinstance(behind, dict) else behind if word == leads.word else None
                if step is None:
                    break
                following += 1
                leads, phrase = (step, step.ends) if isinstance(step, Branch) else (None, step)
                if phrase is not None:
                    topic = topic if phrase.topics is None else phrase
                    signal = signal if phrase.signals is None else phrase
            if topic is not None or signal is not None:
                found.append((position, topic, signal))
        return found, negations

    def _needs(self, word: str) -> Container[str]:
        """The words one of which must follow `word` if a phrase begins there."""
        # None does with most words that come for the first time; a text that no language claims asks each about all of its.
        if word not in self._whole and word[:STEM_LENGTH] not in self._stems:
            return ()
        start = self._start(word)
        if start.topic or start.signal or start.negates:
            return _ANY
        leads = start.leads
        if leads is None:
            return ()
        if leads.stems:
            return _ANY
        return leads.behind if isinstance(leads.behind, dict) else (leads.word,)

    def _start(self, word: str) -> _Start:
        topic, signal = _opened(self._stems, word, None, None)
        step = self._root.after(word)
        leads, phrase = (step, step.ends) if isinstance(step, Branch) else (None, step)
        if phrase is not None:
            topic = topic if phrase.topics is None else phrase
            signal = signal if phrase.signals is None else phrase
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

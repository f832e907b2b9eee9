"""The lexicons of all languages together, as they came with the program and as a desk has added to them.

What a desk adds lies in its data folder, in files of the same shape (`lexicon/<language>.toml`): there a weight
replaces ours, and 0 takes a phrase away. It is read once, when the process starts.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.classify.index import Label, Phrase, PhraseIndex
from core.classify.manners import Manners, manners
from core.classify.phrasebook import Key, Lexicon, read_lexicon, shared
from core.classify.words import fold
from core.errors import Invalid, Problem
from core.vocabulary import Category, Priority

FOLDER = Path(__file__).with_name("lexicon")
# Small words of languages that we can tell, and cannot read.
STRANGERS = Path(__file__).with_name("strangers.toml")
# Within the data folder of a desk.
ADDITIONS = "lexicon"
# A desk has a few languages and mixtures of them; a book is 1 MB, and made anew in a few hundredths of a second.
MOST_BOOKS = 8


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """The lexicons of some languages, ready to be searched."""

    categories: PhraseIndex[Category]
    signals: PhraseIndex[Priority]
    negations: frozenset[str]


class Library:
    """All lexicons. The book of a language is put together when the first text in it comes."""

    def __init__(self, lexicons: Mapping[str, Lexicon], *, most_books: int = MOST_BOOKS) -> None:
        self.lexicons = dict(lexicons)
        # Which languages a small word speaks for, also those that are not read.
        speaking = {**strangers(), **{name: lexicon.markers for name, lexicon in self.lexicons.items()}}
        self.markers: dict[str, tuple[str, ...]] = {
            word: tuple(name for name, words in speaking.items() if word in words)
            for word in {word for words in speaking.values() for word in words}
        }
        self.manners: Manners = manners(entry for lexicon in self.lexicons.values() for entry in lexicon.manners)
        self._books: dict[frozenset[str], Phrasebook] = {}
        self._most_books = most_books

    def book(self, languages: frozenset[str]) -> Phrasebook:
        """For texts in these languages; in whichever, when there are none."""
        if (known := self._books.get(languages)) is None:
            if len(self._books) >= self._most_books:
                self._books.clear()
            known = self._books[languages] = _book(
                [lexicon for name, lexicon in self.lexicons.items() if not languages or name in languages]
            )
        return known


@cache
def strangers() -> dict[str, frozenset[str]]:
    """The small words of the languages that are not read."""
    found = tomllib.loads(STRANGERS.read_text(encoding="utf-8"))
    return {language: frozenset(map(fold, words)) for language, words in found.items()}


@cache
def standard() -> Library:
    """As it came with the program; read once, when the first text is classified."""
    return Library({path.stem: read_lexicon(path) for path in sorted(FOLDER.glob("*.toml"))})


def of_desk(data_dir: Path) -> Library:
    """With what this desk has added. Raises Invalid with every mistake in its files."""
    added = additions(data_dir)
    return Library(_merged(standard().lexicons, added)) if added else standard()


def additions(data_dir: Path) -> list[Lexicon]:
    """What a desk has added, by language. Raises Invalid with every mistake in all files."""
    return _read_all(sorted((data_dir / ADDITIONS).glob("*.toml")))


def _read_all(paths: Iterable[Path]) -> list[Lexicon]:
    found: list[Lexicon] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(read_lexicon(path))
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems)
    return found


def _merged(ours: Mapping[str, Lexicon], added: Iterable[Lexicon]) -> dict[str, Lexicon]:
    merged = dict(ours)
    for theirs in added:
        merged[theirs.language] = _joined(ours[theirs.language], theirs) if theirs.language in ours else theirs
    return merged


def _joined(ours: Lexicon, theirs: Lexicon) -> Lexicon:
    return replace(
        ours,
        markers=ours.markers | theirs.markers,
        negations=ours.negations | theirs.negations,
        categories=_weights(ours.categories, theirs.categories),
        signals=_weights(ours.signals, theirs.signals),
        neutral=ours.neutral | theirs.neutral,
        denials=ours.denials | theirs.denials,
        # What a desk says of a phrase is said first, and stays.
        manners=(*theirs.manners, *ours.manners),
    )


def _weights(
    ours: Mapping[Key, Mapping[Label, int]], theirs: Mapping[Key, Mapping[Label, int]]
) -> dict[Key, Mapping[Label, int]]:
    return {key: {**ours.get(key, {}), **theirs.get(key, {})} for key in (*ours, *theirs)}


def _book(chosen: list[Lexicon]) -> Phrasebook:
    neutral = {key for lexicon in chosen for key in lexicon.neutral}
    denials = {key for lexicon in chosen for key in lexicon.denials}
    return Phrasebook(
        categories=PhraseIndex(_phrases([lexicon.categories for lexicon in chosen], neutral, denials)),
        signals=PhraseIndex(_phrases([lexicon.signals for lexicon in chosen], neutral, denials)),
        negations=frozenset(word for lexicon in chosen for word in lexicon.negations),
    )


def _phrases(
    sources: Iterable[Mapping[Key, Mapping[Label, int]]], neutral: Iterable[Key], denials: Iterable[Key]
) -> Iterator[Phrase[Label]]:
    merged: dict[Key, dict[Label, int]] = {key: {} for key in neutral}
    for source in sources:
        for key, weights in source.items():
            known = merged.setdefault(key, {})
            for label, weight in weights.items():
                known[label] = max(weight, known.get(label, 0))
    for words, is_open in denials:
        yield Phrase(words, is_open, {}, denies=True)
        merged.pop((words, is_open), None)
    for (words, is_open), weights in merged.items():
        yield Phrase(words, is_open, shared({label: weight for label, weight in weights.items() if weight}))

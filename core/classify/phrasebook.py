"""One file of the lexicon (`<language>.toml`), checked when it is read.

A file holds `markers` (small words that tell the language), `negations`, what is cut before a text is read, and for
each category, and for each priority but medium, lists of phrases by weight 1 to 3. docs/classification.md says how to
edit one.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod
from pathlib import Path

from core.classify.manners import Kind
from core.classify.tree import ANY_ENDING, STEM_LENGTH, Key, Label
from core.classify.words import ends_clause, fold, folded
from core.errors import Invalid, Problem
from core.vocabulary import Category, Priority

# 0 takes a phrase away; what it is for is the additions of a desk.
WEIGHTS = {"0": 0, "1": 1, "2": 2, "3": 3}
# Medium is what a ticket is when nothing says otherwise.
SIGNALS = (Priority.URGENT, Priority.HIGH, Priority.LOW)

# What the lists of manners are called in a file.
MANNERS = {
    "greetings": Kind.GREETING,
    "sign_offs": Kind.SIGN_OFF,
    "thanks": Kind.THANKS,
    "requests": Kind.REQUEST,
    "labels": Kind.LABEL,
    "titles": Kind.TITLE,
}
PARTS = ("markers", "negations", "categories", "priority", "neutral", "denials", *MANNERS)

# In a text; a comma may stand before the end of a line.
_BETWEEN_PHRASES = re.compile(r"\s*[,\n]\s*")
# A word of a phrase, or words in brackets, either with `/` between what may stand there.
_PLACE = re.compile(r"\([^()]*\)|[^\s()]+")
# A phrase of many places must not become millions.
MOST_MEANT = 200


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What one file says; phrases are folded, and a phrase may weigh for several labels."""

    language: str
    markers: frozenset[str]
    negations: frozenset[str]
    categories: Mapping[Key, Mapping[Category, int]]
    signals: Mapping[Key, Mapping[Priority, int]]
    # Phrases that say nothing, and so keep their words from saying something by themselves.
    neutral: frozenset[Key]
    # What comes right after them is not the matter: "this is not about ...".
    denials: frozenset[Key]
    manners: tuple[tuple[tuple[str, ...], Kind], ...]


def read_lexicon(path: Path) -> Lexicon:
    """The lexicon in `path`; Invalid names the file and every entry that is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Invalid([Problem(path.name, f"is not TOML in UTF-8: {error}")]) from error
    return _lexicon(path, text)


def read_head(path: Path) -> Lexicon:
    """The same without its categories and priorities, which are nearly all of it."""
    return _lexicon(path, path.read_text(encoding="utf-8").partition("\n[")[0])


def _lexicon(path: Path, text: str) -> Lexicon:
    try:
        data: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid([Problem(path.name, f"is not TOML in UTF-8: {error}")]) from error
    reading = _Reading(path.name)
    lexicon = Lexicon(
        language=path.stem,
        markers=reading.single_words(data.pop("markers", []), "markers"),
        negations=reading.single_words(data.pop("negations", []), "negations"),
        categories=reading.sections(data.pop("categories", {}), "categories", tuple(Category)),
        signals=reading.sections(data.pop("priority", {}), "priority", SIGNALS),
        neutral=reading.phrases(data.pop("neutral", []), "neutral"),
        denials=reading.phrases(data.pop("denials", []), "denials"),
        manners=tuple(
            (tuple(key.split()), kind)
            for name, kind in MANNERS.items()
            for key in sorted(reading.phrases(data.pop(name, []), name))
        ),
    )
    for key in data:
        reading.problem(key, f"unknown; a lexicon has {', '.join(PARTS)}")
    if reading.problems:
        raise Invalid(list(dict.fromkeys(reading.problems)))  # one phrase may stand for many, all wrong alike
    return lexicon


def shared(weights: Mapping[Label, int]) -> Mapping[Label, int]:
    """The same weights as one value: thousands of phrases have a few dozen different ones."""
    return _shared(tuple(weights.items()))


@cache
def _shared(weights: tuple[tuple[Label, int], ...]) -> Mapping[Label, int]:
    return dict(weights)


class _Reading:
    """One file being read: what is wrong is collected, so that an operator sees all of it at once."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.problems: list[Problem] = []

    def problem(self, where: str, message: str) -> None:
        self.problems.append(Problem(f"{self._file}: {where}", message))

    def sections(self, found: object, where: str, known: tuple[Label, ...]) -> dict[Key, Mapping[Label, int]]:
        labels = {label.value: label for label in known}
        entries: dict[Key, Mapping[Label, int]] = {}
        for name, lists in self._table(found, where).items():
            if name not in labels:
                self.problem(f"{where}.{name}", f"unknown; it must be one of {', '.join(labels)}")
                continue
            label = labels[name]
            alone: dict[int, Mapping[Label, int]] = {weight: shared({label: weight}) for weight in WEIGHTS.values()}
            for key, weight in self._weighted(lists, f"{where}.{name}"):
                said = entries.get(key)
                entries[key] = alone[weight] if said is None else shared({**said, label: weight})
        return entries

    def single_words(self, found: object, where: str) -> frozenset[str]:
        for text, plain in self._texts(found, where):
            if len(folded(plain)) != 1:
                self.problem(f"{where}: {text!r}", "must be one word")
        return frozenset(plain for _, plain in self._texts(found, where))

    def phrases(self, found: object, where: str) -> frozenset[Key]:
        return frozenset(
            key for text, plain in self._texts(found, where) for key in self._keys(plain, f"{where}: {text!r}")
        )

    def _weighted(self, found: object, where: str) -> Iterator[tuple[Key, int]]:
        seen: dict[Key, str] = {}
        for weight, phrases in self._table(found, where).items():
            if weight not in WEIGHTS:
                self.problem(f"{where}.{weight}", "a weight must be 1, 2 or 3 (or 0: it counts nothing)")
                continue
            for text, plain in self._texts(phrases, f"{where}.{weight}"):
                for key in self._keys(plain, f"{where}.{weight}: {text!r}"):
                    if key in seen:
                        self.problem(f"{where}.{weight}: {text!r}", f"is the same phrase as {seen[key]!r} above")
                    seen[key] = text
                    yield key, WEIGHTS[weight]

    def _keys(self, plain: str, where: str) -> Sequence[Key]:
        """All phrases that a folded text stands for."""
        if words := _words(plain):
            return (words,)
        places = [[_written(said) for said in place.strip("()").split("/")] for place in _PLACE.findall(plain)]
        if _PLACE.sub("", plain).strip() or prod(map(len, places)) > MOST_MEANT:
            self.problem(where, f"must have its brackets in pairs, and stand for {MOST_MEANT} phrases at most")
            return ()
        keys = [key for chosen in product(*places) if (key := self._key(chosen, where)) is not None]
        if "'" in plain:
            # People in a hurry leave it out: cant, dont, wont.
            keys += [key for key in self._keys(plain.replace("'", ""), where) if key not in keys]
        return keys

    def _key(self, chosen: tuple[str | None, ...], where: str) -> Key | None:
        key = " ".join(filter(None, chosen))
        if not key or None in chosen or ANY_ENDING in key[:-1]:
            self.problem(where, "must be words, with at most one * at the very end")
            return None
        if key[-1] == ANY_ENDING and len(key[key.rfind(" ") + 1 : -1]) < STEM_LENGTH:
            self.problem(where, f"needs at least {STEM_LENGTH} letters before the *")
            return None
        return key

    def _table(self, found: object, where: str) -> dict[str, object]:
        if isinstance(found, dict):
            return found
        self.problem(where, "must be a table")
        return {}

    def _texts(self, found: object, where: str) -> Iterable[tuple[str, str]]:
        """Each text as it is written, and folded."""
        if isinstance(found, str):
            # Folded all at once: one by one it takes a third of the time to read a file.
            return zip(*(_BETWEEN_PHRASES.split(text.strip()) for text in (found, fold(found))), strict=True)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return [(item, fold(item)) for item in found]
        self.problem(where, "must be a list of texts, or one text with commas or line ends between them")
        return []


def _written(said: str) -> str | None:
    """The words of what is said at a place; None where it is not only words."""
    word = said.removesuffix(ANY_ENDING)
    if not (words := _words(word)):
        pieces = folded(word)
        if ANY_ENDING in word or any(map(ends_clause, pieces)):
            return None
        words = " ".join(pieces)
    return words if word == said else words + ANY_ENDING


def _words(plain: str) -> str:
    """A folded text of nothing but letters, digits and spaces, as most are, with single spaces; nothing of any other."""
    return " ".join(plain.split()) if plain.replace(" ", "").isalnum() else ""

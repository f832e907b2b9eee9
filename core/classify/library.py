"""The lexicons of all languages together, as they came with the program and as a desk has added to them.

What a desk adds lies in its data folder, in files of the same shape (`lexicon/<language>.toml`): there a weight
replaces ours, and 0 takes a phrase away. A desk's files are read once, when the process starts; of ours only the small
words and the manners are kept at first, and the phrases of a language are read when the first text in it comes.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.classify.hints import hints
from core.classify.index import NOTHING_FOUND, Found, Match, PhraseIndex, taken
from core.classify.manners import Manners, manners
from core.classify.phrasebook import Lexicon, read_head, read_lexicon, shared
from core.classify.tree import DENIAL, Entry, Key, Label, OpenPhrase, Phrase
from core.classify.votes import Votes
from core.classify.words import fold
from core.errors import Invalid, Problem

FOLDER = Path(__file__).with_name("lexicon")
# Small words of languages that we can tell, and cannot read.
STRANGERS = Path(__file__).with_name("strangers.toml")
# Within the data folder of a desk.
ADDITIONS = "lexicon"


class Library:
    """The phrases of a language are put together when the first text in it comes, and stay: half a megabyte each."""

    def __init__(self, added: Iterable[Lexicon] = ()) -> None:
        self._added = {lexicon.language: lexicon for lexicon in added}
        heads = {**self._added, **{path.stem: self._joined(read_head(path)) for path in _files().values()}}
        self.languages = frozenset(heads)
        # Which languages a small word speaks for: first those that are read.
        read = {name: head.markers for name, head in heads.items()}
        self.votes = Votes({**read, **{name: words for name, words in strangers().items() if name not in read}})
        self.manners: Manners = manners(entry for head in heads.values() for entry in head.manners)
        self._indexes: dict[str, PhraseIndex] = {}
        self._both: dict[tuple[Phrase, Phrase], Phrase] = {}

    def lexicon(self, language: str) -> Lexicon:
        """Read anew each time. Raises KeyError for a language that there is none of."""
        if (path := _files().get(language)) is not None:
            return self._joined(read_lexicon(path))
        return self._added[language]

    def found(self, words: Sequence[str], languages: Collection[str]) -> Found:
        """The phrases of these languages in a text; of all languages, when there are none."""
        read = [self._index(name).matches(words) for name in sorted(languages or self.languages)]
        if not read:
            return NOTHING_FOUND
        if len(read) == 1:
            return taken(*read[0])
        return taken(
            self._merged(matches for matches, _ in read),
            sorted({position for _, negations in read for position in negations}),
        )

    def _index(self, language: str) -> PhraseIndex:
        if (known := self._indexes.get(language)) is None:
            lexicon = self.lexicon(language)
            lexicon = replace(lexicon, categories={**hints(lexicon), **lexicon.categories})
            known = self._indexes[language] = PhraseIndex(_entries(lexicon), lexicon.negations)
        return known

    def _joined(self, ours: Lexicon) -> Lexicon:
        theirs = self._added.get(ours.language)
        return ours if theirs is None else _joined(ours, theirs)

    def _merged(self, read: Iterable[Iterable[Match]]) -> list[Match]:
        """The longest of each place, in whichever language."""
        best: dict[int, Match] = {}
        for matches in read:
            for match in matches:
                position, topic, signal = match
                if (known := best.get(position)) is not None:
                    match = (position, self._longer(known[1], topic), self._longer(known[2], signal))
                best[position] = match
        return [best[position] for position in sorted(best)]

    def _longer(self, one: Phrase | None, other: Phrase | None) -> Phrase | None:
        if one is None or other is None:
            return one or other
        if one.rank != other.rank:
            return max(one, other, key=lambda phrase: phrase.rank)
        # The same words in two languages: as many as the lexicons have in common, so few.
        if (known := self._both.get((one, other))) is None:
            known = self._both[one, other] = _both(one, other)
        return known


def _both(one: Phrase, other: Phrase) -> Phrase:
    topics, signals = _stronger(one.topics, other.topics), _stronger(one.signals, other.signals)
    if one.denies or other.denies:
        topics, signals = DENIAL, {}
    if one.stem:
        return OpenPhrase(one.length, topics, signals, beginning=one.stem)
    return Phrase(one.length, topics, signals)


def _stronger(one: Mapping[Label, int] | None, other: Mapping[Label, int] | None) -> Mapping[Label, int] | None:
    if one is None or other is None:
        return other if one is None else one
    return {label: max(one.get(label, 0), other.get(label, 0)) for label in (*one, *other)}


def _entries(lexicon: Lexicon) -> Iterator[Entry]:
    for key in dict.fromkeys((*lexicon.categories, *lexicon.signals)):
        if key not in lexicon.neutral and key not in lexicon.denials:
            yield Entry(key, lexicon.categories.get(key), lexicon.signals.get(key))
    for key in lexicon.neutral - lexicon.denials:
        yield Entry(key, lexicon.categories.get(key, shared({})), lexicon.signals.get(key, shared({})))
    for key in lexicon.denials:
        yield Entry(key, DENIAL, shared({}))


@cache
def strangers() -> dict[str, frozenset[str]]:
    """The small words of the languages that are not read."""
    found = tomllib.loads(STRANGERS.read_text(encoding="utf-8"))
    return {language: frozenset(map(fold, words.split(", "))) for language, words in found.items()}


@cache
def _files() -> dict[str, Path]:
    """Ours, by language."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}


@cache
def standard() -> Library:
    """As it came with the program; read when the first text is classified."""
    return Library()


def of_desk(data_dir: Path) -> Library:
    """With what this desk has added. Raises Invalid with every mistake in its files."""
    added = additions(data_dir)
    return Library(added) if added else standard()


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
    return {**ours, **{key: shared({**ours.get(key, {}), **weights}) for key, weights in theirs.items()}}

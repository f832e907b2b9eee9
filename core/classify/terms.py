"""The words of a ticket that a desk can learn from."""

from collections.abc import Iterable
from typing import NamedTuple

from core.classify.evidence import Matter
from core.classify.library import Library

# What a ticket is about is said early, and a flood must not fill the memory.
MOST_TERMS = 60
SHORTEST, LONGEST = 3, 24
# Small words say little of a matter, and yet something: who asks "when" asks of another than who asks "how". They are
# marked, and heard with so much of a voice.
SMALL, QUIET = "~", 0.3
MOST_SMALL, WHERE = 40, 80
# What is learned of a word holds for those that begin like it: cancel, cancelled and cancellation, Rechnung and Rechnungen.
STEM = 6


def terms_of(matter: Matter, library: Library) -> tuple[str, ...]:
    """Each once, those of the subject first; no small words, and nothing with digits, which is a name or a number."""
    small = library.votes
    found: dict[str, None] = {}
    for word in matter.folded:
        if SHORTEST <= len(word) <= LONGEST and word not in small and word.isalpha():
            found[word] = None
            if len(found) == MOST_TERMS:
                break
    return tuple(found)


def small_of(matter: Matter, library: Library) -> tuple[str, ...]:
    """The small words of the beginning, each once and marked: those of any language, and what has one or two letters."""
    small = library.votes
    words = dict.fromkeys(matter.folded[:WHERE])
    found = [SMALL + word for word in words if word in small or (len(word) < SHORTEST and word.isalpha())]
    return tuple(found[:MOST_SMALL])


def stem_of(word: str) -> str:
    """What a word is learned by."""
    return word[:STEM]


def written(stem: str) -> str:
    """A stem for people to read, as the lexicon writes a beginning: cancel*."""
    word = stem.removeprefix(SMALL)
    return f"{word}*" if len(stem) == STEM else word


class Stems(NamedTuple):
    """What the words of a text are learned by, each once, those of small words apart."""

    loud: tuple[str, ...]
    quiet: tuple[str, ...]

    @property
    def loudness(self) -> float:
        """The square of the voice that they have together; small words alone are no louder than beside others."""
        return max(1.0, len(self.loud) + QUIET * QUIET * len(self.quiet))


NO_STEMS = Stems((), ())


def stems_of(terms: Iterable[str]) -> Stems:
    """Of terms as a lesson keeps them, the marked ones among them."""
    stems = tuple(dict.fromkeys([term[:STEM] for term in terms]))
    quiet = tuple([stem for stem in stems if stem.startswith(SMALL)])
    return Stems(tuple([stem for stem in stems if not stem.startswith(SMALL)]) if quiet else stems, quiet)

"""The words of a ticket that a desk can learn from."""

from collections.abc import Iterable

from core.classify.evidence import Matter
from core.classify.library import Library

# What a ticket is about is said early, and a flood must not fill the memory.
MOST_TERMS = 60
SHORTEST, LONGEST = 3, 24
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


def stem_of(word: str) -> str:
    """What a word is learned by."""
    return word[:STEM]


def written(stem: str) -> str:
    """A stem for people to read, as the lexicon writes a beginning: cancel*."""
    return f"{stem}*" if len(stem) == STEM else stem


def stems_of(terms: Iterable[str]) -> tuple[str, ...]:
    """Each once."""
    return tuple(dict.fromkeys([term[:STEM] for term in terms]))

"""The words of a ticket that a desk can learn from."""

from core.classify.evidence import Matter
from core.classify.library import Library

# What a ticket is about is said early, and a flood must not fill the memory.
MOST_TERMS = 60
SHORTEST, LONGEST = 3, 24


def terms_of(matter: Matter, library: Library) -> tuple[str, ...]:
    """Each once, those of the subject first; no small words, and nothing with digits, which is a name or a number."""
    small = library.markers
    found: dict[str, None] = {}
    for word in matter.folded:
        if SHORTEST <= len(word) <= LONGEST and word not in small and word.isalpha():
            found[word] = None
            if len(found) == MOST_TERMS:
                break
    return tuple(found)

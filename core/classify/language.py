"""Which language a text is in, as far as its small words tell. Good enough to choose the words of a mail by."""

from collections import Counter

from core.classify import library
from core.classify.words import folded

# So much of a text tells; so many small words are needed, and so many times as many as any other language has.
TELLING = 800
ENOUGH = 3
CLEARLY = 1.3


def spoken(text: str) -> str:
    """The language's code, or nothing where the text is short, mixed, or in one that we have no words of."""
    votes = library.standard().votes
    counted = Counter(language for word in folded(text[:TELLING]) for language in votes.spoken(word))
    if not (ranked := counted.most_common(2)):
        return ""
    language, times = ranked[0]
    runner_up = ranked[1][1] if len(ranked) > 1 else 0
    return language if times >= ENOUGH and times >= CLEARLY * runner_up else ""

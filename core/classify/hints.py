"""What a single word hints at because of the phrases that it stands in: where "administrator rights", "rights to the" and
"user rights" speak of access, "he has no rights here" does too.

So a phrase that somebody has written down helps where it does not stand itself. docs/classification.md says what it gains.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping

from core.classify.phrasebook import Lexicon, shared
from core.classify.tree import ANY_ENDING, STEM_LENGTH, Key
from core.vocabulary import Category

# Shorter words are about everything, and one phrase tells too little of its words.
LETTERS = 4
LEAST = 4
# So much of the weight of the phrases that a word stands in must be of one category.
SHARE = 0.5
HINT = 1


def hints(lexicon: Lexicon) -> dict[Key, Mapping[Category, int]]:
    """The words that no phrase is for, no small word and no negation either, and what each hints at."""
    said = lexicon.categories.keys() | lexicon.neutral
    small = lexicon.markers | lexicon.negations
    found: dict[Key, Mapping[Category, int]] = {}
    for word, weights in _weighed(lexicon).items():
        total = weights.total()
        category, most = weights.most_common(1)[0]
        if category is Category.OTHER or total < LEAST or most < SHARE * total:
            continue
        if word not in small and not _is_said(word, said):
            found[word] = shared({category: HINT})
    return found


def _weighed(lexicon: Lexicon) -> dict[str, Counter[Category]]:
    """For each word the weights of the phrases of several words that it stands in."""
    weighed: defaultdict[str, Counter[Category]] = defaultdict(Counter)
    for key, weights in lexicon.categories.items():
        words = key.split()
        if len(words) > 1:
            for word in set(words):
                if len(word) >= LETTERS and not word.endswith(ANY_ENDING):
                    weighed[word].update(weights)
    return weighed


def _is_said(word: str, said: Container[Key]) -> bool:
    """Whether the word is a phrase by itself, or begins like an open one."""
    return word in said or any(word[:length] + ANY_ENDING in said for length in range(STEM_LENGTH, len(word) + 1))

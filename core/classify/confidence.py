"""How far a category may be believed: more than its lead over the others tells.

Fitted by `benchmarks.classification confidence` as the chance of being right, on sources that the numbers were not made
from; docs/classification.md has them and what came of it.
"""

import math
from collections.abc import Mapping, Sequence

from core.classify.evidence import Evidence
from core.classify.points import PROOF
from core.vocabulary import Category

# Between two fits: a new one (-1.47, 0.77) believes more of the set of 415 than is right.
BASE = -1.12
# What a lead is worth (the odds of its probability, in logarithms); how much of the text speaks of anything that we know;
# and each phrase that alone proves the category.
LEAD, DENSITY, PROVED = 0.82, 0.37, 0.36
# People say plainly that they cannot sign in, or where their parcel is; what seems to be any of the rest is more often
# one of its neighbours.
PLAIN = {Category.ACCOUNT_ACCESS: 1.44, Category.OTHER: 1.6}

# Counting words proves nothing.
LEAST, MOST = 0.02, 0.99
MOST_PROOFS = 3
# So many words the points are counted by.
WORDS = 10


def confidence(
    chance: float,
    category: Category,
    found: Sequence[Evidence[Category]],
    points: Mapping[Category, float],
    words: int,
) -> float:
    """`chance` is the probability of `category` by its odds alone, of a text of so many `words`."""
    if not points:
        return chance
    chance = min(max(chance, LEAST), MOST)
    proofs = min([entry.weights.get(category) for entry in found].count(PROOF), MOST_PROOFS)
    odds = (
        BASE
        + LEAD * math.log(chance / (1 - chance))
        + DENSITY * math.log1p(WORDS * sum(points.values()) / words)
        + PROVED * proofs
        + PLAIN.get(category, 0.0)
    )
    return 1 / (1 + math.exp(-odds))

"""Points for each category from the phrases in a text, and odds from the points.

The constants were fitted by benchmarks/classification.py; docs/classification.md says how.
"""

import math
from collections.abc import Mapping, Sequence

from core.classify.evidence import Evidence, weigh
from core.classify.model import Scores
from core.vocabulary import Category

# What a phrase of weight 1, 2 or 3 is worth: two hints are not yet a pointer, two pointers just beat one proof.
POINTS = {1: 1.0, 2: 2.8, 3: 5.2}
PROOF = 3

# What every category has before a word is read, and how strongly a lead in points becomes a lead in probability. What
# is hardly said at all is most often something else.
START = 2.5
STARTS = {Category.OTHER: 5.0}
SHARPNESS = 2.6
# Devices, programs and errors are named in tickets about everything: what else is spoken of is the matter more often.
WORTH = {Category.TECHNICAL_ISSUE: 0.9}
# Where a defect of the product or a wish is proved, words that merely point to a technical matter tell of it: so much
# of their worth is counted there instead.
MOVED = 0.4
_DEVICE, _DEFECT, _WISH = Category.TECHNICAL_ISSUE, Category.BUG_REPORT, Category.FEATURE_REQUEST

CATEGORIES = tuple(Category)
_BASES = [
    (category, start, WORTH.get(category, 1.0), SHARPNESS * math.log(start))
    for category in CATEGORIES
    for start in [STARTS.get(category, START)]
]

Points = dict[Category, float]


def points_of(found: Sequence[Evidence[Category]]) -> Points:
    points = weigh(found, POINTS)
    if _DEVICE in points and (_DEFECT in points or _WISH in points):
        _move(points, found)
    return points


def _move(points: Points, found: Sequence[Evidence[Category]]) -> None:
    defect = wish = pointing = 0.0
    for entry in found:
        weights, strength = entry.weights, entry.strength
        if (proved := weights.get(_DEFECT)) == PROOF:
            defect += strength
        if weights.get(_WISH) == PROOF:
            wish += strength
        if proved is None and (weight := weights.get(_DEVICE, PROOF)) < PROOF:
            pointing += POINTS[weight] * strength
    if defect or wish:
        points[_DEVICE] -= MOVED * pointing
        points[_DEFECT if defect >= wish else _WISH] += MOVED * pointing


def scores_of(points: Mapping[Category, float]) -> Scores:
    return tuple(
        [
            SHARPNESS * math.log(start + share * points[category]) if category in points else unmentioned
            for category, start, share, unmentioned in _BASES
        ]
    )

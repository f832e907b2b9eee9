"""Fits the numbers of core/classify/confidence.py: the chance that a category is right, by logistic regression.

Sources weigh by the root of their size. What is printed of a source comes from numbers that were fitted without it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.classify import evaluation, inference
from core.classify.confidence import LEAST, MOST, MOST_PROOFS, WORDS
from core.classify.evaluation import Example
from core.classify.library import standard
from core.classify.points import CATEGORIES, PROOF, points_of, scores_of
from core.vocabulary import Category

NAMES = ("base", "lead", "density", "proved", "account_access", "other")
SURE = 0.6
# Enough for six numbers; a little is taken off each, so that none runs away.
ROUNDS, RIDGE = 8, 0.1

Numbers = list[float]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one text; `features` empty: nothing speaks for its category."""

    source: str
    features: tuple[float, ...]
    is_right: bool


def fit(examples: Sequence[Example]) -> None:
    told = [_told(one) for one in examples]
    chances: list[float] = []
    for source in (sources := sorted({one.source for one in told})):
        numbers = _fitted([one for one in told if one.source != source or len(sources) == 1])
        chances += [_chance(one, numbers) for one in told if one.source == source]
    rows = list(zip(chances, [one.is_right for source in sources for one in told if one.source == source], strict=True))
    print("of all:", ", ".join(f"{name} {value:+.2f}" for name, value in zip(NAMES, _fitted(told), strict=True)))
    sure = [is_right for chance, is_right in rows if chance >= SURE]
    print(
        f"each source by the others: from {SURE} on {len(sure) / len(rows):.3f} of all, {sum(sure) / len(sure):.3f} right; "
        f"calibration error {_calibration_error(rows):.3f}"
    )


def _told(one: Example) -> Told:
    text = inference.heard(one.subject, one.body, standard())
    found = inference.classify(one.subject, one.body)
    is_right = found.category == one.category
    if not found.keywords:
        return Told(one.source, (), is_right)
    points = points_of(text.found)
    scores = scores_of(points)
    odds = [math.exp(score - max(scores)) for score in scores]
    chance = min(max(odds[CATEGORIES.index(found.category)] / sum(odds), LEAST), MOST)
    proofs = min(sum(entry.weights.get(found.category) == PROOF for entry in text.found), MOST_PROOFS)
    density = math.log1p(WORDS * sum(points.values()) / len(text.matter.folded))
    plain = (found.category == Category.ACCOUNT_ACCESS, found.category == Category.OTHER)
    lead = math.log(chance / (1 - chance))
    return Told(one.source, (1.0, lead, density, float(proofs), *map(float, plain)), is_right)


def _chance(one: Told, numbers: Numbers) -> float:
    if not one.features:
        return inference.UNKNOWN
    return 1 / (1 + math.exp(-sum(number * feature for number, feature in zip(numbers, one.features, strict=True))))


def _fitted(told: Sequence[Told]) -> Numbers:
    """By Newton's method."""
    sizes = Counter(one.source for one in told)
    rows = [(one.features, one.is_right, 1 / math.sqrt(sizes[one.source])) for one in told if one.features]
    numbers = [0.0] * len(NAMES)
    for _ in range(ROUNDS):
        slope = [-RIDGE * number for number in numbers]
        curve = [[RIDGE * (row == column) for column in range(len(NAMES))] for row in range(len(NAMES))]
        for features, is_right, weight in rows:
            chance = _chance(Told("", features, is_right), numbers)
            for row, feature in enumerate(features):
                slope[row] += weight * (is_right - chance) * feature
                for column, other in enumerate(features):
                    curve[row][column] += weight * chance * (1 - chance) * feature * other
        numbers = [number + step for number, step in zip(numbers, _solved(curve, slope), strict=True)]
    return numbers


def _solved(matrix: list[list[float]], right: Numbers) -> Numbers:
    """By elimination; the matrix is symmetric and its own largest on the diagonal."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place, row in enumerate(rows):
        rows[place] = row = [value / row[place] for value in row]
        for other, values in enumerate(rows):
            if other != place:
                rows[other] = [value - values[place] * pivot for value, pivot in zip(values, row, strict=True)]
    return [row[-1] for row in rows]


def _calibration_error(rows: Sequence[tuple[float, bool]]) -> float:
    bins = [0.0] * evaluation.BINS
    for chance, is_right in rows:
        bins[min(int(chance * evaluation.BINS), evaluation.BINS - 1)] += chance - is_right
    return sum(map(abs, bins)) / len(rows)

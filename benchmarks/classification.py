"""Fits the few numbers of the classifier, and measures what a desk gains by learning, on files of known answers.

    python -m benchmarks.classification fit FILE…         which numbers are best on one half, and what they do on the other
    python -m benchmarks.classification confidence FILE…  the numbers of the confidence, and how well they do on a source
                                                          that they were not made from
    python -m benchmarks.classification learn FILE…       accuracy before and after 50 and 200 decisions of one desk, and
                                                          after as many that put something right

A file has one JSON object a line, as for `deskbell classify --evaluate`; several are read as one desk's.
"""

import argparse
import itertools
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import confidence, learning
from core.classify import evaluation, inference, points
from core.classify.evaluation import Example
from core.classify.library import standard
from core.classify.regression import probabilities
from core.vocabulary import Category

CATEGORIES = tuple(Category)
STARTS = (1.5, 2.0, 2.5, 3.0)
OTHERS = (2.0, 3.0, 3.5, 4.0, 4.5, 5.0)
SHARPNESSES = (2.0, 2.2, 2.4, 2.6, 2.8)
WORTHS = (0.8, 0.85, 0.9, 0.95, 1.0)
HALVES = 10


@dataclass(frozen=True, slots=True)
class Numbers:
    """`start` is what a category has before a word is read, and `other` what that one has."""

    start: float
    other: float
    sharpness: float
    worth: float

    def score(self, category: Category, spoken: Mapping[Category, float]) -> float:
        start = self.other if category == "other" else self.start
        worth = self.worth if category == "technical_issue" else 1.0
        return self.sharpness * math.log(start + worth * spoken.get(category, 0.0))


@dataclass(frozen=True, slots=True)
class Quality:
    accuracy: float
    calibration_error: float

    @property
    def loss(self) -> float:
        """A mistake weighs as much as a confidence that is as far off."""
        return 1 - self.accuracy + self.calibration_error


Known = tuple[dict[Category, float], Category]


def known(examples: Iterable[Example]) -> list[Known]:
    """What the lexicon's phrases say of each ticket, in points, and what it is."""
    library = standard()
    return [(points.points_of(inference.heard(one.subject, one.body, library).found), one.category) for one in examples]


def quality(tickets: Sequence[Known], numbers: Numbers) -> Quality:
    right, bins = 0, [0.0] * evaluation.BINS
    for spoken, true in tickets:
        chances = probabilities([numbers.score(one, spoken) for one in CATEGORIES])
        chance = max(chances)
        found = CATEGORIES[chances.index(chance)]
        chance = chance if spoken else min(chance, inference.UNKNOWN)
        right += found == true
        bins[min(int(chance * evaluation.BINS), evaluation.BINS - 1)] += chance - (found == true)
    return Quality(right / len(tickets), sum(map(abs, bins)) / len(tickets))


def fit(tickets: list[Known]) -> None:
    every = [Numbers(*chosen) for chosen in itertools.product(STARTS, OTHERS, SHARPNESSES, WORTHS)]
    now = Numbers(
        points.START,
        points.STARTS[Category.OTHER],
        points.SHARPNESS,
        points.WORTH[Category.TECHNICAL_ISSUE],
    )
    unseen: list[Quality] = []
    for seed in range(HALVES):
        shuffled = random.Random(seed).sample(tickets, len(tickets))
        half = len(shuffled) // 2
        best = min(every, key=lambda numbers: quality(shuffled[:half], numbers).loss)
        unseen.append(quality(shuffled[half:], best))
    print(f"as it is           {now}  {_told(quality(tickets, now))}")
    best = min(every, key=lambda numbers: quality(tickets, numbers).loss)
    print(f"best on all        {best}  {_told(quality(tickets, best))}")
    mean = Quality(sum(one.accuracy for one in unseen) / HALVES, sum(one.calibration_error for one in unseen) / HALVES)
    print(f"best on a half, seen on the other (mean of {HALVES}): {_told(mean)}")


def _told(found: Quality) -> str:
    return f"accuracy {found.accuracy:.3f}, calibration error {found.calibration_error:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("fit", "confidence", "learn"))
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--source", action="append", default=[], help="only tickets of this source")
    given = parser.parse_args()
    examples = [
        one
        for file in given.files
        for one in evaluation.examples(file.read_bytes().splitlines())
        if not given.source or one.source in given.source
    ]
    print(f"{len(examples)} tickets")
    if given.what == "fit":
        fit(known(examples))
    elif given.what == "confidence":
        confidence.fit(examples)
    else:
        learning.learn(examples)


if __name__ == "__main__":
    main()

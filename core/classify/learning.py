"""What a desk's decisions say of words: weights that correct what the lexicon says, learned one decision at a time.

A ticket that was corrected, or closed as it had been classified, is a lesson. The weights are a function of the lessons
in their order and of nothing else, so that they can be made again at any time, and without a lesson that was undone.
What the desk has not reviewed teaches nothing. docs/classification.md has the method and its figures.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.classify.model import NOTHING_SAID, Learned, Scores
from core.vocabulary import Category

# How far one lesson moves the weights; one that only agrees moves them less. Category-wide habits move slowly.
RATE, AGREEING, HABIT = 2.5, 0.7, 0.1
# How much of what was learned is believed: what would have been best for the lessons, each judged before it was
# learned. Believing costs something, so that a few lucky ones are not enough.
TRUSTS = (0.0, 1 / 3, 2 / 3, 1.0)
PRICE = 2.5
# More different words are not kept; further lessons change the ones that are there.
MOST_WORDS = 10_000

_CATEGORIES = tuple(Category)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A ticket as it was read (`Reading`), and what it is; `corrects` the classification, or agrees with it."""

    number: int
    terms: tuple[str, ...]
    scores: Scores
    category: Category
    corrects: bool


class Pupil:
    """Learns lessons in their order. `learned` is a view of its state, and changes with it."""

    def __init__(self) -> None:
        self._weights: dict[str, Scores] = {}
        self._habit: Scores = NOTHING_SAID
        self._losses = [0.0] * len(TRUSTS)
        self._last = 0

    @property
    def learned(self) -> Learned:
        return Learned(self._weights, self._habit, self._trust, self._last)

    @property
    def _trust(self) -> float:
        costs = [loss + PRICE * trust for loss, trust in zip(self._losses, TRUSTS, strict=True)]
        return TRUSTS[costs.index(min(costs))]

    def learn_all(self, lessons: Iterable[Lesson]) -> None:
        for lesson in lessons:
            self.learn(lesson)

    def learn(self, lesson: Lesson) -> None:
        right = _CATEGORIES.index(lesson.category)
        said = Learned(self._weights, self._habit).said(lesson.terms)
        for place, trust in enumerate(TRUSTS):
            believed = [score + trust * more for score, more in zip(lesson.scores, said, strict=True)]
            self._losses[place] -= math.log(max(probabilities(believed)[right], 1e-9))
        now = probabilities([score + more for score, more in zip(lesson.scores, said, strict=True)])
        rate = RATE if lesson.corrects else RATE * AGREEING
        steps = tuple(rate * ((place == right) - probability) for place, probability in enumerate(now))
        self._move(lesson.terms, steps)
        self._last = max(self._last, lesson.number)

    def _move(self, terms: Sequence[str], steps: Scores) -> None:
        share = 1 / math.sqrt(len(terms) or 1)
        for term in terms:
            if (known := self._weights.get(term)) is not None or len(self._weights) < MOST_WORDS:
                before = known or NOTHING_SAID
                self._weights[term] = tuple(w + share * step for w, step in zip(before, steps, strict=True))
        self._habit = tuple(w + HABIT * step for w, step in zip(self._habit, steps, strict=True))


def probabilities(scores: Sequence[float]) -> list[float]:
    most = max(scores)
    odds = [math.exp(score - most) for score in scores]
    total = sum(odds)
    return [each / total for each in odds]

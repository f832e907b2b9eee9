"""What a desk's decisions say of words: weights that correct what the lexicon says, learned one decision at a time.

A ticket that was corrected, or closed as it had been classified, is a lesson. The weights are a function of the lessons
in their order and of nothing else, so that they can be made again at any time, and without a lesson that was undone.
What the desk has not reviewed teaches nothing. docs/classification.md has the method and its figures.
"""

import math
import random
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.classify.model import NOTHING_SAID, Learned, Scores
from core.classify.terms import stems_of
from core.vocabulary import Category

# How far one lesson moves the weights. Habits move slowly, and the one of what the lexicon takes for this category more
# slowly still.
RATE, HABIT, USUAL = 2.2, 0.07, 0.02
# After each lesson some of the last ones are learned once more, a little less: what is new must not push out what was
# right before, and of fifty lessons more is learned than by hearing each once. Which ones is left to chance, but to the
# same chance each time.
RECENT, REPEATED, REPEATING = 300, 3, 0.6
# How much of what was learned is believed: what would have been best for the lessons, each judged before it was
# learned. Believing at all costs something, the most at first, so that a few lucky lessons are not enough, and later for
# each; and what has not put more right than it has spoilt is not believed, however sure it makes of the rest. At first
# it may have spoilt a few more, as that may be chance; from so many lessons on it must have put more right, by so many
# standard errors.
TRUSTS = (0.0, 1 / 3, 2 / 3, 1.0)
FIRST, FADING, PRICE = 4.0, 0.06, 0.03
CHANCE = 2
PROVED_AFTER, ERRORS = 200, 1.3
# More different words are not kept; further lessons change the ones that are there.
MOST_WORDS = 10_000

_CATEGORIES = tuple(Category)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A ticket as it was read (`Reading`), and what it is, whether or not it had been classified so."""

    number: int
    terms: tuple[str, ...]
    scores: Scores
    category: Category


class _Heard(NamedTuple):
    """A lesson as it is learned."""

    stems: tuple[str, ...]
    scores: Scores
    right: int


class Pupil:
    """Learns lessons in their order. `learned` is a view of its state, and changes with it."""

    def __init__(self) -> None:
        self._weights: dict[str, Scores] = {}
        self._habit: Scores = NOTHING_SAID
        self._habits = [NOTHING_SAID] * len(_CATEGORIES)
        self._losses = [0.0] * len(TRUSTS)
        # Of the answers of the lexicon alone.
        self._put_right = [0] * len(TRUSTS)
        self._spoilt = [0] * len(TRUSTS)
        self._lessons = 0
        self._last = 0
        self._recent: deque[_Heard] = deque(maxlen=RECENT)
        self._chance = random.Random(0)  # noqa: S311  # no secret, and the same again

    @property
    def learned(self) -> Learned:
        return Learned(self._weights, self._habit, tuple(self._habits), self._trust, self._last)

    @property
    def _trust(self) -> float:
        price = max(FIRST - FADING * self._lessons, PRICE * self._lessons)
        costs = {
            trust: self._losses[place] + price * (trust > 0)
            for place, trust in enumerate(TRUSTS)
            if not trust or self._is_proved(place)
        }
        return min(costs, key=costs.__getitem__)

    def _is_proved(self, place: int) -> bool:
        """Whether it may be believed so far, by the answers that it has changed."""
        right, spoilt = self._put_right[place], self._spoilt[place]
        grown = min(self._lessons / PROVED_AFTER, 1.0)
        return right - spoilt >= grown * ERRORS * math.sqrt(right + spoilt + 1) - (1 - grown) * CHANCE

    def learn_all(self, lessons: Iterable[Lesson]) -> None:
        for lesson in lessons:
            self.learn(lesson)

    def learn(self, lesson: Lesson) -> None:
        # The same words are in many lessons, and each would be kept as often.
        stems = tuple(map(sys.intern, stems_of(lesson.terms)))
        heard = _Heard(stems, lesson.scores, _CATEGORIES.index(lesson.category))
        said = self._said(heard)
        was_right = lesson.scores.index(max(lesson.scores)) == heard.right
        for place, trust in enumerate(TRUSTS):
            believed = [score + trust * more for score, more in zip(lesson.scores, said, strict=True)]
            self._losses[place] -= math.log(max(probabilities(believed)[heard.right], 1e-9))
            is_right = believed.index(max(believed)) == heard.right
            self._put_right[place] += is_right and not was_right
            self._spoilt[place] += was_right and not is_right
        self._hear(heard, said, RATE)
        self._lessons += 1
        self._last = max(self._last, lesson.number)
        self._recent.append(heard)
        for _ in range(REPEATED):
            again = self._chance.choice(self._recent)
            self._hear(again, self._said(again), RATE * REPEATING)

    def _said(self, heard: _Heard) -> Scores:
        return Learned(self._weights, self._habit, tuple(self._habits)).said(heard.stems, heard.scores)

    def _hear(self, heard: _Heard, said: Scores, rate: float) -> None:
        now = probabilities([score + more for score, more in zip(heard.scores, said, strict=True)])
        steps = tuple([rate * ((place == heard.right) - chance) for place, chance in enumerate(now)])
        self._move(heard.stems, steps)
        usual = heard.scores.index(max(heard.scores))
        self._habit = _moved(self._habit, steps, HABIT)
        self._habits[usual] = _moved(self._habits[usual], steps, USUAL)

    def _move(self, stems: Sequence[str], steps: Scores) -> None:
        share = 1 / math.sqrt(len(stems) or 1)
        for stem in stems:
            if (known := self._weights.get(stem)) is not None or len(self._weights) < MOST_WORDS:
                self._weights[stem] = _moved(known or NOTHING_SAID, steps, share)


def _moved(weights: Scores, steps: Scores, share: float) -> Scores:
    return tuple([weight + share * step for weight, step in zip(weights, steps, strict=True)])


def probabilities(scores: Sequence[float]) -> list[float]:
    most = max(scores)
    odds = [math.exp(score - most) for score in scores]
    total = sum(odds)
    return [each / total for each in odds]

"""What a desk's decisions say of words: weights that correct what the lexicon says, learned one decision at a time.

A ticket that was corrected, or closed as it had been classified, is a lesson. The weights are a function of the lessons
in their order and of nothing else, so that they can be made again at any time, and without a lesson that was undone.
What the desk has not reviewed teaches nothing. docs/classification.md has the method and its figures.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.classify.model import Learned, Scores
from core.classify.proof import Proof
from core.classify.regression import Regression, Told
from core.classify.terms import Stems, stems_of
from core.vocabulary import Category

_PLACES = {category: place for place, category in enumerate(Category)}


@dataclass(frozen=True, slots=True)
class Lesson:
    """A ticket as it was read (`Reading`), and what it is, whether or not it had been classified so."""

    number: int
    terms: tuple[str, ...]
    scores: Scores
    category: Category


class Pupil:
    """Learns lessons in their order. `learned` is a view of its state, and changes with it."""

    def __init__(self) -> None:
        self._regression = Regression()
        self._proof = Proof()
        self._last = 0

    @property
    def learned(self) -> Learned:
        return replace(self._regression.learned, trust=self._proof.trust, version=self._last)

    def learn_all(self, lessons: Iterable[Lesson]) -> None:
        for lesson in lessons:
            self.learn(lesson)

    def learn(self, lesson: Lesson) -> None:
        # The same words are in many lessons, and each would be kept as often.
        stems = Stems(*[tuple(map(sys.intern, some)) for some in stems_of(lesson.terms)])
        said = lesson.scores.index(max(lesson.scores))
        told = Told(stems, lesson.scores, said, _PLACES[lesson.category])
        self._regression.learn(told)
        self._proof.learn(told)
        self._last = max(self._last, lesson.number)

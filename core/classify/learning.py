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
from operator import add

from core.classify.model import NOTHING_SAID, Learned, Scores
from core.classify.terms import stems_of
from core.vocabulary import Category

# How far words, the habit of all tickets, and those of what the lexicon takes for one category may go from saying nothing
# (variances of a normal prior): words are nearly free, a habit is held back.
WORDS, HABIT, USUAL = 25.0, 0.5, 0.3
# After each lesson some of the last ones are learned anew, each in the place of what it has taught before: so all of
# them come to be learned together, whatever their order. Which ones is left to chance, but to the same chance each time.
RECENT, REPEATED = 300, 3
# So many steps towards what a lesson has to teach; it is soon heard again.
STEPS = 4
# What the words have proved: by how much they have made the truth likelier than the lexicon and the desk's habits alone,
# each lesson judged before it is learned. It must be more than this at first and with every lesson, as words that hang
# together by chance prove a little too; what is above it is trusted, wholly from 1 / TRUSTED on.
AT_FIRST, EACH = 0.8, 0.06
TRUSTED = 0.25
# One lesson proves or refutes little, however sure the words were: people err.
DOUBT = 0.02
# What would have spoilt more answers of the lexicon than put right, with so much of a lead, is not believed. At first a few
# more may be chance; from this many lessons on none may.
OVERRULING, CHANCE, SETTLED = 1.0, 2, 200
# Where people correct and never settle what is right, the lexicon is wrong in each lesson, and words learn to contradict it:
# until it was right in a quarter of them, no more is trusted than this, or so many times that share. And where it is right in
# nearly all there is nothing to put right, while words prove that they know what it knows: the same, until it was wrong in
# one of forty.
ONE_SIDED, SHARES, OF_MISTAKES = 0.4, 4, 40
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


@dataclass(slots=True)
class _Heard:
    """A lesson as it is learned: `said` by the lexicon, `right` in truth, and what it has `taught`: how far the truth was
    from being certain. So much of that as `itself` is said of the lesson itself.
    """

    stems: tuple[str, ...]
    scores: Scores
    said: int
    right: int
    itself: float = 0.0
    taught: Scores = NOTHING_SAID


class Pupil:
    """Learns lessons in their order. `learned` is a view of its state, and changes with it."""

    def __init__(self) -> None:
        self._weights: dict[str, Scores] = {}
        self._habit: Scores = NOTHING_SAID
        self._habits = [NOTHING_SAID] * len(_CATEGORIES)
        self._proved = 0.0
        self._gained = 0
        self._agreed = 0
        self._lessons = 0
        self._last = 0
        self._recent: deque[_Heard] = deque(maxlen=RECENT)
        self._chance = random.Random(0)  # noqa: S311  # no secret, and the same again

    @property
    def learned(self) -> Learned:
        return Learned(self._weights, self._habit, tuple(self._habits), self._trust, self._last)

    @property
    def _trust(self) -> float:
        if self._gained < min(self._lessons / SETTLED, 1) * CHANCE - CHANCE:
            return 0.0
        surplus = self._proved - AT_FIRST - EACH * self._lessons
        of, wrong = max(self._lessons, 1), self._lessons - self._agreed
        most = max(ONE_SIDED, min(SHARES * self._agreed / of, OF_MISTAKES * wrong / of, 1.0))
        return min(max(0.0, TRUSTED * surplus), most)

    def learn_all(self, lessons: Iterable[Lesson]) -> None:
        for lesson in lessons:
            self.learn(lesson)

    def learn(self, lesson: Lesson) -> None:
        # The same words are in many lessons, and each would be kept as often.
        stems = tuple(map(sys.intern, stems_of(lesson.terms)))
        said = lesson.scores.index(max(lesson.scores))
        heard = _Heard(stems, lesson.scores, said, _CATEGORIES.index(lesson.category))
        self._judge(heard)
        self._keep(heard)
        self._lessons += 1
        self._last = max(self._last, lesson.number)
        self._hear(heard)
        self._recent.append(heard)
        for _ in range(REPEATED):
            self._hear(self._chance.choice(self._recent))

    def _judge(self, heard: _Heard) -> None:
        """What was learned until now is judged by the lesson before that is learned."""
        usual, by_words = self._said(heard)
        believed = [one + more for one, more in zip(usual, by_words, strict=True)]
        with_words, without = probabilities(believed)[heard.right], probabilities(usual)[heard.right]
        self._proved += math.log((with_words + DOUBT) / (without + DOUBT))
        self._agreed += heard.said == heard.right
        if max(believed) - believed[heard.said] >= OVERRULING:
            self._gained += (believed.index(max(believed)) == heard.right) - (heard.said == heard.right)

    def _said(self, heard: _Heard) -> tuple[Scores, Scores]:
        learned = Learned(self._weights, self._habit, tuple(self._habits))
        return learned.usual(heard.scores), learned.by_words(heard.stems)

    def _hear(self, heard: _Heard) -> None:
        """Put what this lesson teaches beside the others in the place of what it has taught.

        One step of coordinate ascent in the dual of a logistic regression: where all lessons have been heard often enough,
        none has more to teach.
        """
        usual, by_words = self._said(heard)
        own = [heard.itself * each for each in heard.taught]
        others = [one + more - less for one, more, less in zip(usual, by_words, own, strict=True)]
        taught = _taught(others, heard.taught, heard.right, heard.itself)
        step = [new - old for new, old in zip(taught, heard.taught, strict=True)]
        heard.taught = taught
        self._move(heard, step)

    def _keep(self, heard: _Heard) -> None:
        for stem in heard.stems:
            if len(self._weights) < MOST_WORDS:
                self._weights.setdefault(stem, NOTHING_SAID)
        known = sum(map(self._weights.__contains__, heard.stems))
        heard.itself = WORDS * known / (len(heard.stems) or 1) + HABIT + USUAL

    def _move(self, heard: _Heard, step: Sequence[float]) -> None:
        share = WORDS / math.sqrt(len(heard.stems) or 1)
        worth = [share * each for each in step]
        weights = self._weights
        for stem in heard.stems:
            if (known := weights.get(stem)) is not None:
                weights[stem] = tuple(map(add, known, worth))
        self._habit = _moved(self._habit, step, HABIT)
        self._habits[heard.said] = _moved(self._habits[heard.said], step, USUAL)


def _taught(others: Sequence[float], taught: Scores, right: int, itself: float) -> Scores:
    """What the lesson has to teach where the others say `others`: it is right for what then is left to be certain."""
    pace = 1 / (1 + itself / 4)
    for _ in range(STEPS):
        chances = probabilities([one + itself * more for one, more in zip(others, taught, strict=True)])
        taught = tuple(
            [
                old + pace * ((place == right) - chance - old)
                for place, (old, chance) in enumerate(zip(taught, chances, strict=True))
            ]
        )
    return taught


def _moved(weights: Scores, step: Sequence[float], share: float) -> Scores:
    return tuple([weight + share * each for weight, each in zip(weights, step, strict=True)])


def probabilities(scores: Sequence[float]) -> list[float]:
    most = max(scores)
    odds = [math.exp(score - most) for score in scores]
    total = sum(odds)
    return [each / total for each in odds]

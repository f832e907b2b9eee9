"""A logistic regression that begins with what the lexicon says and learns one lesson at a time.

Each lesson is learned when it comes, and after it some of the last ones are learned anew, each in the place of what it has
taught before: so all of them come to be learned together, whatever their order. docs/classification.md has its figures.
"""

import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add

from core.classify.model import NOTHING_SAID, Learned, Scores
from core.classify.terms import QUIET, Stems

# How far words, the habit of all tickets, and those of what the lexicon takes for one category may go from saying nothing
# (variances of a normal prior): words are nearly free, a habit is held back.
WORDS, HABIT, USUAL = 30.0, 0.5, 0.3
# So many of so many last lessons are learned anew after each. Which ones is left to chance, but to the same chance each time.
RECENT, REPEATED = 300, 3
# So many steps towards what a lesson has to teach; it is soon heard again.
STEPS = 4
# More different words are not kept; further lessons change the ones that are there.
MOST_WORDS = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """A lesson for a regression: the beginnings of its words, what the lexicon `said` of it, and what is `right`; both by
    their place among the categories.
    """

    stems: Stems
    scores: Scores
    said: int
    right: int


@dataclass(slots=True)
class _Heard:
    """What a lesson has `taught`: how far the truth was from being certain. So much of that as `itself` is said of the
    lesson itself.
    """

    told: Told
    itself: float
    taught: Scores = NOTHING_SAID


class Regression:
    """`learned` is a view of its state, and changes with it."""

    def __init__(self, chance: int = 0) -> None:
        self._weights: dict[str, Scores] = {}
        self._habit: Scores = NOTHING_SAID
        self._habits = [NOTHING_SAID] * len(NOTHING_SAID)
        self._recent: deque[_Heard] = deque(maxlen=RECENT)
        self._chance = random.Random(chance)  # noqa: S311  # no secret, and the same again

    @property
    def learned(self) -> Learned:
        return Learned(self._weights, self._habit, tuple(self._habits))

    def learn(self, told: Told) -> None:
        heard = _Heard(told, self._kept(told.stems))
        self._hear(heard)
        self._recent.append(heard)
        for _ in range(REPEATED):
            self._hear(self._chance.choice(self._recent))

    def _kept(self, stems: Stems) -> float:
        """Keep the words, and tell how much a lesson of them says of itself."""
        weights = self._weights
        for stem in (*stems.loud, *stems.quiet):
            if len(weights) < MOST_WORDS:
                weights.setdefault(stem, NOTHING_SAID)
        loud, quiet = (sum(map(weights.__contains__, some)) for some in stems)
        return WORDS * (loud + QUIET * QUIET * quiet) / stems.loudness + HABIT + USUAL

    def _hear(self, heard: _Heard) -> None:
        """Put what this lesson teaches beside the others in the place of what it has taught.

        One step of coordinate ascent in the dual of a logistic regression: where all lessons have been heard often enough,
        none has more to teach.
        """
        learned, told = self.learned, heard.told
        usual, by_words = learned.usual(told.scores), learned.by_words(told.stems)
        own = [heard.itself * each for each in heard.taught]
        others = [one + more - less for one, more, less in zip(usual, by_words, own, strict=True)]
        taught = _taught(others, heard.taught, told.right, heard.itself)
        step = [new - old for new, old in zip(taught, heard.taught, strict=True)]
        heard.taught = taught
        self._move(told, step)

    def _move(self, told: Told, step: Sequence[float]) -> None:
        share = WORDS / math.sqrt(told.stems.loudness)
        self._say(told.stems.loud, [share * each for each in step])
        self._say(told.stems.quiet, [QUIET * share * each for each in step])
        self._habit = _moved(self._habit, step, HABIT)
        self._habits[told.said] = _moved(self._habits[told.said], step, USUAL)

    def _say(self, stems: Sequence[str], worth: Sequence[float]) -> None:
        weights = self._weights
        # Most words are in one lesson, and say the same as others of it: these are one value.
        moved: dict[Scores, Scores] = {}
        for stem in stems:
            if (known := weights.get(stem)) is not None:
                if (now := moved.get(known)) is None:
                    now = moved[known] = tuple(map(add, known, worth))
                weights[stem] = now


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

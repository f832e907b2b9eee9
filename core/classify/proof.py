"""How far what a desk has taught may be believed: as far as it holds for lessons that it was not learned from.

Beside what is learned from all lessons, as much is learned a few times over without a part of them each, and examined
with that part (cross-validation). So every lesson is an examination, also the first ones, by nearly as much as is known
now; and again and again, as what is known grows.
"""

import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from core.classify.model import LEAD
from core.classify.regression import RECENT, Regression, Told, probabilities

PARTS = 5
# After each lesson so many of the last ones are examined anew.
AGAIN = 10
# What was learned must make the truth likelier than the lexicon does, and than the desk's habits alone: in logarithms and over
# all lessons, by so much with each lesson, and by AT_FIRST beyond that. Words that hang together by chance prove a little too.
# What is above both is trusted, wholly from 1 / TRUSTED on.
AT_FIRST, THAN_LEXICON, THAN_HABITS = 1.0, 0.05, 0.09
TRUSTED = 0.25
# One lesson proves or refutes little, however sure it was: people err.
DOUBT = 0.02
# Where people correct and never settle what is right, the lexicon is wrong in each lesson, and words learn to contradict it:
# until it was right in a quarter of them, no more is trusted than this, or so many times that share.
ONE_SIDED, SHARES = 0.4, 4
# What it spoils beyond what it puts right may be chance up to so much of a standard deviation: where only mistakes are corrected,
# what it spoils is seen, and what it puts right is not.
CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class _Result:
    """What one lesson shows: by how much those who have not heard it put another category `ahead` of the lexicon's (0: they
    do not), whether that puts the lexicon right (1), spoils it (-1) or neither, and how much likelier the truth is than the
    lexicon makes it, and than the desk's habits alone do.
    """

    ahead: float
    gained: int
    than_lexicon: float
    than_habits: float


class Proof:
    """Learns the same lessons as the pupil, in parts; a function of them and their order, as what is learned is."""

    def __init__(self) -> None:
        self._parts = [Regression(part) for part in range(1, PARTS + 1)]
        self._recent: deque[tuple[int, Told]] = deque(maxlen=RECENT)
        self._results: list[_Result] = []
        self._agreed = 0
        self._chance = random.Random(0)  # noqa: S311  # no secret, and the same again

    def learn(self, told: Told) -> None:
        number = len(self._results)
        result = self._examined(number, told)
        for part, regression in enumerate(self._parts):
            if part != number % PARTS:
                regression.learn(told)
        self._results.append(result)
        self._recent.append((number, told))
        self._agreed += told.said == told.right
        for _ in range(AGAIN):
            before, known = self._chance.choice(self._recent)
            self._results[before] = self._examined(before, known)

    @property
    def trust(self) -> float:
        """0 (what was learned is not heard) to 1."""
        lessons = len(self._results)
        proved = min(
            sum(result.than_lexicon for result in self._results) - THAN_LEXICON * lessons,
            sum(result.than_habits for result in self._results) - THAN_HABITS * lessons,
        )
        most = max(ONE_SIDED, SHARES * self._agreed / (lessons or 1))
        trust = min(TRUSTED * (proved - AT_FIRST), most, 1.0)
        return max(0.0, 1 - self._lead(LEAD * (1 - trust)) / LEAD) if trust > 0 else 0.0

    def _lead(self, least: float) -> float:
        """The smallest lead, `least` or more, with which it would have put something right, and spoilt no more than that,
        but for what may be chance.
        """
        changed = [(result.ahead, result.gained) for result in self._results if result.gained and result.ahead >= least]
        lead, is_sound, right, gained = math.inf, False, 0, 0
        for many, (ahead, change) in enumerate(sorted(changed, reverse=True), 1):
            right += change > 0
            gained += change
            if is_sound := right > 0 and gained >= -CHANCE * math.sqrt(many):
                lead = ahead
        return least if is_sound else lead

    def _examined(self, number: int, told: Told) -> _Result:
        learned = self._parts[number % PARTS].learned
        usual, by_words = learned.usual(told.scores), learned.by_words(told.stems)
        believed = [one + more for one, more in zip(usual, by_words, strict=True)]
        ahead = max(believed) - believed[told.said]
        gained = (believed.index(max(believed)) == told.right) - (told.said == told.right) if ahead else 0
        return _Result(
            ahead, gained, _likelier(believed, told.scores, told.right), _likelier(believed, usual, told.right)
        )


def _likelier(scores: Sequence[float], others: Sequence[float], right: int) -> float:
    chance, other = (probabilities(some)[right] for some in (scores, others))
    return math.log((chance + DOUBT) / (other + DOUBT))

"""What a desk gains by learning: its tickets in random order, each decided by somebody who knows what it is.

A ticket that was classified wrongly is corrected, any other is closed as it is; both teach. The gain is counted on the
tickets that come next, after so many decisions and after so many corrections, against what the lexicon alone says of
them; and once more for a desk that only corrects, and never settles what is right. Last, how honest the confidence is after
so many decisions.
"""

import math
import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from core.classify import evaluation, inference
from core.classify.evaluation import Example
from core.classify.learning import Lesson, Pupil
from core.classify.model import NOTHING_LEARNED, Learned, Reading
from core.classify.terms import stems_of
from core.vocabulary import Category

LESSONS = (25, 50, 100, 200)
DESKS = 20
FEWEST_TESTED, MOST_TESTED = 20, 200
# The confidence is looked at before a decision and after so many, in a few orders.
LOOKED_AT, LOOKS, SURE = (0, 50, 200), 4, 0.6

CATEGORIES = tuple(Category)

Known = tuple[Reading, Category]


class Gain(NamedTuple):
    """`decisions` and `corrections` so far, and the share of the next tickets that was right before and is now.

    `error` is the standard error of the gain, by the tickets that were put right or spoilt.
    """

    decisions: int
    corrections: int
    before: float
    now: float
    error: float


def learn(examples: Sequence[Example]) -> None:
    read = [(inference.read(one.subject, one.body), one.category) for one in examples]
    orders = [random.Random(seed).sample(read, len(read)) for seed in range(DESKS)]
    desks = [list(_desk(order, settles=True)) for order in orders]
    for lessons in LESSONS:
        _tell(f"{lessons:4} decisions       ", [gain for desk in desks for gain in desk if gain.decisions == lessons])
        _tell(f"{lessons:4} corrections     ", _first(desks, lessons))
    desks = [list(_desk(order, settles=False)) for order in orders]
    for lessons in LESSONS:
        _tell(f"{lessons:4} corrections only", _first(desks, lessons))
    _tell_confidence([random.Random(seed).sample(examples, len(examples)) for seed in range(LOOKS)])


def _first(desks: Sequence[Sequence[Gain]], corrections: int) -> list[Gain]:
    """Several decisions have as many corrections before them; the first of them made the last one."""
    found = [next((gain for gain in desk if gain.corrections == corrections), None) for desk in desks]
    return [gain for gain in found if gain]


def _desk(tickets: Sequence[Known], *, settles: bool) -> Iterator[Gain]:
    """What was gained whenever something is to be told; `settles`: what is right teaches too."""
    pupil, corrections = Pupil(), 0
    for number, (reading, true) in enumerate(tickets[:-FEWEST_TESTED], 1):
        corrects = not _is_right(reading, true, pupil.learned)
        corrections += corrects
        if corrects or settles:
            pupil.learn(Lesson(number, reading.terms, reading.scores, true))
        if number in LESSONS or (corrects and corrections in LESSONS):
            tested = tickets[number : number + MOST_TESTED]
            before, now = (
                [_is_right(next_one, is_in_truth, learned) for next_one, is_in_truth in tested]
                for learned in (NOTHING_LEARNED, pupil.learned)
            )
            changed = sum(one != other for one, other in zip(before, now, strict=True))
            of = len(tested)
            yield Gain(number, corrections, sum(before) / of, sum(now) / of, math.sqrt(changed) / of)


def _is_right(reading: Reading, true: Category, learned: Learned) -> bool:
    scores = learned.corrected(stems_of(reading.terms), reading.scores) if learned.trust else reading.scores
    return CATEGORIES[scores.index(max(scores))] == true


def _tell(what: str, gains: Sequence[Gain]) -> None:
    if len(gains) < DESKS:
        print(f"{what}: too few tickets")
        return
    gained = [gain.now - gain.before for gain in gains]
    least = min(gains, key=lambda gain: gain.now - gain.before)
    print(
        f"{what}: {_mean([gain.before for gain in gains]):.3f} before, gain {100 * _mean(gained):+.1f} points "
        f"(least of {DESKS} desks {100 * (least.now - least.before):+.1f} ± {100 * least.error:.1f}, "
        f"{sum(gain < 0 for gain in gained)} below 0), after {_mean([gain.decisions for gain in gains]):.0f} decisions"
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _tell_confidence(orders: Sequence[Sequence[Example]]) -> None:
    for lessons in LOOKED_AT:
        seen = [one for order in orders for one in _judged(order, lessons)]
        if len(seen) < LOOKS * MOST_TESTED:
            print(f"{lessons:4} decisions: too few tickets for the confidence")
            continue
        found = evaluation.report(seen)
        sure = next(one for one in found.coverage if one.threshold == SURE)
        print(
            f"{lessons:4} decisions: {found.accuracy:.3f} right, calibration error {found.calibration_error:.3f}, "
            f"confidence ≥ {SURE} in {sure.share:.3f}, of which {sure.accuracy:.3f} right"
        )


def _judged(order: Sequence[Example], lessons: int) -> list[evaluation.Judged]:
    pupil = Pupil()
    for number, one in enumerate(order[:lessons], 1):
        reading = inference.read(one.subject, one.body)
        pupil.learn(Lesson(number, reading.terms, reading.scores, one.category))
    judge = partial(inference.classify, learned=pupil.learned)
    return evaluation.judged(order[lessons : lessons + MOST_TESTED], judge)

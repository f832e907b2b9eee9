"""How good the classifier is on tickets whose answers are known: one JSON object a line, with `text` (its first line is
the subject) or `subject` and `body`, `category`, and, where known, `priority`, `language` and `source`.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

import orjson

from core.classify.model import Classification
from core.errors import Invalid, Problem
from core.vocabulary import Category, Priority

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
BINS = 10
MOST_PROBLEMS = 20
_DEFECTS = frozenset({Category.TECHNICAL_ISSUE, Category.BUG_REPORT})

Judge = Callable[[str, str], Classification]
Confusion = dict[str, dict[str, int]]

_Word = TypeVar("_Word", Category, Priority)


@dataclass(frozen=True, slots=True)
class Example:
    """A ticket, and what it is in truth. `priority` None: nobody has said."""

    subject: str
    body: str
    category: Category
    priority: Priority | None = None
    language: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    example: Example
    found: Classification
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.found.category == self.example.category

    @property
    def is_nearly_right(self) -> bool:
        """Right, or a defect taken for the other kind of defect."""
        return self.is_right or {self.found.category, self.example.category} <= _DEFECTS


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of all tickets `share` have at least that confidence, and of those `accuracy` are right."""

    threshold: float
    share: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class PriorityReport:
    """`kappa` is Cohen's with quadratic weights; `urgent_found` and `urgent_right` are recall and precision of urgent."""

    tickets: int
    accuracy: float
    kappa: float
    urgent_found: float
    urgent_right: float
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Report:
    """`confusion` is by true category, then by the one found. Times are milliseconds a ticket."""

    tickets: int
    accuracy: float
    accuracy_with_defects_as_one: float
    macro_f1: float
    calibration_error: float
    coverage: tuple[Coverage, ...]
    confusion: Confusion
    by_language: dict[str, float]
    by_source: dict[str, float]
    priority: PriorityReport | None
    milliseconds_p50: float
    milliseconds_p99: float


def examples(lines: Iterable[bytes]) -> list[Example]:
    """Raises Invalid with the number of every line that cannot be read (the first twenty)."""
    found: list[Example] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(_example(orjson.loads(line)))
        except ValueError as error:
            problems.append(Problem(f"line {number}:", str(error)))
    if problems or not found:
        raise Invalid(problems[:MOST_PROBLEMS] or [Problem("the file", "has no tickets in it")])
    return found


def _example(row: object) -> Example:
    if not isinstance(row, dict):
        raise ValueError('must be an object such as {"text": "…", "category": "other"}')  # noqa: TRY004  # of the file
    text = row.get("text")
    if isinstance(text, str):
        subject, _, body = text.partition("\n")
    else:
        subject, body = str(row.get("subject") or ""), str(row.get("body") or row.get("description") or "")
    if not subject and not body:
        raise ValueError("needs a text, or a subject and a body")
    priority = row.get("priority")
    return Example(
        subject,
        body,
        _one_of(Category, "category", row.get("category")),
        _one_of(Priority, "priority", priority) if priority is not None else None,
        str(row.get("language") or ""),
        str(row.get("source") or ""),
    )


def _one_of(known: type[_Word], name: str, value: object) -> _Word:
    words = [one.value for one in known]
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}")
    return known(value)


def judged(examples: Iterable[Example], judge: Judge) -> list[Judged]:
    found: list[Judged] = []
    for example in examples:
        begun = perf_counter()
        classification = judge(example.subject, example.body)
        found.append(Judged(example, classification, perf_counter() - begun))
    return found


def report(rows: Sequence[Judged]) -> Report:
    """`rows` are one at least."""
    times = sorted(row.seconds * 1000 for row in rows)
    confusion = _confusion((row.example.category, row.found.category) for row in rows)
    return Report(
        tickets=len(rows),
        accuracy=_share(row.is_right for row in rows),
        accuracy_with_defects_as_one=_share(row.is_nearly_right for row in rows),
        macro_f1=_macro_f1(confusion),
        calibration_error=calibration_error(rows),
        coverage=tuple(_coverage(rows, threshold) for threshold in THRESHOLDS),
        confusion=confusion,
        by_language=_by(rows, lambda example: example.language),
        by_source=_by(rows, lambda example: example.source),
        priority=_priorities([row for row in rows if row.example.priority]),
        milliseconds_p50=round(times[len(times) // 2], 4),
        milliseconds_p99=round(times[min(len(times) - 1, math.ceil(len(times) * 0.99) - 1)], 4),
    )


def _share(right: Iterable[bool]) -> float:
    answers = list(right)
    return round(sum(answers) / len(answers), 4) if answers else 0.0


def _confusion(pairs: Iterable[tuple[str, str]]) -> Confusion:
    counted: Confusion = {}
    for (true, found), times in sorted(Counter(pairs).items()):
        counted.setdefault(str(true), {})[str(found)] = times
    return counted


def _macro_f1(confusion: Confusion) -> float:
    """The mean over the categories that occur in truth."""
    scores: list[float] = []
    for true, found in confusion.items():
        right = found.get(true, 0)
        claimed = sum(row.get(true, 0) for row in confusion.values())
        scores.append(2 * right / (sum(found.values()) + claimed))
    return round(sum(scores) / len(scores), 4)


def calibration_error(rows: Sequence[Judged]) -> float:
    """How far confidence and accuracy lie apart on average, over bins of a tenth each."""
    bins: dict[int, list[Judged]] = {}
    for row in rows:
        bins.setdefault(min(int(row.found.confidence * BINS), BINS - 1), []).append(row)
    apart = sum(abs(sum(row.found.confidence - row.is_right for row in some)) for some in bins.values())
    return round(apart / len(rows), 4)


def _coverage(rows: Sequence[Judged], threshold: float) -> Coverage:
    sure = [row for row in rows if row.found.confidence >= threshold]
    return Coverage(threshold, round(len(sure) / len(rows), 4), _share(row.is_right for row in sure))


def _by(rows: Sequence[Judged], name: Callable[[Example], str]) -> dict[str, float]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(name(row.example), []).append(row)
    groups.pop("", None)
    return {group: _share(row.is_right for row in groups[group]) for group in sorted(groups)}


def _priorities(rows: Sequence[Judged]) -> PriorityReport | None:
    pairs = [(row.example.priority, row.found.priority) for row in rows if row.example.priority]
    if not pairs:
        return None
    urgent = [pair for pair in pairs if Priority.URGENT in pair]
    return PriorityReport(
        tickets=len(pairs),
        accuracy=_share(true == found for true, found in pairs),
        kappa=quadratic_kappa(pairs),
        urgent_found=_share(found == Priority.URGENT for true, found in urgent if true == Priority.URGENT),
        urgent_right=_share(true == Priority.URGENT for true, found in urgent if found == Priority.URGENT),
        confusion=_confusion(pairs),
    )


def quadratic_kappa(pairs: Sequence[tuple[Priority, Priority]]) -> float:
    """Cohen's kappa, a mistake by two levels counting four times one by one level."""
    rank = {level: place for place, level in enumerate(Priority)}
    found = Counter((rank[one], rank[other]) for one, other in pairs)
    firsts, seconds = Counter(rank[one] for one, _ in pairs), Counter(rank[other] for _, other in pairs)
    seen = sum((one - other) ** 2 * times for (one, other), times in found.items())
    by_chance = sum((one - other) ** 2 * firsts[one] * seconds[other] for one in firsts for other in seconds)
    return round(1 - seen * len(pairs) / by_chance, 4) if by_chance else 1.0

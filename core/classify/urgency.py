"""How pressing a ticket is: phrases of urgency and impact add points, phrases of leisure take some away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.classify.evidence import Evidence, Matter, evidence, shown
from core.classify.index import Hit
from core.classify.library import Phrasebook
from core.classify.words import ends_clause
from core.vocabulary import Category, Priority

# What a phrase's weight is multiplied by, and how far all phrases of that level can go together: any number of
# reasons for high is not yet urgent, and however politely it is asked, what is on fire stays on fire.
POINTS = {Priority.URGENT: 2.0, Priority.HIGH: 1.0, Priority.LOW: -1.25}
MOST = {Priority.URGENT: 12.0, Priority.HIGH: 4.0, Priority.LOW: 4.0}
# An idea or a question can wait unless somebody says otherwise; of a ticket without any known phrase we know neither.
START = {Category.FEATURE_REQUEST: -2.0, Category.OTHER: -1.5}
URGENT_FROM, HIGH_FROM, LOW_TO = 6.0, 3.0, -2.0

_SIDES = {
    Priority.URGENT: (Priority.URGENT, Priority.HIGH),
    Priority.HIGH: (Priority.URGENT, Priority.HIGH),
    Priority.LOW: (Priority.LOW,),
}

# A negation turns what follows it within so many words of the same clause: "it is not very urgent".
WINDOW = 3


@dataclass(frozen=True, slots=True)
class Pressing:
    """`signal` is the phrase that spoke most for this priority, as it stands in the ticket; none for a medium one."""

    priority: Priority
    signal: str = ""


CALM = Pressing(Priority.MEDIUM)


def pressing(matter: Matter, topics: Sequence[Hit[Category]], book: Phrasebook, category: Category) -> Pressing:
    """`topics` are the hits of the category phrases."""
    points = START.get(category, 0.0) if topics else 0.0
    hits = book.signals.hits(matter.folded)
    if hits and (negated := _negated(matter.folded, topics, book.negations)):
        points -= sum(hit.phrase.weights.get(Priority.URGENT, 0) for hit in hits if hit.start in negated)
        hits = [hit for hit in hits if hit.start not in negated]
    found = evidence(matter, hits)
    if found:
        points += sum(_points(found, level) for level in POINTS)
    priority = _level(points)
    return Pressing(priority, _signal(matter, found, priority))


def _signal(matter: Matter, found: Sequence[Evidence[Priority]], priority: Priority) -> str:
    """Of the phrases that speak for that side of medium the strongest."""
    side = _SIDES.get(priority)
    if side is None:
        return ""
    speaking = [
        (entry.gain * max(abs(POINTS[level]) * entry.hit.phrase.weights.get(level, 0) for level in side), entry.hit)
        for entry in found
    ]
    worth, hit = max(speaking, key=lambda entry: entry[0], default=(0.0, None))
    return shown(matter, hit.start, hit.end) if hit and worth else ""


def _points(found: Iterable[Evidence[Priority]], level: Priority) -> float:
    strength = sum(entry.gain * entry.hit.phrase.weights.get(level, 0) for entry in found)
    return min(abs(POINTS[level]) * strength, MOST[level]) * (1 if POINTS[level] > 0 else -1)


def _level(points: float) -> Priority:
    if points >= URGENT_FROM:
        return Priority.URGENT
    if points >= HIGH_FROM:
        return Priority.HIGH
    return Priority.LOW if points <= LOW_TO else Priority.MEDIUM


def _negated(folded: Sequence[str], topics: Sequence[Hit[Category]], negations: frozenset[str]) -> set[int]:
    """Where a phrase would stand under a negation. That of "not working" is spent: it negates nothing after it."""
    if negations.isdisjoint(folded):
        return set()
    spent = {position for hit in topics if hit.end - hit.start > 1 for position in range(hit.start, hit.end)}
    under: set[int] = set()
    for position in [at for at, word in enumerate(folded) if word in negations and at not in spent]:
        for after in range(position + 1, min(position + 1 + WINDOW, len(folded))):
            if ends_clause(folded[after]):
                break
            under.add(after)
    return under

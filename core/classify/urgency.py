"""How pressing a ticket is: phrases of urgency and impact add points, phrases of leisure take some away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from core.classify.evidence import Evidence, Matter, evidence, shown
from core.classify.index import Found, Hit
from core.classify.words import ends_clause
from core.vocabulary import Category, Priority

# What a phrase of weight 1, 2 or 3 is worth, and how far all phrases of that level can go together: any number of
# reasons for high is not yet urgent, nor are they with one word of urgency, and however politely it is asked, what is on
# fire stays on fire.
POINTS = {
    Priority.URGENT: {1: 2.0, 2: 4.0, 3: 7.5},
    Priority.HIGH: {1: 1.0, 2: 2.0, 3: 3.0},
    Priority.LOW: {1: -1.25, 2: -2.5, 3: -3.75},
}
MOST = {Priority.URGENT: 12.0, Priority.HIGH: 3.0, Priority.LOW: 4.0}
# An idea or a question can wait unless somebody says otherwise; a ticket whose words say neither may be anything.
START = {Category.FEATURE_REQUEST: -2.0, Category.OTHER: -2.0}
URGENT_FROM, HIGH_FROM, LOW_TO = 7.5, 3.0, -2.0

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


def pressing(matter: Matter, found: Found, category: Category) -> Pressing:
    start = START[category] if category in START and _is_said(category, found) else 0.0
    hits = found.signals
    if not hits:
        return Pressing(_level(start))
    points = 0.0
    if found.negations:
        near = {position + ahead for position in found.negations for ahead in range(1, WINDOW + 1)}
        negated = [hit for hit in hits if hit[1] in near and _is_negated(hit[1], matter.folded, found)]
        points -= sum(phrase.signals.get(Priority.URGENT, 0) for phrase, _ in negated if phrase.signals)
        hits = [hit for hit in hits if hit not in negated] if negated else hits
    speaking = evidence(matter, hits, _signals_of)
    points += _points(speaking)
    # What is urgent by itself is so whatever it is about.
    priority = _level(points if points >= URGENT_FROM else points + start)
    return Pressing(priority, _signal(matter, speaking, priority))


def _is_said(category: Category, found: Found) -> bool:
    return any(category in phrase.topics for phrase, _ in found.topics if phrase.topics)


_signals_of = attrgetter("signals")


def _signal(matter: Matter, speaking: Sequence[Evidence[Priority]], priority: Priority) -> str:
    """Of the phrases that speak for that side of medium the strongest."""
    side = _SIDES.get(priority)
    if side is None:
        return ""
    strongest, most = None, 0.0
    for entry in speaking:
        for level, weight in entry.weights.items():
            if level in side and (worth := entry.gain * abs(POINTS[level][weight])) > most:
                strongest, most = entry, worth
    return shown(matter, strongest.start, strongest.end) if strongest else ""


def _points(speaking: Iterable[Evidence[Priority]]) -> float:
    worth: dict[Priority, float] = {}
    for entry in speaking:
        for level, weight in entry.weights.items():
            worth[level] = worth.get(level, 0.0) + entry.gain * POINTS[level][weight]
    return sum(max(-MOST[level], min(points, MOST[level])) for level, points in worth.items())


def _level(points: float) -> Priority:
    if points >= URGENT_FROM:
        return Priority.URGENT
    if points >= HIGH_FROM:
        return Priority.HIGH
    return Priority.LOW if points <= LOW_TO else Priority.MEDIUM


def _is_negated(start: int, folded: Sequence[str], found: Found) -> bool:
    """Whether a phrase that begins there stands under a negation."""
    return any(
        start - WINDOW <= position < start
        and not any(map(ends_clause, folded[position:start]))
        and not _is_spent(position, found.topics)
        for position in found.negations
    )


def _is_spent(position: int, topics: Iterable[Hit]) -> bool:
    """The negation of "not working" belongs to that phrase: it negates nothing after it."""
    return any(phrase.length > 1 and start <= position < start + phrase.length for phrase, start in topics)

"""What inference says about a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.vocabulary import Category, Priority

# Odds in logarithms, for each category in the order of `Category`.
Scores = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Classification:
    """`confidence` is the probability, 0 to 1, that `category` is right; `keywords` stand literally in the ticket.

    `signal` is the phrase that decided the priority, as it stands in the ticket; empty: nothing said more or less.
    `runner_up` is the next category, where it is close.
    """

    category: Category
    priority: Priority
    confidence: float
    reasoning: str
    keywords: tuple[str, ...]
    signal: str = ""
    runner_up: Category | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as a desk learns from it: what the lexicon alone says, and its words."""

    scores: Scores
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a desk's own decisions say of words: `weights[word]` are added to the scores. `version` names the state."""

    weights: Mapping[str, Scores] = field(default_factory=dict)
    version: int = 0


NOTHING_LEARNED = Learned()

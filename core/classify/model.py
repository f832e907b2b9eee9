"""What inference says about a ticket."""

import math
from collections.abc import Mapping, Sequence
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


# Of a word of which nothing is known.
NOTHING_SAID: Scores = (0.0,) * len(Category)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a desk's own decisions say: `weights` of words, the `habit` of all its tickets, and of those that the lexicon
    takes for each category (what this desk makes of "a technical issue"); and how much of that is believed, 0 to 1.
    `version` is the number of the last lesson.
    """

    weights: Mapping[str, Scores] = field(default_factory=dict)
    habit: Scores = NOTHING_SAID
    habits: tuple[Scores, ...] = (NOTHING_SAID,) * len(Category)
    trust: float = 1.0
    version: int = 0

    def said(self, terms: Sequence[str], scores: Scores) -> Scores:
        """What is added to `scores`, which the lexicon gives, if all of it is believed. The longer the text, the less a
        word says.
        """
        share = 1 / math.sqrt(len(terms) or 1)
        known = [weights for weights in map(self.weights.get, terms) if weights is not None]
        by_words = [share * sum(column) for column in zip(*known, strict=True)] if known else NOTHING_SAID
        usual = self.habits[scores.index(max(scores))]
        return tuple(map(sum, zip(self.habit, usual, by_words, strict=True)))


NOTHING_LEARNED = Learned(trust=0.0)

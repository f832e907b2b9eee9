"""What inference says about a ticket."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.classify.terms import QUIET, Stems
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


# Where what was learned is believed, the lexicon is heard with so much of its voice: it is general, and this desk is not.
SOFTENED = 0.65
# By so much what was learned must be ahead to overrule the lexicon where it is hardly believed; by nothing where it wholly
# is.
LEAD = 2.5


@dataclass(frozen=True, slots=True)
class Learned:
    """What a desk's own decisions say: `weights` of words, by how they begin (`stems_of`), the `habit` of all its tickets,
    and of those that the lexicon takes for each category (what this desk makes of "a technical issue"); and how much
    that has proved, 0 (it is not heard) to 1. `version` is the number of the last lesson.
    """

    weights: Mapping[str, Scores] = field(default_factory=dict)
    habit: Scores = NOTHING_SAID
    habits: tuple[Scores, ...] = (NOTHING_SAID,) * len(Category)
    trust: float = 1.0
    version: int = 0

    def corrected(self, stems: Stems, scores: Scores) -> Scores:
        """`scores`, which the lexicon gives, with what was learned; as they are where that may not overrule them."""
        taught = tuple([one + more for one, more in zip(self.usual(scores), self.by_words(stems), strict=True)])
        ahead = max(taught) - taught[scores.index(max(scores))]
        return scores if 0 < ahead < LEAD * (1 - self.trust) else taught

    def usual(self, scores: Scores) -> Scores:
        """The lexicon, softened, with the desk's habits: what it says of a text without a word that is known."""
        often = self.habits[scores.index(max(scores))]
        return tuple(
            [SOFTENED * score + habit + more for score, habit, more in zip(scores, self.habit, often, strict=True)]
        )

    def by_words(self, stems: Stems) -> Scores:
        """The longer the text, the less a word says."""
        known = self.weights.get
        loud = [weights for weights in map(known, stems.loud) if weights is not None]
        quiet = [weights for weights in map(known, stems.quiet) if weights is not None]
        share = 1 / math.sqrt(stems.loudness)
        said = [share * sum(column) for column in zip(*loud, strict=True)] if loud else NOTHING_SAID
        if not quiet:
            return tuple(said)
        share *= QUIET
        return tuple([one + share * sum(column) for one, column in zip(said, zip(*quiet, strict=True), strict=True)])


NOTHING_LEARNED = Learned(trust=0.0)

"""Pure inference: a ticket's words in, its category and priority out, with the reasons.

Phrases of the lexicon that stand in the text add up to points for each category, and points become probabilities.
Linear in the text, which is capped. docs/classification.md explains every step, and how the constants were fitted.
"""

import math
from collections.abc import Mapping, Sequence

from core.classify.evidence import Evidence, Matter, evidence, matter_of, shown, weigh
from core.classify.model import Classification
from core.classify.phrasebook import lexicons, markers, phrasebook
from core.classify.urgency import priority_of
from core.vocabulary import Category

# What a phrase of weight 1, 2 or 3 is worth: two hints are not yet a pointer, two pointers just beat one proof.
POINTS = {1: 1.0, 2: 2.8, 3: 5.2}

# Fitted on the development set (docs/classification.md): what every category has before a word is read, and how
# strongly a lead in points becomes a lead in probability.
START = 2.0
SHARPNESS = 2.0

# The words for a confidence: high from here, medium from there, low below.
HIGH, MEDIUM = 0.7, 0.45
# Counting words proves nothing.
MOST_CONFIDENCE = 0.99
MOST_KEYWORDS = 6

# A language is read when it has nearly as many of its small words in the text as the one that has most.
NEARLY = 0.8
# So many words tell which languages a text is in.
TELLING = 200
# English is always read: the words of products, errors and logins are English everywhere.
ALWAYS = "en"
# So many different words without a single small word that we know are in a language that we do not know, and what
# seems to be a phrase there may be chance.
LONG_ENOUGH = 8
STRANGE_LANGUAGE = 0.4


def classify(subject: str, body: str) -> Classification:
    matter = matter_of(subject, body)
    languages = _languages(matter)
    book = phrasebook(languages or frozenset(lexicons()))
    hits = book.categories.hits(matter.folded)
    found = evidence(matter, hits)
    points = weigh(found, POINTS)
    category = max(points, key=points.__getitem__, default=Category.OTHER)
    confidence = _confidence(points, category)
    if not languages and len({*matter.subject.folded, *matter.body.folded}) >= LONG_ENOUGH:
        confidence = min(confidence, STRANGE_LANGUAGE)
    confidence = min(round(confidence, 2), MOST_CONFIDENCE)
    keywords = _keywords(matter, found, category)
    return Classification(
        category=category,
        priority=priority_of(matter, hits, book, category),
        confidence=confidence,
        reasoning=_reasoning(category, confidence, keywords),
        keywords=keywords,
    )


def _languages(matter: Matter) -> frozenset[str]:
    """The languages that the text's small words speak for; none when there are none."""
    # By the set of languages that a word is of: there are few different ones.
    spoken: dict[tuple[str, ...], int] = {}
    for languages in filter(None, map(markers().get, matter.folded[:TELLING])):
        spoken[languages] = spoken.get(languages, 0) + 1
    counted: dict[str, int] = {}
    for languages, times in spoken.items():
        for language in languages:
            counted[language] = counted.get(language, 0) + times
    if not counted:
        return frozenset()
    enough = NEARLY * max(counted.values())
    return frozenset({ALWAYS, *(language for language, times in counted.items() if times >= enough)})


def _confidence(points: Mapping[Category, float], category: Category) -> float:
    # The categories without a point are alike.
    unmentioned = math.pow(START, SHARPNESS)
    odds = {each: math.pow(START + its_points, SHARPNESS) for each, its_points in points.items()}
    return odds.get(category, unmentioned) / (sum(odds.values()) + (len(Category) - len(points)) * unmentioned)


def _keywords(matter: Matter, found: Sequence[Evidence[Category]], category: Category) -> tuple[str, ...]:
    """What spoke for `category`, the strongest first, as it stands in the ticket."""
    speaking = [entry for entry in found if category in entry.hit.phrase.weights]
    speaking.sort(key=lambda entry: -entry.strength * POINTS[entry.hit.phrase.weights[category]])
    # Two phrases may be shown alike, so a few more are looked at than are wanted.
    return tuple(dict.fromkeys(shown(matter, entry.hit) for entry in speaking[: 2 * MOST_KEYWORDS]))[:MOST_KEYWORDS]


def _reasoning(category: Category, confidence: float, keywords: Sequence[str]) -> str:
    level = "high" if confidence >= HIGH else "medium" if confidence >= MEDIUM else "low"
    because = f"based on keywords: {', '.join(keywords)}" if keywords else "because no known keywords were found"
    return f"Classified as {category} ({level} confidence) {because}"

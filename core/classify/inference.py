"""Pure inference: a ticket's words in, its category and priority out, with the reasons.

Phrases of the lexicon that stand in the text add up to points for each category, points become odds, what the desk has
learned is added, and odds become probabilities. Linear in the text, which is capped. docs/classification.md explains
every step, and how the constants were fitted.
"""

import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from core.classify.confidence import MOST
from core.classify.confidence import confidence as believed
from core.classify.evidence import Evidence, Matter, evidence, matter_of, said, shown
from core.classify.index import NOTHING_FOUND, Found
from core.classify.library import Library, standard
from core.classify.model import NOTHING_LEARNED, Classification, Learned, Reading, Scores
from core.classify.points import CATEGORIES, POINTS, points_of, scores_of
from core.classify.terms import NO_STEMS, Stems, small_of, stem_of, stems_of, terms_of
from core.classify.urgency import CALM, Pressing, pressing
from core.classify.words import has_umlauts, umlauts_read
from core.vocabulary import Category

# The words for a confidence: high from here, medium from there, low below.
HIGH, MEDIUM = 0.7, 0.45
MOST_KEYWORDS = 6
# What a desk has taught of a word is in odds; so many points it is worth among the keywords, and shown from there on.
LEARNED_WORTH, LEARNED_SHOWN = 5.0, 0.5
# A runner-up that is at least half as likely is named.
CLOSE = 0.5

# A language is read when it has nearly as many of its small words in the text as the one that has most.
NEARLY = 0.8
# So much of what the small words of a stranger have must be of a language that is read, or the text is not read.
MIXED = 0.65
# So many words tell which languages a text is in.
TELLING = 200
# English is always read: the words of products, errors and logins are English everywhere.
ALWAYS = "en"
# Who writes it without umlauts spells them out.
SPELLS_OUT = "de"
# The last of the Latin letters (Latin Extended-B): our lexicons are in them.
LAST_LETTER = "\u024f"
# So many different words without a single small word that we know are in a language that we do not know, and what
# seems to be a phrase there may be chance.
LONG_ENOUGH = 8
# The most that is believed of what was read there, and of a text in which nothing speaks for what is left over.
UNKNOWN = 0.4


class _Heard(NamedTuple):
    """A text and the phrases in it. `languages` are those that are read; a text in one that we can tell and cannot
    read `is_strange`: of it only what the desk has learned is known.
    """

    matter: Matter
    languages: frozenset[str]
    is_strange: bool
    phrases: Found
    found: Sequence[Evidence[Category]]

    @property
    def is_doubtful(self) -> bool:
        """Whether it is in a language that we do not know."""
        if self.languages:
            return False
        words, end = self.matter.folded, self.matter.end
        return self.is_strange or len({*words[:end], *words[end + 1 :]}) >= LONG_ENOUGH


def classify(
    subject: str, body: str, *, library: Library | None = None, learned: Learned = NOTHING_LEARNED
) -> Classification:
    library = library or standard()
    text = heard(subject, body, library)
    points = points_of(text.found)
    scores = scores_of(points)
    terms: tuple[str, ...] = ()
    stems = NO_STEMS
    if learned.trust:
        terms = terms_of(text.matter, library)
        stems = stems_of((*terms, *small_of(text.matter, library)))
        scores = learned.corrected(stems, scores)
    category, chance, runner_up = _decided(points, scores)
    taught = _taught(terms, stems, learned, category) if learned.trust else {}
    keywords = _keywords(text.matter, text.found, category, taught)
    is_known = not text.is_doubtful and (keywords or learned.trust)
    confidence = believed(chance, category, text.found, points, len(text.matter.folded))
    confidence = min(round(confidence, 2), MOST if is_known else UNKNOWN)
    because = _based_on(keywords) if keywords else _too_little(text.matter, text.found)
    how = CALM if text.is_strange else pressing(text.matter, text.phrases, category)
    return Classification(
        category=category,
        priority=how.priority,
        confidence=confidence,
        reasoning=_reasoning(category, confidence, because, how, runner_up),
        keywords=keywords,
        signal=how.signal,
        runner_up=runner_up,
    )


def read(subject: str, body: str, *, library: Library | None = None) -> Reading:
    """What there is to learn from a text."""
    library = library or standard()
    text = heard(subject, body, library)
    terms = terms_of(text.matter, library)
    return Reading(scores_of(points_of(text.found)), (*terms, *small_of(text.matter, library)))


def heard(subject: str, body: str, library: Library) -> _Heard:
    matter = matter_of(subject, body, library.manners)
    spoken = languages_of(matter, library)
    known = spoken & library.languages
    is_strange = not known if spoken else _is_in_another_script(matter.folded)
    phrases = NOTHING_FOUND if is_strange else library.found(_as_spelt(matter, known), known)
    return _Heard(matter, known, is_strange, phrases, evidence(matter, said(matter, phrases.topics), _topics_of))


_topics_of = attrgetter("topics")


def _as_spelt(matter: Matter, languages: frozenset[str]) -> Sequence[str]:
    """The words by which phrases are looked up, each in its place."""
    if SPELLS_OUT not in languages or has_umlauts(matter.subject.text) or has_umlauts(matter.body.text):
        return matter.folded
    return umlauts_read(matter.folded)


def _is_in_another_script(folded: Sequence[str]) -> bool:
    """Whether most words are written in letters that no language of ours has."""
    words = [word[0] for word in folded if word[0].isalpha()]
    return 2 * sum(letter > LAST_LETTER for letter in words) > len(words)


def languages_of(matter: Matter, library: Library) -> frozenset[str]:
    """The languages that the text's small words speak for, those only that are read when there are any; none when there
    are no small words.
    """
    counted = library.votes.counted(matter.folded[:TELLING])
    if not (most := max(counted)):
        return frozenset()
    names, read = library.votes.languages, counted[: len(library.languages)]
    most_read = max(read)
    if most_read < MIXED * most:
        return frozenset([name for name, times in zip(names, counted, strict=True) if times == most])
    enough = NEARLY * most_read
    return frozenset([ALWAYS, *[name for name, times in zip(names, read, strict=False) if times >= enough]])


def _decided(points: Mapping[Category, float], scores: Scores) -> tuple[Category, float, Category | None]:
    """The likeliest category, how likely it is, and the next one where that is close."""
    most = max(scores)
    place = scores.index(most) if scores.count(most) == 1 else _of_those_alike(points, scores, most)
    odds = [math.exp(score - most) for score in scores]
    confidence = 1 / sum(odds)
    odds[place] = 0.0
    second = max(odds)
    return CATEGORIES[place], confidence, CATEGORIES[odds.index(second)] if second >= CLOSE else None


def _of_those_alike(points: Mapping[Category, float], scores: Scores, most: float) -> int:
    """The first that somebody spoke of; when nobody did, the one for what we do not know."""
    alike = [category for category, score in zip(CATEGORIES, scores, strict=True) if score == most]
    spoken_of = next((one for one in points if one in alike), Category.OTHER if Category.OTHER in alike else alike[0])
    return CATEGORIES.index(spoken_of)


def _taught(terms: Sequence[str], stems: Stems, learned: Learned, category: Category) -> dict[str, float]:
    """The words that the desk has taught for `category`, and what each is worth in points."""
    place, share = CATEGORIES.index(category), learned.trust / math.sqrt(stems.loudness)
    known = {term: weights for term in terms if (weights := learned.weights.get(stem_of(term)))}
    found = {term: LEARNED_WORTH * share * weights[place] for term, weights in known.items()}
    return {term: worth for term, worth in found.items() if worth >= LEARNED_SHOWN}


def _keywords(
    matter: Matter, found: Sequence[Evidence[Category]], category: Category, taught: Mapping[str, float]
) -> tuple[str, ...]:
    """What spoke for `category`, the strongest first, as it stands in the ticket."""
    speaking = [
        (-entry.strength * POINTS[entry.weights[category]], entry.start, entry.end)
        for entry in found
        if category in entry.weights
    ]
    speaking += [(-worth, at, at + 1) for term, worth in taught.items() for at in (matter.folded.index(term),)]
    speaking.sort()
    # Two phrases may be shown alike, so a few more are looked at than are wanted.
    likely = [shown(matter, start, end) for _, start, end in speaking[:MOST_KEYWORDS]]
    if len(speaking) > MOST_KEYWORDS and len(set(likely)) < MOST_KEYWORDS:
        likely += [shown(matter, start, end) for _, start, end in speaking[MOST_KEYWORDS : 2 * MOST_KEYWORDS]]
    return tuple(dict.fromkeys(likely))[:MOST_KEYWORDS]


def _based_on(keywords: Sequence[str]) -> str:
    return f"based on keywords: {', '.join(keywords)}"


def _too_little(matter: Matter, found: Sequence[Evidence[Category]]) -> str:
    if not found:
        return "because no known keywords were found"
    hints = dict.fromkeys(shown(matter, entry.start, entry.end) for entry in found[:MOST_KEYWORDS])
    return f"because its keywords say too little: {', '.join(hints)}"


def _reasoning(category: Category, confidence: float, because: str, how: Pressing, runner_up: Category | None) -> str:
    """The sentence of seed 002; what this desk adds stands after it."""
    level = "high" if confidence >= HIGH else "medium" if confidence >= MEDIUM else "low"
    sentences = [f"Classified as {category} ({level} confidence) {because}"]
    if how.signal:
        sentences.append(f"Priority {how.priority} because of: {how.signal}")
    if runner_up:
        sentences.append(f"Nearly as likely: {runner_up}")
    return ". ".join(sentences)

"""What stands in a ticket: its words, and the phrases among them with how much each counts there."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from core.classify.index import Hit, Label, Phrase
from core.classify.words import Words

SUBJECT_LENGTH = 1_000
BODY_LENGTH = 1_500
# What the subject says counts as much as two words of the body: people put the matter there.
SUBJECT_GAIN = 2.0

# A phrase is shown as it stands; when a line's end or ornaments stand in between, only its longest word is.
_PLAIN = re.compile(r"\S+( \S+)*")
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Text:
    """A ticket's subject or body as words; `gain` is how much a phrase counts there."""

    words: Words
    gain: float


@dataclass(frozen=True, slots=True)
class Evidence(Generic[Label]):
    """One phrase in the ticket: as it was written, how much it counts where it first stands, and how often it is there."""

    phrase: Phrase[Label]
    shown: str
    gain: float
    times: int

    @property
    def strength(self) -> float:
        # Saying it twice counts half as much again, thrice a quarter more: never more than double.
        return self.gain * (2.0 - 0.5 ** (self.times - 1))


def texts_of(subject: str, body: str) -> tuple[Text, Text]:
    """Both capped: nobody states the matter later, and what follows is logs and quotes, and a flood must not cost more."""
    return (
        Text(Words(subject[:SUBJECT_LENGTH]), SUBJECT_GAIN),
        Text(Words(body[:BODY_LENGTH]), 1.0),
    )


def evidence(texts: Iterable[Text], hits: Iterable[Sequence[Hit[Label]]]) -> list[Evidence[Label]]:
    """The phrases in the order in which they first stand there; `hits` has one list for each text."""
    first: dict[Phrase[Label], tuple[str, float]] = {}
    times: Counter[Phrase[Label]] = Counter()
    for text, its_hits in zip(texts, hits, strict=True):
        for hit in its_hits:
            times[hit.phrase] += 1
            if hit.phrase not in first:
                first[hit.phrase] = (_shown(text.words, hit), text.gain)
    return [Evidence(phrase, shown, gain, times[phrase]) for phrase, (shown, gain) in first.items()]


def _shown(words: Words, hit: Hit[Label]) -> str:
    written = words.slice(hit.start, hit.end)
    if len(written) > _LONGEST_SHOWN or not _PLAIN.fullmatch(written):
        written = max((words.slice(at, at + 1) for at in range(hit.start, hit.end)), key=len)
    return written.casefold()


def weigh(found: Iterable[Evidence[Label]], points: Mapping[int, float]) -> dict[Label, float]:
    """How many points each label gets, `points` saying what a weight is worth."""
    scores: dict[Label, float] = {}
    for entry in found:
        for label, weight in entry.phrase.weights.items():
            scores[label] = scores.get(label, 0.0) + points[weight] * entry.strength
    return scores

"""What stands in a ticket: its words, and the phrases among them with how much each counts there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple

from core.classify.index import Hit, Label, Phrase
from core.classify.manners import Manners, without
from core.classify.words import BREAK, Words, ends_clause

SUBJECT_LENGTH = 1_000
BODY_LENGTH = 1_500
# Headers and greetings may stand before the matter: so much is looked at to find that much.
LOOKED_AT = 2
# What comes so many words after a denial is denied, within its clause.
DENIED = 4
# What the subject says counts as much as two words of the body: people put the matter there.
SUBJECT_GAIN = 2.0

# A phrase is shown as it stands; when a line's end or ornaments stand in between, only its longest word is.
_PLAIN = re.compile(r"\S+( \S+)*")
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Matter:
    """A ticket's subject and body as one row of words, with the end of a clause between them."""

    subject: Words
    body: Words
    folded: list[str]

    @property
    def is_ascii(self) -> bool:
        """Then folding is nothing but lower case."""
        return self.subject.text.isascii() and self.body.text.isascii()

    def gain(self, position: int) -> float:
        """How much a phrase counts that begins there."""
        return SUBJECT_GAIN if position < len(self.subject.folded) else 1.0

    def slice(self, start: int, end: int) -> str:
        """Word `start` up to before `end` as they were written; both in the subject or both in the body."""
        before = len(self.subject.folded) + 1
        return self.subject.slice(start, end) if start < before else self.body.slice(start - before, end - before)


class Evidence(NamedTuple, Generic[Label]):
    """One phrase in the ticket: where it first stands, and how much all its places together count."""

    hit: Hit[Label]
    gain: float
    strength: float


def matter_of(subject: str, body: str, manners: Manners) -> Matter:
    """Both capped: nobody states the matter later, and what follows is logs and quotes, and a flood must not cost more."""
    said = Words(without(subject[:SUBJECT_LENGTH], manners))
    told = Words(without(body[: LOOKED_AT * BODY_LENGTH], manners)[:BODY_LENGTH])
    return Matter(said, told, [*said.folded, BREAK, *told.folded])


def said(matter: Matter, hits: Sequence[Hit[Label]]) -> Sequence[Hit[Label]]:
    """The hits without those that a phrase right before them denies."""
    denials = [hit for hit in hits if hit.phrase.denies]
    if not denials:
        return hits
    denied: set[int] = set()
    for hit in denials:
        for position in range(hit.end, min(hit.end + DENIED, len(matter.folded))):
            if ends_clause(matter.folded[position]):
                break
            denied.add(position)
    return [hit for hit in hits if hit.start not in denied]


def evidence(matter: Matter, hits: Iterable[Hit[Label]]) -> list[Evidence[Label]]:
    """The phrases in the order in which they first stand there."""
    first: dict[Phrase[Label], Hit[Label]] = {}
    times: dict[Phrase[Label], int] = {}
    for hit in hits:
        phrase = hit.phrase
        first.setdefault(phrase, hit)
        times[phrase] = times.get(phrase, 0) + 1
    return [_evidence(matter, hit, times[phrase]) for phrase, hit in first.items()]


def _evidence(matter: Matter, hit: Hit[Label], times: int) -> Evidence[Label]:
    gain = matter.gain(hit.start)
    # Saying it twice counts half as much again, thrice a quarter more: never more than double.
    return Evidence(hit, gain, gain * (2.0 - 0.5 ** (times - 1)))


def shown(matter: Matter, start: int, end: int) -> str:
    """Words `start` up to before `end` as they stand in the ticket."""
    word = matter.folded[start]
    if end - start == 1 and word.isascii() and matter.is_ascii:
        return word
    written = matter.slice(start, end)
    if len(written) > _LONGEST_SHOWN or not _PLAIN.fullmatch(written):
        written = max((matter.slice(at, at + 1) for at in range(start, end)), key=len)
    return written.casefold()


def weigh(found: Iterable[Evidence[Label]], points: Mapping[int, float]) -> dict[Label, float]:
    """How many points each label gets, `points` saying what a weight is worth."""
    scores: dict[Label, float] = {}
    for entry in found:
        for label, weight in entry.hit.phrase.weights.items():
            scores[label] = scores.get(label, 0.0) + points[weight] * entry.strength
    return scores

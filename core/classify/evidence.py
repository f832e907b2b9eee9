"""What stands in a ticket: its words, and the phrases among them with how much each counts there."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple

from core.classify.index import Hit
from core.classify.manners import Manners, without
from core.classify.tree import Label, OpenPhrase, Phrase
from core.classify.words import Written, ends_clause, joined

SUBJECT_LENGTH = 1_000
BODY_LENGTH = 1_000
# Headers and greetings may stand before the matter: so much is looked at to find that much.
LOOKED_AT = 2
# What comes so many words after a denial is denied, within its clause.
DENIED = 4
# What the subject says counts as much as two words of the body: people put the matter there.
SUBJECT_GAIN = 2.0

# A phrase is shown as it stands; when a line's end or wide gaps stand in between, only its longest part without them is.
# Mail programs write spaces that must not be broken like any other.
_PLAIN = re.compile(r"\S+(?:[ \u00a0]\S+)*")
_LONGEST_SHOWN = 60


class Matter(NamedTuple):
    """A ticket's subject and body as one row of words, with the end of a clause between them: at `end`."""

    subject: Written
    body: Written
    folded: list[str]
    end: int

    def part(self, position: int) -> Written:
        """The subject or the body."""
        return self.subject if position <= self.end else self.body

    def slice(self, start: int, end: int) -> str:
        """Word `start` up to before `end` as they were written; both in the subject or both in the body."""
        before = self.end + 1
        return self.subject.slice(start, end) if start < before else self.body.slice(start - before, end - before)


class Evidence(NamedTuple, Generic[Label]):
    """One phrase in the ticket: where it first stands, and how much all its places together count.

    `gain` is what a single place counts, `strength` what all do.
    """

    start: int
    end: int
    weights: Mapping[Label, int]
    gain: float
    strength: float


def matter_of(subject: str, body: str, manners: Manners) -> Matter:
    """Both capped: nobody states the matter later, and what follows is logs and quotes, and a flood must not cost more."""
    said = without(subject[:SUBJECT_LENGTH], manners)
    told = without(body[: LOOKED_AT * BODY_LENGTH], manners)[:BODY_LENGTH]
    return Matter(Written(said), Written(told), *joined(said, told))


def said(matter: Matter, hits: Sequence[Hit]) -> Sequence[Hit]:
    """The hits without those that a phrase right before them denies."""
    denials = [start + phrase.length for phrase, start in hits if phrase.denies]
    if not denials:
        return hits
    denied: set[int] = set()
    for end in denials:
        for position in range(end, min(end + DENIED, len(matter.folded))):
            if ends_clause(matter.folded[position]):
                break
            denied.add(position)
    return [hit for hit in hits if hit[1] not in denied]


def evidence(
    matter: Matter, hits: Iterable[Hit], weights_of: Callable[[Phrase], Mapping[Label, int] | None]
) -> list[Evidence[Label]]:
    """The phrases that say something, in the order in which they first stand there."""
    folded = matter.folded
    first: dict[object, Hit] = {}
    times: dict[object, int] = {}
    for hit in hits:
        phrase, start = hit
        # Phrases that say the same are one value: of which words this one is only they tell.
        if isinstance(phrase, OpenPhrase):
            told: object = phrase
        else:
            told = folded[start] if phrase.length == 1 else " ".join(folded[start : start + phrase.length])
        if first.setdefault(told, hit) is not hit:
            times[told] = times.get(told, 1) + 1
    found: list[Evidence[Label]] = []
    before = matter.end
    for told, (phrase, start) in first.items():
        if weights := weights_of(phrase):
            strength = gain = SUBJECT_GAIN if start < before else 1.0
            if times and told in times:
                # Saying it twice counts half as much again, thrice a quarter more: never more than double.
                strength = gain * (2.0 - 0.5 ** (times[told] - 1))
            found.append(Evidence(start, start + phrase.length, weights, gain, strength))
    return found


def shown(matter: Matter, start: int, end: int) -> str:
    """Words `start` up to before `end` as they stand in the ticket, but for capitals."""
    is_single = end - start == 1
    written = matter.folded[start] if is_single else " ".join(matter.folded[start:end])
    # Most stand there just as they were folded; only for others it is looked up where.
    if len(written) <= _LONGEST_SHOWN:
        part = matter.part(start)
        if (is_single and part.text.isascii()) or part.has(written):
            return written
    written = matter.slice(start, end)
    if len(written) > _LONGEST_SHOWN or not _PLAIN.fullmatch(written):
        parts = [part for part in _PLAIN.findall(written) if len(part) <= _LONGEST_SHOWN]
        written = max(parts or (matter.slice(at, at + 1) for at in range(start, end)), key=len)
    return written.lower()


def weigh(found: Iterable[Evidence[Label]], points: Mapping[int, float]) -> dict[Label, float]:
    """How many points each label gets, `points` saying what a weight is worth."""
    scores: dict[Label, float] = {}
    for entry in found:
        for label, weight in entry.weights.items():
            scores[label] = scores.get(label, 0.0) + points[weight] * entry.strength
    return scores

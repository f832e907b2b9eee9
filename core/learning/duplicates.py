"""Whether two tickets of one person are the same matter: a suggestion for whoever reads them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from core.classify.evidence import matter_of
from core.classify.library import standard
from core.classify.terms import MOST_TERMS, terms_of
from core.classify.words import fold

# So many of a person's tickets before are looked at, the newest first.
LOOKED_AT = 10
# Of the fewer words this share must stand in the other text too, and of all words together that share.
OF_FEWER, OF_ALL = 0.6, 0.4
# A text of less says too little: "Hello, please help" is everybody's.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket as it is compared."""

    id: UUID
    number: int
    requester_id: UUID
    subject: str
    text: str
    created_at: datetime


class Comparison:
    """Compares the tickets of one round. Texts of one person are often the same: each is read once."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], tuple[str, ...]] = {}

    def same_matter(self, new: Told, earlier: Sequence[Told], window: timedelta) -> Told | None:
        """The most alike of the tickets that the same person opened within `window` before; they come newest first."""
        words = self._words(new)
        if len(words) < FEWEST:
            return None
        best, most = None, 0.0
        for one in earlier[:LOOKED_AT]:
            if one.requester_id != new.requester_id or new.created_at - one.created_at > window:
                continue
            if self._may_be(words, one) and (alike := _alike(words, self._words(one))) > most:
                best, most = one, alike
                if alike == 1.0:
                    break  # none is more alike, and of those that are as much it is the newest
        return best

    def _may_be(self, words: frozenset[str], other: Told) -> bool:
        """False where reading the other would be in vain: its words are all in its text, folded as they are."""
        if ("", other.text) in self._read:
            return True
        folded = fold(f"{other.subject}\n{other.text}")
        return sum(word in folded for word in words) >= OF_ALL * len(words)

    def _words(self, ticket: Told) -> frozenset[str]:
        # Part by part: in a row of tickets with one text, the subject is often a number of each.
        found = dict.fromkeys((*self._terms(ticket.subject, ""), *self._terms("", ticket.text)))
        return frozenset(islice(found, MOST_TERMS))

    def _terms(self, subject: str, text: str) -> tuple[str, ...]:
        if (known := self._read.get((subject, text))) is None:
            library = standard()
            known = self._read[subject, text] = terms_of(matter_of(subject, text, library.manners), library)
        return known


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of them is the same, 0 where that is too little to speak of one matter."""
    fewer = min(len(one), len(other))
    if fewer < FEWEST:
        return 0.0
    common, together = len(one & other), len(one | other)
    return common / together if common >= OF_FEWER * fewer and common >= OF_ALL * together else 0.0

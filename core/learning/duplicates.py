"""Whether two tickets of one person are the same matter: a suggestion for whoever reads them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.classify.evidence import matter_of
from core.classify.library import standard
from core.classify.terms import terms_of

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


def same_matter(new: Told, earlier: list[Told], window: timedelta) -> Told | None:
    """The most alike of the tickets that the same person opened within `window` before."""
    words = _words(new)
    likely = [
        (alike, one)
        for one in earlier[:LOOKED_AT]
        if one.requester_id == new.requester_id and new.created_at - one.created_at <= window
        for alike in (_alike(words, _words(one)),)
        if alike
    ]
    return max(likely, key=lambda entry: (entry[0], entry[1].number))[1] if likely else None


def _words(ticket: Told) -> frozenset[str]:
    library = standard()
    return frozenset(terms_of(matter_of(ticket.subject, ticket.text, library.manners), library))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of them is the same, 0 where that is too little to speak of one matter."""
    fewer = min(len(one), len(other))
    if fewer < FEWEST:
        return 0.0
    common, together = len(one & other), len(one | other)
    return common / together if common >= OF_FEWER * fewer and common >= OF_ALL * together else 0.0

"""What the native API answers about mail that waits, or is kept out: shapes for its documentation (see answers.py)."""

from datetime import datetime
from uuid import UUID

from api.native.answers import Answer, Arrival, Pagination
from core.vocabulary import MarkKind


class Mark(Answer):
    """`subject` is an address, `@domain`, or `*` for everybody. `author` empty: the desk itself."""

    id: UUID
    subject: str
    kind: MarkKind
    reason: str
    author: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None


class Blocks(Answer):
    blocks: list[Mark]
    pagination: Pagination


class Incidents(Answer):
    incidents: list[Mark]
    pagination: Pagination


class HeldAnswers(Answer):
    held: list[Arrival]
    pagination: Pagination

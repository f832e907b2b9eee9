"""Rows of a file that are filed as a set, column by column: all of them that can be said without looking at the desk.

Loads no database: this is made where the file is read, which may be in another process (ingest/import_apart.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import NamedTuple
from uuid import UUID

import uuid_utils

from core import tokens
from core.rows import TicketRow
from core.text import NAME_LENGTH
from core.vocabulary import Status


class Brought(NamedTuple):
    """A row as the ticket that it becomes. Category and priority are said, and nothing was said later.

    `named` is who it is from: whether by a mail address, and the address, empty where nothing names them. `key` is by
    which it is known again, `raw` what is kept of it, as core.archive writes it.
    """

    row: TicketRow
    named: tuple[bool, str]
    name: str
    key: str
    raw: bytes
    envelope: Mapping[str, object]
    extra: Mapping[str, object]
    external_id: str
    assignee_id: UUID | None


class Bundle(NamedTuple):
    """Columns, all of one length: values of the rows in their order. Ids are digits, words plain texts.

    A time that is None is that of the filing.
    """

    rows: Sequence[int]
    own_ids: Sequence[UUID | None]
    keys: Sequence[str]
    named: Sequence[tuple[bool, str]]
    # What somebody is called who is new here; as whom they write; and as whom they act.
    names: Sequence[str]
    authors: Sequence[str]
    actors: Sequence[str]
    ids: Sequence[str]
    message_ids: Sequence[str]
    arrival_ids: Sequence[str]
    embed_tokens: Sequence[str]
    external_ids: Sequence[str | None]
    assignee_ids: Sequence[str | None]
    subjects: Sequence[str]
    descriptions: Sequence[str]
    types: Sequence[str]
    statuses: Sequence[str]
    priorities: Sequence[str | None]
    categories: Sequence[str | None]
    unread: Sequence[int]
    tags: Sequence[Sequence[str]]
    created_at: Sequence[datetime | None]
    updated_at: Sequence[datetime | None]
    resolved_at: Sequence[datetime | None]
    extras: Sequence[Mapping[str, object]]
    envelopes: Sequence[Mapping[str, object]]
    raws: Sequence[bytes]

    def only(self, wanted: Sequence[bool]) -> "Bundle":
        """Those rows for which it is so."""
        return self if all(wanted) else Bundle(*(list(compress(column, wanted)) for column in self))  # type: ignore[arg-type]  # its own columns


def bundled(brought: Sequence[Brought], own_ids: Sequence[UUID | None]) -> Bundle:
    """None of them is there twice."""
    rows, count = [one.row for one in brought], len(brought)
    authors = [one.name or one.named[1][:NAME_LENGTH] for one in brought]
    return Bundle(
        rows=[row.row for row in rows],
        own_ids=own_ids,
        keys=[one.key for one in brought],
        named=[one.named for one in brought],
        names=[one.name or one.named[1].partition("@")[0][:NAME_LENGTH] for one in brought],
        authors=authors,
        actors=[author.strip() or "somebody" for author in authors],
        ids=_new_ids(count),
        message_ids=_new_ids(count),
        arrival_ids=_new_ids(count),
        embed_tokens=tokens.new_embed_tokens(count),
        external_ids=[one.external_id or None for one in brought],
        assignee_ids=[one.assignee_id.hex if one.assignee_id else None for one in brought],
        subjects=[row.subject for row in rows],
        descriptions=[row.description for row in rows],
        types=[row.type.value for row in rows],
        statuses=[(row.status or Status.NEW).value for row in rows],
        priorities=[row.priority and row.priority.value for row in rows],
        categories=[row.category and row.category.value for row in rows],
        # What is being worked on already has been read.
        unread=[1 if (row.status or Status.NEW) is Status.NEW else 0 for row in rows],
        tags=[sorted({*row.tags}) for row in rows],
        created_at=[row.created_at for row in rows],
        updated_at=[row.updated_at or row.resolved_at or row.created_at for row in rows],
        resolved_at=[row.resolved_at for row in rows],
        extras=[one.extra for one in brought],
        envelopes=[one.envelope for one in brought],
        raws=[one.raw for one in brought],
    )


def _new_ids(count: int) -> list[str]:
    """As `tables.new_id`, in digits."""
    return [uuid_utils.uuid7().hex for _ in range(count)]

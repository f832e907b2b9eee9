"""Where the rows of an import come from, and what each of them becomes: a ticket that is brought as it is, or a message."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import orjson

from core import archive, door
from core.bundles import Brought
from core.messages import InboundMessage, Sender, Wishes
from core.rows import BadRow, TicketRow
from core.vocabulary import Channel, Status, TicketType

if TYPE_CHECKING:
    from core.access import Actor

# What a source may be called; the ids of its tickets have its name in front.
SOURCE = r"^[a-z0-9._-]{0,32}$"

# As long as the ledger's column.
KEY_LENGTH = 128
UUID_LENGTH = 36


def as_document(row: TicketRow) -> Mapping[str, object]:
    """What the customer's document (002) has beyond every ticket, where its contract looks for it."""
    kept: dict[str, object] = {"customer_support": {"customer_id": row.customer_id}} if row.customer_id else {}
    return kept | {"metadata": dict(row.metadata)} if row.metadata else kept


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from: `source` tells the ids of one system from those of another.

    `by` is who imports; nobody: whoever has the command line, who may do everything. `keeps` makes what a ticket has
    beyond others (`Ticket.extra`) of what the row says. `any_assignee`: a row that is assigned to somebody without an
    account here is a good row all the same; `keeps` may keep the name. `events`: webhooks hear of each ticket. Without
    it they do not: what is brought here has happened elsewhere, and 100,000 times at once nobody wants to hear of it.
    """

    source: str = ""
    by: "Actor | None" = None
    keeps: Callable[[TicketRow], Mapping[str, object]] = as_document
    any_assignee: bool = False
    events: bool = False


class Planned(NamedTuple):
    """A row that can be filed: as `brought`, where there is nothing left to decide, and as a message in any case.

    `own_id`: what may be the id of a ticket of this very desk, in an export of it.
    """

    row: TicketRow
    key: str
    assignee_id: UUID | None
    own_id: UUID | None
    brought: Brought | None


@dataclass(slots=True)
class Plan:
    """Makes of rows what is filed. `agents`: who can be assigned a ticket, by name; `user`: the name of who imports."""

    origin: Origin
    agents: Mapping[str, UUID]
    user: str = ""
    # Rows without an id that have been there, by the beginning of their digest, and how often those that were there again:
    # equal rows are told apart by it. (In a counter of all, each would take twice the memory.)
    seen: set[int] = field(default_factory=set)
    again: Counter[int] = field(default_factory=Counter)
    envelope: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: TicketRow) -> Planned | BadRow:
        assignee_id = self.agents.get(row.assigned_to.lower()) if row.assigned_to else None
        if row.assigned_to and assignee_id is None and not self.origin.any_assignee:
            return BadRow(
                row.row, (f"assigned_to must be an active agent that you may assign: {row.assigned_to[:64]}",)
            )
        key = self._key(row)
        own_id = (_uuid(row.external_id) or _uuid(row.id)) if row.external_id or row.id else None
        brought = self._brought(row, key, assignee_id) if _is_judged(row) else None
        return Planned(row, key, assignee_id, own_id, brought)

    def message(self, planned: Planned) -> InboundMessage:
        row = planned.row
        by_mail, address, name = _named(row)
        sender = Sender(Channel.EMAIL if by_mail else Channel.IMPORT, address, name)
        wishes = self._wishes(row, planned.assignee_id)
        said = self._said(row, planned.key, self._envelope(self._source(row)))
        return archive.built(sender, wishes, files=row.files, **said)

    def _brought(self, row: TicketRow, key: str, assignee_id: UUID | None) -> Brought | None:
        """None: something of it has to be cleaned, or its bytes are too many."""
        by_mail, address, name = _named(row)
        external_id = self._external_id(row)
        if not door.keeps(row, address, name, external_id):
            return None
        extra, envelope = self.origin.keeps(row), self._envelope(self._source(row))
        sender: dict[str, object] = {"channel": Channel.EMAIL if by_mail else Channel.IMPORT, "address": address}
        if name:
            sender["name"] = name
        wishes = _wished(row, extra, assignee_id, external_id)
        raw = archive.written(self._said(row, key, envelope), sender, wishes)
        if len(raw) > archive.IN_LEDGER:
            return None
        return Brought(row, (by_mail, address), name, key, raw, envelope, extra, external_id, assignee_id)

    def _said(self, row: TicketRow, key: str, envelope: Mapping[str, str]) -> dict[str, object]:
        return {
            "channel": Channel.IMPORT,
            "subject": row.subject,
            "text": row.description,
            "dedupe_key": key,
            "envelope": envelope,
            # Its customer was answered where it comes from.
            "acknowledge": False,
            "silent": not self.origin.events,
        }

    def _wishes(self, row: TicketRow, assignee_id: UUID | None) -> Wishes:
        return Wishes(
            category=row.category,
            priority=row.priority,
            type=row.type,
            tags=row.tags,
            extra=self.origin.keeps(row),
            status=row.status or Status.NEW,
            # Somebody has done so where it comes from.
            classify=not (row.category and row.priority),
            assignee_id=assignee_id,
            created_at=row.created_at,
            updated_at=row.updated_at,
            resolved_at=row.resolved_at,
            external_id=self._external_id(row),
            retold=row.retold,
        )

    def _envelope(self, source: str) -> Mapping[str, str]:
        """The same object for rows of one source in a row: what is the same in a whole batch is written as JSON once."""
        # Those that read and those that file ask at once.
        known = self.envelope
        if known.get("source") != source:
            known = self.envelope = {"source": source, "user": self.user}
        return known

    def _source(self, row: TicketRow) -> str:
        """What was said of the whole file comes first."""
        return self.origin.source or row.external_source

    def _external_id(self, row: TicketRow) -> str:
        return f"{self._source(row)}:{row.external_id}" if row.external_id else ""

    def _key(self, row: TicketRow) -> str:
        if row.external_id:
            return key_of(self._source(row), row.external_id)
        content = _digest(orjson.dumps(row[_CONTENT]))
        beginning = int.from_bytes(content[:8])
        if beginning in self.seen:
            self.again[beginning] += 1
        self.seen.add(beginning)
        return f"import:{content.hex()}:{1 + self.again.get(beginning, 0)}"


def key_of(source: str, external_id: str) -> str:
    """By which a ticket of another system is known again, however it comes."""
    key = f"import:{source}:{external_id}"
    return key if len(key) <= KEY_LENGTH else f"import:{_digest(key.encode()).hex()}"


# All that a row without an id says. Not where in the file it stands: rows before it may come and go; nor what else it is
# called, and what only comes with an id.
_CONTENT = slice(TicketRow._fields.index("subject"), TicketRow._fields.index("metadata") + 1)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _is_judged(row: TicketRow) -> bool:
    return bool(row.category and row.priority and row.subject and not (row.retold or row.files))


def _wished(
    row: TicketRow, extra: Mapping[str, object], assignee_id: UUID | None, external_id: str
) -> dict[str, object]:
    """As an archive has them: what is as it always is goes without saying."""
    wished: dict[str, object] = {"category": row.category, "priority": row.priority}
    if row.type is not TicketType.INCIDENCE:
        wished["type"] = row.type
    if row.tags:
        wished["tags"] = row.tags
    if extra:
        wished["extra"] = extra
    if row.status and row.status is not Status.NEW:
        wished["status"] = row.status
    wished["classify"] = False
    if assignee_id:
        wished["assignee_id"] = assignee_id
    moments = ("created_at", row.created_at), ("updated_at", row.updated_at), ("resolved_at", row.resolved_at)
    wished |= {name: moment for name, moment in moments if moment}
    if external_id:
        wished["external_id"] = external_id
    return wished


def _named(row: TicketRow) -> tuple[bool, str, str]:
    """Whether its customer has a mail address; it; their name. Without one the other system's name for the customer is
    one, on this channel; without any, nobody's.
    """
    if row.customer_email:
        return True, row.customer_email, row.customer_name
    return False, row.customer_id, row.customer_name or row.customer_id


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == UUID_LENGTH else None
    except ValueError:
        return None

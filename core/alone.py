"""Filing one message by itself: one that is replayed, and one that could not be filed with the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from core import door, facts, numbers, tables
from core.accounts.secrets import Keys
from core.config import Settings
from core.decisions import Again, Decision, Put
from core.filing import Batch, openings
from core.messages import InboundMessage, Receipt
from core.storage.blobs import Blob
from core.vocabulary import Disposition, Outcome


def file(
    connection: Connection,
    decisions: Sequence[Decision],
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    replayed: UUID,
) -> list[Receipt]:
    """Write the decisions about a message that is replayed: the one of ledger row `replayed`."""
    batch = Batch(now, settings, keys, numbers.take(connection, openings(decisions)), replayed=replayed)
    batch.add_all(decisions)
    batch.write(connection)
    return batch.receipts


def quarantine(
    connection: Connection,
    message: InboundMessage,
    error: str,
    now: datetime,
    *,
    settings: Settings,
    keys: Keys,
    blobs: Mapping[int, Blob],
) -> Receipt:
    """Keep a message that could not be filed, whole, where an admin sees it and can replay it."""
    batch = Batch(now, settings, keys, [], blobs)
    if known := facts.earlier(connection, [message.dedupe_key]).get(message.dedupe_key):
        # It has lain there since it came first; only its sender has not heard so.
        receipt = batch.add(Again(message, earlier=known))
    else:
        # Its envelope may be the very thing that could not be stored.
        plain = replace(message, envelope=door.plain(message.envelope))
        receipt = batch.add(Put(plain, Disposition.QUARANTINED, "could not be filed"))
        receipt = replace(receipt, outcome=Outcome.QUARANTINED)
        batch.rows[tables.ledger][-1]["error"] = error
    batch.write(connection)
    return receipt

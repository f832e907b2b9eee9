"""The rows of a file that is imported: a ticket of another system, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from core.messages import InboundFile, Retold
from core.vocabulary import Category, Priority, Status, TicketType

# Of all rows without any; nobody writes into it.
_NOTHING: Mapping[str, str] = {}


class TicketRow(NamedTuple):
    """One ticket as a file has it. `row` counts from 1; what is None or empty was not there. A tuple, because there are
    100,000 of them, and a frozen dataclass of so many fields takes four times as long to make.

    `external_id` is its id where it comes from, and `external_source` the system that this is, where the file says so;
    `id` is what the file has in a column of that name beside it. `customer_id` is whatever that system calls the customer by.
    `assigned_to` is the name of somebody who may have no account here. `metadata` is what seed 002 calls so.
    """

    row: int
    subject: str
    description: str
    customer_email: str = ""
    customer_name: str = ""
    customer_id: str = ""
    category: Category | None = None
    priority: Priority | None = None
    status: Status | None = None
    type: TicketType = TicketType.INCIDENCE
    tags: tuple[str, ...] = ()
    assigned_to: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    resolved_at: datetime | None = None
    external_id: str = ""
    metadata: Mapping[str, str] = _NOTHING
    external_source: str = ""
    id: str = ""
    # What was said after the description, and the files of both.
    retold: tuple[Retold, ...] = ()
    files: tuple[InboundFile, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that no ticket can be made of, with everything that is wrong with it, in sentences."""

    row: int
    errors: tuple[str, ...]


Row = TicketRow | BadRow

"""Pages of a list: `page` and `limit`, or `cursor`, which goes on behind what was seen and costs the same anywhere."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.fields import Address, Flag, Id, Moment, Number, Username, Whole, Written
from api.native.shapes import Query
from core.errors import Invalid, Problem
from core.ledger import Arrivals
from core.outbox import Wanted
from core.storage.paging import DEEPEST, MOST_COUNTED, Span
from core.vocabulary import Channel, DeliveryKind, DeliveryState, Disposition, Role

MOST_ROWS = 100


class PageQuery(Query):
    page: Annotated[int, Field(ge=1, le=DEEPEST), Whole] = 1
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS), Whole] = MOST_ROWS


class IdPage(PageQuery):
    cursor: Id | None = None


class AccountPage(PageQuery):
    role: Role | None = None
    cursor: Username | None = None


class AgentPage(PageQuery):
    cursor: Username | None = None


class NumberPage(PageQuery):
    cursor: Number | None = None


class ClientPage(IdPage):
    email: Address | None = None


class LedgerPage(IdPage):
    failed: Flag = False
    disposition: Disposition | None = None
    channel: Channel | None = None
    sender: Written | None = None
    ticket: Number | None = None
    received_from: Moment | None = None
    received_to: Moment | None = None

    @property
    def arrivals(self) -> Arrivals:
        return Arrivals(
            self.failed,
            self.disposition,
            self.channel,
            self.sender,
            self.ticket,
            self.received_from,
            self.received_to,
        )


class DeliveryPage(IdPage):
    state: DeliveryState | None = None
    kind: DeliveryKind | None = None
    channel: Channel | None = None
    address: Written | None = None
    ticket: Number | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.state, self.kind, self.channel, self.address, self.ticket)


def span(asked: PageQuery, after: UUID | str | int | None) -> Span:
    """Raises Invalid where the page lies too deep."""
    if after is not None:
        return Span(asked.limit, 0, after)
    skip = (asked.page - 1) * asked.limit
    if skip > DEEPEST:
        raise Invalid([Problem("page", f"reaches {DEEPEST} rows deep at most: go on with cursor")])
    return Span(asked.limit, skip)


def pagination(asked: PageQuery, total: int, cursors: Sequence[object]) -> dict[str, object]:
    """What stands beside the rows of a page; `cursors` names each of them."""
    counted = min(total, MOST_COUNTED)
    shown: dict[str, object] = {
        "page": asked.page,
        "limit": asked.limit,
        "total": counted,
        "total_pages": -(-counted // asked.limit),
        "next_cursor": str(cursors[-1]) if len(cursors) == asked.limit else None,
    }
    if total > MOST_COUNTED:
        # Of very many it is only said that they are more than so many.
        shown["total_is_exact"] = False
    return shown

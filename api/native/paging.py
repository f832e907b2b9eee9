"""Pages of a list: `page` and `limit`, or `cursor`, which goes on behind what was seen and costs the same anywhere."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from pydantic import Field

from api.native.shapes import Query
from core.errors import Invalid, Problem
from core.paging import DEEPEST, Span

MOST_ROWS = 100


class PageQuery(Query):
    page: Annotated[int, Field(ge=1, le=DEEPEST)] = 1
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] = MOST_ROWS


class IdPage(PageQuery):
    cursor: UUID | None = None


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
    return {
        "page": asked.page,
        "limit": asked.limit,
        "total": total,
        "total_pages": -(-total // asked.limit),
        "next_cursor": str(cursors[-1]) if len(cursors) == asked.limit else None,
    }

"""Where the tickets of some days lie among all is told without looking at them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from core import days, queue
from core.desk import Desk
from core.filtering import Filters
from core.queue import Page
from tests.builders import Clock, a_mail, a_user
from tests.core.test_queue import ADMIN
from tests.imported import a_row, imported

FIRST = datetime(2024, 5, 1, 23, 30, tzinfo=UTC)
# In no order, as another system may have had them; the last is the day before in UTC.
CREATED = [
    FIRST + timedelta(days=4), FIRST, FIRST + timedelta(days=2), FIRST,
    datetime(2024, 5, 4, 1, tzinfo=timezone(timedelta(hours=3))),
]  # fmt: skip


async def stock(desk: Desk, clock: Clock) -> None:
    bob = await a_user(desk, "bob")
    await imported(desk, *(a_row(number, created_at=at) for number, at in enumerate(CREATED, 1)), by=bob.actor)
    for _ in range(2):
        await desk.receive(a_mail("ann@customer.test", acknowledge=False))
        clock.forward(timedelta(days=1))


@pytest.mark.parametrize(
    ("since", "until", "numbers"),
    [
        (None, FIRST + timedelta(hours=1), (2, 4)),
        (None, None, (1, 7)),
        (FIRST + timedelta(days=1), FIRST + timedelta(days=3), (3, 5)),
        (FIRST + timedelta(days=4), None, (1, 7)),
        (FIRST + timedelta(days=5), FIRST + timedelta(days=6), None),
    ],
)
async def test_all_tickets_of_some_days_lie_between_the_numbers_that_are_kept(
    desk: Desk, clock: Clock, since: datetime | None, until: datetime | None, numbers: tuple[int, int] | None
) -> None:
    await stock(desk, clock)

    async with desk.reading() as connection:
        assert await connection.run_sync(days.numbers, since, until) == numbers


async def test_a_list_that_begins_there_is_the_list_that_goes_through_all(
    any_desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(any_desk, clock)
    wanted = [
        Filters(created_from=since, created_to=until)
        for since in (None, FIRST, FIRST + timedelta(days=2)) for until in (None, FIRST + timedelta(days=3))
    ]  # fmt: skip

    async def lists() -> list[list[int]]:
        async with any_desk.reading() as connection:
            found = [
                await connection.run_sync(queue.listed, ADMIN, any_desk.settings, one, Page(limit=3, sort=sort))
                for one in wanted for sort in ("created_at", "-created_at")
            ]  # fmt: skip
        return [[ticket.number for ticket in one.tickets] for one in found]

    through_all = await lists()
    monkeypatch.setattr(queue, "COMMON", 1)
    monkeypatch.setattr(queue, "DATED", 1)

    assert await lists() == through_all

"""What waits for an answer is told at the times that are set, to whom it concerns, and once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import digests
from core import conversation, tickets
from core.chat import linking
from core.chat.telegram_tables import telegram_sayings
from core.desk import Desk
from core.vocabulary import Channel
from tests.builders import Clock, a_user, settings
from tests.stored import a_chat_line, rows, with_section

DAY: dict[str, object] = {"hours": ["mon-fri 09:00-17:00"], "timezone": "Europe/Berlin", "closed": ["2026-03-03"]}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # 09:00 in Berlin is 08:00 UTC in winter and 07:00 in summer.
        (datetime(2026, 3, 2, 7, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 8, 0, tzinfo=UTC), datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 8, 29, tzinfo=UTC), datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 2, 8, 30, tzinfo=UTC), None),
        (datetime(2026, 7, 1, 7, 1, tzinfo=UTC), datetime(2026, 7, 1, 7, 0, tzinfo=UTC)),
        # A day off, and a Saturday.
        (datetime(2026, 3, 3, 8, 1, tzinfo=UTC), None),
        (datetime(2026, 3, 7, 8, 1, tzinfo=UTC), None),
    ],
)
def test_it_is_due_at_its_time_of_day_where_the_office_is(tmp_path: Path, now: datetime, due: datetime | None) -> None:
    set_so = settings(tmp_path, office=DAY, telegram={"digest_at": ["09:00", "23:00"]})

    assert digests.due(set_so, now) == due


@pytest.mark.parametrize(("hours", "age"), [(0, "0h"), (47, "47h"), (48, "2d"), (100, "4d")])
def test_how_long_somebody_has_waited_is_said_shortly(hours: int, age: str) -> None:
    assert digests.age(timedelta(hours=hours)) == age


async def test_each_agent_reads_once_what_of_theirs_waits_too_long(any_desk: Desk, clock: Clock) -> None:
    bob = await a_user(any_desk, "bob")
    async with any_desk.writing() as connection:
        await linking.link(connection, bob, Channel.TELEGRAM, "9", clock())
    for key in ("1", "2", "3"):
        await any_desk.receive(a_chat_line(key, f"It burns {key}"))
    async with any_desk.writing() as connection:
        # The second was answered, and of the third only agents have spoken.
        found = await tickets.by_numbers(connection, [2, 3])
        second, third = found[2], found[3]
        clock.forward(timedelta(seconds=1))
        await conversation.reply(
            connection, second, "Water", by=bob.actor, now=clock(), settings=any_desk.settings, keys=any_desk.keys
        )
        await conversation.note(connection, third, "Water?", by=bob.actor, now=clock())
    clock.forward(timedelta(hours=5))
    await any_desk.receive(a_chat_line("4", "It burns just now"))

    any_desk.settings = with_section(any_desk.settings, "telegram", digest_at=(f"{clock():%H:%M}",))
    slot = digests.due(any_desk.settings, clock())
    assert slot

    at_work = asyncio.create_task(digests.run(any_desk))
    async with asyncio.timeout(20):
        while not await rows(any_desk, telegram_sayings):
            pass
    at_work.cancel()
    await asyncio.gather(at_work, return_exceptions=True)
    # As another process does that knows nothing of the first.
    await digests.tell(any_desk, slot)

    [told] = await rows(any_desk, telegram_sayings)
    assert told.chat == "9"
    assert told.content["html"].splitlines()[1:] == [
        "🟡 <b>#1</b> It burns 1 · – · for 5h",
        "🟡 <b>#3</b> It burns 3 · – · for 5h",
    ]
    assert [button[0] for button in told.content["buttons"][0]] == ["#1", "#3"]

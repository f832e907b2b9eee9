"""At the times that `[telegram] digest_at` names agents read which tickets wait for an answer, those longest that wait longest."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import partial

from bot import letters, sentences
from bot.choices import MARKS
from bot.dialogue import Verb, data
from bot.enduring import enduring
from bot.markup import line, lines
from bot.sentences import Texts
from bot.talk import Button, Said
from core.chat import bulletins, chats, sayings, unanswered
from core.chat.bulletins import Reader
from core.chat.sayings import NewSaying
from core.chat.unanswered import Unanswered
from core.config import Settings
from core.desk import Desk

LOOK_SECONDS = 20.0
# A desk that was down at the time tells it later, but not when the day is over.
LATE = timedelta(minutes=30)


def due(settings: Settings, now: datetime) -> datetime | None:
    """The time of day that has just come, in the office's own timezone. On days on which nobody comes there is none."""
    week = settings.office.week
    local = now.astimezone(week.zone)
    if local.date() in week.closed or (week.spans and local.weekday() not in {one.day for one in week.spans}):
        return None
    times = (datetime.combine(local.date(), time.fromisoformat(one), week.zone) for one in settings.telegram.digest_at)
    return max((one for one in times if one <= local < one + LATE), default=None)


async def run(desk: Desk) -> None:
    """Until it is cancelled. What was told once is known by its time, also to the next process."""
    told: datetime | None = None
    while True:
        slot = due(desk.settings, desk.clock())
        if slot and slot != told:
            await enduring(partial(tell, desk, slot))
            told = slot
        await asyncio.sleep(LOOK_SECONDS)


async def tell(desk: Desk, slot: datetime) -> None:
    """To the agents' group, or to each agent in their own chat; who has nothing waiting is left alone."""
    new: list[NewSaying] = []
    for reader in await _readers(desk):
        said = await _digest(desk, reader)
        if said:
            new.append(NewSaying(f"digest:{slot:%Y-%m-%dT%H:%M}:{reader.chat}", 0, reader.chat, letters.packed(said)))
    async with desk.writing() as connection:
        await connection.run_sync(sayings.add, new, desk.clock())


async def _readers(desk: Desk) -> Sequence[Reader]:
    group = desk.settings.telegram.staff_chat_id
    async with desk.reading() as connection:
        if group:
            return [Reader(await chats.now_known_as(connection, str(group)), None, "", desk.clock())]
        return await bulletins.readers(connection)


async def _digest(desk: Desk, reader: Reader) -> Said | None:
    now, settings = desk.clock(), desk.settings
    before = now - timedelta(hours=settings.telegram.digest_after_hours)
    async with desk.reading() as connection:
        found = await unanswered.since(connection, before, now, settings, reader.actor)
    if not found.total:
        return None
    return _said(reader.chat, found, now, sentences.of(sentences.spoken(reader.language, settings.desk.language)))


def _said(chat: str, found: Unanswered, now: datetime, texts: Texts) -> Said:
    rows = [
        texts(
            "digest_line", mark=MARKS[ticket.priority], number=ticket.number, subject=line(ticket.subject),
            assignee=ticket.assigned_to or "–", age=age(now - asked),
        )
        for ticket, asked in found.longest
    ]  # fmt: skip
    shows = [Button(f"#{ticket.number}", data(Verb.SHOW, ticket.number)) for ticket, _ in found.longest]
    buttons = tuple(tuple(shows[start : start + 5]) for start in range(0, len(shows), 5))
    return Said(chat, lines(texts("digest", total=found.total), *rows), buttons=buttons)


def age(length: timedelta) -> str:
    """In hours, from two days on in days."""
    hours = int(length.total_seconds() // 3600)
    return f"{hours}h" if hours < 48 else f"{hours // 24}d"

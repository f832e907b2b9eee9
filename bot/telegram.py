"""Telegram as a part of the desk: fetch, understand, answer, send. One process at a time does it, by a lease.

What the desk promises of mail holds here: what Telegram was told is stored is stored, each update is handled in the
order of its chat and its answers are written down once, and what is said outside is known to have arrived, or somebody
knows that it did not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from bot import api, fetching, letters, normalize, sentences, webhook
from bot.api import Api, Away, Refused
from bot.enduring import enduring
from bot.fetching import Fetching
from bot.hearing import Hearing, Respond
from bot.pace import Pace
from bot.talk import Said
from core.chat import bulletins, chats, sayings
from core.chat.sayings import NewSaying
from core.desk import Desk
from core.storage import leases

if TYPE_CHECKING:
    from bot.topic_cards import Draw

log = structlog.get_logger()

LEASE = "telegram"
# A holder that died is followed after this long; it renews three times within it.
LASTING = timedelta(seconds=15)
RENEW = LASTING / 3
REMIND_SECONDS = 20.0
MENU_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Voice:
    """What speaks through the bot; what is None, it does not do. `overdue` is asked now and then what it has to say by
    itself; `draw` makes the cards that agents see; `menu` is what setMyCommands is told, `agents_menu` what of one chat in
    one language."""

    respond: Respond
    overdue: Callable[[], Awaitable[Sequence[Said]]] | None = None
    draw: "Draw | None" = None
    menu: Callable[[], Iterable[Mapping[str, object]]] = tuple
    agents_menu: Callable[[str, str], Mapping[str, object]] | None = None


class LeaseLost(Exception):
    """Another process has the work: this one was away for longer than its lease."""


@asynccontextmanager
async def running(desk: Desk, voice: Voice, arrived: asyncio.Event) -> AsyncIterator[asyncio.Task[None]]:
    """The task that does all of it, for as long as the block lasts; it ends by itself only when it is broken.

    `arrived` is what the webhook of this process sets.
    """
    task = asyncio.create_task(work(desk, voice, arrived), name="bot")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def work(desk: Desk, voice: Voice, arrived: asyncio.Event) -> None:
    """Wait for the lease, work while it lasts, and again."""
    holder = uuid4().hex
    while True:
        try:
            await _until_ours(desk, holder)
            try:
                await _work(desk, voice, arrived, holder)
            except* LeaseLost:
                log.warning("telegram_lease_lost")
        finally:
            await _give_back(desk, holder)


async def _until_ours(desk: Desk, holder: str) -> None:
    while True:
        if await enduring(lambda: _take(desk, holder)):
            return
        await asyncio.sleep(RENEW.total_seconds())


async def _take(desk: Desk, holder: str) -> bool:
    async with desk.writing() as connection:
        return await leases.take(connection, LEASE, holder, desk.clock(), lasting=LASTING)


async def _give_back(desk: Desk, holder: str) -> None:
    """So that the next process need not wait. Where that fails, it waits."""
    try:
        async with desk.writing() as connection:
            await leases.give_back(connection, LEASE, holder)
    except Exception as error:  # the database is away or the desk is closing: the lease runs out by itself
        log.info("telegram_lease_runs_out", error=repr(error))


async def _work(desk: Desk, voice: Voice, arrived: asyncio.Event, holder: str) -> None:
    # Loaded where there is a bot to speak for: 29 MB.
    from bot import digests, post
    from bot.courier import Courier
    from bot.dispatch import Dispatch
    from bot.informing import Informing

    settings, pace = desk.settings.telegram, Pace()
    async with AsyncExitStack() as stack:
        api_ = await stack.enter_async_context(api.opened(settings))
        post_ = post.Post(await stack.enter_async_context(post.bot_of(settings)))

        async def moved(old: str, new: str) -> None:
            await enduring(lambda: _move(desk, old, new))
            pace.moved(old, new)
            hearing.moved_to(old, new)
            if informing:
                informing.moved_to(old, new)

        staff = await enduring(lambda: _staff(desk))
        hearing = Hearing(desk, api_, voice.respond, moved, staff)
        informing = Informing(desk, api_, post_, pace, voice.draw, moved, staff) if voice.draw else None
        group = await stack.enter_async_context(asyncio.TaskGroup())
        coming = Fetching(desk, api_, arrived).run() if settings.mode == "polling" else _webhook_set(desk, api_)
        own = (
            _renewing(desk, holder),
            fetching.tidying(desk),
            _reminding(desk, voice),
            _menus_set(desk, voice, api_, staff),
        )
        for part in (*own, hearing.run(arrived), coming, *((informing.run(),) if informing else ())):
            group.create_task(part)
        group.create_task(Courier(desk, Dispatch(post_, pace, moved)).run())
        if settings.digest_at:
            group.create_task(digests.run(desk))
        log.info("telegram_works", mode=settings.mode, bot=settings.bot_id)


async def _move(desk: Desk, old: str, new: str) -> None:
    async with desk.writing() as connection:
        await chats.moved(connection, old, new)
    log.warning("telegram_group_moved", old=old, new=new)


async def _renewing(desk: Desk, holder: str) -> None:
    while True:
        await asyncio.sleep(RENEW.total_seconds())
        if not await enduring(lambda: _take(desk, holder)):
            raise LeaseLost


async def _reminding(desk: Desk, voice: Voice) -> None:
    """Ask for what is to be said without anybody having spoken."""
    while voice.overdue:
        said = [one for one in await enduring(voice.overdue) if one.chat]
        new = [NewSaying(f"overdue:{uuid4().hex}", 0, one.chat, letters.packed(one)) for one in said]
        if new:
            await enduring(partial(_say, desk, new))
        await asyncio.sleep(REMIND_SECONDS)


async def _say(desk: Desk, new: Sequence[NewSaying]) -> None:
    async with desk.writing() as connection:
        await connection.run_sync(sayings.add, new, desk.clock())


async def _staff(desk: Desk) -> str:
    """The chat of the agents by its number of today; empty where there is none."""
    if not desk.settings.telegram.staff_chat_id:
        return ""
    async with desk.reading() as connection:
        return await chats.now_known_as(connection, str(desk.settings.telegram.staff_chat_id))


async def _webhook_set(desk: Desk, api_: Api) -> None:
    """Tell Telegram where to call, until it has heard."""
    asked = {
        "url": webhook.url_of(desk.settings),
        "secret_token": webhook.secret_of(desk.settings, desk.keys),
        "allowed_updates": list(normalize.ALLOWED_UPDATES),
        # One call at a time keeps the order within a chat.
        "max_connections": 1,
    }
    await _tell(api_, "setWebhook", asked)


async def _menus_set(desk: Desk, voice: Voice, api_: Api, staff: str) -> None:
    """Customers see theirs; agents see theirs in their group, and in their own chats once these are linked."""
    for asked in voice.menu():
        await _tell(api_, "setMyCommands", asked)
    told: dict[str, str] = {}
    while voice.agents_menu:
        chats_ = await enduring(lambda: _agents_chats(desk, staff))
        for chat, language in chats_.items():
            if told.get(chat) != language:
                await _tell(api_, "setMyCommands", voice.agents_menu(chat, language), tries=3)
        for chat in told.keys() - chats_.keys():
            await _tell(api_, "deleteMyCommands", {"scope": {"type": "chat", "chat_id": int(chat)}}, tries=3)
        told = chats_
        await asyncio.sleep(MENU_SECONDS)


async def _agents_chats(desk: Desk, staff: str) -> dict[str, str]:
    """Where agents speak, and in which language."""
    async with desk.glancing() as connection:
        readers = await bulletins.readers(connection, also_away=True)
    language = desk.settings.desk.language
    own = {one.chat: sentences.spoken(one.language, language) for one in readers}
    return {staff: sentences.spoken(language), **own} if staff else own


async def _tell(api_: Api, method: str, asked: Mapping[str, object], *, tries: int = 0) -> None:
    """Until Telegram has heard it, or `tries` times; there is no hurry."""
    wait, tried = 1, 0
    while not tries or tried < tries:
        tried += 1
        try:
            await api_.call(method, asked)
        except (Away, Refused) as error:
            log.warning("telegram_not_told", method=method, reason=str(error), advice="see `deskbell doctor`")
            await asyncio.sleep(wait)
            wait = min(wait * 2, fetching.LONGEST_WAIT)
        else:
            return

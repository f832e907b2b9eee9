"""From the table of what came to the dialogue: in order within a chat, many chats at once.

An update is marked as handled in the transaction that writes down what is to be said about it. If the process dies
before that, the dialogue hears it again under the same key; what it does is known by that key, and done once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import orjson
import structlog

from bot import letters, normalize
from bot.api import Api
from bot.enduring import enduring
from bot.files import fetched
from bot.flood import Flood
from bot.remote import Joined, Message, Moved, Nothing, Reach, Understood
from bot.talk import Heard, Place, Said
from core.chat import arrivals, chats
from core.chat.arrivals import Handled, Waiting
from core.chat.sayings import NewSaying
from core.desk import Desk
from core.errors import Unavailable
from core.storage.gathering import Gathering

log = structlog.get_logger()

Respond = Callable[[Heard], Awaitable[Sequence[Said]]]

# So many chats are answered at a time, and so many updates are in hand, of them so many of one chat.
AT_ONCE = 100
IN_HAND = 400
IN_A_CHAT = 20
# Each may have its largest size in memory.
FILES_AT_ONCE = 4
# Another process's webhook wakes nobody here.
LOOK = timedelta(seconds=1)
# What the dialogue cannot do three times, it will not do the fourth time either.
TRIES = 3


@dataclass(slots=True)
class Hearing:
    """Handles until it is cancelled. `staff` is the chat of the agents, empty where there is none."""

    desk: Desk
    api: Api
    respond: Respond
    moved: Callable[[str, str], Awaitable[None]]
    staff: str = ""
    _queues: dict[str, deque[Waiting]] = field(default_factory=dict)
    _in_hand: set[int] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _files: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FILES_AT_ONCE))
    _marks: Gathering[Handled] = field(init=False)
    _flood: Flood = field(init=False)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _failed: BaseException | None = None

    def __post_init__(self) -> None:
        self._marks = Gathering(lambda done: enduring(lambda: self._mark(done)))
        limits = self.desk.settings.limits
        self._flood = Flood(limits.chat_messages_per_minute if limits.enabled else 0)

    def moved_to(self, old: str, new: str) -> None:
        if self.staff == old:
            self.staff = new

    async def run(self, arrived: asyncio.Event) -> None:
        """`arrived` is set by whoever has stored something."""
        self._arrived = arrived
        try:
            while self._failed is None:
                arrived.clear()
                taken = await enduring(self._take)
                if taken and len(self._in_hand) < IN_HAND:
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK.total_seconds()):
                        await arrived.wait()
            raise self._failed
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self) -> int:
        """Give what waits to the tasks of its chats; answers how many were new."""
        if len(self._in_hand) >= IN_HAND:
            return 0
        # Whoever has written very much waits for themselves, and fills nobody else's place.
        full = [chat for chat, queue in self._queues.items() if len(queue) >= IN_A_CHAT]
        async with self.desk.glancing() as connection:
            found = await arrivals.waiting(connection, IN_HAND + len(self._in_hand), but_not=full)
        return sum(self._taken(one) for one in found if one.id not in self._in_hand)

    def _taken(self, one: Waiting) -> bool:
        queue = self._queues.get(one.chat)
        if len(self._in_hand) >= IN_HAND or (queue and len(queue) >= IN_A_CHAT):
            return False
        self._in_hand.add(one.id)
        if queue:
            queue.append(one)
            return True
        self._queues[one.chat] = deque((one,))
        task = asyncio.create_task(self._listen(one.chat), name=f"chat {one.chat}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return True

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # The process ends, and what was not marked is handled by the next one.
            self._failed = error

    async def _listen(self, chat: str) -> None:
        queue = self._queues[chat]
        try:
            while queue:
                await self._handle(queue[0])
                self._in_hand.discard(queue.popleft().id)
                if len(self._in_hand) == IN_HAND // 2 or len(queue) == IN_A_CHAT // 2:
                    # There is room again, and perhaps more that waits.
                    self._arrived.set()
        finally:
            del self._queues[chat]

    async def _handle(self, waiting: Waiting) -> None:
        for tried in range(1, TRIES + 1):
            try:
                said = await enduring(partial(self._answers_when_there_is_room, waiting))
            except Exception as error:
                log.exception("telegram_update_failed", key=waiting.key, tried=tried)
                if tried == TRIES:
                    # It must not stand in the way of all that this person will write; `doctor` counts these.
                    await self._marks.add(Handled(waiting.id, error=repr(error)))
                    return
                await asyncio.sleep(tried)
            else:
                await self._marks.add(Handled(waiting.id, said))
                return

    async def _answers_when_there_is_room(self, waiting: Waiting) -> tuple[NewSaying, ...]:
        while True:
            try:
                return await self._answers(waiting)
            except Unavailable as full:
                log.warning("telegram_waits_for_the_desk", reason=str(full))
                await asyncio.sleep(1)

    async def _answers(self, waiting: Waiting) -> tuple[NewSaying, ...]:
        update = orjson.loads(waiting.raw)
        now = self.desk.clock()
        understood: Understood = normalize.understood(update, waiting.raw, waiting.key, staff=self.staff, at=now)
        match understood:
            case Message():
                return await self._dialogue(understood)
            case Reach():
                await self._reach(understood)
            case Moved():
                await self.moved(understood.old, understood.new)
            case Joined():
                # This is how an operator learns what to write into telegram.staff_chat_id.
                log.info("telegram_group", chat=understood.chat, title=understood.title, member=understood.member)
            case Nothing():
                log.debug("telegram_nothing", why=understood.why)
        return ()

    async def _dialogue(self, message: Message) -> tuple[NewSaying, ...]:
        heard = message.heard
        if heard.place is Place.PRIVATE:
            # Agents in their group are not watched.
            heard = replace(heard, pressure=self._flood.judge(heard.chat, heard.at, heard.key))
        if message.files:
            async with self._files:
                files, too_large = await fetched(self.api, message.files, self.desk.settings)
                said = await self._asked(replace(heard, files=files, too_large=too_large))
        else:
            said = await self._asked(heard)
        if heard.pressed and not any(one.notice for one in said):
            # Otherwise the button shows for a minute that it is still working.
            said.insert(0, Said(heard.chat))
        return tuple(NewSaying(heard.key, n, one.chat[:32], letters.packed(one)) for n, one in enumerate(said))

    async def _asked(self, heard: Heard) -> list[Said]:
        async with self._room:
            return [one for one in await self.respond(heard) if one.chat]

    async def _reach(self, reach: Reach) -> None:
        async with self.desk.writing() as connection:
            if reach.reachable:
                await chats.reachable(connection, reach.chat)
            else:
                await chats.unreachable(connection, reach.chat, "the bot was blocked by the user", self.desk.clock())

    async def _mark(self, done: Sequence[Handled]) -> None:
        async with self.desk.writing() as connection:
            await connection.run_sync(arrivals.finish, done, self.desk.clock())

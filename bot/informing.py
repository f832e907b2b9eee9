"""Agents hear what happens: by topics where their group has them, by bulletins in it where not, else in their own chats."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from bot.api import Api, Away, Refused
from bot.bulletins import Bulletins
from bot.kinds import part
from bot.pace import Pace, Share
from bot.post import Post
from bot.topic_cards import Draw
from bot.topics import NoTopics, Topics
from core.desk import Desk

log = structlog.get_logger()

# Whether a group has topics is asked anew after so long.
ASK_AGAIN_SECONDS = 600.0


@dataclass(slots=True)
class Informing:
    """Works until it is cancelled. `group` is the chat of the agents, empty where there is none."""

    desk: Desk
    api: Api
    post: Post
    pace: Pace
    draw: Draw
    moved: Callable[[str, str], Awaitable[None]]
    group: str = ""
    _share: Share = field(default_factory=Share)
    _at_work: Topics | Bulletins | None = None

    def moved_to(self, old: str, new: str) -> None:
        if self.group != old:
            return
        self.group = new
        match self._at_work:
            case Topics() as topics:
                topics.chat = new
            case Bulletins() as bulletins:
                bulletins.group = new

    async def run(self) -> None:
        if not self.group:
            await self._bulletins().run()
        while True:
            if await self._has_topics():
                with suppress(NoTopics):
                    await self._topics().run()
            log.warning("telegram_no_topics", chat=self.group, advice="switch topics on in the group's settings")
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_AGAIN_SECONDS):
                    await self._bulletins().run()

    def _topics(self) -> Topics:
        work = Topics(self.desk, self.post, self.pace, self._share, self.group, self.draw, self.moved)
        self._at_work = work
        return work

    def _bulletins(self) -> Bulletins:
        work = Bulletins(self.desk, self.post, self.pace, self._share, self.draw, self.moved, self.group)
        self._at_work = work
        return work

    async def _has_topics(self) -> bool:
        try:
            chat = part(await self.api.call("getChat", {"chat_id": int(self.group)}))
        except (Away, Refused):
            # The first topic will tell.
            return True
        return chat.get("is_forum") is True

"""Agents who have no topics are told by messages: all of them in a group without topics, or each in their own chat.

A ticket that is new to a chat comes as its card; what its customer writes next comes below it, and a reply to it is an
answer. Cards follow their tickets. Nothing is queued, as in bot/topics.py: what comes while a chat has to be left alone
goes with the next message.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram.error import TelegramError

from bot import outcomes, posts, sentences, split
from bot.dialogue import Verb, data
from bot.enduring import enduring
from bot.letters import Edit, Letter, Words
from bot.outcomes import Kind, Refusal
from bot.pace import Pace, Share
from bot.post import Post
from bot.posts import posted
from bot.sentences import Texts
from bot.talk import Button
from bot.topic_cards import Card, Draw
from core.chat import bulletins, topics
from core.chat.bulletins import Outdated, Reader
from core.chat.topic_work import LIVELY, TOGETHER, Unposted
from core.desk import Desk
from core.tickets import Ticket
from core.vocabulary import Channel

log = structlog.get_logger()

LOOK_SECONDS = 1.0
# What was committed late may carry an earlier time than the newest that is known.
ANYWAY_SECONDS = 10.0
# A commit may become visible a moment after the time that is written in it.
OVERLAP = timedelta(minutes=1)
# Who has blocked the bot is tried again after so long; a chat with a fault that may pass, after so long.
GONE_SECONDS, REST_SECONDS = 3600.0, 30.0
# Where nobody knows whether it was said it may be said again: so many times in a row the rest is twice as long.
DOUBTS = 4

Step = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Bulletins:
    """Tells agents until it is cancelled. `group` is the chat of all of them; empty: each has their own. `share` is what
    a group may see of it."""

    desk: Desk
    post: Post
    pace: Pace
    share: Share
    draw: Draw
    moved: Callable[[str, str], Awaitable[None]]
    group: str = ""
    _told_until: dict[str, datetime] = field(default_factory=dict)
    _rests: dict[str, float] = field(default_factory=dict)
    _doubts: dict[str, int] = field(default_factory=dict)
    _seen: object = None
    _looked_at: float = 0.0

    async def run(self) -> None:
        while True:
            if not await enduring(self._round):
                await asyncio.sleep(LOOK_SECONDS)

    async def _round(self) -> bool:
        """Whether anybody was told anything, so that there may be more at once."""
        async with self.desk.glancing() as connection:
            readers, newest = await self._readers(connection), await bulletins.newest(connection)
        seen = (newest, frozenset(one.chat for one in readers))
        now = asyncio.get_running_loop().time()
        if seen == self._seen and now < self._looked_at + ANYWAY_SECONDS:
            return False
        self._looked_at = now
        told = await asyncio.gather(*(self._tell(one) for one in readers), return_exceptions=True)
        for one in told:
            if isinstance(one, BaseException):
                raise one
        self._seen = seen if all(one is None for one in told) else None
        return any(told)

    async def _readers(self, connection: AsyncConnection) -> list[Reader]:
        lively = self.desk.clock() - LIVELY
        if self.group:
            readers = [Reader(self.group, None, "", lively)]
        else:
            readers = await bulletins.readers(connection)
        return [replace(one, since=max(one.since, self._told_until.get(one.chat, lively), lively)) for one in readers]

    async def _tell(self, reader: Reader) -> bool | None:
        """Tell this reader one thing. False: something has to wait; None: there is nothing to tell."""
        began = self.desk.clock()
        now = asyncio.get_running_loop().time()
        if self._rests.get(reader.chat, 0.0) > now or self.pace.wait(reader.chat, now) > LOOK_SECONDS:
            return False
        step = await self._next(reader)
        if step is None:
            self._told_until[reader.chat] = began - OVERLAP
            return None
        if not self._is_turn(reader.chat):
            return False
        try:
            await step()
        except TelegramError as error:
            await self._refused(reader.chat, outcomes.of(error))
            return False
        self._doubts.pop(reader.chat, None)
        return True

    def _is_turn(self, chat: str) -> bool:
        now = asyncio.get_running_loop().time()
        if self.pace.wait(chat, now) > 0 or (self.group and self.share.wait(now) > 0):
            return False
        self.pace.took(chat, now)
        if self.group:
            self.share.took(now)
        return True

    async def _refused(self, chat: str, refusal: Refusal) -> None:
        log.warning("telegram_bulletin_waits", chat=chat, reason=refusal.reason)
        if refusal.kind is Kind.MOVED:
            await self.moved(chat, refusal.chat)
            return
        now = asyncio.get_running_loop().time()
        if refusal.kind is Kind.HOLD:
            self.pace.hold(chat, refusal.seconds, now)
        else:
            doubts = self._doubts.get(chat, 0)
            self._doubts[chat] = min(doubts + 1, DOUBTS) if refusal.kind is Kind.UNKNOWN else 0
            # What is said there otherwise need not wait for this.
            rest = GONE_SECONDS if refusal.kind is Kind.UNREACHABLE else REST_SECONDS * int(2**doubts)
            self._rests[chat] = now + rest

    async def _next(self, reader: Reader) -> Step | None:
        """What is lacking most in the chat of this reader."""
        settings = self.desk.settings
        async with self.desk.glancing() as connection:
            if new := await bulletins.unread(connection, reader, settings):
                has_card = await bulletins.has_card(connection, reader.chat, new[0].ticket_id)
                step = self._post if has_card else self._introduce
                return partial(step, reader, new[0].ticket_id, new)
            if given := await bulletins.assigned(connection, reader):
                return partial(self._introduce, reader, given, ())
            if behind := await bulletins.outdated(connection, reader, settings):
                return partial(self._renew, reader, behind)
        return None

    async def _introduce(self, reader: Reader, ticket_id: UUID, new: Sequence[Unposted]) -> None:
        """The card shows the newest of what was written; the rest follows."""
        card = await self._drawn(reader, ticket_id)
        if card is None:
            return
        shown = new[-1:] if len(new) < TOGETHER else ()
        async with posts.posting(self.desk, shown, reader.chat) as posting:
            message = await self._say(reader, split.parts(card.said.html)[0], card.said.buttons)
            await self._keep(reader, message, card, ticket_id)
            posting.became = message

    async def _post(self, reader: Reader, ticket_id: UUID, new: Sequence[Unposted]) -> None:
        ticket = await self.desk.tickets.get(ticket_id)
        if ticket is None:
            return
        buttons = (self._buttons(reader, ticket), *posts.buttons(new, ticket.number))
        async with posts.posting(self.desk, new, reader.chat) as posting:
            about = f"<b>#{ticket.number} {split.escaped(ticket.subject[:100])}</b>"
            title = "\n".join(filter(None, (posting.title(self._texts(reader)), about)))
            posting.became = await self._say(reader, posted(new, title), buttons)

    def _buttons(self, reader: Reader, ticket: Ticket) -> tuple[Button, ...]:
        texts = self._texts(reader)
        answer = Button(texts("button_reply"), data(Verb.REPLY, ticket.number, ticket.version))
        return answer, Button(texts("button_show"), data(Verb.SHOW, ticket.number))

    def _texts(self, reader: Reader) -> Texts:
        return sentences.of(sentences.spoken(reader.language, self.desk.settings.desk.language))

    async def _renew(self, reader: Reader, behind: Outdated) -> None:
        card = await self._drawn(reader, behind.ticket_id)
        if card is None:
            return
        try:
            edit = Edit(behind.message, split.parts(card.said.html)[0], card.said.buttons)
            await self.post.hand_over(Letter(reader.chat, ()), edit)
        except TelegramError as error:
            kind = outcomes.of(error).kind
            if kind is Kind.GONE:
                async with self.desk.writing() as connection:
                    await topics.lose_card(connection, Channel.TELEGRAM, reader.chat, behind.message)
                return
            if kind is not Kind.NEEDLESS:
                raise
        await self._keep(reader, behind.message, card, behind.ticket_id)

    async def _drawn(self, reader: Reader, ticket_id: UUID) -> Card | None:
        return await self.draw(ticket_id, reader.actor, reader.language)

    async def _say(self, reader: Reader, html: str, buttons: tuple[tuple[Button, ...], ...]) -> str:
        [message] = await self.post.hand_over(Letter(reader.chat, ()), Words(html, buttons))
        return message

    async def _keep(self, reader: Reader, message: str, card: Card, ticket_id: UUID) -> None:
        now = self.desk.clock()
        async with self.desk.writing() as connection:
            await topics.keep_card(connection, Channel.TELEGRAM, reader.chat, message, ticket_id, card.version, now)

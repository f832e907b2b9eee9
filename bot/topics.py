"""The topics of the agents' group: one for each open ticket, with a card at its top and what the customer writes below.

Telegram lets a group see twenty messages a minute. So nothing here is queued: each step looks what is lacking most and
does just that, so that ten changes of a ticket are one edit of its card, and ten messages one post. A topic is only a
copy; one that somebody deleted is made again. Those of settled tickets are closed, and opened when the ticket is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from telegram.error import TelegramError

from bot import outcomes, posts, sentences, split
from bot.enduring import enduring
from bot.letters import Edit, Letter, Words
from bot.outcomes import Kind, Refusal
from bot.pace import Pace, Share
from bot.post import Post
from bot.posts import posted
from bot.sentences import Texts
from bot.topic_cards import Card, Draw
from core.chat import topic_work, topics
from core.chat.topic_work import Turn, Unposted
from core.desk import Desk

log = structlog.get_logger()

LOOK_SECONDS = 1.0
# After a refusal that may pass; longer each time where nobody knows whether it was done, such as whether a topic was made.
REST_SECONDS, LONGEST_REST = 30.0, 600.0
_TITLE = 128


class NoTopics(Exception):
    """The group has none, or they were switched off."""


@dataclass(slots=True)
class Topics:
    """Keeps the topics of `chat` until it is cancelled, or the group has none (NoTopics)."""

    desk: Desk
    post: Post
    pace: Pace
    share: Share
    chat: str
    draw: Draw
    moved: Callable[[str, str], Awaitable[None]]
    _rest: float = REST_SECONDS

    async def run(self) -> None:
        steps: tuple[Callable[[], Awaitable[bool]], ...] = (self._reopen, self._post, self._renew, self._make)
        while True:
            done = False
            for step in steps:
                done |= await self._tried(step)
            # Nobody waits for a topic to be closed.
            if not done and not await self._tried(self._close):
                await asyncio.sleep(LOOK_SECONDS)

    async def _tried(self, step: Callable[[], Awaitable[bool]]) -> bool:
        try:
            done = await enduring(step)
        except TelegramError as error:
            await self._refused(outcomes.of(error))
            return False
        if done:
            self._rest = REST_SECONDS
        return done

    async def _refused(self, refusal: Refusal) -> None:
        match refusal.kind:
            case Kind.HOLD:
                self.pace.hold(self.chat, refusal.seconds, asyncio.get_running_loop().time())
            case Kind.MOVED:
                await self.moved(self.chat, refusal.chat)
            case Kind.FAILED if "forum" in refusal.reason.lower():
                raise NoTopics
            case _:
                log.warning("telegram_topics_rest", reason=refusal.reason)
                await asyncio.sleep(self._rest if refusal.kind is Kind.UNKNOWN else REST_SECONDS)
                self._rest = min(self._rest * 2, LONGEST_REST)

    async def _turn(self) -> None:
        """Wait until this group may see another message of ours."""
        clock = asyncio.get_running_loop().time
        while True:
            if (wait := max(self.share.wait(clock()), self.pace.wait(self.chat, clock()))) <= 0:
                break
            await asyncio.sleep(wait)
        self.share.took(clock())
        self.pace.took(self.chat, clock())

    @property
    def texts(self) -> Texts:
        """In the desk's language: a group has none of its own."""
        return sentences.of(sentences.spoken(self.desk.settings.desk.language))

    # What customers wrote.

    async def _post(self) -> bool:
        if not await self._unposted():
            return False
        await self._turn()
        # What came while it waited goes with it.
        new = await self._unposted()
        if not new:
            return False
        ticket_id, letter = new[0].ticket_id, Letter(self.chat, (), topic=new[0].topic)
        ticket = await self.desk.tickets.get(ticket_id)
        async with posts.posting(self.desk, new, self.chat) as posting:
            words = Words(posted(new, posting.title(self.texts)), posts.buttons(new, ticket.number if ticket else 0))
            posting.became = await self._in_topic(ticket_id, letter, words)
        return True

    async def _unposted(self) -> Sequence[Unposted]:
        async with self.desk.reading() as connection:
            return await topic_work.unposted(connection, self.chat, self.desk.clock())

    # Cards.

    async def _renew(self) -> bool:
        async with self.desk.reading() as connection:
            behind = await topic_work.outdated(connection, self.chat)
        if behind is None:
            return False
        await self._turn()
        async with self.desk.reading() as connection:
            # Whoever changed last while it waited comes first.
            behind = await topic_work.outdated(connection, self.chat)
            topic = await topics.of_ticket(connection, behind) if behind else None
        if behind is None or topic is None:
            return False
        card = await self._drawn(behind)
        if card is None:
            await self._turn_topic(Turn(behind, topic.topic), closes=True)
            await self._lose(behind)
            return True
        await self._show(behind, Letter(self.chat, (), topic=topic.topic), card, topic.card)
        return True

    async def _drawn(self, ticket_id: UUID) -> Card | None:
        return await self.draw(ticket_id, None, "")

    async def _show(self, ticket_id: UUID, letter: Letter, card: Card, shown: str) -> None:
        [html, *_] = split.parts(card.said.html) or ["…"]
        message = shown
        try:
            if shown:
                await self.post.hand_over(letter, Edit(shown, html, card.said.buttons))
        except TelegramError as error:
            refusal = outcomes.of(error)
            if refusal.kind not in (Kind.NEEDLESS, Kind.GONE):
                raise
            message = "" if refusal.kind is Kind.GONE else shown
        if not message:
            message = await self._in_topic(ticket_id, letter, Words(html, card.said.buttons))
            if not message:
                return
            await self._pin(message)
        async with self.desk.writing() as connection:
            await topics.shown(connection, ticket_id, message, card.version)

    async def _pin(self, message: str) -> None:
        try:
            await self.post.bot.pin_chat_message(int(self.chat), int(message), disable_notification=True)
        except TelegramError as error:
            # It stands at the top of its topic anyway.
            log.info("telegram_card_not_pinned", reason=outcomes.of(error).reason)

    async def _in_topic(self, ticket_id: UUID, letter: Letter, words: Words) -> str:
        """The number of the message; empty: the topic is not there, and is made again."""
        try:
            [message] = await self.post.hand_over(letter, words)
            return message
        except TelegramError as error:
            kind = outcomes.of(error).kind
            if kind not in (Kind.NO_TOPIC, Kind.TOPIC_CLOSED):
                raise
        if kind is Kind.TOPIC_CLOSED:
            # Somebody closed it by hand.
            await self._turn_topic(Turn(ticket_id, letter.topic), closes=False)
            return ""
        log.info("telegram_topic_deleted", topic=letter.topic)
        await self._lose(ticket_id)
        return ""

    async def _lose(self, ticket_id: UUID) -> None:
        async with self.desk.writing() as connection:
            await topics.lose(connection, ticket_id)

    # Topics.

    async def _reopen(self) -> bool:
        async with self.desk.reading() as connection:
            found = await topic_work.to_reopen(connection, self.chat)
        return await self._turn_topic(found, closes=False) if found else False

    async def _close(self) -> bool:
        async with self.desk.reading() as connection:
            found = await topic_work.to_close(connection, self.chat)
        return await self._turn_topic(found, closes=True) if found else False

    async def _turn_topic(self, found: Turn, *, closes: bool) -> bool:
        """Close a topic or open it again. The group sees that as a message."""
        await self._turn()
        bot = self.post.bot
        try:
            await (bot.close_forum_topic if closes else bot.reopen_forum_topic)(int(self.chat), int(found.topic))
        except TelegramError as error:
            refusal = outcomes.of(error)
            if refusal.kind is Kind.NO_TOPIC:
                await self._lose(found.ticket_id)
                return True
            if refusal.kind not in (Kind.NEEDLESS, Kind.FAILED):
                raise
            # Without the right to manage topics it stays as it is; the card tells the state in any case.
            log.info("telegram_topic_not_turned", reason=refusal.reason)
        async with self.desk.writing() as connection:
            await topics.close(connection, found.ticket_id, self.desk.clock() if closes else None)
        return True

    async def _make(self) -> bool:
        async with self.desk.reading() as connection:
            waiting = await topic_work.without_topic(connection, self.desk.clock())
        card = await self._drawn(waiting) if waiting else None
        if waiting is None or card is None:
            return False
        await self._turn()
        made = await self.post.bot.create_forum_topic(int(self.chat), card.title[:_TITLE])
        async with self.desk.writing() as connection:
            await topics.make(connection, waiting, self.chat, str(made.message_thread_id), self.desk.clock())
        await self._turn()
        await self._show(waiting, Letter(self.chat, (), topic=str(made.message_thread_id)), card, "")
        return True

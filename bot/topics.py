"""The topics of the agents' group: one for each open ticket, with a card at its top and what the customer writes below.

Telegram lets a group see twenty messages a minute. So nothing here is queued: each step looks what is lacking most and
does just that, so that ten changes of a ticket are one edit of its card, and ten messages one post. A topic is only a
copy; one that somebody deleted is made again.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from telegram.error import TelegramError

from bot import outcomes, split
from bot.enduring import enduring
from bot.letters import Edit, Letter, Words
from bot.outcomes import Kind, Refusal
from bot.pace import Pace
from bot.post import Post
from bot.topic_cards import Card
from core import topic_work, topics
from core.desk import Desk
from core.topic_work import Unposted

log = structlog.get_logger()

# What is left of the group's twenty a minute is for those who speak there.
A_MINUTE = 15
LOOK_SECONDS = 1.0
# After a refusal that may pass.
REST_SECONDS = 30.0
# A plain group stays one for long.
NO_TOPICS_SECONDS = 600.0
_TITLE = 128
_POST = 3500


# None: there is no such ticket any more.
Draw = Callable[[UUID], Awaitable[Card | None]]


@dataclass(slots=True)
class Topics:
    """Keeps the topics of `chat` until it is cancelled. There is nothing to keep without a group, or a card to show."""

    desk: Desk
    post: Post
    pace: Pace
    chat: str
    draw: Draw | None
    moved: Callable[[str, str], Awaitable[None]]
    _sent: deque[float] = field(default_factory=lambda: deque(maxlen=A_MINUTE))

    def moved_to(self, old: str, new: str) -> None:
        if self.chat == old:
            self.chat = new

    async def run(self) -> None:
        if not self.chat or self.draw is None:
            return
        steps: tuple[Callable[[], Awaitable[bool]], ...] = (self._post, self._renew, self._make)
        while True:
            done = False
            for step in steps:
                try:
                    done |= await enduring(step)
                except TelegramError as error:
                    await self._refused(outcomes.of(error))
            if not done:
                await asyncio.sleep(LOOK_SECONDS)

    async def _refused(self, refusal: Refusal) -> None:
        match refusal.kind:
            case Kind.HOLD:
                self.pace.hold(self.chat, refusal.seconds, asyncio.get_running_loop().time())
            case Kind.MOVED:
                await self.moved(self.chat, refusal.chat)
            case Kind.FAILED if "forum" in refusal.reason.lower():
                log.warning("telegram_no_topics", chat=self.chat, advice="switch topics on in the group's settings")
                await asyncio.sleep(NO_TOPICS_SECONDS)
            case _:
                log.warning("telegram_topics_rest", reason=refusal.reason)
                await asyncio.sleep(REST_SECONDS)

    async def _turn(self) -> None:
        """Wait until this group may see another message of ours."""
        clock = asyncio.get_running_loop().time
        while True:
            own = self._sent[0] + 60.0 - clock() if len(self._sent) == A_MINUTE else 0.0
            if (wait := max(own, self.pace.wait(self.chat, clock()))) <= 0:
                break
            await asyncio.sleep(wait)
        self._sent.append(clock())
        self.pace.took(self.chat, clock())

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
        message = await self._in_topic(ticket_id, letter, Words(_posted(new)))
        if message:
            async with self.desk.writing() as connection:
                await topic_work.posted(connection, [one.message_id for one in new], self.chat, message)
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
            await self._lose(behind)
            return True
        await self._show(behind, Letter(self.chat, (), topic=topic.topic), card, topic.card)
        return True

    async def _drawn(self, ticket_id: UUID) -> Card | None:
        return await self.draw(ticket_id) if self.draw else None

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
            return await self.post.hand_over(letter, words)
        except TelegramError as error:
            if outcomes.of(error).kind is not Kind.NO_TOPIC:
                raise
        log.info("telegram_topic_deleted", topic=letter.topic)
        await self._lose(ticket_id)
        return ""

    async def _lose(self, ticket_id: UUID) -> None:
        async with self.desk.writing() as connection:
            await topics.lose(connection, ticket_id)

    # Topics.

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


def _posted(new: Sequence[Unposted]) -> str:
    """Several messages as one, cut to what fits."""
    each = [
        f"<b>{split.escaped(one.author)}</b>\n{split.escaped(one.body[: _POST // len(new)])}"
        + "".join(f"\n📎 {split.escaped(name)}" for name in one.files[:10])
        for one in new
    ]
    return split.parts("\n\n".join(each))[0]

"""What is to be said in Telegram and has not been said yet: the dialogue's words, and agents' answers.

Each chat has one letter on its way at a time and all chats are served at once, so that one that has to be left alone
holds nobody else up. Only the process that holds the lease runs this (bot/telegram.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import letters, receipts
from bot.dispatch import Arrived, Dispatch, Gone
from bot.enduring import enduring
from bot.letters import Attached, Letter
from bot.outcomes import Kind, Refusal
from bot.post import Messages
from bot.talk import Said
from core import outbox
from core.chat import answer_receipts, chat_answers, chats, prompts, sayings, topic_work
from core.chat.chat_answers import ChatAnswer, Files, Store
from core.chat.sayings import Saying
from core.desk import Desk
from core.messages import OutboundFile
from core.outbox import Failed, Result, Sent, TryAgain, Unknown
from core.storage.gathering import Gathering
from core.vocabulary import Channel, DeliveryState

log = structlog.get_logger()

# Another process's commits wake nobody here.
LOOK = timedelta(seconds=1)
# What is queued within this time is looked at together.
GATHER = 0.05
# So many chats have something on its way at a time.
AT_ONCE = 60
# Of them so many are for agents' answers only.
FOR_ANSWERS = 10
# A letter that was broken off by the end of the process would be in doubt: it may end for so long.
FAREWELL = 5.0
# Waiting times after a failure that may pass, and after a doubt.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=10)
# What could not be said within a day interests nobody any more.
LIFETIME = timedelta(days=1)


# What became of a saying, where it went at last, and what it said.
_Ended = tuple[sayings.Said, Gone, Said]


@dataclass(slots=True)
class Courier:
    """Sends until it is cancelled; what is on its way is then ended first."""

    desk: Desk
    dispatch: Dispatch
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _claims: Gathering[int] = field(init=False)
    _ends: Gathering[_Ended] = field(init=False)
    _results: Gathering[tuple[ChatAnswer, Gone]] = field(init=False)

    def __post_init__(self) -> None:
        self._claims = Gathering(lambda ids: enduring(lambda: self._claim(ids)))
        self._ends = Gathering(lambda said: enduring(lambda: self._settle(said)))
        self._results = Gathering(lambda ended: enduring(lambda: self._settle_answers(ended)))

    async def run(self) -> None:
        await enduring(self._doubt)
        try:
            while True:
                self.desk.chat_stirs.clear()
                await enduring(lambda: receipts.follow(self.desk))
                await enduring(self._begin_sayings)
                await enduring(self._begin_answers)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK.total_seconds()):
                        await self.desk.chat_stirs.wait()
                await asyncio.sleep(GATHER)
        finally:
            await self._end()

    async def _doubt(self) -> None:
        async with self.desk.writing() as connection:
            await sayings.doubt_interrupted(connection, self.desk.clock())

    async def _end(self) -> None:
        # What waits for its turn need not.
        self.dispatch.stopped.set()
        if self._busy:
            _, late = await asyncio.wait(self._busy.values(), timeout=FAREWELL)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, chat: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"letter {chat}")
        self._busy[chat] = task
        task.add_done_callback(partial(self._ended, chat))

    def _ended(self, chat: str, task: asyncio.Task[None]) -> None:
        if self._busy.get(chat) is task:
            del self._busy[chat]
        # The next for this chat may wait.
        self.desk.chat_stirs.set()
        if not task.cancelled() and (error := task.exception()):
            # It stays claimed, and is found in doubt when its lease ends or the next process begins.
            log.error("telegram_letter_lost_sight_of", exc_info=error)

    async def _begin_sayings(self) -> None:
        most = AT_ONCE - FOR_ANSWERS
        if len(self._busy) >= most:
            return
        async with self.desk.glancing() as connection:
            due = await sayings.due(connection, self.desk.clock(), most + len(self._busy))
        for one in due:
            if one.chat not in self._busy and len(self._busy) < most:
                self._begin(one.chat, self._say(one))

    async def _say(self, saying: Saying) -> None:
        said = letters.unpacked(saying.content)
        found = await enduring(lambda: self._files(said.files)) if said.files else Files()
        letter = letters.of_said(said, saying.key, _attached(found.fitting), found.links)

        async def begin() -> None:
            await self._claims.add(saying.id)

        async def arrived(parts: int, chat: str, became: Messages) -> None:
            async def write() -> None:
                async with self.desk.writing() as connection:
                    await connection.run_sync(sayings.arrived, saying.id, parts)

            await enduring(write)

        gone = await self._send(letter, saying.parts, begin, arrived)
        await self._ends.add((self._end_of(saying, gone), gone, said))

    async def _files(self, attachment_ids: Sequence[UUID]) -> Files:
        async with self.desk.reading() as connection:
            return await chat_answers.files(connection, attachment_ids, self._store())

    def _store(self) -> Store:
        desk = self.desk
        return Store(desk.blob_folder, letters.MOST_UPLOAD, desk.settings.public_url, desk.keys.files)

    async def _send(self, letter: Letter, done: int, begin: Callable[[], Awaitable[None]], arrived: Arrived) -> Gone:
        try:
            return await self.dispatch.send(letter, done=done, begin=begin, arrived=arrived)
        except Exception as error:
            # A fault of ours with one letter must not keep the others from leaving, now and after every restart.
            log.exception("telegram_letter_failed", chat=letter.chat)
            return Gone(done, letter.chat, (), Refusal(Kind.FAILED, f"could not be sent ({type(error).__name__})"))

    def _end_of(self, saying: Saying, gone: Gone) -> sayings.Said:
        now, message = self.desk.clock(), next((one[-1] for one in reversed(gone.messages) if one), "")
        if gone.refusal is None:
            return sayings.Said(saying.id, DeliveryState.SENT, gone.parts, message)
        reason, state = gone.refusal.reason, _STATES.get(gone.refusal.kind, DeliveryState.FAILED)
        if state is DeliveryState.RETRYING and now - saying.created_at > LIFETIME:
            state, reason = DeliveryState.FAILED, f"given up: {reason}"
        log.warning("telegram_not_said", chat=gone.chat, state=state, reason=reason)
        wait = max(_backoff(saying.attempts), timedelta(seconds=gone.refusal.seconds))
        due_at = now + wait if state is not DeliveryState.FAILED else None
        return sayings.Said(saying.id, state, gone.parts, message, reason, due_at)

    async def _claim(self, ids: Sequence[int]) -> None:
        async with self.desk.writing() as connection:
            await connection.run_sync(sayings.claim, ids)

    async def _settle(self, ended: Sequence[_Ended]) -> None:
        async with self.desk.writing() as connection:
            await connection.run_sync(sayings.settle, [said for said, *_ in ended], self.desk.clock())
            for saying, gone, said in ended:
                if gone.refusal is None and saying.remote_id:
                    await self._shown(connection, gone.chat, saying.remote_id, said)
            await self._note_unreachable(connection, [gone for _, gone, _ in ended])

    async def _shown(self, connection: AsyncConnection, chat: str, message: str, said: Said) -> None:
        if said.card_of:
            now = self.desk.clock()
            await topic_work.card_shown(connection, chat, message, said.card_of, said.card_version, now)
        if said.receipt_of:
            await answer_receipts.shown(connection, said.receipt_of, chat, message)
        if said.asks:
            await prompts.keep(connection, Channel.TELEGRAM, chat, message, said.asks, self.desk.clock())

    async def _begin_answers(self) -> None:
        now, room = self.desk.clock(), AT_ONCE - len(self._busy)
        async with self.desk.glancing() as connection:
            # Looking costs no write: an idle courier leaves the disk alone.
            if room <= 0 or not await outbox.is_due(connection, Channel.TELEGRAM, now):
                return
        async with self.desk.writing() as connection:
            taken = await outbox.claim(connection, Channel.TELEGRAM, now, limit=room)
        async with self.desk.reading() as connection:
            answers = await chat_answers.written(connection, taken, self._store())
        by_chat: dict[str, list[ChatAnswer]] = {}
        for answer in answers:
            by_chat.setdefault(answer.chat, []).append(answer)
        for chat, some in by_chat.items():
            self._begin_after(chat, some)
        known = {answer.delivery_id for answer in answers}
        if lost := [Failed(one, "what it said is not there any more") for one in taken if one not in known]:
            async with self.desk.writing() as connection:
                await outbox.settle(connection, lost, now, lifetime=LIFETIME)

    def _begin_after(self, chat: str, answers: Sequence[ChatAnswer]) -> None:
        before = self._busy.get(chat)

        async def deliver() -> None:
            if before:
                await asyncio.wait([before])
            for answer in answers:
                await self._deliver(answer)

        self._begin(chat, deliver())

    async def _deliver(self, answer: ChatAnswer) -> None:
        if answer.lost:
            lost = Refusal(Kind.FAILED, f"{answer.lost} cannot be read any more: send it again")
            await self._results.add((answer, Gone(0, answer.chat, (), lost)))
            return
        letter = _letter(answer)

        async def begin() -> None:
            """It was claimed with its lease."""

        async def arrived(parts: int, chat: str, became: Messages) -> None:
            async def write() -> None:
                async with self.desk.writing() as connection:
                    await chat_answers.arrived(connection, answer.message_id, chat, became, parts - 1)

            await enduring(write)

        gone = await self._send(letter, answer.parts, begin, arrived)
        await self._results.add((answer, gone))

    async def _settle_answers(self, ended: Sequence[tuple[ChatAnswer, Gone]]) -> None:
        lifetime = timedelta(hours=self.desk.settings.mail.retry_hours)
        results = [_result(answer, gone) for answer, gone in ended]
        async with self.desk.writing() as connection:
            await outbox.settle(connection, results, self.desk.clock(), lifetime=lifetime)
            for answer, gone in ended:
                if gone.refusal is None and gone.messages:
                    became, last = gone.messages[-1], gone.parts - 1
                    await chat_answers.arrived(connection, answer.message_id, gone.chat, became, last)
            await self._note_unreachable(connection, [gone for _, gone in ended])

    async def _note_unreachable(self, connection: AsyncConnection, ended: Sequence[Gone]) -> None:
        for gone in ended:
            if gone.refusal and gone.refusal.kind is Kind.UNREACHABLE:
                await chats.unreachable(connection, gone.chat, gone.refusal.reason, self.desk.clock())


# What becomes of a saying; RETRYING and UNCERTAIN are come back to.
_STATES = {
    Kind.HOLD: DeliveryState.RETRYING,
    Kind.AGAIN: DeliveryState.RETRYING,
    Kind.UNKNOWN: DeliveryState.UNCERTAIN,
}


def _letter(answer: ChatAnswer) -> Letter:
    return letters.of_answer(answer.chat, answer.body, _attached(answer.files), answer.reply_to, answer.links)


def _attached(files: Sequence[OutboundFile]) -> list[Attached]:
    return [Attached(one.filename, one.content_type, one.data) for one in files]


def _result(answer: ChatAnswer, gone: Gone) -> Result:
    if gone.refusal is None:
        return Sent(answer.delivery_id)
    match gone.refusal.kind:
        case Kind.HOLD | Kind.AGAIN:
            return TryAgain(answer.delivery_id, gone.refusal.reason)
        case Kind.UNKNOWN:
            return Unknown(answer.delivery_id, gone.refusal.reason)
    return Failed(answer.delivery_id, gone.refusal.reason)


def _backoff(attempts: int) -> timedelta:
    return min(FIRST_WAIT * int(2 ** min(attempts, 10)), LONGEST_WAIT)

"""One letter on its way: part by part, at the pace that Telegram allows, and what has to be done when it refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import structlog
from telegram.error import TelegramError

from bot import outcomes
from bot.letters import Album, Edit, Letter, Notice, Part, Upload, Words
from bot.outcomes import Kind, Refusal
from bot.pace import A_SECOND_BY_ITSELF, A_SECOND_IN_ALL, Pace
from bot.post import Messages, Post

log = structlog.get_logger()

# A chat that has to be left alone for longer than this is come back to: its place is taken by another.
PATIENCE = 60.0
# What one part may run into before it is given up: another chat, no topic, plain text, no edit.
REFUSALS = 6


@dataclass(frozen=True, slots=True)
class Gone:
    """How far a letter went. `refusal` None: to its end. `chat` is where it went at last, `messages` what each part that
    was sent became there."""

    parts: int
    chat: str
    messages: tuple[Messages, ...] = ()
    refusal: Refusal | None = None


@dataclass(slots=True)
class Dispatch:
    """`moved` is told of a chat's new number before anything is sent there."""

    post: Post
    pace: Pace
    moved: Callable[[str, str], Awaitable[None]]
    # Set when nothing more is to be begun.
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(
        self, letter: Letter, *, done: int = 0, begin: Callable[[], Awaitable[None]], arrived: "Arrived"
    ) -> Gone:
        """Send what of `letter` is not there yet. `begin` is called before the first byte, `arrived` after each part
        but the last."""
        messages: list[Messages] = []
        begun = False
        for n in range(done, len(letter.parts)):
            if n:
                # What follows stands below the first, which says what is answered.
                letter = replace(letter, reply_to="")
            if not await self._turn(letter, letter.parts[n]):
                return Gone(n, letter.chat, tuple(messages), Refusal(Kind.HOLD, "it was not its turn"))
            if not begun:
                await begin()
                begun = True
            sent = await self._hand_over(letter, letter.parts[n])
            if isinstance(sent, Refusal):
                return Gone(n, letter.chat, tuple(messages), sent)
            letter, became = sent
            messages.append(became)
            if n + 1 < len(letter.parts):
                await arrived(n + 1, letter.chat, became)
        return Gone(len(letter.parts), letter.chat, tuple(messages))

    async def _turn(self, letter: Letter, part: Part) -> bool:
        """Wait for this chat's turn; False where that takes too long. A notice is no message and needs none."""
        if isinstance(part, Notice):
            return True
        clock = asyncio.get_running_loop().time
        most = A_SECOND_IN_ALL if letter.by_a_person else A_SECOND_BY_ITSELF
        while wait := self.pace.wait(letter.chat, clock(), most=most):
            if wait > PATIENCE or self.stopped.is_set():
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self.stopped.wait()
        for _ in range(len(part.files) if isinstance(part, Album) else 1):
            self.pace.took(letter.chat, clock())
        return True

    async def _hand_over(self, letter: Letter, part: Part) -> tuple[Letter, Messages] | Refusal:
        """The letter as it had to become, and the messages that the part became there."""
        plainly = False
        for _ in range(REFUSALS):
            try:
                return letter, await (self.post.hand_over_plainly if plainly else self.post.hand_over)(letter, part)
            except TelegramError as error:
                refusal = outcomes.of(error)
            match refusal.kind:
                case Kind.NEEDLESS:
                    return letter, (part.message,) if isinstance(part, Edit) else ()
                case Kind.HOLD:
                    self.pace.hold(letter.chat, refusal.seconds, asyncio.get_running_loop().time())
                    log.warning("telegram_says_wait", chat=letter.chat, seconds=refusal.seconds)
                    if refusal.seconds > PATIENCE or not await self._turn(letter, part):
                        return refusal
                case Kind.UNPARSED if not plainly:
                    log.warning("telegram_reads_no_html", reason=refusal.reason)
                    plainly = True
                case Kind.MOVED:
                    await self.moved(letter.chat, refusal.chat)
                    letter = replace(letter, chat=refusal.chat)
                case Kind.NO_TOPIC | Kind.TOPIC_CLOSED if letter.topic:
                    letter = replace(letter, topic="", reply_to="")
                case Kind.GONE if isinstance(part, Edit) and part.html:
                    part = Words(part.html, part.buttons)
                case Kind.NO_PICTURE if isinstance(part, Upload) and part.as_picture:
                    part = replace(part, as_picture=False)
                case Kind.NO_PICTURE if isinstance(part, Album) and part.files[0].as_picture:
                    # It does not say which: as files all of them arrive.
                    part = Album(tuple(replace(one, as_picture=False) for one in part.files))
                case _:
                    return refusal
        return refusal


Arrived = Callable[[int, str, Messages], Awaitable[None]]

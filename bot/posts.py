"""What customers wrote, as agents read it in a chat; and posting it so that a crash leaves a doubt and no second post."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telegram.error import TelegramError

from bot import outcomes, split
from bot.dialogue import Verb, data
from bot.outcomes import Kind
from bot.sentences import Texts
from bot.talk import Button
from core.chat import postings, topic_work
from core.chat.topic_work import Unposted
from core.desk import Desk

_MOST = 3500
_FILES = 10


def buttons(new: Sequence[Unposted], number: int) -> tuple[tuple[Button, ...], ...]:
    """What came with them can be had by a button."""
    count = sum(len(one.files) for one in new)
    return ((Button(f"📎 {count}", data(Verb.FILES, number)),),) if count else ()


def posted(new: Sequence[Unposted], title: str = "") -> str:
    """Several messages as one, below a title of markup, cut to what fits."""
    each = [
        f"<b>{split.escaped(one.author)}</b>\n{split.escaped(one.body[: _MOST // len(new)])}"
        + "".join(f"\n📎 {split.escaped(name)}" for name in one.files[:_FILES])
        for one in new
    ]
    return split.parts((title + "\n" if title else "") + "\n\n".join(each))[0]


@dataclass(slots=True)
class Posting:
    """One post on its way. `again`: it may stand there already. `became`: the number of its message, empty: there is none."""

    again: bool
    became: str = ""

    def title(self, texts: Texts) -> str:
        return texts("posted_again") if self.again else ""


@asynccontextmanager
async def posting(desk: Desk, new: Sequence[Unposted], chat: str) -> AsyncIterator[Posting]:
    """The intent is written before the block, and what became of it after; where nobody knows, the intent stays."""
    messages = [one.message_id for one in new]
    if not messages:
        yield Posting(again=False)
        return
    async with desk.writing() as connection:
        post = Posting(await postings.begin(connection, messages, chat, desk.clock()))
    try:
        yield post
    except TelegramError as error:
        if outcomes.of(error).kind is not Kind.UNKNOWN:
            async with desk.writing() as connection:
                await postings.not_sent(connection, messages, chat)
        raise
    async with desk.writing() as connection:
        if post.became:
            await topic_work.posted(connection, messages, chat, post.became)
        else:
            await postings.not_sent(connection, messages, chat)

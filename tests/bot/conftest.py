"""A desk with a bot, and the Bot API server that it talks to."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import telegram
from bot.talk import Heard, Said
from bot.telegram import Voice
from core.config import Settings
from core.desk import Desk
from core.messages import InboundMessage, Sender
from core.vocabulary import Channel
from tests.bot_api_server import TOKEN, BotApi, bot_api
from tests.builders import settings

STAFF = -100500


@pytest.fixture
async def server() -> AsyncIterator[BotApi]:
    async with bot_api() as running:
        yield running
    assert running.refused == [], "Telegram would have refused this"


@pytest.fixture
def desk_settings(tmp_path: Path, sqlite_template: Path, server: BotApi) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "deskbell.sqlite3")
    return settings(tmp_path, telegram={"token": TOKEN, "api_base_url": server.url, "staff_chat_id": STAFF})


@dataclass
class Dialogue:
    """Stands in for the dialogue: files what customers write, and says what it is told to (by default the number)."""

    desk: Desk
    heard: list[Heard] = field(default_factory=list)
    says: Callable[[Heard], Awaitable[Sequence[Said]]] | None = None

    async def respond(self, heard: Heard) -> Sequence[Said]:
        self.heard.append(heard)
        if self.says:
            return await self.says(heard)
        receipt = await self.desk.receive(inbound(heard))
        return [Said(heard.chat, f"Ticket {receipt.ticket_number}")]


def inbound(heard: Heard) -> InboundMessage:
    return InboundMessage(
        channel=Channel.TELEGRAM,
        sender=Sender(Channel.TELEGRAM, heard.speaker.id, heard.speaker.name),
        subject="",
        text=heard.text,
        raw=heard.raw,
        dedupe_key=heard.key,
        files=heard.files,
        message_id=heard.message,
        place=heard.chat,
        language=heard.speaker.language,
    )


@pytest.fixture
def dialogue(desk: Desk) -> Dialogue:
    return Dialogue(desk)


@asynccontextmanager
async def working(desk: Desk, dialogue: Dialogue, arrived: asyncio.Event | None = None) -> AsyncIterator[None]:
    """The bot at work for as long as the block lasts; what breaks it fails the test."""
    async with telegram.running(desk, Voice(dialogue.respond), arrived or asyncio.Event()) as task:
        yield
        if task.done():
            task.result()


@pytest.fixture
async def bot(desk: Desk, dialogue: Dialogue) -> AsyncIterator[Dialogue]:
    async with working(desk, dialogue):
        yield dialogue

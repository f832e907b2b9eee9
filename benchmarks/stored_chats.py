"""The bot as a process of its own beside a stand-in for Telegram, and what its database holds of chats."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from time import monotonic

from benchmarks import running
from benchmarks.running import DESKBELL, Server
from tests.bot_api_server import TOKEN, BotApi

# Nothing that runs takes longer than this for the next step, in seconds.
PATIENCE = 300.0


def settings(telegram: BotApi) -> dict[str, str]:
    return {
        "DESKBELL_TELEGRAM__TOKEN": TOKEN,
        "DESKBELL_TELEGRAM__API_BASE_URL": telegram.url,
        # Nobody writes fifty lines within a second, and who does is asked to slow down.
        "DESKBELL_LIMITS__ENABLED": "false",
    }


def started(folder: Path, telegram: BotApi, more: Mapping[str, str] | None = None) -> Server:
    command = (*DESKBELL, "serve", "--only", "bot")
    return running.started(folder, command, 0, {**settings(telegram), **(more or {})})


def database(folder: Path) -> Path:
    return folder / "var" / "deskbell.sqlite3"


async def reached(happened: Callable[[], bool], server: Server, folder: Path, seconds: float = PATIENCE) -> None:
    until = monotonic() + seconds
    while not happened():
        if monotonic() > until or server.process.poll() is not None:
            raise SystemExit(f"it goes on no more:\n{(folder / 'log').read_text()[-3000:]}")
        await asyncio.sleep(0.05)


def handled(folder: Path) -> int:
    return counted(folder, "handled_at IS NOT NULL")


def counted(folder: Path, which: str) -> int:
    return int(str(read(folder, f"SELECT count(*) FROM telegram_updates WHERE {which}")[0][0]))


def read(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database(folder), timeout=10)) as connection:
        return connection.execute(statement).fetchall()

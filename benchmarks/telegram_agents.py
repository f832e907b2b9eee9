"""What agents wait for in Telegram, measured through a Bot API server on loopback; a part of `python -m benchmarks.telegram`.

*Answers*: from an agent's line in their chat with the bot to the customer's chat, at a pace that Telegram's limits allow.
*Cards*: 200 tickets with a topic each, all written on at once; from the end of that to the moment when the card of the
ticket that changed last is current. The stand-in refuses the twenty-first message of a minute, and then this fails.
"""

import asyncio
import random
import re
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from benchmarks import running, stored_chats
from benchmarks.running import DESKBELL, Server
from benchmarks.stored_chats import reached
from tests.bot_api_server import BotApi, bot_api

CUSTOMERS = 200
# So often all of them write in the burst, so that it is over only when the group has seen what it may at once.
ROUNDS = 4
ANSWERS = 100
# An agent's chat gets its receipts at one a second; customers get theirs at once.
BETWEEN_ANSWERS = 0.2
# The floors: seconds.
ANSWER_P95, CARD = 1.0, 60.0
BOB, STAFF = 9, -100500
FIRST = 1000
# Cards that are there already are messages of the group with numbers from here on, topics from there.
CARDS, TOPICS = 500_000, 400_000


@dataclass(frozen=True, slots=True)
class Answers:
    median: float
    p95: float
    longest: float

    @property
    def held(self) -> bool:
        return self.p95 <= ANSWER_P95

    def __str__(self) -> str:
        return f"{ANSWERS} answers, median {self.median:.2f} s, p95 {self.p95:.2f} s, longest {self.longest:.2f} s"


@dataclass(frozen=True, slots=True)
class Cards:
    """`burst` is how long the writing took, `last` how long after it the newest card was current."""

    burst: float
    last: float
    shown: int

    @property
    def held(self) -> bool:
        return self.last <= CARD

    def __str__(self) -> str:
        return (
            f"{CUSTOMERS} open topics, all written on {ROUNDS} times within {self.burst:.1f} s: the card that changed last was current "
            f"{self.last:.1f} s later; the group saw {self.shown} messages"
        )


async def answers(folder: Path) -> Answers:
    async with bot_api() as telegram:
        link(folder, telegram)
        async with served(folder, telegram) as server:
            await everybody_writes(telegram, "opens", server, folder, handled=CUSTOMERS + 1)
            took = [await answered(telegram, n, server, folder) for n in range(ANSWERS)]
        assert not telegram.refused, telegram.refused[:5]
    ordered = sorted(took)
    return Answers(ordered[ANSWERS // 2], ordered[ANSWERS * 95 // 100], ordered[-1])


async def answered(telegram: BotApi, n: int, server: Server, folder: Path) -> float:
    began, words = monotonic(), f"answer {n}"
    telegram.says(BOB, f"/reply {n + 1} {words}", name="Bob")
    await reached(lambda: any(one.text == words for one in reversed(telegram.sent)), server, folder)
    took = next(one.at for one in reversed(telegram.sent) if one.text == words) - began
    await asyncio.sleep(BETWEEN_ANSWERS)
    return took


async def cards(folder: Path) -> Cards:
    async with bot_api() as telegram:
        async with served(folder, telegram) as server:
            await everybody_writes(telegram, "opens", server, folder, handled=CUSTOMERS)
        give_topics(folder, telegram)
        telegram.sent.clear()
        async with served(folder, telegram, staff=STAFF) as server:
            began = monotonic()
            for n in range(ROUNDS):
                await everybody_writes(telegram, f"adds {n}", server, folder, handled=(n + 2) * CUSTOMERS)
            ended = monotonic()
            card, line = newest(folder)
            await reached(lambda: line in telegram.messages[str(STAFF), card]["text"], server, folder, CARD * 2)
            last = monotonic() - ended
        assert not telegram.refused, telegram.refused[:5]
        return Cards(ended - began, last, sum(1 for one in telegram.sent if one.chat == str(STAFF)))


async def everybody_writes(telegram: BotApi, word: str, server: Server, folder: Path, *, handled: int) -> None:
    """One line each; `handled` updates are when this returns."""
    people = list(range(CUSTOMERS))
    random.Random(word).shuffle(people)
    for n in people:
        telegram.says(FIRST + n, f"customer {n} {word}", name=f"Customer {n}")
    await reached(lambda: not telegram.updates and stored_chats.handled(folder) == handled, server, folder)


@asynccontextmanager
async def served(folder: Path, telegram: BotApi, *, staff: int = 0) -> AsyncIterator[Server]:
    server = stored_chats.started(folder, telegram, {"DESKBELL_TELEGRAM__STAFF_CHAT_ID": str(staff)})
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


def link(folder: Path, telegram: BotApi) -> None:
    """An agent speaks from chat BOB once they have opened their link."""
    command(folder, telegram, "user", "add", "bob", "--role", "agent", "--password-stdin", said="correct horse battery")
    found = re.search(r"start[= ](\S+)", command(folder, telegram, "user", "link", "bob"))
    assert found
    telegram.says(BOB, f"/start {found[1]}", name="Bob")


def command(folder: Path, telegram: BotApi, *words: str, said: str = "") -> str:
    environment = running.environment(folder, stored_chats.settings(telegram))
    done = subprocess.run(
        (*DESKBELL, *words), cwd=folder, env=environment, input=said, capture_output=True, text=True, check=True
    )
    return done.stdout


def give_topics(folder: Path, telegram: BotApi) -> None:
    """As if each ticket had had its topic for long; making them takes the stand-in as long as it takes Telegram."""
    with closing(sqlite3.connect(stored_chats.database(folder), timeout=10)) as connection:
        tickets = connection.execute("SELECT id, number, version, created_at FROM tickets ORDER BY number").fetchall()
        connection.executemany(
            "INSERT INTO telegram_topics (ticket_id, chat, topic, card, shown_version, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            [
                (ticket, str(STAFF), str(TOPICS + number), str(CARDS + number), version, at)
                for ticket, number, version, at in tickets
            ],
        )
        connection.commit()
    for _, number, *_ in tickets:
        telegram.topics[str(STAFF)].add(TOPICS + number)
        telegram.messages[str(STAFF), CARDS + number] = {"text": "", "reply_markup": None}


def newest(folder: Path) -> tuple[int, str]:
    """The card of the ticket that changed last, and what its customer wrote then; of those that changed in one moment, the
    oldest ticket."""
    [(card, line)] = stored_chats.read(
        folder,
        "SELECT o.card, m.body FROM telegram_topics o JOIN tickets t ON t.id = o.ticket_id "
        "JOIN messages m ON m.ticket_id = t.id ORDER BY t.updated_at DESC, t.id, m.created_at DESC, m.id DESC LIMIT 1",
    )
    return int(str(card)), str(line)

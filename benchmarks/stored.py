"""What a desk has on its disk: how often each mark is a ticket, and how often a row of the ledger."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core import tables
from core.storage import database

_MARK = re.compile(r"\[([\w-]+)\]$")


@dataclass(frozen=True, slots=True)
class Kept:
    """Counts by mark."""

    tickets: Counter[str]
    ledger: Counter[str]


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'var' / 'deskbell.sqlite3'}"


async def read(url: str) -> Kept:
    async with database.connected(url) as base, base.reading() as connection:
        tickets = await connection.execute(select(tables.tickets.c.subject))
        ledger = await connection.execute(select(tables.ledger.c.subject))
        return Kept(_counted(list(tickets.scalars())), _counted(list(ledger.scalars())))


def _counted(subjects: list[str]) -> Counter[str]:
    found = (_MARK.search(subject) for subject in subjects)
    return Counter(match.group(1) if match else "" for match in found)

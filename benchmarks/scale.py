"""Lists and searches at 10,000 and at 1,000,000 tickets: `python -m benchmarks.scale`, which is `make bench-scale`.

The tickets are brought by the desk's own importer, row by row of a file that is never written, and indexed by its own
indexer. Each request goes over HTTP to a server in a process of its own, one after the other. Besides the time there is the
processor time that the request cost the server, which holds on a busy machine too.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import text

from api.app import DOOR, build_app, serving
from benchmarks.contender import announce, contender, cpu_seconds
from benchmarks.http import get
from core import batches, importing
from core import desk as desks
from core.accounts import passwords, users
from core.accounts.users import NewUser, User
from core.config import Settings
from core.desk import Desk
from core.errors import Conflict
from core.finding import indexer, search
from core.origin import Origin
from core.rows import Row, TicketRow
from core.vocabulary import Category, Priority, Role, Status

SIZES = (10_000, 1_000_000)
CHUNK = 5_000
PEOPLE = 50_000
ASKED = 60
# A text of a support desk repeats a few words and has very many that are rare: Zipf's law.
VOCABULARY = 40_000
WORDS = 45
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
FLOOR_LIST, FLOOR_SEARCH, FLOOR_GROWTH = 25.0, 50.0, 3.0


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the table: what is asked, as a query string, and how long 95 in 100 may take at most."""

    name: str
    query: str
    floor: float = FLOOR_LIST


@dataclass(frozen=True, slots=True)
class Measured:
    p95: float
    middle: float
    cpu: float


def words(rng: random.Random) -> tuple[list[str], list[float]]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = ["".join(rng.choices(letters, k=rng.randint(4, 10))) for _ in range(VOCABULARY)]
    total, weights = 0.0, []
    for rank in range(VOCABULARY):
        total += 1 / (rank + 2)
        weights.append(total)
    return made, weights


def cases(vocabulary: Sequence[str], total: int) -> list[Case]:
    common, often, rare = vocabulary[0], vocabulary[30], vocabulary[-1]
    return [
        Case("the newest", ""),
        *(
            Case(f"by cursor, {part}% deep", f"&cursor={max(total * (100 - part) // 100, 25)}")
            for part in (10, 50, 90, 99)
        ),
        Case("page 4,000 of 20" if total > 80_000 else "page 400 of 20", f"&page={4000 if total > 80_000 else 400}"),
        Case("status", "&status=new"),
        Case("status, 50% deep", f"&status=closed&cursor={total // 2}"),
        Case("status and priority", "&status=in_progress&priority=urgent"),
        Case("a status and a rarer priority", "&status=closed&priority=urgent"),
        Case("three filters", "&status=new&priority=high&category=account_access"),
        Case("category", "&category=bug_report"),
        Case("nobody's", "&assigned_to=none"),
        Case("a common tag", "&tag=common"),
        Case("a rare tag", "&tag=rare"),
        Case("a tag and a status", "&tag=common&status=closed"),
        Case("a common tag by subject", "&tag=common&sort=subject"),
        Case("a common tag by priority", "&tag=common&sort=-priority"),
        Case("of one client", "&client=c7@scale.test"),
        Case("last changed", "&sort=-updated_at"),
        Case("by subject", "&sort=subject"),
        Case("by priority", "&sort=-priority"),
        Case("a status by subject", "&status=closed&sort=subject"),
        Case("a status, last changed", "&status=closed&sort=-updated_at"),
        Case("a rare status by subject", "&status=new&sort=subject"),
        Case("nobody's, last changed", "&assigned_to=none&sort=-updated_at"),
        Case("a priority by subject, page 400", "&priority=medium&sort=subject&page=400"),
        Case("by status, page 1,000 (250)", f"&sort=status&page={1_000 if total > 80_000 else 250}"),
        Case("one common word", f"&q={common}", FLOOR_SEARCH),
        Case("one word", f"&q={often}", FLOOR_SEARCH),
        Case("one rare word", f"&q={rare}", FLOOR_SEARCH),
        Case("two common words", f"&q={common}+{often}", FLOOR_SEARCH),
        Case("a common and a rare word", f"&q={common}+{rare}", FLOOR_SEARCH),
        Case("the beginning of a word", f"&q={often[:4]}", FLOOR_SEARCH),
        Case("two words, 50% deep", f"&q={common}+{often}&cursor={total // 2}", FLOOR_SEARCH),
        Case("a word and a status", f"&q={often}&status=new", FLOOR_SEARCH),
        Case("a word no ticket has", "&q=zzzzzz", FLOOR_SEARCH),
    ]


# Building.


async def build(folder: Path, total: int) -> None:
    settings = Settings.model_validate({"desk": {"data_dir": folder}})
    async with desks.opened(settings) as desk:
        started = perf_counter()
        result = await importing.run(desk, batches.of_rows(rows(total)), Origin())
        if result.successful != total:
            raise SystemExit(f"{total} rows became {result}")
        written = perf_counter()
        await _index(desk)
        indexed = perf_counter()
    print(
        f"{total} tickets: imported in {written - started:.0f} s ({total / (written - started):.0f}/s), "
        f"indexed in {indexed - written:.0f} s ({total / (indexed - written):.0f}/s), {_megabytes(folder):.0f} MB",
        flush=True,
    )


async def _index(desk: Desk) -> None:
    while await desk.database.in_transaction(lambda connection: search.index(connection, 10 * indexer.ROUND)):
        pass
    await desk.database.in_transaction(lambda connection: connection.execute(text("PRAGMA optimize")))


def rows(total: int) -> Iterator[Row]:
    """The same each time."""
    rng = random.Random(7)
    vocabulary, weights = words(rng)
    for first in range(1, total + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, total + 1))
        for number, said in zip(numbers, _texts(rng, vocabulary, weights, len(numbers)), strict=True):
            yield _row(rng, number, said)


def _texts(rng: random.Random, vocabulary: Sequence[str], weights: list[float], count: int) -> Iterator[str]:
    drawn = rng.choices(vocabulary, cum_weights=weights, k=WORDS * count)
    return (" ".join(drawn[i : i + WORDS]) for i in range(0, len(drawn), WORDS))


# Every how manieth ticket has it.
_TAGS = (("common", 3), ("rare", 5_000))


def _row(rng: random.Random, number: int, said: str) -> TicketRow:
    at, customer = BEGAN + timedelta(minutes=number), rng.randrange(PEOPLE)
    return TicketRow(
        number,
        said[:60].strip(),
        said,
        customer_email=f"c{customer}@scale.test",
        customer_name=f"Customer {customer}",
        category=rng.choice(tuple(Category)),
        priority=rng.choices(tuple(Priority), (2, 10, 60, 28))[0],
        status=rng.choices((Status.CLOSED, Status.RESOLVED, Status.IN_PROGRESS, Status.NEW), (80, 15, 4, 1))[0],
        tags=tuple(tag for tag, each in _TAGS if number % each == 0),
        created_at=at,
        updated_at=at + timedelta(minutes=rng.randrange(10_000)),
        external_id=str(number),
    )


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


# Measuring.


async def serve(folder: Path) -> None:
    """The desk as `deskbell serve` runs it, and its address and a sign-in in one line; until the input ends."""
    sys.setswitchinterval(0.0005)
    settings = Settings.model_validate(
        {"desk": {"data_dir": folder}, "limits": {"enabled": False}, "log": {"level": "warning"}}
    )
    async with desks.opened(settings) as desk:
        app = build_app(desk)
        async with serving(app, "127.0.0.1", 0, settings) as port:
            agent = await _agent(desk)
            token = app[DOOR].tokens.issue(agent.id, agent.token_version, desk.clock())
            await announce({"port": port, "token": token})


async def _agent(desk: Desk) -> User:
    secret = await passwords.hashed("a long enough password", rounds=4)
    with suppress(Conflict):
        async with desk.writing() as connection:
            await users.add(connection, NewUser("bob", Role.AGENT, "Bob", "bob@desk.test"), secret, desk.clock())
    async with desk.reading() as connection:
        return await users.by_name(connection, "bob")


class Asker:
    """One connection, one request at a time, and what each took."""

    def __init__(self, port: int, process: int, token: str) -> None:
        self._port, self._process = port, process
        self._headers = f"Authorization: Bearer {token}\r\n"

    async def ask(self, path: str, times: int = ASKED) -> tuple[Measured, dict[str, object]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        asked, body, before = get(path, self._headers), b"", 0.0
        took: list[float] = []
        for turn in range(times + 3):
            if turn == 3:
                # The first ones warm the cache up and do not count.
                took, before = [], cpu_seconds(self._process)
            started = perf_counter()
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            took.append((perf_counter() - started) * 1000)
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(f"{path}: {head[:100]!r} {body[:300]!r}")
        writer.close()
        cpu = (cpu_seconds(self._process) - before) / times * 1000
        return Measured(quantiles(took, n=20)[-1], median(took), cpu), json.loads(body)


Results = dict[str, Measured]


async def measure(folder: Path, total: int) -> Results:
    vocabulary, _ = words(random.Random(7))
    found: Results = {}
    async with contender("benchmarks.scale", "serve", "--folder", str(folder)) as facts:
        asker = Asker(int(str(facts["port"])), int(str(facts["process"])), str(facts["token"]))
        for case in cases(vocabulary, total):
            found[case.name], _ = await asker.ask(f"/api/v1/tickets?limit=20{case.query}")
            # A list of one ticket is hardly more than its count.
            found[f"{case.name} (count)"], _ = await asker.ask(f"/api/v1/tickets?limit=1{case.query}", ASKED // 4)
        one = (await asker.ask("/api/v1/tickets?limit=1"))[1]["tickets"]
        assert isinstance(one, list)
        found["get by id"], _ = await asker.ask(f"/api/v1/tickets/{one[0]['id']}")
    return found


def report(small: Results, large: Results, sizes: Sequence[int]) -> None:
    vocabulary, _ = words(random.Random(7))
    print(f"\n{'p95 ms (cpu ms)':28}{sizes[0]:>16}{sizes[1]:>16}{'growth (cpu)':>16}{'floor':>8}{'a list of one':>15}")
    lines = [*cases(vocabulary, sizes[1]), Case("get by id", "")]
    for case, before in zip(lines, [*cases(vocabulary, sizes[0]), lines[-1]], strict=True):
        a, b = small[before.name], large[case.name]
        one = large.get(f"{case.name} (count)", b)
        grown = max(b.cpu, 0.1) / max(a.cpu, 0.1)
        print(
            f"{case.name:28}{a.p95:8.1f} ({a.cpu:4.1f}){b.p95:9.1f} ({b.cpu:4.1f}){b.middle / a.middle:8.1f} ({grown:4.1f})"
            f"{case.floor:8.0f}{one.middle:15.1f}"
        )


async def main_in(folder: Path, sizes: Sequence[int]) -> None:
    found = []
    for total in sizes:
        place = folder / str(total)
        if not place.exists():
            await build(place, total)
        found.append(await measure(place, total))
    report(found[0], found[1], sizes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep the desks here, and use those that are here already")
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES)
    parser.add_argument("role", nargs="?", choices=["compare", "serve"], default="compare")
    given = parser.parse_args()
    if given.role == "serve":
        asyncio.run(serve(given.folder))
    elif given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(main_in(given.folder, given.sizes))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main_in(Path(folder), given.sizes))


if __name__ == "__main__":
    main()

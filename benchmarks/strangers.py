"""What a crowd of slow or greedy strangers takes from everybody else: `python -m benchmarks.strangers`, part of `make soak`.

Whoever is honest comes from the address of the trusted relay and of the proxy in front; the crowd from 250 other
addresses of this machine, which Linux gives without asking. Turns with and without a crowd alternate, against the same running
desk; what counts is the median of the rounds' ratios. The promise is four fifths (P10), whatever the crowd does.
"""

import argparse
import asyncio
import itertools
import resource
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import http, mail, running, samples
from benchmarks.contender import announce, contender

ROUNDS, SECONDS = 3, 4.0
FLOOR = 0.80
ADDRESSES = 250
# How long a stranger who was sent away stays away.
RETURNS = 5.0
DRIP = 1.0
# A quick machine sends more than sixty mails for each of four hundred people before it is done.
UNMETERED = {"DESKBELL_LIMITS__MAILS_PER_SENDER_PER_HOUR": "1000000"}
IN_FRONT = {"DESKBELL_API__TRUSTED_PROXIES": '["127.0.0.1"]'}
LINE = b"X" * 998 + b"\r\n"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many connections at once, each of which says this and comes back when it is sent away."""

    size: int
    talk: Talk


async def _drip(writer: asyncio.StreamWriter, start: bytes) -> None:
    """A byte a second, for as long as it is let."""
    writer.write(start)
    while not writer.is_closing():
        await asyncio.sleep(DRIP)
        writer.write(b"x")
        await writer.drain()


async def slow_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    said = f"EHLO slow.example.test\r\nMAIL FROM:<slow@example.test>\r\nRCPT TO:<{samples.RECIPIENT}>\r\nDATA\r\n"
    for command in said.splitlines(keepends=True):
        await reader.readline()
        writer.write(command.encode())
        await writer.drain()
    await _drip(writer, b"")


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Commands without end, and no answer is ever read."""
    while not writer.is_closing():
        writer.write(b"NOOP\r\n" * 100)
        await writer.drain()


async def junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """64 MiB as the text of a mail, as fast as they are taken."""
    said = b"EHLO junk.example.test\r\nMAIL FROM:<junk@example.test>\r\nRCPT TO:<%s>\r\nDATA\r\n"
    writer.write(said % samples.RECIPIENT.encode())
    for _ in range(64 * 1024 * 1024 // len(LINE)):
        writer.write(LINE)
        await writer.drain()


async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _drip(writer, http.post("/api/v1/tickets", b"x" * 1000)[:-1000])


async def unread(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The largest thing that anybody may have without signing in, again and again, and nothing of it is taken."""
    assert isinstance(writer.transport, asyncio.Transport)
    writer.transport.pause_reading()
    writer.write(http.get("/docs/swagger-ui-bundle.js"))
    await asyncio.sleep(RETURNS)


CROWDS: Mapping[str, Mapping[str, Crowd]] = {
    "mail": {
        "1,000 slow mails": Crowd(1_000, slow_mail),
        "4 that flood": Crowd(4, deaf),
        "one with 64 MiB of junk": Crowd(1, junk),
    },
    "http": {"1,000 slow bodies": Crowd(1_000, slow_body), "1,000 that read nothing": Crowd(1_000, unread)},
}


async def gather_crowd(crowd: Crowd, port: int) -> None:
    """The crowd, until nobody listens to it any more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    began = asyncio.Semaphore(0)
    strangers = [asyncio.create_task(_stranger(number, crowd.talk, port, began)) for number in range(crowd.size)]
    for _ in strangers:
        await began.acquire()
    await announce({"strangers": len(strangers)})
    for stranger in strangers:
        stranger.cancel()
    await asyncio.gather(*strangers, return_exceptions=True)


async def _stranger(number: int, talk: Talk, port: int, began: asyncio.Semaphore) -> None:
    at = (f"127.0.1.{1 + number % ADDRESSES}", 0)
    for attempt in itertools.count():
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection(running.HOST, port, local_addr=at)
            if not attempt:
                began.release()
            try:
                await talk(reader, writer)
            finally:
                writer.transport.abort()
        await asyncio.sleep(RETURNS)


# A turn of the honest ones: how much they get done in a second.
Turn = Callable[[], Awaitable[float]]


async def ratios(kind: str, port: int, turn: Turn, rounds: int) -> dict[str, float]:
    """For each crowd the share that is left to the honest ones."""
    await turn()
    found: dict[str, float] = {}
    for name in CROWDS[kind]:
        shares = []
        for _ in range(rounds):
            alone = await turn()
            async with contender("benchmarks.strangers", "crowd", "--kind", kind, "--crowd", name, "--port", str(port)):
                shares.append(await turn() / alone)
        found[name] = median(shares)
    return found


async def measure_mail(rounds: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name, running.serving(Path(name), "smtp,outbox", settings=UNMETERED) as desk:
        runs = itertools.count()

        async def turn() -> float:
            done = await asyncio.to_thread(mail.turn, desk, f"honest-{next(runs)}", samples.KINDS[0], seconds)
            return done.rate

        return await ratios("mail", desk.port, turn, rounds)


async def measure_http(rounds: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        async with http.desk_process(Path(name), IN_FRONT) as desk:

            async def turn() -> float:
                return (await http.Load().run(desk, "create", seconds)).rate

            return await ratios("http", desk.port, turn, rounds)


def report(found: Mapping[str, float]) -> None:
    print(f"{'':28}{'left':>8}{'floor':>8}")
    for name, share in found.items():
        print(f"{name:28}{share:8.2f}{FLOOR:8.2f}")
    if worst := [name for name, share in found.items() if share < FLOOR]:
        raise SystemExit(f"too little is left with {', '.join(worst)}")


async def compare(rounds: int, seconds: float) -> dict[str, float]:
    return await measure_mail(rounds, seconds) | await measure_http(rounds, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", nargs="?", choices=["compare", "crowd"], default="compare")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--kind", choices=CROWDS)
    parser.add_argument("--crowd")
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    if given.role == "crowd":
        asyncio.run(gather_crowd(CROWDS[given.kind][given.crowd], given.port))
    else:
        report(asyncio.run(compare(given.rounds, given.seconds)))


if __name__ == "__main__":
    main()

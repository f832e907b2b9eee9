"""How fast the API is, as a ratio to a bare aiohttp JSON handler in the same run: `python -m benchmarks.http`.

Ours is the real `deskbell serve --only api` with an agent who has signed in; the limits are off, because one machine
asks it all, and neither of the two writes a log. Each contender is a process of its own, the load comes from a third
one. Contenders take turns within a round, so that a busy machine is busy for all of them; what counts is the median
of the rounds' ratios.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from aiohttp import web

from benchmarks import running
from benchmarks.running import DESKBELL

CONNECTIONS = 64
ROUNDS = 5
SECONDS = 2.0
TICKETS = 256
SETTINGS = {"DESKBELL_LIMITS__ENABLED": "false", "DESKBELL_LOG__LEVEL": "warning"}
PASSWORD = "a long enough password"
TEXT = (
    "Since this morning the printer on the second floor says that it has no paper, but it has. "
    "I switched it off and on again, and somebody from the third floor looked at it too. Can you help?"
)
NEW_TICKET = json.dumps({"subject": "The printer is out of paper", "description": TEXT, "tags": ["printer"]}).encode()

Requests = Callable[[int], bytes]


@dataclass(frozen=True)
class Contender:
    """A running server, and what to ask of it."""

    port: int
    process: int
    requests: dict[str, Requests]


@dataclass(frozen=True)
class Measure:
    """One contender for some seconds: answers a second, and the processor time each cost it in microseconds."""

    rate: float
    cpu: float


@dataclass(frozen=True)
class Line:
    """One row of the table: what is asked, and which bare handler it is measured against."""

    name: str
    bare: str
    floor: float
    aim: float


# For each line the rounds: the bare handler and the desk.
Found = dict[str, list[tuple[Measure, Measure]]]

LINES = (
    Line("get by id", "get", 0.20, 0.50),
    Line("create", "post", 0.20, 0.50),
    Line("embed", "get", 0.60, 0.95),
)


# The bare contender says on which port it answers, and ends when its input does.


async def serve_bare() -> None:
    async def get(request: web.Request) -> web.Response:
        return web.json_response({"id": request.match_info["id"], "status": "new"})

    async def post(request: web.Request) -> web.Response:
        given = await request.json()
        return web.json_response({"id": 1, "subject": given["subject"]}, status=201)

    app = web.Application()
    app.router.add_get("/items/{id}", get)
    app.router.add_post("/items", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


# The load: as little as possible between a response and the next request.


class Client(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, requests: Requests, number: int, load: "Load") -> None:
        self._requests, self._number, self._load = requests, number, load
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._buffer = b""
        if self._load.answered(head, body):
            self._ask()
        else:
            self._transport.close()

    def _ask(self) -> None:
        self._number += CONNECTIONS
        self._transport.write(self._requests(self._number))


class Load:
    """64 connections for some seconds; counts what was answered well, and fails on anything else."""

    def __init__(self) -> None:
        self.count = 0
        self.last = b""
        self._until = perf_counter() + 3600.0

    def answered(self, head: bytes, body: bytes) -> bool:
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            raise SystemExit(f"unexpected answer: {head[:200]!r} {body[:300]!r}")
        self.count += 1
        self.last = body
        return perf_counter() < self._until

    async def run(self, asked: Contender, name: str, seconds: float) -> Measure:
        loop, requests = asyncio.get_running_loop(), asked.requests[name]
        before, started = cpu_seconds(asked.process), perf_counter()
        self._until = started + seconds
        for number in range(CONNECTIONS):
            await loop.create_connection(lambda n=number: Client(requests, n, self), "127.0.0.1", asked.port)  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        await asyncio.sleep(seconds + 0.3)
        return Measure(self.count / seconds, (cpu_seconds(asked.process) - before) / self.count * 1e6)


def cpu_seconds(process: int) -> float:
    """What a process has used so far: on a machine that others use too, the figure to trust."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get(path: str, headers: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def post(path: str, body: bytes, headers: str = "") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@asynccontextmanager
async def bare_process() -> AsyncIterator[Contender]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.http", "bare",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        port = int(await process.stdout.readline())
        asked = post("/items", NEW_TICKET)
        yield Contender(port, process.pid, {"get": lambda n: get(f"/items/{n}"), "post": lambda n: asked})
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def desk_process(folder: Path, more: Mapping[str, str] | None = None) -> AsyncIterator[Contender]:
    """`deskbell serve` with an agent who has signed in, and with `more` settings."""
    port = running.free_port()
    settings = {**SETTINGS, **(more or {}), "DESKBELL_API__PORT": str(port)}
    subprocess.run(
        [*DESKBELL, "user", "add", "bob", "--role", "agent", "--email", "bob@desk.test", "--password-stdin"],
        input=PASSWORD.encode(), cwd=folder, env=running.environment(folder, settings), check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    server = running.started(folder, (*DESKBELL, "serve", "--only", "api"), port, settings)
    try:
        if not running.until(lambda: running.accepts(port), running.START_SECONDS):
            raise SystemExit(f"the server did not start:\n{(folder / 'log').read_text()[-4000:]}")
        yield await desk_contender(port, server.process.pid)
    finally:
        server.stop()


async def desk_contender(port: int, process: int) -> Contender:
    sign_in = json.dumps({"username": "bob", "password": PASSWORD}).encode()
    token = json.loads(await once(port, post("/api/v1/auth/token", sign_in)))["access_token"]
    bearer = f"Authorization: Bearer {token}\r\n"
    asked = post("/api/v1/tickets", NEW_TICKET, bearer)
    made = [json.loads(await once(port, asked)) for _ in range(TICKETS)]
    reads = [get(f"/api/v1/tickets/{ticket['id']}", bearer) for ticket in made]
    embeds = [get(f"/api/v1/tickets/embed/{ticket['embed_token']}") for ticket in made]
    return Contender(
        port,
        process,
        {
            "get by id": lambda n: reads[n % TICKETS],
            "create": lambda n: asked,
            "embed": lambda n: embeds[n % TICKETS],
        },
    )


async def once(port: int, asked: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    return body


async def compare(rounds: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with bare_process() as bare, desk_process(Path(folder)) as desk:
            found: Found = {line.name: [] for line in LINES}
            for number in range(rounds + 1):
                for line in LINES:
                    theirs = await Load().run(bare, line.bare, seconds)
                    ours = await Load().run(desk, line.name, seconds)
                    # The first round warms caches up and does not count.
                    if number:
                        found[line.name].append((theirs, ours))
    report(found)


def report(found: Found) -> None:
    print(
        f"{'':12}{'bare/s':>9}{'desk/s':>9}{'ratio':>8}{'bare us':>9}{'desk us':>9}{'cpu ratio':>11}{'floor':>8}{'aim':>7}"
    )
    for line in LINES:
        rounds = found[line.name]
        rate, cpu = median(o.rate / t.rate for t, o in rounds), median(t.cpu / o.cpu for t, o in rounds)
        print(
            f"{line.name:12}{median(t.rate for t, _ in rounds):9.0f}{median(o.rate for _, o in rounds):9.0f}{rate:8.2f}"
            f"{median(t.cpu for t, _ in rounds):9.0f}{median(o.cpu for _, o in rounds):9.0f}{cpu:11.2f}"
            f"{line.floor:8.2f}{line.aim:7.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", nargs="?", choices=["compare", "bare"], default="compare")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    if given.role == "bare":
        asyncio.run(serve_bare())
    else:
        asyncio.run(compare(given.rounds, given.seconds))


if __name__ == "__main__":
    main()

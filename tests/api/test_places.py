"""Who has a place among the HTTP connections, and who makes room."""

import asyncio
import contextlib
import socket
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web

from api import client_ip, places, problems, talk
from api.places import Places
from core import desk as desks
from core import tables
from core.config import Settings
from core.desk import Desk
from core.messages import InboundFile
from tests.api.conftest import Api, served
from tests.builders import Clock, a_mail
from tests.stored import rows

NOBODY_IN_FRONT = client_ip.proxies(())
LARGE = 16 * 1024 * 1024


@dataclass(eq=False)
class Visitor:
    address: str
    since: float = 0.0
    may_be_cut: bool = True
    was_cut: bool = False

    def cut(self) -> None:
        self.was_cut = True


def test_when_it_is_full_whoever_was_silent_longest_makes_room() -> None:
    here = Places(2, NOBODY_IN_FRONT)
    first, second = Visitor("192.0.2.1", since=0.0), Visitor("192.0.2.2", since=1.0)
    assert here.enter(first, 0.0)
    assert here.enter(second, 1.0)

    assert not here.enter(Visitor("192.0.2.3"), 1.9)
    assert here.enter(Visitor("192.0.2.3", since=2.0), 2.0)
    assert (first.was_cut, second.was_cut) == (True, False)


def test_whose_request_is_being_answered_stays() -> None:
    here = Places(1, NOBODY_IN_FRONT)
    busy = Visitor("192.0.2.1", may_be_cut=False)
    assert here.enter(busy, 0.0)

    assert not here.enter(Visitor("192.0.2.2"), 100.0)
    assert not busy.was_cut


def test_a_place_is_free_again_once_its_visitor_has_left() -> None:
    here = Places(1, NOBODY_IN_FRONT)
    first = Visitor("192.0.2.1")
    assert here.enter(first, 0.0)

    here.leave(first)

    assert here.enter(Visitor("192.0.2.2"), 0.0)


def test_when_too_much_waits_to_be_read_whoever_reads_most_slowly_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_UNREAD", 100)
    here = Places(9, NOBODY_IN_FRONT)
    slow, slower, quick, large = (Visitor("192.0.2.1", since=since) for since in (2.0, 1.0, 3.0, 4.0))

    here.waits_for(slow, 40)
    here.waits_for(slower, 60)
    here.waits_for(quick, 60)
    here.has_read(quick)
    after_quick = slow.was_cut, slower.was_cut, quick.was_cut
    here.waits_for(large, 500)

    assert after_quick == (False, True, False)
    assert (slow.was_cut, large.was_cut) == (True, False)


def test_a_crowd_of_strangers_keeps_no_proxy_of_ours_out() -> None:
    here = Places(2, client_ip.proxies(("10.0.0.0/8",)))
    assert all(here.enter(Visitor(f"192.0.2.{n}", since=1.0), 1.0) for n in range(2))

    assert [here.enter(Visitor("10.0.0.1", since=1.0), 1.0) for _ in range(3)] == [True, True, False]


async def asks_for_a_file_and_reads_nothing(api: Api, ticket: str, file: str) -> asyncio.StreamWriter:
    """More than the system's own buffers hold is waiting for this client when it returns."""
    return await asks_and_reads_nothing(api, f"/api/v1/tickets/{ticket}/attachments/{file}", api.tokens["alice"])


async def asks_and_reads_nothing(api: Api, path: str, token: str = "") -> asyncio.StreamWriter:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", api.port))
    # A buffer of one byte: what has come is read when the test reads it.
    reader, writer = await asyncio.open_connection(sock=sock, limit=1)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    assert await reader.readexactly(8) == b"HTTP/1.1"
    return writer


async def a_large_file(desk: Desk) -> tuple[str, str]:
    large = InboundFile("dump.bin", "", bytes(LARGE))
    receipt = await desk.receive(replace(a_mail("alice@people.test"), files=(large,)))
    [file] = await rows(desk, tables.attachments)
    return str(receipt.ticket_id), str(file.id)


@pytest.mark.parametrize(("patience", "unread"), [(0.0, 3600.0), (3600.0, 0.05)])
async def test_who_asks_and_never_reads_keeps_nobody_out(
    desk_settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch, patience: float, unread: float
) -> None:
    """They make room when it is full, and are cut after a while in any case."""
    monkeypatch.setattr(places, "PATIENCE", patience)
    monkeypatch.setattr(talk, "UNREAD_SECONDS", unread)
    section = desk_settings.api.model_copy(update={"max_connections": 2})
    settings = desk_settings.model_copy(update={"api": section})
    async with desks.opened(settings, clock=clock) as desk, served(desk) as api:
        ticket, file = await a_large_file(desk)
        silent = [await asks_for_a_file_and_reads_nothing(api, ticket, file) for _ in range(2)]
        until = asyncio.get_running_loop().time() + 10

        # Once the oldest of them was cut, whoever asks is answered.
        while (await api("GET", "/health")).status == 503:
            assert asyncio.get_running_loop().time() < until
        healthy = await api("GET", "/health")

        for writer in silent:
            writer.transport.abort()
    assert healthy.status == 200


async def test_who_takes_a_large_file_slowly_holds_no_memory(sqlite_api: Api) -> None:
    ticket, file = await a_large_file(sqlite_api.desk)

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    slow = [await asks_for_a_file_and_reads_nothing(sqlite_api, ticket, file) for _ in range(3)]
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    for writer in slow:
        writer.transport.abort()

    assert held < LARGE


QUEUES = Path("/proc/net/tcp")


@pytest.mark.skipif(not QUEUES.exists(), reason="only Linux tells what waits to be sent")
async def test_of_a_large_answer_that_nobody_reads_hardly_anything_is_sent(sqlite_api: Api) -> None:
    """Or a thousand that ask and read nothing cost a thousand times all of it: the processor and the system's memory."""
    writer = await asks_and_reads_nothing(sqlite_api, "/docs/swagger-ui-bundle.js")
    client = writer.get_extra_info("sockname")[1]

    for _ in range(20):
        await sqlite_api("GET", "/health")
    waiting = unsent(sqlite_api.port, client)
    writer.transport.abort()

    assert 0 < waiting < 256 * 1024


def unsent(port: int, client: int) -> int:
    """Of a connection to `port` so many octets are in the system's hands and not yet taken."""
    rows = (line.split() for line in QUEUES.read_text().splitlines()[1:])
    ends = f":{port:04X}", f":{client:04X}"
    [queues] = [row[4] for row in rows if (row[1][-5:], row[2][-5:]) == ends]
    return int(queues.partition(":")[0], 16)


class Pipe(asyncio.Transport):
    """The way to a client who takes as much as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 1_000_000
        self.was_cut = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.was_cut = True


async def test_who_reads_slowly_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, here, pipe = asyncio.get_running_loop(), Places(1, NOBODY_IN_FRONT), Pipe()
    alarms: list[Callable[[], None]] = []
    later = loop.call_later

    def noted(seconds: float, alarm: Callable[[], None]) -> asyncio.TimerHandle:
        alarms.append(alarm)
        return later(3600, alarm)

    monkeypatch.setattr(loop, "call_later", noted)
    client = talk.Talk(
        web.Server(hello), loop, keepalive_seconds=15, places=here, render=problems.rendered, full=b""
    )  # fmt: skip
    client.transport = pipe
    client.pause_writing()

    cut = []
    for read in (talk.LEAST_READ, talk.LEAST_READ, talk.LEAST_READ - 1):
        pipe.waiting -= read
        alarms[-1]()
        cut.append(pipe.was_cut)
    client.resume_writing()

    assert cut == [False, False, True]


async def hello(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response()


async def test_slow_bodies_make_room_for_who_has_something_to_ask(
    desk_settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PATIENCE", 0.0)
    section = desk_settings.api.model_copy(update={"max_connections": 3})
    settings = desk_settings.model_copy(update={"api": section})
    async with desks.opened(settings, clock=clock) as desk, served(desk) as api, contextlib.AsyncExitStack() as stack:

        async def said(text: bytes) -> asyncio.StreamReader:
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            stack.callback(writer.close)
            writer.write(text)
            return reader

        slow = [
            await said(
                b"POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\nx"
            )
            for _ in range(3)
        ]

        asked = await said(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

        assert (await asyncio.wait_for(asked.read(), 5)).startswith(b"HTTP/1.1 200 ")
        assert await asyncio.wait_for(slow[0].read(), 5) == b""

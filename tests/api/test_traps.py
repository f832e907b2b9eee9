"""The traps that stock HTTP servers fall into (docs/promises.md), where no other file has a test for one."""

import asyncio
import gzip
import io
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from api import app as apps
from api import body
from api.app import build_app, serving
from api.auth import Tokens
from api.native import attachments, table
from core.desk import Desk
from core.tables import new_id
from tests.api.conftest import ON_ITS_LOOP, Answer, Api, served
from tests.api.test_access_matrix import canonical
from tests.builders import NOON

JSON = {"Content-Type": "application/json"}
GOOD = b'{"subject": "x", "description": "y"}'
POST = b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\n"


async def everything(port: int, sent: bytes) -> bytes:
    """All that a socket gets for these bytes, until the server closes it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\x002\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 0x5\r\n\r\nhello",
        POST + b"Content-Length: 5, 5\r\n\r\nhello",
        POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
@ON_ITS_LOOP
async def test_a_request_of_doubtful_framing_is_refused_and_nothing_after_it_is_read(
    standing: Api, sent: bytes
) -> None:
    answers = await everything(standing.port, sent + b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")

    assert answers.startswith(b"HTTP/1.0 400 ")
    assert b"application/problem+json" in answers
    assert answers.count(b"Content-Length: ") == 1


def test_without_the_parser_in_c_nothing_is_served() -> None:
    # That of Python takes one of the requests above.
    program = "import asyncio; from api import app; asyncio.run(app.serving(*[None] * 4).__aenter__())"

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "AIOHTTP_NO_EXTENSIONS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Invalid" in ended.stderr
    assert "AIOHTTP_NO_EXTENSIONS" in ended.stderr


def test_nobody_is_waited_for_longer_than_was_promised() -> None:
    assert (apps.KEEPALIVE_SECONDS, body.MOST_SECONDS) == (15, 30)


@pytest.fixture
async def hasty_api(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """A desk that waits for nobody longer than a fifth of a second."""
    monkeypatch.setattr(apps, "KEEPALIVE_SECONDS", 0.2)
    async with served(desk) as running:
        yield running


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHo", b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"])
async def test_a_connection_on_which_nothing_happens_is_closed(hasty_api: Api, sent: bytes) -> None:
    answers = await everything(hasty_api.port, sent)

    assert answers.count(b"HTTP/1.1 ") == sent.count(b"\r\n\r\n")


async def test_headers_that_drip_are_not_waited_for(hasty_api: Api) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty_api.port)
    end = asyncio.create_task(reader.read())

    async with asyncio.timeout(10):
        writer.write(b"GET /health HTTP/1.1\r\nHost: a\r\nX: ")
        while not end.done():
            writer.write(b"x")
            await asyncio.sleep(0.01)

    writer.close()


async def test_a_body_that_drips_is_not_waited_for(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "MOST_SECONDS", 0.1)
    head = f"Authorization: Bearer {sqlite_api.tokens['alice']}\r\nContent-Type: application/json\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", sqlite_api.port)
    answer = asyncio.create_task(reader.readuntil(b"\r\n"))

    async with asyncio.timeout(10):
        writer.write(POST + head + b"Content-Length: 900000\r\n\r\n")
        while not answer.done():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    assert answer.result().startswith(b"HTTP/1.1 408 ")
    writer.close()


def at(path: str, handler: Handler) -> Callable[[web.Application], None]:
    """What mounts one page beside the API."""

    def mount(app: web.Application) -> None:
        app.router.add_post(path, handler)

    return mount


async def test_nothing_is_unpacked_that_comes_compressed(desk: Desk) -> None:
    async def size(request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    bomb = gzip.compress(bytes(900_000))
    async with (
        serving(build_app(desk, extra=[at("/size", size)]), "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/size", data=bomb, headers={"Content-Encoding": "gzip"}) as answer,
    ):
        assert int(await answer.text()) == len(bomb)


async def test_what_is_being_done_goes_on_though_the_client_leaves(desk: Desk) -> None:
    begun, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        done.set()
        return web.Response()

    async with serving(build_app(desk, extra=[at("/slow", slow)]), "127.0.0.1", 0, desk.settings) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await begun.wait()
        writer.transport.abort()
        # An answer to another client shows that the server has seen the first one leave.
        await everything(port, b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        go_on.set()

        await asyncio.wait_for(done.wait(), 5)


async def test_a_ticket_is_opened_once_by_a_client_who_left_and_came_again(sqlite_api: Api) -> None:
    length = (
        f"Authorization: Bearer {sqlite_api.tokens['alice']}\r\nIdempotency-Key: one\r\nContent-Length: {len(GOOD)}"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", sqlite_api.port)
    writer.write(POST + f"Content-Type: application/json\r\n{length}\r\n\r\n".encode() + GOOD)
    await writer.drain()
    writer.close()

    again = await sqlite_api("POST", "/tickets", "alice", data=GOOD, headers={**JSON, "Idempotency-Key": "one"})

    assert again.status in (200, 201)
    assert (await sqlite_api("GET", "/tickets", "alice")).json["pagination"]["total"] == 1


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'{"subject": "a", "description": "y", "subject": "b"}', "subject"),
        (b'{"subject": "a", "description": "y", "\\u0073ubject": "a"}', "subject"),
        (b'{"subject": "a", "description": "y", "metadata": {"browser": "a", "browser": "b"}}', "browser"),
    ],
)
async def test_a_key_that_is_named_twice_is_refused(sqlite_api: Api, data: bytes, field: str) -> None:
    answer = await sqlite_api("POST", "/tickets", "alice", data=data, headers=JSON)

    assert answer.is_problem(400)
    assert answer.wrong_fields == {field}


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("GET", "/tickets?priority=low&page=1&priority=urgent", None),
        ("POST", "/auth/token", "username=bob&username=alice&password=x"),
    ],
)
async def test_a_parameter_that_is_named_twice_is_refused(
    sqlite_api: Api, method: str, path: str, form: str | None
) -> None:
    """Of two readers one takes the first, another the last; of a token's form RFC 6749 says so itself (3.2)."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    answer = await sqlite_api(method, path, "alice", data=form, headers=headers)

    assert answer.is_problem(400)
    assert answer.wrong_fields <= {"priority", "username"}


UNREADABLE: dict[str, tuple[bytes, Mapping[str, str]]] = {
    "no JSON": (b"{", JSON),
    "another charset": (GOOD.decode().encode("utf-16"), JSON),
    "no text": (b'{"\xff": 1}', JSON),
    "no charset": (b"{}", {"Content-Type": "application/json; charset=bogus"}),
    "a form without its boundary": (b"--b--", {"Content-Type": "multipart/form-data"}),
    "a form without its end": (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', {"Content-Type": "multipart/form-data; boundary=b"}),
    "a form with strange parts": (b"--b\r\nContent-Transfer-Encoding: bogus\r\n\r\nx\r\n--b--", {"Content-Type": "multipart/form-data; boundary=b"}),
    "deep": (b"[" * 100_000, JSON),
    "too many digits": (b"9" * 5_000, JSON),
    "too large": (b" " * (body.MOST_BYTES + 1), JSON),
}  # fmt: skip
# What is asked for by these is said by the path alone.
BODILESS = ("/auth/logout", "/auto-classify", "/embed-token", "/link", "/replay", "/reset", "/retry", "/secret")
WRITES = [
    canonical(route)
    for route in table.routes()
    # A file of tickets may be nearly anything: tests/api/test_import_api.py.
    if route.method in ("POST", "PUT", "PATCH") and not route.path.endswith((*BODILESS, "/tickets/import"))
]


@pytest.mark.parametrize("name", UNREADABLE)
@ON_ITS_LOOP
async def test_no_route_takes_or_breaks_over_what_cannot_be_read(standing: Api, name: str) -> None:
    data, headers = UNREADABLE[name]
    names = defaultdict[str, str](
        lambda: str(new_id()),
        ticket=(await standing.ticket("alice"))["id"],
        username="alice",
        contract="healthcare",
        list="status",
        number="1",
    )

    answers: dict[tuple[str, str], Answer] = {}
    for method, path in WRITES:
        sent = io.BytesIO(data)
        answers[method, path] = await standing(method, path.format_map(names), "carol", data=sent, headers=headers)

    assert {asked: answer.status for asked, answer in answers.items()} == {
        (method, path): _refusal(name, path) for method, path in answers
    }
    assert all(answer.is_problem(answer.status) for answer in answers.values())


def _refusal(name: str, path: str) -> int:
    is_form, takes_form = "multipart/form-data" in UNREADABLE[name][1]["Content-Type"], path.endswith("/attachments")
    if is_form is not takes_form:
        return 415
    return 413 if name == "too large" else 400


@pytest.mark.parametrize(("number", "status"), [(2**63 - 1, 200), (2**63, 400), (2**64, 400), (-1, 400)])
@ON_ITS_LOOP
async def test_a_number_that_no_database_takes_is_the_clients_fault(
    standing_any: Api, number: int, status: int
) -> None:
    assert (await standing_any("GET", f"/tickets?cursor={number}", "bob")).status == status
    assert (await standing_any("GET", f"/tickets/{10**18 - 1}", "bob")).is_problem(404)


@pytest.mark.parametrize("evil", ["a%0d%0aX-Evil:%201", "a%0d%0a%0d%0a<script>", "%e2%80%a8X-Evil:1", "a%00"])
async def test_no_path_gets_into_a_header(sqlite_api: Api, evil: str) -> None:
    for path in (f"/tickets/{evil}/", f"/users/{evil}/", f"/tickets/embed/{evil}/", f"/{evil}?{evil}={evil}"):
        request = f"GET /api/v1{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

        head, _, _ = (await everything(sqlite_api.port, request.encode())).partition(b"\r\n\r\n")

        assert head.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 404 "))
        assert b"X-Evil" not in head


async def test_a_file_whose_name_is_a_header_is_downloaded_all_the_same(desk: Desk) -> None:
    async def file(request: web.Request) -> web.Response:
        return attachments.download(b"content", "a\r\nX-Evil: 1\r\n\r\n\u2028é\x00.txt", "text/plain\r\nX-Evil: 2")

    async with (
        serving(build_app(desk, extra=[at("/file", file)]), "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/file") as answer,
    ):
        assert (answer.status, await answer.read()) == (200, b"content")
        assert "X-Evil" not in answer.headers


@pytest.mark.parametrize("length", [0, 6, 31])
def test_a_short_key_signs_nothing_and_opens_nothing(length: int) -> None:
    short = Tokens(b"k" * length, timedelta(hours=1))

    with pytest.raises(jwt.InvalidKeyError):
        short.issue(new_id(), 1, NOON)


async def test_a_password_counts_to_its_end(sqlite_api: Api) -> None:
    password = "\N{FIRE}" * 64
    account = {"username": "frank", "password": password, "role": "agent"}
    assert (await sqlite_api("POST", "/users", "carol", json=account)).status == 201

    tries = [password, password[:18], password + "x"]
    answers = [await sqlite_api("POST", "/auth/token", json={"username": "frank", "password": one}) for one in tries]

    assert [answer.status for answer in answers] == [200, 401, 401]

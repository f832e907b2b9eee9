"""The server around the application: connections, faults, headers, logs, stopping."""

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from structlog.testing import capture_logs

from api.app import build_app, serving
from api.front import SECURITY
from core import desk as desks
from core.config import Settings
from core.desk import Desk
from core.errors import Unavailable
from tests.api.conftest import Api, served
from tests.builders import Clock


async def test_every_answer_is_dressed_for_safety_and_names_no_version(sqlite_api: Api) -> None:
    for path in ("/health", "/tickets", "/nope", "/metrics"):
        headers = (await sqlite_api("GET", path)).headers
        assert {name: headers[name] for name, _ in SECURITY} == dict(SECURITY)
        assert "Server" not in headers
        assert headers["X-Request-Id"]


async def test_one_connection_too_many_is_asked_to_come_back(desk_settings: Settings, clock: Clock) -> None:
    section = desk_settings.api.model_copy(update={"max_connections": 3})
    async with (
        desks.opened(desk_settings.model_copy(update={"api": section}), clock=clock) as desk,
        served(desk) as api,
    ):
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(3):
                _, writer = await asyncio.open_connection("127.0.0.1", api.port)
                stack.callback(writer.close)
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
            stack.callback(writer.close)
            answer = await asyncio.wait_for(reader.read(), 5)

        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"application/problem+json" in answer
        assert b"Retry-After" in answer


def at(path: str, handler: Handler) -> Callable[[web.Application], None]:
    """What mounts one page beside the API."""

    def mount(app: web.Application) -> None:
        app.router.add_get(path, handler)

    return mount


async def ask(app: web.Application, desk: Desk, path: str) -> tuple[int, dict[str, object]]:
    async with (
        serving(app, "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, await answer.json(content_type="application/problem+json")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ZeroDivisionError("the secret is hunter2"), 500),
        (ValueError("the secret is hunter2"), 500),
        (KeyError("the secret is hunter2"), 500),
        (RecursionError("the secret is hunter2"), 500),
        (TimeoutError("the secret is hunter2"), 503),
        (OSError(28, "the secret is hunter2"), 503),
        (Unavailable("the desk is stopping"), 503),
        (web.HTTPForbidden(), 403),
    ],
)
async def test_a_fault_of_ours_says_nothing_about_itself(desk: Desk, error: Exception, status: int) -> None:
    async def faulty(request: web.Request) -> web.Response:
        raise error

    app = build_app(desk, extra=[at("/faulty", faulty)])

    with capture_logs() as logs:
        answered, problem = await ask(app, desk, "/faulty")

    assert (answered, problem["status"]) == (status, status)
    assert "hunter2" not in str(problem)
    faults = [entry for entry in logs if entry["event"] == "http_fault"]
    expected = not isinstance(error, Unavailable | web.HTTPException)
    assert bool(faults) is expected
    if status == 500:
        assert faults[0]["request"] in str(problem["detail"])


async def test_a_redirect_of_a_page_is_let_through(desk: Desk) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/health")

    app = build_app(desk, extra=[at("/elsewhere", elsewhere)])
    async with (
        serving(app, "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/elsewhere") as answer,
    ):
        assert await answer.json() == {"status": "ok"}


async def test_what_is_being_answered_when_the_server_stops_is_finished(desk: Desk) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        entered.set()
        await leave.wait()
        return web.Response(text="done")

    app = build_app(desk, extra=[at("/slow", slow)])
    async with aiohttp.ClientSession() as session:

        async def client(port: int) -> str:
            async with session.get(f"http://127.0.0.1:{port}/slow") as answer:
                return await answer.text()

        async with serving(app, "127.0.0.1", 0, desk.settings) as port:
            asking = asyncio.create_task(client(port))
            await entered.wait()
            asyncio.get_running_loop().call_later(0.05, leave.set)

        assert await asking == "done"


async def test_logs_carry_templates_and_never_tokens_queries_or_bodies(sqlite_api: Api) -> None:
    ticket = await sqlite_api.ticket("alice")
    secrets = (ticket["embed_token"], sqlite_api.tokens["bob"], "correct horse", "needle", "It burns")

    with capture_logs() as logs:
        await sqlite_api("GET", f"/tickets/embed/{ticket['embed_token']}")
        await sqlite_api("GET", "/tickets/embed/9f40cb91-0000-4000-8000-000000000000")
        await sqlite_api("GET", "/tickets?q=needle&wrong=1", "bob")
        await sqlite_api("GET", "/needle\x1b[31m")
        await sqlite_api("POST", "/auth/token", json={"username": "bob", "password": "correct horse"})
        await sqlite_api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"subject": "needle"})

    assert not [secret for secret in secrets if secret in str(logs)]
    assert [(entry["method"], entry["route"], entry["status"]) for entry in logs] == [
        ("GET", "/api/v1/tickets/embed/{token}", 404),
        ("GET", "/api/v1/tickets", 400),
        ("GET", "(unknown)", 404),
        ("POST", "/api/v1/auth/token", 200),
        ("PATCH", "/api/v1/tickets/{ticket}", 200),
    ]


async def test_a_quiet_log_level_writes_no_requests_down(desk_settings: Settings, clock: Clock) -> None:
    section = desk_settings.log.model_copy(update={"level": "warning"})
    async with (
        desks.opened(desk_settings.model_copy(update={"log": section}), clock=clock) as desk,
        served(desk) as api,
    ):
        with capture_logs() as logs:
            await api("GET", "/nope")

    assert logs == []


async def test_a_draining_desk_answers_503_and_loses_nothing(sqlite_api: Api) -> None:
    await sqlite_api.desk.drain()

    opened = await sqlite_api("POST", "/tickets", "alice", json={"subject": "x", "description": "y"})

    assert opened.is_problem(503)
    assert opened.headers["Retry-After"] == "5"
    assert (await sqlite_api("GET", "/tickets", "alice")).json["pagination"]["total"] == 0

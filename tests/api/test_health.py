"""Health, readiness and metrics."""

import asyncio
import shutil

import aiohttp
import pytest

from api import health
from api.app import build_app, serving
from core.desk import Desk
from tests.api.conftest import Api
from tests.builders import a_mail


async def test_a_served_desk_is_healthy_and_ready(api: Api) -> None:
    assert (await api("GET", "/health")).json == {"status": "ok"}
    ready = await api("GET", "/ready")
    assert ready.status == 200
    assert ready.json == {"status": "ready", "checks": ["database", "writer", "disk"]}


async def test_a_dead_writer_is_named(sqlite_api: Api) -> None:
    writer = sqlite_api.desk.writer
    assert writer is not None
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)

    answer = await sqlite_api("GET", "/ready")

    assert answer.is_problem(503)
    assert "writer" in answer.json["detail"]
    assert answer.headers["Retry-After"] == "5"
    assert (await sqlite_api("GET", "/health")).status == 200


async def test_an_unreachable_database_is_named(sqlite_api: Api) -> None:
    held = [await sqlite_api.desk.database.read.connect() for _ in range(4)]

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(health, "DATABASE_SECONDS", 0.05)
            answer = await sqlite_api("GET", "/ready")
    finally:
        for connection in held:
            await connection.close()

    assert answer.is_problem(503)
    assert "database" in answer.json["detail"]


async def test_a_full_disk_is_named(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 63 * 2**20))

    answer = await sqlite_api("GET", "/ready")

    assert answer.is_problem(503)
    assert "disk" in answer.json["detail"]


@pytest.mark.parametrize(("alive", "status"), [(True, 200), (False, 503)])
async def test_each_background_task_counts(desk: Desk, alive: bool, status: int) -> None:
    app = build_app(desk, alive={"mail courier": lambda: alive})
    async with (
        serving(app, "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/ready") as answer,
    ):
        assert answer.status == status
        assert "mail courier" in await answer.text()


async def test_metrics_tell_what_was_answered_and_what_waits(api: Api) -> None:
    ticket = await api.ticket("alice")
    await api.desk.receive(a_mail("ann@customer.test"))
    await api("GET", f"/tickets/{ticket['id']}", "bob")
    await api("GET", f"/tickets/{ticket['id']}", "bob")
    await api("BREW", "/nope")

    answer = await api("GET", "/metrics")

    text = answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/plain")
    route = "/api/v1/tickets/{ticket}"
    assert f'deskbell_http_requests_total{{method="GET",route="{route}",status="200"}} 2.0' in text
    assert f'deskbell_http_seconds_count{{route="{route}"}} 2.0' in text
    assert 'deskbell_deliveries{state="queued"} 1.0' in text
    assert 'deskbell_ledger{state="ticket"} 2.0' in text
    assert "deskbell_queue_backlog 0.0" in text
    assert ticket["id"] not in text


async def test_metrics_tell_of_incidents_until_an_admin_ends_them(api: Api) -> None:
    for _ in range(5):
        await api.desk.receive(a_mail("ann@customer.test"))

    found = (await api("GET", "/metrics")).body.decode()
    [incident] = (await api("GET", "/incidents", "carol")).json["incidents"]
    await api("POST", f"/incidents/{incident['id']}/reset", "carol")
    ended = (await api("GET", "/metrics")).body.decode()

    assert 'deskbell_incidents{state="budget"} 1.0' in found
    assert 'deskbell_incidents{state="loop"} 0.0' in found
    assert 'deskbell_incidents{state="budget"} 0.0' in ended


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto"])
async def test_metrics_are_not_for_whoever_comes_through_a_proxy(sqlite_api: Api, header: str) -> None:
    through = {header: "for=203.0.113.7"}

    assert (await sqlite_api("GET", "/metrics", headers=through)).is_problem(401)
    assert (await sqlite_api("GET", "/metrics", "bob", headers=through)).is_problem(403)
    assert (await sqlite_api("GET", "/metrics", "carol", headers=through)).status == 200

"""The embed look-up: seed 003 to the letter, and nothing more."""

from datetime import timedelta

import pytest

from tests.api.conftest import Api
from tests.builders import Clock


async def test_a_ticket_shows_four_fields_and_no_others(api: Api) -> None:
    ticket = await api.ticket("alice", subject="App Crash")
    await api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "in_progress"})

    answer = await api("GET", f"/tickets/embed/{ticket['embed_token']}")

    assert answer.status == 200
    assert answer.json == {
        "subject": "App Crash",
        "status": "In Progress",
        "last_updated": "2026-03-02T12:00:00",
        "link": f"http://127.0.0.1:8000/t/{ticket['embed_token']}",
    }


async def test_any_site_may_ask_and_nobody_learns_where_from(sqlite_api: Api) -> None:
    ticket = await sqlite_api.ticket("alice")

    headers = (await sqlite_api("GET", f"/tickets/embed/{ticket['embed_token']}")).headers

    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "public, max-age=5"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize(
    "token", ["0", "%00", "x" * 500, "9F40CB91-0000-4000-8000-000000000000", "%e2%98%83", "' OR 1=1 --"]
)
async def test_every_miss_is_the_same_miss(api: Api, token: str) -> None:
    unknown = await api("GET", "/tickets/embed/9f40cb91-0000-4000-8000-000000000000")

    answer = await api("GET", f"/tickets/embed/{token}")

    assert answer.is_problem(404)
    assert answer.body == unknown.body


async def test_a_change_shows_after_a_second_at_the_latest(sqlite_api: Api, clock: Clock) -> None:
    ticket = await sqlite_api.ticket("alice")
    path = f"/tickets/embed/{ticket['embed_token']}"
    assert (await sqlite_api("GET", path)).json["status"] == "New"
    await sqlite_api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "waiting_customer"})

    clock.forward(timedelta(seconds=1))

    assert (await sqlite_api("GET", path)).json["status"] == "Waiting Customer"


async def test_a_deleted_ticket_is_gone_after_a_second_at_the_latest(sqlite_api: Api, clock: Clock) -> None:
    ticket = await sqlite_api.ticket("alice")
    path = f"/tickets/embed/{ticket['embed_token']}"
    await sqlite_api("GET", path)
    await sqlite_api("DELETE", f"/tickets/{ticket['id']}", "carol")

    clock.forward(timedelta(seconds=1))

    assert (await sqlite_api("GET", path)).is_problem(404)


async def test_one_address_may_ask_sixty_times_a_minute(sqlite_api: Api) -> None:
    path = "/tickets/embed/9f40cb91-0000-4000-8000-000000000000"

    statuses = [(await sqlite_api("GET", path)).status for _ in range(61)]
    refused = await sqlite_api("GET", path)

    assert statuses == [404] * 60 + [429]
    assert refused.is_problem(429)
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["RateLimit-Remaining"] == "0"

"""The embed look-up: seed 003 to the letter, and nothing more."""

import asyncio
from datetime import timedelta

import pytest

from tests.api.conftest import ON_ITS_LOOP, Api
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
@ON_ITS_LOOP
async def test_every_miss_is_the_same_miss(standing_any: Api, token: str) -> None:
    unknown = await standing_any("GET", "/tickets/embed/9f40cb91-0000-4000-8000-000000000000")

    answer = await standing_any("GET", f"/tickets/embed/{token}")

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


async def test_a_renewed_token_opens_and_the_old_one_does_not(api: Api) -> None:
    ticket = await api.ticket("alice")
    old = ticket["embed_token"]
    assert (await api("GET", f"/tickets/embed/{old}")).status == 200

    renewed = await api("POST", f"/tickets/{ticket['id']}/embed-token", "bob")

    new = renewed.json["embed_token"]
    assert renewed.status == 201
    assert renewed.json["link"] == f"http://127.0.0.1:8000/t/{new}"
    assert (await api("GET", f"/tickets/embed/{old}")).is_problem(404)
    assert (await api("GET", f"/tickets/embed/{new}")).json["subject"] == "Printer on fire"
    assert (await api("GET", f"/tickets/{ticket['id']}", "alice")).json["embed_token"] == new
    changes = await api("GET", f"/tickets/{ticket['id']}/changes", "bob")
    assert changes.json["changes"][-1]["new"] == "renewed"
    assert new.encode() not in changes.body


async def test_a_revoked_token_opens_nothing_at_once(api: Api) -> None:
    ticket = await api.ticket("alice")
    path = f"/tickets/embed/{ticket['embed_token']}"
    assert (await api("GET", path)).status == 200

    gone = [(await api("DELETE", f"/tickets/{ticket['id']}/embed-token", "bob")).status for _ in range(2)]

    assert gone == [204, 204]
    assert (await api("GET", path)).is_problem(404)
    assert await api.desk.embeds.get(ticket["embed_token"]) is None
    assert (await api("GET", f"/tickets/{ticket['id']}", "bob")).json["embed_token"] is None


async def test_a_look_that_began_before_the_revoking_is_not_remembered(sqlite_api: Api) -> None:
    ticket = await sqlite_api.ticket("alice")
    path, token = f"/tickets/embed/{ticket['embed_token']}", f"/tickets/{ticket['id']}/embed-token"

    await asyncio.gather(*(sqlite_api("GET", path) for _ in range(20)), sqlite_api("DELETE", token, "bob"))

    assert (await sqlite_api("GET", path)).is_problem(404)

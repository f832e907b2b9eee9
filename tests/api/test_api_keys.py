"""API keys: a program's way in, never wider than its owner."""

import asyncio
from datetime import timedelta

import pytest

from core import desk as desks
from core import tables
from core.config import Settings
from tests.api.conftest import Answer, Api, served
from tests.builders import Clock
from tests.stored import rows, with_section

TICKET = {"subject": "From a program", "description": "It beeps."}


async def a_key(api: Api, by: str, scope: str) -> str:
    """Known to `api` afterwards as `by:scope`, to be used like a sign-in."""
    made = await api("POST", "/api-keys", by, json={"name": "a program", "scope": scope})
    assert made.status == 201, made.body
    api.tokens[f"{by}:{scope}"] = made.json["key"]
    return str(made.json["key"])


async def test_a_key_is_shown_once_and_its_digest_alone_is_kept(api: Api) -> None:
    made = await api("POST", "/api-keys", "bob", json={"name": "a program", "scope": "write"})
    listed = await api("GET", "/api-keys", "bob")

    key = made.json["key"]
    assert made.status == 201
    assert key.startswith("dk_")
    assert len(key) == 46
    assert made.json["prefix"] == key[:9]
    assert listed.json["api_keys"] == [{name: value for name, value in made.json.items() if name != "key"}]
    assert key.encode() not in listed.body
    assert not any(key in str(tuple(row)) for row in await rows(api.desk, tables.api_keys))


async def test_a_key_works_as_a_bearer_token_and_as_a_header_of_its_own(api: Api) -> None:
    key = await a_key(api, "bob", "write")

    as_bearer = await api("GET", "/users/me", "bob:write")
    as_header = await api("GET", "/users/me", headers={"X-API-Key": key})
    wrong = await api("GET", "/users/me", headers={"X-API-Key": key[:-1] + "!"})
    signed_in_otherwise = await api("GET", "/users/me", "erin", headers={"X-API-Key": key})

    assert as_bearer.json["username"] == as_header.json["username"] == "bob"
    assert wrong.is_problem(401)
    assert "API key" in wrong.json["detail"]
    assert signed_in_otherwise.json["username"] == "erin"


async def test_a_key_does_what_its_scope_says_and_no_more_than_its_owner(sqlite_api: Api) -> None:
    for by in ("alice", "bob", "carol"):
        for scope in ("read", "write"):
            await a_key(sqlite_api, by, scope)
    await a_key(sqlite_api, "carol", "admin")
    ticket = (await sqlite_api.ticket("dora"))["id"]

    async def got(key: str) -> list[int]:
        asked: tuple[tuple[str, str, object], ...] = (
            ("GET", "/tickets", None),
            ("POST", "/tickets", TICKET),
            ("PATCH", f"/tickets/{ticket}", {"priority": "low"}),
            ("GET", "/users", None),
            ("POST", "/auth/logout", None),
            ("POST", "/api-keys", {"name": "another"}),
        )
        return [(await sqlite_api(method, path, key, json=sent)).status for method, path, sent in asked]

    assert await got("alice:read") == [200, 403, 403, 403, 403, 403]
    assert await got("alice:write") == [200, 201, 404, 403, 403, 403]
    assert await got("bob:read") == [200, 403, 403, 403, 403, 403]
    assert await got("bob:write") == [200, 201, 200, 403, 403, 403]
    assert await got("carol:read") == [200, 403, 403, 403, 403, 403]
    assert await got("carol:write") == [200, 201, 200, 403, 403, 403]
    assert await got("carol:admin") == [200, 201, 200, 200, 403, 403]
    assert (await sqlite_api("DELETE", f"/tickets/{ticket}", "carol:write")).is_problem(403)
    assert (await sqlite_api("DELETE", f"/tickets/{ticket}", "carol:admin")).status == 204


async def test_only_an_admin_makes_an_admins_key(sqlite_api: Api) -> None:
    for by in ("alice", "bob"):
        refused = await sqlite_api("POST", "/api-keys", by, json={"name": "x", "scope": "admin"})
        assert refused.is_problem(403)
    assert (await sqlite_api("POST", "/api-keys", "bob", json={"name": "x", "scope": "root"})).is_problem(400)
    assert (await sqlite_api("POST", "/api-keys", "bob", json={"scope": "read"})).wrong_fields == {"name"}


async def test_a_key_falls_with_its_owner(api: Api) -> None:
    await a_key(api, "carol", "admin")
    await a_key(api, "bob", "write")
    await api("PATCH", "/users/bob", "carol", json={"role": "admin"})
    await api.sign_in("bob")

    # A promotion widens no key that was made before, and a demotion narrows them all.
    assert (await api("GET", "/users", "bob:write")).is_problem(403)
    await api("PATCH", "/users/carol", "bob", json={"role": "customer"})
    assert (await api("GET", "/users", "carol:admin")).is_problem(403)
    assert (await api("GET", "/clients", "carol:admin")).is_problem(403)
    await api("PATCH", "/users/carol", "bob", json={"active": False})
    assert (await api("GET", "/users/me", "carol:admin")).is_problem(401)


async def test_a_revoked_key_opens_nothing_from_the_next_request_on(api: Api) -> None:
    await a_key(api, "bob", "write")
    [known] = (await api("GET", "/api-keys", "bob")).json["api_keys"]
    assert (await api("GET", "/users/me", "bob:write")).status == 200

    assert (await api("DELETE", f"/api-keys/{known['id']}", "erin")).is_problem(404)
    assert (await api("DELETE", f"/api-keys/{known['id']}", "bob")).status == 204

    assert (await api("GET", "/users/me", "bob:write")).is_problem(401)
    assert (await api("DELETE", f"/api-keys/{known['id']}", "bob")).is_problem(404)
    [shown] = (await api("GET", "/api-keys", "carol")).json["api_keys"]
    assert (shown["owner"], shown["revoked_at"]) == ("bob", "2026-03-02T12:00:00Z")


async def test_when_a_key_was_used_last_is_written_down_once_a_minute(api: Api, clock: Clock) -> None:
    await a_key(api, "bob", "read")

    async def last_used() -> object:
        return (await api("GET", "/api-keys", "bob")).json["api_keys"][0]["last_used_at"]

    assert await last_used() is None
    await asyncio.gather(*(api("GET", "/users/me", "bob:read") for _ in range(5)))
    first = await last_used()
    clock.forward(timedelta(seconds=50))
    await api("GET", "/users/me", "bob:read")
    second = await last_used()
    clock.forward(timedelta(seconds=20))
    await api("GET", "/users/me", "bob:read")

    assert (first, second) == ("2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z")
    assert await last_used() == "2026-03-02T12:01:10Z"


@pytest.mark.parametrize("key", ["dk_", "dk_x", "dk_" + "a" * 5000, "dk_\u00e9", "dk_ ' OR 1=1"])
async def test_what_is_no_key_opens_nothing(sqlite_api: Api, key: str) -> None:
    for headers in ({"X-API-Key": key}, {"Authorization": f"Bearer {key}"}):
        assert (await sqlite_api("GET", "/users/me", headers=headers)).is_problem(401)


async def test_guessing_keys_is_limited_by_address_and_using_one_by_its_owner(
    desk_settings: Settings, clock: Clock
) -> None:
    few = with_section(desk_settings, "limits", api_per_minute=5)
    async with desks.opened(few, clock=clock) as desk, served(desk) as api:
        await a_key(api, "bob", "read")

        async def guess(number: int) -> Answer:
            return await api("GET", "/users/me", headers={"X-API-Key": f"dk_{number}"})

        first = await api("GET", "/users/me", "bob:read")
        guesses = [(await guess(number)).status for number in range(5)]
        used = [(await api("GET", "/users/me", by)).status for by in ("bob", "bob:read") * 2]
        last = await api("GET", "/users/me", "bob:read")

    assert first.status == 200
    assert guesses == [401, 401, 401, 401, 429]
    # Making the key was the first of the owner's five.
    assert used == [200, 200, 200, 200]
    assert last.is_problem(429)

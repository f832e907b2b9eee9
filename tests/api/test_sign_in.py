"""Signing in and out, and how long a sign-in holds."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from core import tables
from tests.api.conftest import ON_ITS_LOOP, PASSWORD, Api
from tests.builders import Clock

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_a_form_and_json_sign_in_alike(api: Api) -> None:
    """Seed 003 shows the form."""
    by_form = await api("POST", "/auth/token", data=f"username=alice&password={PASSWORD}", headers=FORM)
    by_json = await api("POST", "/auth/token/", json={"username": "Alice", "password": PASSWORD})

    for answer in (by_form, by_json):
        assert answer.status == 200
        assert answer.json.keys() == {"access_token", "token_type", "expires_in"}
        assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 3600)
        api.tokens["new"] = answer.json["access_token"]
        assert (await api("GET", "/users/me", "new")).json["username"] == "alice"


async def test_a_wrong_password_and_an_unknown_name_look_the_same(sqlite_api: Api) -> None:
    wrong = await sqlite_api("POST", "/auth/token", json={"username": "alice", "password": "wrong password"})
    unknown = await sqlite_api("POST", "/auth/token", json={"username": "nobody", "password": "wrong password"})

    assert wrong.is_problem(401)
    assert wrong.body == unknown.body
    assert wrong.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        ("username=alice", FORM, 400),
        ("", FORM, 400),
        ("username=alice&password=x&colour=red", FORM, 400),
        ("username=alice&password=%ff", FORM, 400),
        (b"username=alice&password=\xff", FORM, 400),
        ("username=alice&password=" + "x" * 1025, FORM, 400),
        ("username=alice&password=" + "é" * 1025, FORM, 400),
        ("&".join(f"f{n}=1" for n in range(50)), FORM, 400),
        ("username=alice&password=x", {"Content-Type": "text/plain"}, 415),
        ("username=alice&password=x", {"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ("username=alice&password=x", {"Content-Type": FORM["Content-Type"] + "; charset=utf-16"}, 400),
        ("username=alice&password=x", {**FORM, "Content-Encoding": "gzip"}, 415),
    ],
)
@ON_ITS_LOOP
async def test_a_sign_in_that_cannot_be_read_is_refused(
    standing: Api, data: str | bytes, headers: dict[str, str], status: int
) -> None:
    assert (await standing("POST", "/auth/token", data=data, headers=headers)).is_problem(status)


async def test_guessing_at_one_account_grows_slower_and_slower_and_never_stops_for_good(
    sqlite_api: Api, clock: Clock
) -> None:
    async def attempt(password: str) -> tuple[int, str | None]:
        clock.forward(timedelta(seconds=7))  # Slow enough for the allowance of the address.
        answer = await sqlite_api("POST", "/auth/token", json={"username": "alice", "password": password})
        return answer.status, answer.headers.get("Retry-After")

    free = [await attempt("wrong password") for _ in range(5)]
    assert [status for status, _ in free] == [401] * 5
    assert await attempt(PASSWORD) == (429, "53")
    clock.forward(timedelta(minutes=1))
    assert (await attempt("wrong password"))[0] == 401
    assert await attempt(PASSWORD) == (429, "113")
    clock.forward(timedelta(minutes=2))

    assert (await attempt(PASSWORD))[0] == 200
    assert (await attempt("wrong password"))[0] == 401
    assert (await attempt(PASSWORD))[0] == 200


async def test_one_address_may_try_only_so_often(sqlite_api: Api) -> None:
    answers = [
        await sqlite_api("POST", "/auth/token", json={"username": f"user{n}", "password": ""}) for n in range(11)
    ]

    assert [answer.status for answer in answers] == [400] * 10 + [429]
    assert answers[-1].is_problem(429)
    assert answers[-1].headers["Retry-After"] == "6"


async def test_a_crowd_at_the_door_is_asked_to_come_back(sqlite_api: Api) -> None:
    """Hashing is slow on purpose; what waits for it is bounded."""
    door = {"username": "x", "password": "wrong password"}

    answers = await asyncio.gather(
        *(sqlite_api("POST", "/auth/token", json={**door, "username": f"u{n}"}) for n in range(10))
    )

    assert {answer.status for answer in answers} == {401, 429}
    assert sum(answer.status == 401 for answer in answers) == 8
    assert all(a.headers["Retry-After"] == "2" for a in answers if a.status == 429)


async def test_a_disabled_account_is_out_from_the_next_request_on(api: Api) -> None:
    assert (await api("GET", "/users/me", "bob")).status == 200

    await api("PATCH", "/users/bob", "carol", json={"active": False})

    assert (await api("GET", "/users/me", "bob")).is_problem(401)
    assert (await api("POST", "/auth/token", json={"username": "bob", "password": PASSWORD})).is_problem(401)


async def test_a_demoted_agent_loses_what_agents_may_from_the_next_request_on(api: Api) -> None:
    ticket = await api.ticket("alice")

    async with api.desk.writing() as connection:
        await connection.execute(update(tables.users).where(tables.users.c.username == "bob").values(role="customer"))

    assert (await api("GET", f"/tickets/{ticket['id']}", "bob")).is_problem(404)
    assert (await api("GET", f"/tickets/{ticket['id']}/changes", "bob")).is_problem(403)


async def test_a_new_password_ends_the_sign_ins_made_with_the_old_one(api: Api) -> None:
    changed = await api("PATCH", "/users/bob", "carol", json={"password": "another password"})

    assert changed.status == 200
    assert (await api("GET", "/users/me", "bob")).is_problem(401)
    assert (await api("POST", "/auth/token", json={"username": "bob", "password": "another password"})).status == 200


async def test_signing_out_ends_every_sign_in_of_the_account_and_of_no_other(api: Api) -> None:
    assert (await api("POST", "/auth/logout", "bob")).status == 204

    assert (await api("GET", "/users/me", "bob")).is_problem(401)
    assert (await api("GET", "/users/me", "erin")).status == 200


async def test_a_sign_in_ends_by_itself(sqlite_api: Api, clock: Clock) -> None:
    clock.forward(timedelta(minutes=59))
    assert (await sqlite_api("GET", "/users/me", "bob")).status == 200

    clock.forward(timedelta(minutes=1))

    answer = await sqlite_api("GET", "/users/me", "bob")
    assert answer.is_problem(401)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


async def test_a_deleted_account_is_out(sqlite_api: Api) -> None:

    async with sqlite_api.desk.writing() as connection:
        await connection.execute(
            update(tables.users).where(tables.users.c.username == "bob").values(deleted_at=sqlite_api.desk.clock())
        )

    assert (await sqlite_api("GET", "/users/me", "bob")).is_problem(401)

"""Accounts over the native API: roles, disabling, passwords, and what ends a sign-in."""

import asyncio

import pytest

from tests.api.conftest import PASSWORD, Api

NEW = "a better horse"


async def signs_in(api: Api, name: str, password: str = PASSWORD) -> bool:
    answer = await api("POST", "/auth/token", json={"username": name, "password": password})
    return answer.status == 200


@pytest.mark.parametrize(
    "change", [{"role": "customer"}, {"role": "admin"}, {"active": False}, {"password": NEW}], ids=str
)
async def test_a_new_role_state_or_password_ends_every_sign_in_at_once(api: Api, change: dict[str, object]) -> None:
    assert (await api("GET", "/tickets", "bob")).status == 200

    changed = await api("PATCH", "/users/bob", "carol", json=change)

    assert changed.status == 200
    assert (await api("GET", "/users/me", "bob")).is_problem(401)


async def test_a_new_name_or_address_ends_nothing(sqlite_api: Api) -> None:
    changed = await sqlite_api("PATCH", "/users/bob", "carol", json={"name": "Bob Builder", "email": "bob@new.test"})

    assert (changed.json["name"], changed.json["email"]) == ("Bob Builder", "bob@new.test")
    assert (await sqlite_api("GET", "/users/me", "bob")).json == changed.json


async def test_a_demoted_agent_sees_their_own_tickets_only(api: Api) -> None:
    await api.ticket("alice")
    await api("PATCH", "/users/bob", "carol", json={"role": "customer"})
    await api.sign_in("bob")

    assert (await api("GET", "/tickets", "bob")).json["tickets"] == []
    assert (await api.ticket("bob"))["client"]["email"] == "bob@people.test"


async def test_the_last_admin_stays_one(api: Api) -> None:
    assert (await api("PATCH", "/users/carol", "carol", json={"role": "agent"})).is_problem(409)
    await api("PATCH", "/users/bob", "carol", json={"role": "admin"})

    assert (await api("PATCH", "/users/carol", "carol", json={"role": "agent"})).status == 200
    await api.sign_in("bob")
    assert (await api("PATCH", "/users/bob", "bob", json={"role": "customer"})).is_problem(409)


async def test_deleting_an_account_disables_it_and_nobody_deletes_themselves(sqlite_api: Api) -> None:
    assert (await sqlite_api("DELETE", "/users/carol", "carol")).is_problem(409)
    assert (await sqlite_api("DELETE", "/users/nobody", "carol")).is_problem(404)

    gone = [(await sqlite_api("DELETE", "/users/bob", "carol")).status for _ in range(2)]

    assert gone == [204, 204]
    assert (await sqlite_api("GET", "/users/me", "bob")).is_problem(401)
    assert not await signs_in(sqlite_api, "bob")
    assert (await sqlite_api("GET", "/users/bob", "carol")).json["active"] is False


async def test_somebody_sets_a_new_password_of_their_own(sqlite_api: Api) -> None:
    answer = await sqlite_api(
        "PUT", "/users/me/password", "bob", json={"current_password": PASSWORD, "new_password": NEW}
    )

    assert answer.status == 200
    assert (await sqlite_api("GET", "/users/me", "bob")).is_problem(401)
    sqlite_api.tokens["bob"] = answer.json["access_token"]
    assert (await sqlite_api("GET", "/users/me", "bob")).status == 200
    assert await signs_in(sqlite_api, "bob", NEW)
    assert not await signs_in(sqlite_api, "bob")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"current_password": "guess", "new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": "short"}, "new_password"),
        ({"new_password": NEW}, "current_password"),
    ],
)
async def test_an_open_session_alone_sets_no_password(sqlite_api: Api, sent: dict[str, str], field: str) -> None:
    answer = await sqlite_api("PUT", "/users/me/password", "bob", json=sent)

    assert answer.is_problem(400)
    assert answer.wrong_fields == {field}
    assert (await sqlite_api("GET", "/users/me", "bob")).status == 200


async def test_guessing_ones_own_password_is_slowed_down_too(sqlite_api: Api) -> None:
    wrong = {"current_password": "guess", "new_password": NEW}

    statuses = [(await sqlite_api("PUT", "/users/me/password", "bob", json=wrong)).status for _ in range(7)]

    assert statuses[0] == 400
    assert statuses[-1] == 429


async def test_agents_are_accounts_whose_role_it_is_to_answer(sqlite_api: Api) -> None:
    made = await sqlite_api(
        "POST",
        "/agents",
        "carol",
        json={"username": "frank", "name": "Frank", "email": "frank@desk.test", "password": "long enough"},
    )
    listed = (await sqlite_api("GET", "/agents", "bob")).json
    changed = await sqlite_api("PATCH", "/agents/frank", "carol", json={"name": "Francis"})

    assert (made.status, made.headers["Location"]) == (201, "/api/v1/agents/frank")
    assert set(made.json) == {"id", "username", "name", "email", "active", "created_at"}
    assert [agent["username"] for agent in listed["agents"]] == ["bob", "erin", "frank"]
    assert changed.json["name"] == "Francis"
    assert await signs_in(sqlite_api, "frank", "long enough")
    assert (await sqlite_api("DELETE", "/agents/frank", "carol")).status == 204
    assert not await signs_in(sqlite_api, "frank", "long enough")
    for method in ("GET", "PATCH", "DELETE"):
        assert (await sqlite_api(method, "/agents/alice", "carol", json={"name": "x"})).is_problem(404)


@pytest.mark.parametrize("name", ["me", "none", "ME"])
async def test_words_of_the_api_are_no_names(sqlite_api: Api, name: str) -> None:
    refused = await sqlite_api(
        "POST", "/users", "carol", json={"username": name, "password": "long enough", "role": "agent"}
    )

    assert refused.is_problem(400)
    assert refused.wrong_fields == {"username"}


async def test_accounts_are_read_in_pages_and_by_role(api: Api) -> None:
    first = (await api("GET", "/users?limit=2", "carol")).json
    rest = (await api("GET", f"/users?limit=3&cursor={first['pagination']['next_cursor']}", "carol")).json
    second = (await api("GET", "/users?limit=2&page=2", "carol")).json
    customers = (await api("GET", "/users?role=customer", "carol")).json

    assert [user["username"] for user in first["users"] + rest["users"]] == ["alice", "bob", "carol", "dora", "erin"]
    assert [user["username"] for user in second["users"]] == ["carol", "dora"]
    assert [user["username"] for user in customers["users"]] == ["alice", "dora"]
    assert customers["pagination"] == {"page": 1, "limit": 100, "total": 2, "total_pages": 1, "next_cursor": None}


async def test_of_two_admins_who_remove_each_other_one_stays(api: Api) -> None:
    await api("PATCH", "/users/bob", "carol", json={"role": "admin"})
    await api.sign_in("bob")

    answers = await asyncio.gather(
        api("PATCH", "/users/bob", "carol", json={"role": "agent"}),
        api("PATCH", "/users/carol", "bob", json={"role": "agent"}),
    )

    assert sorted(answer.status for answer in answers) in ([200, 401], [200, 409])

"""What admins see: accounts, the ledger, deliveries."""

import pytest

from core.messages import InboundMessage
from tests.api.conftest import PASSWORD, Api
from tests.builders import a_mail


async def test_an_admin_makes_an_account_and_it_signs_in(api: Api) -> None:
    made = await api(
        "POST",
        "/users",
        "carol",
        json={"username": "Frank", "password": "long enough", "role": "customer", "email": "frank@people.test"},
    )
    signed_in = await api("POST", "/auth/token", json={"username": "frank", "password": "long enough"})

    assert made.status == 201
    assert made.headers["Location"] == "/api/v1/users/frank"
    assert (made.json["username"], made.json["role"], made.json["active"]) == ("frank", "customer", True)
    assert "password" not in made.body.decode()
    assert signed_in.status == 200
    assert made.json in (await api("GET", "/users", "carol")).json["users"]
    assert (await api("GET", "/users/FRANK", "carol")).json == made.json


async def test_a_taken_name_is_a_conflict(api: Api) -> None:
    again = {"username": "bob", "password": "long enough", "role": "agent"}

    assert (await api("POST", "/users", "carol", json=again)).is_problem(409)


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"username": "f", "password": "short", "role": "agent"}, {"password"}),
        ({"username": "f", "password": "\u00e9" * 600, "role": "agent"}, {"password"}),
        ({"username": "Not A Name", "password": "long enough", "role": "agent"}, {"username"}),
        ({"username": "f", "password": "long enough", "role": "king"}, {"role"}),
        ({"username": "f", "password": "long enough", "role": "customer", "email": "@"}, {"email"}),
        ({}, {"username", "password", "role"}),
    ],
)
async def test_a_wrong_account_is_refused(sqlite_api: Api, wrong: dict[str, object], fields: set[str]) -> None:
    answer = await sqlite_api("POST", "/users", "carol", json=wrong)

    assert answer.is_problem(400)
    assert answer.wrong_fields == fields


async def test_no_admin_locks_themselves_out(sqlite_api: Api) -> None:
    assert (await sqlite_api("PATCH", "/users/carol", "carol", json={"active": False})).is_problem(409)
    assert (await sqlite_api("PATCH", "/users/CAROL", "carol", json={"active": False})).is_problem(409)
    assert (await sqlite_api("GET", "/users/me", "carol")).status == 200


async def test_a_disabled_account_can_be_let_in_again(sqlite_api: Api) -> None:
    await sqlite_api("PATCH", "/users/bob", "carol", json={"active": False})
    await sqlite_api("PATCH", "/users/bob", "carol", json={"active": True})

    answer = await sqlite_api("POST", "/auth/token", json={"username": "bob", "password": PASSWORD})

    assert answer.status == 200


async def test_nobody_is_changed_who_is_not_there(sqlite_api: Api) -> None:
    assert (await sqlite_api("PATCH", "/users/nobody", "carol", json={"active": True})).is_problem(404)
    assert (await sqlite_api("GET", "/users/nobody", "carol")).is_problem(404)


async def test_the_ledger_shows_every_arrival_and_its_bytes(api: Api) -> None:
    mail: InboundMessage = a_mail("ann@customer.test", raw=b"Subject: Hi\r\n\r\n\x00\xff raw bytes")
    receipt = await api.desk.receive(mail)

    [entry] = (await api("GET", "/ledger", "carol")).json["entries"]
    raw = await api("GET", f"/ledger/{entry['id']}/raw", "carol")

    assert entry["id"] == str(receipt.ledger_id)
    assert (entry["disposition"], entry["channel"], entry["ticket_number"]) == ("ticket", "email", 1)
    assert raw.body == mail.raw
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert raw.headers["Content-Disposition"].startswith(f'attachment; filename="{entry["id"]}.eml"')
    assert "sandbox" in raw.headers["Content-Security-Policy"]


async def test_the_ledger_is_walked_through_and_filtered(api: Api) -> None:
    for _ in range(5):
        await api.ticket()
    seen: list[int] = []
    query = "?limit=2"

    while query:
        page = (await api("GET", f"/ledger{query}", "carol")).json
        seen += [entry["ticket_number"] for entry in page["entries"]]
        query = f"?limit=2&before={page['next_before']}" if page["next_before"] else ""

    assert seen == [5, 4, 3, 2, 1]
    assert (await api("GET", "/ledger?failed=true", "carol")).json == {"entries": [], "next_before": None}


@pytest.mark.parametrize(
    "query", ["ledger?before=1", "ledger?failed=perhaps", "deliveries?state=lost", "ledger?limit=0"]
)
async def test_a_wrong_question_is_refused(sqlite_api: Api, query: str) -> None:
    assert (await sqlite_api("GET", f"/{query}", "carol")).is_problem(400)

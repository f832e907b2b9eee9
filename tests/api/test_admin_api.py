"""What admins see: accounts, the ledger, deliveries."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from core import outbox
from core.messages import InboundMessage
from core.outbox import Failed, TryAgain
from core.tables import new_id
from core.vocabulary import Channel, Outcome
from tests.api.conftest import ON_ITS_LOOP, PASSWORD, Api
from tests.builders import Clock, a_mail


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
        ({"username": "f", "password": "\u00e9" * 1025, "role": "agent"}, {"password"}),
        ({"username": "Not A Name", "password": "long enough", "role": "agent"}, {"username"}),
        ({"username": "f", "password": "long enough", "role": "king"}, {"role"}),
        ({"username": "f", "password": "long enough", "role": "customer", "email": "@"}, {"email"}),
        ({}, {"username", "password", "role"}),
    ],
)
@ON_ITS_LOOP
async def test_a_wrong_account_is_refused(standing: Api, wrong: dict[str, object], fields: set[str]) -> None:
    answer = await standing("POST", "/users", "carol", json=wrong)

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
        cursor = page["pagination"]["next_cursor"]
        query = f"?limit=2&cursor={cursor}" if cursor else ""

    assert seen == [5, 4, 3, 2, 1]
    assert page["pagination"]["total"] == 5
    second = (await api("GET", "/ledger?limit=2&page=2", "carol")).json["entries"]
    assert [entry["ticket_number"] for entry in second] == [3, 2]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("failed=true", []),
        ("disposition=ticket&ticket=1", [1]),
        ("disposition=spam", []),
        ("channel=email", [2]),
        ("channel=api", [1]),
        ("sender=ann@customer.test", [2]),
        ("received_from=2026-03-02T12:00:00Z&received_to=2026-03-02T13:00:00Z", [2, 1]),
        ("received_to=2026-03-02T12:00:00Z", []),
    ],
)
@ON_ITS_LOOP
async def test_the_ledger_is_filtered(used: Api, query: str, found: list[int]) -> None:
    shown = (await used("GET", f"/ledger?{query}", "carol")).json

    assert [entry["ticket_number"] for entry in shown["entries"]] == found
    assert shown["pagination"]["total"] == len(found)


@pytest.mark.parametrize(
    "query", ["ledger?cursor=1", "ledger?failed=perhaps", "deliveries?state=lost", "ledger?limit=0"]
)
async def test_a_wrong_question_is_refused(sqlite_api: Api, query: str) -> None:
    assert (await sqlite_api("GET", f"/{query}", "carol")).is_problem(400)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def used(standing: Api) -> Api:
    """With a ticket of the API whose answer could not be delivered, and one that came by mail."""
    await a_failed_answer(standing)
    await standing.desk.receive(a_mail("ann@customer.test", acknowledge=False))
    return standing


async def a_failed_answer(api: Api) -> Any:
    """The delivery of an answer that could not be delivered."""
    ticket = await api.ticket("alice")
    await api("POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": "We are on it."})
    async with api.desk.writing() as connection:
        [claimed] = await outbox.claim(connection, Channel.EMAIL, api.desk.clock(), limit=1)
        await outbox.settle(connection, [Failed(claimed, "mailbox full")], api.desk.clock(), lifetime=timedelta())
    [delivery] = (await api("GET", "/deliveries?state=failed", "carol")).json["deliveries"]
    return delivery


async def test_a_failed_delivery_is_tried_again(api: Api, clock: Clock) -> None:
    failed = await a_failed_answer(api)
    clock.forward(timedelta(days=30))
    await api.sign_in("carol")

    again = await api("POST", f"/deliveries/{failed['id']}/retry", "carol")

    assert again.status == 200
    assert (again.json["state"], again.json["reason"], again.json["attempts"]) == ("queued", "", 1)
    assert (await api("POST", f"/deliveries/{failed['id']}/retry", "carol")).is_problem(409)
    async with api.desk.writing() as connection:
        [claimed] = await outbox.claim(connection, Channel.EMAIL, clock(), limit=1)
        # However long ago it was written: the time for which it is retried counts anew.
        await outbox.settle(connection, [TryAgain(claimed, "busy")], clock(), lifetime=timedelta(hours=1))
    [delivery] = (await api("GET", "/deliveries", "carol")).json["deliveries"]
    assert (delivery["id"], delivery["state"]) == (failed["id"], "retrying")


async def test_what_was_deleted_is_not_sent_after_all(sqlite_api: Api) -> None:
    failed = await a_failed_answer(sqlite_api)
    await sqlite_api("DELETE", "/tickets/1", "carol")

    refused = await sqlite_api("POST", f"/deliveries/{failed['id']}/retry", "carol")

    assert refused.is_problem(409)
    assert (await sqlite_api("POST", f"/deliveries/{new_id()}/retry", "carol")).is_problem(404)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", 1),
        ("state=sent", 0),
        ("kind=answer&channel=email", 1),
        ("kind=acknowledgement", 0),
        ("channel=telegram", 0),
        ("address=alice@people.test", 1),
        ("address=dora@people.test", 0),
        ("ticket=1", 1),
        ("ticket=2", 0),
    ],
)
@ON_ITS_LOOP
async def test_deliveries_are_filtered(used: Api, query: str, found: int) -> None:
    shown = (await used("GET", f"/deliveries?{query}", "carol")).json

    assert len(shown["deliveries"]) == shown["pagination"]["total"] == found


async def test_what_could_not_be_filed_is_done_again_after_a_fix(api: Api) -> None:
    raw = b"From: Ann <ann@customer.test>\r\nTo: support@desk.test\r\nSubject: Help\r\n\r\nIt burns.\r\n"
    mail = replace(a_mail("ann@customer.test", raw=raw), envelope={"sender": "ann@customer.test", "bad": {1}})
    kept = await api.desk.receive(mail)
    assert kept.outcome is Outcome.QUARANTINED

    done = await api("POST", f"/ledger/{kept.ledger_id}/replay", "carol")
    again = await api("POST", f"/ledger/{kept.ledger_id}/replay", "carol")

    assert done.status == again.status == 200
    assert (done.json["disposition"], done.json["error"]) == ("ticket", "")
    assert done.json["replayed_at"] == "2026-03-02T12:00:00Z"
    ticket = (await api("GET", f"/tickets/{done.json['ticket_number']}", "bob")).json
    assert (ticket["subject"], ticket["client"]["email"]) == ("Help", "ann@customer.test")
    assert (await api("GET", "/tickets", "bob")).json["pagination"]["total"] == 1
    assert (await api("POST", f"/ledger/{new_id()}/replay", "carol")).is_problem(404)


async def test_replaying_does_not_undo_what_its_author_has_corrected(api: Api) -> None:
    ticket = await api.ticket("alice")
    [opening] = (await api("GET", f"/tickets/{ticket['id']}/comments", "alice")).json["comments"]
    path = f"/tickets/{ticket['id']}/comments/{opening['id']}"
    await api("PATCH", path, "alice", json={"body": "It is only warm."})
    [entry] = (await api("GET", "/ledger", "carol")).json["entries"]

    assert (await api("POST", f"/ledger/{entry['id']}/replay", "carol")).status == 200

    assert (await api("GET", path, "alice")).json["body"] == "It is only warm."
    assert (await api("GET", f"/tickets/{ticket['id']}", "alice")).json["description"] == "It is only warm."

"""Clients over the native API: whoever tickets are for."""

import asyncio

import pytest

from core import desk as desks
from core.config import Settings
from tests.api.conftest import ON_ITS_LOOP, Api, served
from tests.builders import Clock, a_mail
from tests.stored import with_section

NOBODY = "01890000-0000-7000-8000-000000000000"
ANN = {"name": "Ann Archer", "email": "Ann@Customer.test", "language": "de"}


async def test_a_client_is_added_and_their_mail_is_theirs(api: Api) -> None:
    made = await api("POST", "/clients", "bob", json=ANN)
    receipt = await api.desk.receive(a_mail("ann@customer.test"))
    by_id = await api.ticket("bob", client_id=made.json["id"])

    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/clients/{made.json['id']}"
    assert (made.json["name"], made.json["email"], made.json["language"]) == ("Ann Archer", "ann@customer.test", "de")
    assert (await api("GET", f"/tickets/{receipt.ticket_id}", "bob")).json["client"]["id"] == made.json["id"]
    assert by_id["client"]["id"] == made.json["id"]
    assert (await api("GET", f"/clients/{made.json['id']}", "bob")).json == made.json
    assert (await api("GET", "/clients?email=ann@customer.test", "bob")).json["clients"] == [made.json]


@pytest.mark.parametrize(
    ("named", "actor", "reason"),
    [
        ({"customer_email": "nele@new.test", "customer_name": "Nele New"}, "bob", "for Nele New"),
        ({"customer_email": "nele@new.test"}, "bob", "for nele@new.test"),
        ({}, "Bob", ""),
    ],
)
async def test_what_an_agent_writes_down_for_a_client_is_opened_by_the_agent(
    api: Api, named: dict[str, str], actor: str, reason: str
) -> None:
    opened = await api.ticket("bob", **named)

    changes = (await api("GET", f"/tickets/{opened['id']}/changes", "bob")).json["changes"]

    assert [(c["new"], c["actor"], c["reason"]) for c in changes] == [("opened", actor, reason)]


async def test_an_address_is_one_clients(api: Api) -> None:
    answers = await asyncio.gather(*(api("POST", "/clients", "bob", json=ANN) for _ in range(3)))
    dora = (await api("GET", "/clients?email=dora@people.test", "bob")).json["clients"][0]

    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    assert (await api("PATCH", f"/clients/{dora['id']}", "bob", json={"email": ANN["email"]})).is_problem(409)


async def test_a_corrected_client_is_shown_on_their_tickets_and_answered_at_the_new_address(api: Api) -> None:
    ticket = await api.ticket("bob", customer_email="ann@customer.test", customer_name="Anne")
    before = await api("GET", f"/tickets/{ticket['id']}", "bob")

    changed = await api(
        "PATCH", f"/clients/{ticket['client']['id']}", "bob", json={"name": "Ann", "email": "ann@new.test"}
    )
    after = await api("GET", f"/tickets/{ticket['id']}", "bob", headers={"If-None-Match": before.headers["ETag"]})
    said = await api("POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": "Hello."})

    assert (changed.json["name"], changed.json["email"]) == ("Ann", "ann@new.test")
    assert after.status == 200
    assert after.json["client"] == {"id": changed.json["id"], "name": "Ann", "email": "ann@new.test"}
    assert [delivery["address"] for delivery in said.json["deliveries"]] == ["ann@new.test"]


async def test_a_client_who_waits_for_an_answer_or_signs_in_is_not_forgotten(api: Api) -> None:
    ticket = await api.ticket("bob", customer_email="ann@customer.test", customer_name="Ann")
    path = f"/clients/{ticket['client']['id']}"
    dora = (await api("GET", "/clients?email=dora@people.test", "bob")).json["clients"][0]

    assert (await api("DELETE", path, "carol")).is_problem(409)
    assert (await api("DELETE", f"/clients/{dora['id']}", "carol")).is_problem(409)
    await api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "closed"})
    assert (await api("DELETE", path, "carol")).status == 204

    assert (await api("GET", path, "carol")).is_problem(404)
    assert (await api("DELETE", path, "carol")).is_problem(404)
    again = await api.ticket("bob", customer_email="ann@customer.test", customer_name="Ann")
    assert again["client"]["id"] != ticket["client"]["id"]
    assert (await api("GET", f"/tickets/{ticket['id']}", "bob")).json["client"]["name"] == "Ann"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "Ann", "email": "@"}, "email"),
        ({"name": "Ann", "language": "German!"}, "language"),
        ({"name": "Ann", "phone": "1"}, "phone"),
    ],
)
@ON_ITS_LOOP
async def test_a_wrong_client_is_refused(standing: Api, wrong: dict[str, str], field: str) -> None:
    answer = await standing("POST", "/clients", "bob", json=wrong)

    assert answer.is_problem(400)
    assert answer.wrong_fields == {field}


async def test_clients_are_read_in_pages(api: Api) -> None:
    for number in range(3):
        await api("POST", "/clients", "bob", json={"name": str(number)})
    seen: list[str] = []
    query: str | None = "?limit=2"

    while query:
        page = (await api("GET", f"/clients{query}", "bob")).json
        seen += [client["name"] for client in page["clients"]]
        cursor = page["pagination"]["next_cursor"]
        query = f"?limit=2&cursor={cursor}" if cursor else None

    assert seen == ["Alice", "Dora", "0", "1", "2"]
    assert page["pagination"]["total"] == 5


async def test_an_agent_who_sees_assigned_tickets_only_sees_their_clients_only(
    desk_settings: Settings, clock: Clock
) -> None:
    narrow = with_section(desk_settings, "api", agents_see="assigned")
    async with desks.opened(narrow, clock=clock) as desk, served(desk) as api:
        ticket, other = await api.ticket("alice"), await api.ticket("dora")
        await api("PATCH", f"/tickets/{ticket['id']}/assign", "carol", json={"agent": "bob"})

        bobs = (await api("GET", "/clients", "bob")).json
        carols = (await api("GET", "/clients", "carol")).json
        others = await api("GET", f"/clients/{other['client']['id']}", "bob")
        told = [
            await api(method, path, by, json={**wanted, "client_id": client_id})
            for method, path, by, wanted in (
                ("PATCH", f"/tickets/{ticket['id']}", "bob", {}),
                ("PATCH", f"/tickets/{ticket['id']}", "alice", {}),
                ("POST", "/tickets", "bob", {"subject": "Printer", "description": "It burns."}),
                ("POST", "/tickets", "alice", {"subject": "Printer", "description": "It burns."}),
            )
            for client_id in (other["client"]["id"], NOBODY)
        ]

    assert [client["name"] for client in bobs["clients"]] == ["Alice"]
    assert bobs["pagination"]["total"] == 1
    assert [client["name"] for client in carols["clients"]] == ["Alice", "Dora"]
    assert others.is_problem(404)
    # Whom they may not see is, to them, not there: nothing tells the one from the other.
    assert [answer.status for answer in told] == [400, 400, 403, 403, 400, 400, 400, 400]
    assert [answer.json["detail"] for answer in told[::2]] == [answer.json["detail"] for answer in told[1::2]]
    assert [answer.json.get("errors") for answer in told[::2]] == [answer.json.get("errors") for answer in told[1::2]]

"""What an agent corrects of a ticket: what it says, what it is, and whose it is."""

import pytest

from core import tables
from core.vocabulary import DeliveryState
from tests.api.conftest import Api
from tests.stored import rows


async def test_an_agent_corrects_what_a_ticket_is_and_says(sqlite_api: Api) -> None:
    opened = await sqlite_api.ticket(metadata={"browser": "Firefox"})
    right = {"description": "It prints blank pages.", "type": "suggestion", "metadata": {"device_type": "mobile"}}

    answer = await sqlite_api("PATCH", f"/tickets/{opened['id']}", "bob", json=right)

    assert answer.status == 200
    assert (answer.json["description"], answer.json["type"]) == (right["description"], right["type"])
    assert answer.json["metadata"] == {"source": "api", "browser": "Firefox", "device_type": "mobile"}


@pytest.mark.parametrize("named", ["client_id", "customer_email"])
async def test_a_ticket_is_given_to_another_client_and_is_then_theirs_alone(api: Api, named: str) -> None:
    opened = await api.ticket("alice")
    dora = (await api("GET", "/clients?email=dora@people.test", "bob")).json["clients"][0]
    to = {"client_id": dora["id"], "customer_email": "Dora@People.test"}

    answer = await api("PATCH", f"/tickets/{opened['id']}", "bob", json={named: to[named]})

    assert answer.status == 200
    assert answer.json["client"] == {"id": dora["id"], "name": dora["name"], "email": "dora@people.test"}
    assert (await api("GET", f"/tickets/{opened['id']}", "dora")).status == 200
    assert (await api("GET", f"/tickets/{opened['id']}", "alice")).is_problem(404)


async def test_a_client_whom_nobody_knows_is_made_known_with_the_ticket(sqlite_api: Api) -> None:
    opened = await sqlite_api.ticket("alice")
    new = {"customer_email": "new@people.test", "customer_name": "Nele New"}

    answer = await sqlite_api("PATCH", f"/tickets/{opened['id']}", "bob", json=new)

    assert (answer.json["customer_email"], answer.json["customer_name"]) == ("new@people.test", "Nele New")
    changes = (await sqlite_api("GET", f"/tickets/{opened['id']}/changes", "bob")).json["changes"]
    assert [(c["field"], c["old"], c["new"]) for c in changes][-1] == (
        "requester",
        "alice@people.test",
        "new@people.test",
    )


async def test_of_a_ticket_that_was_given_away_the_old_client_gets_and_reads_nothing_more(sqlite_api: Api) -> None:
    opened = await sqlite_api.ticket("alice")
    await sqlite_api("POST", f"/tickets/{opened['id']}/comments", "bob", json={"body": "Try the other tray."})
    [waits] = await rows(sqlite_api.desk, tables.deliveries)

    answer = await sqlite_api("PATCH", f"/tickets/{opened['id']}", "bob", json={"customer_email": "dora@people.test"})

    assert (waits.address, waits.state) == ("alice@people.test", DeliveryState.QUEUED)
    [stopped] = await rows(sqlite_api.desk, tables.deliveries)
    assert (stopped.state, stopped.reason) == (
        DeliveryState.FAILED,
        "the ticket was given to another client before it was sent",
    )
    assert (await sqlite_api("GET", f"/tickets/embed/{opened['embed_token']}")).is_problem(404)
    assert (await sqlite_api("GET", f"/tickets/embed/{answer.json['embed_token']}")).status == 200

"""One desk, several languages: a ticket reads sensibly in all of them, whichever it came in, and is gone from all."""

from typing import Any

import pytest

from api.contracts.table import CONTRACTS
from core.vocabulary import Channel, Priority, Status
from tests.builders import a_mail
from tests.contracts.conftest import Served
from tests.contracts.examples import BASIC, CUSTOMER_SUPPORT, EXAMPLES, HEALTHCARE
from tests.contracts.healthcare import TICKET, Client
from tests.stored import a_post, numbered


async def listed(ask: Served, contract: str) -> Any:
    answer = (await ask(contract, "GET", "/tickets")).json
    return answer["tickets"] if isinstance(answer, dict) else answer


async def test_a_mail_reads_sensibly_everywhere(ask_any: Served) -> None:
    receipt = await ask_any.desk.receive(a_mail("ann@customer.test", "Ann Archer", text="It burns.\n\nPlease hurry!"))

    [basic] = await listed(ask_any, "basic")
    [support] = await listed(ask_any, "customer_support")

    assert basic == {
        "id": 1, "title": "Printer on fire", "description": "It burns.\n\nPlease hurry!",
        "contact_info": "ann@customer.test", "status": "pending", "updated_at": "2026-03-02T12:00:00",
        "created_at": "2026-03-02T12:00:00",
    }  # fmt: skip
    assert support["id"] == str(receipt.ticket_id)
    assert (support["customer_email"], support["customer_name"]) == ("ann@customer.test", "Ann Archer")
    assert support["customer_id"] == str((await numbered(ask_any.desk, 1)).requester.id)
    assert support["metadata"] == {"source": "email", "browser": None, "device_type": None}
    assert support["classification_reasoning"].startswith(f"Classified as {support['category']} (")
    assert (support["status"], support["tags"], support["assigned_to"]) == ("new", [], None)


async def test_a_ticket_without_an_address_reads_sensibly_too(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json={**BASIC, "contact_info": "Room 12"})

    [support] = await listed(ask, "customer_support")

    assert (support["customer_name"], support["customer_email"]) == ("Room 12", "")


@pytest.mark.parametrize(
    ("channel", "source"),
    [
        (Channel.WEB_FORM, "web_form"),
        (Channel.TELEGRAM, "chat"),
        (Channel.CONSOLE, "chat"),
        (Channel.PHONE, "phone"),
        (Channel.MOBILE, "phone"),
        (Channel.IN_PERSON, "api"),
        (Channel.IMPORT, "api"),
        (Channel.API, "api"),
    ],
)
async def test_every_channel_has_its_source(ask: Served, channel: Channel, source: str) -> None:
    await ask.desk.receive(a_post(dedupe_key="1", channel=channel))

    [support] = await listed(ask, "customer_support")

    assert support["metadata"]["source"] == source


async def test_a_native_ticket_reads_sensibly_everywhere(ask_any: Served) -> None:
    made = await ask_any.native.ticket(
        "alice", tags=["b", "a"], metadata={"source": "phone", "browser": "Firefox"}, priority="low"
    )
    await ask_any.native("PATCH", f"/tickets/{made['id']}/assign", "bob", json={"agent": "bob"})

    [basic] = await listed(ask_any, "basic")
    [support] = await listed(ask_any, "customer_support")

    assert (basic["id"], basic["contact_info"]) == (made["number"], "alice@people.test")
    assert (support["id"], support["assigned_to"], support["priority"]) == (made["id"], "bob", "low")
    assert support["tags"] == ["a", "b"]
    assert support["metadata"] == {"source": "phone", "browser": "Firefox", "device_type": None}


async def test_what_is_known_of_a_ticket_is_taken_away_by_null_and_it_has_still_come_some_way(ask: Served) -> None:
    """Found by schemathesis: its source was null then, which no document knows."""
    made = await ask.native.ticket("alice", metadata={"source": "phone", "browser": "Firefox"})

    emptied = {"metadata": {"source": None, "browser": None}}
    changed = await ask.native("PATCH", f"/tickets/{made['id']}", "bob", json=emptied)

    [support] = await listed(ask, "customer_support")
    assert changed.json["metadata"] == support["metadata"] == {"source": "api", "browser": None, "device_type": None}


async def test_what_comes_by_a_contract_reads_sensibly_in_the_native_api(ask_any: Served) -> None:
    await ask_any("customer_support", "POST", "/tickets", json={**CUSTOMER_SUPPORT, "assigned_to": "agent-456"})
    await ask_any("basic", "POST", "/tickets", json={**BASIC, "status": "in_progress"})

    basic, support = (await ask_any.native("GET", "/tickets", "bob")).json["tickets"]

    assert (support["customer_email"], support["customer_name"]) == ("john@example.com", "John Doe")
    assert (support["channel"], support["status"], support["category"]) == ("api", "new", "account_access")
    assert support["metadata"] == CUSTOMER_SUPPORT["metadata"]
    assert support["assigned_to"] is None
    assert (basic["subject"], basic["status"], basic["customer_email"]) == (
        "Issue with login", "in_progress", "user@example.com",
    )  # fmt: skip
    comments = await ask_any.native("GET", f"/tickets/{support['id']}/comments", "bob")
    assert [said["body"] for said in comments.json["comments"]] == [CUSTOMER_SUPPORT["description"]]


async def test_the_contracts_see_each_others_tickets(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)
    await ask("customer_support", "POST", "/tickets", json=CUSTOMER_SUPPORT)

    assert [one["contact_info"] for one in await listed(ask, "basic")] == ["user@example.com", "john@example.com"]
    assert [one["customer_email"] for one in await listed(ask, "customer_support")] == [
        "john@example.com", "user@example.com",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DELETED])
async def test_every_status_of_the_desk_has_its_word_in_each(ask: Served, status: Status) -> None:
    made = await ask.native.ticket("alice")
    await ask.native("PATCH", f"/tickets/{made['id']}", "bob", json={"status": status})

    [basic] = await listed(ask, "basic")
    [support] = await listed(ask, "customer_support")

    assert basic["status"] == ("pending" if status is Status.NEW else status)
    assert support["status"] == {Status.REVIEWED: "new", Status.DISCARDED: "closed"}.get(status, status.value)


async def test_what_comes_by_one_contract_reads_sensibly_in_healthcare_and_the_other_way_round(ask: Served) -> None:
    await ask("customer_support", "POST", "/tickets", json=CUSTOMER_SUPPORT)
    await ask("basic", "POST", "/tickets", json={**BASIC, "contact_info": "Room 12", "status": "discarded"})
    await ask("healthcare", "POST", "/tickets", json={**HEALTHCARE, "status_id": 2, "crit_id": 4, "pathway": "phone"})

    own, basic, support = await listed(ask, "healthcare")

    assert (support["id"], support["notifier"], support["people"]) == ("INC000001", "John Doe", ["John Doe"])
    assert (support["status"]["value"], support["crit"]["value"], support["tool"]) == ("created", "high", None)
    assert (basic["status"]["value"], basic["people"], basic["creator"]) == ("discarted", ["Room 12"], 0)
    seen = (await ask("customer_support", "GET", "/tickets")).json["tickets"]
    [other] = [one for one in seen if one["subject"] == own["title"]]
    assert (other["status"], other["priority"], other["metadata"]["source"]) == ("new", "urgent", "phone")
    assert (await listed(ask, "basic"))[2]["status"] == "reviewed"


async def test_what_a_contract_changes_the_others_see(ask: Served) -> None:
    made = (await ask("customer_support", "POST", "/tickets", json=CUSTOMER_SUPPORT)).json

    await ask("basic", "PUT", "/tickets/1", json={"status": "resolved"})
    shown = (await ask("customer_support", "GET", f"/tickets/{made['id']}")).json
    assert (shown["status"], shown["resolved_at"]) == ("resolved", "2026-03-02T12:00:00Z")

    await ask("customer_support", "PUT", f"/tickets/{made['id']}", json={"status": "new", "subject": "Other"})
    [basic] = await listed(ask, "basic")
    assert (basic["status"], basic["title"]) == ("pending", "Other")
    assert (await ask.native("GET", f"/tickets/{made['id']}", "bob")).json["subject"] == "Other"


async def deleted_by(ask: Served, by: str, ticket: Any) -> int:
    if by == "native":
        return (await ask.native("DELETE", f"/tickets/{ticket['id']}", "carol")).status
    names = {"basic": ticket["number"], "healthcare": f"INC{ticket['number']:06}"}
    named = names.get(by, ticket["id"])
    return (await ask(by, "DELETE", f"/tickets/{named}")).status


@pytest.mark.parametrize("by", ["native", *sorted(CONTRACTS)])
async def test_what_is_deleted_in_one_is_gone_from_all(ask: Served, by: str) -> None:
    ticket = await ask.native.ticket("alice")

    assert await deleted_by(ask, by, ticket) in (200, 204)

    for contract in CONTRACTS:
        assert await listed(ask, contract) == []
        assert await deleted_by(ask, contract, ticket) == 404
    for method, path in (
        ("GET", f"/tickets/{ticket['id']}"),
        ("PUT", f"/tickets/{ticket['id']}"),
        ("POST", f"/tickets/{ticket['id']}/auto-classify"),
    ):
        answer = await ask("customer_support", method, path, json={"status": "new"} if method == "PUT" else None)
        assert EXAMPLES["customer_support"].is_error(answer, 404)
    assert (await ask("basic", "PUT", "/tickets/1", json={"status": "pending"})).status == 404
    assert (await ask.native("GET", f"/tickets/{ticket['id']}", "alice")).status == 404


async def test_a_ticket_of_the_hospital_reads_sensibly_over_the_native_api(ask_any: Served) -> None:
    client = Client(ask_any)
    await client.ticket("alice", pathway="phone", status_id=4, crit_id=4, type="suggestion")

    native = (await ask_any.native("GET", "/tickets/1", "bob")).json

    assert (native["subject"], native["status"], native["priority"]) == (TICKET["title"], "in_progress", "urgent")
    assert (native["type"], native["channel"], native["customer_email"]) == ("suggestion", "phone", "alice@people.test")
    ticket = await numbered(ask_any.desk, 1)
    assert (ticket.channel, ticket.status, ticket.priority) == (Channel.PHONE, Status.IN_PROGRESS, Priority.URGENT)

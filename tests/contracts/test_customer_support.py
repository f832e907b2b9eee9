"""Contract `customer_support`, beyond its document's examples."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from core import history, tables
from core.vocabulary import Channel
from tests.builders import Clock, a_mail
from tests.contracts.conftest import Served
from tests.contracts.examples import CUSTOMER_SUPPORT, EXAMPLES
from tests.stored import numbered, rows

NAME = "customer_support"


async def opened(ask: Served, **fields: object) -> Any:
    answer = await ask(NAME, "POST", "/tickets", json={**CUSTOMER_SUPPORT, **fields})
    assert answer.status == 201, answer.body
    return answer.json


async def changed(ask: Served, ticket: Any, **fields: object) -> Any:
    answer = await ask(NAME, "PUT", f"/tickets/{ticket['id']}", json=fields)
    assert answer.status == 200, answer.body
    return answer.json


async def listed(ask: Served, query: str = "") -> list[str]:
    answer = await ask(NAME, "GET", f"/tickets{query}")
    assert answer.status == 200, answer.body
    return [ticket["subject"] for ticket in answer.json["tickets"]]


FITTING: list[dict[str, object]] = [
    {"subject": "x"},
    {"subject": "ü" * 200},
    {"description": "ten chars!"},
    {"description": "é" * 2000},
    {"description": "first line\nsecond line\n"},
    {"tags": []},
    {"tags": ["zebra", "apple", "mango"]},
    {"metadata": {"source": "chat", "browser": None, "device_type": None}},
    {"customer_name": "Ünsal Öz"},
    {"customer_id": "42"},
]


async def test_what_fits_is_shown_as_it_was_given(ask: Served) -> None:
    for fields in FITTING:
        ticket = await opened(ask, **fields)
        assert {name: ticket[name] for name in fields} == fields
        assert (await ask(NAME, "GET", f"/tickets/{ticket['id']}")).json == ticket


async def test_what_is_optional_has_its_default(ask: Served) -> None:
    least = {name: v for name, v in CUSTOMER_SUPPORT.items() if name not in ("tags", "metadata")}

    ticket = (await ask(NAME, "POST", "/tickets", json=least)).json

    assert ticket["tags"] == []
    assert ticket["metadata"] == {"source": "api", "browser": None, "device_type": None}
    assert ticket["assigned_to"] is None


async def test_one_customer_may_sign_in_two_ways(ask: Served) -> None:
    first = await opened(ask)
    second = await opened(ask, customer_name="Mr Doe", customer_id="CUST-9")

    assert (second["customer_name"], second["customer_id"]) == ("Mr Doe", "CUST-9")
    assert (await ask(NAME, "GET", f"/tickets/{first['id']}")).json["customer_name"] == "John Doe"
    assert (await numbered(ask.desk, 1)).requester == (await numbered(ask.desk, 2)).requester


async def test_resolved_at_is_set_and_cleared(ask: Served, clock: Clock) -> None:
    ticket = await opened(ask)
    clock.forward(timedelta(minutes=1))
    assert (await changed(ask, ticket, status="resolved"))["resolved_at"] == "2026-03-02T12:01:00Z"
    clock.forward(timedelta(minutes=1))
    assert (await changed(ask, ticket, status="closed"))["resolved_at"] == "2026-03-02T12:01:00Z"

    for word in ("new", "in_progress", "waiting_customer"):
        await changed(ask, ticket, status="closed")
        assert (await changed(ask, ticket, status=word))["resolved_at"] is None


@pytest.mark.parametrize("word", ["resolved", "closed"])
async def test_what_is_opened_as_settled_was_resolved_then(ask: Served, word: str) -> None:
    assert (await opened(ask, status=word))["resolved_at"] == "2026-03-02T12:00:00Z"


async def test_a_changed_category_is_an_override_and_a_changed_priority_is_none(ask: Served) -> None:
    ticket = await opened(ask)

    assert (await changed(ask, ticket, priority="low"))["manual_override"] is False
    assert (await changed(ask, ticket, category="account_access"))["manual_override"] is False
    assert (await changed(ask, ticket, category="other"))["manual_override"] is True
    assert (await changed(ask, ticket, priority="high"))["manual_override"] is True


async def test_classifying_takes_the_override_back(ask_any: Served, clock: Clock) -> None:
    ticket = await opened(ask_any, category="other", priority="low")
    await changed(ask_any, ticket, category="feature_request")
    clock.forward(timedelta(seconds=5))

    answer = (await ask_any(NAME, "POST", f"/tickets/{ticket['id']}/auto-classify")).json

    told, shown = answer["classification"], answer["ticket"]
    assert (told["category"], told["priority"]) == ("account_access", "high")
    assert 0 < told["confidence"] < 1
    assert set(told["keywords_found"]) >= {"access denied"}
    assert re.fullmatch(r"Classified as account_access \(\w+ confidence\) based on keywords: .+", told["reasoning"])
    assert (shown["category"], shown["priority"], shown["manual_override"]) == ("account_access", "high", False)
    assert shown["classification_confidence"] == told["confidence"]
    assert shown["classification_reasoning"] == told["reasoning"]
    assert shown["classification_keywords"] == told["keywords_found"]
    assert shown["classified_at"] == shown["updated_at"] == "2026-03-02T12:00:05Z"
    assert (await ask_any(NAME, "GET", f"/tickets/{ticket['id']}")).json == shown


async def test_classifying_stands_in_the_history(ask: Served) -> None:
    ticket = await opened(ask, category="other")
    await ask(NAME, "POST", f"/tickets/{ticket['id']}/auto-classify")

    async with ask.desk.reading() as connection:
        made = (await history.of_ticket(connection, (await numbered(ask.desk, 1)).id))[1:]

    assert [(change.actor, change.field, change.old, change.new, change.reason) for change in made] == [
        ("service", "category", "other", "account_access", "classified again")
    ]


async def test_any_agents_name_is_kept_and_found(ask_any: Served) -> None:
    ticket = await opened(ask_any, subject="first")
    await opened(ask_any, subject="second")

    for name in ("agent-456", "Agent 7", "someone@elsewhere.test", "ü", "alice"):
        assert (await changed(ask_any, ticket, assigned_to=name))["assigned_to"] == name
        assert await listed(ask_any, f"?assigned_to={quote(name)}") == ["first"]
        assert (await numbered(ask_any.desk, 1)).assigned_to is None


async def test_an_agent_of_ours_gets_the_ticket_itself(ask_any: Served) -> None:
    ticket = await opened(ask_any, subject="first", assigned_to="agent-456")
    assert ticket["assigned_to"] == "agent-456"

    assert (await changed(ask_any, ticket, assigned_to="bob"))["assigned_to"] == "bob"
    assert [one["id"] for one in (await ask_any.native("GET", "/tickets/my", "bob")).json["tickets"]] == [ticket["id"]]
    assert await listed(ask_any, "?assigned_to=bob") == ["first"]
    assert await listed(ask_any, "?assigned_to=agent-456") == []

    assert (await changed(ask_any, ticket, assigned_to="agent-456"))["assigned_to"] == "agent-456"
    assert (await numbered(ask_any.desk, 1)).assigned_to is None
    assert (await changed(ask_any, ticket, assigned_to=None))["assigned_to"] is None


async def test_a_ticket_may_be_opened_for_an_agent_of_ours(ask: Served) -> None:
    assert (await opened(ask, assigned_to="bob"))["assigned_to"] == "bob"
    assert (await numbered(ask.desk, 1)).assigned_to == "bob"


async def test_another_customer_gets_the_ticket_and_the_old_one_loses_it(ask_any: Served) -> None:
    ticket = await opened(ask_any, customer_email="alice@people.test")
    assert (await ask_any.native("GET", f"/tickets/{ticket['id']}", "alice")).status == 200

    given = await changed(
        ask_any, ticket, customer_email="dora@people.test", customer_name="Dora D.", customer_id="CUST-2"
    )

    assert [given[name] for name in ("customer_email", "customer_name", "customer_id")] == [
        "dora@people.test", "Dora D.", "CUST-2",
    ]  # fmt: skip
    assert (await ask_any.native("GET", f"/tickets/{ticket['id']}", "alice")).status == 404
    assert (await ask_any.native("GET", f"/tickets/{ticket['id']}", "dora")).status == 200
    [seat] = await rows(ask_any.desk, tables.participants)
    assert (seat.seq, seat.token_version) == (1, 2)
    assert (await changed(ask_any, ticket, customer_email="new@customer.test"))["customer_email"] == "new@customer.test"


async def test_a_new_name_alone_is_this_tickets_name(ask: Served) -> None:
    ticket = await opened(ask)

    assert (await changed(ask, ticket, customer_name="Johnny"))["customer_name"] == "Johnny"
    assert (await changed(ask, ticket, priority="low"))["customer_name"] == "Johnny"


async def test_every_field_can_be_changed_and_nothing_else_does(ask: Served, clock: Clock) -> None:
    ticket = await opened(ask)
    wanted: dict[str, object] = {
        "customer_id": "CUST-7", "subject": "Other", "description": "Something else entirely.", "category": "bug_report",
        "priority": "low", "status": "waiting_customer", "tags": ["b", "a"], "assigned_to": "agent-1",
        "metadata": {"source": "phone", "browser": None, "device_type": "tablet"},
    }  # fmt: skip
    for field, value in wanted.items():
        clock.forward(timedelta(seconds=1))
        after = await changed(ask, ticket, **{field: value})
        expected = {**ticket, field: value, "updated_at": after["updated_at"]}
        assert after == expected | ({"manual_override": True} if field == "category" else {})
        assert after["updated_at"] > ticket["updated_at"]
        ticket = after


async def test_a_ticket_sent_back_as_it_was_stays_as_it_was(ask: Served, clock: Clock) -> None:
    ticket = await opened(ask)
    clock.forward(timedelta(hours=1))

    assert await changed(ask, ticket, **ticket) == ticket
    assert await changed(ask, ticket) == ticket
    assert await changed(ask, ticket, id="x", classification_confidence=1, created_at="1999-01-01") == ticket


async def test_every_change_stands_in_the_history(ask: Served) -> None:
    ticket = await opened(ask)
    await changed(ask, ticket, customer_id="CUST-7", subject="Other", assigned_to="agent-1")

    async with ask.desk.reading() as connection:
        made = (await history.of_ticket(connection, (await numbered(ask.desk, 1)).id))[1:]

    assert {(change.field, change.old, change.new) for change in made} == {
        ("subject", "Cannot login to my account", "Other"),
        ("customer_id", "CUST-001", "CUST-7"),
        ("assigned_to", None, "agent-1"),
    }


async def test_filters_find_what_they_name(ask_any: Served) -> None:
    await opened(ask_any, subject="a", status="new", priority="low", category="other")
    await opened(ask_any, subject="b", status="in_progress", priority="low", category="bug_report")
    await opened(ask_any, subject="c", status="new", priority="high", category="bug_report", customer_email="j@x.test")

    assert await listed(ask_any) == ["c", "b", "a"]
    assert await listed(ask_any, "?status=new") == ["c", "a"]
    assert await listed(ask_any, "?priority=low&category=bug_report") == ["b"]
    assert await listed(ask_any, "?customer_email=J@X.test") == ["c"]
    assert await listed(ask_any, "?customer_email=nobody@x.test") == []
    assert await listed(ask_any, "?customer_email=no-address") == []
    assert await listed(ask_any, "?status=&priority=&page=&assigned_to=") == ["c", "b", "a"]
    assert await listed(ask_any, "?assigned_to=%00%ED%A0%80'%22;--") == []


async def test_what_looks_like_one_status_is_found_by_it(ask: Served) -> None:
    for number, word in enumerate(("new", "reviewed", "closed", "discarded"), 1):
        ticket = await opened(ask, subject=word)
        await ask.native("PATCH", f"/tickets/{ticket['id']}", "carol", json={"status": word})
        assert number

    assert await listed(ask, "?status=new") == ["reviewed", "new"]
    assert await listed(ask, "?status=closed") == ["discarded", "closed"]


async def test_pages_follow_each_other(ask: Served) -> None:
    for number in range(5):
        await opened(ask, subject=str(number))

    pages = [(await ask(NAME, "GET", f"/tickets?page={page}&limit=2")).json for page in (1, 2, 3, 4)]

    assert [[ticket["subject"] for ticket in page["tickets"]] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]
    assert pages[2]["pagination"] == {"page": 3, "limit": 2, "total": 5, "total_pages": 3}
    assert (await ask(NAME, "GET", "/tickets")).json["pagination"] == {
        "page": 1, "limit": 20, "total": 5, "total_pages": 1,
    }  # fmt: skip


@pytest.mark.parametrize("text", ["Hi", "x" * 5000])
async def test_a_description_that_came_by_mail_is_shown_as_it_is(ask: Served, text: str) -> None:
    receipt = await ask.desk.receive(a_mail(text=text))

    answer = await ask(NAME, "GET", f"/tickets/{receipt.ticket_id}")

    assert answer.json["description"] == text
    assert (await changed(ask, answer.json, status="resolved"))["description"] == text


async def test_ids_are_known_in_either_case_and_nothing_else_is_an_id(ask: Served) -> None:
    ticket = await opened(ask)

    assert (await ask(NAME, "GET", f"/tickets/{ticket['id'].upper()}")).json == ticket
    for wrong in ("1", "42", ticket["id"].replace("-", ""), f"urn:uuid:{ticket['id']}", "import", "embed"):
        answer = await ask(NAME, "GET", f"/tickets/{wrong}")
        assert (answer.status, answer.json) == (404, {"error": "Ticket not found"})


async def test_the_same_attempt_twice_is_one_ticket(ask: Served) -> None:
    key = {"Idempotency-Key": "attempt-1"}

    first, again = [await ask(NAME, "POST", "/tickets", json=CUSTOMER_SUPPORT, headers=key) for _ in range(2)]
    other = await ask(NAME, "POST", "/tickets", json={**CUSTOMER_SUPPORT, "subject": "Other"}, headers=key)

    assert first.json == again.json
    assert EXAMPLES[NAME].is_error(other, 409)


async def test_two_that_change_it_at_once_both_get_an_answer(ask_any: Served) -> None:
    ticket = await opened(ask_any)
    path = f"/tickets/{ticket['id']}"

    answers = await asyncio.gather(
        *(ask_any(NAME, "PUT", path, json={"status": word, "assigned_to": word}) for word in ("closed", "resolved")),
        ask_any(NAME, "POST", f"{path}/auto-classify"),
    )

    assert {answer.status for answer in answers} <= {200, 409}
    assert 200 in {answer.status for answer in answers}


async def test_the_desk_knows_that_it_came_over_an_api(ask: Served) -> None:
    await opened(ask, metadata={"source": "phone"})

    assert (await numbered(ask.desk, 1)).channel is Channel.API


async def test_a_fault_of_ours_is_told_in_the_documents_words(ask: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask.desk, "clock", lambda: 1 / 0)

    answer = await ask(NAME, "GET", "/tickets")

    assert (answer.status, answer.json) == (
        500,
        {"error": "Internal server error", "message": "An unexpected error occurred. Please try again later."},
    )

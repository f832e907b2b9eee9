"""Tickets over the native API: opening, listing, reading, changing, assigning, deleting."""

from datetime import timedelta

import pytest
import pytest_asyncio

from core import desk as desks
from core.config import Settings
from tests.api.conftest import ON_ITS_LOOP, Api, served
from tests.builders import Clock, a_mail


async def test_a_customer_opens_a_ticket_of_their_own(api: Api) -> None:
    answer = await api(
        "POST",
        "/tickets",
        "alice",
        json={
            "subject": " Printer  on fire ",
            "description": "It burns.",
            "priority": "urgent",
            "tags": ["printer", "fire"],
            "metadata": {"source": "web_form", "browser": "Chrome 120"},
        },
    )

    assert answer.status == 201
    ticket = answer.json
    assert answer.headers["Location"] == f"/api/v1/tickets/{ticket['id']}"
    assert answer.headers["ETag"].startswith('"1-')
    assert ticket["subject"] == "Printer on fire"
    assert ticket["priority"] == "urgent"
    assert ticket["customer_email"] == ticket["client"]["email"] == "alice@people.test"
    assert ticket["customer_id"] == ticket["client"]["id"]
    assert ticket["participants"] == [ticket["client"]]
    assert sorted(ticket["tags"]) == ["fire", "printer"]
    assert ticket["metadata"] == {"source": "web_form", "browser": "Chrome 120", "device_type": None}
    assert (ticket["status"], ticket["number"], ticket["channel"]) == ("new", 1, "api")
    assert ticket["created_at"] == "2026-03-02T12:00:00Z"
    assert "unread" not in ticket


async def test_what_was_opened_is_what_is_read_and_listed(api: Api) -> None:
    opened = await api.ticket(tags=["printer"])

    read = await api("GET", f"/tickets/{opened['id']}", "alice")
    by_number = await api("GET", f"/tickets/{opened['number']}", "alice")
    listed = await api("GET", "/tickets/my", "alice")

    assert read.json == by_number.json == opened
    assert listed.json == {
        "tickets": [opened],
        "pagination": {"page": 1, "limit": 20, "total": 1, "total_pages": 1},
    }


async def test_an_agent_names_the_client_by_address_or_by_id(api: Api) -> None:
    first = await api.ticket("bob", customer_email="Zoe@Customer.test", customer_name="Zoe Zed")
    second = await api.ticket("bob", client_id=first["customer_id"])

    assert first["client"] == second["client"]
    assert (first["customer_name"], first["customer_email"]) == ("Zoe Zed", "zoe@customer.test")
    assert first["unread"] == 1


async def test_an_agent_who_names_nobody_opens_a_ticket_of_their_own(api: Api) -> None:
    first, second = await api.ticket("bob"), await api.ticket("bob")

    assert first["client"] == second["client"]
    assert first["customer_email"] == "bob@people.test"


@pytest.mark.parametrize(
    ("by", "wrong", "fields"),
    [
        ("alice", {"subject": "", "description": "x"}, {"subject"}),
        ("alice", {"subject": "  \t ", "description": "x"}, {"subject"}),
        ("alice", {"subject": "\x00\u202e", "description": "x"}, {"subject"}),
        ("alice", {"subject": "x" * 201, "description": "x"}, {"subject"}),
        ("alice", {}, {"subject", "description"}),
        ("alice", {"subject": 7, "description": ["x"]}, {"subject", "description"}),
        (
            "alice",
            {"subject": "x", "description": "x", "priority": "soon", "category": "?"},
            {"priority", "category"},
        ),
        ("alice", {"subject": "x", "description": "x", "colour": "red"}, {"colour"}),
        ("alice", {"subject": "x", "description": "x", "tags": ["a", ""]}, {"tags.1"}),
        ("alice", {"subject": "x", "description": "x", "tags": ["t"] * 21}, {"tags"}),
        ("alice", {"subject": "x", "description": "x", "metadata": {"x": 1}}, {"metadata.x"}),
        ("alice", {"subject": "x", "description": "x", "customer_email": "d@x.test"}, {"customer_email"}),
        ("bob", {"subject": "x", "description": "x", "customer_email": "no address"}, {"customer_email"}),
        (
            "bob",
            {"subject": "x", "description": "x", "client_id": "01890000-0000-7000-8000-000000000000"},
            {"client_id"},
        ),
    ],
)
@ON_ITS_LOOP
async def test_everything_that_is_wrong_with_a_ticket_is_told_at_once(
    standing: Api, by: str, wrong: dict[str, object], fields: set[str]
) -> None:
    answer = await standing("POST", "/tickets", by, json=wrong)

    assert answer.is_problem(400)
    assert answer.wrong_fields == fields


async def test_hostile_text_is_cleaned_and_kept(api: Api) -> None:
    opened = await api.ticket(
        subject="NUL\x00 bidi \u202eexe",
        description="a\x00b\x07c\n\td",
        tags=["t\x00ag"],
        metadata={"browser": "\x00x"},
    )

    assert opened["subject"] == "NUL bidi exe"
    assert opened["description"] == "abc\n\td"
    assert opened["tags"] == ["tag"]
    assert opened["metadata"]["browser"] == "x"


async def test_the_same_attempt_twice_is_one_ticket(api: Api) -> None:
    wanted = {"subject": "Printer", "description": "burns"}
    key = {"Idempotency-Key": "attempt-1"}

    first = await api("POST", "/tickets", "alice", json=wanted, headers=key)
    again = await api("POST", "/tickets", "alice", json=wanted, headers=key)
    others = await api("POST", "/tickets", "dora", json=wanted, headers=key)

    assert (first.status, again.status) == (201, 201)
    assert first.json["id"] == again.json["id"] != others.json["id"]


async def test_one_key_for_two_different_tickets_is_refused(api: Api) -> None:
    key = {"Idempotency-Key": "attempt-1"}
    await api("POST", "/tickets", "alice", json={"subject": "Printer", "description": "burns"}, headers=key)

    other = await api("POST", "/tickets", "alice", json={"subject": "Other", "description": "burns"}, headers=key)

    assert other.is_problem(409)


@pytest.mark.parametrize("key", ["", "x" * 201, "caf\u00e9"])
async def test_an_unusable_idempotency_key_is_refused(sqlite_api: Api, key: str) -> None:
    wanted = {"subject": "Printer", "description": "burns"}

    answer = await sqlite_api("POST", "/tickets", "alice", json=wanted, headers={"Idempotency-Key": key})

    assert answer.is_problem(400)


async def test_another_customers_ticket_does_not_exist(api: Api) -> None:
    opened = await api.ticket("alice")

    others = await api("GET", f"/tickets/{opened['id']}", "dora")
    nobodys = await api("GET", "/tickets/01890000-0000-7000-8000-000000000000", "dora")

    assert others.is_problem(404)
    assert others.body == nobodys.body
    assert (await api("GET", "/tickets", "dora")).json["tickets"] == []


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_an_agent_changes_what_they_name_and_nothing_else(api: Api, method: str) -> None:
    opened = await api.ticket(tags=["a"])

    answer = await api(
        method,
        f"/tickets/{opened['id']}",
        "bob",
        json={"status": "resolved", "priority": "low", "category": "other", "tags": ["b", "c"]},
    )

    assert answer.status == 200
    assert answer.headers["ETag"].startswith(f'"{answer.json["version"]}-')
    assert answer.json["version"] == 2
    assert answer.json["resolved_at"] == "2026-03-02T12:00:00Z"
    assert answer.json["manual_override"] is True
    unchanged = {"id", "number", "subject", "description", "client", "created_at", "embed_token"}
    assert {k: answer.json[k] for k in unchanged} == {k: opened[k] for k in unchanged}
    assert sorted(answer.json["tags"]) == ["b", "c"]
    assert (await api("GET", f"/tickets/{opened['id']}", "bob")).json == answer.json


async def test_changes_are_written_down_with_who_made_them(api: Api) -> None:
    opened = await api.ticket()
    await api("PATCH", f"/tickets/{opened['id']}", "bob", json={"status": "in_progress", "assigned_to": "bob"})

    changes = (await api("GET", f"/tickets/{opened['id']}/changes", "bob")).json["changes"]

    assert [(c["field"], c["old"], c["new"], c["actor"]) for c in changes] == [
        ("ticket", None, "opened", "Alice"),
        ("status", "new", "in_progress", "bob"),
        ("assigned_to", None, "bob", "bob"),
    ]


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"status": "deleted"}, {"status"}),
        ({"status": None}, {"status"}),
        ({"status": "unheard of", "number": 5}, {"status", "number"}),
        ({"assigned_to": "nobody-here"}, {"assigned_to"}),
        ({"assigned_to": "alice"}, {"assigned_to"}),
        ({"client_id": "01890000-0000-7000-8000-000000000000"}, {"client_id"}),
        ({"client_id": None}, {"client_id"}),
        ({"client_id": "01890000-0000-7000-8000-000000000000", "customer_email": "a@b.test"}, {"customer_email"}),
        ({"customer_name": "Nele New"}, {"customer_name"}),
    ],
)
@ON_ITS_LOOP
async def test_a_wrong_change_changes_nothing(standing: Api, wrong: dict[str, object], fields: set[str]) -> None:
    opened = await standing.ticket()

    answer = await standing("PATCH", f"/tickets/{opened['id']}", "carol", json={"priority": "low", **wrong})

    assert answer.is_problem(400)
    assert answer.wrong_fields == fields
    assert (await standing("GET", f"/tickets/{opened['id']}", "alice")).json == opened


async def test_a_customer_cannot_change_even_their_own_ticket(api: Api) -> None:
    opened = await api.ticket("alice")

    assert (await api("PATCH", f"/tickets/{opened['id']}", "alice", json={"status": "closed"})).is_problem(403)
    assert (await api("PATCH", f"/tickets/{opened['id']}", "dora", json={"status": "closed"})).is_problem(404)


async def test_an_agent_takes_and_releases_and_an_admin_gives(api: Api) -> None:
    opened = await api.ticket()
    path = f"/tickets/{opened['id']}/assign"

    taken = await api("PATCH", path, "bob", json={"agent": "bob"})
    stolen = await api("PATCH", path, "erin", json={"agent": "erin"})
    given = await api("PATCH", path, "carol", json={"agent": "erin"})
    back = await api("PATCH", path, "erin", json={"agent": None})

    assert taken.json["assigned_to"] == "bob"
    assert stolen.is_problem(403)
    assert given.json["assigned_to"] == "erin"
    assert back.json["assigned_to"] is None


async def test_a_deleted_ticket_is_gone_for_everybody(api: Api) -> None:
    opened = await api.ticket()

    assert (await api("DELETE", f"/tickets/{opened['id']}", "bob")).is_problem(403)
    assert (await api("DELETE", f"/tickets/{opened['id']}", "carol")).status == 204

    assert (await api("GET", f"/tickets/{opened['id']}", "carol")).is_problem(404)
    assert (await api("GET", f"/tickets/{opened['number']}", "alice")).is_problem(404)
    assert (await api("GET", "/tickets", "carol")).json["pagination"]["total"] == 0
    assert (await api("GET", f"/tickets/embed/{opened['embed_token']}")).is_problem(404)


async def test_a_change_is_seen_by_the_next_reader(api: Api) -> None:
    """Reads come from a shelf of rendered tickets; what was changed must never be taken from it."""
    opened = await api.ticket()
    path = f"/tickets/{opened['id']}"
    assert (await api("GET", path, "bob")).json["unread"] == 1

    await api("POST", f"{path}/comments", "bob", json={"body": "I look into it.", "internal": True})
    assert (await api("GET", path, "bob")).json["unread"] == 0
    await api("PATCH", path, "bob", json={"status": "in_progress"})
    assert (await api("GET", path, "alice")).json["status"] == "in_progress"
    await api("PATCH", f"{path}/assign", "bob", json={"agent": "bob"})
    assert (await api("GET", path, "alice")).json["assigned_to"] == "bob"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three_tickets(standing_any: Api) -> Api:
    api, clock = standing_any, standing_any.desk.clock
    assert isinstance(clock, Clock)
    await api.ticket("alice", subject="A", tags=["red"], priority="urgent", category="other")
    clock.forward(timedelta(minutes=1))
    second = await api.ticket("alice", subject="B", description="no toner", priority="low", category="other")
    await api.ticket("dora", subject="C", priority="low", category="billing_question")
    await api("PATCH", f"/tickets/{second['id']}", "bob", json={"status": "in_progress", "assigned_to": "bob"})
    return api


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("", ["C", "B", "A"]),
        ("?sort=created_at", ["A", "B", "C"]),
        ("?sort=-subject", ["C", "B", "A"]),
        ("?status=in_progress", ["B"]),
        ("?priority=urgent", ["A"]),
        ("?category=billing_question", ["C"]),
        ("?tag=red", ["A"]),
        ("?channel=email", []),
        ("?assigned_to=me", ["B"]),
        ("?assigned_to=bob", ["B"]),
        ("?assigned_to=none", ["C", "A"]),
        ("?assigned_to=nobody-here", []),
        ("?client=DORA@people.test", ["C"]),
        ("?client=nobody@people.test", []),
        ("?q=toner", ["B"]),
        ("?q=%25", []),
        ("?q=%00toner", ["B"]),
        ("?created_from=2026-03-02T12:00:30Z", ["C", "B"]),
        ("?created_to=2026-03-02T12:00:30", ["A"]),
        ("?limit=1&page=2", ["B"]),
        ("?status=in_progress&priority=urgent", []),
    ],
)
@ON_ITS_LOOP
async def test_the_list_shows_what_was_asked_for(three_tickets: Api, query: str, subjects: list[str]) -> None:
    answer = await three_tickets("GET", f"/tickets{query}", "bob")

    assert answer.status == 200
    assert [ticket["subject"] for ticket in answer.json["tickets"]] == subjects


async def test_a_cursor_walks_through_all_pages(api: Api) -> None:
    for number in range(5):
        await api.ticket(subject=str(number))
    seen: list[str] = []
    query = "?limit=2"

    while query:
        page = (await api("GET", f"/tickets{query}", "bob")).json
        seen += [ticket["subject"] for ticket in page["tickets"]]
        cursor = page["pagination"].get("next_cursor")
        query = f"?limit=2&cursor={cursor}" if cursor else ""

    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "query",
    [
        "status=unheard",
        "limit=0",
        "limit=101",
        "page=0",
        "page=x",
        "page=" + "9" * 5000,
        "page=100000&limit=100",
        "cursor=99999999999999999999",
        "cursor=5&sort=subject",
        "sort=secret",
        "created_from=yesterday",
        "colour=red",
    ],
)
@ON_ITS_LOOP
async def test_a_wrong_query_is_refused_with_its_name(standing: Api, query: str) -> None:
    answer = await standing("GET", f"/tickets?{query}", "bob")

    assert answer.is_problem(400)
    assert answer.wrong_fields <= {query.partition("=")[0], "cursor"}


@pytest.mark.parametrize("path", ["/tickets", "/tickets/", "/tickets/my/", "/users/me/"])
async def test_a_path_answers_with_and_without_a_slash(sqlite_api: Api, path: str) -> None:
    assert (await sqlite_api("GET", path, "bob")).status == 200


@pytest.mark.parametrize("path", ["/tickets/abc", "/tickets/1x", "/tickets/" + "9" * 19, "/tickets/\u0661", "/nope"])
async def test_what_is_no_id_is_no_path(sqlite_api: Api, path: str) -> None:
    assert (await sqlite_api("GET", path, "bob")).is_problem(404)


async def test_a_ticket_that_came_by_mail_is_read_like_any_other(api: Api) -> None:
    receipt = await api.desk.receive(a_mail("ann@customer.test", "Ann Archer"))

    ticket = (await api("GET", f"/tickets/{receipt.ticket_number}", "bob")).json

    assert (ticket["channel"], ticket["metadata"]["source"]) == ("email", "email")
    assert ticket["client"]["email"] == "ann@customer.test"


async def test_agents_may_be_shown_only_what_is_theirs(any_settings: Settings, clock: Clock) -> None:
    section = any_settings.api.model_copy(update={"agents_see": "assigned"})
    async with desks.opened(any_settings.model_copy(update={"api": section}), clock=clock) as desk, served(desk) as api:
        mine, other = await api.ticket(), await api.ticket()
        await api("PATCH", f"/tickets/{mine['id']}/assign", "carol", json={"agent": "bob"})

        listed = (await api("GET", "/tickets", "bob")).json["tickets"]

        assert [ticket["id"] for ticket in listed] == [mine["id"]]
        assert (await api("GET", f"/tickets/{other['id']}", "bob")).is_problem(404)
        assert (await api("GET", f"/tickets/{mine['id']}", "bob")).status == 200

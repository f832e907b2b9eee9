"""Contract `basic`, beyond its document's examples."""

import asyncio
from contextlib import closing
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from api.contracts import basic
from core import tables
from core.vocabulary import Category, Status
from tests.builders import Clock, a_mail
from tests.contracts.conftest import HOST, Served
from tests.contracts.examples import BASIC, EXAMPLES
from tests.stored import count, numbered, set_row

JSON = {"Content-Type": "application/json"}


async def test_every_status_goes_in_and_comes_out_unchanged(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)

    for word in basic.STATUS.inward:
        answer = await ask("basic", "PUT", "/tickets/1", json={"status": word})
        assert answer.json["status"] == word
    assert (await ask("basic", "GET", "/tickets")).json[0]["status"] == "discarded"


async def test_an_unknown_status_is_answered_with_the_known_ones(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)
    known = {"detail": f"status must be one of: {', '.join(basic.STATUS.inward)}"}
    words: list[object] = ["new", "deleted", "Pending", "", " pending", "open", None, 1, True, ["pending"], {}]

    for word in words:
        opened = await ask("basic", "POST", "/tickets", json={**BASIC, "status": word})
        changed = await ask("basic", "PUT", "/tickets/1", json={"status": word})
        assert [(answer.status, answer.json) for answer in (opened, changed)] == [(400, known)] * 2, word
    assert await count(ask.desk, tables.tickets) == 1


async def test_what_is_too_long_is_refused_and_never_cut(ask: Served) -> None:
    for field, most in (("title", 255), ("description", 100_000), ("contact_info", 254)):
        fits = await ask("basic", "POST", "/tickets", json={**BASIC, field: "x" * most})
        assert fits.json[field] == "x" * most
        answer = await ask("basic", "POST", "/tickets", json={**BASIC, field: "x" * (most + 1)})
        assert (answer.status, answer.json) == (400, {"detail": f"{field} should have at most {most} characters"})


async def test_a_field_that_is_missing_is_named(ask: Served) -> None:
    for field in BASIC:
        answer = await ask("basic", "POST", "/tickets", json={name: v for name, v in BASIC.items() if name != field})
        assert (answer.status, answer.json) == (400, {"detail": f"{field} is required"})


async def test_all_that_is_wrong_is_said_at_once(ask: Served) -> None:
    answer = await ask(
        "basic", "POST", "/tickets", json={"title": " ", "description": 5, "status": "x", "colour": "red"}
    )

    assert answer.status == 400
    assert [part.split()[0] for part in answer.json["detail"].split("; ")] == [
        "title", "description", "contact_info", "status", "colour",
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{}, {"state": "resolved"}, {"status": "resolved", "colour": "red"}])
async def test_an_update_takes_a_status_and_nothing_else(ask: Served, body: object) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)

    assert (await ask("basic", "PUT", "/tickets/1", json=body)).status == 400
    assert (await ask("basic", "GET", "/tickets")).json[0]["status"] == "pending"


async def test_a_ticket_may_be_sent_back_whole_and_only_its_status_counts(ask: Served) -> None:
    opened = (await ask("basic", "POST", "/tickets", json=BASIC)).json

    answer = await ask("basic", "PUT", "/tickets/1", json={**opened, "title": "Other", "id": 9, "status": "closed"})

    assert answer.json == {**opened, "status": "closed"}


async def test_times_move_with_what_is_done(ask: Served, clock: Clock) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)
    clock.forward(timedelta(hours=1, microseconds=5))

    answer = await ask("basic", "PUT", "/tickets/1", json={"status": "in_progress"})

    assert answer.json["created_at"] == "2026-03-02T12:00:00"
    assert answer.json["updated_at"] == "2026-03-02T13:00:00"


async def test_a_mail_address_is_who_the_ticket_is_from(ask_any: Served) -> None:
    await ask_any.desk.receive(a_mail("user@example.com", "Ursula User"))

    answer = await ask_any("basic", "POST", "/tickets", json={**BASIC, "contact_info": "User@Example.com"})

    first, second = await numbered(ask_any.desk, 1), await numbered(ask_any.desk, 2)
    assert first.requester == second.requester
    assert answer.json["contact_info"] == "User@Example.com"


async def test_any_other_contact_is_kept_and_is_nobody_elses(ask: Served) -> None:
    for contact in ("+34 600 123 456", "Room 12", "@ursula", "ursula@", "n/a", "Ünsal Öz", "5" * 254):
        sent = {**BASIC, "contact_info": contact}
        first, second = [(await ask("basic", "POST", "/tickets", json=sent)).json for _ in range(2)]
        assert first["contact_info"] == second["contact_info"] == contact
        one, other = await numbered(ask.desk, first["id"]), await numbered(ask.desk, second["id"])
        assert one.requester.id != other.requester.id
        assert (one.requester.name, one.requester.email) == (contact[:120], "")


async def test_a_ticket_is_classified_although_the_document_does_not_show_it(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)

    ticket = await numbered(ask.desk, 1)

    assert ticket.category is Category.ACCOUNT_ACCESS
    assert ticket.classified_at is not None


async def test_what_was_opened_as_resolved_was_resolved_then(ask: Served, clock: Clock) -> None:
    await ask("basic", "POST", "/tickets", json={**BASIC, "status": "resolved"})

    ticket = await numbered(ask.desk, 1)

    assert (ticket.status, ticket.resolved_at) == (Status.RESOLVED, clock.now)


async def test_the_list_is_whole_and_in_order_however_long_it_is(ask: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic, "PAGE", 3)
    for size in range(8):
        assert [one["id"] for one in (await ask("basic", "GET", "/tickets")).json] == list(range(1, size + 1))
        await ask("basic", "POST", "/tickets", json={**BASIC, "description": "x" * 5000})

    listed = await ask("basic", "GET", "/tickets")
    assert {len(one["description"]) for one in listed.json} == {5000}


async def test_a_list_that_breaks_off_does_not_look_whole(ask: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basic, "PAGE", 1)
    for _ in range(3):
        await ask("basic", "POST", "/tickets", json=BASIC)
    # A status that nobody can know: what a newer program, or somebody's own SQL, may have written.
    await set_row(ask.desk, tables.tickets, (await numbered(ask.desk, 2)).id, status="from the future")

    reader, writer = await asyncio.open_connection(HOST, ask.ports["basic"])
    writer.write(b"GET /tickets HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with closing(writer), capture_logs() as logs, pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), 30)

    assert "answer_broken_off" in [entry["event"] for entry in logs]


async def test_head_says_what_get_would_without_a_body(ask: Served) -> None:
    await ask("basic", "POST", "/tickets", json=BASIC)

    answer = await ask("basic", "HEAD", "/tickets")

    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "application/json", b"")


async def test_paths_answer_with_and_without_a_slash_at_their_end(ask: Served) -> None:
    assert (await ask("basic", "POST", "/tickets/", json=BASIC)).status == 201
    assert (await ask("basic", "GET", "/tickets/")).status == 200
    assert (await ask("basic", "PUT", "/tickets/1/", json={"status": "closed"})).status == 200
    assert (await ask("basic", "DELETE", "/tickets/1/")).status == 200


async def test_the_same_attempt_twice_is_one_ticket(ask: Served) -> None:
    key = {"Idempotency-Key": "attempt-1"}

    first = await ask("basic", "POST", "/tickets", json=BASIC, headers=key)
    again = await ask("basic", "POST", "/tickets", json=BASIC, headers=key)
    other = await ask("basic", "POST", "/tickets", json={**BASIC, "title": "Other"}, headers=key)

    assert first.json == again.json
    assert EXAMPLES["basic"].is_error(other, 409)
    assert await count(ask.desk, tables.tickets) == 1


async def test_an_attempt_whose_ticket_was_deleted_since_is_a_conflict(ask: Served) -> None:
    key = {"Idempotency-Key": "attempt-1"}
    await ask("basic", "POST", "/tickets", json=BASIC, headers=key)
    await ask("basic", "DELETE", "/tickets/1")

    assert EXAMPLES["basic"].is_error(await ask("basic", "POST", "/tickets", json=BASIC, headers=key), 409)


async def test_two_that_change_it_at_once_both_get_an_answer(ask_any: Served) -> None:
    await ask_any("basic", "POST", "/tickets", json=BASIC)

    answers = await asyncio.gather(
        *(ask_any("basic", "PUT", "/tickets/1", json={"status": word}) for word in ("closed", "resolved", "pending"))
    )

    assert {answer.status for answer in answers} <= {200, 409}
    assert 200 in {answer.status for answer in answers}


@pytest.mark.parametrize(
    ("method", "detail"),
    [
        ("GET", "Error fetching tickets"),
        ("POST", "Error creating ticket"),
        ("PUT", "Error updating ticket status"),
        ("DELETE", "Error deleting ticket"),
    ],
)
async def test_a_fault_of_ours_is_called_by_what_was_wanted(
    ask: Served, monkeypatch: pytest.MonkeyPatch, method: str, detail: str
) -> None:
    monkeypatch.setattr(ask.desk, "clock", lambda: 1 / 0)

    answer = await ask("basic", method, "/tickets" if method in ("GET", "POST") else "/tickets/1", json=BASIC)

    assert (answer.status, answer.json) == (500, {"detail": detail})

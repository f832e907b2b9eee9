"""The conversation over the native API, and what of it leaves the house."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core import outbox, tables
from core.outbox import Failed
from core.vocabulary import Channel, DeliveryState
from tests.api.conftest import Api
from tests.builders import Clock, a_mail
from tests.stored import count, rows


async def test_an_agents_public_comment_is_sent_to_the_requester(api: Api) -> None:
    receipt = await api.desk.receive(a_mail("ann@customer.test", acknowledge=False))

    answer = await api("POST", f"/tickets/{receipt.ticket_id}/comments", "bob", json={"body": "We are on it."})

    assert answer.status == 201
    assert (answer.json["author"], answer.json["direction"], answer.json["internal"]) == ("Bob", "outbound", False)
    [delivery] = answer.json["deliveries"]
    assert (delivery["state"], delivery["address"], delivery["attempts"]) == ("queued", "ann@customer.test", 0)
    assert (await api("GET", f"/tickets/{receipt.ticket_id}", "bob")).json["status"] == "in_progress"


async def test_an_internal_comment_is_for_staff_alone_and_sent_to_nobody(api: Api) -> None:
    ticket = await api.ticket("alice")
    path = f"/tickets/{ticket['id']}/comments"

    noted = await api("POST", path, "bob", json={"body": "A known grumbler.", "internal": True})

    assert noted.status == 201
    assert noted.json["deliveries"] == []
    assert [c["body"] for c in (await api("GET", path, "alice")).json["comments"]] == ["It burns on the second floor."]
    assert [c["internal"] for c in (await api("GET", path, "erin")).json["comments"]] == [False, True]
    assert b"grumbler" not in (await api("GET", path, "alice")).body


async def test_a_customer_adds_to_their_own_ticket_and_opens_it_again(api: Api) -> None:
    ticket = await api.ticket("alice")
    await api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "resolved"})

    answer = await api("POST", f"/tickets/{ticket['id']}/comments", "alice", json={"body": "It burns again."})

    assert answer.status == 201
    assert (answer.json["direction"], answer.json["author"]) == ("inbound", "Alice")
    assert "deliveries" not in answer.json
    now = (await api("GET", f"/tickets/{ticket['id']}", "bob")).json
    assert (now["status"], now["resolved_at"], now["unread"]) == ("new", None, 2)


async def test_a_customer_cannot_write_internally_nor_on_others_tickets(api: Api) -> None:
    ticket = await api.ticket("alice")
    path = f"/tickets/{ticket['id']}/comments"

    assert (await api("POST", path, "alice", json={"body": "x", "internal": True})).is_problem(403)
    assert (await api("POST", path, "dora", json={"body": "x"})).is_problem(404)
    assert (await api("GET", path, "dora")).is_problem(404)
    assert len((await api("GET", path, "bob")).json["comments"]) == 1


async def test_the_same_comment_attempt_twice_is_one_comment(api: Api) -> None:
    ticket = await api.ticket("alice")
    path, key = f"/tickets/{ticket['id']}/comments", {"Idempotency-Key": "1"}

    first = await api("POST", path, "alice", json={"body": "Again!"}, headers=key)
    again = await api("POST", path, "alice", json={"body": "Again!"}, headers=key)
    other = await api("POST", path, "alice", json={"body": "Another"}, headers=key)

    assert first.json == again.json
    assert other.is_problem(409)
    assert len((await api("GET", path, "alice")).json["comments"]) == 2


async def test_an_answer_to_a_version_that_is_gone_is_refused(sqlite_api: Api) -> None:
    ticket = await sqlite_api.ticket("alice")
    await sqlite_api("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "closed"})

    answer = await sqlite_api(
        "POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": "x"}, headers={"If-Match": '"1"'}
    )

    assert answer.is_problem(412)


async def test_a_failed_delivery_says_why_on_its_comment_and_in_the_admins_list(api: Api) -> None:
    ticket = await api.ticket("alice")
    path = f"/tickets/{ticket['id']}/comments"
    await api("POST", path, "bob", json={"body": "We are on it."})
    desk = api.desk
    async with desk.writing() as connection:
        [claimed] = await outbox.claim(connection, Channel.EMAIL, desk.clock(), limit=10)
        lifetime = desk.clock() - desk.clock()
        await outbox.settle(connection, [Failed(claimed, "no such mailbox")], desk.clock(), lifetime=lifetime)

    answer, told = (await api("GET", path, "bob")).json["comments"][-2:]
    [delivery] = answer["deliveries"]
    failed = (await api("GET", "/deliveries?state=failed", "carol")).json["deliveries"]
    queued = (await api("GET", "/deliveries?state=queued", "carol")).json["deliveries"]

    assert (delivery["state"], delivery["reason"], delivery["attempts"]) == ("failed", "no such mailbox", 1)
    assert [(one["id"], one["reason"], one["ticket_number"]) for one in failed] == [
        (delivery["id"], "no such mailbox", ticket["number"])
    ]
    assert queued == []
    assert (told["direction"], told["body"]) == (
        "note", "Our answer to alice@people.test was not delivered: no such mailbox.",
    )  # fmt: skip


async def test_a_sent_delivery_tells_when(api: Api) -> None:
    ticket = await api.ticket("alice")
    path = f"/tickets/{ticket['id']}/comments"
    await api("POST", path, "bob", json={"body": "Done."})
    async with api.desk.writing() as connection:
        done = update(tables.deliveries).values(state=DeliveryState.SENT, sent_at=api.desk.clock())
        await connection.execute(done)

    [delivery] = (await api("GET", path, "bob")).json["comments"][-1]["deliveries"]

    assert (delivery["state"], delivery["sent_at"]) == ("sent", "2026-03-02T12:00:00Z")


async def test_an_empty_comment_is_refused(sqlite_api: Api) -> None:
    ticket = await sqlite_api.ticket("alice")

    for body in ("", "  \n ", "\x00"):
        answer = await sqlite_api("POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": body})
        assert answer.is_problem(400)
        assert answer.wrong_fields == {"body"}


async def said_by(api: Api, by: str, *, ticket: str, **fields: object) -> Any:
    answer = await api("POST", f"/tickets/{ticket}/comments", by, json={"body": "It bruns.", **fields})
    assert answer.status == 201, answer.body
    return answer.json


async def set_delivery(api: Api, **values: object) -> None:
    async with api.desk.writing() as connection:
        await connection.execute(update(tables.deliveries).values(**values))


async def test_an_agents_answer_that_is_sent_again_is_said_once(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    path, key = f"/tickets/{ticket}/comments", {"Idempotency-Key": "7", "If-Match": '"1"'}

    answers = await asyncio.gather(
        *(api("POST", path, "bob", json={"body": "Try again."}, headers=key) for _ in range(5))
    )
    other = await api("POST", path, "bob", json={"body": "Or not."}, headers=key)
    erins = await api("POST", path, "erin", json={"body": "Try again."}, headers={"Idempotency-Key": "7"})

    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert other.is_problem(409)
    assert erins.json["id"] != answers[0].json["id"]
    assert await count(api.desk, tables.deliveries) == 2


async def test_an_attempt_that_failed_may_be_made_again_under_its_key(sqlite_api: Api) -> None:
    ticket = (await sqlite_api.ticket("alice"))["id"]
    path, key = f"/tickets/{ticket}/comments", {"Idempotency-Key": "7"}

    stale = await sqlite_api("POST", path, "bob", json={"body": "Hm."}, headers={**key, "If-Match": '"9"'})
    fresh = await sqlite_api("POST", path, "bob", json={"body": "Hm."}, headers=key)

    assert stale.is_problem(412)
    assert fresh.status == 201


async def test_an_upload_that_is_sent_again_is_kept_once(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]

    first, again = [await api.upload(ticket, "alice", ("a.txt", b"x"), key="1") for _ in range(2)]
    other = await api.upload(ticket, "alice", ("a.txt", b"y"), key="1")

    assert first.status == 201
    assert first.json == again.json
    assert other.is_problem(409)
    assert len((await api("GET", f"/tickets/{ticket}/attachments", "bob")).json["attachments"]) == 1


async def test_somebody_corrects_what_they_wrote_a_moment_ago(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    comment = await said_by(api, "alice", ticket=ticket)
    path = f"/tickets/{ticket}/comments/{comment['id']}"

    changed = await api("PATCH", path, "alice", json={"body": "It burns."})

    assert changed.status == 200
    assert (changed.json["body"], changed.json["edited_at"]) == ("It burns.", "2026-03-02T12:00:00Z")
    assert (await api("GET", path, "bob")).json["body"] == "It burns."
    [version] = await rows(api.desk, tables.message_versions)
    assert (version.message_id, version.version, version.body) == (UUID(comment["id"]), 1, "It bruns.")
    last = (await api("GET", f"/tickets/{ticket}/changes", "bob")).json["changes"][-1]
    assert (last["field"], last["new"], last["reason"]) == ("comment", "edited", f"comment {comment['id']}")
    assert (await api("GET", f"/tickets/{ticket}", "bob")).json["unread"] == 3


async def test_staff_read_what_was_said_before_it_was_corrected(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    comment = await said_by(api, "bob", ticket=ticket, body="One.", internal=True)
    path = f"/tickets/{ticket}/comments/{comment['id']}"
    assert (await api("GET", f"{path}/versions", "erin")).json["versions"] == []
    for text in ("Two.", "Three."):
        await api("PATCH", path, "bob", json={"body": text})

    whole = (await api("GET", f"{path}/versions", "erin")).json
    first = (await api("GET", f"{path}/versions?limit=1", "erin")).json
    rest = (await api("GET", f"{path}/versions?limit=1&cursor={first['pagination']['next_cursor']}", "erin")).json

    told = {"replaced_at": "2026-03-02T12:00:00Z"}
    assert whole["versions"] == [{"version": 1, "body": "One.", **told}, {"version": 2, "body": "Two.", **told}]
    assert whole["pagination"]["total"] == 2
    assert [first["versions"], rest["versions"]] == [[one] for one in whole["versions"]]
    # Of another ticket's comment nothing is told.
    other = (await api.ticket("alice"))["id"]
    assert (await api("GET", f"/tickets/{other}/comments/{comment['id']}/versions", "erin")).is_problem(404)


async def test_the_description_follows_the_message_that_opened_the_ticket(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    [opening] = (await api("GET", f"/tickets/{ticket}/comments", "alice")).json["comments"]
    path = f"/tickets/{ticket}/comments/{opening['id']}"

    assert (await api("PATCH", path, "alice", json={"body": "It is only warm."})).status == 200

    assert (await api("GET", f"/tickets/{ticket}", "bob")).json["description"] == "It is only warm."
    assert (await api("DELETE", path, "alice")).is_problem(409)
    assert (await api("DELETE", path, "carol")).is_problem(409)


async def test_after_a_while_only_notes_can_be_changed(api: Api, clock: Clock) -> None:
    ticket = (await api.ticket("alice"))["id"]
    hers = await said_by(api, "alice", ticket=ticket)
    note = await said_by(api, "bob", ticket=ticket, internal=True)

    clock.forward(timedelta(minutes=16))

    for method in ("PATCH", "DELETE"):
        late = await api(method, f"/tickets/{ticket}/comments/{hers['id']}", "alice", json={"body": "Better."})
        assert late.is_problem(409)
        assert "another one" in late.json["detail"]
    assert (
        await api("PATCH", f"/tickets/{ticket}/comments/{note['id']}", "erin", json={"body": "Better."})
    ).status == 200


@pytest.mark.parametrize(
    "state", [{"state": "sending"}, {"state": "sent"}, {"state": "uncertain"}, {"state": "retrying", "unknowns": 1}]
)
async def test_what_may_have_arrived_by_mail_cannot_be_unsaid(sqlite_api: Api, state: dict[str, object]) -> None:
    ticket = (await sqlite_api.ticket("alice"))["id"]
    answer = await said_by(sqlite_api, "bob", ticket=ticket)
    path = f"/tickets/{ticket}/comments/{answer['id']}"
    await set_delivery(sqlite_api, **state)

    edited = await sqlite_api("PATCH", path, "bob", json={"body": "It burns."})
    deleted = await sqlite_api("DELETE", path, "bob")

    assert edited.is_problem(409)
    assert "sent by mail" in edited.json["detail"]
    assert deleted.is_problem(409)
    assert (await sqlite_api("GET", path, "alice")).json["body"] == "It bruns."


async def test_an_answer_that_still_waits_leaves_as_it_was_corrected_or_not_at_all(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    kept, gone = await said_by(api, "bob", ticket=ticket), await said_by(api, "bob", ticket=ticket)
    path = f"/tickets/{ticket}/comments"

    assert (await api("PATCH", f"{path}/{kept['id']}", "bob", json={"body": "It burns."})).status == 200
    assert (await api("DELETE", f"{path}/{gone['id']}", "bob")).status == 204

    seen = (await api("GET", path, "alice")).json["comments"]
    assert [comment["body"] for comment in seen[1:]] == ["It burns."]
    assert [(row.state, row.reason) for row in await rows(api.desk, tables.deliveries)] == [
        ("queued", ""),
        ("failed", "the comment was taken back before it was sent"),
    ]
    assert (await api("GET", f"{path}/{gone['id']}", "bob")).is_problem(404)
    assert (await api("PATCH", f"{path}/{gone['id']}", "bob", json={"body": "?"})).is_problem(404)


async def test_nobody_changes_what_another_said(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    hers = await said_by(api, "alice", ticket=ticket)
    his = await said_by(api, "bob", ticket=ticket)
    note = await said_by(api, "bob", ticket=ticket, internal=True)

    got = {}
    for method in ("PATCH", "DELETE"):
        for by, comment in (("alice", his), ("alice", note), ("dora", hers), ("bob", hers), ("erin", his)):
            path = f"/tickets/{ticket}/comments/{comment['id']}"
            got[method, by, comment["id"]] = (await api(method, path, by, json={"body": "Ha!"})).status

    assert list(got.values()) == [403, 404, 404, 403, 403] * 2
    assert (await api("DELETE", f"/tickets/{ticket}/comments/{hers['id']}", "carol")).status == 204


async def test_what_came_by_mail_stays_as_it_was_written(sqlite_api: Api) -> None:
    receipt = await sqlite_api.desk.receive(a_mail("alice@people.test", acknowledge=False))
    path = f"/tickets/{receipt.ticket_id}/comments/{receipt.message_id}"

    assert (await sqlite_api("PATCH", path, "alice", json={"body": "I never said that."})).is_problem(409)


async def test_a_comment_is_found_through_its_own_ticket_only(sqlite_api: Api) -> None:
    ticket, other = (await sqlite_api.ticket("alice"))["id"], (await sqlite_api.ticket("dora"))["id"]
    comment = await said_by(sqlite_api, "alice", ticket=ticket)

    for method in ("GET", "PATCH", "DELETE"):
        path = f"/tickets/{other}/comments/{comment['id']}"
        assert (await sqlite_api(method, path, "dora", json={"body": "x"})).is_problem(404)


async def test_a_long_conversation_is_read_in_pages(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    for number in range(5):
        await said_by(api, "bob", ticket=ticket, body=str(number), internal=number == 2)
    path = f"/tickets/{ticket}/comments"
    seen: list[str] = []
    query: str | None = "?limit=2"

    while query:
        page = (await api("GET", path + query, "alice")).json
        seen += [comment["body"] for comment in page["comments"]]
        cursor = page["pagination"]["next_cursor"]
        query = f"?limit=2&cursor={cursor}" if cursor else None

    assert seen == ["It burns on the second floor.", "0", "1", "3", "4"]
    third = (await api("GET", f"{path}?page=3&limit=2", "bob")).json
    assert [comment["body"] for comment in third["comments"]] == ["3", "4"]
    assert third["pagination"] == {
        "page": 3, "limit": 2, "total": 6, "total_pages": 3, "next_cursor": third["comments"][-1]["id"]
    }  # fmt: skip
    for wrong in ("?limit=0", "?limit=101", "?cursor=7", "?page=100000&limit=100", "?color=red"):
        assert (await api("GET", path + wrong, "alice")).is_problem(400), wrong


async def test_files_uploaded_before_hang_on_the_comment_that_names_them(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    plan, photo = [
        (await api.upload(ticket, by, (name, b"%PDF-1.7\n" + name.encode()))).json["attachments"][0]["id"]
        for by, name in (("bob", "plan.pdf"), ("alice", "photo.pdf"))
    ]

    answer = await api(
        "POST", f"/tickets/{ticket}/comments", "bob", json={"body": "See plan", "attachment_ids": [plan]}
    )
    reply = await api("POST", f"/tickets/{ticket}/comments", "alice", json={"body": "Look", "attachment_ids": [photo]})

    assert (answer.status, reply.status) == (201, 201)
    assert [file["filename"] for file in answer.json["attachments"]] == ["plan.pdf"]
    assert [file["filename"] for file in reply.json["attachments"]] == ["photo.pdf"]
    assert (await api("GET", f"/tickets/{ticket}/attachments/{plan}", "alice")).status == 200


@pytest.mark.parametrize("by", ["alice", "bob"])
async def test_a_comment_takes_no_file_that_is_not_ones_own_and_free(sqlite_api: Api, by: str) -> None:
    other = "bob" if by == "alice" else "alice"
    ticket = (await sqlite_api.ticket("alice"))["id"]
    elsewhere = (await sqlite_api.ticket("alice"))["id"]
    ids = [
        (await sqlite_api.upload(where, who, ("plan.pdf", b"%PDF-1.7\n"))).json["attachments"][0]["id"]
        for where, who in ((ticket, other), (elsewhere, by), (ticket, by))
    ]
    path = f"/tickets/{ticket}/comments"
    assert (await sqlite_api("POST", path, by, json={"body": "first", "attachment_ids": ids[2:]})).status == 201

    refused = await sqlite_api("POST", path, by, json={"body": "second", "attachment_ids": ids})

    assert refused.is_problem(400)
    assert refused.wrong_fields == {"attachment_ids.0", "attachment_ids.1", "attachment_ids.2"}
    assert "second" not in {c["body"] for c in (await sqlite_api("GET", path, "bob")).json["comments"]}


@pytest.mark.parametrize("by", ["alice", "bob"])
async def test_a_comment_with_files_that_is_sent_again_is_one_comment_with_its_files(sqlite_api: Api, by: str) -> None:
    ticket = (await sqlite_api.ticket("alice"))["id"]
    file = (await sqlite_api.upload(ticket, by, ("plan.pdf", b"%PDF-1.7\n"))).json["attachments"][0]["id"]
    said = {"body": "See plan", "attachment_ids": [file]}

    first, again = [
        await sqlite_api("POST", f"/tickets/{ticket}/comments", by, json=said, headers={"Idempotency-Key": "1"})
        for _ in range(2)
    ]

    assert first.json == again.json
    assert [file["filename"] for file in again.json["attachments"]] == ["plan.pdf"]

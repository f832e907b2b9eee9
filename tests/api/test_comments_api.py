"""The conversation over the native API, and what of it leaves the house."""

from sqlalchemy import update

from core import outbox, tables
from core.outbox import Failed
from core.vocabulary import Channel, DeliveryState
from tests.api.conftest import Api
from tests.builders import a_mail


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

    [delivery] = (await api("GET", path, "bob")).json["comments"][-1]["deliveries"]
    failed = (await api("GET", "/deliveries?state=failed", "carol")).json["deliveries"]
    queued = (await api("GET", "/deliveries?state=queued", "carol")).json["deliveries"]

    assert (delivery["state"], delivery["reason"], delivery["attempts"]) == ("failed", "no such mailbox", 1)
    assert [(one["id"], one["reason"], one["ticket_number"]) for one in failed] == [
        (delivery["id"], "no such mailbox", ticket["number"])
    ]
    assert queued == []


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

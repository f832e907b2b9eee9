"""Blocks, incidents and held answers over the API."""

from dataclasses import replace

from core import tables, tokens
from core.vocabulary import Outcome
from tests.api.conftest import Api
from tests.builders import a_mail
from tests.stored import numbered, rows


async def test_a_sender_is_blocked_listed_and_let_in_again(api: Api) -> None:
    until = "2099-01-01T00:00:00Z"
    made = await api(
        "POST", "/blocked-senders", "carol", json={"subject": "Evil.test", "reason": "abuse", "until": until}
    )

    blocked = await api.desk.receive(a_mail("eve@evil.test"))
    listed = await api("GET", "/blocked-senders", "carol")
    gone = await api("DELETE", f"/blocked-senders/{made.json['id']}", "carol")
    again = await api("DELETE", f"/blocked-senders/{made.json['id']}", "carol")

    assert (made.status, made.json["subject"], made.json["author"]) == (201, "@evil.test", "carol")
    assert listed.json["blocks"] == [made.json]
    assert (blocked.outcome, blocked.reason) == (Outcome.IGNORED, "abuse")
    assert (gone.status, again.status) == (204, 404)
    assert (await api.desk.receive(a_mail("eve@evil.test"))).outcome is Outcome.OPENED


async def test_what_cannot_be_blocked_is_said(sqlite_api: Api) -> None:
    for body in ({"subject": "not an address"}, {"subject": "evil.test", "until": "2001-01-01T00:00:00Z"}, {}):
        answer = await sqlite_api("POST", "/blocked-senders", "carol", json=body)

        assert answer.is_problem(400), body


async def test_an_admin_sees_an_incident_and_ends_it(api: Api) -> None:
    for _ in range(5):
        await api.desk.receive(a_mail("ann@customer.test"))

    [incident] = (await api("GET", "/incidents", "carol")).json["incidents"]
    ended = await api("POST", f"/incidents/{incident['id']}/reset", "carol")

    assert (incident["subject"], incident["kind"], incident["author"]) == ("ann@customer.test", "budget", "")
    assert (ended.status, ended.json["author"]) == (200, "carol")
    assert ended.json["ended_at"]
    assert (await api("GET", "/incidents", "carol")).json["incidents"] == []


async def test_an_agent_lets_the_writer_of_a_held_answer_in(api: Api) -> None:
    desk = api.desk
    await desk.receive(a_mail("ann@customer.test", acknowledge=False))
    [found] = await rows(desk, tables.tickets)
    ticket = await numbered(desk, int(str(found.number)))
    tag = tokens.reply_tag(
        desk.keys.replies, ticket.number, 1, ticket_id=ticket.id, person_id=ticket.requester_id, version=1
    )
    raw = "From: Ann <ann@private.test>\r\nTo: support@desk.test\r\nMessage-ID: <2@private.test>\r\n\r\nIt is me."
    to = f"support+{tag}@desk.test"
    mail = a_mail("ann@private.test", text="It is me.", raw=raw.encode(), recipients=(to,))
    receipt = await desk.receive(replace(mail, envelope={"recipients": [to], "mail_from": "ann@private.test"}))

    listed = await api("GET", f"/tickets/{ticket.id}/held", "bob")
    done = await api("POST", f"/tickets/{ticket.id}/held/{receipt.ledger_id}", "bob", json={"decision": "allow"})
    again = await api("POST", f"/tickets/{ticket.id}/held/{receipt.ledger_id}", "bob", json={"decision": "ignore"})
    comments = (await api("GET", f"/tickets/{ticket.id}/comments", "bob")).json["comments"]

    assert [one["id"] for one in listed.json["held"]] == [str(receipt.ledger_id)]
    assert (done.status, done.json["disposition"], again.status) == (200, "comment", 409)
    assert comments[-1]["body"] == "It is me."
    assert (await api("GET", f"/tickets/{ticket.id}/held", "bob")).json["held"] == []

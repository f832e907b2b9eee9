"""Every route × who asks × whose ticket it is. A route that is not in the table fails the test."""

import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from api.native import table
from api.routes import Route
from core import tables
from core.storage import blobs
from core.tables import new_id
from tests.api.conftest import Api
from tests.builders import Form, a_form

# Who asks: nobody signed in, the ticket's customer, another customer, its agent, another agent, an admin.
ASKERS = ("anonymous", "alice", "dora", "bob", "erin", "carol")

NO, MISSING, NEVER = 401, 404, 403
OK, MADE, GONE = 200, 201, 204


@dataclass(frozen=True)
class Row:
    """What each asker gets, in the order of ASKERS; for a ticket that is assigned to bob and is alice's."""

    answers: tuple[int, int, int, int, int, int]
    body: object = None
    form: Form | None = None

    @property
    def sent(self) -> dict[str, Any]:
        return {"data": io.BytesIO(self.form.body), "headers": self.form.headers} if self.form else {"json": self.body}


EVERYBODY = Row((OK, OK, OK, OK, OK, OK))
SIGNED_IN = Row((NO, OK, OK, OK, OK, OK))
STAFF = Row((NO, NEVER, NEVER, OK, OK, OK))
ADMINS = Row((NO, NEVER, NEVER, NEVER, NEVER, OK))
READERS = Row((NO, OK, MISSING, OK, OK, OK))
WEBHOOK = {"url": "https://example.com/hook", "events": ["ticket.created"]}

MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "/tickets/embed/{token}"): EVERYBODY,
    ("POST", "/auth/token"): Row((OK, OK, OK, OK, OK, OK), {"username": "alice", "password": "correct horse"}),
    ("POST", "/auth/logout"): Row((NO, GONE, GONE, GONE, GONE, GONE)),
    ("GET", "/users/me"): SIGNED_IN,
    ("GET", "/users"): ADMINS,
    ("POST", "/users"): Row(
        (NO, NEVER, NEVER, NEVER, NEVER, MADE), {"username": "frank", "password": "long enough", "role": "agent"}
    ),
    ("GET", "/users/{username}"): ADMINS,
    ("PATCH", "/users/{username}"): Row((NO, NEVER, NEVER, NEVER, NEVER, OK), {"active": True}),
    ("DELETE", "/users/{username}"): Row((NO, NEVER, NEVER, NEVER, NEVER, GONE)),
    ("POST", "/users/{username}/link"): Row((NO, NEVER, NEVER, NEVER, NEVER, MADE)),
    # With a wrong password: the right one would end everybody's sign-in.
    ("PUT", "/users/me/password"): Row(
        (NO, 400, 400, 400, 400, 400), {"current_password": "a guess", "new_password": "long enough"}
    ),
    ("GET", "/api-keys"): SIGNED_IN,
    ("POST", "/api-keys"): Row((NO, MADE, MADE, MADE, MADE, MADE), {"name": "a program", "scope": "write"}),
    # Bob's own: an admin may end it as well.
    ("DELETE", "/api-keys/{key}"): Row((NO, MISSING, MISSING, GONE, MISSING, GONE)),
    ("GET", "/agents"): STAFF,
    ("POST", "/agents"): Row((NO, NEVER, NEVER, NEVER, NEVER, MADE), {"username": "gail", "password": "long enough"}),
    ("GET", "/agents/{username}"): STAFF,
    ("PATCH", "/agents/{username}"): Row((NO, NEVER, NEVER, NEVER, NEVER, OK), {"name": "Bob"}),
    ("DELETE", "/agents/{username}"): Row((NO, NEVER, NEVER, NEVER, NEVER, GONE)),
    ("GET", "/clients"): STAFF,
    ("POST", "/clients"): Row((NO, NEVER, NEVER, MADE, MADE, MADE), {"name": "Ann"}),
    ("GET", "/clients/{client}"): STAFF,
    ("PATCH", "/clients/{client}"): Row((NO, NEVER, NEVER, OK, OK, OK), {"name": "Ann"}),
    ("DELETE", "/clients/{client}"): Row((NO, NEVER, NEVER, NEVER, NEVER, GONE)),
    ("GET", "/tickets"): SIGNED_IN,
    ("POST", "/tickets"): Row((NO, MADE, MADE, MADE, MADE, MADE), {"subject": "x", "description": "y"}),
    ("GET", "/tickets/my"): SIGNED_IN,
    # The body is the file: a ticket without a customer, which is a bad row of a good file.
    ("POST", "/tickets/import"): Row((NO, NEVER, NEVER, OK, OK, OK), {"subject": "x", "description": "y"}),
    ("GET", "/tickets/{ticket}"): READERS,
    ("PATCH", "/tickets/{ticket}"): Row((NO, NEVER, MISSING, OK, OK, OK), {"priority": "low"}),
    ("PUT", "/tickets/{ticket}"): Row((NO, NEVER, MISSING, OK, OK, OK), {"priority": "low"}),
    ("DELETE", "/tickets/{ticket}"): Row((NO, NEVER, MISSING, NEVER, NEVER, GONE)),
    ("PATCH", "/tickets/{ticket}/assign"): Row((NO, NEVER, MISSING, OK, NEVER, OK), {"agent": None}),
    ("POST", "/tickets/{ticket}/auto-classify"): Row((NO, NEVER, MISSING, OK, OK, OK)),
    ("POST", "/tickets/{ticket}/embed-token"): Row((NO, NEVER, MISSING, MADE, MADE, MADE)),
    ("DELETE", "/tickets/{ticket}/embed-token"): Row((NO, NEVER, MISSING, GONE, GONE, GONE)),
    ("GET", "/tickets/{ticket}/comments"): READERS,
    ("POST", "/tickets/{ticket}/comments"): Row((NO, MADE, MISSING, MADE, MADE, MADE), {"body": "x"}),
    # Bob's note: for the customers there is no such comment.
    ("GET", "/tickets/{ticket}/comments/{comment}"): Row((NO, MISSING, MISSING, OK, OK, OK)),
    ("PATCH", "/tickets/{ticket}/comments/{comment}"): Row((NO, MISSING, MISSING, OK, OK, OK), {"body": "y"}),
    ("DELETE", "/tickets/{ticket}/comments/{comment}"): Row((NO, MISSING, MISSING, GONE, GONE, GONE)),
    ("GET", "/tickets/{ticket}/comments/{comment}/versions"): Row((NO, NEVER, NEVER, OK, OK, OK)),
    ("GET", "/tickets/{ticket}/attachments"): READERS,
    ("POST", "/tickets/{ticket}/attachments"): Row(
        (NO, MADE, MISSING, MADE, MADE, MADE), form=a_form(("log.txt", b"it burns"))
    ),
    # The file is on bob's internal note: not even the customer of the ticket learns that there is one.
    ("GET", "/tickets/{ticket}/attachments/{attachment}"): Row((NO, MISSING, MISSING, OK, OK, OK)),
    ("DELETE", "/tickets/{ticket}/attachments/{attachment}"): Row((NO, MISSING, MISSING, GONE, GONE, GONE)),
    ("GET", "/tickets/{ticket}/changes"): Row((NO, NEVER, NEVER, OK, OK, OK)),
    ("GET", "/tickets/{ticket}/held"): STAFF,
    # It is what opened the ticket, and waits for nobody.
    ("POST", "/tickets/{ticket}/held/{entry}"): Row((NO, NEVER, NEVER, 409, 409, 409), {"decision": "allow"}),
    ("GET", "/blocked-senders"): ADMINS,
    ("POST", "/blocked-senders"): Row((NO, NEVER, NEVER, NEVER, NEVER, MADE), {"subject": "evil.test"}),
    ("DELETE", "/blocked-senders/{mark}"): Row((NO, NEVER, NEVER, NEVER, NEVER, GONE)),
    ("GET", "/incidents"): ADMINS,
    # It is a block, which is no incident.
    ("POST", "/incidents/{mark}/reset"): Row((NO, NEVER, NEVER, NEVER, NEVER, MISSING)),
    ("GET", "/ledger"): ADMINS,
    ("GET", "/ledger/{entry}/raw"): ADMINS,
    ("POST", "/ledger/{entry}/replay"): ADMINS,
    ("GET", "/deliveries"): ADMINS,
    # It waits to be sent for the first time still.
    ("POST", "/deliveries/{delivery}/retry"): Row((NO, NEVER, NEVER, NEVER, NEVER, 409)),
    ("GET", "/reference-data/{contract}"): ADMINS,
    ("PUT", "/reference-data/{contract}/{list}/{number}"): Row(
        (NO, NEVER, NEVER, NEVER, NEVER, OK), {"value": "ECAP", "label": "ECAP"}
    ),
    ("GET", "/webhooks"): ADMINS,
    ("POST", "/webhooks"): Row((NO, NEVER, NEVER, NEVER, NEVER, MADE), WEBHOOK),
    ("GET", "/webhooks/{webhook}"): ADMINS,
    ("PATCH", "/webhooks/{webhook}"): Row((NO, NEVER, NEVER, NEVER, NEVER, OK), {"active": True}),
    ("DELETE", "/webhooks/{webhook}"): Row((NO, NEVER, NEVER, NEVER, NEVER, GONE)),
    ("POST", "/webhooks/{webhook}/secret"): Row((NO, NEVER, NEVER, NEVER, NEVER, MADE)),
    ("GET", "/webhooks/{webhook}/deliveries"): ADMINS,
    # It is a mail that is to be told there: not one of this webhook's.
    ("POST", "/webhooks/{webhook}/deliveries/{delivery}/replay"): Row((NO, NEVER, NEVER, NEVER, NEVER, MISSING)),
}


def canonical(route: Route) -> tuple[str, str]:
    """The path without the patterns of its parts."""
    parts = [part.partition(":")[0] + "}" if ":" in part else part for part in _split(route.path)]
    return route.method, "/".join(parts)


def _split(path: str) -> list[str]:
    """At the slashes that stand outside of braces."""
    parts, depth = [""], 0
    for character in path:
        depth += (character == "{") - (character == "}")
        if character == "/" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


ROUTES = [canonical(route) for route in table.routes()]


def test_every_route_is_in_the_matrix() -> None:
    assert set(ROUTES) == set(MATRIX)


async def a_house(api: Api) -> dict[str, Any]:
    """Alice's ticket, taken by bob, with a file on a note."""
    ticket = await api.ticket("alice")
    await api("PATCH", f"/tickets/{ticket['id']}/assign", "bob", json={"agent": "bob"})
    note = await api("POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": "see file", "internal": True})
    file, blob, now = new_id(), blobs.of(b"secret plan"), api.desk.clock()
    async with api.desk.writing() as connection:
        kept = {"sha256": blob.sha256, "size": len(blob.data), "data": blob.data, "created_at": now}
        await connection.execute(insert(tables.blobs), kept)
        row = {
            "id": file,
            "ticket_id": UUID(ticket["id"]),
            "message_id": UUID(note.json["id"]),
            "filename": "plan.txt",
            "content_type": "text/plain",
            "size": len(blob.data),
            "sha256": blob.sha256,
            "created_at": now,
        }
        await connection.execute(insert(tables.attachments), row)
        entry = (await connection.execute(select(tables.ledger.c.id))).scalars().first()
    key = await api("POST", "/api-keys", "bob", json={"name": "his program"})
    await api("POST", f"/tickets/{ticket['id']}/comments", "bob", json={"body": "We are on it."})
    [delivery] = (await api("GET", "/deliveries", "carol")).json["deliveries"]
    client = await api("POST", "/clients", "bob", json={"name": "Somebody"})
    webhook = await api("POST", "/webhooks", "carol", json=WEBHOOK)
    block = await api("POST", "/blocked-senders", "carol", json={"subject": "eve@evil.test"})
    return {
        "mark": block.json["id"],
        "webhook": webhook.json["id"],
        "client": client.json["id"],
        "delivery": delivery["id"],
        "key": key.json["id"],
        "ticket": ticket["id"],
        "token": ticket["embed_token"],
        "attachment": file,
        "comment": note.json["id"],
        "entry": entry,
        "username": "bob",
        "contract": "healthcare",
        "list": "tool",
        "number": "1",
    }


def ends_last(route: tuple[str, str]) -> tuple[bool, bool, int, int]:
    """Deleting and signing out come last: they end what the others need. Of those the innermost is first."""
    method, path = route
    return (
        path == "/auth/logout",
        method == "DELETE" or path.endswith("/embed-token"),
        -path.find("attachment"),
        -len(path),
    )


@pytest.mark.parametrize("asker", ASKERS)
async def test_everybody_gets_what_the_matrix_says(api: Api, asker: str) -> None:
    answers = {}
    names = await a_house(api)
    for method, path in sorted(ROUTES, key=ends_last):
        row = MATRIX[method, path]
        by = None if asker == "anonymous" else asker
        answer = await api(method, path.format_map(names), by, **row.sent)
        answers[method, path] = answer.status
        assert answer.status < 400 or answer.is_problem(answer.status), (method, path)

    expected = {route: MATRIX[route].answers[ASKERS.index(asker)] for route in ROUTES}
    assert answers == expected


# Who is no staff does not get as far as the ticket.
_FOR_STAFF = ("/changes", "/versions", "/held", "/held/{entry}")


@pytest.mark.parametrize("asker", ASKERS[1:])
async def test_what_was_deleted_is_nobodys(sqlite_api: Api, asker: str) -> None:
    names = await a_house(sqlite_api)
    await sqlite_api("DELETE", f"/tickets/{names['ticket']}", "carol")

    for method, path in ROUTES:
        if "{ticket}" in path:
            row = MATRIX[method, path]
            answer = await sqlite_api(method, path.format_map(names), asker, **row.sent)
            assert answer.status in (404, 403 if path.endswith(_FOR_STAFF) and asker in ("alice", "dora") else 404), (
                path
            )


@pytest.mark.parametrize("asker", ASKERS)
async def test_a_file_opens_only_through_its_own_ticket(sqlite_api: Api, asker: str) -> None:
    names = await a_house(sqlite_api)
    other = await sqlite_api.ticket("alice")

    answer = await sqlite_api(
        "GET",
        f"/tickets/{other['id']}/attachments/{names['attachment']}",
        None if asker == "anonymous" else asker,
    )

    assert answer.status == (401 if asker == "anonymous" else 404)

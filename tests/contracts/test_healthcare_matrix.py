"""Contract `healthcare`: every route × who asks × whose ticket it is. A route that is not in the table fails the test."""

from dataclasses import dataclass

import pytest

from api.contracts.healthcare.table import CONTRACT
from core.config import Settings
from tests.contracts.conftest import Served
from tests.contracts.healthcare import TICKET, Client, is_error
from tests.stored import with_section

# Nobody signed in; the ticket's own customer and another (level 3); its agent and another (level 2); level 1.
ASKERS = (None, "alice", "dora", "bob", "erin", "carol")
NO, MISSING, NEVER, OK, MADE = 401, 404, 403, 200, 201
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
UPLOAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'


@dataclass(frozen=True)
class Row:
    """What each asker gets, in the order of ASKERS, for a ticket of alice's that is assigned to bob."""

    answers: tuple[int, int, int, int, int, int]
    json: object = None
    data: bytes | None = None
    path: str = ""


EVERYBODY = (OK, OK, OK, OK, OK, OK)
SIGNED_IN = (NO, OK, OK, OK, OK, OK)
SEES_IT = (NO, OK, MISSING, OK, OK, OK)
STAFF = (NO, NEVER, NEVER, OK, OK, OK)

MATRIX: dict[tuple[str, str], Row] = {
    ("POST", "/token"): Row(EVERYBODY, {"username": "alice", "password": "correct horse"}),
    ("POST", "/tickets"): Row((NO, MADE, MADE, MADE, MADE, MADE), TICKET),
    ("GET", "/tickets"): Row(SIGNED_IN),
    ("GET", "/tickets/{ticket_id}"): Row(SEES_IT),
    ("PUT", "/tickets/{ticket_id}"): Row((NO, NEVER, MISSING, OK, OK, OK), {"crit_id": 1}),
    ("POST", "/tickets/{ticket_id}/upload"): Row(SEES_IT, data=UPLOAD),
    ("POST", "/tickets/{ticket_id}/upload-single"): Row(SEES_IT, data=UPLOAD),
    ("GET", "/tickets/{ticket_id}/attachments"): Row(SEES_IT),
    # bob's file: the ticket's customer does not learn that there is one.
    ("DELETE", "/tickets/{ticket_id}/attachments/{filename:.+}"): Row(
        (NO, MISSING, MISSING, OK, MISSING, MISSING), path="/tickets/{ticket}/attachments/secret.txt"
    ),
    ("GET", "/tickets/{ticket_id}/modifications"): Row(STAFF),
    ("POST", "/modifications"): Row((NO, NEVER, NEVER, MADE, MADE, MADE), {"field_name": "title", "new_value": "x"}),
    ("GET", "/users/me"): Row(SIGNED_IN),
    ("POST", "/users"): Row(
        (NO, NEVER, NEVER, NEVER, NEVER, MADE),
        {"username": "frank", "email": "frank@people.test", "password": "long enough", "permission_level": 3},
    ),
    ("PUT", "/users/{user_id:[0-9]{1,18}}"): Row(
        (NO, NEVER, NEVER, NEVER, NEVER, OK), {"name": "Admin"}, path="/users/1"
    ),
    ("GET", "/status"): Row(EVERYBODY),
    ("GET", "/crit"): Row(EVERYBODY),
    ("GET", "/tool"): Row(EVERYBODY),
    ("GET", "/center"): Row(EVERYBODY),
    ("DELETE", "/tickets/{ticket_id}"): Row((NO, NEVER, MISSING, NEVER, NEVER, OK)),
}


@pytest.fixture
def agents_see() -> str:
    return "all"


@pytest.fixture
def desk_settings(desk_settings: Settings, agents_see: str) -> Settings:
    return with_section(desk_settings, "api", agents_see=agents_see)


def test_every_route_is_in_the_matrix() -> None:
    assert {(route.method, route.path) for route in CONTRACT.routes} == set(MATRIX)


async def a_house(client: Client) -> str:
    """Alice's ticket, taken by bob, who put a file on it."""
    ticket_id: str = (await client.ticket("alice"))["id"]
    taken = await client.served.native("PATCH", "/tickets/1/assign", "bob", json={"agent": "bob"})
    assert taken.status == 200
    assert (await client.upload(ticket_id, ("secret.txt", b"plan"), by="bob")).status == 200
    return ticket_id


async def asked(client: Client, route: tuple[str, str], by: str | None, ticket_id: str) -> int:
    row = MATRIX[route]
    path = (row.path or route[1]).replace("{ticket_id}", ticket_id).replace("{ticket}", ticket_id)
    if row.data:
        answer = await client(route[0], path, by, data=row.data, headers=FORM)
    else:
        # The one route that names the ticket in its body; the others pass it over.
        json = {**row.json, "ticket_id": ticket_id} if isinstance(row.json, dict) else None
        answer = await client(route[0], path, by, json=json)
    assert answer.status < 400 or is_error(answer, answer.status), (route, by, answer.body)
    assert (answer.status == NO) == (answer.headers.get("WWW-Authenticate") == "Bearer"), (route, by)
    return answer.status


async def test_everybody_gets_what_the_matrix_says(ask: Served) -> None:
    client = Client(ask)
    ticket_id = await a_house(client)

    answers = {route: tuple([await asked(client, route, by, ticket_id) for by in ASKERS]) for route in MATRIX}

    assert answers == {route: row.answers for route, row in MATRIX.items()}


async def test_what_was_deleted_is_nobodys(ask: Served) -> None:
    client = Client(ask)
    ticket_id = await a_house(client)
    await client("DELETE", f"/tickets/{ticket_id}", "carol")

    for route in MATRIX:
        if "{ticket_id}" in route[1] or route[1] == "/modifications":
            staffs = "modifications" in route[1]
            for by in ASKERS[1:]:
                level_3 = by in ("alice", "dora")
                assert await asked(client, route, by, ticket_id) == (NEVER if staffs and level_3 else MISSING), route


@pytest.mark.parametrize("agents_see", ["assigned"])
async def test_agents_see_what_they_may_see_everywhere_else(ask: Served) -> None:
    client = Client(ask)
    ticket_id: str = (await client.ticket("alice"))["id"]
    await ask.native("PATCH", "/tickets/1/assign", "carol", json={"agent": "bob"})

    for route, row in MATRIX.items():
        if row.answers in (SEES_IT, STAFF):
            assert await asked(client, route, "bob", ticket_id) == OK, route
            assert await asked(client, route, "erin", ticket_id) == MISSING, route
    assert [(await client("GET", "/tickets/", by)).json["total"] for by in ("alice", "dora", "bob", "erin")] == [
        1,
        0,
        1,
        0,
    ]

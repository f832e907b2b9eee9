"""Contract `healthcare`: signing in, accounts and their levels, lists that an admin changed, and what no client should send."""

import asyncio
import io
from collections.abc import Mapping

import aiohttp
import pytest

from core.accounts import users
from core.vocabulary import Role
from tests.contracts.conftest import HOST, Served, raw
from tests.contracts.healthcare import TICKET, Client, is_error

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def client(ask: Served) -> Client:
    return Client(ask)


async def sign_in(client: Client, username: str, password: str) -> int:
    # An OAuth client names itself, and what it wants a token for more than once (RFC 8707).
    more = "grant_type=password&client_id=x&resource=https://a.test&resource=https://b.test"
    sent = f"username={username}&password={password}&{more}".encode()
    return (await client("POST", "/token", None, data=sent, headers=FORM)).status


async def test_signing_in_answers_what_the_document_shows_and_no_more(client: Client) -> None:
    answer = await client("POST", "/token", None, data=b"username=bob&password=correct+horse", headers=FORM)

    assert answer.status == 200
    assert answer.json.keys() == {"access_token", "token_type"}
    signed = {"Authorization": f"bearer {answer.json['access_token']}"}
    assert (await client("GET", "/users/me", None, headers=signed)).json["username"] == "bob"


async def test_a_wrong_sign_in_is_401_and_a_missing_one_400(client: Client) -> None:
    for sent in (b"username=bob&password=wrong", b"username=nobody&password=wrong"):
        answer = await client("POST", "/token", None, data=sent, headers=FORM)
        assert is_error(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for sent in (b"", b"username=bob", b"password=x", b"username=%ff&password=x", b"username=a&username=b&password=x"):
        assert is_error(await client("POST", "/token", None, data=sent, headers=FORM), 400), sent


async def test_a_token_that_is_none_is_told_where_to_sign_in(client: Client) -> None:
    for header in ("", "Bearer", "Bearer x", "Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.e30.", "Basic Ym9iOng="):
        answer = await client("GET", "/tickets/", None, headers={"Authorization": header})
        assert is_error(answer, 401), header
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert " /token" in answer.json["detail"]


async def test_an_account_is_made_and_changed_by_level_1(ask_any: Served) -> None:
    client = Client(ask_any)
    wanted = {
        "username": "NewUser", "email": "User@Example.com", "password": "securepassword", "permission_level": 2,
        "name": "John", "surnames": "Doe", "default_center_id": 305,
    }  # fmt: skip

    made = await client("POST", "/users/", json=wanted)

    assert made.status == 201
    shown = {name: value for name, value in made.json.items() if name != "id"}
    assert shown == {
        "username": "newuser", "email": "user@example.com", "name": "John", "surnames": "Doe", "permission_level": 2,
        "default_center_id": 305, "is_active": True,
    }  # fmt: skip
    number = made.json["id"]
    change = {"permission_level": 3, "surnames": "Puig", "default_center_id": None, "password": "anotherpassword"}
    changed = await client("PUT", f"/users/{number}", json=change)
    assert changed.json == {
        **made.json, "permission_level": 3, "surnames": "Puig", "default_center_id": None,
    }  # fmt: skip
    assert await sign_in(client, "newuser", "securepassword") == 401
    assert await sign_in(client, "newuser", "anotherpassword") == 200
    async with ask_any.desk.reading() as connection:
        account = await users.by_name(connection, "newuser")
    assert account.role is Role.CUSTOMER
    assert account.person_id is not None
    off = await client("PUT", f"/users/{number}", json={"is_active": False})
    assert off.json["is_active"] is False
    assert await sign_in(client, "newuser", "anotherpassword") == 401


async def test_what_makes_no_account_is_refused(client: Client) -> None:
    good = {"username": "frank", "email": "frank@people.test", "password": "long enough", "permission_level": 3}
    wrong: dict[str, tuple[object, ...]] = {
        "username": ("", "a b", "x" * 65, 5, None, "../x"),
        "email": ("", "nobody", "a@b@c", None),
        "password": ("", "short", None, "x" * 2000),
        "permission_level": (0, 4, "3", True, None),
        "default_center_id": (1, 999, "305"),
        "surnames": (5, "x" * 200),
    }

    for field, values in wrong.items():
        await client.refused("POST", "/users/", [{**good, field: value} for value in values], field)
        if field != "username":
            changes = [{field: value} for value in values if value is not None or field != "default_center_id"]
            await client.refused("PUT", "/users/1", changes, field)
    taken = await client("POST", "/users/", json={**good, "username": "bob"})
    assert is_error(taken, 400)
    assert "bob" in taken.json["detail"]


async def test_who_is_not_there_cannot_be_changed(client: Client) -> None:
    for number in ("0", "999", "9" * 18, "9" * 30, "bob", "-1", "1.0"):
        assert is_error(await client("PUT", f"/users/{number}", json={"name": "x"}), 404), number


async def test_nobody_of_level_1_locks_themselves_out(client: Client) -> None:
    me = (await client("GET", "/users/me")).json

    for change in ({"is_active": False}, {"permission_level": 2}):
        assert is_error(await client("PUT", f"/users/{me['id']}", json=change), 400)
    assert (await client("PUT", f"/users/{me['id']}", json={**me, "name": "Carola"})).json == {**me, "name": "Carola"}


async def test_a_number_is_an_accounts_for_good(client: Client) -> None:
    numbers = {by: (await client("GET", "/users/me", by)).json["id"] for by in ("alice", "bob", "carol")}
    made = await client.ticket("alice")

    assert len(set(numbers.values())) == 3
    assert made["creator"] == numbers["alice"]


async def test_lists_are_for_everybody_and_as_an_admin_left_them(client: Client) -> None:
    lists = "/reference-data/healthcare"
    native = client.served.native
    await native("PUT", f"{lists}/tool/9", "carol", json={"value": "LAB", "label": "Laboratori"})
    await native("PUT", f"{lists}/center/4", "carol", json={"value": "999", "label": "EAP Nou"})
    made = await client.ticket(tool_id=9, center_id=999)
    await native("PUT", f"{lists}/tool/9", "carol", json={"value": "LAB", "label": "Laboratori", "active": False})
    await native("PUT", f"{lists}/status/1", "carol", json={"value": "created", "label": "Oberta"})

    assert (await client("GET", "/tool/", None)).json[-1]["value"] == "LAND_GIS"
    assert (await client("GET", "/center", None)).json[-1] == {"id": 4, "value": "999", "desc": "EAP Nou"}
    assert (await client("GET", "/status/", None)).json[0]["desc"] == "Oberta"
    # What was chosen while it could be is still called by its name.
    shown = (await client("GET", f"/tickets/{made['id']}")).json
    assert (shown["tool"]["desc"], shown["center"]["id"], shown["status"]["desc"]) == ("Laboratori", 999, "Oberta")
    assert is_error(await client("POST", "/tickets/", json={**TICKET, "tool_id": 9}), 400)
    assert (await client("PUT", f"/tickets/{made['id']}", json={"tool_id": 9, "title": "Kept"})).status == 200


BODIES: tuple[tuple[bytes, Mapping[str, str], int], ...] = (
    (b"", JSON, 400),
    (b"{", JSON, 400),
    (b"[]", JSON, 400),
    (b'"text"', JSON, 400),
    (b"null", JSON, 400),
    (b"\xff\xfe{\x00}\x00", JSON, 400),
    (b'{"title": "\xff"}', JSON, 400),
    (b'{"title": "\\ud800"}', JSON, 400),
    (b'{"title": NaN}', JSON, 400),
    (b'{"status_id": ' + b"9" * 5000 + b"}", JSON, 400),
    (b'{"deep": ' + b"[" * 5000 + b"]" * 5000 + b"}", JSON, 400),
    (b"[" * 200_000, JSON, 400),
    (b'{"title": "a", "title": "b"}', JSON, 400),
    (b"title=x", FORM, 415),
    (b"{}", {"Content-Type": "text/plain"}, 415),
    (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 400),
    (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415),
    (b'{"title": "' + b"x" * 1_100_000 + b'"}', JSON, 413),
)


async def test_what_no_client_should_send_is_a_4xx_in_the_documents_shape(client: Client) -> None:
    made = await client.ticket()

    for method, path in (
        ("POST", "/tickets/"),
        ("PUT", f"/tickets/{made['id']}"),
        ("POST", "/users/"),
        ("POST", "/modifications/"),
    ):
        for data, headers, status in BODIES:
            answer = await client(method, path, data=data, headers=headers)
            assert is_error(answer, status), (path, data[:40], answer.status, answer.body[:200])
    assert (await client("GET", "/tickets/")).json["total"] == 1


async def test_what_is_no_http_or_no_path_is_told_in_the_same_shape(client: Client) -> None:
    port = client.served.ports["healthcare"]
    token = await client.token("carol")
    head = f"Host: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n"
    sent = {
        "GET /nope HTTP/1.1": 404,
        "GET /../etc/passwd HTTP/1.1": 404,
        "PATCH /tickets/ HTTP/1.1": 405,
        "DELETE /status/ HTTP/1.1": 405,
        "GET /tickets/ HTTP/9.9": 400,
    }

    for line, status in sent.items():
        assert is_error(await raw(port, f"{line}\r\n{head}\r\n".encode()), status), line


async def test_too_many_sign_ins_are_told_to_wait(ask: Served) -> None:
    client = Client(ask)

    statuses = [await sign_in(client, "bob", "wrong") for _ in range(12)]

    assert statuses[0] == 401
    assert statuses[-1] == 429


class Lifecycle:
    """The document's Python client, call for call; `session` is what `requests` is there."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, username: str, password: str) -> None:
        self.session = session
        self.base_url = base_url
        self.username = username
        self.password = password
        self.token = ""

    async def authenticate(self) -> None:
        data = {"username": self.username, "password": self.password}
        async with self.session.post(f"{self.base_url}/token", data=data) as response:
            self.token = (await response.json())["access_token"]

    async def sent(self, method: str, path: str, **body: object) -> dict[str, object]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.base_url}{path}"
        async with self.session.request(method, url, headers=headers, **body) as response:  # type: ignore[arg-type]
            assert response.ok, await response.text()
            found: dict[str, object] = await response.json()
            return found


@pytest.mark.parametrize("place", ["root", "path"])
async def test_the_documents_life_cycle_works_with_only_another_base_url(ask: Served, place: str) -> None:
    ports = {
        "root": f"http://{HOST}:{ask.ports['healthcare']}",
        "path": f"http://{HOST}:{ask.native.port}/contracts/healthcare",
    }
    async with aiohttp.ClientSession() as session:
        api = Lifecycle(session, ports[place], "admin", "your_password")
        await api.authenticate()
        wanted = {
            "type": "incidence", "title": "AI Detected Issue", "description": "Performance degradation detected",
            "status_id": 1, "crit_id": 3, "tool_id": 1, "people": ["System Admin"], "pathway": "web",
        }  # fmt: skip
        ticket = await api.sent("POST", "/tickets/", json=wanted)
        form = aiohttp.FormData()
        form.add_field("files", io.BytesIO(b"%PDF-1.7 logs"), filename="logs.pdf")
        uploaded = await api.sent("POST", f"/tickets/{ticket['id']}/upload", data=form)
        updated = await api.sent("PUT", f"/tickets/{ticket['id']}", json={"status_id": 4})

    assert uploaded["total_uploaded"] == 1
    assert (updated["status_id"], len(updated["attached"])) == (4, 1)  # type: ignore[arg-type]


async def test_of_two_changes_at_once_none_is_lost(ask_any: Served) -> None:
    client = Client(ask_any)
    made = await client.ticket()

    answers = await asyncio.gather(
        *(client("PUT", f"/tickets/{made['id']}", json={"people": [f"n{n}"]}) for n in range(6))
    )

    done = [answer for answer in answers if answer.status == 200]
    assert all(answer.status == 200 or is_error(answer, 400) for answer in answers)
    total = (await client("GET", f"/tickets/{made['id']}/modifications")).json["total"]
    assert total == len(done) >= 1

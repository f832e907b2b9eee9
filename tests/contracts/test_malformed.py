"""What no client should send. Each gets a 4xx in the document's own error shape, and nothing of it is kept."""

import json

import pytest
from structlog.testing import capture_logs

from api import body
from api.contracts.table import CONTRACTS
from core import desk as desks
from core import tables
from core.config import Settings
from tests.api.conftest import Answer
from tests.builders import Clock
from tests.contracts.conftest import Served, exchange, raw, served
from tests.contracts.examples import EXAMPLES
from tests.stored import count, with_section

JSON = {"Content-Type": "application/json"}
EVERY = sorted(EXAMPLES)


def test_every_contract_has_its_example() -> None:
    assert set(EXAMPLES) == set(CONTRACTS)


def good(contract: str) -> bytes:
    return json.dumps(EXAMPLES[contract].good).encode()


def with_field(contract: str, value: bytes) -> bytes:
    """The good body, with these bytes as the value of one more field."""
    return good(contract)[:-1] + b', "id": ' + value + b"}"


BODIES: list[tuple[bytes, dict[str, str], int]] = [
    (b"", JSON, 400),
    (b"{", JSON, 400),
    (b"nul", JSON, 400),
    (b"[]", JSON, 400),
    (b"7", JSON, 400),
    (b'"text"', JSON, 400),
    (b"null", JSON, 400),
    (b"{}", JSON, 400),
    (b"\xff\xfe{\x00}\x00", JSON, 400),
    (b'{"description": "\xff"}', JSON, 400),
    (b'{"description": "\\ud800"}', JSON, 400),
    (b'{"description": NaN}', JSON, 400),
    (b'{"description": ' + b"9" * 5000 + b"}", JSON, 400),
    (b'{"description": {"a": "b"}}', JSON, 400),
    (b"[" * 200_000, JSON, 400),
    (b'{"a":' * 100_000, JSON, 400),
    (b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}", JSON, 400),
    (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    (b"{}", {"Content-Type": "text/plain"}, 415),
    (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 400),
    (b"{}", {"Content-Type": "application/json; charset=no-such-charset"}, 400),
    (b"{}", {"Content-Type": "multipart/form-data; boundary="}, 415),
    (b"{}", {"Content-Type": "multipart/form-data"}, 415),
    (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415),
    (b'{"description": "' + b"x" * 1_100_000 + b'"}', JSON, 413),
]


@pytest.mark.parametrize("contract", EVERY)
async def test_a_body_that_cannot_be_read_is_refused(ask: Served, contract: str) -> None:
    for data, headers, status in BODIES:
        sent = {"Content-Length": str(len(data)), **headers}
        answer = await ask(contract, "POST", EXAMPLES[contract].path, data=data, headers=sent)
        assert EXAMPLES[contract].is_error(answer, status), (data[:40], headers)
        assert len(answer.body) < 20_000
    assert await count(ask.desk, tables.tickets) == 0


NO_JSON: list[bytes] = [
    b"NaN",
    b"-Infinity",
    b"9" * 5000,
    b"[" * 5000 + b"]" * 5000,
    b'"\\ud800"',
]


@pytest.mark.parametrize("contract", EVERY)
async def test_what_json_does_not_know_is_refused_wherever_it_stands(ask: Served, contract: str) -> None:
    for value in NO_JSON:
        answer = await ask(contract, "POST", EXAMPLES[contract].path, data=with_field(contract, value))
        assert EXAMPLES[contract].is_error(answer, 400), value[:40]


@pytest.mark.parametrize("contract", EVERY)
async def test_a_name_that_is_there_twice_is_refused(ask: Served, contract: str) -> None:
    twice = good(contract)[:-1] + b', "status": "closed"}'

    answer = await ask(contract, "POST", EXAMPLES[contract].path, data=twice)

    assert EXAMPLES[contract].is_error(answer, 400)
    assert "status is there twice: send it once" in answer.body.decode()


NO_PATHS: list[str] = [
    "/",
    "/nope",
    "/tickets/1/2/3",
    "/api/v1/tickets",
    "/health",
    "/tickets%2f",
    "/%ff",
]


@pytest.mark.parametrize("contract", EVERY)
async def test_a_path_that_is_not_there_is_told_in_its_shape(ask: Served, contract: str) -> None:
    for path in NO_PATHS:
        alone = await ask(contract, "GET", path)
        under = await exchange(ask.native.port, "GET", f"/contracts/{contract}{path}", {}, b"")
        assert EXAMPLES[contract].is_error(alone, 404), path
        assert EXAMPLES[contract].is_error(under, 404), path
        assert "/api/v1" not in alone.body.decode()


NO_METHODS: list[str] = [
    "TRACE",
    "PATCH",
    "PURGE",
]


@pytest.mark.parametrize("contract", EVERY)
async def test_a_method_that_is_not_there_is_told_with_those_that_are(ask: Served, contract: str) -> None:
    for method in NO_METHODS:
        answer = await ask(contract, method, "/tickets")
        assert EXAMPLES[contract].is_error(answer, 405)
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


NO_TICKETS: list[str] = [
    "0",
    "-1",
    "1" * 400,
    "%00",
    "..%2f..%2fetc",
    "a%0d%0ab",
    "%F0%9F%94%A5",
    "x" * 3000,
]


@pytest.mark.parametrize("contract", EVERY)
async def test_a_ticket_that_cannot_be_is_not_found(ask: Served, contract: str) -> None:
    for named in NO_TICKETS:
        answer = await ask(contract, "DELETE", f"/tickets/{named}")
        assert EXAMPLES[contract].is_error(answer, 404), named


NO_HTTP: list[bytes] = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"POST /tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


@pytest.mark.parametrize("contract", EVERY)
async def test_what_is_no_http_is_told_in_its_shape_at_its_own_port(ask: Served, contract: str) -> None:
    for sent in NO_HTTP:
        answer = await raw(ask.ports[contract], sent)
        assert EXAMPLES[contract].is_error(answer, 400), sent[:60]
        assert "aiohttp" not in str(answer.headers)


async def posted(ask: Served, contract: str, rest: bytes) -> Answer:
    head = "POST /tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    signed = "".join(f"{name}: {value}\r\n" for name, value in ask.signed(contract).items())
    return await raw(ask.ports[contract], f"{head}{signed}".encode() + rest)


@pytest.mark.parametrize("contract", EVERY)
async def test_a_body_that_breaks_off_or_never_comes_is_told_in_its_shape(
    ask: Served, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MOST_SECONDS", 0.05)

    broken = await posted(ask, contract, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")
    late = await posted(ask, contract, b'Content-Length: 30\r\n\r\n{"subject": ')
    wonders = await posted(ask, contract, b"Content-Length: 2\r\nExpect: wonders\r\n\r\n{}")

    assert EXAMPLES[contract].is_error(broken, 400)
    assert EXAMPLES[contract].is_error(late, 408)
    assert EXAMPLES[contract].is_error(wonders, 417)


@pytest.mark.parametrize("contract", EVERY)
async def test_too_many_requests_are_told_in_its_shape(desk_settings: Settings, clock: Clock, contract: str) -> None:
    few = with_section(desk_settings, "limits", api_per_minute=2)
    async with desks.opened(few, clock=clock) as desk, served(desk) as ask:
        answers = [await ask(contract, "GET", "/tickets") for _ in range(3)]

    assert EXAMPLES[contract].is_error(answers[2], 429)
    assert int(answers[2].headers["Retry-After"]) > 0


@pytest.mark.parametrize("contract", EVERY)
async def test_one_connection_too_many_is_told_in_its_shape(
    desk_settings: Settings, clock: Clock, contract: str
) -> None:
    few = with_section(desk_settings, "api", max_connections=0)
    async with desks.opened(few, clock=clock) as desk, served(desk) as ask:
        answer = await raw(ask.ports[contract], b"")

    assert EXAMPLES[contract].is_error(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("contract", EVERY)
async def test_a_desk_that_is_stopping_says_so_in_its_shape(ask: Served, contract: str) -> None:
    await ask.desk.drain()

    answer = await ask(contract, "POST", EXAMPLES[contract].path, json=EXAMPLES[contract].good)

    assert EXAMPLES[contract].is_error(answer, 503)
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("contract", EVERY)
async def test_a_fault_of_ours_says_nothing_about_itself(
    ask: Served, contract: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask.desk, "clock", lambda: 1 / 0)

    for method, path in (("GET", "/tickets"), ("POST", "/tickets"), ("PUT", "/tickets/1"), ("DELETE", "/tickets/1")):
        with capture_logs() as logs:
            answer = await ask(contract, method, path, json=EXAMPLES[contract].good if method != "GET" else None)
        assert EXAMPLES[contract].is_error(answer, 500), method
        assert "division" not in answer.body.decode()
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["http_fault"]

"""What no client should send. Each gets a 4xx in problem+json, and none of it is worth a traceback."""

import asyncio
import io
import json
from collections.abc import Mapping

import pytest

from api import body
from tests.api.conftest import ON_ITS_LOOP, Answer, Api

JSON = {"Content-Type": "application/json"}
GOOD = b'{"subject": "x", "description": "y"}'


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"nul", JSON, 400),
        (b"[]", JSON, 400),
        (b"7", JSON, 400),
        (b'"text"', JSON, 400),
        (b"null", JSON, 400),
        (b"\xff\xfe{\x00}\x00", JSON, 400),
        (b'{"subject": "\xff", "description": "y"}', JSON, 400),
        (b'{"subject": "\\ud800", "description": "y"}', JSON, 400),
        (b'{"subject": NaN, "description": "y"}', JSON, 400),
        (b'{"subject": "x", "description": "y", "extra": Infinity}', JSON, 400),
        (b'{"subject": ' + b"9" * 5000 + b', "description": "y"}', JSON, 400),
        (b'{"subject": "x", "description": "y", "deep": ' + b"[" * 5000 + b"]" * 5000 + b"}", JSON, 400),
        (b"[" * 200_000, JSON, 400),
        (b'{"a":' * 100_000, JSON, 400),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(50_000)) + b"}", JSON, 400),
        (GOOD + b"x", JSON, 400),
        (b"subject=x&description=y", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (GOOD, {"Content-Type": "text/plain"}, 415),
        (GOOD, {"Content-Type": "application/json; charset=utf-16"}, 400),
        (GOOD, {"Content-Type": "application/json; charset=no-such-charset"}, 400),
        (GOOD, {"Content-Type": "text/plain; application/json"}, 415),
        (GOOD, {"Content-Type": ""}, 415),
        (GOOD, {"Content-Type": "multipart/form-data; boundary="}, 415),
        (GOOD, {**JSON, "Content-Encoding": "gzip"}, 415),
        (GOOD, {**JSON, "Content-Encoding": "x-no-such"}, 415),
        (b'{"subject": "' + b"x" * 1_100_000 + b'"}', JSON, 413),
    ],
)
@ON_ITS_LOOP
async def test_a_body_that_cannot_be_read_is_refused(
    standing: Api, data: bytes, headers: Mapping[str, str], status: int
) -> None:
    answer = await standing("POST", "/tickets", "alice", data=io.BytesIO(data), headers=headers)

    assert answer.is_problem(status)
    assert len(answer.body) < 20_000
    assert (await standing("GET", "/tickets", "alice")).json["pagination"]["total"] == 0


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "PURGE"])
@ON_ITS_LOOP
async def test_a_method_that_is_not_there_is_named(standing: Api, method: str) -> None:
    answer = await standing(method, "/tickets", "alice")

    assert answer.is_problem(405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/nope", "/tickets/..%2f..%2fetc", "/tickets/%00", "/%ff", "/users/a%0d%0ab"])
@ON_ITS_LOOP
async def test_a_path_that_is_not_there_is_a_problem(standing_any: Api, path: str) -> None:
    assert (await raw(standing_any, f"GET /api/v1{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())).status in (401, 404)


async def raw(api: Api, sent: bytes) -> Answer:
    """What a socket gets for these very bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    try:
        writer.write(sent)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        lines = head.decode("latin-1").split("\r\n")
        headers = {k.title(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
        body = await asyncio.wait_for(reader.readexactly(int(headers.get("Content-Length", "0"))), 5)
        return Answer(int(lines[0].split()[1]), headers, body)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(70)) + b"\r\n",
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
)
@ON_ITS_LOOP
async def test_what_is_no_http_is_answered_with_a_problem(standing: Api, sent: bytes) -> None:
    answer = await raw(standing, sent)

    assert answer.is_problem(400)
    assert "aiohttp" not in str(answer.headers)


def with_sign_in(api: Api, rest: bytes) -> bytes:
    sign_in = f"Authorization: Bearer {api.tokens['alice']}\r\nContent-Type: application/json\r\n".encode()
    return b"POST /api/v1/tickets HTTP/1.1\r\nHost: a\r\n" + sign_in + rest


async def test_a_chunked_body_that_breaks_off_is_refused(sqlite_api: Api) -> None:
    answer = await raw(sqlite_api, with_sign_in(sqlite_api, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"))

    assert answer.is_problem(400)


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MOST_SECONDS", 0.05)

    answer = await raw(sqlite_api, with_sign_in(sqlite_api, b'Content-Length: 30\r\n\r\n{"subject": '))

    assert answer.is_problem(408)
    assert answer.headers["Connection"] == "close"


async def test_a_body_said_to_be_huge_is_refused_before_it_comes(sqlite_api: Api) -> None:
    answer = await raw(sqlite_api, with_sign_in(sqlite_api, b"Content-Length: 99999999999\r\n\r\n{"))

    assert answer.is_problem(413)


async def test_a_chunked_body_is_counted_while_it_comes(sqlite_api: Api) -> None:
    chunk = b"%x\r\n%s\r\n" % (65536, b" " * 65536)

    answer = await raw(sqlite_api, with_sign_in(sqlite_api, b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 20))

    assert answer.is_problem(413)


async def test_who_asks_first_may_go_on_and_who_expects_wonders_may_not(sqlite_api: Api) -> None:
    length = b"Content-Length: %d\r\n" % len(GOOD)

    going_on = await raw(sqlite_api, with_sign_in(sqlite_api, length + b"Expect: 100-continue\r\n\r\n" + GOOD))
    wonders = await raw(sqlite_api, with_sign_in(sqlite_api, length + b"Expect: wonders\r\n\r\n" + GOOD))

    assert going_on.status == 100
    assert wonders.is_problem(417)


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/tickets", {"subject": "\x00", "description": "y"}),
        ("POST", "/tickets", {"subject": "x", "description": "y", "tags": ["\x00"]}),
        ("POST", "/users", {"username": "a\x00b", "password": "long enough", "role": "agent"}),
        ("POST", "/clients", {"name": "\x00"}),
        # Each of these letters is two in NFC, and a column has a width.
        ("POST", "/clients", {"name": "\u0958" * 120}),
        ("POST", "/tickets", {"subject": "\u0958" * 200, "description": "y", "tags": ["\u0958" * 64]}),
        ("POST", "/blocked-senders", {"subject": "x.test", "reason": "\u0958" * 200}),
        ("POST", "/blocked-senders", {"subject": "x.test", "until": "9999-12-31T23:59:59-14:00"}),
        ("GET", "/tickets?created_to=9999-12-31T23:59:59-14:00", None),
        ("POST", "/auth/token", {"username": "bob\x00", "password": "x"}),
        ("GET", "/tickets?tag=%00", None),
        ("GET", "/tickets?created_from=0001-01-01T00:00:00%2b23:59", None),
        ("GET", "/tickets?cursor=9223372036854775808", None),
        ("GET", "/tickets/999999999999999999", None),
        ("GET", "/ledger?sender=%00&ticket=9223372036854775807", None),
        ("GET", "/deliveries?address=%00", None),
        ("GET", "/clients?email=%00", None),
        ("GET", "/users?cursor=%00", None),
        ("GET", "/tickets/1/comments?cursor=00000000-0000-0000-0000-000000000000&limit=1", None),
        ("GET", "/tickets/1/changes?cursor=9223372036854775807", None),
    ],
)
@ON_ITS_LOOP
async def test_no_database_stumbles_over_what_is_asked(standing_any: Api, method: str, path: str, sent: object) -> None:
    """Each of them takes a NUL, a long text, a year or a large number otherwise."""
    await standing_any.ticket("alice")

    answer = await standing_any(method, path, "carol", json=sent)

    assert answer.status in (200, 201, 400, 401, 404)
    assert answer.status < 400 or answer.is_problem(answer.status)


@ON_ITS_LOOP
async def test_no_input_reaches_a_header_unencoded(standing: Api) -> None:
    answer = await standing("POST", "/tickets", "alice", data=json.dumps({"a\r\nX-Evil: 1": 1}), headers=JSON)

    assert answer.is_problem(400)
    assert "X-Evil" not in answer.headers

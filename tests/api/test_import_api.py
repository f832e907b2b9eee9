"""Files of tickets over HTTP: as a form's part, as the body, too large, too slow, and no files at all."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from api import uploads
from core import tables
from core.config import Settings
from core.desk import Desk
from tests.api.conftest import ON_ITS_LOOP, Answer, Api, served
from tests.stored import count, rows, with_section

CSV = (
    "customer_id,customer_email,customer_name,subject,description,category,priority,status,tags\n"
    "CUST-001,john@example.com,John Doe,Cannot login,I've been trying to login for hours,account_access,high,new,a;b\n"
    "CUST-002,invalid-email,Jane Smith,Payment issue,Payment not processed,billing_question,high,new,c\n"
    "CUST-003,bob@example.com,Bob Johnson,App crashes,It keeps crashing on startup,technical_issue,urgent,new,d\n"
)
XML = (
    "<tickets><ticket><customer_email>a@b.test</customer_email><subject>s</subject>"
    "<description>d</description></ticket></tickets>"
)
JSON = '[{"customer_email": "a@b.test", "subject": "s", "description": "d"}]'


def a_form(*parts: tuple[str, str | None, str], boundary: str = "bound") -> bytes:
    """Parts as (headers, filename or None for a field, content)."""
    body = ""
    for headers, filename, content in parts:
        name = 'name="file"' + ("" if filename is None else f'; filename="{filename}"')
        body += f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n{headers}\r\n{content}\r\n"
    return f"{body}--{boundary}--\r\n".encode()


async def posted(
    api: Api, data: bytes | AsyncIterator[bytes], content_type: str, by: str = "bob", query: str = ""
) -> Answer:
    body: object = io.BytesIO(data) if isinstance(data, bytes) else data
    return await api(
        "POST", f"/tickets/import{query}", by, data=body, headers={"Content-Type": content_type}  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_file_becomes_tickets_and_its_bad_rows_are_told(api: Api) -> None:
    form = a_form(("", "tickets.csv", CSV))

    answer = await posted(api, form, "multipart/form-data; boundary=bound")

    assert answer.status == 200
    assert answer.json == {
        "dry_run": False,
        "total": 3,
        "successful": 2,
        "duplicates": 0,
        "failed": 1,
        "errors": [{"row": 2, "errors": ["Invalid email format: invalid-email"]}],
        "errors_left_out": 0,
    }
    [first, second] = sorted(
        (await api("GET", "/tickets", "bob")).json["tickets"], key=lambda ticket: str(ticket["number"])
    )
    assert (first["subject"], first["tags"], first["channel"]) == ("Cannot login", ["a", "b"], "import")
    assert (second["customer_email"], second["priority"]) == ("bob@example.com", "urgent")
    [entry, _] = await rows(api.desk, tables.ledger)
    assert entry.envelope == {"source": "", "user": "bob"}


async def test_the_same_file_again_makes_no_second_ticket(api: Api) -> None:
    await posted(api, CSV.encode(), "text/csv")

    again = await posted(api, CSV.encode(), "text/csv", "carol")

    assert (again.json["successful"], again.json["duplicates"], again.json["failed"]) == (0, 2, 1)
    assert await count(api.desk, tables.tickets) == 2


@pytest.mark.parametrize(
    ("data", "content_type", "query"),
    [
        pytest.param(JSON.encode(), "application/json", "", id="body_by_its_type"),
        pytest.param(JSON.encode("utf-16"), "text/plain", "?format=json", id="body_by_its_name"),
        pytest.param(XML.encode(), "application/xml; charset=utf-8", "", id="xml_body"),
        pytest.param(a_form(("", "t.JSON", JSON)), "multipart/form-data; boundary=bound", "", id="part_by_extension"),
        pytest.param(
            a_form(("Content-Type: text/xml\r\n", "t", XML)), "multipart/form-data; boundary=bound", "", id="part_by_type"
        ),
        # What curl makes of -H "Content-Type: text/xml" -F "file=@tickets.xml", as the document has it.
        pytest.param(a_form(("", "t", XML)), "text/xml; boundary=bound", "", id="form_called_xml"),
        pytest.param(
            a_form(("", None, "a field"), ("", "x.bin", JSON)), "multipart/form-data; boundary=bound", "?format=json",
            id="named_whatever_it_is_called",
        ),
    ],
)  # fmt: skip
async def test_a_file_may_be_a_part_or_the_body_in_three_formats(
    sqlite_api: Api, data: bytes, content_type: str, query: str
) -> None:
    answer = await posted(sqlite_api, data, content_type, query=query)

    assert (answer.status, answer.json["successful"]) == (200, 1)


async def test_a_dry_run_says_what_would_be_and_stores_nothing(sqlite_api: Api) -> None:
    answer = await posted(sqlite_api, CSV.encode(), "text/csv", query="?dry_run=true")

    assert (answer.json["dry_run"], answer.json["successful"], answer.json["failed"]) == (True, 2, 1)
    assert await count(sqlite_api.desk, tables.ledger) == 0


async def test_ids_are_of_their_source(sqlite_api: Api) -> None:
    data = JSON.replace("{", '{"id": "7", ').encode()

    first = await posted(sqlite_api, data, "application/json", query="?source=old")
    other = await posted(sqlite_api, data, "application/json", query="?source=older")

    assert (first.json["successful"], other.json["successful"]) == (1, 1)
    found = await rows(sqlite_api.desk, tables.tickets)
    assert [row.external_id for row in found] == ["old:7", "older:7"]


async def test_an_agent_gives_tickets_by_a_file_to_whom_they_may_give_them(sqlite_api: Api) -> None:
    data = JSON.replace("{", '{"assigned_to": "erin", ').encode()

    by_bob = await posted(sqlite_api, data, "application/json")
    by_carol = await posted(sqlite_api, data, "application/json", "carol")

    assert by_bob.json["errors"][0]["errors"] == ["assigned_to must be an active agent that you may assign: erin"]
    assert by_carol.json["successful"] == 1


@pytest.mark.parametrize(
    ("data", "content_type", "query", "said"),
    [
        (b"x", "application/pdf", "", "Unsupported file format. Use csv, json, or xml"),
        (b"x", "text/csv", "?format=yaml", "Unsupported file format. Use csv, json, or xml"),
        (a_form(("", "t.pdf", "x")), "multipart/form-data; boundary=bound", "", "Unsupported file format"),
        (a_form(("", None, "x")), "multipart/form-data; boundary=bound", "", "no file in it"),
        (a_form(("", "a.csv", CSV), ("", "b.csv", CSV)), "multipart/form-data; boundary=bound", "", "one at a time"),
        (a_form(("", "a.csv", CSV))[:-9], "multipart/form-data; boundary=bound", "", "cannot be read"),
        (a_form(("", "a.csv", CSV)), "multipart/form-data", "", "no boundary"),
        (a_form(("", "a.csv", CSV)), 'multipart/form-data; boundary=""', "", "cannot be read"),
        (b"", "text/csv", "", "is empty"),
        (b"[1", "application/json", "", "no valid JSON"),
        (b"[" * 200_000, "application/json", "", "no valid JSON"),
        (b"<!DOCTYPE x []><tickets/>", "text/xml", "", "document type"),
        (b"PK\x03\x04", "text/csv", "", "save the table as CSV"),
    ],
)  # fmt: skip
@ON_ITS_LOOP
async def test_what_is_no_file_of_tickets_is_refused_with_what_to_do(
    standing: Api, data: bytes, content_type: str, query: str, said: str
) -> None:
    answer = await posted(standing, data, content_type, query=query)

    assert answer.is_problem(400)
    assert said in answer.body.decode()
    assert await count(standing.desk, tables.ledger) == 0


@pytest.mark.parametrize("query", ["?source=UPPER", "?source=a:b", "?dry_run=maybe", "?nonsense=1"])
async def test_a_query_that_is_none_is_refused(sqlite_api: Api, query: str) -> None:
    assert (await posted(sqlite_api, b"x", "text/csv", query=query)).is_problem(400)


async def test_a_compressed_file_is_refused(sqlite_api: Api) -> None:
    answer = await sqlite_api(
        "POST", "/tickets/import", "bob", data=b"x", headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    )

    assert answer.is_problem(415)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture
async def small_api(desk_settings: Settings, desk: Desk) -> AsyncIterator[Api]:
    """An API that takes a megabyte."""
    desk.settings = with_section(desk_settings, "api", max_import_mb=1)
    async with served(desk) as running:
        yield running


LARGE = b"x" * (1024 * 1024 + 100 * 1024)


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("text/csv", [LARGE]),
        ("text/csv", [b"x" * 1024] * 1200),
        ("multipart/form-data; boundary=bound", [a_form(("", "a.csv", LARGE.decode()))]),
        ("multipart/form-data; boundary=bound", [a_form(("", None, "x" * 100_000))]),
        ("multipart/form-data; boundary=bound", [a_form(*[("", None, "")] * 500)]),
    ],
    ids=["said", "counted", "part", "field", "many_fields"],
)
async def test_what_is_too_large_is_refused_while_it_comes(
    small_api: Api, content_type: str, data: list[bytes]
) -> None:
    sent = data[0] if len(data) == 1 else chunks(*data)
    try:
        answer = await posted(small_api, sent, content_type)
    except (aiohttp.ClientConnectionError, ConnectionError):
        # Closed before all was sent; the answer may be lost with it.
        answer = None

    assert answer is None or answer.is_problem(413)
    assert await count(small_api.desk, tables.ledger) == 0
    assert (await posted(small_api, CSV.encode(), "text/csv")).status == 200


async def test_a_file_that_drips_is_not_waited_for(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "IDLE_SECONDS", 0.05)
    hold = asyncio.Event()

    async def dripping() -> AsyncIterator[bytes]:
        yield CSV.encode()
        await hold.wait()

    answer = await posted(sqlite_api, dripping(), "text/csv")
    hold.set()

    assert answer.is_problem(408)
    assert await count(sqlite_api.desk, tables.ledger) == 0


async def test_a_file_that_breaks_off_is_not_imported_in_part(sqlite_api: Api) -> None:
    token = sqlite_api.tokens["bob"]
    reader, writer = await asyncio.open_connection("127.0.0.1", sqlite_api.port)
    head: Mapping[str, str] = {
        "Host": "a", "Authorization": f"Bearer {token}", "Content-Type": "text/csv", "Content-Length": "100000",
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    writer.write(f"POST /api/v1/tickets/import HTTP/1.1\r\n{lines}\r\n{CSV}".encode())
    writer.write_eof()
    await reader.read()
    writer.close()

    async with sqlite_api.desk.reading() as connection:
        assert (await connection.execute(select(tables.ledger.c.id))).all() == []


async def test_a_waiting_file_leaves_nothing_behind(sqlite_api: Api, tmp_path: Path) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())

    await posted(sqlite_api, (CSV + "\n" * 600_000).encode(), "text/csv")

    assert sorted(path.name for path in tmp_path.iterdir()) == before

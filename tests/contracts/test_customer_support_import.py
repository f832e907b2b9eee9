"""Contract `customer_support`: files of tickets, as people save them and as others break them."""

import json
from typing import Any

import pytest

from core import tables
from core.vocabulary import Channel
from tests.contracts.conftest import Served
from tests.contracts.examples import CUSTOMER_SUPPORT, EXAMPLES
from tests.stored import count, numbered

NAME = "customer_support"
HEAD = "customer_id,customer_email,customer_name,subject,description,category,priority,status,tags"
GOOD = "C-1,ann@x.test,Ann,Lamp,The lamp is broken.,other,low,new,b;a"
BOUNDARY = "x" * 30


def part(data: bytes, filename: str = "tickets.csv", content_type: str = "") -> bytes:
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n{kind}\r\n'
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


async def imported(ask: Served, data: bytes, filename: str = "tickets.csv", query: str = "") -> Any:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await ask(NAME, "POST", f"/tickets/import{query}", data=part(data, filename), headers=headers)
    assert answer.status == 200, answer.body
    return answer.json


def table(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines)).encode()


def all_good(number: int) -> dict[str, object]:
    return {"total": number, "successful": number, "failed": 0, "errors": []}


async def test_a_row_becomes_the_ticket_that_it_says(ask_any: Served) -> None:
    assert await imported(ask_any, table(GOOD)) == all_good(1)

    [ticket] = (await ask_any(NAME, "GET", "/tickets")).json["tickets"]
    shown = {name: ticket[name] for name in HEAD.split(",")}
    assert shown == {
        "customer_id": "C-1", "customer_email": "ann@x.test", "customer_name": "Ann", "subject": "Lamp",
        "description": "The lamp is broken.", "category": "other", "priority": "low", "status": "new",
        "tags": ["b", "a"],
    }  # fmt: skip
    assert ticket["classification_confidence"] is None
    assert (await numbered(ask_any.desk, 1)).channel is Channel.IMPORT


ROWS: list[tuple[str, list[str]]] = [
    ("C-1,invalid-email,Ann,Lamp,The lamp is broken.,other,low,new,", ["Invalid email format: invalid-email"]),
    ("C-1,ann@x.test,Ann,,The lamp is broken.,other,low,new,", ["subject is required"]),
    (
        "C-1,ann@x.test,Ann,Lamp,short,other,low,new,",
        ["description must be between 10 and 2000 characters"],
    ),
    (
        f"C-1,ann@x.test,Ann,{'x' * 201},The lamp is broken.,other,low,new,",
        ["subject must be between 1 and 200 characters"],
    ),
    (
        "C-1,ann@x.test,Ann,Lamp,The lamp is broken.,other,asap,reviewed,",
        [
            "priority must be one of: urgent, high, medium, low",
            "status must be one of: new, in_progress, waiting_customer, resolved, closed",
        ],
    ),
    (
        ",,,,,,,x,",
        [
            *(f"{name} is required" for name in HEAD.split(",")[:7]),
            "status must be one of: new, in_progress, waiting_customer, resolved, closed",
        ],
    ),
]


async def test_a_bad_row_says_all_that_is_wrong_and_stops_no_other(ask: Served) -> None:
    for row, errors in ROWS:
        answer = await imported(ask, table(GOOD, row, GOOD.replace("Lamp", "Fan")))
        assert {**answer, "errors": []} == {"total": 3, "successful": 2, "failed": 1, "errors": []}
        assert [(error["row"], sorted(error["errors"])) for error in answer["errors"]] == [(2, sorted(errors))]


@pytest.mark.parametrize(
    "data",
    [
        table(GOOD),
        b"\xef\xbb\xbf" + table(GOOD).replace(b"\n", b"\r\n"),
        (HEAD.replace(",", ";") + "\r\n" + GOOD.replace(";", "|").replace(",", ";").replace("|", ",")).encode("utf-16"),
    ],
)
async def test_a_table_is_read_as_excel_saves_it(ask: Served, data: bytes) -> None:
    assert await imported(ask, data) == all_good(1)
    [ticket] = (await ask(NAME, "GET", "/tickets")).json["tickets"]
    assert (ticket["subject"], ticket["tags"]) == ("Lamp", ["b", "a"])


async def test_the_same_file_twice_makes_no_duplicates(ask_any: Served) -> None:
    data = table(GOOD, GOOD.replace("Lamp", "Fan"))

    assert await imported(ask_any, data) == await imported(ask_any, data) == all_good(2)
    assert await count(ask_any.desk, tables.tickets) == 2


async def test_whom_a_row_is_assigned_to_may_be_anybody(ask: Served) -> None:
    rows = [{**CUSTOMER_SUPPORT, "assigned_to": name, "subject": name} for name in ("agent-456", "bob", "alice")]

    assert await imported(ask, json.dumps(rows).encode(), "tickets.json") == all_good(3)
    listed = (await ask(NAME, "GET", "/tickets")).json["tickets"]
    assert {ticket["assigned_to"] for ticket in listed} == {"agent-456", "bob", "alice"}
    assert [(await numbered(ask.desk, number)).assigned_to for number in (1, 2, 3)] == [None, "bob", None]
    assert [one["metadata"] for one in listed] == [CUSTOMER_SUPPORT["metadata"]] * 3


@pytest.mark.parametrize(
    ("query", "filename", "part_type", "content_type"),
    [
        ("?format=csv", "tickets.pdf", "application/pdf", "multipart/form-data"),
        ("", "TICKETS.CSV", "application/pdf", "multipart/form-data"),
        ("", "tickets", "text/csv", "multipart/form-data"),
        ("", "tickets", "application/octet-stream", "text/csv"),
        ("", "tickets", "", "text/csv"),
    ],
)
async def test_the_format_is_told_in_three_ways(
    ask: Served, query: str, filename: str, part_type: str, content_type: str
) -> None:
    answer = await ask(
        NAME, "POST", f"/tickets/import{query}", data=part(table(GOOD), filename, part_type),
        headers={"Content-Type": f"{content_type}; boundary={BOUNDARY}"},
    )  # fmt: skip

    assert answer.json == all_good(1)


@pytest.mark.parametrize(
    ("query", "filename", "part_type"),
    [("?format=pdf", "tickets.csv", "text/csv"), ("", "tickets.xlsx", ""), ("", "", "image/png"), ("", "csv", "")],
)
async def test_another_format_is_refused_in_the_documents_words(
    ask: Served, query: str, filename: str, part_type: str
) -> None:
    answer = await ask(
        NAME, "POST", f"/tickets/import{query}", data=part(table(GOOD), filename, part_type),
        headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )  # fmt: skip

    assert (answer.status, answer.json) == (400, {"error": "Unsupported file format. Use csv, json, or xml"})


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><tickets>&c;</tickets>"""
)


BROKEN: list[tuple[bytes, str]] = [
    (part(BOMB, "tickets.xml"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(b"", "tickets.csv"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(b"PK\x03\x04....", "tickets.csv"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(b"\x00\x01\x02" * 99, "tickets.csv"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(b"{", "tickets.json"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(b"7", "tickets.json"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(table(GOOD))[:-40], f"multipart/form-data; boundary={BOUNDARY}"),
    (part(table(GOOD)).replace(b"filename", b"nofile"), f"multipart/form-data; boundary={BOUNDARY}"),
    (part(table(GOOD)).replace(b"Content-Disposition", b"X"), f"multipart/form-data; boundary={BOUNDARY}"),
    (b"", f"multipart/form-data; boundary={BOUNDARY}"),
    (part(table(GOOD)), "multipart/form-data"),
    (part(table(GOOD)), f"multipart/form-data; boundary={'y' * 300}"),
]


async def test_a_file_that_cannot_be_read_is_refused_in_the_documents_shape(ask: Served) -> None:
    for data, content_type in BROKEN:
        headers = {"Content-Type": content_type, "Content-Length": str(len(data))}
        answer = await ask(NAME, "POST", "/tickets/import", data=data, headers=headers)
        assert EXAMPLES[NAME].is_error(answer, 400), data
    assert await count(ask.desk, tables.tickets) == 0


async def test_a_compressed_or_huge_file_is_refused_in_the_documents_shape(ask: Served) -> None:
    form = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    packed = await ask(NAME, "POST", "/tickets/import", data=b"x", headers={**form, "Content-Encoding": "gzip"})
    huge = await ask(NAME, "POST", "/tickets/import", data=b"x", headers={**form, "Content-Length": "9999999999"})

    assert EXAMPLES[NAME].is_error(packed, 415)
    assert EXAMPLES[NAME].is_error(huge, 413)

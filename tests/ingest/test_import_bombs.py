"""Files that are none, or that would be too much: told what to do, and never the end of what came before."""

import io
import json

import pytest

from core.rows import BadRow, TicketRow
from core.text import TEXT_LENGTH
from ingest import file_import, import_csv, import_json
from ingest.file_import import Format
from ingest.import_records import BadFile
from tests.ingest.test_file_import import JANE, JOHN, JSON, OBJECTS, XML, rows


def refusal(content: str | bytes, kind: Format) -> str:
    data = content.encode() if isinstance(content, str) else content
    with pytest.raises(BadFile) as caught:
        list(file_import.rows(io.BytesIO(data), kind))
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", Format.CSV, "is empty"),
        (b"", Format.JSON, "is empty"),
        (b"", Format.XML, "is empty"),
        (b"PK\x03\x04...", Format.CSV, "save the table as CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Format.CSV, "is no text"),
        (b"{", Format.JSON, "no valid JSON"),
        (b"[NaN]", Format.JSON, "no valid JSON"),
        (b"[1, 2", Format.JSON, "no valid JSON"),
        (b"[" * 1_000_000, Format.JSON, "no valid JSON"),
        (b"5", Format.JSON, "an array of tickets"),
        (b'"x"', Format.JSON, "an array of tickets"),
        (b"[" + b"9" * 5000 + b"]", Format.JSON, "no valid JSON"),
        (b'["\xff"]', Format.JSON, "no valid JSON"),
        (b'["' + b"x" * 5_000_000 + b'"]', Format.JSON, "more than 4194304"),
        (b'{"subject": "' + b"x" * 5_000_000 + b'"}', Format.JSON, "more than 4194304"),
        (b'["' + b'\\"' * 10_000_000 + b'"]', Format.JSON, "more than 4194304"),
        (b'["x' + b'\\"' * 10_000_000 + b'"]', Format.JSON, "more than 4194304"),
        (b'["' + b'\\\\\\"' * 5_000_000 + b'"]', Format.JSON, "more than 4194304"),
        (b"<tickets>", Format.XML, "no well-formed XML"),
        (b"hello", Format.XML, "no well-formed XML"),
        (b"<?xml version='1.0' encoding='klingon'?><tickets/>", Format.XML, "no well-formed XML"),
        (b"<ticket><subject>s</subject></ticket>", Format.XML, "put <tickets> around it"),
        (b"<a>" * 1000, Format.XML, "8 levels deep"),
        (b"<tickets><!--" + b"x" * 3_000_000, Format.XML, "more than 1048576"),
        (b"<tickets a='" + b"x" * 3_000_000, Format.XML, "more than 1048576"),
        (b"<!DOCTYPE x><tickets/>", Format.XML, "document type"),
        (b"a" * 3_000_000, Format.CSV, "first line"),
        (b",".join(b"c%d" % n for n in range(600)), Format.CSV, "500 columns"),
    ],
)
def test_a_file_that_is_none_says_what_to_do(content: bytes, kind: Format, said: str) -> None:
    assert said in refusal(content, kind)


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><tickets><ticket><subject>&i;</subject></ticket></tickets>"
)
OUTSIDE = (
    '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><tickets><ticket><subject>&x;</subject></ticket></tickets>'
)


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, BOMB.encode("utf-16")])
def test_an_entity_is_never_declared_let_alone_expanded(content: str | bytes) -> None:
    assert "document type" in refusal(content, Format.XML)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"a":' * 200 + "1" + "}" * 200, "is nested more than 32 levels deep"),
        ("[" * 100_000 + "]" * 100_000, "is nested more than 32 levels deep"),
        ('{"tags": [' + ",".join(["[]"] * 50_000) + "]}", "says more than 1000 things"),
        ("{" + ",".join(f'"{n}":{n}' for n in range(5_000)) + "}", "says more than 1000 things"),
        ("5", 'must be an object, such as {"subject": "…", "description": "…"}'),
        ("null", 'must be an object, such as {"subject": "…", "description": "…"}'),
    ],
)
def test_of_a_json_bomb_nothing_is_kept_and_the_next_row_is_read(row: str, said: str) -> None:
    found = rows(f"[{row}, {json.dumps(OBJECTS[1])}]", Format.JSON)

    assert found == [BadRow(1, (said,)), JANE]


def test_an_xml_bomb_of_elements_is_one_bad_row() -> None:
    many = "<ticket>" + "<tags>x</tags>" * 50_000 + "</ticket>"
    large = "<ticket><subject>" + "x" * 2_000_000 + "</subject></ticket>"

    found = rows(XML.replace("<tickets>", f"<tickets>{many}{large}<other/>"), Format.XML)

    assert [row.errors for row in found[:3] if isinstance(row, BadRow)] == [
        ("says more than 1000 things",), ("has more than 1048576 characters",), ("is <other> and no <ticket>",),
    ]  # fmt: skip
    assert [type(row) for row in found[3:]] == [TicketRow, TicketRow]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (JSON[:-1] + ", {", Format.JSON),
        (XML.replace("</tickets>", "<ticket>"), Format.XML),
        (XML.replace("</tickets>", "<ticket></tickets>"), Format.XML),
    ],
)
def test_a_file_that_breaks_off_keeps_what_came_before_and_says_where(content: str, kind: Format) -> None:
    found = rows(content, kind)

    assert found[:2] == [JOHN, JANE]
    [last] = found[2:]
    assert isinstance(last, BadRow)
    assert last.row == 3
    assert last.errors[0].endswith("; nothing after this was read")


def test_a_broken_line_of_ndjson_stops_no_other() -> None:
    lines = [json.dumps(OBJECTS[0]), '{"subject": ', "[]", "", json.dumps(OBJECTS[1])]

    found = rows("\n".join(lines), Format.JSON)

    assert [type(row) for row in found] == [TicketRow, BadRow, BadRow, TicketRow]
    assert [row.row for row in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "kind"),
    [("[]", Format.JSON), ("<tickets/>", Format.XML), ("subject,description\r\n", Format.CSV), ('{"tickets": []}', Format.JSON)],
)  # fmt: skip
def test_a_file_without_rows_is_no_mistake(content: str, kind: Format) -> None:
    assert rows(content, kind) == []


def test_the_longest_text_that_the_desk_keeps_is_read_however_it_is_written() -> None:
    text = "🦊" * TEXT_LENGTH
    ticket = {"customer_email": "a@b.test", "subject": "s", "description": text}

    for ascii_only in (True, False):
        [row] = rows(json.dumps([ticket], ensure_ascii=ascii_only), Format.JSON)
        [line] = rows(json.dumps(ticket, ensure_ascii=ascii_only), Format.JSON)
        assert isinstance(row, TicketRow)
        assert row.description == text
        assert row == line


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        ("[" + "{}," * 30_000, Format.JSON, "most of its rows are bad"),
        ("{}\n" * 30_000, Format.JSON, "most of its rows are bad"),
        ("<tickets>" + "<ticket/>" * 30_000, Format.XML, "most of its rows are bad"),
        ("subject\n" + "x\n" * 30_000, Format.CSV, "most of its rows are bad"),
        ("subject\n" + "\n" * 3_000, Format.CSV, "of its lines are empty"),
        ("\n" * 3_000, Format.CSV, "of its lines are empty"),
        ('{"subject": "s"}\n' + "\n" * 3_000, Format.JSON, "of its lines are empty"),
    ],
)
def test_a_file_of_nothing_is_given_up_soon(
    content: str, kind: Format, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for reader in (import_csv, import_json):
        monkeypatch.setattr(reader, "MOST_EMPTY", 2_000)

    assert said in refusal(content, kind)


def test_many_bad_rows_among_more_good_ones_stop_nothing() -> None:
    half = [{"customer_email": "a@b.test", "subject": "s"}, {}] * 15_000

    found = rows(json.dumps(half), Format.JSON)

    assert len(found) == 30_000


def test_a_file_that_turns_bad_says_from_where_on_it_was_not_read() -> None:
    found = rows(json.dumps([{"customer_email": "a@b.test", "subject": "s"}, *[{}] * 30_000]), Format.JSON)

    assert len(found) == 10_004
    assert isinstance(found[-1], BadRow)
    assert "nothing after this was read" in found[-1].errors[0]

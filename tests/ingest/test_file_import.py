"""Files of tickets as people have them: rows, and sentences about what is wrong."""

import gc
import io
import json
from datetime import UTC, datetime

import pytest

from core.rows import BadRow, Row, TicketRow
from core.vocabulary import Category, Priority, Status, TicketType
from ingest import file_import
from ingest.file_import import Format, UnsupportedFormat
from ingest.import_fields import NATIVE, Rules
from ingest.import_records import BadFile

# As the document prints them.
CSV = """customer_id,customer_email,customer_name,subject,description,category,priority,status,tags
CUST-001,john@example.com,John Doe,Cannot login,I've been trying to login for hours,account_access,high,new,login;urgent
CUST-002,jane@example.com,Jane Smith,Payment issue,Payment not processed,billing_question,high,new,billing;payment
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<tickets>
  <ticket>
    <customer_id>CUST-001</customer_id>
    <customer_email>john@example.com</customer_email>
    <customer_name>John Doe</customer_name>
    <subject>Cannot login</subject>
    <description>I've been trying to login for hours</description>
    <category>account_access</category>
    <priority>high</priority>
    <status>new</status>
    <tags>login,urgent</tags>
  </ticket>
  <ticket>
    <customer_id>CUST-002</customer_id>
    <customer_email>jane@example.com</customer_email>
    <customer_name>Jane Smith</customer_name>
    <subject>Payment issue</subject>
    <description>Payment not processed</description>
    <category>billing_question</category>
    <priority>high</priority>
    <status>new</status>
    <tags>billing,payment</tags>
  </ticket>
</tickets>
"""
JOHN = TicketRow(
    1, "Cannot login", "I've been trying to login for hours", "john@example.com", "John Doe", "CUST-001",
    Category.ACCOUNT_ACCESS, Priority.HIGH, Status.NEW, tags=("login", "urgent"),
)  # fmt: skip
JANE = TicketRow(
    2, "Payment issue", "Payment not processed", "jane@example.com", "Jane Smith", "CUST-002",
    Category.BILLING_QUESTION, Priority.HIGH, Status.NEW, tags=("billing", "payment"),
)  # fmt: skip
OBJECTS = [
    {"customer_id": row.customer_id, "customer_email": row.customer_email, "customer_name": row.customer_name,
     "subject": row.subject, "description": row.description, "category": row.category, "priority": row.priority,
     "status": "new", "tags": list(row.tags)}
    for row in (JOHN, JANE)
]  # fmt: skip
JSON = json.dumps(OBJECTS, indent=2)
# What the document asks of a row.
DOCUMENT = Rules(
    {s.value: s for s in (Status.NEW, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.RESOLVED, Status.CLOSED)},
    ("customer_id", "customer_email", "customer_name", "subject", "description"), 200, 10, 2000,
)  # fmt: skip


def rows(content: str | bytes, kind: Format = Format.CSV, rules: Rules = NATIVE) -> list[Row]:
    data = content.encode() if isinstance(content, str) else content
    return list(file_import.rows(io.BytesIO(data), kind, rules))


def good(content: str | bytes, kind: Format = Format.CSV) -> list[TicketRow]:
    found = rows(content, kind)
    assert [row for row in found if isinstance(row, BadRow)] == []
    return [row for row in found if isinstance(row, TicketRow)]


def errors(content: str | bytes, kind: Format = Format.CSV, rules: Rules = NATIVE) -> dict[int, tuple[str, ...]]:
    return {row.row: row.errors for row in rows(content, kind, rules) if isinstance(row, BadRow)}


def table(*lines: str) -> str:
    return "\r\n".join(("customer_email,subject,description,tags", *lines))


# Which format


@pytest.mark.parametrize(
    ("named", "filename", "content_type", "expected"),
    [
        ("csv", "x.json", "application/xml", Format.CSV),
        ("XML", "", "", Format.XML),
        ("", "tickets.JSON", "text/csv", Format.JSON),
        ("", "tickets", "text/xml; charset=utf-8", Format.XML),
        ("", "tickets.txt", "text/csv", Format.CSV),
        ("", "tickets.ndjson", "", Format.JSON),
        ("", "", "application/xml", Format.XML),
    ],
)
def test_the_format_is_what_was_named_then_the_extension_then_the_type(
    named: str, filename: str, content_type: str, expected: Format
) -> None:
    assert file_import.format_of(named, filename, content_type) is expected


@pytest.mark.parametrize(("named", "filename"), [("yaml", "x.csv"), ("", "x.pdf"), ("", ""), ("excel", "")])
def test_another_format_is_refused_in_the_words_of_the_document(named: str, filename: str) -> None:
    with pytest.raises(UnsupportedFormat, match=r"^Unsupported file format\. Use csv, json, or xml$"):
        file_import.format_of(named, filename, "application/octet-stream")


# What the document shows


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(CSV, Format.CSV, id="csv"),
        pytest.param(JSON, Format.JSON, id="json"),
        pytest.param(XML, Format.XML, id="xml"),
        pytest.param("\n".join(map(json.dumps, OBJECTS)), Format.JSON, id="ndjson"),
        pytest.param(json.dumps({"pagination": {"page": [1]}, "tickets": OBJECTS}), Format.JSON, id="a_list_as_answered"),
        pytest.param(" ".join(json.dumps(o, indent=1) for o in OBJECTS), Format.JSON, id="objects_behind_each_other"),
        pytest.param("\ufeff" + CSV, Format.CSV, id="csv_with_bom"),
        pytest.param("\ufeff" + JSON, Format.JSON, id="json_with_bom"),
        pytest.param("\ufeff" + "\n".join(map(json.dumps, OBJECTS)), Format.JSON, id="ndjson_with_bom"),
        pytest.param("\ufeff" + XML, Format.XML, id="xml_with_bom"),
        pytest.param(CSV.replace("\n", "\r\n"), Format.CSV, id="csv_of_windows"),
        pytest.param(CSV.replace("\n", "\r"), Format.CSV, id="csv_of_an_old_mac"),
        pytest.param(CSV.replace("\n", "\r\n").encode("utf-16"), Format.CSV, id="csv_in_utf16"),
        pytest.param(CSV.encode("utf-16-le"), Format.CSV, id="csv_in_utf16_without_bom"),
        pytest.param(CSV.encode("utf-16-be"), Format.CSV, id="csv_in_big_endian_utf16_without_bom"),
        pytest.param(JSON.encode("utf-16"), Format.JSON, id="json_in_utf16"),
        pytest.param(XML.replace("UTF-8", "UTF-16").encode("utf-16"), Format.XML, id="xml_in_utf16"),
        pytest.param(CSV.replace(";", "/").replace(",", ";").replace("/", ","), Format.CSV, id="semicolons"),
        pytest.param("sep=;\r\n" + CSV.replace(";", "/").replace(",", ";").replace("/", ","), Format.CSV, id="sep_line"),
        pytest.param("\ufeffsep=,\r\n" + CSV, Format.CSV, id="sep_line_with_bom"),
        pytest.param(CSV.replace(",", "\t"), Format.CSV, id="tabs"),
        pytest.param(CSV.replace("\n", "\n\n,,,,,,,,\n"), Format.CSV, id="empty_lines_are_no_rows"),
        pytest.param(CSV.replace("customer_email,", "Customer E-Mail,").replace("E-Mail", "Email"), Format.CSV, id="headings"),
    ],
)  # fmt: skip
def test_the_tickets_of_the_document_are_read(content: str | bytes, kind: Format) -> None:
    assert rows(content, kind) == [JOHN, JANE]


def test_a_bad_row_is_named_by_its_number_and_stops_no_other() -> None:
    content = CSV.replace("jane@example.com", "invalid-email") + CSV.splitlines()[1]

    found = rows(content, rules=DOCUMENT)

    assert found[0] == JOHN
    assert found[1] == BadRow(2, ("Invalid email format: invalid-email",))
    assert isinstance(found[2], TicketRow)


def test_everything_that_is_wrong_with_a_row_is_said_at_once_in_the_documents_sentences() -> None:
    ticket = {"customer_email": "x", "subject": "s" * 201, "description": "short", "priority": "huge", "status": "open"}

    assert errors(json.dumps([ticket]), Format.JSON, DOCUMENT) == {
        1: (
            "Invalid email format: x",
            "subject must be between 1 and 200 characters",
            "description must be between 10 and 2000 characters",
            "priority must be one of: urgent, high, medium, low",
            "status must be one of: new, in_progress, waiting_customer, resolved, closed",
            "customer_id is required",
            "customer_name is required",
        )
    }


def test_a_row_without_anything_says_what_is_needed() -> None:
    assert errors("[{}]", Format.JSON) == {1: ("subject is required", "customer_email is required")}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"subject": 5}, "subject must be a text"),
        ({"subject": "a\0b"}, "subject has a NUL character in it: the file is damaged"),
        ({"description": ["a"]}, "description must be a text"),
        ({"tags": "t" * 65}, "tags must be at most 100, each of at most 64 characters"),
        ({"tags": {"a": 1}}, "tags must be an array of texts"),
        ({"tags": [1]}, "tags must be an array of texts"),
        ({"metadata": "x"}, "metadata must be an object"),
        ({"metadata": {"source": "pigeon"}}, "source must be one of: web_form, email, api, chat, phone"),
        ({"metadata": {"device_type": 1}}, "device_type must be a text"),
        ({"created_at": "yesterday"}, "created_at must be a time such as 2025-02-08T10:30:00Z"),
        ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at must be a time such as 2025-02-08T10:30:00Z"),
        ({"created_at": "2025-02-02", "updated_at": "2025-02-01"}, "updated_at must not be before created_at"),
        ({"category": "hardware"}, "category must be one of: account_access, technical_issue, billing_question, feature_request, bug_report, other"),
        ({"status": "deleted"}, "status must be one of: new, reviewed, in_progress, waiting_customer, resolved, closed, discarded"),
        ({"id": "i" * 161}, "id must have at most 160 characters"),
        ({"customer_name": "n" * 121}, "customer_name must have at most 120 characters"),
        ({"customer_email": True}, "customer_email must be a text"),
    ],
)  # fmt: skip
def test_each_wrong_field_is_told(fields: dict[str, object], said: str) -> None:
    right: dict[str, object] = {"customer_email": "a@b.test", "subject": "s", "description": "d"}

    assert said in errors(json.dumps([right | fields]), Format.JSON)[1]


@pytest.mark.parametrize("given", ["", " \n ", None])
def test_a_description_of_nothing_is_for_the_rules_to_judge(given: str | None) -> None:
    ticket = {"customer_email": "a@b.test", "subject": "s", "description": given}

    assert len(good(json.dumps([ticket]), Format.JSON)) == 1
    assert "description is required" in errors(json.dumps([ticket]), Format.JSON, DOCUMENT)[1]


@pytest.mark.parametrize(
    ("cell", "expected"), [("a; b,c", ("a", "b", "c")), ('["a,b", "c"]', ("a,b", "c")), ("[a], b", ("[a]", "b"))]
)
def test_tags_in_one_cell_are_told_apart(cell: str, expected: tuple[str, ...]) -> None:
    [found] = good(json.dumps([{"customer_email": "a@b.test", "subject": "s", "tags": cell}]), Format.JSON)

    assert found.tags == expected


def test_what_is_optional_is_read_where_it_is_there() -> None:
    ticket = {
        "id": 17, "customer_email": "Ann@B.test ", "subject": " a\n b ", "description": " kept \n as it is\n", "type": "suggestion",
        "category": None, "priority": "", "status": "Resolved", "tags": ["b ", "a", "b", ""], "assigned_to": "bob",
        "created_at": "2025-02-08T10:30:00Z", "updated_at": "2025-02-08T12:30:00+01:00", "resolved_at": "2025-02-08 11:30",
        "metadata": {"source": "phone", "browser": "Chrome 120", "device_type": "desktop"}, "classification_keywords": [],
    }  # fmt: skip

    [found] = good(json.dumps([ticket]), Format.JSON)

    moment = datetime(2025, 2, 8, 11, 30, tzinfo=UTC)
    assert found == TicketRow(
        1, "a b", " kept \n as it is\n", "ann@b.test", status=Status.RESOLVED, type=TicketType.SUGGESTION,
        tags=("b", "a"), assigned_to="bob", created_at=datetime(2025, 2, 8, 10, 30, tzinfo=UTC), updated_at=moment,
        resolved_at=moment, external_id="17", id="17",
        metadata={"source": "phone", "browser": "Chrome 120", "device_type": "desktop"},
    )  # fmt: skip


def test_a_table_has_metadata_in_columns_and_xml_in_elements() -> None:
    [flat] = good("subject,description,customer_id,source,device_type\ns,d,1,phone,mobile")
    [nested] = good(
        "<tickets><ticket><subject>s</subject><description>d</description><customer_id>1</customer_id>"
        "<metadata><source>phone</source></metadata><tags><tag>a</tag><tag>b</tag></tags></ticket></tickets>",
        Format.XML,
    )

    assert flat.metadata == {"source": "phone", "device_type": "mobile"}
    assert (nested.metadata, nested.tags) == ({"source": "phone"}, ("a", "b"))


def test_a_file_that_is_not_read_to_its_end_may_be_closed() -> None:
    file = io.BytesIO(CSV.encode())
    found = file_import.rows(file, Format.CSV)
    first = next(found)

    file.close()
    # Anything that this raised would be a warning, and so an error.
    del found
    gc.collect()

    assert first == JOHN


def test_the_file_stays_open() -> None:
    file = io.BytesIO(CSV.encode())

    assert len(list(file_import.rows(file, Format.CSV))) == 2

    gc.collect()
    assert not file.closed


# CSV and its quotes


def test_a_quoted_text_may_have_delimiters_newlines_and_quotes() -> None:
    [found] = good(table('a@b.test,"s, ""quoted""","one\r\ntwo\n\nthree",a'))

    assert (found.subject, found.description, found.tags) == ('s, "quoted"', "one\ntwo\n\nthree", ("a",))


def test_a_quote_that_is_never_closed_costs_its_row_and_no_other() -> None:
    found = rows(table("a@b.test,s1,d1,", 'a@b.test,s2,"d2,', *(f"a@b.test,s{n},d{n}," for n in range(3, 40_000))))

    assert [row.row for row in found if isinstance(row, BadRow)] == [2]
    assert len(found) == 39_999
    assert [row.subject for row in found[2:] if isinstance(row, TicketRow)] == [f"s{n}" for n in range(3, 40_000)]


def test_a_quote_that_is_not_doubled_costs_its_row_and_no_other() -> None:
    found = rows(table("a@b.test,s1,d1,", 'a@b.test,"s "two"",d2,', "a@b.test,s3,d3,"))

    assert [type(row) for row in found] == [TicketRow, BadRow, TicketRow]
    assert "double quotes" in errors(table('a@b.test,"s "two"",d2,'))[1][0]


def test_a_file_of_broken_quotes_is_given_up_soon() -> None:
    line = '"a","b'

    found = rows(table("a@b.test,s,d,", *[line] * 300_000))

    last = found[-1]
    assert isinstance(last, BadRow)
    assert "nothing after this was read" in last.errors[0]
    assert len(found) < 200


def test_a_row_with_more_cells_than_columns_says_so_and_missing_cells_are_empty() -> None:
    content = table("a@b.test,s,d", "a@b.test,s,d,x,y", "a@b.test,s,d,x,,")

    assert errors(content) == {
        2: ("has 5 cells where the first line names 4 columns: put a text that has a `,` in it into double quotes",)
    }


def test_a_table_without_a_line_of_names_is_no_file_of_no_tickets() -> None:
    """Its first ticket would be taken for the names, and 0 of 0 be told as a success."""
    with pytest.raises(BadFile, match="its first line names none of the columns"):
        rows("CUST-001,john@example.com,John Doe,Cannot login,I cannot log in since Monday,account_access,high,new,\n")


def test_a_file_of_excel_in_the_code_page_of_windows_keeps_its_letters() -> None:
    [found] = good(table("a@b.test,Größe – “x” €,d,").encode("cp1252"))

    assert found.subject == "Größe – “x” €"


def test_a_nul_makes_a_bad_row() -> None:
    assert errors(table("a@b.test,s\0,d,", "a@b.test,s,d,")) == {
        1: ("subject has a NUL character in it: the file is damaged",)
    }


def test_what_an_export_has_disarmed_is_armed_again() -> None:
    [found] = good(table("a@b.test,'=1+1,''@x,'quoted'"))

    assert (found.subject, found.description, found.tags) == ("=1+1", "'@x", ("'quoted'",))


@pytest.mark.parametrize("named", ["Old Desk", "a:b", "x" * 33])
def test_a_system_that_nothing_can_be_from_is_told(named: str) -> None:
    ticket = {"customer_email": "a@b.test", "subject": "s", "external_id": "7", "external_source": named}

    [said] = errors(json.dumps([ticket]), Format.JSON)[1]

    assert said.startswith("external_source must be up to 32 of the letters")

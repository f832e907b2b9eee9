"""Who is named in an address field."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import mailboxes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"ann@shop.example", [("", "ann@shop.example")]),
        (b"Ann Lee <ann@shop.example>", [("Ann Lee", "ann@shop.example")]),
        (b'"Lee, Ann" <ann@shop.example>', [("Lee, Ann", "ann@shop.example")]),
        (b"Lee, Ann <ann@shop.example>", [("Lee, Ann", "ann@shop.example")]),
        (b"ann@shop.example (Ann Lee)", [("Ann Lee", "ann@shop.example")]),
        (b"Ann Lee ann@shop.example", [("Ann Lee", "ann@shop.example")]),
        (b"Ann <ann@shop.example", [("Ann", "ann@shop.example")]),
        (b"Ann (of the shop <ann@shop.example>", [("Ann of the shop", "ann@shop.example")]),
        (b"'Ann' <ann@shop.example>", [("Ann", "ann@shop.example")]),
        (b"a@x.example, B <b@x.example>", [("", "a@x.example"), ("B", "b@x.example")]),
        (b"Team: a@x.example, b@x.example;", [("", "a@x.example"), ("", "b@x.example")]),
        (b"=?utf-8?q?Lee=2C_Ann?= <ann@shop.example>", [("Lee, Ann", "ann@shop.example")]),
        (b"=?utf-8?q?Ann_=3Cann=40shop=2Eexample=3E?=", [("Ann", "ann@shop.example")]),
        (b'"ann@shop.example" <ann@shop.example>', [("ann@shop.example", "ann@shop.example")]),
        (b"MAILER-DAEMON <>", [("MAILER-DAEMON", "")]),
        (b"undisclosed-recipients:;", []),
        (b'"john doe"@shop.example', [("", '"john doe"@shop.example')]),
        (b'Joe <"joe"@shop.example>', [("Joe", "joe@shop.example")]),
        (b'"boss@shop.example" ann@shop.example', [("boss@shop.example", "ann@shop.example")]),
        (b"Pete(A \\) chap) <pete(his account)@silly.example(his host)>", [("Pete chap", "pete@silly.example")]),
        (b"<@relay.example,@b.example:ann@shop.example>", [("", "ann@shop.example")]),
        (b"Ann <mailto:ann@shop.example>", [("Ann", "ann@shop.example")]),
        (b"Ann [ann@shop.example]", [("Ann", "ann@shop.example")]),
        (b"Ann <ann @ shop.example>", [("Ann", "ann@shop.example")]),
        (b"ann @ shop.example", [("", "ann@shop.example")]),
        (b"Ann <=?utf-8?q?ann=40shop=2Eexample?=>", [("Ann", "ann@shop.example")]),
        (b"Ann &lt;ann@shop.example&gt;", [("Ann", "ann@shop.example")]),
        ("Ann <ann＠shop.example>".encode(), [("Ann", "ann@shop.example")]),
        ("Jörg <jörg@bücher.example>".encode(), [("Jörg", "jörg@bücher.example")]),
        (b'"Ann" <ann@shop.example> <bo@shop.example>', [("Ann", "ann@shop.example")]),
        (b"<<ann@shop.example>>", [("", "ann@shop.example")]),
        (b"root (Cron Daemon)", [("Cron Daemon", "root")]),
        (b"<root>", [("", "root")]),
        (b"user@[192.0.2.1]", [("", "user@[192.0.2.1]")]),
        (b"", []),
    ],
)
def test_mailboxes_are_read_as_they_are_written_in_the_wild(value: bytes, expected: list[tuple[str, str]]) -> None:
    assert list(mailboxes.mailboxes(value)) == expected


@given(st.text(alphabet="aZ0 .-_+='\"<>@", max_size=24))
def test_the_short_way_reads_what_the_long_one_does(value: str) -> None:
    field = value.strip().encode()

    assert mailboxes.mailboxes(field) == mailboxes._taken_apart(field, "")


@pytest.mark.parametrize("piece", [b",", b"a,", b'"a" ', b"(", b"()", b"<>", b":", b";", b"a@b,", b'"', b"\\", b"=?"])
def test_a_field_of_signs_costs_no_more_than_its_length(piece: bytes) -> None:
    value = piece * (64 * 1024 // len(piece))
    begin = time.process_time()

    found = mailboxes.mailboxes(value)

    # At each sign all that stood before it was looked through: a minute.
    assert time.process_time() - begin < 2
    assert len(found) <= 200

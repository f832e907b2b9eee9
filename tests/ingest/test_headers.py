"""The little grammars inside header fields."""

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import headers, mailboxes


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?b?w6RyeiDi?= =?utf-8?b?gqw=?= end", "ärz € end"),
        (b"=?iso-8859-1?q?caf=E9?= =?utf-8?q?_=C3=A9t=C3=A9?=", "café été"),
        (b"=?utf-8?b?4pyU4?= =?utf-8?b?pyU?=", "✔✔"),  # a group of base64 cut in two
        (b"=?utf-8?b?SGVsbG8?= =?utf-8?b?IFdvcmxk?=", "Hello World"),  # padding forgotten
        (b"=?utf-8?q?=C3?= =?utf-8?b?pA==?=", "ä"),
        (b"=?iso-2022-jp?b?GyRCLSEbKEI=?=", "①"),
        (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8?q?never ended", "=?utf-8?q?never ended"),
        (b"=?utf-8?q?cut_off_Gr=C3=BC=C3=9Fe", "cut off Grüße"),  # with the field, by a gateway
        (b"Re: =?utf-8?b?R3LDvMOfZSBhdXM", "Re: Grüße aus"),
        (b"=?no-such-charset?q?abc?=", "abc"),
        (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (b"=?utf-8?b?QUJ?=", "AB"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
    ],
)
def test_words_are_decoded(value: bytes, expected: str) -> None:
    assert headers.words(value, "iso-8859-1") == expected


def test_an_encoded_line_break_starts_no_new_line() -> None:
    assert headers.text({"subject": [b"=?utf-8?q?a=0D=0ABcc:_evil@x.example?="]}, "subject") == "a Bcc: evil@x.example"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"text/plain", {}),
        (b"TEXT/Plain; Charset=UTF-8; format=flowed", {"charset": "UTF-8", "format": "flowed"}),
        (b'a/b; name="two words.pdf"', {"name": "two words.pdf"}),
        (b"a/b; name=two words.pdf", {"name": "two words.pdf"}),
        (b'a/b; name="semi;colon \\"x\\""', {"name": 'semi;colon "x"'}),
        (b"a/b; filename*=utf-8''na%C3%AFve.txt", {"filename": "naïve.txt"}),
        (b"a/b; filename*0*=utf-8''a%C3; filename*1*=%A9b; filename*2=.txt", {"filename": "aéb.txt"}),
        (b'a/b; filename*1="b.txt"; filename*0="a"', {"filename": "ab.txt"}),
        (b"a/b; filename=old.txt; filename*=utf-8''new.txt", {"filename": "new.txt"}),
        (b'a/b; name="=?utf-8?q?Gr=C3=BC=C3=9Fe?="', {"name": "Grüße"}),
        (b"a/b; filename=\"utf-8''Gr%C3%BC%C3%9Fe.txt\"", {"filename": "Grüße.txt"}),  # the asterisk forgotten
        (b"a/b; filename*0=utf-8''Gr%C3%BC; filename*1=%C3%9Fe.txt", {"filename": "Grüße.txt"}),
        (b"a/b; filename=\"Ann's 100%25 it's.txt\"", {"filename": "Ann's 100%25 it's.txt"}),
        (b"a/b;;;  ; =x; charset", {}),
        (b"a/b charset=utf-8", {"charset": "utf-8"}),
        (b'a/b; charset="utf-8" boundary=x', {"charset": "utf-8", "boundary": "x"}),
        (b"a/b; boundary=----=_x charset=y", {"boundary": "----=_x", "charset": "y"}),
        (
            'a/b; name="図、表.pdf"'.encode("iso-2022-jp"),
            {"name": "図、表.pdf"},
        ),  # with a quotation mark among its octets
        (b"attachment filename=my file.pdf", {"filename": "my file.pdf"}),
        (b'attachment, filename="a.pdf"', {"filename": "a.pdf"}),
        (b"filename=a.pdf", {"filename": "a.pdf"}),
        (b'a/b; name="a "b" c.pdf"', {"name": 'a "b" c.pdf'}),
        (b'a/b; name="C:\\temp\\a.pdf"', {"name": "C:\\temp\\a.pdf"}),
        (b"a/b; name=a=b name=c", {"name": "a=b"}),
    ],
)
def test_parameters_are_read(value: bytes, expected: dict[str, str]) -> None:
    assert headers.parameters(value)[1] == expected


def test_by_the_letter_a_backslash_only_quotes() -> None:
    assert headers.by_the_letter(rb'a/b; name="C:\temp\a \"b\".pdf"; x=\y') == {"name": 'C:tempa "b".pdf', "x": "\\y"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"Mon, 02 Mar 2026 13:00:00 +0100", "2026-03-02T12:00:00+00:00"),
        (b"2 Mar 26 13:00 GMT", "2026-03-02T13:00:00+00:00"),
        (b"Mon, 2 Mar 2026 13:00:00 -0000 (UTC (really))", "2026-03-02T13:00:00+00:00"),
        (b"Mon, 32 Mar 2026 13:00:00 +0100", None),
        (b"yesterday", None),
        (b"Mon, 02 Mar 99999 13:00:00 +9999", None),
        (b"", None),
    ],
)
def test_a_date_is_a_moment_or_nothing(value: bytes, expected: str | None) -> None:
    found = headers.moment({"date": [value]}, "date")

    assert (found.isoformat() if found else None) == expected


@given(st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - the zone is the other
def test_an_everyday_date_is_read_as_the_standard_library_reads_it(moment: datetime, minutes: int) -> None:
    written = format_datetime(moment.replace(tzinfo=timezone(timedelta(minutes=minutes)), microsecond=0))

    assert headers.moment({"date": [f" {written} (CET)\r".encode()]}, "date") == parsedate_to_datetime(written)


_LINES = [b"From: a\r\n", b"To: b\n", b" more\r\n", b"\tX: y\n", b"to:c\n", b"X-Y : z\n", b"Odd name: d\n", b": e\n"]


@given(st.lists(st.sampled_from(_LINES), max_size=8).map(b"".join))
def test_a_line_of_junk_changes_nothing_of_the_fields_before_it(block: bytes) -> None:
    # Only a block without junk is read line by line.
    broken = block + b"junk\n"

    assert headers.fields(block, 0, len(block))[0] == headers.fields(broken, 0, len(broken))[0]


_PARAMETERS = [b"; a=b", b' ;\r\n\tName="two (2) words; or=more"', b"; NAME=c", b'; b=""', b"; c==d=", b"; d=[e]/f:g"]


@given(st.lists(st.sampled_from(_PARAMETERS), max_size=6).map(b"".join))
def test_everyday_parameters_are_read_as_odd_ones_are(everyday: bytes) -> None:
    # An apostrophe may mean RFC 2231, and has the value read by the whole grammar.
    odd = headers.parameters(b"a/B" + everyday + b"; '=1")

    assert headers.parameters(b"a/B" + everyday) == (
        odd[0],
        {name: said for name, said in odd[1].items() if name != "'"},
    )


def test_message_ids_are_the_newest_fifty_without_repetition() -> None:
    value = b" ".join(b"<%d@x.example>" % number for number in range(80)) + b" <79@x.example>"

    found = headers.ids({"references": [value]}, "references")

    assert (len(found), found[0], found[-1]) == (50, "<30@x.example>", "<79@x.example>")


@pytest.mark.parametrize(
    "value",
    [
        b'"' * 16_000,
        b"(" * 16_000,
        b"a " * 8_000,
        b"a@b.example," * 1_300,
        b"=?utf-8?q?" * 1_600,
        b"<" * 16_000,
        b'\\"' * 8_000,
        b"a; name=1 name=2 " + b"name=1 " * 2_000,
        b'a; x="y" ' + b" name=" * 2_500,
        b"@ " * 8_000,
        b" a=b;" * 6_000 + b'"',
        b"\n" + b" \n" * 990 + b" " * 30_000,
        b" " * 32_000,
        b'"=?utf-8?q?' + b"a" * 32_000,
    ],
)
def test_a_hostile_field_costs_no_more_than_its_length(value: bytes) -> None:
    begin = time.process_time()

    mailboxes.mailboxes(value)
    headers.words(value)
    headers.parameters(b"a/b;" + value)
    headers.ids({"references": [value]}, "references")
    headers.moment({"date": [value]}, "date")
    headers.fields(b"From:" + value + b"\n", 0, len(value) + 6)

    assert time.process_time() - begin < 0.5

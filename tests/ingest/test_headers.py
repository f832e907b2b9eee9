"""The little grammars inside header fields."""

import time

import pytest

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
    ],
)
def test_a_hostile_field_costs_no_more_than_its_length(value: bytes) -> None:
    begin = time.process_time()

    mailboxes.mailboxes(value)
    headers.words(value)
    headers.parameters(b"a/b;" + value)
    headers.ids({"references": [value]}, "references")

    assert time.process_time() - begin < 0.5

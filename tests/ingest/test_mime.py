"""The structure of mails, also of such as nobody should send."""

import base64
import time
from collections.abc import Callable

import pytest

from ingest import headers, mime
from ingest.mime import Part


def types(raw: bytes) -> list[str]:
    return [part.content_type for part in mime.walk(mime.parse(raw))]


def leaves(raw: bytes) -> list[bytes]:
    return [mime.content(part) for part in mime.walk(mime.parse(raw)) if not part.children]


def multipart(*parts: bytes, boundary: str = "b", end: bytes = b"--b--\r\n") -> bytes:
    head = f"From: ann@shop.example\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


def test_a_multipart_is_taken_apart_in_order() -> None:
    raw = multipart(b"Content-Type: text/plain\r\n\r\none", b"Content-Type: text/html\r\n\r\n<p>two")

    assert types(raw) == ["multipart/mixed", "text/plain", "text/html"]
    assert leaves(raw) == [b"one", b"<p>two"]


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r", b"\r\r\n"])
def test_any_kind_of_line_end_is_read(line_end: bytes) -> None:
    raw = multipart(b"Content-Type: text/plain\r\n\r\none", b"\r\ntwo").replace(b"\r\n", line_end)

    assert leaves(raw) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(multipart(b"\r\none", b"\r\ntwo", end=b""), [b"one", b"two\r\n"], id="never terminated"),
        pytest.param(multipart(b"one", b"two"), [b"one", b"two"], id="parts without header and blank line"),
        pytest.param(multipart(b"\r\n--bc is text", b"\r\n2"), [b"--bc is text", b"2"], id="a line like the boundary"),
        pytest.param(
            multipart(b"Content-Type: text/plain\r\n\r\none", boundary="wrong"), [b"one"], id="another boundary is used"
        ),
        pytest.param(b"Content-Type: multipart/mixed\r\n\r\njust text", [b"just text"], id="no boundary anywhere"),
        pytest.param(
            b"Subject: x\r\nthe text begins at once\r\n", [b"the text begins at once\r\n"], id="no blank line"
        ),
        pytest.param(
            multipart(b"\r\none", end=b"\r\n--b--  and words\r\nepilogue"), [b"one\r\n"], id="words behind the end"
        ),
        pytest.param(
            multipart(
                b"Content-Type: multipart/alternative; boundary=b\r\n",
                b"\r\none",
                end=b"\r\n--b--\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n",
            ),
            [b"", b"one\r\n", b"two"],
            id="a multipart inside with the same boundary",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.encodebytes(b"--b\r\n\r\none\r\n--b--"),
            [b"one"],
            id="encoded as a whole",
        ),
        pytest.param(b"no header at all, only words", [b"no header at all, only words"], id="only text"),
        pytest.param(b"", [b""], id="nothing"),
    ],
)
def test_broken_structure_keeps_its_text(raw: bytes, expected: list[bytes]) -> None:
    assert leaves(raw) == expected


def test_a_boundary_with_a_comment_behind_it_is_found() -> None:
    assert leaves(multipart(b"\r\none", boundary="b (mine)")) == [b"one"]


def test_a_field_whose_name_is_followed_by_a_space_is_no_mbox_line() -> None:
    root = mime.parse(b"\xef\xbb\xbfFrom : a@shop.example\nSubject: x\n\nbody")

    assert headers.said(root.headers, "from") == "a@shop.example"


def test_an_mbox_line_and_junk_between_the_fields_do_not_end_the_header() -> None:
    root = mime.parse(b"From ann Mon Mar 2\nFrom: a@shop.example\njunk\nSubject: x\n\nbody")

    assert (headers.said(root.headers, "subject"), mime.content(root)) == ("x", b"body")


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", b"R3LDvMOfZQ==", "Grüße"),
        ("BASE64", b"R3LD!! vMOf\r\nZQ", "Grüße"),
        ("base64", b"R3LDvMOfZQ==\r\nR3LDvMOfZXp6enp6enp6", "GrüßeGrüßezzzzzzzz"),
        ("base64", b"R3LDvMOfZQ==\r\n____\r\nA mailing list footer", "Grüße"),
        ("quoted-printable", b"Gr=C3=BC=C3=\r\n=9Fe", "Grüße"),
        ("quoted-printable", b"100 = 100 =ZZ", "100 = 100 =ZZ"),
        ("quoted-printeable", b"Gr=C3=BC=C3=9Fe", "Grüße"),
        ("7bits", "Grüße".encode(), "Grüße"),
        ("base64", b"These are plain words, whatever it says.", "These are plain words, whatever it says."),
        ("Quoted-Printable (as ever)", b"Gr=C3=BC=C3=9Fe", "Grüße"),
        ("amazonses.com", "Grüße".encode(), "Grüße"),
    ],
)
def test_transfer_encodings_are_undone_as_far_as_they_can_be(encoding: str, body: bytes, expected: str) -> None:
    root = mime.parse(b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body)

    assert mime.content(root).decode() == expected


def test_too_many_parts_are_kept_as_one() -> None:
    raw = multipart(*(b"\r\nnumber %d." % number for number in range(700)))

    *read, rest = mime.parse(raw).children

    assert len(read) == mime.PARTS - 1
    assert rest.whole
    assert mime.content(rest).startswith(b"\r\nnumber 499.")
    assert b"number 699." in mime.content(rest)


def test_too_deep_nesting_is_kept_as_one() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d.\r\n\r\n--b%d.\r\n" % (level, level) for level in range(3000)
    )

    parts = list(mime.walk(mime.parse(raw + b"\r\nthe core")))

    assert max(part.depth for part in parts) == mime.DEPTH
    assert parts[-1].whole
    assert b"the core" in mime.content(parts[-1])


def test_a_header_beyond_the_cap_is_marked() -> None:
    root = mime.parse(b"Subject: x\r\n" + b"X-Flood: y\r\n" * 100_000 + b"\r\nbody")

    assert root.cut
    assert sum(map(len, root.headers.values())) == headers.FIELDS
    assert mime.content(root) == b"body"


def seconds(work: Callable[[], Part]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"a:\n" * 3 * MEGABYTE, id="header flood"),
        pytest.param(b"\r\n" * 15 * MEGABYTE, id="30 MB of empty lines"),
        pytest.param(b"From: x\n\n" + b"\n" * 30 * MEGABYTE, id="a body of empty lines"),
        pytest.param(b"Content-Type: text/plain" + b";" * MEGABYTE + b"\r\n\r\n", id="semicolon flood"),
        pytest.param(b"Content-Type: text/plain" + b';a="\\' * MEGABYTE + b"\r\n\r\n", id="quote flood"),
        pytest.param(multipart(*([b"\r\nx"] * 100_000)), id="100,000 parts"),
        pytest.param(multipart(b"--bx\r\n" * 2 * MEGABYTE), id="lines like the boundary"),
        pytest.param(multipart(b"--b" * 5 * MEGABYTE), id="a line of boundaries"),
        pytest.param(b"Content-Type: message/rfc822\r\n\r\n" * 100_000, id="mails in mails"),
        pytest.param(b"\0" * 10 * MEGABYTE, id="NUL"),
        pytest.param(b"\r" * 10 * MEGABYTE, id="CR"),
    ],
)
def test_hostile_structure_costs_no_more_than_its_length(raw: bytes) -> None:
    # A second of CPU is far above what any of these takes (0.2 s) and far below what anything quadratic would.
    assert seconds(lambda: mime.parse(raw)) < 1.5


def test_a_megabyte_of_concatenated_base64_is_read_in_bounded_time() -> None:
    raw = b"Content-Transfer-Encoding: base64\r\n\r\n" + b"AAAAAAAAAAAAAAAAAAAA=\r\n" * 50_000
    begin = time.process_time()

    mime.content(mime.parse(raw))

    assert time.process_time() - begin < 1.5


def test_nothing_is_copied_to_find_the_parts() -> None:
    raw = multipart(b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bytes(MEGABYTE)))

    root = mime.parse(raw)

    assert all(part.raw is raw for part in mime.walk(root))


def test_a_name_of_blanks_is_none() -> None:
    assert mime.parse(b'Content-Type: text/plain; name=" "\r\nContent-Disposition: inline\r\n\r\nHi').filename == ""

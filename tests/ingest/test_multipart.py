"""The form reader on plain octets: the same events however they are cut, and an error for everything else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import multipart
from ingest.multipart import Data, Malformed, PartBegins

FORM = (
    b"preamble\r\n--bound\r\n"
    b'Content-Disposition: form-data; name="message"\r\n\r\n'
    b"two\r\nlines \r\n--bo\r\n-\r\r\n--\r\n"
    b"--bound \t\r\n"
    b'content-type: text/plain\r\nCONTENT-DISPOSITION: form-data; filename="a;b.txt"; name=files\r\n\r\n'
    b"\r\n--bound\r\n"
    b'Content-Disposition: form-data; name="last"\r\n\r\n'
    b"\x00\xff--bound--\r\n--bound--\r\nepilogue"
)


def read(octets: bytes, cuts: list[int], boundary: str = "bound") -> list[tuple[PartBegins, bytes]]:
    reader = multipart.Reader(boundary)
    found: list[tuple[PartBegins, bytes]] = []
    places = [0, *sorted(cut % (len(octets) + 1) for cut in cuts), len(octets)]
    for begin, end in pairwise(places):
        for event in reader.feed(octets[begin:end]):
            if isinstance(event, PartBegins):
                found.append((event, b""))
            else:
                found[-1] = (found[-1][0], found[-1][1] + event.octets)
    reader.close()
    return found


EXPECTED = [
    (PartBegins("message", None), b"two\r\nlines \r\n--bo\r\n-\r\r\n--"),
    (PartBegins("files", "a;b.txt"), b""),
    (PartBegins("last", None), b"\x00\xff--bound--"),
]


@given(st.lists(st.integers(min_value=0, max_value=1000), max_size=40))
def test_a_form_reads_the_same_however_it_is_cut(cuts: list[int]) -> None:
    assert read(FORM, cuts) == EXPECTED


def test_a_delimiter_is_a_whole_line() -> None:
    with pytest.raises(Malformed, match="goes on"):
        read(FORM.replace(b"--bound \t", b"--boundary"), [])


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(min_value=0, max_value=2000), max_size=40))
def test_any_content_comes_out_as_it_went_in(contents: list[bytes], cuts: list[int]) -> None:
    parts = [b'--unlikely\r\nContent-Disposition: form-data; name="n"\r\n\r\n' + one + b"\r\n" for one in contents]

    assert [content for _, content in read(b"".join(parts) + b"--unlikely--", cuts, "unlikely")] == contents


@given(
    st.lists(
        st.sampled_from([b"\r", b"\n", b"--bound", b"-", b"--", b"\r\n--bound", b"\r\n\r\n", b"x", b":", FORM[:60]])
    )
)
def test_whatever_comes_is_read_or_malformed(pieces: list[bytes]) -> None:
    try:
        read(b"".join(pieces), [7, 11])
    except Malformed:
        return


def test_nothing_is_held_back_that_cannot_be_a_delimiter() -> None:
    reader = multipart.Reader("b" * 60)
    head = b"--" + b"b" * 60 + b'\r\nContent-Disposition: form-data; name="n"\r\n\r\n'

    assert list(reader.feed(head + b"text\r\n--bbb")) == [PartBegins("n", None), Data(b"text")]
    assert list(reader.feed(b"a")) == [Data(b"\r\n--bbba")]


@pytest.mark.parametrize(
    ("disposition", "expected"),
    [
        ('form-data; name="a"', PartBegins("a", None)),
        ("form-data;name=a", PartBegins("a", None)),
        ('attachment; name="a"; filename="t.xml"', PartBegins("a", "t.xml")),
        ('Form-Data; NAME="a"; FileName="b"', PartBegins("a", "b")),
        ('form-data; name="a"; filename=""', PartBegins("a", "")),
        ('form-data; name="a"; filename="C:\\dir\\file.txt"', PartBegins("a", "C:\\dir\\file.txt")),
        ('form-data; name="a"; filename="say \\"hi\\".txt"', PartBegins("a", 'say "hi".txt')),
        ('form-data; name="a"; filename="Übergröße.pdf"', PartBegins("a", "Übergröße.pdf")),
        ('form-data; name="a"; filename="x"; filename*=utf-8\'\'%C3%9C.pdf', PartBegins("a", "Ü.pdf")),
        ('form-data; name="a"; name="b"', PartBegins("a", None)),
        ('form-data; name="filename=x"', PartBegins("filename=x", None)),
    ],
)
def test_names_are_read_as_clients_write_them(disposition: str, expected: PartBegins) -> None:
    form = f"--bound\r\nContent-Disposition: {disposition}\r\n\r\nx\r\n--bound--".encode()

    assert read(form, []) == [(expected, b"x")]


@pytest.mark.parametrize("boundary", ["", "b" * 71, "b\r\n", "bö", "ends with space "])
def test_a_boundary_that_cannot_be_one_is_refused(boundary: str) -> None:
    with pytest.raises(Malformed):
        multipart.Reader(boundary)

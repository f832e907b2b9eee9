"""Files that stand inside a text, and texts that are no plain text: uuencode, yEnc, text/enriched, RTF."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import enriched, rich_text, uuencoded

# The two examples of [MS-OXRTFCP] 4.1.
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
REPEATED = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def uu(data: bytes) -> str:
    return "".join(binascii.b2a_uu(data[at : at + 45]).decode() for at in range(0, len(data), 45))


@pytest.mark.parametrize(
    ("text", "left", "files"),
    [
        (f"before\nbegin 644 a.bin\n{uu(b'abc')}`\nend\nafter", "before\n\nafter", [("a.bin", b"abc")]),
        (f"begin 644 \n{uu(b'abc')}`\nend", "", [("", b"abc")]),
        ('begin 644 a.bin\n"86%K\n`\nend', "", [("a.bin", b"aa")]),
        ("begin-base64 644 a b.txt\nYWJj\n====\n", "\n", [("a b.txt", b"abc")]),
        ("begin 644 a.bin\nno end", "begin 644 a.bin\nno end", []),
        ("let us begin 644 now\nend", "let us begin 644 now\nend", []),
    ],
)
def test_uuencoded_files_leave_the_text(text: str, left: str, files: list[tuple[str, bytes]]) -> None:
    assert uuencoded.taken_out(text) == (left, files)


def test_yenc_files_leave_the_text() -> None:
    content = bytes(range(256))
    escaped = b"".join(
        b"=" + bytes(((value + 106) % 256,)) if (value + 42) % 256 in (0, 10, 13, 61) else bytes(((value + 42) % 256,))
        for value in content
    )
    data = b"Hello\r\n=ybegin line=128 size=256 name=a b.bin\r\n" + escaped + b"\r\n=yend size=256\r\nBye"

    assert uuencoded.yenc(data) == (b"Hello\r\nBye", [(b"a b.bin", content)])


@pytest.mark.parametrize(
    ("markup", "ancestor", "text"),
    [
        ("<bold>Now</bold> is\nthe <<time", False, "Now is the <time"),
        ("one\n\ntwo\n\n\nthree", False, "one\ntwo\n\nthree"),
        ("<color><param>red</param>red</color> end", False, "red end"),
        ("a<nl>\nb <lt>c> <comment>not\nthis</comment>", True, "a\nb <c>"),
        ("a < b and <", False, "a < b and <"),
    ],
)
def test_enriched_text_loses_its_commands(markup: str, ancestor: bool, text: str) -> None:
    assert enriched.to_text(markup, ancestor=ancestor) == text


def test_rich_text_is_unpacked_as_the_specification_shows() -> None:
    assert rich_text.decompressed(COMPRESSED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rich_text.decompressed(REPEATED) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard Hello\par {\b you}}", "Hello\nyou"),
        (rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1 \u8364? 5 \{a\\b\}\emdash c}", "€ 5 {a\\b}—c"),
        (rb"{\rtf1\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Hi{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0 }", "Hi"),
        (rb"}}}{\*\x y}z", "z"),
    ],
)
def test_rich_text_loses_its_formats(rtf: bytes, text: str) -> None:
    assert rich_text.to_text(rtf) == text


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    rich_text.to_text(rich_text.decompressed(data[:8] + b"LZFu" + data))
    rich_text.to_text(data)
    uuencoded.yenc(b"=ybegin name=x\n" + data + b"\n=yend ")
    uuencoded.taken_out("begin 644 x\n" + data.decode("latin-1") + "\nend")
    enriched.to_text(data.decode("latin-1"))

"""The one text cleaner: nasty strings become the same harmless ones, whatever the database."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.desk import Desk
from core.text import clean_line, clean_text
from tests.builders import a_mail
from tests.stored import numbered

NASTY = {
    # PostgreSQL refuses NUL; neither database encodes a lone surrogate.
    "a\x00b": "ab", "\x00": "", "a\ud800b": "ab", "\udfff\ud800": "",
    # Controls move cursors and forge log lines.
    "a\x1b[31mb": "a[31mb", "a\x07\x08b": "ab", "a\x7fb": "ab", "a\x80\x85\x9fb": "ab", "a\x0b\x0cb": "ab",
    "a\x1c\x1d\x1e\x1fb": "ab", "\x01\x02": "",
    # One kind of line end.
    "a\r\nb": "a\nb", "a\rb": "a\nb", "a\n\rb": "a\n\nb", "a\r\r\nb": "a\n\nb", "\r": "\n", "a\tb": "a\tb",
    # What makes exe.fdp read as pdf.exe.
    "exe\u202efdp": "exefdp", "\u2066a\u2069": "a", "\u202a\u202b\u202c\u202d": "", "a\u2067b\u2068": "ab",
    # Composed, so that what looks the same is the same.
    "e\u0301": "é", "A\u030a": "Å", "\u212b": "Å", "\u1100\u1161": "가", "\u0344": "\u0308\u0301", "ﬁ": "ﬁ",
    "q\u0323\u0307": "q\u0323\u0307", "q\u0307\u0323": "q\u0323\u0307",
    # Kept: people write these.
    "👨‍👩‍👧": "👨‍👩‍👧", "a\u200bb": "a\u200bb", "\u200e\u200f\u061c": "\u200e\u200f\u061c", "\ufeffa": "\ufeffa",
    "a\u2028b\u2029c": "a\u2028b\u2029c", "a\u00a0b": "a\u00a0b", "\U0001f98a\U000e0041": "\U0001f98a\U000e0041",
    "\ufffe\uffff": "\ufffe\uffff", "\U0010ffff": "\U0010ffff", "مرحبا": "مرحبا", "שלום": "שלום", "नमस्ते": "नमस्ते",
    "ไทย": "ไทย", "漢字": "漢字", "\ue000": "\ue000", "ẞß": "ẞß", "İı": "İı", "ǆ": "ǆ",
    # Looks like something to somebody, and is text to us.
    "'; DROP TABLE tickets; --": "'; DROP TABLE tickets; --", "<script>alert(1)</script>": "<script>alert(1)</script>",
    "%s %d {} {0} ${x}": "%s %d {} {0} ${x}", "\\x00 \\u0000 \\N": "\\x00 \\u0000 \\N", "{{7*7}}": "{{7*7}}",
    "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0", "../../etc/passwd": "../../etc/passwd", "null": "null", "NaN": "NaN",
    "\"'`": "\"'`", "$1 :name ?": "$1 :name ?", "%00": "%00", "a" * 5000: "a" * 5000, "": "", " ": " ",
}  # fmt: skip


@pytest.mark.parametrize(("nasty", "clean"), NASTY.items(), ids=range(len(NASTY)))
def test_a_nasty_string_becomes_a_harmless_one_and_stays_it(nasty: str, clean: str) -> None:
    assert clean_text(nasty) == clean
    assert clean_text(clean) == clean


async def test_every_nasty_string_is_stored_the_same_in_both_databases(any_desk: Desk) -> None:
    everything = list(NASTY)
    for nasty in everything:
        await any_desk.receive(
            a_mail(f"{everything.index(nasty)}@customer.test", nasty, subject=f"s{nasty}", text=nasty)
        )

    for number, nasty in enumerate(everything, start=1):
        ticket = await numbered(any_desk, number)
        assert ticket.description == NASTY[nasty]
        assert ticket.subject == clean_line(f"s{nasty}")
        assert ticket.requester.name == (clean_line(nasty, most=120) or str(number - 1))


def test_of_all_characters_only_controls_surrogates_and_overrides_of_direction_are_taken_away() -> None:
    overrides = {*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
    characters = [chr(code) for code in (*range(0x3000), *range(0xD7F0, 0xE010), 0xFFFF, 0x10000, 0x10FFFF)]

    taken = {character for character in characters if clean_text(f"é{character}") == "é"}

    unwanted = {character for character in characters if unicodedata.category(character) in ("Cc", "Cs")}
    assert taken == (unwanted | overrides) - {*"\n\t\r"}


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean_text(text)

    assert clean_text(once) == once
    assert clean_line(clean_line(text)) == clean_line(text)
    once.encode()
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in once)


@given(st.text(max_size=200), st.integers(0, 50))
def test_nothing_is_longer_than_asked(text: str, most: int) -> None:
    assert len(clean_text(text, most=most)) <= most
    assert len(clean_line(text, most=most)) <= most


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  a \t\n b  ", "a b"),
        ("a\u2028b\u00a0c\u3000d", "a b c d"),
        ("\n\n", ""),
        ("a\r\nBcc: x@y.test", "a Bcc: x@y.test"),
    ],
)
def test_a_line_is_one_line(text: str, line: str) -> None:
    assert clean_line(text) == line


HEAVY = {
    "marks": "a" + "\u0301\u0316" * 130_000,
    "marks and letters": "a\u0301\u0316\u0301\u0316" * 60_000,
    "white": " " * 300_000,
    "hangul": "\u1100\u1161\u11a8" * 90_000,
    "controls": "\x00" * 300_000,
    "grows": "\ufdfa" * 262_144,
    "overrides": "\u202e" * 300_000,
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_no_text_takes_long_to_clean(text: str) -> None:
    begun = time.process_time()

    clean_text(text)
    clean_line(text)

    assert time.process_time() - begun < 1

"""The one text cleaner at the door of core, and the one way to cut a text to a length."""

import re
import unicodedata

# C0 and C1 controls but newline and tab; NUL is refused by PostgreSQL, the rest moves cursors and forges log lines.
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
# A lone surrogate cannot be encoded, so neither database would take it.
_SURROGATES = r"\ud800-\udfff"
# Bidirectional overrides and isolates make `exe.fdp` read as `pdf.exe` (CVE-2021-42574).
_BIDI = r"\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(f"[{_CONTROLS}{_SURROGATES}{_BIDI}]")
# All else, which is told in half the time: most letters are of the first kind that is tried.
_WANTED = re.compile("[ -~\n\t\xa0-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\U0010ffff]*+")
_ASCII_CONTROLS = bytes((*range(9), *range(11, 32), 127))
# Python sorts combining marks in quadratic time when it normalises: 80,000 in a row take four seconds. Stream-safe
# text (UAX 15) has at most 30; no script needs more.
_MARKS_IN_A_ROW = 30
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MARKS_IN_A_ROW + 1},}}+")
# Such a run in UTF-8, where each of them takes two octets at least.
_FOREIGN, _LONG_RUN = b" " * 128 + b"x" * 128, b"x" * (2 * (_MARKS_IN_A_ROW + 1))
_WHITE = re.compile(r"\s+")

# For patterns, between brackets: what the cleaner takes out, what is white to it, and both. Each character by its
# number: to JavaScript `\s` has one more than to Python, and lacks five.
TAKEN_OUT = _CONTROLS + _BIDI
WHITE = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
UNSEEN = TAKEN_OUT + WHITE
# Where one of these is, something is left when the text has been cleaned; nothing is where there is none.
SEEN = f"[^{UNSEEN}]"

SUBJECT_LENGTH = 255
NAME_LENGTH = 120
TEXT_LENGTH = 256 * 1024


def clean_text(text: str, *, most: int = TEXT_LENGTH) -> str:
    """`text` as the desk keeps it: NFC, newlines as `\\n`, nothing invisible that deceives, at most `most` characters."""
    if text.isascii():
        # The common case, and the cheap one: many times as fast as a pattern.
        text = text[: most * 2]
        text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
        octets = text.encode()
        kept = octets.translate(None, _ASCII_CONTROLS)
        # What is clean stays the very object that it was.
        return (text if len(kept) == len(octets) else kept.decode())[:most]
    text = text[: most * 2].replace("\r\n", "\n").replace("\r", "\n")
    if not _WANTED.fullmatch(text):
        text = _UNWANTED.sub("", text)
    # The pattern takes ten times as long as to see that there is no such run of anything foreign.
    if _LONG_RUN in text.encode().translate(_FOREIGN):
        text = _MARKS.sub(_with_fewer_marks, text)
    return unicodedata.normalize("NFC", text)[:most]


def clean_line(text: str, *, most: int = SUBJECT_LENGTH) -> str:
    """Like `clean_text`, on one line: every run of white space is one space."""
    if len(text) <= most and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _WHITE.sub(" ", clean_text(text, most=most * 4)).strip()[:most].strip()


def _with_fewer_marks(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)

"""What of a text is new, what is quoted, and what is signature: spans over the whole, nothing is destroyed.

Each line is read once and becomes a letter (`_letters`); all decisions are made on that string of letters, so that
the work is linear in the text. In order of certainty: our own marker line; a line as mail programs write it
("-----Original Message-----", a From/Sent/To/Subject block, "On … wrote:"); a tail of lines that begin with `>`.

When unsure, everything is shown: answers between quoted lines, and texts of which nothing would be left.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ingest.quote_words import FIELDS, FORWARDED, OPENERS, ORIGINAL, SENT_FROM, WROTE

LINES = 5_000
LINE_LENGTH = 1_000
TEXT_LENGTH = 256 * 1024
_ATTRIBUTION_LINES = 4
_ATTRIBUTION_LENGTH = 400
_BLOCK_LINES = 10
_SIGNATURE_LINES = 20

# Ours is language independent: whatever stands in it, the signs around stay.
MARKER = re.compile(r"^[\s>*|]*##-.{0,300}-##")
_ADDRESS = re.compile(r"[^\s<>()\[\]]@[\w-]+\.\w")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[:.h]\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年|\d년")
_SIGNATURE = re.compile(r"^(?:-- ?|—|__|--\xa0)$")


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, set(words)), key=len, reverse=True))


_VERB = re.compile(rf"(?<!\w)(?:{_any_of(WROTE)})(?!\w)|(?:写道|寫道|写到|のメール|書きました|작성|כתב)", re.IGNORECASE)
_OPENER = re.compile(rf"^[\s*]*(?:(?:{_any_of(OPENERS)})(?=[\s,.:\d])|\d|在|於|于)", re.IGNORECASE)
_FIELD = re.compile(
    rf"^[\s*|]*+(?:{'|'.join(f'(?P<{k}>{_any_of(v)})' for k, v in FIELDS.items())})[\s*]*[:：]", re.IGNORECASE
)
_ORIGINAL = re.compile(rf"^[\s>*]*[-_=–—]{{2,}}\s*(?:{_any_of(ORIGINAL)})\s*:?\s*[-_=–—]{{2,}}", re.IGNORECASE)
_FORWARDED = re.compile(rf"^[\s>*]*[-_=–—]{{2,}}\s*(?:{_any_of(FORWARDED)})\s*:?\s*[-_=–—]{{2,}}", re.IGNORECASE)
# Gmail in its older forms writes no verb: 2013/7/20 Ann <ann@example.com>, 2016-03-03 17:21 GMT+01:00 Ann
_GMAIL = re.compile(
    r"^\d{4}(?:/\d\d?/\d\d?|-\d\d-\d\d(?: \d\d?:\d\d GMT[+-]\d\d:\d\d)?) [^<>@]{1,100}(?:<[^<>\s]+@[^<>\s]+>:?)?$"
)
_RULE = re.compile(r"^\s*[-_=–—*]{5,}\s*$")
_SENT_FROM = re.compile(rf"^[\s\[(*]*(?:{_any_of(SENT_FROM)})", re.IGNORECASE)


class Said(StrEnum):
    """What one span of a text is."""

    NEW = "new"
    QUOTE = "quote"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    what: Said


def new_text(text: str) -> str | None:
    """The new part of an answer; None when all of it is new, or when it cannot be told for sure."""
    found = spans(text)
    if all(span.what is Said.NEW for span in found):
        return None
    return "\n".join(text[span.start : span.end].strip("\n") for span in found if span.what is Said.NEW).strip() or None


def spans(text: str) -> tuple[Span, ...]:
    """The whole text in spans without gaps."""
    lines = text[:TEXT_LENGTH].split("\n", LINES)[:LINES]
    letters = _letters(lines)
    marked = _marked(letters)
    result: list[Span] = []
    position = 0
    for index, what in enumerate(marked):
        end = min(position + len(lines[index]) + 1, len(text)) if index + 1 < len(marked) else len(text)
        if result and result[-1].what is what:
            result[-1] = Span(result[-1].start, end, what)
        else:
            result.append(Span(position, end, what))
        position = end
    return tuple(result)


def _marked(letters: str) -> list[Said]:
    """What each line is."""
    begin, end = _new_lines(letters)
    marked = [Said.QUOTE] * len(letters)
    if not letters[begin:end].strip("eszd"):
        return [Said.NEW] * len(letters)  # nothing would be left: show everything
    signature = _signature(letters, begin, end)
    marked[begin:signature] = [Said.NEW] * (signature - begin)
    marked[signature:end] = [Said.SIGNATURE] * (end - signature)
    return marked


def _new_lines(letters: str) -> tuple[int, int]:
    """From which line to which the new text is."""
    end = len(letters)
    if (ours := letters.find("m")) >= 0:
        # The attribution of the customer's program stands above our line.
        end = _quote_start(letters, ours)
    # What an agent wrote stands above our line, and Outlook quotes it without a sign at each line.
    if (cut := _introduced(letters[:end])) is not None:
        end = cut
    body = letters[:end]
    if (below := _answer_below(body)) is not None:
        return below, end
    # A signature below the quote is no answer in between.
    signed = body.rfind("s")
    above = body[:signed] if signed > 0 and len(body) - signed <= _SIGNATURE_LINES else body
    tail = (above if above.rstrip("e").endswith("q") else body).rstrip("eq")
    if "q" in tail:
        return 0, end  # answers between the quoted lines: all of it belongs together
    if "q" in body:
        return 0, len(tail.rstrip("a")) if tail.endswith("a") else len(tail)
    return 0, end


def _introduced(letters: str) -> int | None:
    """The first line that introduces a quote reaching to the end of the text."""
    for match in re.finditer(r"[do]*h+|o+|a+", letters):
        behind = letters[match.end() :]
        if match[0][0] == "a" and behind.lstrip("e").startswith("q"):
            if behind.strip("eq").strip("esz") and re.search(r"q[^s]*[tz]", behind) and _text_before_signature(behind):
                return None  # quoted line by line and answered in between or below
            return match.start() if letters[: match.start()].strip("e") else None
        if letters[: match.start()].strip("eq"):
            return match.start()
    return None


def _text_before_signature(behind: str) -> bool:
    """Whether the person wrote something below the quote, other than a signature."""
    return "t" in behind.partition("s")[0]


def _quote_start(letters: str, at: int) -> int:
    """`at` moved up over the attribution and the quoted lines that lead to it."""
    above = letters[:at].rstrip("eqdoh")
    return len(above.rstrip("a")) if above.endswith("a") else len(above)


def _answer_below(letters: str) -> int | None:
    """Where the answer begins when one quote stands first and the whole answer under it."""
    match = re.match(r"e*a+e*q[qe]*", letters)
    if match is None or "q" in letters[match.end() :] or "t" not in letters[match.end() :]:
        return None
    return match.end()


def _signature(letters: str, begin: int, end: int) -> int:
    """Where the signature begins; `end` when there is none."""
    body = letters[begin:end].rstrip("e")
    at = body.rfind("s")
    if at > 0 and len(body) - at <= _SIGNATURE_LINES and body[:at].strip("esz"):
        body = body[:at].rstrip("e")
    # "Sent from my …" is the last line, or one of several.
    if body.endswith("z") and body.strip("esz"):
        body = body.rstrip("ez")
    return begin + len(body) if len(body) < len(letters[begin:end].rstrip("e")) else end


def _letters(lines: list[str]) -> str:
    """One letter a line: m our marker, o original-message line, h header block, a attribution, q quoted,
    s signature mark, z "sent from my …", d a drawn rule, w forwarded message, e empty, t text."""
    letters = [_letter(line[:LINE_LENGTH].strip("\r")) for line in lines]
    for index, letter in enumerate(letters):
        if letter == "f":
            _read_block(lines, letters, index)
        elif letter == "c":
            _read_attribution(lines, letters, index)
    return "".join(letters)


def _letter(line: str) -> str:
    """The letter of a line by itself; f (a header field) and c (ends like an attribution) are settled with others."""
    bare = line.strip()
    if not bare:
        return "e"
    if "##-" in line and MARKER.match(line):
        return "m"
    if bare[0] == ">":
        return "c" if bare == ">:" else "q"  # Gmail breaks the line of an attribution inside its address
    if _SIGNATURE.match(line.strip("\t")):
        return "s"
    if bare[0] in "-_=–—*":
        return _letter_of_drawn(bare)
    if bare[0].isdecimal() and _GMAIL.match(bare):
        return "a"
    if (":" in bare[:40] or "：" in bare[:40]) and _FIELD.match(bare):
        return "f"
    if bare[-1] in ":：" or (bare[-1] in "*_>-" and bare.rstrip("*_>- ").endswith((":", "："))):
        return "c"
    return "z" if len(bare) < 200 and _SENT_FROM.match(bare) else "t"


def _letter_of_drawn(bare: str) -> str:
    """The letter of a line that begins with a drawn sign."""
    if _ORIGINAL.match(bare):
        return "o"
    if _FORWARDED.match(bare):
        return "w"
    if _RULE.match(bare):
        return "d"
    # Zoho: ---- On Tue, 22 Dec 2015 14:17:36 +0530 Ann wrote ----
    if bare.endswith("--") and _DATE.search(bare) and _VERB.search(bare):
        return "a"
    if _FIELD.match(bare):
        return "f"
    return "c" if bare[-1] in ":：" else "t"


def _read_block(lines: list[str], letters: list[str], index: int) -> None:
    """Three fields of different kinds in a row, one of them the sender, are the head of a quoted mail."""
    kinds: set[str] = set()
    last = index
    for number in range(index, min(index + _BLOCK_LINES, len(lines))):
        match = _FIELD.match(lines[number][:LINE_LENGTH]) if letters[number] == "f" else None
        if match is not None:
            kinds.add(match.lastgroup or "")
            last = number
        elif letters[number] == "e" and number - last > 1:
            break
    # What somebody forwards is new to us, though it looks like a quote.
    forwarded = "".join(letters[max(0, index - 3) : index]).rstrip("e").endswith("w")
    is_block = "from" in kinds and len(kinds - {"cc"}) >= 3 and not forwarded
    for number in range(index, last + 1 if is_block or forwarded else index + 1):
        letters[number] = "h" if is_block else ("c" if lines[number].rstrip().endswith((":", "：")) else "t")
    if not is_block and letters[index] == "c":
        _read_attribution(lines, letters, index)


def _read_attribution(lines: list[str], letters: list[str], index: int) -> None:
    """`On <date> <somebody> wrote:` over at most four lines; in no language at all where date and address are there."""
    letters[index] = "t"
    joined, found = "", None
    quote_follows = _next_is_quote(letters, index)
    for first in range(index, max(-1, index - _ATTRIBUTION_LINES), -1):
        line = lines[first][:LINE_LENGTH].strip()
        if not line or letters[first] not in "tczf":
            break
        joined = f"{line} {joined}"
        if len(joined) > _ATTRIBUTION_LENGTH:
            break
        opened = _OPENER.match(line) is not None
        if _is_attribution(joined, opened=opened, followed_by_quote=quote_follows):
            found = first
            if opened:
                break  # the whole of it; a first line without an opening word may lie further up
    if found is not None:
        letters[found : index + 1] = "a" * (index + 1 - found)


def _is_attribution(line: str, *, opened: bool, followed_by_quote: bool) -> bool:
    dated, addressed = _DATE.search(line) is not None, _ADDRESS.search(line) is not None
    verb = _VERB.search(line) is not None
    if opened and dated and (verb or addressed):
        return True
    if addressed and (verb or (dated and followed_by_quote)) and len(line) < 200:
        return True
    return verb and followed_by_quote and len(line) < 120


def _next_is_quote(letters: list[str], index: int) -> bool:
    following = "".join(letters[index + 1 : index + 4]).lstrip("e")
    return following.startswith("q")

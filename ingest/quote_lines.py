"""What each line of a text looks like: one letter a line, on which `quoting` decides and by which `forwarded` finds.

    e empty            t text                     q quoted (">")
    m marker line      a attribution              o "-----Original Message-----"
    h head of a mail   w "Forwarded message"      d drawn rule
    s signature mark   z "Sent from my …"         l foot of a mailing list

Each line is read once, and again at most as often as an attribution or a head can have lines: linear for any input.
"""

import re
from collections.abc import Iterable, Mapping

from ingest import quoted_head
from ingest.head_words import BEGIN_FORWARDED, FORWARDED, ORIGINAL
from ingest.quote_words import (
    ABOVE_THIS_LINE,
    FIRST_PERSON,
    OPENERS,
    SENT_FROM,
    SENT_FROM_ENDS,
    WROTE,
    WROTE_UNSPACED,
)

LINE_LENGTH = 1_000
ATTRIBUTION_LENGTH = 500
_ATTRIBUTION_LINES = 5
_HEAD_LINES = 24

# Ours is language independent: whatever stands in it, the signs around stay.
MARKER = re.compile(r"^[\s>*|]*##-.{0,300}-##")
_ADDRESS = re.compile(r"[^\s<>()\[\]]@[\w-]+\.\w")
# A year, a time of day (Danish and Finnish write 10.00), a date in figures, East Asian dates.
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[:.h]\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年|\d년|\d{1,2}[月월]"
)
_SIGNATURE = re.compile(r"^(?:--|—|–|__|--\xa0|\+{2,4}|={2,4}|-{3}|_{3,4})$")
# GitHub's convention: "-- Ann Lee" on one line.
_SIGNED = re.compile(r"^-- \S.{0,60}$")


def _phrases(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


def _all(table: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {word for words in table.values() for word in words}


_VERB = re.compile(rf"(?<!\w)(?:{_phrases(_all(WROTE))})(?!\w)|(?:{_phrases(WROTE_UNSPACED)})", re.IGNORECASE)
_OPENER = re.compile(rf"^[\s*<>-]*(?:(?:{_phrases(OPENERS)})(?=[\s,.:\d])|\d|[在於于เ])", re.IGNORECASE)
_DRAWN = "-_=–—―*~#+"
_BETWEEN = rf"^[\s>*]*[{_DRAWN}]{{2,}}[\s>]*(?:%s)\s*:?\s*(?:[{_DRAWN}]{{2,}}|$)"
_ORIGINAL = re.compile(_BETWEEN % _phrases(_all(ORIGINAL)), re.IGNORECASE)
# Slovak Thunderbird writes two names for it, Notes adds by whom: -- Forwarded by Ann Lee/Shop on 02.03.2026 --
_FORWARDED = re.compile(
    rf"^[\s>*]*[-_=–—]{{2,}}\s*(?:{_phrases(_all(FORWARDED))})\b(?:[^\n]{{0,120}}?[-_=–—]{{2,}}|\s*:?\s*$)", re.IGNORECASE
)
_BEGIN_FORWARDED = re.compile(rf"^[\s>*]*(?:{_phrases(_all(BEGIN_FORWARDED))})\s*[:：]?[\s*]*$", re.IGNORECASE)
# Gmail in its older forms writes no verb: 2013/7/20 Ann <ann@example.com>, 2016-03-03 17:21 GMT+01:00 Ann
_GMAIL = re.compile(
    r"^\d{4}(?:/\d\d?/\d\d?|-\d\d-\d\d(?: \d\d?:\d\d GMT[+-]\d\d:\d\d)?) [^<>@]{1,100}(?:<[^<>\s]+@[^<>\s]+>:?)?$"
)
# Forums: Posted by ann on 01/21/2016
_POSTED = re.compile(r"^posted by \S.{0,60} on \d\d?/\d\d?/\d{4}$", re.IGNORECASE)
# Tobit David puts its own line above: [Original Message processed by david ...]
_DAVID = re.compile(r"^\[?original message processed by", re.IGNORECASE)
# ᐧ is what Streak leaves in Gmail's text.
_RULE = re.compile(r"^[\s>]*(?:[-_=–—―*~#+ᐧ][ ]?){2,}$|^\s*[ᐧ—]\s*$")
_SENT_FROM = re.compile(rf"^[\s\[(<*_]*(?:{_phrases(_all(SENT_FROM))})", re.IGNORECASE)
_SENT_FROM_END = re.compile(rf"(?:{_phrases(SENT_FROM_ENDS)})[\s.!)\]>*_。]*$", re.IGNORECASE)
# What makes "sent by …" the line of a device or program rather than a sentence.
_DEVICE = re.compile(
    r"i-?phone|i-?pad|i-?pod|i-?os\b|android|outlook|samsung|galaxy|huawei|xiaomi|redmi|nokia|lumia|windows|blackberry|htc\b|sony|xperia|\blg\b"
    r"|motorola|oneplus|alcatel|yahoo|gmail|aol\b|proton|thunderbird|airmail|mailbox|spark|newton|mailspring|k-9|mail\b|mobil|phone|smartphone"
    r"|tablet|cell|handy|portable|téléphone|telefon|teléfono|telemóvel|celular|puhelime|телефон|аппарат|устройств|mobiel|device|gerät|dispositivo"
    r"|front|superhuman|hey\b|tutanota|posteo|gmx|web\.de|mail\.ru|яндекс|yandex|почт",
    re.IGNORECASE,
)
_ABOVE = re.compile(_phrases(ABOVE_THIS_LINE), re.IGNORECASE)
_LINK = re.compile(r"\[([^\]\n]{1,80})\]\([^)\n]{1,300}\)")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)|^\s*\[/?code\]\s*$", re.IGNORECASE)
_FENCES = 200
# Mailman's foot: a long rule, the name of the list, its address or page.
_FOOT_RULE = 20
_FOOT_LINES = 8


def letters(lines: list[str]) -> str:
    """One letter for each of `lines`."""
    found = [_letter(line[:LINE_LENGTH].strip("\r")) for line in lines]
    _leave_code(lines, found)
    for index, letter in enumerate(found):
        if letter == "f":
            _read_head(lines, found, index)
        elif letter == "c":
            _read_attribution(lines, found, index)
    _read_foot(lines, found)
    return "".join(found)


def _letter(line: str) -> str:
    """The letter of a line by itself; f (a field) and c (ends like an attribution) are settled with their neighbours."""
    bare = line.strip(" \t\xa0\ufeff\u200b\u200e\u200f")
    if not bare:
        return "e"
    if "##-" in line and MARKER.match(line):
        return "m"
    if bare[0] == ">":
        return _letter_of_quoted(bare)
    if len(bare) < 200 and _ABOVE.search(bare):
        return "m"
    if _SIGNATURE.match(bare) or _SIGNED.match(bare):
        return "s"
    if bare[0] in "-_=–—*~#+ᐧ―":
        return _letter_of_drawn(bare)
    if len(bare) < 80 and (_BEGIN_FORWARDED.match(bare)):
        return "w"
    return _letter_of_words(bare)


def _letter_of_quoted(bare: str) -> str:
    if bare == ">:":
        return "c"  # Gmail breaks the line of an attribution inside its address
    return "q"


def _letter_of_words(bare: str) -> str:
    if bare[0].isdecimal() and _GMAIL.match(bare):
        return "a"
    if _POSTED.match(bare) or _DAVID.match(bare):
        return "a" if bare[0] in "Pp" else "o"
    if (":" in bare[:40] or "：" in bare[:40]) and quoted_head.is_field(bare):
        return "f"
    if _ends_like_attribution(bare):
        return "c"
    return "z" if len(bare) < 200 and _is_sent_from(bare) else "t"


def _ends_like_attribution(bare: str) -> bool:
    end = bare.rstrip("*_>- ")
    return end.endswith((":", "：")) or (len(bare) < ATTRIBUTION_LENGTH and _VERB_AT_END.search(end) is not None)


_VERB_AT_END = re.compile(rf"(?:(?<!\w)(?:{_phrases(_all(WROTE))})|(?:{_phrases(WROTE_UNSPACED)}))$", re.IGNORECASE)


def _is_sent_from(bare: str) -> bool:
    shown = _LINK.sub(r"\1", bare) if "](" in bare else bare
    if _SENT_FROM.match(shown):
        return True
    return len(shown) < 80 and _SENT_FROM_END.search(shown) is not None and len(shown.split()) <= 6


def is_of_device(line: str) -> bool:
    """Whether a "sent by …" names the device or program, which a sentence of the writer hardly does."""
    return _DEVICE.search(line[:200]) is not None


def _letter_of_drawn(bare: str) -> str:
    """The letter of a line that begins with a drawn sign."""
    if _ORIGINAL.match(bare):
        return "o"
    if _FORWARDED.match(bare) or _BEGIN_FORWARDED.match(bare):
        return "w"
    if _RULE.match(bare):
        return "d"
    # Zoho: ---- On Tue, 22 Dec 2015 14:17:36 +0530 Ann wrote ----
    if bare.endswith("--") and _DATE.search(bare) and _VERB.search(bare):
        return "a"
    if quoted_head.is_field(bare):
        return "f"
    if _ends_like_attribution(bare):
        return "c"
    return "z" if len(bare) < 200 and _is_sent_from(bare) else "t"


def _leave_code(lines: list[str], found: list[str]) -> None:
    """What stands between two fences is shown as it is; a fence that never closes is no fence."""
    fences = [number for number, line in enumerate(lines) if line[:1] in " `~[" and _FENCE.match(line[:40])][:_FENCES]
    for begin, end in zip(fences[::2], fences[1::2], strict=False):
        found[begin : end + 1] = "t" * (end + 1 - begin)


def _read_head(lines: list[str], found: list[str], index: int) -> None:
    """Three fields of different kinds, one of them the sender, are the head of a mail; two are it below a rule."""
    head = quoted_head.read(lines, index)
    known = "".join(found[max(0, index - 3) : index]).rstrip("e")[-1:]
    least = 2 if known and known in "odw" else 3
    if head is None or len(head.kinds - {"cc", "other"}) < least:
        found[index] = "t"
        if _ends_like_attribution(lines[index][:LINE_LENGTH].strip()):
            _read_attribution(lines, found, index)
        return
    found[index : head.end] = "h" * (head.end - index)


def _read_attribution(lines: list[str], found: list[str], index: int) -> None:
    """`On <date> <somebody> wrote:` over at most five lines; in no language at all where date and address are there."""
    found[index] = "t"
    joined, start = "", None
    quote_follows = "".join(found[index + 1 : index + 4]).lstrip("e").startswith("q")
    for first in range(index, max(-1, index - _ATTRIBUTION_LINES), -1):
        line = lines[first][:LINE_LENGTH].strip()
        if not line or found[first] not in "tczf":
            break
        joined = f"{line} {joined}"
        if len(joined) > ATTRIBUTION_LENGTH:
            break
        opened = _OPENER.match(line) is not None
        if is_attribution(joined, opened=opened, followed_by_quote=quote_follows):
            start = first
            if opened:
                break  # the whole of it; a first line without an opening word may lie further up
    if start is not None:
        found[start : index + 1] = "a" * (index + 1 - start)


def is_attribution(line: str, *, opened: bool, followed_by_quote: bool) -> bool:
    dated, addressed = _DATE.search(line) is not None, _ADDRESS.search(line) is not None
    verb = _VERB.search(line) is not None
    if not followed_by_quote and not addressed and _speaks_of_itself(line):
        return False
    if opened and dated and (verb or addressed):
        return True
    if addressed and (verb or dated) and len(line) < 250 and (followed_by_quote or dated or verb):
        return True
    if dated and verb and _VERB_AT_END.search(line.rstrip(" :：*_>-")) and len(line) < 200:
        return True
    return verb and followed_by_quote and len(line) < 160


def _speaks_of_itself(line: str) -> bool:
    return not FIRST_PERSON.isdisjoint(word.strip(",.:;").casefold() for word in line.split())


def _read_foot(lines: list[str], found: list[str]) -> None:
    """The foot that Mailman and its kin put below every mail of a list: a rule, its name, its address or page."""
    last = len(found)
    while last and found[last - 1] == "e":
        last -= 1
    for number in range(last - 1, max(-1, last - _FOOT_LINES), -1):
        if found[number] == "d" and len(lines[number].strip()) >= _FOOT_RULE:
            below = " ".join(line[:LINE_LENGTH] for line in lines[number + 1 : last])
            if "http" in below or _ADDRESS.search(below):
                if not any(letter in "hoaw" for letter in found[number + 1 : last]):
                    found[number:last] = "l" * (last - number)
            return

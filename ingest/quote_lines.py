"""What each line of a text looks like: one letter a line, on which `quoting` decides and by which `forwarded` finds.

    e empty            t text                     q quoted (">")
    m marker line      a attribution              o "-----Original Message-----"
    h head of a mail   w "Forwarded message"      d drawn rule
    s signature mark   z "Sent from my …"         l foot of a mailing list

Each line is read once, and again at most as often as an attribution or a head can have lines: linear for any input.
"""

import re
from functools import lru_cache

from ingest import attributions, html_marks, program_lines, quoted_head, sent_from
from ingest.head_words import BEGIN_FORWARDED, FORWARDED, ORIGINAL
from ingest.marker import MARKER
from ingest.quote_words import (
    ABOVE_THIS_LINE,
    ABOVE_THIS_LINE_UNSPACED,
    PREVIOUS,
)

LINE_LENGTH = 1_000
ATTRIBUTION_LENGTH = 500
_ATTRIBUTION_LINES = 5
# What may look like the beginning of a head, or the end of an attribution, in one text: the first ones decide.
_HEADS = 100
_ATTRIBUTIONS = 400

_BLANKS = " \t\r\xa0\ufeff\u200b\u200e\u200f"
# Windows Mail puts marks of direction around each part of a date, which nobody types.
_DIRECTIONS = "\u200e\u200f\u202a\u202c"
_MARKS = str.maketrans("", "", _DIRECTIONS)
# RFC 3676 4.3, and what phones and web mailers make of it.
_SIGNATURE = re.compile(r"^(?:--|—|__)$")
PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
# GitHub's convention: "-- Ann Lee" on one line.
_SIGNED = re.compile(r"^-- [^\W\d_].{0,60}$")

_MARKED = {html_marks.QUOTE: "o", html_marks.SIGNATURE: "s", html_marks.END: "e"}

fold, _all = quoted_head.fold, quoted_head.phrases


# Words and phrases are looked up, not searched by patterns of hundreds of alternatives: that would cost the most here.
_DRAWN = "-_=–—―‐‑‒~#+"
_DRAWN_ASIDE = _DRAWN + "*> \t"
_ORIGINAL = _all(ORIGINAL)
_FORWARDED = _all(FORWARDED)
_BEGIN_FORWARDED = frozenset(_all(BEGIN_FORWARDED))
_PREVIOUS, _AROUND_PREVIOUS = frozenset(_all(PREVIOUS)), _BLANKS + "*_#:"
# A sentence is over: what stands below it is not its second line. "2." and "Mar." may stand at the end of a line.
_LAST_WORD, _POINTS = re.compile(r"[^\W\d]{5}\."), ("- ", "* ", "• ")
_NOTES_ABOVE = 4
# ᐧ is what Streak leaves in Gmail's text.
_OUTLOOK_RULE = re.compile(r"_{32}")
_RULE = re.compile(r"^(?:[-_=–—―‐‑‒*~#+ᐧ] ?){2,}$|^[ᐧ—]$")
_LINE_NOUNS = frozenset(noun + end for noun in ABOVE_THIS_LINE for end in ("", ".", ":", "-", "--", "-##", "##", "*"))
_ABOVE = re.compile(
    "|".join((*(fold(phrase) for phrases in ABOVE_THIS_LINE.values() for phrase in phrases), *ABOVE_THIS_LINE_UNSPACED))
)
_MARKED_LENGTH = 200
_SHORT = 40
_BROKEN, _BROKEN_REST = 40, 60
# Where one of these words is, a line may be more than text.
_TELLING = _LINE_NOUNS | {"posted", "quoting"} | {phrase.split()[0] for phrase in _BEGIN_FORWARDED}
_LINK = re.compile(r"^[(<]https?://[^\s()<>]{1,900}[)>](?: ?>)?$")
_BETWEEN_QUOTED = re.compile(r"(?<=q)t(?=q)")
_OPEN_LINK = re.compile(r"[(<]https?://[^\s()<>]{1,900}$")
_POINT = re.compile(r"^[ \t]{0,8}[-*•] \S")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)|^\s*\[/?code\]\s*$", re.IGNORECASE)
_FENCES = 200
# Mailman's foot: a long rule, the name of the list, its address or page.
_FOOT_RULE = 20
_FOOT_LINES = 8


def letters(lines: list[str]) -> str:
    """One letter for each of `lines`."""
    found = [_letter(line[:LINE_LENGTH]) for line in lines]
    _leave_code(lines, found)
    _leave_lists(lines, found)
    _leave_logs(found)
    _read_broken_links(lines, found)
    _read_broken_signatures(lines, found)
    _read_previous(lines, found)
    heads, attributions = _HEADS, _ATTRIBUTIONS
    for index in [number for number, letter in enumerate(found) if letter in "fc"]:
        # What is read together with its neighbours has another letter by then.
        if found[index] == "f" and heads:
            heads -= 1
            _read_head(lines, found, index)
        if found[index] == "c" and attributions:
            attributions -= 1
            _read_attribution(lines, found, index)
        elif found[index] in "fc":
            found[index] = "t"
    _read_foot(lines, found)
    return "".join(found)


# The lines of an answer are asked for twice: for what is new in it, and for what it may forward.
@lru_cache(maxsize=512)
def _letter(line: str) -> str:
    """The letter of a line by itself; f (a field) and c (ends like an attribution) are settled with their neighbours."""
    bare = line.strip(_BLANKS)
    if not bare:
        return "e"
    if bare[0] == ">":
        if bare.endswith(">>>") and program_lines.GROUPWISE.match(bare):
            return "a"
        # Gmail breaks the line of an attribution inside its address, others quote the end of it: "> wrote:".
        if bare == ">:" or (bare[-1] == ":" and attributions.is_only_verb(bare.lstrip("> "))):
            return "c"
        return "m" if MARKER.match(line) else "q"
    if bare[0] in _DRAWN or bare[0] in "*|ᐧ[":
        return _letter_of_drawn(bare)
    return _letter_of_words(bare)


def _says_nothing(bare: str) -> bool:
    """Whether no table has a word for this line: true of nine in ten, and found out in a quarter of the time."""
    if (
        ":" in bare
        or not bare.isascii()
        or len(bare) >= _MARKED_LENGTH
        or bare[0] in "[(<0123456789"
        or bare[-1] in "*_>-"
    ):
        return False
    small = bare.lower()
    words = small.split()
    last = words[-1] if words else ""  # separators of the ASCII kind are blank to Python alone
    if last.partition("(")[0] in attributions.VERBS or not _TELLING.isdisjoint(words):
        return False
    return not sent_from.may_be(small, last)


def _letter_of_words(bare: str) -> str:
    if _says_nothing(bare):
        return "t"
    if marked := _MARKED.get(bare):
        return marked
    folded = fold(bare[:_MARKED_LENGTH])
    if len(bare) < _MARKED_LENGTH and _asks_for_above(folded):
        return "m"
    if folded.rstrip(" :：*") in _BEGIN_FORWARDED:
        return "w"
    if (bare[0].isdecimal() or folded[:1] in "pq") and program_lines.is_attribution(bare, folded):
        return "a"
    if (":" in bare[:40] or "：" in bare[:40]) and quoted_head.is_field(bare):
        return "f"
    if attributions.may_end(bare):
        # Japanese Windows Mail: its line ends in words that an attribution has too.
        return "z" if bare[-1] not in ":：" and len(bare) < _SHORT and sent_from.is_line(folded) else "c"
    if program_lines.BEHIND in bare and program_lines.is_with_text(bare):
        return "a"
    return "z" if len(bare) < _MARKED_LENGTH and sent_from.is_line(folded) else "t"


def _asks_for_above(folded: str) -> bool:
    if _LINE_NOUNS.isdisjoint(folded.split()) and (folded.isascii() or " " in folded):
        return False
    return _ABOVE.search(folded) is not None


def _letter_of_drawn(bare: str) -> str:
    """The letter of a line that begins with a drawn sign."""
    if MARKER.match(bare):
        return "m"
    if _SIGNATURE.match(bare) or _SIGNED.match(bare) or bare == PGP_SIGNATURE:
        return "s"
    if _RULE.match(bare):
        return "d"
    inside = bare.lstrip(_DRAWN_ASIDE)
    folded = fold(inside[:_MARKED_LENGTH])
    if folded.startswith(_ORIGINAL) and _closes(folded, _ORIGINAL):
        return "o"
    if folded.startswith(_FORWARDED) and _closes(folded, _FORWARDED):
        return "w"
    if folded.startswith(program_lines.DAVID):
        return "o"
    if bare.startswith("--") and bare.endswith("--") and program_lines.is_between_dashes(bare):
        return "a"
    letter = _letter_of_words(inside) if inside else "d"
    # A list ("- Ann wrote:") is text. Stars are what bold letters leave, bars what tables leave.
    if letter == "c" and bare[0] == "*" and (attributions.ADDRESS.search(bare) or attributions.FULL_DATE.search(bare)):
        return "c"  # Mutt as many have it: * Ann Lee <ann@example.com> wrote:
    return "t" if bare[1:2].isspace() and bare[0] != "|" and letter not in "mw" else letter


def _closes(folded: str, phrases: tuple[str, ...]) -> bool:
    """Whether nothing but drawn signs, or a word before them, follows the phrase: no sentence that begins with it.

    Notes adds by whom ("Forwarded by Ann Lee/Shop on 02.03.2026 --"), Slovak Thunderbird a second name, and Yahoo's web
    mail the head.
    """
    phrase = next(phrase for phrase in phrases if folded.startswith(phrase))
    rest = folded[len(phrase) :].strip(" :：*>")
    return not rest or rest[0] in _DRAWN or "--" in rest


def _leave_code(lines: list[str], found: list[str]) -> None:
    """What stands between two fences is shown as it is; a fence that never closes is no fence."""
    fences = [number for number, line in enumerate(lines) if line and line[0] in " `~[" and _FENCE.match(line[:40])][
        :_FENCES
    ]
    for begin, end in zip(fences[::2], fences[1::2], strict=False):
        found[begin : end + 1] = "t" * (end + 1 - begin)


def _leave_lists(lines: list[str], found: list[str]) -> None:
    """Several lines that begin with two dashes are points of a list, and so is one between other points; one alone is a
    name (GitHub)."""
    if "s" not in found:
        return  # as in most texts, here and below: to look for a letter costs nothing beside a walk over all lines
    named = [number for number, letter in enumerate(found) if letter == "s" and len(lines[number].strip(_BLANKS)) > 3]
    if len(named) > 1 or (named and lines[named[0] + 1 : named[0] + 2] and _POINT.match(lines[named[0] + 1])):
        for number in named:
            found[number] = "t"


def _leave_logs(found: list[str]) -> None:
    """Lines that look like attributions of one line each, one right below the other: of a log or a list."""
    if found.count("a") < 2:
        return
    shown = [
        number for number, letter in enumerate(found) if letter == "a" and "a" in found[max(0, number - 1) : number]
    ]
    for number in shown:
        found[number - 1] = found[number] = "t"


def _read_broken_links(lines: list[str], found: list[str]) -> None:
    """A link in brackets, or the rest of one, between two quoted lines: programs break lines there without a sign."""
    for match in _BETWEEN_QUOTED.finditer("".join(found) if found.count("q") > 1 else ""):
        number = match.start()
        line = lines[number][:LINE_LENGTH].strip(_BLANKS)
        # Below a question it is the answer.
        if (_LINK.match(line) and not lines[number - 1].rstrip().endswith(("?", "？"))) or (
            " " not in line and line[-1:] in ")>" and _OPEN_LINK.search(lines[number - 1][-LINE_LENGTH:].rstrip())
        ):
            found[number] = "q"


def _read_broken_signatures(lines: list[str], found: list[str]) -> None:
    """The second half of a phone's or a program's line that was broken, as links and long names make it."""
    if "z" not in found:
        return
    for number in range(len(found) - 1):
        if found[number] != "z" or found[number + 1] != "t" or found[number + 2 : number + 3] == ["t"]:
            continue
        line, below = (lines[at][:LINE_LENGTH].strip(_BLANKS) for at in (number, number + 1))
        goes_on = len(line) >= _BROKEN and (below[:1].islower() or sent_from.is_of_device(below))
        if (goes_on or line.endswith("(")) and len(below) <= _BROKEN_REST:
            found[number + 1] = "z"


def _read_previous(lines: list[str], found: list[str]) -> None:
    """Below a rule: "Previous Replies" in a line of its own, or Outlook's head in a language that no table has."""
    for number in range(1, len(found) if "d" in found else 0):
        if found[number - 1] == "d" and found[number] in "tc":
            if _OUTLOOK_RULE.fullmatch(lines[number - 1].strip(_BLANKS)) and (
                head := quoted_head.unnamed(lines, number)
            ):
                found[number : head.end] = "h" * (head.end - number)
                continue
            said = lines[number][:_MARKED_LENGTH].strip(_AROUND_PREVIOUS)
            if fold(said) in _PREVIOUS:
                found[number] = "o"


def _read_head(lines: list[str], found: list[str], index: int) -> None:
    """Three fields of different kinds, one of them the sender, are the head of a mail; two are it below a rule."""
    head = quoted_head.read(lines, index)
    known = "".join(found[max(0, index - 3) : index]).rstrip("e")[-1:]
    sure = head is not None and (
        _is_sure(head, below_rule=bool(known) and known in "odw") or _names_only(lines, index, of_program=known == "z")
    )
    if head is None or not sure or all(line.strip(_BLANKS)[:1].islower() for line in lines[index : head.end] if line):
        # No program writes all its labels small, as people do in a configuration.
        found[index] = "c" if attributions.may_end(lines[index][:LINE_LENGTH].strip()) else "t"
        return
    found[index : head.end] = "h" * (head.end - index)
    _read_notes(lines, found, index)
    above = fold(lines[index - 1][:LINE_LENGTH].strip(_BLANKS)) if index and found[index - 1] == "t" else ""
    if above in _ORIGINAL or (above.startswith("message du ") and attributions.DATE.search(above)):
        found[index - 1] = "o"  # BlackBerry writes it without a drawn line, Orange as "Message du 02/03/26 12:10"


def _read_notes(lines: list[str], found: list[str], index: int) -> None:
    """Above its head Notes tells whose mail it is, when it came and how it begins: Ann Lee ---02.03.2026 12:10:00---Hello"""
    for number in range(index - 1, max(-1, index - _NOTES_ABOVE), -1):
        if found[number] == "t" and program_lines.NOTES.match(lines[number][:LINE_LENGTH].strip(_BLANKS)):
            found[number] = "a"
        if found[number] != "e":
            return


def _is_sure(head: quoted_head.Head, *, below_rule: bool) -> bool:
    """Whether it is the head of a mail, and no list of somebody's ("From: 10.0.0.1, To: 10.0.0.2")."""
    kinds = head.kinds - {"cc", "other"}
    if below_rule:
        return len(kinds) >= 2
    if head.sender.address and "date" in kinds:
        return True  # From and Sent alone: Windows Mail, phones
    return len(kinds) >= 3 and ("subject" in kinds or bool(head.sender.address))


def _names_only(lines: list[str], index: int, *, of_program: bool) -> bool:
    """From, Sent and To as Windows Mail has them, by their names only and without a subject; so has a journey, with no
    line of a program above (`of_program`)."""
    kinds = [quoted_head.kind_of(line) for line in lines[index : index + 3]]
    if kinds != ["from", "date", "to"] or not (of_program or any(mark in lines[index + 1] for mark in _DIRECTIONS)):
        return False
    when = lines[index + 1].translate(_MARKS)
    return attributions.FULL_DATE.search(when) is not None and attributions.CLOCK.search(when) is not None


def _read_attribution(lines: list[str], found: list[str], index: int) -> None:
    """`On <date> <somebody> wrote:` over at most five lines; in no language at all where date and address are there."""
    found[index] = "t"
    quote_follows = "".join(found[index + 1 : index + 4]).lstrip("e").startswith("q")
    line = lines[index][:LINE_LENGTH]
    if line.startswith("* ") and not quote_follows and not attributions.ADDRESS.search(line):
        return  # a point of a list
    joined, start = "", None
    for first in range(index, max(-1, index - _ATTRIBUTION_LINES), -1):
        line = lines[first][:LINE_LENGTH].strip()
        if not line or found[first] not in "tczfa" or (joined and _ends_sentence(line)):
            break
        whole = start == first + 1 and (attributions.is_whole(joined) or _is_sentence(line))
        above, joined = joined, f"{line} {joined}".strip()
        if len(joined) > ATTRIBUTION_LENGTH:
            break
        if whole and not attributions.is_beginning(line, above):
            break
        if attributions.is_one(joined, opened=attributions.opens(line), followed_by_quote=quote_follows):
            start = first
    if start is not None and not attributions.is_said_to_the_writer(" ".join(lines[start : index + 1])[:LINE_LENGTH]):
        found[start : index + 1] = "a" * (index + 1 - start)


def _is_sentence(line: str) -> bool:
    """Whether it is one above an attribution, and none of its abbreviations ("Mon, 2 Mar.")."""
    return line.endswith(".") and not any(map(str.isdecimal, line)) and not attributions.opens(line)


def _ends_sentence(line: str) -> bool:
    return line.endswith(("!", "?", "…")) or line.startswith(_POINTS) or _LAST_WORD.fullmatch(line[-6:]) is not None


def _read_foot(lines: list[str], found: list[str]) -> None:
    """The foot that Mailman and its kin put below every mail of a list: a rule, its name, its address or page."""
    last = len(found)
    while last and found[last - 1] == "e":
        last -= 1
    for number in range(last - 1, max(-1, last - _FOOT_LINES), -1):
        if found[number] == "d" and len(lines[number].strip()) >= _FOOT_RULE:
            below = " ".join(line[:LINE_LENGTH] for line in lines[number + 1 : last])
            linked = "http://" in below or "https://" in below or attributions.ADDRESS.search(below) is not None
            if linked and not any(letter in "hoaw" for letter in found[number + 1 : last]):
                found[number:last] = "l" * (last - number)
            return

"""What of a text is new, what is quoted, forwarded or signature: spans over the whole, nothing is destroyed.

Each line becomes a letter (`quote_lines`); all decisions are made on that string of letters, so that the work is
linear in the text. In order of certainty: our own marker line; a line as mail programs write it ("-----Original
Message-----", a From/Sent/To/Subject block, "On … wrote:"); a tail of lines that begin with `>`.

When unsure, everything is shown: answers between quoted lines, and texts of which nothing would be left.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from ingest import attributions, html_marks, quote_lines, sent_from

LINES = 5_000
TEXT_LENGTH = 256 * 1024
_SIGNATURE_LINES = 20
# Below three dashes, as many people sign who do not know that two and a blank are the custom.
_SHORT_RULE = re.compile(r"-{3}|_{3}")
_NAME_LINES, _NAME_LENGTH, _SENTENCE_ENDS = 5, 60, (".", "!", "?", ":", ";", ",", "…")
# Ann Lee, Dr. Ann van der Lee: no small letter begins a longer word, and there is no number as in "Order 998".
_NAME = re.compile(r"(?:(?![a-zß-ÿа-я]{4})[^\W\d][^\s\d:=]{0,30}(?:\s+|$)){1,5}")
_SENTENCE_SPACES = 3
# A rule, a few lines, the line of a phone and perhaps another rule, with nothing but a quote below.
_RULED_SIGNATURE = re.compile(r"d(?=(e{0,2}t[te]{0,8})z[ezd]{0,8}(?:[aohwqm]|$))")
# Typed by people too; RFC 3676 4.3 has a space behind two dashes, which only programs write.
_TYPED_MARKS = frozenset({"--", "__", "—"})
_POSTSCRIPT = re.compile(r"(?:p\.?\s?){1,3}s\.?\s?[:：.–-]", re.IGNORECASE)
# With which a sentence begins, and no name.
_SPEAKERS = frozenset({"i", "we", "ich", "wir", "yo", "ik", "wij", "jag", "jeg", "я", "мы"})
# Lines that a program has wrapped are longer.
_WRAPPED = 40
# What stands between quotes.
_OWN, _HEADS = re.compile(r"[^aohwqm]+"), re.compile(r"h+")
_PGP_END = "-----END PGP SIGNATURE-----"
# A line of armor: one word of base64, or a field like `Version: 1`.
_ARMOR = re.compile(r"\S{0,100}|[A-Z][\w-]{1,20}: .{0,200}")
_INTRODUCING, _INTRODUCED = "aohwqm", "aohwm"
# The line of a phone that writes it above the text.
_SIGNED_ABOVE = re.compile(r"e*z(?=e)")
# Within how many lines below its attribution a quote begins.
_NEAR = 20
# How far into a text lines are looked at for an attribution that does not begin its own.
_GLUED_WITHIN = 200
_ABOVE_QUOTE = re.compile(r":[^\S\n]{0,7}\n\n?>")
# Letters of lines that say nothing by themselves.
_NOTHING = "eszdlw"
# The look behind keeps a long run of drawn rules from being tried from each of them anew.
_LAST_QUOTE = re.compile(r"(?<!a)a++e*+q[qe]*+[eszdl]*+$")
_INTRODUCTION = re.compile(r"(?<![do])[do]*h+|o+|a+|w")


class Said(StrEnum):
    """What one span of a text is."""

    NEW = "new"
    QUOTE = "quote"
    FORWARD = "forward"
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
    return (
        "\n\n".join(text[span.start : span.end].strip("\n") for span in found if span.what is Said.NEW).strip() or None
    )


def spans(text: str) -> tuple[Span, ...]:
    """The whole text in spans without gaps."""
    lines = _breaking(text[:TEXT_LENGTH]).split("\n", LINES)[:LINES]
    glued = _unglue(text, lines) if "\n>" in text else frozenset()
    letters = quote_lines.letters(lines)
    if html_marks.SIGNATURE in text:
        letters = _with_marked_signatures(lines, letters)
    if "s" in letters:
        letters = _without_typed_rules(lines, letters)
    if "h" in letters:
        letters = _without_pasted_heads(lines, letters)
    sealed = _pgp_signature(lines) if quote_lines.PGP_SIGNATURE in text else range(0)
    letters = letters[: sealed.start] + "e" * len(sealed) + letters[sealed.stop :]
    marked = _marked(_with_sure_signatures(lines, letters))
    _hide_attribution(lines, letters, marked)
    for index in sealed:
        marked[index] = Said.SIGNATURE if marked[index] is Said.NEW else marked[index]
    return _spans_of(text, lines, marked, glued)


def _breaking(text: str) -> str:
    """The text with spaces that break instead of those that do not: pages have them, and French and Apple's clocks."""
    return text if text.isascii() else text.replace("\xa0", " ").replace("\u202f", " ")


def _spans_of(text: str, lines: list[str], marked: list[Said], glued: frozenset[int]) -> tuple[Span, ...]:
    """The lines of each kind as one span; what lies behind the last line that was read is of its kind."""
    found: list[Span] = []
    position = index = 0
    for what, run in groupby(marked):
        stop = index + len(list(run))
        line_ends = stop - index - (len(glued.intersection(range(index, stop))) if glued else 0)
        end = position + sum(map(len, lines[index:stop])) + line_ends if stop < len(marked) else len(text)
        found.append(Span(position, end, what))
        position, index = end, stop
    return tuple(found)


def _unglue(text: str, lines: list[str]) -> frozenset[int]:
    """Part in two each line whose attribution stands behind words of the writer ("Sent from my iPhoneOn 2 Mar 2026 …
    wrote:": HTML that a program made into text without the break). The numbers of those that no line end follows."""
    glued: set[int] = set()
    for number in reversed(_above_quotes(text, min(len(lines), _GLUED_WITHIN) - 1)):
        line = lines[number]
        if line[:1] != ">" and (at := attributions.begin_within(line)):
            lines[number : number + 1] = [line[:at], line[at:]]
            glued = {one + 1 for one in glued} | {number}
    return frozenset(glued)


def _above_quotes(text: str, most: int) -> list[int]:
    """The numbers below `most` of the lines that end with a colon and have a quote below."""
    numbers: list[int] = []
    number = position = 0
    for match in _ABOVE_QUOTE.finditer(text):
        number += text.count("\n", position, match.start())
        position = match.start()
        if number >= most:
            break
        numbers.append(number)
    return numbers


def _pgp_signature(lines: list[str]) -> range:
    """The lines of a signature in ASCII armor (RFC 9580, 6.2), which ends where it says so, or where a line cannot be of
    it: below it a person may go on."""
    bare = [line.strip() for line in lines]
    begin = bare.index(quote_lines.PGP_SIGNATURE) if quote_lines.PGP_SIGNATURE in bare else len(bare)
    if _PGP_END not in bare[begin:]:
        return range(0)
    end = bare.index(_PGP_END, begin) + 1
    inside = range(begin + 1, end - 1)
    return range(begin, next((number for number in inside if not _ARMOR.fullmatch(bare[number])), end))


def _with_marked_signatures(lines: list[str], letters: str) -> str:
    """A signature of HTML below which the writer goes on, or into which a sentence was written, is text."""
    sure = list(letters)
    written = below = False
    for index in range(len(sure) - 1, -1, -1):
        if lines[index] == html_marks.END:
            below = written
        elif lines[index] == html_marks.SIGNATURE:
            if below or _begins_with_sentence(lines[index + 1 : index + 4]):
                sure[index] = "e"
            else:
                written = False
        elif sure[index] == "t":
            written = True
        elif sure[index] in _INTRODUCING:
            written = False
    return "".join(sure)


def _without_pasted_heads(lines: list[str], letters: str) -> str:
    """The head of a mail right below words that announce it is what somebody asks about; fields without address and
    hour right below a text are of a form."""
    for head in _HEADS.finditer(letters):
        above = letters[: head.start()].rstrip("e")
        blanks = head.start() - len(above)
        if not above.endswith("t") or blanks > 1:
            continue
        fields = lines[head.start() : head.end()]
        is_form = not blanks and not any("@" in field or attributions.CLOCK.search(field) for field in fields)
        if is_form or _is_announced(lines, head.start()):
            letters = letters[: head.start()] + "t" * len(head[0]) + letters[head.end() :]
    return letters


def _without_typed_rules(lines: list[str], letters: str) -> str:
    """A mark of signatures below which somebody asks, adds a postscript or speaks of himself is a rule between texts, and
    so are several."""
    sure = list(letters)
    for part in _OWN.finditer(letters):
        typed = [at for at in range(*part.span()) if letters[at] == "s" and lines[at].rstrip("\r") in _TYPED_MARKS]
        for at in typed:
            if len(typed) > 1 or _has_words(lines, letters, at + 1):
                sure[at] = "d"
    return "".join(sure)


def _has_words(lines: list[str], letters: str, begin: int) -> bool:
    end = next((number for number in range(begin, len(letters)) if letters[number] not in "tez"), len(letters))
    below = [line.strip() for line in lines[begin : min(end, begin + _SIGNATURE_LINES)] if line.strip()]
    return any(_asks(line) or _POSTSCRIPT.match(line) for line in below) or (bool(below) and _tells(*below[:2]))


def _tells(first: str, second: str = "") -> bool:
    """Whether somebody speaks of himself in a sentence, which may go on in the next line or lack its full stop."""
    if first.count(" ") < _SENTENCE_SPACES or not attributions.speaks_of_itself(first):
        return False
    return (
        _begins_with_sentence([first])
        or (len(first) >= _WRAPPED and second[:1].islower())
        or (first.partition(" ")[0].lower() in _SPEAKERS and not sent_from.is_of_device(first))
    )


def _asks(line: str) -> bool:
    # East Asian writing has no spaces between its words.
    return line.endswith(("？", "؟")) or (line.endswith("?") and line.count(" ") >= _SENTENCE_SPACES)


def _begins_with_sentence(lines: list[str]) -> bool:
    first = next((line.strip() for line in lines if line.strip()), "")
    return (
        first.endswith((".", "!", "?")) and first.count(" ") >= _SENTENCE_SPACES and not sent_from.is_of_device(first)
    )


def _with_sure_signatures(lines: list[str], letters: str) -> str:
    """ "Sent by …" directly below a text, or above it, is a sentence of it, unless it names a device; a short rule is a
    signature's where a name stands below it."""
    if "z" not in letters and "d" not in letters:
        return letters
    sure = list(letters)
    for index, letter in enumerate(sure):
        if letter == "z" and (not index or sure[index - 1] == "t") and not sent_from.is_of_device(lines[index]):
            sure[index] = "t"
    ruled = _RULED_SIGNATURE.search(letters)
    if ruled and _is_ruled(lines, ruled.start(1), ruled.end(1)) and not _is_announced(lines, ruled.start()):
        sure[ruled.start()] = "s"
    last = letters.rfind("d")
    if last > 0 and _SHORT_RULE.fullmatch(lines[last].strip()) and _is_name(lines, letters, last + 1):
        sure[last] = "d" if _is_announced(lines, last) else "s"
    return "".join(sure)


def _is_announced(lines: list[str], at: int) -> bool:
    """Whether the text above line `at` ends with a colon: what stands below it is what the text announces."""
    return "".join(lines[max(0, at - 2) : at]).rstrip().endswith(":")


def _is_ruled(lines: list[str], begin: int, end: int) -> bool:
    """Whether the lines below a drawn rule and above the line of a phone are a name and what else a signature has."""
    named = [line.strip() for line in lines[begin:end] if line.strip()]
    return (
        bool(named)
        and _NAME.fullmatch(named[0][:_NAME_LENGTH]) is not None
        and all(len(line) <= _NAME_LENGTH and not line.endswith(_SENTENCE_ENDS) for line in named)
    )


def _is_name(lines: list[str], letters: str, begin: int) -> bool:
    """Whether a name and a few short lines stand from line `begin` to the end of the text or to a quote, and no sentence."""
    below = letters[begin:].partition("q")[0].rstrip("eadoh")
    named = [line.strip() for line in lines[begin : begin + len(below)] if line.strip()]
    return (
        0 < len(named) <= _NAME_LINES
        and _NAME.fullmatch(named[0][:_NAME_LENGTH]) is not None
        and not below.strip("tez")
        and all(len(line) <= _NAME_LENGTH and not line.endswith(_SENTENCE_ENDS) for line in named)
    )


def _hide_attribution(lines: list[str], letters: str, marked: list[Said]) -> None:
    """The line of a program above the only quote between two texts says nothing: whom it quotes, the ticket tells."""
    if (begin := letters.find("a")) < 0:
        return
    above, below = letters[:begin], letters[begin:].lstrip("a")
    end = len(letters) - len(below)
    if (
        "t" not in above
        or not below.lstrip("e").startswith("q")
        or any(letter in above + below for letter in _INTRODUCED)
    ):
        return
    if (
        marked[begin] is Said.NEW
        and Said.NEW in marked[end:]
        and attributions.is_of_program(" ".join(lines[begin:end]))
    ):
        marked[begin:end] = [Said.QUOTE] * (end - begin)


def _marked(letters: str) -> list[Said]:
    """What each line is."""
    begin, end, rest = _new_lines(letters)
    marked = [rest] * len(letters)
    if not letters[begin:end].strip(_NOTHING):
        return [Said.NEW] * len(letters)  # nothing would be left: show everything
    if not begin and (above := _SIGNED_ABOVE.match(letters, 0, end)) and letters[above.end() : end].strip(_NOTHING):
        begin = above.end()
        marked[:begin] = [Said.SIGNATURE] * begin
    signature = _signature(letters, begin, end)
    marked[begin:signature] = [Said.NEW] * (signature - begin)
    marked[signature:end] = [Said.SIGNATURE] * (end - signature)
    return marked


def _new_lines(letters: str) -> tuple[int, int, Said]:
    """From which line to which the new text is, and what the rest is."""
    end, rest = len(letters), Said.QUOTE
    if (ours := letters.find("m")) >= 0:
        # The attribution of the customer's program stands above our line.
        end = _quote_start(letters, ours)
    # What an agent wrote stands above our line, and Outlook quotes it without a sign at each line.
    if (cut := _introduced(letters[:end])) is not None:
        end = cut
        rest = Said.FORWARD if letters[cut:].lstrip("deq").startswith("w") else Said.QUOTE
    body = letters[:end]
    if (below := _answer_below(body)) is not None:
        return below, end, rest
    # A signature or the foot of a list below the quote is no answer in between.
    signed = _foot(body)
    above = body[:signed] if signed > 0 and len(body) - signed <= _SIGNATURE_LINES else body
    tail = (above if above.rstrip("e").endswith("q") else body).rstrip("eq")
    if "q" in tail:
        return _below_attribution(body), end, rest  # answers between the quoted lines: all of it belongs together
    # What stands there above the line of a program, and not at it, is what the writer cites.
    if "q" in body and (cut is None or letters[cut:].lstrip("d")[:1] not in "aho" or body.endswith("q")):
        return 0, len(tail.rstrip("a")) if tail.endswith("a") else len(tail), rest
    return 0, end, rest


def _below_attribution(letters: str) -> int:
    """Where the first quoted line is if nothing but its attribution stands above it."""
    match = re.match(r"e*a+e*(?=q)", letters)
    return match.end() if match else 0


def _foot(body: str) -> int:
    """Where what stands below a text by itself begins; -1 where nothing does."""
    bare = body.rstrip("e")
    foot = len(bare.rstrip("lze"))
    return foot if foot < len(bare) else bare.rfind("s")


def _introduced(letters: str) -> int | None:
    """The first line that introduces a quote reaching to the end of the text."""
    said = len(letters) - len(letters.lstrip("eqdw"))  # where something of the writer's own begins
    for match in _INTRODUCTION.finditer(letters):
        if match[0][0] == "a" and letters[match.end() : match.end() + _NEAR].lstrip("e").startswith("q"):
            behind = letters[match.end() :]
            if (
                behind.strip("eq").strip("eszdl")
                and re.search(r"q[^s]*[tz]", behind)
                and _text_before_signature(behind)
            ):
                # Quoted line by line and answered in between or below; the whole may follow once more.
                last = _LAST_QUOTE.search(letters, match.end())
                return last.start() if last and "t" in letters[match.end() : last.start()] else None
            return match.start() if letters[: match.start()].strip("e") else None
        if said < match.start():
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
    match = re.match(r"[ez]*a+e*q[qe]*", letters)  # iOS has signed above the quote by then
    if match is None or "q" in letters[match.end() :] or "t" not in letters[match.end() :]:
        return None
    return match.end()


def _signature(letters: str, begin: int, end: int) -> int:
    """Where the signature begins; `end` when there is none."""
    whole = letters[begin:end].rstrip("e")
    body = whole.rstrip("eld")
    at = body.rfind("s")
    if at > 0 and len(body) - at <= _SIGNATURE_LINES and body[:at].strip("eszd"):
        body = body[:at].rstrip("ed")
    # "Sent from my …" is the last line, or one of several.
    while (shorter := body.rstrip("ezd")) != body and shorter.strip("eszd") and "z" in body[len(shorter) :]:
        body = shorter
    return begin + len(body) if len(body) < len(whole) else end

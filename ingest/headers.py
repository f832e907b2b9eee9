"""The header block of a mail or of one of its parts: bytes → fields, and the little grammars inside them.

Fields stay bytes until somebody asks, because few of them are ever read. Nothing here raises, and every reader is
linear in its input: `email.policy.default` takes 81 s for one 64 KB `From:`.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import unquote_to_bytes

from core.text import clean_line
from ingest.charsets import decode, meant

Headers = dict[str, list[bytes]]

# An octet is looked for by its number in a tenth of the time that it takes as bytes (CPython tries those as one first).
ESCAPE, QUESTION, EQUALS, AT, CR, LF = b"\x1b?=@\r\n"

FIELDS = 1000
# A mail to a thousand people has a To of 40 KB.
FIELD_LENGTH = 64 * 1024
_PARAMETERS = 100
_IDS = 50
_DATE_LENGTH = 100
_COMMENT = re.compile(r"\([^()]*+\)")
_USUAL_DATE = re.compile(
    rb"\s*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), {1,2})?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ((?:19|20)\d\d)"
    rb" (\d\d:\d\d:\d\d) (GMT|[+-](?:0\d|1[0-4])[0-5]\d)(?: \([\w+:-]{1,20}\))?\s*"
)
_MONTHS = {
    name: b"%02d" % number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)
}

# A field and its folded lines (RFC 5322 2.2). Lines that are no field fall between two matches.
_FIELD = re.compile(rb"^([!-9;-~]{1,200}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_NAME = re.compile(rb"[!-9;-~]{1,200}+[ \t]*+:")
# The same with its line end, and nothing around the name: one behind the other they are the whole block.
_FIELD_LINES = re.compile(rb"^([!-9;-~]{1,200}+):([^\n]*+(?:\n[ \t][^\n]*+)*+)\n", re.MULTILINE)
# A block up to this size is read at once.
_ORDINARY = 32 * 1024
_ID = re.compile(rb"<([^<>]{1,996}+)>")
# One alone, as in most fields, with nothing in it that would have to be cleaned.
_ONE_ID = re.compile(rb"\s*+(<[!-;=?-~]{1,250}+>)\s*+")
_PARAMETER = re.compile(r";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"((?:[^\"\\]|\\.)*+)\"([^;]*+)|([^;]*+))", re.DOTALL)
# No apostrophe, which RFC 2231 has between charset and name.
_SIMPLE_PARAMETER = re.compile(rb";\s*+([\w-]++)=(?:\"([ !#-&(-\[\]-~]*+)\"|([!#-&(-+\--:<-\[\]-~]++))")
_SIMPLE = re.compile(rb"\s*+([\w.+/-]++)\s*+((?:" + _SIMPLE_PARAMETER.pattern + rb"\s*+)*+);?+\s*+")
# Only what must be escaped: a Windows path in a file name has backslashes of its own.
_ESCAPED = re.compile(r"\\([\"\\])")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
# A parameter behind a forgotten semicolon; a value may hold other words with an equals sign.
_FORGOTTEN = re.compile(
    r"(?P<before>[\s,])(?=(?:charset|boundary|name|filename|format|delsp|report-type|protocol|method)(?:\*[\d*]{0,5})?=)",
    re.IGNORECASE,
)
_EXTENDED = re.compile(r"([A-Za-z][\w-]{2,40})'[A-Za-z-]{0,20}'[^'\s%]*+%[0-9A-Fa-f]{2}")
# No white space, and long enough to say something.
_CUT_WORD = re.compile(rb"[!-~]{4,}+")
_Q_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def fields(raw: bytes, start: int, end: int) -> tuple[Headers, int, bool]:
    """The fields of `raw[start:end]`, where the last one ends, and whether there were more than we read."""
    if end - start <= _ORDINARY and (read := _ordinary(raw[start:end])) is not None:
        return read, end - 1, False
    found: Headers = {}
    last, cut = start, False
    for count, match in enumerate(_FIELD.finditer(raw, start, end)):
        if count == FIELDS:
            return found, last, True
        name, value = match.groups()
        if len(value) > FIELD_LENGTH:
            value, cut = value[:FIELD_LENGTH], True
        found.setdefault(name.lower().decode("ascii"), []).append(value)
        last = match.end()
    return found, last, cut


def _ordinary(block: bytes) -> Headers | None:
    """The fields of a block of which every line is one or goes on with one, as nearly all are; None of any other."""
    read = _FIELD_LINES.findall(block)
    # Of each, name and value, and between and behind them a colon and a line end.
    if sum(map(len, chain.from_iterable(read))) + 2 * len(read) != len(block) or len(read) > FIELDS:
        return None
    found: Headers = {}
    for name, value in read:
        key = _small(name)
        if key in found:
            found[key].append(value)
        else:
            found[key] = [value]
    return found


@lru_cache(maxsize=256)
def _small(name: bytes) -> str:
    return name.lower().decode("ascii")


def is_field(raw: bytes, start: int) -> bool:
    """Whether a field begins at `start`, which must be the beginning of a line."""
    return _NAME.match(raw, start) is not None


def unfolded(value: bytes) -> bytes:
    # A lone CR is never a line end inside a field: what stands behind it must not become a field of its own.
    if LF in value or CR in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"").replace(b"\r", b" ")
    return value.strip()


def said(headers: Headers, name: str) -> str:
    """The first field of that name as plain characters: for the machine's own words, not for people's."""
    values = headers.get(name)
    return unfolded(values[0]).decode("utf-8", "replace") if values else ""


def text(headers: Headers, name: str, hint: str = "") -> str:
    """The first field of that name as people read it, in one clean line."""
    values = headers.get(name)
    return _shown(values[0], needed_hint(values[0], hint)) if values else ""


def needed_hint(value: bytes, hint: str) -> str:
    """`hint` where it makes a difference: only of raw bytes and of bare escapes it can be asked what they are in."""
    return hint if not value.isascii() or ESCAPE in value else ""


# The subject is asked for several times.
@lru_cache(maxsize=8)
def _shown(value: bytes, hint: str) -> str:
    return clean_line(words(unfolded(value), hint))


def without_comments(value: str) -> str:
    """RFC 5322 3.2.2, those that stand in no other."""
    return _COMMENT.sub(" ", value) if "(" in value else value


def moment(headers: Headers, name: str) -> datetime | None:
    """The first field of that name as a moment in UTC (RFC 5322 3.3 and 4.3); None when it is none, or none that can be."""
    values = headers.get(name)
    if not values:
        return None
    if usual := _USUAL_DATE.fullmatch(values[0]):
        return _usual_moment(*usual.groups())
    from email.utils import parsedate_to_datetime  # 20 ms, for one mail in ten

    try:
        found = parsedate_to_datetime(without_comments(said(headers, name)[:_DATE_LENGTH]))
        # Without a zone (RFC 5322 3.3: -0000) it is UTC.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _usual_moment(day: bytes, month: bytes, year: bytes, clock: bytes, zone: bytes) -> datetime | None:
    """The same of a date as nearly all programs write it, in a fifth of the time."""
    written = b"%b-%b-%bT%b%b" % (year, _MONTHS[month], day.zfill(2), clock, zone if zone != b"GMT" else b"Z")
    try:
        return datetime.fromisoformat(written.decode("ascii")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=32)
def words(value: bytes, hint: str = "") -> str:
    """`value` with its encoded words read (RFC 2047); `hint` is the character set that raw bytes are likely in."""
    if QUESTION not in value or b"=?" not in value:
        return _raw(value, hint)
    pieces: list[tuple[str, bytes, bytes]] = []  # charset, encoding, content: all empty but the last for plain words
    position = 0
    for begin, end, charset, letter, content in _encoded_words(value):
        between = value[position:begin]
        # White space between two encoded words belongs to the encoding (RFC 2047 6.2).
        if between and not (pieces and pieces[-1][0] and not between.strip()):
            pieces.append(("", b"", between))
        last_charset, last_letter, last = pieces[-1] if pieces else ("", b"", b"")
        if (last_charset, last_letter) == (charset, letter) and _goes_on(letter, last, content):
            # Many mailers split a multibyte character over two words, some even a group of base64: join them first.
            pieces[-1] = (charset, letter, last + content)
        elif last_charset == charset:
            pieces[-1] = (charset, b"", _octets(last_letter, last) + _octets(letter, content))
        else:
            pieces.append((charset, letter, content))
        position = end
    pieces.append(("", b"", value[position:]))
    return "".join(
        decode(_octets(letter, content), charset) if charset else _raw(content, hint)
        for charset, letter, content in pieces
    )


def _goes_on(letter: bytes, last: bytes, content: bytes) -> bool:
    """Whether two words are one piece of code. A group of base64 that was split is whole again when both are joined;
    one whose padding somebody forgot is not."""
    if letter != b"b":
        return True
    return not last.endswith(b"=") and (len(last) % 4 == 0 or (len(last) + len(content)) % 4 == 0)


def _raw(octets: bytes, hint: str) -> str:
    """Bytes that say nothing about themselves. What fits UTF-8 is UTF-8 (RFC 6532), whatever the body is in."""
    try:
        return octets.decode() if ESCAPE not in octets else decode(octets, hint)
    except UnicodeDecodeError:
        return decode(octets, hint)


def _encoded_words(value: bytes) -> Iterator[tuple[int, int, str, bytes, bytes]]:
    """(begin, end, charset, encoding, content) of each encoded word. Each byte is looked at a bounded number of times."""
    position = 0
    while (begin := value.find(b"=?", position)) >= 0:
        position = begin + 2
        name_end = value.find(b"?", position, position + 80)
        if name_end < 0 or value[name_end + 2 : name_end + 3] != b"?":
            continue
        letter = value[name_end + 1 : name_end + 2].lower()
        if letter not in (b"b", b"q"):
            continue
        end = value.find(b"?=", name_end + 3)
        if end < 0:
            # No later word can end either; this one may have been cut off with the field, by a gateway or a database.
            if _CUT_WORD.fullmatch(value, name_end + 3):
                yield begin, len(value), _charset(value[position:name_end]), letter, value[name_end + 3 :].rstrip(b"?")
            return
        yield begin, end + 2, _charset(value[position:name_end]), letter, value[name_end + 3 : end]
        position = end + 2


def _charset(named: bytes) -> str:
    """Without its language (RFC 2231 5)."""
    return named.partition(b"*")[0].decode("ascii", "replace").strip().lower() or "us-ascii"


def _octets(letter: bytes, content: bytes) -> bytes:
    """What the content of an encoded word stands for; without a letter it is decoded already."""
    if letter == b"b":
        return _b_word(content)
    return _q_word(content) if letter == b"q" else content


def _b_word(octets: bytes) -> bytes:
    kept = _NOT_BASE64.sub(b"", octets)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _q_word(octets: bytes) -> bytes:
    return _Q_BYTE.sub(lambda m: bytes((int(m[1], 16),)), octets.replace(b"_", b" "))


def parameters(value: bytes) -> tuple[str, Mapping[str, str]]:
    """`text/plain; charset=x` as its first word, lower case, and its parameters by lower-case name (RFC 2045, 2231)."""
    return _short_parameters(value) if len(value) <= _SHORT else _read_parameters(value)


def _read_parameters(value: bytes) -> tuple[str, Mapping[str, str]]:
    return _simple_parameters(value) or _parameters(value)


def _simple_parameters(value: bytes) -> tuple[str, Mapping[str, str]] | None:
    """The same for a value as nearly all programs write it, with nothing quoted, encoded or forgotten in it; else None."""
    if (simple := _SIMPLE.fullmatch(value)) is None or (QUESTION in value and b"=?" in value):
        return None
    plain: dict[str, str] = {}
    for name, quoted, bare in _SIMPLE_PARAMETER.findall(simple[2])[:_PARAMETERS]:
        plain.setdefault(name.lower().decode("ascii"), (quoted or bare).decode("ascii"))
    return simple[1].lower().decode("ascii"), plain


def by_the_letter(value: bytes) -> Mapping[str, str]:
    """The parameters of a field, every backslash in quotes taken as RFC 5322 3.2.1 has it: it quotes the next sign."""
    return _parameters(value, _QUOTED_PAIR)[1]


def _parameters(value: bytes, escaped: re.Pattern[str] = _ESCAPED) -> tuple[str, Mapping[str, str]]:
    line = _of_escapes(unfolded(value))
    first, _, rest = line.partition(";")
    if "=" in first or " " in first or "," in first:
        # `attachment filename=x`, `attachment, filename=x`, `filename=x`: the semicolon was forgotten.
        begin = _FORGOTTEN.search(f" {first}")
        first, rest = (first[: begin.start()], f"{first[begin.end('before') - 1 :]};{rest}") if begin else (first, rest)
    plain: dict[str, str] = {}
    split: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, content in islice(_named(f";{rest}", escaped), _PARAMETERS if rest else 0):
        if "*" in name:
            base, _, number = name.rstrip("*").partition("*")
            index = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 0
            split.setdefault(base, {})[index] = (name.endswith("*"), content)
        else:
            plain.setdefault(name, _legible(content))
    # A parameter in both forms: the extended one knows its character set (RFC 6266 4.3 says so for HTTP too).
    return first.strip(" \t,\"'").lower(), plain | {name: _joined(pieces) for name, pieces in split.items()}


def _of_escapes(value: bytes) -> str:
    """The value as text. Old Japanese programs write names in raw ISO-2022-JP, whose octets may be quotation marks."""
    if b"\x1b$" in value:
        with suppress(UnicodeDecodeError):
            return value.decode("iso2022_jp_1")
    return value.decode("utf-8", "surrogateescape")


# A few values stand in most mails; long ones are each mail's own.
_SHORT = 100
_short_parameters = lru_cache(maxsize=64)(_read_parameters)


def _named(rest: str, escaped: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """(lower-case name, content) of each parameter as it stands there."""
    for match in _PARAMETER.finditer(rest):
        name, quoted, behind, bare = match.groups()
        tail = bare if quoted is None else behind
        next_one = _FORGOTTEN.search(tail) if "=" in tail else None
        tail = tail[: next_one.start()] if next_one else tail
        if quoted is None:
            yield name.lower(), tail.strip()
        elif '"' in tail:  # `filename="a "b" c.pdf"`: quotation marks that nobody escaped
            yield name.lower(), f'{quoted}"{tail.strip().removesuffix(chr(34))}'
        else:
            yield name.lower(), escaped.sub(r"\1", quoted)
        if next_one:
            yield from _named(";" + (bare if quoted is None else behind)[next_one.end("before") :], escaped)


def _legible(content: str) -> str:
    """Encoded words are forbidden in parameters (RFC 2047 5), and Outlook and Gmail write them there all the same."""
    if "'" in content and (form := _EXTENDED.match(content)) and meant(form[1]):
        return _joined({0: (True, content)})  # RFC 2231 without its asterisk
    if content.isascii() and "=?" not in content:
        return content
    return words(content.encode("utf-8", "surrogateescape"))


def _joined(pieces: dict[int, tuple[bool, str]]) -> str:
    """The pieces of an RFC 2231 parameter in their order; only the first names the character set."""
    charset, octets = "", b""
    first = pieces[min(pieces)]
    if not first[0] and "'" in first[1] and (form := _EXTENDED.match(first[1])) and meant(form[1]):
        pieces = {number: (True, content) for number, (_, content) in pieces.items()}  # without their last asterisks
    for position, (_, (extended, content)) in enumerate(sorted(pieces.items())):
        if extended and position == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        data = content.encode("utf-8", "surrogateescape")
        octets += unquote_to_bytes(data) if extended else data
    return decode(octets, charset) if meant(charset) or not octets.isascii() else words(octets)


def ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The message ids in a field, with their brackets, in order, each once; the newest when there are too many."""
    if not (values := headers.get(name)):
        return ()
    if len(values) == 1 and (one := _ONE_ID.fullmatch(values[0])):
        return (one[1].decode("ascii"),)
    found: dict[str, None] = {}
    for value in values:
        line = unfolded(value)
        for match in _ID.finditer(line):
            found[clean_line(f"<{b''.join(match[1].split()).decode('utf-8', 'replace')}>")] = None
        if not found and line and b" " not in line and b"<" not in line:
            # Some mailers forget the brackets.
            found[clean_line(f"<{line.decode('utf-8', 'replace')}>")] = None
    return tuple(found)[-_IDS:]

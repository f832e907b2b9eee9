"""Bytes to text, whatever a mail claims they are. Never raises.

The ladder: escapes that give a text away, then what is declared (by its real meaning, not its name), then UTF-8 if it
fits exactly, then what is declared if only a few bytes do not fit it, then what the bytes look like (Latin letters by
whose `alphabets` they are, others by a detector), then cp1252. A wrong
guess shows, and the next rung is tried. `reading` says which one it was.
"""

import codecs
import re
from functools import lru_cache

from ingest import alphabets, japanese

# What programs write and what they mean by it. The WHATWG Encoding Standard reads Latin-1 as cp1252 and the old
# East Asian names as their supersets, because that is what those mails contain.
_MEANT = {
    "ansi": "cp1252",
    "ansi-x3.110-1983": "cp1252",
    "ascii": "utf-8",
    "us-ascii": "utf-8",
    "7bit": "utf-8",
    "8bit": "utf-8",
    "binary": "utf-8",
    "default": "utf-8",
    "unknown-8bit": "",
    "x-unknown": "",
    "unknown": "",
    "x-user-defined": "cp1252",
    "utf8mb4": "utf-8",
    "uft-8": "utf-8",
    "unicode": "utf-16",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-2-0-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "l1": "cp1252",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb-2312": "gb18030",
    "euc-cn": "gb18030",
    "hz-gb-2312": "hz",
    "ks-c-5601": "cp949",
    "ks-c-5601-1987": "cp949",
    "ks-c-5601-1989": "cp949",
    "ksc5601": "cp949",
    "korean": "cp949",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "shift-jis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms-kanji": "cp932",
    "iso-2022-jp": "iso2022_jp_2004",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc-jp",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "koi8": "koi8-r",
    "cp-850": "cp850",
    "x-cp1251": "cp1251",
    "cyrillic": "iso8859-5",
    "windows-1252": "cp1252",
    "x-windows-1252": "cp1252",
    "iso-8859": "cp1252",
    "iso-8859-1-windows-3.1-latin-1": "cp1252",
    "iso-8859-2-windows-latin-2": "cp1250",
    "iso-8859-5-windows-latin-5": "cp1254",
    "iso-ir-100": "cp1252",
    "latin-9": "iso8859-15",
    "iso-8859-15": "iso8859-15",
    "latin9": "iso8859-15",
    "dos-874": "cp874",
    "x-windows-874": "cp874",
    "x-windows-949": "cp949",
    "x-cp1250": "cp1250",
    "x-cp1252": "cp1252",
    "x-mac-turkish": "mac-turkish",
    "x-mac-ce": "mac-latin2",
    "x-mac-greek": "mac-greek",
    "x-mac-japanese": "cp932",
    "x-mac-icelandic": "mac-iceland",
    "ks-c-5601-1987-0": "cp949",
    "cseuckr": "cp949",
    "windows-949": "cp949",
    "ms949": "cp949",
    "uhc": "cp949",
    "ms932": "cp932",
    "csshiftjis": "cp932",
    "csiso2022jp": "iso2022_jp_2004",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "csgb2312": "gb18030",
    "gb-2312-80": "gb18030",
    "x-euc-cn": "gb18030",
    "chinesebig5": "big5hkscs",
    "chinesebig5-charset": "big5hkscs",
    "gb2312-charset": "gb18030",
    "csbig5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "visual": "iso8859-8",
    "logical": "iso8859-8",
    "cp-1251": "cp1251",
    "cp-1252": "cp1252",
    "cp-1250": "cp1250",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "x-koi8-r": "koi8-r",
    "koi8-ru": "koi8-u",
    "koi": "koi8-r",
    "utf-8-unknown": "utf-8",
    "utf-8n": "utf-8",
    "unicode-utf-8": "utf-8",
    "x-utf-8": "utf-8",
    "x-unicode": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "ucs-2": "utf-16",
}
# Codecs of Python that are no character set of any mail: they raise what no other does, or take quadratic time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
# ISO-2022-JP comes in dialects that exclude each other; the first that reads everything is taken.
_JAPANESE = ("iso2022_jp_2004", "iso2022_jp_2", "iso2022_jp_ext")
# One odd byte in twenty characters says nothing against the rest: it was damaged, or stands in a maker's private area.
# In these any byte sequence looks like something, so that one error is as good as many.
_NO_SECOND_CHANCE = ("utf", "iso2022", "hz")
# ISO/IEC 2022 is a code of seven bits, to which 0x80 to 0x9F are controls: one such byte is no letter of anything else.
_SEVEN_BITS = "iso2022"
_FEW = 20
# By their numbers: as bytes they are looked for in ten times the time.
_ESCAPE, _TILDE = b"\x1b~"
_ESCAPE_JP = re.compile(rb"\x1b[$(][@BIJ]")
_ESCAPE_KR = b"\x1b$)C"
# RFC 1843, which Chinese programs write and declare as GB2312 or not at all: pairs of printable characters.
_HZ = re.compile(rb"~\{(?:[!-}][!-~]){1,500}+~\}")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
# The first two halves: U+00C2 to U+00F4, and what cp1252 has for 0x80 to 0xBF.
_TWICE = re.compile(rb"\xc3[\x82-\xb4][\xc2\xc5\xc6\xcb\xe2]")
_HALF, _HALVES, _UNDEFINED = "deskbell.half", 2, frozenset("\x81\x8d\x8f\x90\x9d")
# `utf-8;`, `utf-8, text/html`, `_iso-8859-1$esc`: what programs write around the name.
_AROUND_NAME = " \t\r\n\"'<>"
_END_OF_NAME = re.compile(r"[$;,\s\"']")
# What mails come in. Asked for everything it knows, the detector finds EBCDIC and the code pages of DOS in short texts.
_IN_MAILS = (
    "windows-1252", "windows-1250", "iso-8859-2", "windows-1251", "koi8-r", "koi8-u", "iso-8859-5", "cp932", "euc-jp", "gb18030",
    "big5hkscs", "cp949", "windows-1253", "iso-8859-7", "windows-1255", "windows-1256", "windows-1254", "windows-1257",
    "windows-1258", "cp874", "iso-8859-15", "iso-8859-6", "cp866", "hz",
)  # fmt: skip
# Four foreign bytes in a row: every text in two bytes a sign has them, and hardly a word with accents.
_PAIRS = re.compile(rb"[\x80-\xff]{4}")
_FOREIGN = re.compile(rb"[\x80-\xff]")
_NOT_FOREIGN, _NOT_LATIN = bytes(range(0x80)), bytes(set(range(256)) - {*range(65, 91), *range(97, 123)})
_TAG = re.compile(rb"<[a-zA-Z/!][^<>]{0,2000}+>")
# What is read as ISO 8859 although it has bytes that are controls there, and signs on Windows.
_ON_WINDOWS = {"iso8859-15": "cp1252", "iso8859-2": "cp1250", "iso8859-7": "cp1253", "iso8859-9": "cp1254"}
_C1 = re.compile(rb"[\x80-\x9f]")
# ü, ä and ö of DOS inside a word; on Windows they are nothing, a low and a high quotation mark.
_DOS = re.compile(rb"[A-Za-z][\x81\x84\x94][a-z]")
# The detector needs no more to be sure, and is never given more to chew on.
_SAMPLE, _AROUND = 16 * 1024, 16
# One foreign byte in so many is enough for the detector as it stands.
_MANY = 10
# Fewer foreign bytes than these do not prove that a declaration is wrong; still fewer may where they are words of
# their own, with letters of no Western language.
_PROOF, _SHORT_PROOF = 16, 4
_MIXED_WORD = re.compile(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]")


def decode(data: bytes, declared: str = "") -> str:
    """`data` as text, by the ladder above."""
    return reading(data, declared)[0]


def reading(data: bytes, declared: str = "") -> tuple[str, str]:
    """`data` as text, and the character set that it was read in."""
    plain = data.isascii() and _ESCAPE not in data and (_TILDE not in data or b"~{" not in data)
    if plain and (not declared or meant(declared) in ("utf-8", "cp1252")):
        return data.decode("ascii"), "ascii"
    named = meant(declared)
    if (found := _by_its_escapes(data, named)) is not None:
        return found
    if named in ("cp1252", "iso8859-15"):
        if (text := _strict(data, "utf-8")) is not None:
            # No Western text is valid UTF-8 by chance; programs that convert a mail and leave its label are many.
            return text, "utf-8"
        foreign = data.translate(None, _NOT_FOREIGN)
        if other := _another_alphabet(data, foreign):
            return other
        if (code := alphabets.code_in_spite_of(data, foreign)) and (text := _strict(data, code)) is not None:
            return text, code
    elif named and codecs.lookup(named).name in alphabets.DECLARED and (text := _utf8_in_spite_of(data)) is not None:
        return text, "utf-8"
    if named == "utf-16":
        named = _kind_of_utf16(data)
    if named and (text := _strict(data, named)) is not None:
        return (_once(text) if named == "utf-8" and _TWICE.search(data) else text), named
    return _undeclared(data, named)


def _utf8_in_spite_of(data: bytes) -> str | None:
    """The text as UTF-8 where that is what it is, whatever it is called: one letter may be so by chance, two are not."""
    text = _strict(data, "utf-8")
    return text if text is not None and len(data) - len(text) >= _HALVES else None


def _kind_of_utf16(data: bytes) -> str:
    """Without a mark the zeros tell which half of a letter comes first; a text in letters of one byte is none at all."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in data and data.isascii():
        return "utf-8"
    return "utf-16-be" if data[::2].count(0) > data[1::2].count(0) else "utf-16-le"


def _once(text: str) -> str:
    """`text` decoded again where every foreign letter of it is one of two halves ("MÃ¼nchen"): it was taken for cp1252
    on the way, and encoded twice. A single letter that is none is proof that it was not."""
    try:
        found = text.encode("cp1252", _HALF).decode("utf-8")
    except UnicodeError:
        return text
    return found if len(text) - len(found) >= _HALVES else text


def _as_control(error: UnicodeError) -> tuple[bytes, int]:
    """The five bytes that cp1252 leaves undefined are controls of the same number to whoever decodes carelessly."""
    # All of a run at once: the codec looks for its end anew each time.
    if isinstance(error, UnicodeEncodeError) and _UNDEFINED.issuperset(error.object[error.start : error.end]):
        return error.object[error.start : error.end].encode("latin-1"), error.end
    raise error


codecs.register_error(_HALF, _as_control)


def _by_its_escapes(data: bytes, named: str) -> tuple[str, str] | None:
    """Text that switches alphabets by escapes, which nobody writes by chance, whatever it is declared as."""
    if _ESCAPE in data:
        if _ESCAPE_JP.search(data, 0, _SAMPLE):
            # Many a Japanese program says US-ASCII, or nothing.
            return _escaped_japanese(data, named)
        if data.find(_ESCAPE_KR, 0, _SAMPLE) >= 0 and (text := _strict(data, "iso2022_kr")) is not None:
            return text, "iso2022_kr"
    if data.isascii() and _HZ.search(data, 0, _SAMPLE) and named in ("", "utf-8", "cp1252", "gb18030"):
        text = _strict(data, "hz")
        return (text, "hz") if text is not None else None
    return None


def _another_alphabet(data: bytes, foreign: bytes) -> tuple[str, str] | None:
    """Text that calls itself Western and has more foreign letters than Latin ones (programs with a fixed label)."""
    if len(foreign) < _PROOF and (
        len(foreign) < _SHORT_PROOF or alphabets.is_western(foreign) or _MIXED_WORD.search(data)
    ):
        return None
    words = _TAG.sub(b" ", data[:_SAMPLE])
    if len(words.translate(None, _NOT_FOREIGN)) <= len(words.translate(None, _NOT_LATIN)):
        return None
    guess = _looks_like(words)
    text = _strict(data, guess) if guess in alphabets.OTHERS | alphabets.EAST_ASIAN else None
    if text is None or (alphabets.is_western(foreign) and not alphabets.is_natural(text)):
        return None  # a name of umlauts alone, which would change from small letters to capitals within a word
    return text, guess


def _escaped_japanese(data: bytes, named: str) -> tuple[str, str]:
    for charset in dict.fromkeys((named, *_JAPANESE) if named.startswith("iso2022") else _JAPANESE):
        if (text := _strict(data, charset)) is not None:
            return text, charset
    return japanese.decode(data), japanese.NAME


@lru_cache(maxsize=256)
def meant(declared: str) -> str:
    """The codec for a declared character set, empty when nothing is known by that name."""
    name = _END_OF_NAME.split(declared.strip(_AROUND_NAME).lower(), maxsplit=1)[0].lstrip("_=")[:40]
    name = _MEANT.get(name.replace("_", "-"), _MEANT.get(name, name))
    if not name or not name.isascii() or "\0" in name:
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # The codecs that are no text encodings (hex, zip, rot13) say so only in this attribute.
    is_text = getattr(found, "_is_text_encoding", True)
    return name if is_text and found.name not in _NO_CHARSETS else ""


def is_utf8(data: bytes) -> bool:
    return _strict(data, "utf-8") is not None


def _strict(data: bytes, charset: str) -> str | None:
    try:
        if charset == "utf-8":
            return data.decode("utf-8-sig") if data.startswith(codecs.BOM_UTF8) else data.decode()
        return data.decode(charset)
    except (UnicodeError, ValueError):
        return None


def _undeclared(data: bytes, named: str) -> tuple[str, str]:
    """What the declaration could not read."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (text := _strict(data, "utf-16")) is not None:
        return text, "utf-16"
    if (text := _strict(data, "utf-8")) is not None:
        return text, "utf-8"
    if named == "cp1252":
        # Five bytes are undefined in cp1252; as Latin-1 they are controls, and the rest is what was meant.
        return data.decode("cp1252", "replace"), "cp1252"
    if _mostly_utf8(data):
        return data.decode("utf-8", "replace"), "utf-8"
    if named.startswith(_SEVEN_BITS) and len(foreign := data.translate(None, _NOT_FOREIGN)) == 1 and _C1.match(foreign):
        return data.decode(named, "replace"), named
    if named and not named.startswith(_NO_SECOND_CHANCE):
        text = data.decode(named, "replace")
        if text.count("\ufffd") * _FEW <= len(text):
            return text, named
    if (guess := _looks_like(data)) and (text := _strict(data, guess)) is not None:
        return text, guess
    if named and named not in ("utf-8", "utf-7"):
        # Cut in the middle of a character, or one byte was damaged: the rest is still what it says.
        return data.decode(named, "replace"), named
    return data.decode("cp1252", "replace"), "cp1252"


def _mostly_utf8(data: bytes) -> bool:
    """Whether this is UTF-8 with an accident in it (cut in mid-character, an old footer appended)."""
    sample = data[:_SAMPLE]
    good = len(_MULTIBYTE.findall(sample))
    return good > 0 and sample.decode("utf-8", "replace").count("\ufffd") * 4 <= good


def _looks_like(data: bytes) -> str:
    """The codec that these bytes look like, empty where they look like none."""
    sample = _telling(data)
    if (found := _kana(sample)) is not None:
        return found
    foreign = len(sample.translate(None, _NOT_FOREIGN))
    if foreign < len(sample.translate(None, _NOT_LATIN)) and (code := alphabets.code_of(sample)):
        return code
    import chardet  # 30 ms and some megabytes that most desks never need

    guess = meant(str(chardet.detect(sample, include_encodings=_IN_MAILS, compat_names=False)["encoding"] or ""))
    # A few odd bytes among Latin letters are accents or typographic signs, whatever alphabet they could be.
    if guess in alphabets.OTHERS and 3 * foreign < len(sample.translate(None, _NOT_LATIN)):
        guess = "cp1252"
    if guess == "cp1251" and not alphabets.is_natural(sample.decode("cp1251", "replace")):
        mac = sample.decode("mac-cyrillic", "replace")
        return "mac-cyrillic" if alphabets.is_natural(mac) else guess
    if guess in alphabets.EAST_ASIAN and not _PAIRS.search(sample):
        guess = "cp1252"
    if guess in ("cp1252", "iso8859-15") and _DOS.search(sample):
        return "cp850"
    return _ON_WINDOWS.get(guess, guess) if _C1.search(sample) else guess


def _telling(data: bytes) -> bytes:
    """What is foreign in the text, with a little around it: a few words in a long text of Latin letters are enough."""
    sample = data[:_SAMPLE]
    if len(sample.translate(None, _NOT_FOREIGN)) * _MANY >= len(sample):
        return sample
    pieces: list[bytes] = []
    position = length = 0
    while length < _SAMPLE and (found := _FOREIGN.search(data, position)):
        begin, end = max(position, found.start() - _AROUND), found.start() + 4 * _AROUND
        pieces.append(data[begin:end])
        length, position = length + end - begin, end
    return b"".join(pieces)


def _kana(sample: bytes) -> str | None:
    """The Japanese character set in which a quarter of the signs are hiragana, or most are katakana: no other text
    looks like that."""
    for charset in ("cp932", "euc-jp"):
        text = _strict(sample, charset) or ""
        signs = [sign for sign in text if sign > "\x7f"]
        hiragana = sum("\u3041" <= sign <= "\u3096" for sign in signs)
        katakana = sum("\u30a1" <= sign <= "\u30fc" for sign in signs)
        if signs and (4 * hiragana >= len(signs) or 3 * katakana >= 2 * len(signs)):
            return charset
    return None

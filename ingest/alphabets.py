"""In which code page a text of Latin letters was written, told by its letters: they must be those of one language.

Bytes that are no ASCII are letters of some language or typographic signs in every one of a dozen code pages, but only
in the right one are all of them letters of one language, each where letters stand, and in the case that its word is in.
Pure tables, linear; only a sample is looked at.
"""

import re
from functools import cache

# What the detector calls the codes of other alphabets than the Latin one.
OTHERS = frozenset(
    {"cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "cp1253", "iso8859-7", "cp1255", "cp1256", "iso8859-6", "cp1257",
     "cp874", "mac-cyrillic"},
)  # fmt: skip
EAST_ASIAN = frozenset({"cp932", "euc-jp", "gb18030", "big5hkscs", "cp949"})
# The codes of one byte that are not Western. Not the Thai ones: a word of three letters may be valid UTF-8.
DECLARED = (OTHERS - {"cp874"}) | {
    "iso8859-2",
    "iso8859-3",
    "iso8859-4",
    "iso8859-8",
    "iso8859-9",
    "iso8859-13",
    "cp1250",
    "cp1254",
}
# Codes that Latin letters come in, the likeliest first: Windows and ISO, the Mac's own, those of DOS.
CODES = (
    "cp1252", "cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-13", "mac-roman", "cp850", "cp852", "cp857", "mac-latin2",
)  # fmt: skip
# The small letters of each language beyond a to z, with those that its names and loanwords have.
_LETTERS = (
    "äöüßéèàêçñáóíâôîëï",  # de, with the French words and Spanish names that it is written with
    "àâæçéèêëîïôœùûüÿñöä",  # fr
    "áéíñóúüçàè",  # es, ca
    "ãáàâçéêíóôõúüñ",  # pt
    "àèéìíîòóùúçï",  # it
    "éèëïöüáóíúêçàâñ",  # nl
    "åäöéüàèáæø",  # sv
    "æøåéäöüèàêóòôâ",  # da, no
    "åäöšžéü",  # fi
    "äõöüšž",  # et
    "áðéíóúýþæö",  # is
    "ąćęłńóśźżéü",  # pl
    "áčďéěíňóřšťúůýžöü",  # cs
    "áäčďéíĺľňóôŕšťúýž",  # sk
    "áéíóöőúüű",  # hu
    "ăâîşţșț",  # ro
    "čćđšžéëç",  # hr, sl, sr, sq
    "çğıi\u0307öşüâîû",  # tr; its İ is small in two pieces
    "ąčęėįšųūž",  # lt
    "āčēģīķļņšūž",  # lv
)
# What stands between words in every language.
_SIGNS = frozenset("\xa0\xad‚„“”‘’‹›«»–—…•·°§©®™€£¥¿¡ºª½¼¾±×´¨²³µ¢¶†‡¬~˝ˇ")
# Those of them that may stand within a word too: an apostrophe, dashes, what is no letter at all.
_WITHIN = frozenset("\xa0\xad’‘´–—…·•")
# Those that nobody would miss in an ordinary text, and that stand where other code pages have letters.
_RARE = frozenset("¿¡½¼¾±×´¨²³µ¢¶†‡¬~˝ˇ")
_SAMPLE = 4096
_WORD = re.compile(r"[^\W\d_]+")
_FOREIGN_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]*+[^\W\d_A-Za-z][^\W\d_]*")
_FOREIGN_BYTES = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]*+[\x80-\xff][A-Za-z\x80-\xff]*+")
_WORD_LENGTH = 200
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s!-~](?=[^\W\d_])")
# Fewer foreign bytes than these do not prove that a declaration is wrong.
_LEAST = 4


def code_of(data: bytes) -> str:
    """The code page in which everything in `data` is as one language writes it; empty where there is none."""
    sample = _foreign_words(data)
    return next((code for code in CODES if _reads_well(sample, code)), "")


def is_western(foreign: bytes) -> bool:
    """Whether these bytes beyond ASCII are in cp1252 what one Western language needs: a quick look, not at where."""
    used = set(foreign)
    return any(used <= allowed for allowed in _western())


def code_in_spite_of(data: bytes, foreign: bytes) -> str:
    """The code page of a text that calls itself Western and plainly is not, empty where that is not sure. `foreign` are
    the bytes of `data` beyond ASCII."""
    if len(foreign) < _LEAST or is_western(foreign):
        return ""
    code = code_of(data)
    return code if code != "cp1252" and len(set(foreign)) > 1 else ""


def _foreign_words(data: bytes) -> bytes:
    """The first words that are not plain ASCII, wherever they stand."""
    found: list[bytes] = []
    length = 0
    for word in _FOREIGN_BYTES.finditer(data):
        found.append(word[0][:_WORD_LENGTH])
        length += len(found[-1])
        if length > _SAMPLE:
            break
    return b" ".join(found)


def is_natural(text: str) -> bool:
    """Whether every word is in small letters, in capitals, or begins with one."""
    return all(_is_natural(word) for word in _WORD.findall(text[:_SAMPLE]))


def _is_natural(word: str) -> bool:
    return word[1:].islower() or word.isupper() or len(word) < 2


def _reads_well(sample: bytes, code: str) -> bool:
    try:
        text = sample.decode(code)
    except UnicodeDecodeError:
        return False
    words = _FOREIGN_WORD.findall(text)
    letters = {letter for word in words for letter in word if letter > "\x7f"}
    signs = {sign for sign in set(text) if sign > "\x7f"} - letters
    if not signs <= _SIGNS or not all(map(_is_natural, words)):
        return False
    if any(sign not in _WITHIN for sign in _SIGN_IN_WORD.findall(text)):
        return False
    small = frozenset("".join(letters).lower())
    return any(small <= known for known in _alphabets())


@cache
def _alphabets() -> tuple[frozenset[str], ...]:
    return tuple(map(frozenset, _LETTERS))


@cache
def _western() -> tuple[frozenset[int], ...]:
    """By language, the bytes of cp1252 that it is written with."""
    return tuple(
        frozenset("".join((letters, letters.upper(), *(_SIGNS - _RARE))).encode("cp1252", "ignore"))
        for letters in _LETTERS
    )

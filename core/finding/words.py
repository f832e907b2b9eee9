"""Which words a text has, so that it can be found by them: pure, and the same for both databases.

A word is a run of letters and digits as people read it: without case, accents and compatibility forms (`Über`, `uber`
and `ＵＢＥＲ` are one word). Where a script has no spaces, every two neighbours are a word; what is asked is cut in the
same way, so it is found wherever it stands.
"""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 40
# A novel has no more; what somebody pastes to fill the index has.
MOST = 4_000
# What is asked beyond that narrows nothing any more.
MOST_ASKED = 8

# Letters without case, digits, and spaces for everything else.
_ASCII = bytes(octet if chr(octet).isalnum() else 32 for octet in bytes(range(128)).lower()) + b" " * 128
_RUN = re.compile(r"[^\W_]+")
# Thai, Lao, Burmese, Khmer, kana and the Han characters.
_UNSPACED = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+"
)


class _Folding(dict[int, int | None]):
    """For `str.translate`: accents and vowel signs fall away. Learns each character once."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code)).startswith("M") else code
        self[code] = kept
        return kept


_FOLDING = _Folding()


def of(texts: Iterable[str]) -> set[str]:
    """The words of all `texts`, as they are looked for."""
    found: set[str] = set()
    for text in texts:
        found.update(_cut(text))
        if len(found) > MOST:
            found = set(sorted(found)[:MOST])
            break
    return {word[:LONGEST] for word in found}


def asked(text: str) -> list[str]:
    """The words that somebody looks for, in their order: all must be there, and the last may be the beginning of one."""
    words = [word[:LONGEST] for word in _cut(text)]
    # The piece that a run without spaces ends with is part of the one before.
    pieces = [word for i, word in enumerate(words) if not (i and len(word) == 1 and _ends(words[i - 1], word))]
    return list(dict.fromkeys(pieces))[:MOST_ASKED]


def _cut(text: str) -> list[str]:
    if text.isascii():
        # The common case, and ten times as fast.
        return text.encode().translate(_ASCII).decode().split()
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(_FOLDING).casefold()
    return [piece for run in _RUN.findall(folded) for piece in _pieces(run)]


def _pieces(run: str) -> Iterable[str]:
    place = 0
    for unspaced in _UNSPACED.finditer(run):
        if place < unspaced.start():
            yield run[place : unspaced.start()]
        characters = unspaced[0]
        # With the last one alone every character begins a piece, and one that is asked alone is found as a beginning.
        yield from (characters[i : i + 2] for i in range(len(characters)))
        place = unspaced.end()
    if place < len(run):
        yield run[place:]


def _ends(pair: str, last: str) -> bool:
    return len(pair) == 2 and pair[1] == last and _UNSPACED.fullmatch(pair) is not None

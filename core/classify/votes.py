"""What the small words of a text say of the language that it is in."""

import struct
from collections.abc import Iterable, Mapping, Sequence

# A word that is one of several languages speaks for each with its share of so much: any number of languages up to ten
# divides it.
VOTE = 2_520


class Votes:
    """Counts a text by one sum: each word is a number in which every language has 32 bits of its own.

    `languages` are all that a word may speak for, in the order in which they are counted.
    """

    def __init__(self, speaking: Mapping[str, Iterable[str]]) -> None:
        self.languages = tuple(speaking)
        self._counts = struct.Struct(f"<{len(self.languages)}I")
        bits = {language: 1 << (32 * place) for place, language in enumerate(self.languages)}
        by_word: dict[str, list[str]] = {}
        for language, words in speaking.items():
            for word in words:
                by_word.setdefault(word, []).append(language)
        # The same languages are one number: there are few different ones.
        self._spoken: dict[int, tuple[str, ...]] = {}
        numbers: dict[tuple[str, ...], int] = {}
        self._votes: dict[str, int] = {}
        for word, languages in by_word.items():
            spoken = tuple(languages)
            if (vote := numbers.get(spoken)) is None:
                vote = numbers[spoken] = sum(VOTE // len(spoken) * bits[language] for language in spoken)
                self._spoken[vote] = spoken
            self._votes[word] = vote

    def __contains__(self, word: str) -> bool:
        """Whether it is a small word of any language."""
        return word in self._votes

    def counted(self, words: Sequence[str]) -> tuple[int, ...]:
        """How much they speak for each of `languages`; a million words at most."""
        counts = sum(filter(None, map(self._votes.get, words)))
        return self._counts.unpack(counts.to_bytes(self._counts.size, "little"))

    def spoken(self, word: str) -> tuple[str, ...]:
        """The languages that it is a small word of."""
        return self._spoken.get(self._votes.get(word, 0), ())

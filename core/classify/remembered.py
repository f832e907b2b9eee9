"""What was once worked out of a word, for the words that come again and again."""

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# The words of a language that come again and again are few; what strangers make up must not fill the memory.
MOST = 4_000
LONGEST = 24


class Remembered(dict[str, Value]):
    """`work_out` as a dictionary: a look-up costs what one in a dictionary does, and none fails."""

    def __init__(self, work_out: Callable[[str], Value], longest: int = LONGEST) -> None:
        super().__init__()
        self._work_out = work_out
        self._longest = longest

    def __missing__(self, word: str) -> Value:
        found = self._work_out(word)
        if len(word) <= self._longest:
            if len(self) >= MOST:
                self.clear()
            self[word] = found
        return found

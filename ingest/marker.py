"""The line above which an answer is to be written. The words in it are the reader's; the signs around tell it apart."""

import re

MARKER = re.compile(r"^[\s>*|]*##-.{0,300}-##")


def line(words: str) -> str:
    return f"##- {words} -##"

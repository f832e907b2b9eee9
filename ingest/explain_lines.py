"""`explain --stdin`: a path a line in, a JSON line out. Imports little, because whoever feeds it waits for the first answer.

What only some mails need (HTML, a detector of character sets, the lexicons of each language) is loaded a piece at a time
behind the first answers, so that hardly any mail has to wait for it. Not in a thread beside them: the two would take
the interpreter from each other a thousand times, which costs as much again as the loading.
"""

import gc
import os
import sys
from collections.abc import Iterator

import orjson

from core.classify.inference import classify
from core.classify.library import standard
from ingest.explain import explain

# A mail for each reader that is loaded when it is first needed: HTML, an unusual date, and a text that does not say what
# it is in.
_LOADING = (
    b"Date: 2 Mar 26\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>",
    "Content-Type: text/plain\r\n\r\nДобрый день".encode("cp1251"),
)
# A mail leaves nothing in circles that would be worth a look every few of them.
_LOOK_AFTER = 50_000
_AT_ONCE = 64 * 1024


def run() -> None:
    """Answer every line of standard input, and stop with it."""
    gc.set_threshold(_LOOK_AFTER)
    pieces = _pieces()
    for path in _paths():
        sys.stdout.buffer.write(line(path) + b"\n")
        sys.stdout.buffer.flush()
        next(pieces, None)


def line(name: str) -> bytes:
    """The JSON of one mail, or of why it could not be read; `-` is standard input."""
    return orjson.dumps(explained(name))


def explained(name: str) -> dict[str, object]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else _bytes_of(name)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        shown = os.fsencode(name).decode(errors="replace")
        return {"error": f"{shown}: {getattr(error, 'strerror', None) or error}"}
    return explain(raw, _classified)


def _bytes_of(path: str) -> bytes:
    # Half of what `open` costs, which is more than the reading.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pieces: list[bytes] = []
        while piece := os.read(descriptor, _AT_ONCE):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _paths() -> Iterator[str]:
    """Paths as the file system has them, which need not be UTF-8."""
    for given in sys.stdin.buffer:
        if path := os.fsdecode(given.rstrip(b"\r\n")):
            yield path


def _classified(subject: str, text: str) -> dict[str, object]:
    found = classify(subject, text)
    return {
        "category": found.category,
        "priority": found.priority,
        "confidence": found.confidence,
        "reasoning": found.reasoning,
        "keywords": found.keywords,
    }


def _pieces() -> Iterator[None]:
    """Read what shows the readers, and put together the phrases of all languages."""
    for mail in _LOADING:
        explain(mail)
        yield
    standard().load()
    gc.freeze()  # it stays, and to look through all of it again takes as long as a hundred mails
    yield

"""`explain --stdin`: a path a line in, a JSON line out. Imports little, because whoever feeds it waits for the first answer."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from core.classify.inference import classify
from ingest.explain import explain


def run() -> None:
    """Answer every line of standard input, and stop with it."""
    for path in _paths():
        sys.stdout.write(line(path) + "\n")
        sys.stdout.flush()


def line(name: str) -> str:
    """The JSON of one mail, or of why it could not be read; `-` is standard input."""
    found = explained(name)
    return orjson.dumps(found).decode()


def explained(name: str) -> dict[str, object]:
    try:
        raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        shown = os.fsencode(name).decode(errors="replace")
        return {"error": f"{shown}: {getattr(error, 'strerror', None) or error}"}
    return explain(raw, _classified)


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

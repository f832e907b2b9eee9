"""docs/promises.md names tests; here is what holds it to them."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")


@cache
def names_in(file: str) -> set[str]:
    """The names of the tests in a file below `tests`; none where there is no such file."""
    path = TESTS / file
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_bytes())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def rows() -> list[str]:
    lines = [line for line in PROMISES.splitlines() if line.startswith("| ")]
    return [line for line in lines if not line.startswith("| Trap or promise |")]


def named(text: str) -> list[tuple[str, str]]:
    return re.findall(r"`([\w/]+/test_\w+\.py)::(test_\w+)`", text)


def test_every_test_that_is_named_is_there() -> None:
    missing = [f"{file}::{test}" for file, test in named(PROMISES) if test not in names_in(file)]

    assert missing == []


def test_every_promise_has_a_test_and_nothing_else_to_show_for_it() -> None:
    assert len(rows()) > 50

    for row in rows():
        _, promise, proof, _ = row.split("|")
        tests = [f"`{file}::{test}`" for file, test in named(proof)]
        assert promise.strip()
        assert tests
        assert proof.strip() == ", ".join(tests), promise

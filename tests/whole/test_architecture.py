"""The house as docs/architecture.md draws it: who may import whom, and that no file grows past what one can read."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("core", "ingest", "api", "bot")
OUTSIDE = ("tests", "benchmarks")
MOST_LINES = 400

# Each folder, and the folders of ours that it may use.
MAY_USE = {
    "core": {"core"},
    "ingest": {"ingest", "core"},
    "api": {"api", "core"},
    "bot": {"bot", "core"},
}
# What may arrive over HTTP in the formats that `ingest` reads: bytes in, values out.
PURE_PARSERS = {
    "ingest.envelope", "ingest.file_import", "ingest.import_fields", "ingest.import_records", "ingest.mail_reader",
    "ingest.multipart", "ingest.upload",
}  # fmt: skip
# And what has such a parser at work in a process of its own.
PARSERS = {*PURE_PARSERS, "ingest.import_apart"}
# Protocols, and what renders for one of them: the desk knows none.
PROTOCOLS = {"aiohttp", "aiosmtpd", "aiosmtplib", "aiogram", "httpx", "jinja2", "smtplib", "telegram", "http", "email"}
# What does I/O, or waits for it.
IO = {"asyncio", "aiohttp", "aiosmtplib", "aiosmtpd", "socket", "sqlalchemy", "sqlite3"}


def modules(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


@cache
def imported(file: Path) -> frozenset[str]:
    """Every module that `file` imports anywhere, functions and type checks too; `from a import b` counts as a.b."""
    found = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import hides where it leads"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def top(module: str) -> str:
    return module.partition(".")[0]


def is_parser(module: str) -> bool:
    return module in PARSERS or module.rpartition(".")[0] in PARSERS


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_uses_only_what_lies_below_it(folder: str) -> None:
    ours = {*FOLDERS, *OUTSIDE, "deskbell"}

    wrong = [
        f"{named(file)} imports {module}"
        for file in modules(folder)
        for module in imported(file)
        if top(module) in ours - MAY_USE[folder] and not (folder == "api" and is_parser(module))
    ]

    assert wrong == []


def test_core_knows_no_protocol() -> None:
    wrong = [
        f"{named(file)} imports {module}"
        for file in modules("core")
        for module in imported(file)
        if top(module) in PROTOCOLS
    ]

    assert wrong == []


@pytest.mark.parametrize("parser", sorted(PURE_PARSERS))
def test_what_the_api_may_borrow_is_pure(parser: str) -> None:
    file = ROOT / f"{parser.replace('.', '/')}.py"

    assert {top(module) for module in imported(file)} & IO == set()


def test_nobody_looks_up_to_the_composition_root() -> None:
    wrong = [named(file) for file in modules(*FOLDERS) if "deskbell" in {top(module) for module in imported(file)}]

    assert wrong == []


def test_no_file_is_longer_than_one_can_read() -> None:
    files = [ROOT / "deskbell.py", *modules(*FOLDERS, *OUTSIDE)]
    lengths = {named(file): len(file.read_bytes().splitlines()) for file in files}

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_package_says_what_it_is_and_nothing_else(folder: str) -> None:
    packages = {file.parent for file in modules(folder)}
    assert packages

    for package in packages:
        if package.name == "versions":
            # Alembic runs these files by their path.
            continue
        body = parsed(package / "__init__.py").body
        assert len(body) == 1, f"{named(package)}/__init__.py holds more than a docstring"
        assert isinstance(body[0], ast.Expr)
        assert isinstance(body[0].value, ast.Constant), f"{named(package)}/__init__.py says nothing"


def test_every_module_begins_with_a_docstring() -> None:
    files = [ROOT / "deskbell.py", *modules(*FOLDERS)]

    assert [named(file) for file in files if not ast.get_docstring(parsed(file))] == []


def test_tests_are_no_package() -> None:
    # With --import-mode=importlib two files may have the same name; an __init__.py would end that.
    assert list((ROOT / "tests").rglob("__init__.py")) == []

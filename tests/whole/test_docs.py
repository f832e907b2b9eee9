"""What the documents name is there: linked pages, files, tests and modules."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
NAMED = re.compile(r"`((?:core|ingest|api|bot|tests|benchmarks|docs)/[\w./-]*\w\.(?:py|md|toml|html|css))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_everything_a_page_links_to_is_there(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_is_there(page: Path) -> None:
    missing = [name for name in NAMED.findall(page.read_text("utf-8")) if not (ROOT / name).exists()]

    assert missing == []


# These have pages of their own.
FOLDED = {"classify", "migrations"}


def test_every_module_of_core_has_its_place_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    modules = {file.stem for file in (ROOT / "core").rglob("*.py") if not FOLDED & {*file.parts}} - {"__init__"}

    assert {module for module in modules if f"`{module}`" not in text} == set()

"""What `deskbell serve` has loaded by the time it serves, and what it does without."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOADED = "import sys, deskbell; print(*sys.modules)"
MORE = """
import sys, deskbell
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, engine
print(AsyncConnection is engine.AsyncConnection, AsyncSession.__name__, "sqlalchemy.orm" in sys.modules)
"""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    return frozenset(_said(LOADED).split())


@pytest.mark.parametrize("name", ["sqlalchemy.orm", "alembic", "asyncpg", "rich", "telegram", "uvloop", "jinja2"])
def test_a_desk_that_has_no_use_for_it_yet_does_not_load(name: str, loaded: frozenset[str]) -> None:
    assert name not in loaded
    assert "sqlalchemy.ext.asyncio.engine" in loaded


def test_whoever_asks_for_more_of_sqlalchemy_gets_it() -> None:
    assert _said(MORE).split() == ["True", "AsyncSession", "True"]


def _said(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout

"""What `deskbell serve` has loaded by the time it serves, and what it does without."""

import os
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
WRITTEN = """
from core.running import lean
lean.begin()
from dataclasses import FrozenInstanceError, dataclass, field
@dataclass(frozen=True, slots=True, order=True)
class Pair:
    left: int
    right: str = "x"
one, same, other = Pair(1), Pair(1), Pair(2, "y")
try:
    one.left = 3
except FrozenInstanceError as error:
    print(error)
try:
    del one.left
except FrozenInstanceError as error:
    print(error)
@dataclass(frozen=True)
class Open(Pair):
    more: list[int] = field(default_factory=list)
    dict: int = 5
@dataclass(frozen=True)
class Kept:
    self: int
kept = Kept.__init__
first, second = Kept(self=1), object.__new__(Kept)
# As a thread does that has found it before another one made the first.
kept(second, 2)
print(first, second)
print(Open(1, more=[2]), Open(1).more is Open(1).more, Open(1) == Open(1, "x", [], 5), Open.__init__ is Pair.__init__)
try:
    Pair(1, 2, 3)
except TypeError as error:
    print(error)
print(one, repr(one) == repr(same), one == same, one != other, one == 1, one < other, hash(one) == hash(same), len({one, same}))
"""
SECURE = """
import asyncio, ssl, sys
from core.running import lean
lean.aiohttp()
from aiohttp import ClientConnectorCertificateError, ClientSession, connector, web
async def main():
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(sys.argv[1] + "/cert.pem", sys.argv[1] + "/key.pem")
    async def greet(request):
        return web.Response(text="hello")
    runner = web.ServerRunner(web.Server(greet))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=here).start()
    print(len(connector._SSL_CONTEXT_VERIFIED.get_ca_certs()))
    async with ClientSession() as session:
        try:
            async with session.get(f"https://localhost:{runner.addresses[0][1]}/") as answer:
                print(await answer.text())
        except ClientConnectorCertificateError:
            print("refused")
    await runner.cleanup()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    return frozenset(_said(LOADED).split())


@pytest.mark.parametrize(
    "name",
    [
        "sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "alembic", "aiohttp", "asyncpg", "rich", "telegram", "uvloop",
        "jinja2",
    ],
)  # fmt: skip
def test_a_desk_that_has_no_use_for_it_yet_does_not_load(name: str, loaded: frozenset[str]) -> None:
    assert name not in loaded
    assert "sqlalchemy.ext.asyncio.engine" in loaded


def test_whoever_asks_for_more_of_sqlalchemy_gets_it() -> None:
    assert _said(MORE).split() == ["True", "AsyncSession", "True"]


def test_a_dataclass_whose_methods_are_written_late_is_like_any_other() -> None:
    assert _said(WRITTEN).splitlines() == [
        "cannot assign to field 'left'",
        "cannot delete field 'left'",
        "Kept(self=1) Kept(self=2)",
        "Open(left=1, right='x', more=[2], dict=5) False True False",
        "Pair.__init__() takes from 2 to 3 positional arguments but 4 were given",
        "Pair(left=1, right='x') True True True False True True 1",
    ]


def test_authorities_are_read_when_somebody_is_spoken_to_over_tls(certificate: Path) -> None:
    ours = {"SSL_CERT_FILE": str(certificate / "cert.pem")}

    assert _said(SECURE, str(certificate), **ours).split() == ["0", "hello"]
    assert _said(SECURE, str(certificate), SSL_CERT_FILE="").split() == ["0", "refused"]


def _said(program: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return ran.stdout

"""The API on a real socket, with the people of the documents: alice and dora write, bob and erin answer, carol rules."""

import io
import json
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from api.app import DOOR, build_app, serving
from core import desk as desks
from core.config import Settings
from core.desk import Desk
from core.vocabulary import Role
from tests.api import documented
from tests.builders import Clock, a_form, settings, some_users
from tests.conftest import empty
from tests.stored import with_section

PEOPLE = {
    "alice": Role.CUSTOMER,
    "dora": Role.CUSTOMER,
    "bob": Role.AGENT,
    "erin": Role.AGENT,
    "carol": Role.ADMIN,
}
PASSWORD = "correct horse"
ROOT = ("/api/", "/health", "/ready", "/metrics", "/openapi.json", "/docs")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def is_problem(self, status: int) -> bool:
        """RFC 9457, and a detail that says something."""
        return (
            self.status == status
            and self.headers["Content-Type"] == "application/problem+json"
            and self.json["status"] == status
            and {"type", "title", "detail"} <= self.json.keys()
            and len(self.json["detail"]) > 10
        )

    @property
    def wrong_fields(self) -> set[str]:
        return {error["field"] for error in self.json["errors"]}


class Api:
    """A client of one served desk."""

    def __init__(self, desk: Desk, port: int, tokens: Mapping[str, str], session: aiohttp.ClientSession) -> None:
        self.desk = desk
        self.port = port
        self.tokens = dict(tokens)
        self._session = session

    async def __call__(
        self,
        method: str,
        path: str,
        by: str | None = None,
        *,
        json: object = None,
        data: bytes | str | io.BytesIO | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {**({"Authorization": f"Bearer {self.tokens[by]}"} if by else {}), **(headers or {})}
        path = path if path.startswith(ROOT) else f"/api/v1{path}"
        async with self._session.request(
            method, f"http://127.0.0.1:{self.port}{path}", json=json, data=data, headers=sent, allow_redirects=False
        ) as response:
            answer = Answer(response.status, response.headers, await response.read())
        bare = path.removeprefix("/api/v1")
        assert documented.native().problems(method, bare, answer.status, answer.headers, answer.body) == []
        return answer

    async def sign_in(self, name: str) -> None:
        """Anew: what the token of before was has changed, or it is too old."""
        answer = await self("POST", "/auth/token", json={"username": name, "password": PASSWORD})
        self.tokens[name] = answer.json["access_token"]

    async def upload(
        self, ticket: str, by: str, *files: tuple[str, bytes], key: str | None = None, **fields: str
    ) -> Answer:
        form = a_form(*files, **fields)
        headers = {**form.headers, "Idempotency-Key": key} if key else form.headers
        return await self("POST", f"/tickets/{ticket}/attachments", by, data=io.BytesIO(form.body), headers=headers)

    async def ticket(self, by: str = "alice", **fields: object) -> Any:
        """A ticket, opened by `by`."""
        wanted = {"subject": "Printer on fire", "description": "It burns on the second floor.", **fields}
        answer = await self("POST", "/tickets", by, json=wanted)
        assert answer.status == 201, answer.body
        return answer.json


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[Api]:
    app = build_app(desk)
    people = await some_users(desk, PEOPLE)
    tokens = {n: app[DOOR].tokens.issue(u.id, u.token_version, desk.clock()) for n, u in people.items()}
    async with (
        serving(app, "127.0.0.1", 0, desk.settings) as port,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        yield Api(desk, port, tokens, session)


@pytest.fixture
async def api(any_desk: Desk) -> AsyncIterator[Api]:
    """On both databases in turn."""
    async with served(any_desk) as running:
        yield running


# For tests that ask `standing` or `standing_any`: these run on the loop that serves them.
ON_ITS_LOOP = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> AsyncIterator[Api]:
    """One desk for all tests of a module that ask for it: for what leaves nothing behind that another of them would see,
    such as what is refused. To open a desk and serve it takes ten times as long as to ask it.
    """
    folder = tmp_path_factory.mktemp("standing")
    shutil.copy(sqlite_template, folder / "deskbell.sqlite3")
    async with standing_on(settings(folder)) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def standing_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Settings]:
    with empty(request, tmp_path_factory.mktemp("standing"), sqlite_template) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing_any(standing_settings: Settings) -> AsyncIterator[Api]:
    """The same on both databases in turn."""
    async with standing_on(standing_settings) as running:
        yield running


@asynccontextmanager
async def standing_on(found: Settings) -> AsyncIterator[Api]:
    # So many would be too many for one minute.
    unlimited = with_section(found, "limits", enabled=False)
    async with desks.opened(unlimited, clock=Clock()) as desk, served(desk) as running:
        yield running


@pytest.fixture
async def sqlite_api(desk: Desk) -> AsyncIterator[Api]:
    """On SQLite alone, where the database is not what is tested."""
    async with served(desk) as running:
        yield running

"""Contracts on real sockets: each beside the native API and alone at the root of a port of its own."""

import http.client
import io
import json
from asyncio import open_connection, wait_for
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

import aiohttp
import pytest

from api.app import DOOR, build_app, serving
from api.contracts import mounting, service
from api.contracts.table import CONTRACTS
from core.config import Settings
from core.desk import Desk
from core.errors import Conflict
from core.vocabulary import Role
from tests.api import documented
from tests.api.conftest import PEOPLE, Answer, Api
from tests.builders import a_user, some_users
from tests.stored import with_section

HOST = "127.0.0.1"


@pytest.fixture
def desk_settings(desk_settings: Settings) -> Settings:
    return with_section(desk_settings, "api", contracts=tuple(CONTRACTS))


@pytest.fixture
def any_settings(any_settings: Settings) -> Settings:
    return with_section(any_settings, "api", contracts=tuple(CONTRACTS))


@dataclass(frozen=True)
class Served:
    """A served desk: the native API with its people, and where each contract is alone."""

    desk: Desk
    native: Api
    ports: Mapping[str, int]

    async def __call__(
        self,
        contract: str,
        method: str,
        path: str,
        *,
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask a contract at its own port."""
        body = data if json is None else _dumped(json)
        sent = self.signed(contract) | ({"Content-Type": "application/json"} if body is not None else {})
        answer = await exchange(self.ports[contract], method, path, {**sent, **(headers or {})}, body or b"")
        require_as_documented(contract, method, path, answer)
        return answer

    def signed(self, contract: str) -> dict[str, str]:
        """What an admin sends along where the document knows a sign-in."""
        return {} if CONTRACTS[contract].is_open else {"Authorization": f"Bearer {self.native.tokens['carol']}"}


def require_as_documented(contract: str, method: str, path: str, answer: Answer) -> None:
    api = documented.contract(contract)
    assert api.problems(method, path, answer.status, answer.headers, answer.body) == []


def _dumped(value: object) -> bytes:
    return json.dumps(value).encode()


async def exchange(port: int, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """One request on one connection; what is sent are these bytes and no others."""
    sent = {"Host": f"{HOST}:{port}", "Connection": "close", **headers}
    if body and "Transfer-Encoding" not in sent:
        sent = {"Content-Length": str(len(body)), **sent}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return await raw(port, f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body, method)


async def raw(port: int, sent: bytes, method: str = "GET") -> Answer:
    """What a socket gets for these very bytes, until the server closes it."""
    reader, writer = await open_connection(HOST, port)
    try:
        writer.write(sent)
        return answer(await wait_for(reader.read(), 10), method)
    finally:
        writer.close()


def answer(received: bytes, method: str = "GET") -> Answer:
    response = http.client.HTTPResponse(_Received(received), method=method)  # type: ignore[arg-type]  # all it needs
    response.begin()
    return Answer(response.status, dict(response.getheaders()), response.read())


class _Received:
    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


@asynccontextmanager
async def served(desk: Desk) -> AsyncIterator[Served]:
    # The first account, as `healthcare`'s examples have it.
    await a_user(desk, "admin", Role.ADMIN, password="your_password", email="admin@example.com")
    with suppress(Conflict):
        # There already, as after the first start: its real password takes half a second to hash.
        await a_user(desk, desk.settings.api.contracts_act_as, Role.ADMIN)
    acting = await service.account(desk)
    app = build_app(desk, extra=[partial(mounting.mount, names=tuple(CONTRACTS), service=acting)])
    people = await some_users(desk, PEOPLE)
    tokens = {n: app[DOOR].tokens.issue(u.id, u.token_version, desk.clock()) for n, u in people.items()}
    async with AsyncExitStack() as stack:
        ports = {
            name: await stack.enter_async_context(
                serving(mounting.alone(name, app[DOOR], acting), HOST, 0, desk.settings)
            )
            for name in CONTRACTS
        }
        port = await stack.enter_async_context(serving(app, HOST, 0, desk.settings))
        session = await stack.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        yield Served(desk, Api(desk, port, tokens, session), ports)


@pytest.fixture
async def ask(desk: Desk) -> AsyncIterator[Served]:
    """On SQLite alone, where the database is not what is tested."""
    async with served(desk) as running:
        yield running


@pytest.fixture
async def ask_any(any_desk: Desk) -> AsyncIterator[Served]:
    """On both databases in turn."""
    async with served(any_desk) as running:
        yield running

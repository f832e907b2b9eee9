"""A program that hears of events: a real HTTP server on loopback that a test tells how to answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Heard:
    headers: dict[str, str]
    body: bytes

    @property
    def at(self) -> datetime:
        """When it happened, which in tests is when it is told."""
        return datetime.fromisoformat(self.json["created_at"])

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])


@dataclass
class Receiver:
    url: str = ""
    status: int = 200
    location: str = ""
    heard: list[Heard] = field(default_factory=list)
    stirs: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def types(self) -> list[str]:
        return [one.type for one in self.heard]

    async def until(self, happened: Callable[["Receiver"], bool]) -> None:
        async with asyncio.timeout(20):
            while not happened(self):
                self.stirs.clear()
                await self.stirs.wait()

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append(Heard(dict(request.headers), await request.read()))
        self.stirs.set()
        return web.Response(status=self.status, headers={"Location": self.location} if self.location else {})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.hear)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver

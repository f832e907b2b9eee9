"""Telegram calls: only with its secret, stored before it is answered, and handled as what was fetched."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from benchmarks import running
from bot import webhook
from bot.webhook import SECRET_HEADER
from core.chat.telegram_tables import telegram_updates
from core.config import Settings
from core.desk import Desk
from tests.bot.conftest import Dialogue, working
from tests.bot_api_server import TOKEN, BotApi
from tests.builders import settings
from tests.stored import count


@pytest.fixture
def desk_settings(tmp_path: Path, sqlite_template: Path, server: BotApi) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "deskbell.sqlite3")
    url = f"http://127.0.0.1:{running.free_port()}"
    ours: dict[str, object] = {"token": TOKEN, "api_base_url": server.url, "mode": "webhook"}
    return settings(tmp_path, desk={"public_url": url}, telegram=ours)


@pytest.fixture
async def url(desk: Desk, dialogue: Dialogue) -> AsyncIterator[str]:
    arrived, app = asyncio.Event(), web.Application()
    webhook.mount(app, desk, arrived)
    port = int(desk.settings.public_url.rpartition(":")[2])
    async with TestServer(app, port=port), working(desk, dialogue, arrived):
        yield webhook.url_of(desk.settings)


async def test_what_telegram_calls_with_is_stored_handled_and_answered(
    desk: Desk, server: BotApi, dialogue: Dialogue, url: str
) -> None:
    await server.until(lambda api: bool(api.webhook))
    server.says(7, "Fire")
    again = server.updates[0]

    first = await server.call_the_webhook()
    server.updates.append(again)
    second = await server.call_the_webhook()
    await server.until(lambda api: bool(api.sent))

    assert (first, second) == ([200], [200])
    assert server.webhook["url"] == url
    assert server.webhook["max_connections"] == 1
    assert server.texts(7) == ["Ticket 1"]
    assert server.calls["getUpdates"] == 0
    assert await count(desk, telegram_updates) == 1


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b"{}", 400), (b'{"update_id": 1}' + b" " * (2 << 20), 413)]
)
async def test_what_is_no_update_is_refused(desk: Desk, url: str, body: bytes, status: int) -> None:
    secret = webhook.secret_of(desk.settings, desk.keys)

    async with (
        ClientSession() as session,
        session.post(url, data=io.BytesIO(body), headers={SECRET_HEADER: secret}) as answer,
    ):
        assert answer.status == status
    assert await count(desk, telegram_updates) == 0


@pytest.mark.parametrize("secret", [None, "", "guessed", "ü"])
async def test_who_has_not_the_secret_is_not_heard(desk: Desk, url: str, secret: str | None) -> None:
    headers = {} if secret is None else {SECRET_HEADER: secret}

    async with ClientSession() as session, session.post(url, json={"update_id": 1}, headers=headers) as answer:
        assert answer.status == 403
    assert await count(desk, telegram_updates) == 0

"""The real command with a bot: a customer writes in Telegram, an agent answers by the API, the answer is in the chat."""

import asyncio
import json
import urllib.request
from pathlib import Path

from benchmarks import running
from benchmarks.running import DESKBELL, Server
from tests.bot_api_server import TOKEN, BotApi, bot_api
from tests.whole.test_serve import Served, command

PASSWORD = "a long enough password"


async def test_a_customer_in_telegram_and_an_agent_at_the_api_talk_to_each_other(tmp_path: Path) -> None:
    async with bot_api() as telegram:
        await asyncio.to_thread(_add_agent, tmp_path)
        port = running.free_port()
        server = _started(tmp_path, telegram, port)
        try:
            message = telegram.says(7, "The printer is on fire", name="Ann")
            await telegram.until(lambda api: len(api.texts(7)) == 1)
            await asyncio.to_thread(_answer, Served(server, tmp_path, f"http://{running.HOST}:{port}"))
            await telegram.until(lambda api: len(api.texts(7)) == 2)
            ready = await asyncio.to_thread(_get, f"http://{running.HOST}:{port}/ready")
        finally:
            code = await asyncio.to_thread(server.stop)

    opened, answer = [one for one in telegram.sent if one.chat == "7"]
    assert "1" in opened.text
    assert (answer.text, answer.reply_to) == ("Use the extinguisher.", message)
    assert "bot" in str(ready["checks"])
    assert telegram.refused == []
    assert [one.get("language_code") for one in telegram.commands] == [None, "de", "es", "fr", "pt", "ca"]
    assert all(len(one["commands"]) >= 10 for one in telegram.commands)
    assert code == 0
    log = (tmp_path / "log").read_text()
    assert "chat    Telegram, by polling" in log
    assert "AAF3xCanary" not in log


def _settings(telegram: BotApi | None, port: int) -> dict[str, str]:
    ours = {"DESKBELL_API__PORT": str(port)}
    if telegram is None:
        return ours
    return ours | {"DESKBELL_TELEGRAM__TOKEN": TOKEN, "DESKBELL_TELEGRAM__API_BASE_URL": telegram.url}


def _add_agent(folder: Path) -> None:
    made = command(folder, "user", "add", "bob", "--role", "agent", "--password-stdin", given=f"{PASSWORD}\n")
    assert made.returncode == 0, made.stderr


def _started(folder: Path, telegram: BotApi, port: int) -> Server:
    return running.started(folder, (*DESKBELL, "serve", "--only", "api,bot"), port, _settings(telegram, port))


def _answer(served: Served) -> None:
    token = served.sign_in("bob", PASSWORD)
    [ticket] = json.loads(served.get("/api/v1/tickets", token))["tickets"]
    asked = urllib.request.Request(
        f"{served.url}/api/v1/tickets/{ticket['id']}/comments",
        json.dumps({"body": "Use the extinguisher."}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 201


def _get(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=20) as answer:
        found: dict[str, object] = json.load(answer)
    return found

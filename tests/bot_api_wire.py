"""Telegram's objects as the stand-in writes them, and its requests as it reads them."""

from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from tests import bot_api_rules as rules
from tests.bot_api_rules import Call


@dataclass
class Sent:
    """One call of the bot that did something in a chat. `text` is as a reader sees it."""

    method: str
    chat: str
    message: int
    text: str
    at: float
    fields: dict[str, Any]
    filename: str = ""
    data: bytes = b""

    @property
    def buttons(self) -> list[str]:
        rows = self.fields.get("reply_markup", {}).get("inline_keyboard", [])
        return [button.get("callback_data", "") for row in rows for button in row]

    @property
    def reply_to(self) -> int:
        return int(self.fields.get("reply_parameters", {}).get("message_id", 0))

    @property
    def topic(self) -> int:
        return int(self.fields.get("message_thread_id", 0))


def user(who: int, name: str) -> dict[str, Any]:
    return {"id": who, "is_bot": False, "first_name": name, "language_code": "en"}


def chat_of(chat: int) -> dict[str, Any]:
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": "Ann"}
    return {"id": chat, "type": "supergroup", "title": "Agents", "is_forum": True}


async def read(request: web.Request, method: str) -> Call:
    if request.content_type == "application/json":
        return Call(method, orjson.loads(await request.read()))
    fields: dict[str, object] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for name, given in (await request.post()).items():
        if isinstance(given, web.FileField):
            files[name] = (given.filename, given.file.read())
        else:
            fields[name] = rules.value(str(given)) if name not in ("text", "caption", "name") else str(given)
    for one in fields.get("media") or ():  # type: ignore[attr-defined]  # a list, if anything
        one["file"] = files.pop(str(one["media"]).removeprefix("attach://"))
    # python-telegram-bot names the file in the field and sends it beside it.
    for name, said in list(fields.items()):
        if isinstance(said, str) and said.startswith("attach://"):
            files[name] = files.pop(said.removeprefix("attach://"))
            del fields[name]
    return Call(method, fields, files)

"""A Bot API server on loopback that behaves as the real one documents, and tells of everything it would refuse.

People write to the bot by `says` and the like; what the bot sends lies in `sent`. What Telegram would have refused is
answered as Telegram does and lies in `refused` as well, which the fixture holds to be empty at the end of a test.
"""

import asyncio
import itertools
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from tests import bot_api_rules as rules
from tests import bot_api_wire as wire
from tests.bot_api_rules import Call, Refused, bad
from tests.bot_api_wire import Sent

TOKEN = "123456789:AAF3xCanaryCanaryCanaryCanaryCanary"
BOT = {
    "id": 123456789, "is_bot": True, "first_name": "Desk", "username": "desk_bot", "can_join_groups": True,
    "can_read_all_group_messages": True, "supports_inline_queries": False, "can_connect_to_business": False,
    "has_main_web_app": False, "has_topics_enabled": False, "allows_users_to_create_topics": False,
}  # fmt: skip
GROUP_A_MINUTE = 20


@dataclass(frozen=True)
class Behaviour:
    """What is done instead of what was asked. `swallows`: it is done, and the line breaks before the answer."""

    code: int = 0
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    swallows: bool = False
    method: str = ""


BLOCKED = Behaviour(403, "Forbidden: bot was blocked by the user")
SWALLOWS = Behaviour(swallows=True)


def too_fast(seconds: int) -> Behaviour:
    return Behaviour(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def moved_to(chat: int) -> Behaviour:
    return Behaviour(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": chat})


@dataclass
class BotApi:
    """`once` is used up by the next calls for its chat ("" for any), `always` holds."""

    url: str = ""
    updates: deque[dict[str, Any]] = field(default_factory=deque)
    sent: list[Sent] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    once: dict[str, list[Behaviour]] = field(default_factory=lambda: defaultdict(list))
    always: dict[str, Behaviour] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    files: dict[str, bytes] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    topics: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    commands: list[dict[str, Any]] = field(default_factory=list)
    pinned: list[tuple[str, int]] = field(default_factory=list)
    # Of the group: whether it has topics, and which are closed.
    is_forum: bool = True
    closed: set[int] = field(default_factory=set)
    me: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    messages: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    down: bool = False
    download_limit: int = rules.DOWNLOAD
    _update_id: int = 1000
    _message_id: int = 0
    _stirs: asyncio.Event = field(default_factory=asyncio.Event)
    _polls: int = 0

    # What people do.

    def says(self, who: int = 7, text: str = "", *, chat: int | None = None, name: str = "Ann", **more: Any) -> int:
        """Somebody writes to the bot, or in a group; answers the number of the message."""
        message = self._message(who, name, who if chat is None else chat)
        message.update({"text": text} if text else {}, **more)
        self.update(message=message)
        return int(message["message_id"])

    def edits(self, message: int, text: str, *, who: int = 7, at: int = 1_780_000_100) -> None:
        edited = self._message(who, "Ann", who) | {"message_id": message, "edit_date": at, "text": text}
        self.update(edited_message=edited)

    def presses(self, message: int, data: str, *, who: int = 7, chat: int | None = None) -> str:
        press = str(self._update_id + 5_000_000)
        bots = {
            "message_id": message,
            "date": 1_780_000_000,
            "chat": wire.chat_of(who if chat is None else chat),
            "text": "?",
        }
        asked = {"id": press, "from": wire.user(who, "Ann"), "message": bots, "chat_instance": "1", "data": data}
        self.update(callback_query=asked)
        return press

    def update(self, **what: Any) -> int:
        """Anything that Telegram may tell."""
        self._update_id += 1
        self.updates.append({"update_id": self._update_id, **what})
        self.stir()
        return self._update_id

    def a_file(self, data: bytes, file_id: str = "file-1") -> dict[str, Any]:
        self.files[file_id] = data
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(data)}

    def _message(self, who: int, name: str, chat: int) -> dict[str, Any]:
        self._message_id += 1
        return {
            "message_id": self._message_id,
            "date": 1_780_000_000,
            "from": wire.user(who, name),
            "chat": wire.chat_of(chat),
        }

    # What a test looks at.

    async def until(self, happened: Callable[["BotApi"], bool]) -> None:
        async with asyncio.timeout(20):
            while not happened(self):
                self._stirs.clear()
                await self._stirs.wait()

    def stir(self) -> None:
        self._stirs.set()

    def texts(self, chat: int = 7) -> list[str]:
        return [one.text for one in self.sent if one.chat == str(chat) and one.text]

    def expected(self, part: str) -> None:
        """A refusal that the test is about."""
        assert any(part in one for one in self.refused), self.refused
        self.refused = [one for one in self.refused if part not in one]

    async def call_the_webhook(self) -> list[int]:
        """Deliver what waits, each until it is taken; answers the status of each call."""
        statuses = []
        async with ClientSession() as session:
            while self.updates:
                headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
                async with session.post(self.webhook["url"], json=self.updates[0], headers=headers) as answer:
                    statuses.append(answer.status)
                if answer.status // 100 != 2:
                    break
                self.updates.popleft()
        return statuses

    # What the bot asks.

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.Response(status=502, text="<html>Bad Gateway</html>")
        method = request.match_info["method"]
        if request.match_info["token"] != TOKEN:
            return _refusal(Refused(401, "Unauthorized"))
        call = await wire.read(request, method)
        self.calls[method] += 1
        try:
            rules.check(call)
            behaviour = self._behaviour(call)
            _obey(behaviour)
            result = await self._result(call)
        except _Scripted as refused:
            self.stir()
            return _refusal(refused)
        except Refused as refused:
            self.refused.append(f"{method}: {refused.description}")
            self.stir()
            return _refusal(refused)
        self.stir()
        if behaviour and request.transport:
            request.transport.close()
        return web.json_response({"ok": True, "result": result}, dumps=lambda value: orjson.dumps(value).decode())

    def _behaviour(self, call: Call) -> Behaviour | None:
        """One that names no method is about what the bot does, not about what it asks."""

        def meant(one: Behaviour) -> bool:
            return one.method == call.method or not (one.method or call.method.startswith("get"))

        for chat in (call.chat, ""):
            for one in self.once.get(chat, []):
                if meant(one):
                    self.once[chat].remove(one)
                    return one
        found = self.always.get(call.chat)
        return found if found and meant(found) else None

    async def _result(self, call: Call) -> object:
        match call.method:
            case "getMe":
                return self.me
            case "getUpdates":
                return await self._get_updates(call.fields)
            case "setWebhook" | "deleteWebhook":
                self.webhook = dict(call.fields) if call.fields.get("url") else {}
                return True
            case "getWebhookInfo":
                return {"url": self.webhook.get("url", ""), "has_custom_certificate": False, "pending_update_count": len(self.updates)}  # fmt: skip
            case "getFile":
                return self._get_file(str(call.fields["file_id"]))
            case "setMyCommands" | "deleteMyCommands":
                self.commands.append(call.fields)
                return True
            case "createForumTopic":
                self._message_id += 1
                self.topics[call.chat].add(self._message_id)
                return {"message_thread_id": self._message_id, "name": call.fields["name"], "icon_color": 7322096}
            case "getChat":
                return wire.chat_of(int(call.chat)) | {
                    "is_forum": self.is_forum,
                    "accent_color_id": 0,
                    "max_reaction_count": 11,
                }
            case "closeForumTopic" | "reopenForumTopic":
                return self._turn_topic(call, closes=call.method == "closeForumTopic")
            case "deleteForumTopic":
                self._require_topic(call)
                return True
            case "deleteMessages":
                # Those that are not there any more are skipped.
                for one in call.fields["message_ids"]:  # type: ignore[attr-defined]  # as the rules have it
                    self.messages.pop((call.chat, int(one)), None)
                return True
            case "pinChatMessage":
                self.pinned.append((call.chat, int(str(call.fields["message_id"]))))
                return True
            case "getChatMember":
                return {"status": "administrator", "user": self.me, "can_manage_topics": True}
        return self._send(call)

    def _send(self, call: Call) -> object:
        if call.method == "answerCallbackQuery":
            self.sent.append(Sent(call.method, "", 0, str(call.fields.get("text", "")), time.monotonic(), call.fields))
            return True
        self._require_pace(call.chat)
        self._require_topic(call)
        if call.method == "sendMediaGroup":
            return [self._sent_in_album(call, one) for one in call.fields["media"]]  # type: ignore[attr-defined]  # as the rules have it
        text = rules.parsed(str(call.fields.get("text", "")), call.fields.get("parse_mode"))
        if call.method.startswith("edit"):
            message = self._edited(call, text)
        else:
            self._require_target(call)
            self._message_id += 1
            message = self._message_id
            self.messages[call.chat, message] = {"text": text, "reply_markup": call.fields.get("reply_markup")}
        filename, data = next(iter(call.files.values()), ("", b""))
        self.sent.append(Sent(call.method, call.chat, message, text, time.monotonic(), call.fields, filename, data))
        return {
            "message_id": message, "date": 1_780_000_000, "chat": wire.chat_of(int(call.chat)), "from": self.me, "text": text
        }  # fmt: skip

    def _sent_in_album(self, call: Call, one: dict[str, Any]) -> object:
        single = Call(call.method, {**call.fields, "media": one["type"]}, {one["type"]: one["file"]})
        self._message_id += 1
        filename, data = one["file"]
        self.messages[call.chat, self._message_id] = {"text": "", "reply_markup": None}
        moment = time.monotonic()
        self.sent.append(Sent(call.method, call.chat, self._message_id, "", moment, single.fields, filename, data))
        return {
            "message_id": self._message_id,
            "date": 1_780_000_000,
            "chat": wire.chat_of(int(call.chat)),
            "from": self.me,
        }

    def _turn_topic(self, call: Call, *, closes: bool) -> bool:
        self._require_topic(call)
        topic = int(str(call.fields["message_thread_id"]))
        if (topic in self.closed) is closes:
            raise bad("TOPIC_NOT_MODIFIED")
        (self.closed.add if closes else self.closed.discard)(topic)
        return True

    def _edited(self, call: Call, text: str) -> int:
        message = int(str(call.fields["message_id"]))
        known = self.messages.get((call.chat, message))
        if known is None:
            raise bad("message to edit not found")
        changed = {"reply_markup": call.fields.get("reply_markup")} | ({"text": text} if text else {})
        if all(known.get(name) == value for name, value in changed.items()):
            raise bad("message is not modified: specified new message content and reply markup are exactly the same")
        known.update(changed)
        return message

    def _require_topic(self, call: Call) -> None:
        topic = int(str(call.fields.get("message_thread_id", 0)))
        if topic and topic not in self.topics[call.chat]:
            raise bad("message thread not found")

    def _require_target(self, call: Call) -> None:
        target = call.fields.get("reply_parameters")
        if isinstance(target, dict) and not target.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")

    def _require_pace(self, chat: str) -> None:
        """Telegram's own figure; whoever goes past it is told to wait."""
        now = time.monotonic()
        minute = itertools.takewhile(lambda one: one.at > now - 60, reversed(self.sent))
        if chat.startswith("-") and sum(1 for one in minute if one.chat == chat) >= GROUP_A_MINUTE:
            raise Refused(429, "Too Many Requests: retry after 30", retry_after=30)
        recent = itertools.takewhile(lambda one: one.at > now - 0.9, reversed(self.sent))
        if sum(1 for one in recent if one.chat) > 40:
            # "About" thirty a second, and what is on the line arrives in heaps: no fault, but an answer.
            raise _Scripted(429, "Too Many Requests: retry after 1", retry_after=1)

    async def _get_updates(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        mine, end = self._polls, time.monotonic() + int(asked.get("timeout", 0))
        while self.updates and self.updates[0]["update_id"] < int(asked.get("offset", 0)):
            self.updates.popleft()
        while not self.updates and (left := end - time.monotonic()) > 0 and self._polls == mine and not self.down:
            self._stirs.clear()
            try:
                async with asyncio.timeout(min(left, 1.0)):
                    await self._stirs.wait()
            except TimeoutError:
                continue
        if self._polls != mine:
            raise _Scripted(409, "Conflict: terminated by other getUpdates request; make sure that only one runs")
        return list(self.updates)[: int(asked.get("limit", 100))]

    def _get_file(self, file_id: str) -> dict[str, Any]:
        if file_id not in self.files:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(self.files[file_id]) > self.download_limit:
            raise _Scripted(400, "Bad Request: file is too big")
        return {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": len(self.files[file_id]), "file_path": f"documents/{file_id}"}  # fmt: skip

    async def download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != TOKEN or request.match_info["file"] not in self.files:
            return web.Response(status=404)
        return web.Response(body=self.files[request.match_info["file"]])


class _Scripted(Refused):
    """A refusal that the test wants: no fault of the bot's."""


def _obey(behaviour: Behaviour | None) -> None:
    if behaviour and not behaviour.swallows:
        raise _Scripted(behaviour.code, behaviour.description, **behaviour.parameters)


def _refusal(refused: Refused) -> web.Response:
    said: dict[str, object] = {"ok": False, "error_code": refused.code, "description": refused.description}
    return web.json_response(
        said | ({"parameters": refused.parameters} if refused.parameters else {}), status=refused.code
    )


@asynccontextmanager
async def bot_api() -> AsyncIterator[BotApi]:
    server = BotApi()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/bot{token}/{method}", server.answer)
    app.router.add_get("/file/bot{token}/documents/{file}", server.download)
    async with TestServer(app) as running:
        server.url = str(running.make_url("")).rstrip("/")
        yield server

"""Fetching from the Bot API: updates as they come, and files. Plain aiohttp, so that what Telegram sent is what is kept.

python-telegram-bot makes objects of updates and confirms them before anybody has handled them; one that it cannot read
would take its whole batch with it. It sends for us (bot/post.py), and does not fetch.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from bot.kinds import Json, number, part, text
from core.chat.chat_settings import TelegramSection

TELEGRAM = "https://api.telegram.org"
# How long Telegram may wait for something to happen before it answers that nothing has.
POLL_SECONDS = 25
# How much longer than that an answer may take.
GRACE_SECONDS = 15
CALL_SECONDS = 20
FILE_SECONDS = 300
MOST_UPDATES = 100
# A hundred updates are some 100 KB; a text of 4096 characters with as many entities is the largest there is.
MOST_ANSWER = 64 * 1024 * 1024
_CHUNK = 64 * 1024


class Away(Exception):
    """No answer, or none of Telegram's."""


class TooLarge(Exception):
    """More than was asked for at most."""


class Refused(Exception):
    """Telegram's answer was no. `code` as in HTTP; `seconds` until it may be asked again (429)."""

    def __init__(self, code: int, reason: str, seconds: int = 0) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason
        self.seconds = seconds


@dataclass(frozen=True, slots=True, repr=False)
class Api:
    session: ClientSession
    settings: TelegramSection

    async def updates(self, offset: int | None, allowed: Sequence[str], *, seconds: int = POLL_SECONDS) -> list[Json]:
        """The next updates; waits for some. Raises Away, Refused."""
        asked: dict[str, object] = {"timeout": seconds, "limit": MOST_UPDATES, "allowed_updates": list(allowed)}
        if offset is not None:
            asked["offset"] = offset
        found = await self.call("getUpdates", asked, seconds=seconds + GRACE_SECONDS)
        return [part(one) for one in found] if isinstance(found, list) else []

    async def call(self, method: str, asked: Mapping[str, object], *, seconds: float = CALL_SECONDS) -> object:
        """What `method` answers. Raises Away, Refused."""
        url = f"{self.settings.api_base_url}/bot{self.settings.token.get_secret_value()}/{method}"
        try:
            async with self.session.post(
                url, json=asked, timeout=ClientTimeout(seconds), allow_redirects=False
            ) as response:
                said = part(orjson.loads(await _body(response, MOST_ANSWER)))
                status = response.status
        except (ClientError, OSError, TimeoutError, TooLarge, orjson.JSONDecodeError) as error:
            # Without its text, which may be the URL and with it the token.
            raise Away(type(error).__name__) from None
        if said.get("ok") is not True:
            wait = number(part(said.get("parameters")).get("retry_after"))
            raise Refused(number(said.get("error_code")) or status, text(said.get("description"))[:300], wait)
        return said.get("result")

    async def file(self, file_id: str, most: int) -> bytes:
        """The bytes of a file. Raises TooLarge, Away, Refused."""
        found = part(await self.call("getFile", {"file_id": file_id}))
        if number(found.get("file_size")) > most:
            raise TooLarge
        path = text(found.get("file_path"))
        if path.startswith("/") and not self.settings.api_base_url.startswith(TELEGRAM):
            # A server of one's own, on this machine and with --local, says where on the disk it is.
            return await asyncio.to_thread(_from_disk, path, most)
        url = f"{self.settings.api_base_url}/file/bot{self.settings.token.get_secret_value()}/{path}"
        try:
            async with self.session.get(url, timeout=ClientTimeout(FILE_SECONDS), allow_redirects=False) as response:
                if response.status != 200:
                    raise Refused(response.status, "the file is not there")
                return await _body(response, most)
        except (ClientError, OSError, TimeoutError) as error:
            raise Away(type(error).__name__) from None


def _from_disk(path: str, most: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Away(type(error).__name__) from None
    if len(data) > most:
        raise TooLarge
    return data


async def _body(response: ClientResponse, most: int) -> bytes:
    """Never more than `most` in memory, whatever was announced."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        if size > most:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


@asynccontextmanager
async def opened(settings: TelegramSection) -> AsyncIterator[Api]:
    async with ClientSession(trust_env=True, json_serialize=lambda value: orjson.dumps(value).decode()) as session:
        yield Api(session, settings)
    # aiohttp closes TLS connections behind its back; give the loop the turn that it takes.
    await asyncio.sleep(0)

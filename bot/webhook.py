"""Where Telegram calls, in webhook mode: stored before it is answered, as with fetching. Handled by who holds the lease."""

import asyncio
import hmac

import orjson
import structlog
from aiohttp import web

from bot.fetching import arrival
from bot.kinds import part
from core.accounts.secrets import Keys
from core.chat import arrivals
from core.config import Settings
from core.desk import Desk
from core.errors import Unavailable
from core.storage import database

log = structlog.get_logger()

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
# An update is a few KB; a message with a long text, all of it formatted, some 500.
MOST_BYTES = 2 * 1024 * 1024


def mount(application: web.Application, desk: Desk, arrived: asyncio.Event) -> None:
    """`arrived` is set whenever something new lies in the table."""
    secret = secret_of(desk.settings, desk.keys).encode()

    async def take(request: web.Request) -> web.Response:
        # Strangers find this path: who has not the secret is not even read.
        if not hmac.compare_digest(request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace"), secret):
            return web.Response(status=403)
        raw = await _body(request)
        if raw is None:
            return web.Response(status=413)
        try:
            update = part(orjson.loads(raw))
        except orjson.JSONDecodeError:
            return web.Response(status=400)
        found = arrival(update, desk.settings.telegram.bot_id)
        if found is None:
            return web.Response(status=400)
        try:
            async with desk.writing() as connection:
                await arrivals.keep(connection, desk.settings.telegram.bot_id, [found], desk.clock())
        except Exception as error:
            if not (isinstance(error, Unavailable) or database.is_passing(error)):
                raise
            log.warning("telegram_update_not_stored", error=repr(error))
            # Telegram calls again.
            return web.Response(status=503)
        arrived.set()
        return web.Response()

    application.router.add_post(desk.settings.telegram.webhook_path, take)


async def _body(request: web.Request) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > MOST_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def secret_of(settings: Settings, keys: Keys) -> str:
    """What shows that it is Telegram who calls."""
    return settings.telegram.webhook_secret.get_secret_value() or keys.telegram.hex()


def url_of(settings: Settings) -> str:
    return f"{settings.public_url}{settings.telegram.webhook_path}"

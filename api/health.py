"""Whether we run (`/health`), whether we can work (`/ready`), and how much we did (`/metrics`)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from aiohttp import web
from sqlalchemy import text

from api import problems, respond
from api.routes import Access, Call, Limit, Route
from core import ledger, outbox
from core.desk import Desk
from core.mail import marks
from core.storage import room

log = structlog.get_logger()

DATABASE_SECONDS = 2
# A batch takes milliseconds; one that takes longer than this is stuck behind a lock or a disk.
LONGEST_BATCH = timedelta(seconds=15)


async def health(call: Call) -> web.Response:
    return respond.json({"status": "ok"})


async def ready(call: Call) -> web.Response:
    checks = {"database": _database, "writer": _writer, "disk": _disk}
    failing = [name for name, check in checks.items() if not await check(call.desk)]
    failing += [name for name, is_alive in call.door.alive.items() if not is_alive()]
    if failing:
        return problems.response(
            503, f"not ready: {', '.join(failing)}. `deskbell doctor` says what to do", headers={"Retry-After": "5"}
        )
    return respond.json({"status": "ready", "checks": [*checks, *call.door.alive]})


async def metrics(call: Call) -> web.Response:
    from api import exposition

    async with call.desk.reading() as connection:
        deliveries, arrivals = await outbox.counts(connection), await ledger.counts(connection)
        incidents = await marks.counts(connection, call.desk.clock())
    backlog = {"": call.desk.backlog}
    own = {"queue_backlog": backlog, "deliveries": deliveries, "ledger": arrivals, "incidents": incidents}
    page = call.door.metrics.page(own | dict(call.door.counted()))
    return web.Response(body=page, headers={"Content-Type": exposition.CONTENT_TYPE})


async def _database(desk: Desk) -> bool:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), desk.reading() as connection:
            await connection.execute(text("SELECT 1"))
    except Exception:  # whatever it is, the answer is "not ready"; the log has the reason
        log.exception("database_unreachable")
        return False
    return True


async def _writer(desk: Desk) -> bool:
    return desk.writer is not None and not desk.writer.done() and desk.stalled_for < LONGEST_BATCH


async def _disk(desk: Desk) -> bool:
    return room.has(desk.settings.desk.data_dir, room.least(desk.settings.smtp.max_message_mb))


Check = Callable[[Desk], Awaitable[bool]]

ROUTES = (
    Route("GET", "/health", Access.PUBLIC, health, Limit.NONE),
    Route("GET", "/ready", Access.PUBLIC, ready, Limit.NONE),
    Route("GET", "/metrics", Access.LOCAL, metrics, Limit.NONE),
)

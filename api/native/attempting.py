"""A request that its client may send again, because it never heard what became of the first: Idempotency-Key."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from api.problems import Refusal
from api.routes import Call
from core import attempts

LONGEST_KEY = 200

Result = Mapping[str, object]


def key_of(call: Call) -> str | None:
    """The name the client gave its attempt, if it did. Raises Refusal (400)."""
    key = call.request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise Refusal(400, f"Idempotency-Key must be 1 to {LONGEST_KEY} printable ASCII characters")
    return key


async def once(
    call: Call, connection: AsyncConnection, about: str, asked: bytes, work: Callable[[], Awaitable[Result]]
) -> Result:
    """What `work` answers; where it was done before under the same key, what it answered then. Raises Conflict."""
    key = key_of(call)
    if key is None:
        return await work()
    attempt = attempts.of(call.actor.user_id, about, key, asked)
    if (earlier := await attempts.begun(connection, attempt, call.desk.clock())) is not None:
        return earlier
    result = await work()
    await attempts.done(connection, attempt, result)
    return result

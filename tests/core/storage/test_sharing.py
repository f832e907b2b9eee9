"""Small transactions that share a commit: what one refuses or breaks is undone, and the others stay."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from core.chat.telegram_tables import telegram_moves
from core.desk import Desk
from core.errors import Forbidden
from tests.stored import rows


def writes(name: str, end: Exception | None = None) -> Callable[[AsyncConnection], Awaitable[str]]:
    async def work(connection: AsyncConnection) -> str:
        await connection.execute(insert(telegram_moves), {"old": name, "new": name})
        if end:
            raise end
        return name.upper()

    return work


async def test_each_gets_its_answer_and_a_refusal_is_its_own(any_desk: Desk) -> None:
    works = [writes("a"), writes("b", Forbidden("no")), writes("c"), writes("d", ZeroDivisionError()), writes("e")]

    answers = await asyncio.gather(*(any_desk.sharing.do(work) for work in works), return_exceptions=True)

    assert [answer if isinstance(answer, str) else type(answer) for answer in answers] == [
        "A", Forbidden, "C", ZeroDivisionError, "E"
    ]  # fmt: skip
    assert [row.old for row in await rows(any_desk, telegram_moves)] == ["a", "c", "e"]

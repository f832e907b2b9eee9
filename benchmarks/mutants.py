"""Deskbell with one bug planted, for the crash test to find: `python -P benchmarks/mutants.py NAME serve …`.

A crash test that cannot fail proves nothing. The product knows nothing of this: its one door is replaced from outside.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import deskbell
from core.desk import Desk
from core.messages import InboundMessage, Receipt
from core.tables import new_id
from core.vocabulary import Outcome

Door = Callable[[Desk, InboundMessage], Awaitable[Receipt]]

_honest = Desk.receive
_filing: set[asyncio.Task[Receipt]] = set()


async def answers_before_the_commit(desk: Desk, message: InboundMessage) -> Receipt:
    task = asyncio.create_task(_honest(desk, message))
    _filing.add(task)
    task.add_done_callback(_filing.discard)
    return Receipt(Outcome.OPENED, new_id(), ticket_number=1)


async def has_no_dedupe_key(desk: Desk, message: InboundMessage) -> Receipt:
    return await _honest(desk, replace(message, dedupe_key=uuid4().hex))


MUTANTS: dict[str, Door] = {"early-answer": answers_before_the_commit, "no-dedupe-key": has_no_dedupe_key}


def main() -> None:
    Desk.receive = MUTANTS[sys.argv.pop(1)]  # type: ignore[method-assign, assignment]  # planting a bug is the point
    deskbell.main()


if __name__ == "__main__":
    main()

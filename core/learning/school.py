"""Learning as the desk goes on: the judge of this process knows what people have decided, soon after they have.

What is learned is a function of the rows in `lessons` alone. After each decision that is made here, and every half
minute for those that other processes made, one small query tells whether there is a new row; usually it is learned
by itself, and after an undoing, a purge or a second decision about a ticket everything is learned anew. Of many
lessons that takes seconds: whoever decided does not wait for it, and the next look learns them.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy import Connection, func, select

from core import tables
from core.classify import library
from core.classify.learning import Pupil
from core.config import ClassifySection, Settings
from core.learning import lessons
from core.learning.judge import Judge
from core.learning.lessons import State, Taught
from core.storage.database import Database
from core.vocabulary import Role

log = structlog.get_logger()

# So many more than the newest are learned from before all is learned anew without the oldest.
SLACK = 200
# So many at once are learned while messages come in (1 to 2.5 ms each); more are learned beside them, with all.
AT_ONCE = 8
# So many are learned anew while whoever decided waits (an eighth of a second, more with long texts).
WAITED_FOR = 100


class School:
    """Owned by the desk. Nobody waits here while a message is filed."""

    def __init__(self) -> None:
        self._pupil = Pupil()
        self._state = State()
        self._tickets: set[UUID] = set()
        self._turn = asyncio.Lock()
        # For seconds: whoever cannot wait comes later.
        self.is_busy = False

    async def attended(self, base: Database, judge: Judge, *, is_waited_for: bool = False) -> Judge:
        """The same judge with everything learned that was decided until now, and with the agents that there are.

        Where somebody waits for it, what takes longer is left for the next time.
        """
        judge = await self.taught(base, judge, is_waited_for=is_waited_for)
        if names := _names(judge.settings):
            judge = replace(judge, agents=await base.look(lambda connection: _agents(connection, names)))
        return judge

    async def taught(self, base: Database, judge: Judge, *, is_waited_for: bool = False) -> Judge:
        """The same judge with everything learned that was decided until now."""
        async with self._turn:
            now = await base.look(lessons.state)
            is_news = now != self._state
            if is_news and await self._caught_up(base, now, is_waited_for=is_waited_for):
                self._state = now
            # Also where it is no news: whoever asked before us may not have put their judge in place yet.
            return replace(judge, learned=self._pupil.learned) if is_news or now.rows else judge

    async def _caught_up(self, base: Database, now: State, *, is_waited_for: bool) -> bool:
        """Learn what is new; False: left for the next time."""
        if await self._went_on(base, now):
            return True
        if is_waited_for and len(self._tickets) > WAITED_FOR:
            return False
        await self._began_again(base)
        return True

    async def _went_on(self, base: Database, now: State) -> bool:
        """Learn only what is new, if that is the same as learning all."""
        more = now.rows - self._state.rows
        if not 0 < more <= AT_ONCE or len(self._tickets) + more > lessons.WINDOW + SLACK:
            return False
        rows = await base.look(lambda connection: lessons.since(connection, self._state.newest))
        if len(rows) != more or not self._are_first(rows):
            return False
        self._learn(rows)
        return True

    def _are_first(self, rows: list[Taught]) -> bool:
        tickets = {row.ticket_id for row in rows if row.ticket_id}
        return len(tickets) == len(rows) and tickets.isdisjoint(self._tickets)

    async def _began_again(self, base: Database) -> None:
        rows = lessons.counting(await base.look(lessons.newest))
        self._pupil, self._tickets = Pupil(), set()
        self.is_busy = len(rows) > WAITED_FOR
        try:
            await asyncio.to_thread(self._learn, rows)
        finally:
            self.is_busy = False

    def _learn(self, rows: list[Taught]) -> None:
        self._tickets |= {row.ticket_id for row in rows if row.ticket_id}
        self._pupil.learn_all(lesson for row in rows if (lesson := row.lesson))


async def judge(base: Database, settings: Settings) -> Judge:
    """As the desk opens: with its own additions to the lexicon. Raises Invalid with every mistake in them."""
    added = await asyncio.to_thread(library.additions, settings.desk.data_dir)
    own = await asyncio.to_thread(library.of_desk, settings.desk.data_dir) if added else None
    found = Judge(settings.classify, library=own)
    if names := _names(settings.classify):
        agents = await base.look(lambda connection: _agents(connection, names))
        if missing := sorted(names - agents.keys()):
            log.warning("classify_names_nobody", missing=missing, advice="no active agent is called so")
        found = replace(found, agents=agents)
    return found


def _names(settings: ClassifySection) -> frozenset[str]:
    named = (*settings.assign.values(), *(rule.assignee for rule in settings.rules))
    return frozenset(name.lower() for name in named if name)


def _agents(connection: Connection, names: Collection[str]) -> Mapping[str, UUID]:
    u = tables.users.c
    found = connection.execute(
        select(u.username, u.id).where(
            func.lower(u.username).in_(names), u.active, u.role != Role.CUSTOMER, u.deleted_at.is_(None)
        )
    )
    return {username.lower(): user_id for username, user_id in found.all()}

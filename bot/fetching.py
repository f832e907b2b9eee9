"""Fetching updates: asked for, stored with the number to ask for next in one commit, and only then asked for further.

Telegram takes the next question as the receipt for everything before it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import orjson
import structlog

from bot import normalize
from bot.api import Api, Away, Refused
from bot.enduring import enduring
from bot.kinds import Json
from core.chat import arrivals
from core.chat.arrivals import Arrival
from core.desk import Desk

log = structlog.get_logger()

# More than this is left with Telegram, which keeps it for a day.
MOST_WAITING = 5_000
# Waiting times after a fault: a second, doubling, a minute at most.
LONGEST_WAIT = 60
# After a week without any, Telegram numbers updates anew, and a number from before might lie ahead of all of them.
# Nothing older than a day is offered anyway.
NUMBERS_HOLD = timedelta(days=6)
# What was handled is kept for so long: Telegram offers nothing again after a day.
KEPT = timedelta(days=3)
TIDY_SECONDS = 3600.0


@dataclass(slots=True)
class Fetching:
    """Fetches until it is cancelled, and sets `arrived` whenever something new lies in the table."""

    desk: Desk
    api: Api
    arrived: asyncio.Event
    _faults: int = 0

    async def run(self) -> None:
        bot = self.api.settings.bot_id
        asked = await enduring(lambda: self._offset(bot))
        while True:
            await self._make_room()
            try:
                updates = await self.api.updates(asked, normalize.ALLOWED_UPDATES)
            except (Away, Refused) as error:
                await self._rest(error)
                continue
            self._faults = 0
            if updates:
                asked = await self._keep(bot, updates, asked)

    async def _keep(self, bot: int, updates: Sequence[Json], asked: int | None) -> int | None:
        found = [one for one in (arrival(update, bot) for update in updates) if one]
        following = max((one.update_id + 1 for one in found), default=asked)

        async def keep() -> None:
            async with self.desk.writing() as connection:
                await arrivals.keep(connection, bot, found, self.desk.clock(), next_id=following)

        await enduring(keep)
        self.arrived.set()
        return following

    async def _offset(self, bot: int) -> int | None:
        async with self.desk.reading() as connection:
            known = await arrivals.offset(connection, bot)
        if known is None or self.desk.clock() - known[1] > NUMBERS_HOLD:
            return None
        return known[0]

    async def _make_room(self) -> None:
        """Wait while more lies here than is handled soon."""
        while True:
            async with self.desk.reading() as connection:
                waiting = await arrivals.backlog(connection, MOST_WAITING)
            if waiting < MOST_WAITING:
                return
            await asyncio.sleep(1)

    async def _rest(self, error: Away | Refused) -> None:
        self._faults += 1
        wait = min(2 ** min(self._faults - 1, 10), LONGEST_WAIT)
        match error:
            case Refused(code=409):
                # Another program fetches with this token, or a webhook is set.
                log.error("telegram_conflict", reason=error.reason, advice="one token is for one desk: stop the other")
                await self._unset_webhook()
            case Refused(code=401 | 404):
                log.error("telegram_refuses_the_token", advice="ask @BotFather for the token and set telegram.token")
                wait = LONGEST_WAIT
            case Refused(seconds=seconds) if seconds:
                wait = seconds
                log.warning("telegram_says_wait", seconds=seconds)
            case _:
                log.warning("telegram_away", reason=str(error), wait=wait)
        await asyncio.sleep(wait)

    async def _unset_webhook(self) -> None:
        try:
            await self.api.call("deleteWebhook", {"drop_pending_updates": False})
        except (Away, Refused) as error:
            log.warning("telegram_webhook_stays", reason=str(error))


def arrival(update: Json, bot: int) -> Arrival | None:
    """An update as it is kept: as it came, but for the white space."""
    found = normalize.arrival(update, orjson.dumps(update), bot)
    if found is None:
        log.error("telegram_update_without_a_number")
    return found


async def tidying(desk: Desk) -> None:
    """Remove what was done with long ago, until it is cancelled."""
    while True:

        async def tidy() -> None:
            async with desk.writing() as connection:
                await arrivals.tidy(connection, desk.clock() - KEPT)

        await enduring(tidy)
        await asyncio.sleep(TIDY_SECONDS)

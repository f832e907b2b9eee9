"""The embed look-up of seed 003: public, for any site, and the most asked of all."""

import re
from datetime import datetime, timedelta

import orjson
from aiohttp import web
from multidict import CIMultiDict

from api import problems
from api.native import views
from api.routes import Call

# Every miss, whatever the reason, is this answer.
_MISS = "Ticket not found: check the link"
_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEADERS = CIMultiDict(
    {"Content-Type": "application/json", "Cache-Control": "public, max-age=5", "Access-Control-Allow-Origin": "*"}
)
FRESH = timedelta(seconds=1)
REMEMBERED = 5000


class Embeds:
    """Answers of the last second: a page that many look at costs the database one look a second."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[datetime, bytes]] = {}

    async def one(self, call: Call) -> web.Response:
        token = call.request.match_info["token"]
        known = self._answers.get(token)
        now = call.desk.clock()
        if known and now < known[0]:
            return web.Response(body=known[1], headers=_HEADERS)
        return await self._read(call, token, now)

    async def _read(self, call: Call, token: str, now: datetime) -> web.Response:
        found = await call.desk.embeds.get(token) if _TOKEN.fullmatch(token) else None
        if found is None:
            self._answers.pop(token, None)
            return problems.response(404, _MISS, headers={"Access-Control-Allow-Origin": "*"})
        answer = orjson.dumps(views.embed(found, f"{call.desk.settings.public_url}/t/{token}"))
        if len(self._answers) >= REMEMBERED:
            self._answers.clear()
        self._answers[token] = (now + FRESH, answer)
        return web.Response(body=answer, headers=_HEADERS)

"""The embed look-up of seed 003: public, for any site, and the most asked of all; and the token that opens it."""

import re
from datetime import datetime, timedelta

import orjson
from aiohttp import web
from multidict import CIMultiDict

from api import problems, respond
from api.native import finding, views
from api.routes import Call
from core import links

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
        # How often a token was revoked. What was read before may not be remembered after.
        self._revoked = 0

    async def one(self, call: Call) -> web.Response:
        token = call.request.match_info["token"]
        known = self._answers.get(token)
        now = call.desk.clock()
        if known and now < known[0]:
            return web.Response(body=known[1], headers=_HEADERS)
        return await self._read(call, token, now)

    async def renew(self, call: Call) -> web.Response:
        """A new token for the ticket; the old one is worth nothing from now on."""
        async with call.desk.writing() as connection:
            ticket = await finding.within(call, connection)
            token = await links.renew(connection, ticket, by=call.actor, now=call.desk.clock())
        self._forget(ticket.embed_token)
        return respond.json({"embed_token": token, "link": _link(call, token)}, status=201)

    async def revoke(self, call: Call) -> web.Response:
        async with call.desk.writing() as connection:
            ticket = await finding.within(call, connection)
            await links.revoke(connection, ticket, by=call.actor, now=call.desk.clock())
        self._forget(ticket.embed_token)
        return respond.nothing()

    def _forget(self, token: str | None) -> None:
        self._revoked += 1
        self._answers.pop(token or "", None)

    async def _read(self, call: Call, token: str, now: datetime) -> web.Response:
        revoked = self._revoked
        found = await call.desk.embeds.get(token) if _TOKEN.fullmatch(token) else None
        if found is None:
            self._answers.pop(token, None)
            return problems.response(404, _MISS, headers={"Access-Control-Allow-Origin": "*"})
        answer = orjson.dumps(views.embed(found, _link(call, token)))
        if revoked == self._revoked:
            if len(self._answers) >= REMEMBERED:
                self._answers.clear()
            self._answers[token] = (now + FRESH, answer)
        return web.Response(body=answer, headers=_HEADERS)


def _link(call: Call, token: str) -> str:
    return f"{call.desk.settings.public_url}/t/{token}"

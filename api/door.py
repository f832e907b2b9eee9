"""The door of the HTTP side: every request of ours passes it, and it knows who comes and how often."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from api import auth, client_ip, keyring
from api.auth import Claims, Tokens
from api.keyring import Keyring, Presented
from api.limits import SPENT, Allowance, Spent, unlimited
from api.metrics import Gauges, Metrics
from api.problems import Refusal
from api.routes import ANYBODY, Access, Call, Limit, Route
from api.shelf import Shelf, Stamping
from api.sign_in import SignIn
from core import access
from core.access import Actor
from core.desk import Desk

# What a caller without a token, or with a bad one, gets where one is needed.
_Claimed = Claims | Presented | Refusal


class Door:
    """What all routes of one application share. `alive` tells of each background task whether it still runs."""

    def __init__(
        self, desk: Desk, alive: Mapping[str, Callable[[], bool]], counted: Callable[[], Gauges] = dict
    ) -> None:
        self.desk = desk
        self.alive = alive
        self.counted = counted
        self.tokens = Tokens(desk.keys.tokens, timedelta(minutes=desk.settings.api.token_minutes))
        self.sign_in = SignIn(desk)
        self.keyring = Keyring(desk)
        self.shelf = Shelf(desk)
        self.metrics = Metrics()
        self.client_ip = client_ip.reader(desk.settings.api.trusted_proxies)
        limits = desk.settings.limits
        per_minute = {
            Limit.API: limits.api_per_minute,
            Limit.LOGIN: limits.logins_per_minute,
            Limit.STATUS: limits.status_per_minute,
        }
        self._allowances = {limit: self._new(number) for limit, number in per_minute.items()} if limits.enabled else {}

    def allowance(self, per_minute: int) -> Callable[[str], float | None]:
        """An allowance for pages beside the API: None to proceed, else the seconds to wait."""
        return self._new(per_minute) if self.desk.settings.limits.enabled else unlimited

    def entry(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The handler that aiohttp calls for `route`."""
        handler, allowance, reads_ticket = route.handler, self._allowances.get(route.limit), route.reads_ticket

        async def public(request: web.Request) -> web.StreamResponse:
            return await handler(Call(request, self.desk, self, ANYBODY))

        async def limited(request: web.Request) -> web.StreamResponse:
            claimed = self._claimed(request)
            if allowance:
                request[SPENT] = self._spend(allowance, request, claimed)
            stamping = self._stamping(request) if reads_ticket and isinstance(claimed, Claims) else None
            actor = await self._actor(request, claimed, route.access)
            return await handler(Call(request, self.desk, self, actor, stamping))

        # The embed look-up is asked a thousand times a second: what it does not need is not done.
        return public if route.access is Access.PUBLIC and allowance is None else limited

    def _new(self, per_minute: int) -> Allowance:
        return Allowance(per_minute, lambda: self.desk.clock().timestamp())

    def _claimed(self, request: web.Request) -> _Claimed:
        if (key := keyring.presented(request.headers)) is not None:
            return key
        token = auth.bearer(request.headers.get("Authorization"))
        if token is None:
            return auth.sign_in_first()
        try:
            return self.tokens.check(token, self.desk.clock())
        except Refusal as refusal:
            return refusal

    def _spend(self, allowance: Allowance, request: web.Request, claimed: _Claimed) -> Spent:
        """Who has signed in counts for themselves: a whole office may share one address."""
        if isinstance(claimed, Claims) and allowance is self._allowances[Limit.API]:
            key = str(claimed.user_id)
        elif isinstance(claimed, Presented) and (owner := self.keyring.owner(claimed)):
            key = str(owner)
        else:
            key = client_ip.bucket(self.client_ip(request))
        spent = allowance.spend(key)
        if spent.wait is not None:
            wait = spent.headers["Retry-After"]
            raise Refusal(429, f"too many requests: try again in {wait} seconds", spent.headers)
        return spent

    def _stamping(self, request: web.Request) -> Stamping | None:
        named = request.match_info["ticket"]
        return None if named.isdecimal() else self.shelf.ask(UUID(named))

    async def _actor(self, request: web.Request, claimed: _Claimed, needed: Access) -> Actor:
        if needed is Access.PUBLIC or (needed is Access.LOCAL and client_ip.is_local(request)):
            return ANYBODY
        if isinstance(claimed, Refusal):
            raise claimed
        if isinstance(claimed, Presented):
            actor = await self.keyring.actor(claimed, request.method, needed)
        else:
            actor = await self._signed_in(claimed)
        if check := _CHECKS.get(needed):
            check(actor)
        return actor

    async def _signed_in(self, claimed: Claims) -> Actor:
        user = await self.desk.users.get(claimed.user_id)
        if user is None or not user.active or user.token_version != claimed.version:
            raise auth.invalid_token()
        return user.actor


_CHECKS: Mapping[Access, Callable[[Actor], None]] = {
    Access.STAFF: access.require_staff,
    Access.ADMIN: access.require_admin,
    Access.LOCAL: access.require_admin,
}

"""Requests that bring an API key: whose it is, and whether it opens this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api import auth
from api.routes import Access
from core.access import Actor
from core.accounts import api_keys
from core.accounts.api_keys import MARK, ApiKey
from core.desk import Desk
from core.errors import Forbidden
from core.storage.together import Together
from core.vocabulary import Scope

HEADER = "X-API-Key"
# A key that is used all the time is written down as used once in so long.
NOTED_EVERY = timedelta(minutes=1)
MOST = 4096
LONGEST = 200

_READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Presented:
    """A key somebody showed, by its digest. It proves nothing until the ring has been asked."""

    sha256: str


def presented(headers: Mapping[str, str]) -> Presented | None:
    """The key of a request: as `Authorization: Bearer dk_…`, or as X-API-Key where nobody signs in."""
    bearer = auth.bearer(headers.get("Authorization"))
    key = bearer if bearer is not None else headers.get(HEADER)
    if key is None or (bearer is not None and not bearer.startswith(MARK)):
        return None
    return Presented(api_keys.sha256(key.strip()[:LONGEST]))


class Keyring:
    """The keys of one desk. Each request asks the database: a revoked key, or one of a disabled owner, is dead at once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._keys: Together[str, ApiKey] = Together(self._read)
        # When a good key was written down as used, and whose it is.
        self._noted: dict[str, tuple[datetime, UUID]] = {}

    def owner(self, key: Presented) -> UUID | None:
        """Whom its requests count for, if it was good lately; before that, the address they come from."""
        noted = self._noted.get(key.sha256)
        return noted[1] if noted else None

    async def actor(self, presented: Presented, method: str, needed: Access) -> Actor:
        """Whom the key acts for. Raises Refusal (401), Forbidden."""
        key = await self._keys.get(presented.sha256)
        owner = await self._desk.users.get(key.user_id) if key else None
        if key is None or owner is None or not owner.active:
            self._noted.pop(presented.sha256, None)
            raise auth.invalid_key()
        if needed is Access.IN_PERSON:
            raise Forbidden("no key opens this: sign in with name and password")
        if key.scope is Scope.READ and method not in _READS:
            raise Forbidden("this key may only read: make one with the scope write")
        await self._note(presented.sha256, key)
        return api_keys.narrowed(owner.actor, key.scope)

    async def _note(self, sha256: str, key: ApiKey) -> None:
        now = self._desk.clock()
        last = self._noted.get(sha256)
        if last is not None and now - last[0] < NOTED_EVERY:
            return
        if len(self._noted) >= MOST:
            del self._noted[next(iter(self._noted))]
        # Before the write, so that of many requests at once one writes.
        self._noted[sha256] = now, key.user_id
        async with self._desk.writing() as connection:
            await api_keys.used(connection, key.id, now)

    async def _read(self, digests: Sequence[str]) -> dict[str, ApiKey]:
        async with self._desk.reading() as connection:
            return await api_keys.by_sha256(connection, digests)

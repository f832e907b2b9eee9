"""Signing in with name and password: guessing is slow for everyone, and waiting costs the desk nothing.

What may be refused is refused before the hash, which takes a fifth of a second of a core on purpose.
"""

from datetime import datetime

from api.problems import Refusal
from core.accounts import passwords, users
from core.accounts.users import User
from core.desk import Desk

# After this many attempts in a row the account waits: so many minutes more after each further one, never for good.
FREE_ATTEMPTS = 5
WAITS = (1, 2, 4, 8, 15)
# Two hashes run at once (core.accounts.passwords); so many more may wait for their turn.
MOST_WAITING = 8
MOST_NAMES = 10_000
LONGEST_NAME = 64


class SignIn:
    """The one place where passwords are tried."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._hashing = 0
        # By name, existing or not: attempts in a row, and when the next may be made (seconds since 1970).
        self._attempts: dict[str, tuple[int, float]] = {}

    async def user(self, username: str, password: str) -> User:
        """Whose name and password these are. Raises Refusal: 401, or 429 before anything was hashed."""
        name = username.strip().lower()[:LONGEST_NAME]
        self._count(name, self._desk.clock())
        if self._hashing >= MOST_WAITING:
            raise Refusal(429, "too many are signing in at the moment: try again", {"Retry-After": "2"})
        self._hashing += 1
        try:
            found = await self._matching(name, password)
        finally:
            self._hashing -= 1
        if found is None:
            raise Refusal(401, "wrong name or password: try again", {"WWW-Authenticate": "Bearer"})
        self._attempts.pop(name, None)
        return found

    async def _matching(self, name: str, password: str) -> User | None:
        async with self._desk.reading() as connection:
            known = await users.password_hash(connection, name)
        # Without an account the same hash is computed: neither the answer nor its time tells whether there is one.
        matches = await passwords.matches(password, known[1] if known else None)
        return known[0] if known and matches else None

    def _count(self, name: str, now: datetime) -> None:
        """Counted before the answer is known, so that a hundred guesses at once are a hundred."""
        if not self._desk.settings.limits.enabled:
            return
        seconds = now.timestamp()
        made, not_before = self._attempts.pop(name, (0, 0.0))
        if seconds < not_before:
            self._attempts[name] = (made, not_before)
            wait = max(1, round(not_before - seconds))
            raise Refusal(
                429,
                f"too many wrong passwords for this name: try again in {wait} seconds",
                {"Retry-After": str(wait)},
            )
        made += 1
        over = made - FREE_ATTEMPTS
        minutes = WAITS[min(over, len(WAITS) - 1)] if over >= 0 else 0
        if len(self._attempts) >= MOST_NAMES:
            del self._attempts[next(iter(self._attempts))]
        self._attempts[name] = (made, seconds + 60 * minutes)

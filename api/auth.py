"""Sign-in tokens: JWT over HS256, issued and checked here; nothing else knows PyJWT.

A token proves who signed in. What they may do is read from the database on each request, so that a demotion, a
disabling or a new password (all raise `token_version`) holds from the next request on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import jwt
from jwt.types import Options

from api.problems import Refusal

ISSUER, AUDIENCE, ALGORITHM = "deskbell", "deskbell-api", "HS256"
LONGEST = 2048
# Checked signatures remembered. Checking one costs more than everything else a small request does.
REMEMBERED = 4096

_REQUIRED = ["iss", "aud", "sub", "jti", "iat", "exp", "ver"]
# Times are compared with the desk's clock, below; a list of algorithms is what keeps `none` and RS256 out.
_OPTIONS: Options = {
    "require": _REQUIRED,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "strict_aud": True,
}
_jwt = jwt.PyJWT({"enforce_minimum_key_length": True})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine token says. `issued` and `expires` are seconds since 1970."""

    user_id: UUID
    version: int
    issued: int
    expires: int


class Tokens:
    """Issues and checks the tokens of one desk."""

    def __init__(self, key: bytes, lifetime: timedelta) -> None:
        self._key = key
        self._lifetime = lifetime
        self._genuine: dict[str, Claims] = {}

    @property
    def seconds(self) -> int:
        return int(self._lifetime.total_seconds())

    def issue(self, user_id: UUID, version: int, now: datetime) -> str:
        issued = int(now.timestamp())
        payload = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "jti": uuid4().hex,
            "iat": issued,
            "exp": issued + self.seconds,
            "ver": version,
        }
        return _jwt.encode(payload, self._key, algorithm=ALGORITHM)

    def check(self, token: str, now: datetime) -> Claims:
        """What the token says, if we made it and it is still good. Raises Refusal (401)."""
        claims = self._genuine.get(token) or self._checked(token)
        seconds = now.timestamp()
        # A minute of grace for the clocks of several processes; a token from further ahead was not made by us.
        if not claims.issued - 60 <= seconds < claims.expires or claims.expires - claims.issued > self.seconds:
            raise invalid_token()
        return claims

    def _checked(self, token: str) -> Claims:
        if len(token) > LONGEST:
            raise invalid_token()
        try:
            payload = _jwt.decode(
                token, self._key, algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE, options=_OPTIONS
            )
            claims = Claims(UUID(payload["sub"]), *(_whole(payload[name]) for name in ("ver", "iat", "exp")))
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise invalid_token() from None
        if len(self._genuine) >= REMEMBERED:
            # The oldest goes: a dictionary keeps the order in which it was filled.
            del self._genuine[next(iter(self._genuine))]
        self._genuine[token] = claims
        return claims


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header, or None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None


def sign_in_first() -> Refusal:
    return Refusal(
        401,
        "sign in first: POST /api/v1/auth/token, then send `Authorization: Bearer <token>`",
        {"WWW-Authenticate": "Bearer"},
    )


def invalid_token() -> Refusal:
    return Refusal(
        401,
        "this sign-in is no longer valid: sign in again at /api/v1/auth/token",
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def invalid_key() -> Refusal:
    return Refusal(
        401,
        "this API key is unknown or revoked, or its owner is disabled: make a new one at /api/v1/api-keys",
        {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
        raise ValueError("not a whole number")
    return value

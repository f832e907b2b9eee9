"""Tokens that must not open anything."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import uuid4

import jwt
import pytest

from api.auth import Tokens, bearer
from api.problems import Refusal
from tests.api.conftest import ON_ITS_LOOP, Api
from tests.builders import NOON

KEY = bytes(range(32))
NOW = int(NOON.timestamp())
GOOD = {
    "iss": "deskbell",
    "aud": "deskbell-api",
    "sub": str(uuid4()),
    "jti": "1",
    "iat": NOW,
    "exp": NOW + 3600,
    "ver": 1,
}


def tokens() -> Tokens:
    return Tokens(KEY, timedelta(hours=1))


def signed(claims: dict[str, object], *, key: bytes = KEY, algorithm: str = "HS256", **headers: object) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers or None)


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in GOOD.items() if key != name}


def by_hand(header: object, claims: object, *, key: bytes = KEY) -> str:
    """What no library would make."""
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims))
    mac = base64.urlsafe_b64encode(hmac.digest(key, head + b"." + body, hashlib.sha256)).rstrip(b"=")
    return b".".join((head, body, mac)).decode()


HEADER = {"alg": "HS256", "typ": "JWT"}
FORGED = {
    "another key": signed(GOOD, key=b"x" * 32),
    "an empty key": by_hand(HEADER, GOOD, key=b""),
    "no algorithm": jwt.encode(GOOD, None, algorithm="none"),
    "none in disguise": by_hand({"alg": "nOnE"}, GOOD),
    "no signature": signed(GOOD).rpartition(".")[0] + ".",
    "HS384": signed(GOOD, key=bytes(range(64)), algorithm="HS384"),
    "HS512 with our key": by_hand({"alg": "HS512"}, GOOD),
    "RS256 with our key": by_hand({"alg": "RS256"}, GOOD),
    "no alg at all": by_hand({"typ": "JWT"}, GOOD),
    "a header that is a list": by_hand([HEADER], GOOD),
    "an unknown critical header": by_hand({**HEADER, "crit": ["b64"], "b64": False}, GOOD),
    "a bit of the signature": signed(GOOD)[:-2] + ("A" if signed(GOOD)[-2] != "A" else "B") + signed(GOOD)[-1],
    "claims that are a list": by_hand(HEADER, [GOOD]),
    "claims that are a text": by_hand(HEADER, "bob"),
    "deep claims": by_hand(HEADER, json.loads("[" * 200 + "]" * 200)),
    **{f"no {name}": signed(without(name)) for name in GOOD},
    "another issuer": signed({**GOOD, "iss": "desk"}),
    "a longer issuer": signed({**GOOD, "iss": "deskbell2"}),
    "an issuer in a list": by_hand(HEADER, {**GOOD, "iss": ["deskbell"]}),
    "no issuer at all": by_hand(HEADER, {**GOOD, "iss": None}),
    "another audience": signed({**GOOD, "aud": "other"}),
    "an audience among others": signed({**GOOD, "aud": ["deskbell-api", "other"]}),
    "a number for a subject": by_hand(HEADER, {**GOOD, "sub": 1}),
    "a name for a subject": signed({**GOOD, "sub": "bob"}),
    "an empty subject": signed({**GOOD, "sub": ""}),
    "a number for an id": by_hand(HEADER, {**GOOD, "jti": 1}),
    "an old one": signed({**GOOD, "iat": NOW - 7200, "exp": NOW - 3600}),
    "one that ends now": signed({**GOOD, "iat": NOW - 3600, "exp": NOW}),
    "one from the future": signed({**GOOD, "iat": NOW + 120, "exp": NOW + 3720}),
    "one that lasts too long": signed({**GOOD, "exp": NOW + 3601}),
    "one that never ends": by_hand(HEADER, {**GOOD, "exp": 10**30}),
    "infinity": by_hand(HEADER, {**GOOD, "exp": float("inf")}),
    "not a number": by_hand(HEADER, {**GOOD, "exp": float("nan")}),
    "an end in words": signed({**GOOD, "exp": "tomorrow"}),
    "an end that is null": signed({**GOOD, "exp": None}),
    "an end in fractions": by_hand(HEADER, {**GOOD, "exp": NOW + 60.5}),
    "a version in words": signed({**GOOD, "ver": "1"}),
    "a version that is true": signed({**GOOD, "ver": True}),
    "empty": "",
    "one word": "bob",
    "three words": "a.b.c",
    "four parts": signed(GOOD) + ".x",
    "no base64": "!!!.???.***",
    "a snowman": "\u2603.\u2603.\u2603",
    "NUL": "\x00.\x00.\x00",
    "endless": "a" * 100_000,
    "endless but genuine": signed({**GOOD, "padding": "x" * 4000}),
}


def test_a_token_of_ours_opens() -> None:
    issued = tokens().issue(user := uuid4(), 3, NOON)

    claims = tokens().check(issued, NOON + timedelta(minutes=59))

    assert (claims.user_id, claims.version) == (user, 3)


def test_what_is_remembered_of_a_token_does_not_outlive_it() -> None:
    remembering = tokens()
    issued = remembering.issue(uuid4(), 1, NOON)
    remembering.check(issued, NOON)

    with pytest.raises(Refusal) as refused:
        remembering.check(issued, NOON + timedelta(hours=1))

    assert refused.value.status == 401


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_opens_nothing(token: str) -> None:
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            tokens().check(token, NOON)
        assert refused.value.status == 401


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Bearer", None),
        ("Bearer x", "x"),
        ("bearer  x ", "x"),
        ("Basic eDp4", None),
        ("x", None),
    ],
)
def test_only_a_bearer_header_carries_a_token(header: str | None, token: str | None) -> None:
    assert bearer(header) == token


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic Ym9iOmNvcnJlY3QgaG9yc2U=", "Bearer " + "a" * 4000]
)
@ON_ITS_LOOP
async def test_without_a_good_token_nobody_gets_in(standing: Api, header: str) -> None:
    answer = await standing("GET", "/users/me", headers={"Authorization": header})

    assert answer.is_problem(401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_token_in_the_query_is_none(sqlite_api: Api) -> None:
    answer = await sqlite_api("GET", f"/users/me?access_token={sqlite_api.tokens['bob']}")

    assert answer.is_problem(401)


async def test_a_token_of_another_desk_opens_nothing(sqlite_api: Api) -> None:
    claims = jwt.decode(sqlite_api.tokens["bob"], options={"verify_signature": False})
    sqlite_api.tokens["forged"] = jwt.encode(claims, b"y" * 32, algorithm="HS256")

    assert (await sqlite_api("GET", "/users/me", "forged")).is_problem(401)

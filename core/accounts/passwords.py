"""Passwords: bcrypt, as seed 003 has it, over the base64 of SHA-256, so that long ones count in full.

bcrypt reads 72 bytes and stops at NUL; the digest in base64 has 44 and none. Hashing takes a fifth of a second on
purpose, so it runs in a pool of two threads: a flood of sign-ins cannot take all cores.
"""

import asyncio
import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from core.errors import Problem

LEAST, MOST = 8, 1024
ROUNDS = 12

_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


async def hashed(password: str, *, rounds: int | None = None) -> str:
    return await asyncio.get_running_loop().run_in_executor(_pool, _hash, password, rounds or ROUNDS)


async def matches(password: str, stored: str | None) -> bool:
    """Whether `password` is the one that was hashed. `stored` None costs the same and is always False."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _check, password, stored)


def problems(password: str, field: str = "password") -> list[Problem]:
    if len(password) < LEAST:
        return [Problem(field, f"must have at least {LEAST} characters")]
    return [Problem(field, f"must have at most {MOST} characters")] if len(password) > MOST else []


def _hash(password: str, rounds: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode()


def _check(password: str, stored: str | None) -> bool:
    if stored is None:
        # The hash itself is worthless; computing one of the usual cost is the point.
        bcrypt.hashpw(_digest(password), bcrypt.gensalt(ROUNDS))
        return False
    return bcrypt.checkpw(_digest(password), stored.encode())


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())

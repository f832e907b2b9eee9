"""Mail addresses: what we accept as one, and how two of them are compared.

Laxer than RFC 5321 in the domain (an intranet has `ann@printserver`), stricter in what could be turned against
us: no control characters, no overrides of direction, no routes, no percent hack, no quoted local parts, 254 octets at
most (RFC 5321 4.5.3.1.3).
"""

import re
from collections.abc import Collection
from functools import lru_cache

_OCTETS = 254
_LOCAL = r"[^\x00-\x20\x7f-\xa0\"(),:;<>@\[\\\]%!\u2028-\u202e\u2066-\u2069]{1,64}"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"({_LOCAL})@({_LABEL}(?:\.{_LABEL})*)\.?")


def normal(text: str) -> str | None:
    """The address in the form it is stored and compared in (lower case), or None when it is not one."""
    return _normal(text) if len(text) <= _OCTETS else None


# Whoever wrote a mail is asked for several times while it is read.
@lru_cache(maxsize=128)
def _normal(text: str) -> str | None:
    bare = text.strip()
    if len(bare.encode("utf-8", "replace")) > _OCTETS:
        return None
    match = _ADDRESS.fullmatch(bare)
    return f"{match[1]}@{match[2]}".lower() if match else None


def domain(address: str) -> str:
    return address.rpartition("@")[2]


def without_tag(address: str) -> tuple[str, str]:
    """`support+abc@example.com` as `("support@example.com", "abc")`: the mailbox, and what stands behind its plus."""
    local, _, host = address.rpartition("@")
    box, _, tag = local.partition("+")
    return f"{box}@{host}", tag


def is_ours(address: str, ours: frozenset[str]) -> bool:
    """Whether mail to `address` is for this desk: one of our own, with or without a plus tag. Exact, never by suffix."""
    found = normal(address)
    return found is not None and (found in ours or without_tag(found)[0] in ours)


def is_listed(address: str, listed: Collection[str]) -> bool:
    """Whether `listed`, of addresses and domains, names `address` or its whole domain."""
    return bool(listed) and (address in listed or domain(address) in listed)

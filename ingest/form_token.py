"""The token in a rendered form: it tells when the form was rendered, names this rendering, and cannot be made up.

Base64 of 8 octets of time (seconds), 16 random ones and 16 of HMAC-SHA256. It is bound to no cookie: the form knows
nobody, so there is nothing that a page of somebody else could do in their name.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

RANDOM = 16
_TIME = 8
_MAC = 16


@dataclass(frozen=True, slots=True)
class Rendering:
    """One rendering of the form. `random` is the same for both clicks of a double click."""

    at: datetime
    random: bytes


def issue(key: bytes, now: datetime, random: bytes) -> str:
    """`random` is `RANDOM` octets from a good source."""
    said = int(now.timestamp()).to_bytes(_TIME, "big") + random
    return base64.urlsafe_b64encode(said + _mac(key, said)).decode()


def read(key: bytes, token: str) -> Rendering | None:
    """What the token says, or None when it is not one of ours."""
    try:
        octets = base64.b64decode(token.encode("ascii", "replace"), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    said, mac = octets[:-_MAC], octets[-_MAC:]
    if len(octets) != _TIME + RANDOM + _MAC or not hmac.compare_digest(mac, _mac(key, said)):
        return None
    return Rendering(datetime.fromtimestamp(int.from_bytes(said[:_TIME], "big"), UTC), said[_TIME:])


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, b"form" + said, hashlib.sha256)[:_MAC]

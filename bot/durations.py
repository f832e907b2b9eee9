"""How long a ticket sleeps, as people write it: 30m, 2h, 3d, 1w. Pure."""

import re
from datetime import timedelta

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DURATION = re.compile(r"([0-9]{1,4})\s?([mhdw])")


def parsed(text: str) -> timedelta | None:
    """None: that is no duration. It is never zero."""
    found = _DURATION.fullmatch(text.strip().lower())
    return int(found[1]) * _UNITS[found[2]] or None if found else None

"""Who makes room for the next when every place is taken: otherwise a few hundred silent connections keep everybody out."""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Guest(Protocol):
    """Somebody who has a place. `since`: when they came, or last got something done, in seconds of the loop's clock."""

    @property
    def since(self) -> float: ...


AnyGuest = TypeVar("AnyGuest", bound=Guest)


def idlest(among: Iterable[AnyGuest], now: float, *, patience: float) -> AnyGuest | None:
    """Whoever has been here longest without getting anything done, if that is `patience` seconds at least."""
    oldest = min(among, key=lambda guest: guest.since, default=None)
    return oldest if oldest is not None and now - oldest.since >= patience else None

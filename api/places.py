"""The places for connections, and who makes room when none is left.

Without this a few hundred clients that send a byte a second would have all of them for as long as a body may take.
"""

from collections.abc import Callable
from typing import Protocol

from core import crowds

# Whoever has got nothing done for so many seconds makes room for the next, when every place is taken.
PATIENCE = 2.0


class Visitor(Protocol):
    """A connection. `since`: when it came, or was last answered, in seconds of the loop's clock."""

    @property
    def address(self) -> str: ...

    @property
    def since(self) -> float: ...

    @property
    def may_be_cut(self) -> bool: ...

    def cut(self) -> None: ...


class Places:
    """The places of one server. Proxies of ours have as many again for themselves: no crowd keeps them out."""

    def __init__(self, most: int, is_proxy: Callable[[str], bool]) -> None:
        self._most = most
        self._is_proxy = is_proxy
        # In the order in which they came: some loops' clocks know no less than a millisecond.
        self._strangers: dict[Visitor, None] = {}
        self._proxies: dict[Visitor, None] = {}

    def enter(self, visitor: Visitor, now: float) -> bool:
        """Give the visitor a place, and say whether there was one."""
        alike = self._proxies if self._is_proxy(visitor.address) else self._strangers
        if len(alike) >= self._most and not _made_room(alike, now):
            return False
        alike[visitor] = None
        return True

    def leave(self, visitor: Visitor) -> None:
        self._strangers.pop(visitor, None)
        self._proxies.pop(visitor, None)


def _made_room(among: dict[Visitor, None], now: float) -> bool:
    # Nobody whose request is here whole: what it asked for is being done.
    oldest = crowds.idlest((visitor for visitor in among if visitor.may_be_cut), now, patience=PATIENCE)
    if oldest is None:
        return False
    del among[oldest]
    oldest.cut()
    return True

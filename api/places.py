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
        self._strangers: set[Visitor] = set()
        self._proxies: set[Visitor] = set()

    def enter(self, visitor: Visitor, now: float) -> bool:
        """Give the visitor a place, and say whether there was one."""
        alike = self._proxies if self._is_proxy(visitor.address) else self._strangers
        if len(alike) >= self._most and not _made_room(alike, now):
            return False
        alike.add(visitor)
        return True

    def leave(self, visitor: Visitor) -> None:
        self._strangers.discard(visitor)
        self._proxies.discard(visitor)


def _made_room(among: set[Visitor], now: float) -> bool:
    # Nobody whose request is here whole, for as long as it is being done or they take the answer.
    oldest = crowds.idlest((visitor for visitor in among if visitor.may_be_cut), now, patience=PATIENCE)
    if oldest is None:
        return False
    among.discard(oldest)
    oldest.cut()
    return True

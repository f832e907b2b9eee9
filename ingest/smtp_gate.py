"""Who may come in: connections in total and by address, a short ban after abuse, and room for the next when it is full."""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from core import crowds
from core.errors import Invalid, Problem
from ingest import smtp_replies
from ingest.smtp_limits import Limits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Bans remembered at once. More strangers than that cannot be told apart from a crowd anyway.
MOST_BANS = 10_000


class Phase(Enum):
    """What a connection is at: this decides whether it may be cut, now or at the end."""

    TALKING = "talking"
    SENDING = "sending"
    COMMITTING = "committing"


@dataclass(slots=True, eq=False)
class Visit:
    """One connection as the gate sees it. `since` is when it came, or last got a mail done."""

    address: str
    trusted: bool
    since: float
    cut: Callable[[bytes], None]
    phase: Phase = Phase.TALKING


def networks(addresses: Iterable[str], key: str = "smtp.trusted_relays") -> tuple[Network, ...]:
    """Servers of ours, each an address or a network; raises Invalid, about the setting `key`, for anything else."""
    try:
        return tuple(ipaddress.ip_network(address, strict=False) for address in addresses)
    except ValueError as error:
        raise Invalid([Problem(key, f"{error} (list addresses, or networks such as 10.0.0.0/8)")]) from None


def within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


class Gate:
    """The places inside. One for each server, asked at every connection."""

    def __init__(self, limits: Limits, trusted: tuple[Network, ...]) -> None:
        self._limits = limits
        self._trusted = trusted
        # In the order in which they came.
        self._visits: dict[Visit, None] = {}
        # Connections of proxies that have not said yet whom they bring.
        self._unnamed: dict[Visit, None] = {}
        self._by_household: Counter[str] = Counter()
        self._banned_until: dict[str, float] = {}
        self.closed = False
        self.admitted = 0
        self.turned_away = 0
        self.empty = asyncio.Event()
        self.empty.set()

    @property
    def visits(self) -> tuple[Visit, ...]:
        return (*self._visits, *self._unnamed)

    def visit(self, address: str, now: float, cut: Callable[[bytes], None]) -> Visit:
        address = _plain(address)
        return Visit(address, within(address, self._trusted), now, cut)

    def hold(self, visit: Visit, now: float) -> bool:
        """Let a proxy's connection wait, until it is named and enters; say whether there was a place for it.

        There are as many of these as inside, so that neither side can fill up the other.
        """
        if self.closed or not (len(self._unnamed) < self._limits.connections or self._make_room(self._unnamed, now)):
            self.turned_away += 1
            return False
        self._unnamed[visit] = None
        self.empty.clear()
        return True

    def enter(self, visit: Visit, now: float) -> bool:
        """Give the visitor a place, and say whether there was one."""
        household = _household(visit.address)
        if not self._may_enter(visit, household, now):
            self.turned_away += 1
            return False
        self.admitted += 1
        self._visits[visit] = None
        self._by_household[household] += 1
        self.empty.clear()
        return True

    def exit(self, visit: Visit) -> None:
        if visit in self._visits:
            del self._visits[visit]
            household = _household(visit.address)
            self._by_household[household] -= 1
            if not self._by_household[household]:
                del self._by_household[household]
        else:
            self._unnamed.pop(visit, None)
        if not (self._visits or self._unnamed):
            self.empty.set()

    def ban(self, visit: Visit, now: float) -> None:
        if visit.trusted:
            return
        if len(self._banned_until) >= MOST_BANS:
            self._banned_until = {who: until for who, until in self._banned_until.items() if until > now}
        if len(self._banned_until) < MOST_BANS:
            self._banned_until[_household(visit.address)] = now + self._limits.ban

    def _may_enter(self, visit: Visit, household: str, now: float) -> bool:
        if self.closed or not (visit.trusted or self._welcome(household, now)):
            return False
        # Our relays have as many places again for themselves: strangers who come back at once whenever they are sent
        # away would keep them out otherwise.
        alike = [other for other in self._visits if other.trusted == visit.trusted]
        return len(alike) < self._limits.connections or self._make_room(alike, now)

    def _welcome(self, household: str, now: float) -> bool:
        if self._banned_until.get(household, 0.0) > now:
            return False
        self._banned_until.pop(household, None)
        return self._by_household[household] < self._limits.connections_per_address

    def _make_room(self, among: Iterable[Visit], now: float) -> bool:
        """Send away whoever has been here longest without getting a mail done."""
        talking = (visit for visit in among if visit.phase is not Phase.COMMITTING)
        oldest = crowds.idlest(talking, now, patience=self._limits.patience)
        if oldest is None:
            return False
        self.exit(oldest)
        oldest.cut(smtp_replies.MAKE_ROOM)
        return True


def _plain(address: str) -> str:
    """A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1; settings and ledger know them as 192.0.2.1."""
    return address.removeprefix("::ffff:") if "." in address else address


def _household(address: str) -> str:
    """Whom to count: one IPv4 address, or the /64 that one IPv6 customer has all to himself."""
    if ":" not in address:
        return address
    return ipaddress.IPv6Address(address).packed[:8].hex()

"""Who is at the other end. X-Forwarded-For is read only when the direct peer is a proxy that we were told to trust."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from core.errors import Invalid, Problem

_Networks = tuple[IPv4Network | IPv6Network, ...]


def reader(trusted_proxies: Sequence[str]) -> Callable[[web.Request], str]:
    """A function that tells the client's address of a request. Raises Invalid for what is no address or network."""
    trusted = tuple(_network(text) for text in trusted_proxies)

    def client_ip(request: web.Request) -> str:
        peer = request.remote or ""
        if not trusted or not _is_within(peer, trusted):
            return peer
        hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        return _right_most_untrusted(peer, hops, trusted)

    return client_ip


def proxies(trusted_proxies: Sequence[str]) -> Callable[[str], bool]:
    """A function that tells whether an address is one of these. Raises Invalid for what is no address or network."""
    trusted = tuple(_network(text) for text in trusted_proxies)
    return lambda address: _is_within(address, trusted)


def is_local(request: web.Request) -> bool:
    """Whether this comes from the machine itself, and not through a proxy that happens to run on it."""
    if any(header in request.headers for header in _FROM_PROXIES):
        return False
    return _is_within(request.remote or "", _LOOPBACK)


def bucket(address: str) -> str:
    """What to count requests by: an IPv6 customer owns a whole /64 and could use a new address for each request."""
    if ":" not in address:
        return address
    try:
        return str(IPv6Address(address.partition("%")[0]).exploded[:19])
    except ValueError:
        return address


# One of these every common proxy adds by itself, or most of their configurations do.
_FROM_PROXIES = ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host")
_LOOPBACK: _Networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise Invalid(
            [Problem("api.trusted_proxies", f"{text!r} is no address or network, such as 10.0.0.0/8")]
        ) from None


def _right_most_untrusted(peer: str, hops: Iterable[str], trusted: _Networks) -> str:
    """Each proxy appends whom it saw, so what stands left of the first stranger was written by the stranger."""
    seen = peer
    for hop in reversed([hop.strip() for hop in hops]):
        if not hop or not _is_address(hop):
            return seen
        seen = hop
        if not _is_within(hop, trusted):
            return seen
    return seen


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_within(text: str, networks: _Networks) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in networks)

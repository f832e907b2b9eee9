"""Whom a proxy brings: haproxy's PROXY protocol, version 1 or 2, whose header stands before all that is said.

aiosmtpd reads it; what it means is decided here. Chapters are those of haproxy's doc/proxy-protocol.txt.
"""

import asyncio
from ipaddress import IPv4Address, IPv6Address

from aiosmtpd.proxy_protocol import V2_CMD, ProxyData, get_proxy


class Unnamed(Exception):
    """No header came, or none that can be understood; the text says which."""


async def client(wire: asyncio.StreamReader, seconds: float) -> str | None:
    """The address that the header names, or None where the proxy speaks for itself (a health check).

    What follows the header is left on the wire. Raises Unnamed, after `seconds` at the latest.
    """
    try:
        async with asyncio.timeout(seconds):
            header = await get_proxy(wire)
    except TimeoutError:
        raise Unnamed("no PROXY header in time") from None
    except EOFError:
        raise Unnamed("no PROXY header") from None
    return _named(header)


def _named(header: ProxyData) -> str | None:
    # 2.2: LOCAL is valid whatever addresses it has; aiosmtpd misses them, but has read all of it when it has `whole_raw`.
    if header.command == V2_CMD.LOCAL and header.whole_raw:
        return None
    if not header.valid:
        raise Unnamed(header.error)
    match header.src_addr:
        case None:
            # 2.1, 2.2: UNKNOWN and UNSPEC name nobody.
            return None
        case IPv4Address() as address:
            return str(address)
        case IPv6Address() as longer:
            return str(longer.ipv4_mapped or longer)
        case _:
            # Who came to the proxy by a socket file has no address.
            return "local"

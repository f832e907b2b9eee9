"""Behind a proxy: whom its PROXY header names is who has come, and without a header nobody has."""

import asyncio
import ipaddress
import struct

import pytest

from ingest.smtp_limits import Limits
from tests.ingest.smtp_client import Client, Door, a_door, strangers

PROXY = "127.0.0.2"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, BRINGS = 0x20, 0x21
TCP4, TCP6, UNIX = 0x11, 0x21, 0x31
BUSY = "421 4.7.0 Too many connections, please try again later"
BEHIND_A_PROXY = strangers(proxy_protocol_from=(PROXY,), trusted_relays=(PROXY, "203.0.113.7"))


def first(source: str) -> bytes:
    return f"PROXY TCP{6 if ':' in source else 4} {source} {source} 40000 25\r\n".encode()


def second(command: int, family: int, block: bytes = b"") -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(block)) + block


def addresses(source: str) -> bytes:
    return ipaddress.ip_address(source).packed * 2 + struct.pack("!HH", 40000, 25)


async def brought(door: Door, header: bytes) -> Client:
    client = await door.connect(address=PROXY)
    await client.send(header)
    return client


@pytest.mark.parametrize(
    ("header", "peer", "trusted"),
    [
        (first("203.0.113.5"), "203.0.113.5", False),
        (first("203.0.113.7"), "203.0.113.7", True),
        (first("2001:db8::5"), "2001:db8::5", False),
        (second(BRINGS, TCP4, addresses("203.0.113.5")), "203.0.113.5", False),
        (second(BRINGS, TCP6, addresses("2001:db8::5")), "2001:db8::5", False),
        (second(BRINGS, TCP6, addresses("::ffff:203.0.113.7")), "203.0.113.7", True),
        (second(BRINGS, TCP4, addresses("203.0.113.5") + b"\x04\0\x01x"), "203.0.113.5", False),
        (second(BRINGS, UNIX, bytes(216)), "local", False),
        # A proxy that speaks for itself is not trusted with what its address is trusted with.
        (b"PROXY UNKNOWN\r\n", PROXY, False),
        (b"PROXY UNKNOWN 203.0.113.7 203.0.113.7 1 2\r\n", PROXY, False),
        (second(BRINGS, 0), PROXY, False),
        (second(LOCAL, 0), PROXY, False),
        (second(LOCAL, TCP4), PROXY, False),
        (second(LOCAL, TCP4, addresses("203.0.113.7")), PROXY, False),
    ],
)
async def test_whoever_the_header_names_is_the_peer(header: bytes, peer: str, trusted: bool) -> None:
    async with a_door(BEHIND_A_PROXY) as door:
        client = await brought(door, header)

        assert (await client.greet()).startswith("250-")
        assert await client.mail() == "250 2.0.0 Ticket 1 opened"

    assert [(mail.envelope["peer"], mail.envelope["trusted"]) for mail in door.mails] == [(peer, trusted)]
    assert [entry["peer"] for entry in door.logs if entry["event"] == "mail answered"] == [peer]


async def test_a_header_may_come_in_pieces_and_with_the_first_command() -> None:
    whole = second(BRINGS, TCP4, addresses("203.0.113.5")) + b"EHLO client.example\r\n"
    async with a_door(BEHIND_A_PROXY) as door:
        client = await brought(door, b"")
        for n in range(len(whole)):
            await client.send(whole[n : n + 1])
            await asyncio.sleep(0)

        assert (await client.reply()).startswith("220 ")
        assert (await client.reply()).startswith("250-")


async def test_without_a_valid_header_there_is_no_banner_and_one_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    invalid = (
        b"",
        b"PRO",
        b"EHLO client.example\r\n",
        b"proxy TCP4 203.0.113.5 203.0.113.5 1 2\r\n",
        b"PROXY\r\n",
        b"PROXY TCP4 203.0.113.5\r\n",
        b"PROXY TCP4 mx.example.com 203.0.113.5 1 2\r\n",
        b"PROXY TCP4 2001:db8::5 2001:db8::5 1 2\r\n",
        b"PROXY TCP4 203.0.113.5 203.0.113.5 1 2\n",
        b"PROXY TCP4 203.0.113.5 203.0.113.5 1 70000\r\n",
        b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n",
        b"PROXY UNKNOWN " + b"x" * 300_000,
        SIGNATURE[:-1] + b"\r",
        SIGNATURE,
        second(0x31, TCP4, addresses("203.0.113.5")),
        second(0x22, TCP4, addresses("203.0.113.5")),
        second(BRINGS, TCP4, addresses("203.0.113.5")[:-1]),
        second(BRINGS, TCP4, addresses("203.0.113.5"))[:-1],
    )
    async with a_door(BEHIND_A_PROXY) as door:
        for header in invalid:
            client = await brought(door, header)
            if client.writer.can_write_eof():
                client.writer.write_eof()
            assert await client.reply() == "", header
        await door.until(lambda: door.room.counts.open == 0)

    assert [entry["proxy"] for entry in door.logs] == [PROXY] * len(invalid)
    assert {(entry["event"], entry["log_level"]) for entry in door.logs} == {
        ("a proxy did not say whom it brings", "warning")
    }
    assert all(entry["reason"] for entry in door.logs)
    assert caplog.records == []


@pytest.mark.parametrize("said", [b"", b"PROXY TCP4 203", SIGNATURE])
async def test_a_late_header_is_not_waited_for(said: bytes) -> None:
    async with a_door(BEHIND_A_PROXY, limits=Limits(proxy_header=0.05)) as door:
        assert await (await brought(door, said)).reply() == ""

    assert [entry["reason"] for entry in door.logs] == ["no PROXY header in time"]


@pytest.mark.parametrize("header", [first("203.0.113.7"), second(BRINGS, TCP4, addresses("203.0.113.7"))])
async def test_a_strangers_header_is_a_bad_command(header: bytes) -> None:
    async with a_door(BEHIND_A_PROXY) as door:
        client = await door.connect(address="127.0.0.3")
        assert (await client.reply()).startswith("220 ")
        await client.send(header + b"\r\n")

        assert (await client.reply()).startswith("500 5.5.2 ")
        assert [visit.address for visit in door.room.gate.visits] == ["127.0.0.3"]


async def test_the_limit_per_address_is_for_whom_the_proxy_brings() -> None:
    settings = strangers(proxy_protocol_from=(PROXY,), max_connections_per_ip=2)
    async with a_door(settings) as door:
        replies = [await (await brought(door, first("203.0.113.5"))).reply() for _ in range(3)]
        others = [await (await brought(door, first(f"198.51.100.{n}"))).reply() for n in range(3)]

        assert [reply[:3] for reply in replies] == ["220", "220", "421"]
        assert [reply[:3] for reply in others] == ["220"] * 3


async def test_connections_that_are_not_named_yet_are_limited_too_and_cut_at_the_end() -> None:
    async with a_door(BEHIND_A_PROXY, limits=Limits(connections=2)) as door:
        waiting = [await brought(door, b"") for _ in range(2)]
        await door.until(lambda: door.room.counts.open == 2)

        assert await (await brought(door, first("203.0.113.5"))).reply() == BUSY
        assert (await (await door.connect(address="127.0.0.3")).reply()).startswith("220 ")

        await door.room.drain(5)
        assert [(await client.reply())[:9] for client in waiting] == ["421 4.3.2"] * 2


async def test_lmtp_from_a_proxys_address_needs_no_header() -> None:
    async with a_door(strangers(proxy_protocol_from=("127.0.0.1",), lmtp_port=0)) as door:
        client = Client(*await asyncio.open_connection("127.0.0.1", door.room.lmtp_port))
        door.clients.append(client)

        assert await client.reply() == "220 mx.example.com LMTP Deskbell"

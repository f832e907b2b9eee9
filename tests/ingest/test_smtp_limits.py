"""Slow, greedy and silent clients over real sockets: none of them holds anything for long."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.messages import InboundMessage, Receipt
from ingest.smtp_limits import Limits
from tests.ingest.smtp_client import A_MAIL, US, Client, a_door, on_the_wire, opened, strangers

TOO_SLOW = "421 4.4.2 That took too long, please try again"
BUSY = "421 4.7.0 Too many connections, please try again later"


async def test_a_client_that_says_nothing_is_sent_away() -> None:
    async with a_door(limits=Limits(idle=0.05)) as door:
        client = await door.greeted()

        assert await client.reply() == TOO_SLOW
        assert await client.reply() == ""


async def test_a_client_that_only_talks_is_sent_away_too() -> None:
    """Ten of them, as each may speak in the very millisecond in which its time ends."""
    async with a_door(limits=Limits(session=0.1, commands=10**6, pause=0)) as door:
        clients = [await door.greeted() for _ in range(10)]

        last_words = await asyncio.gather(*map(talks, clients))

    assert {*last_words} <= {TOO_SLOW, ""}


async def talks(client: Client) -> str:
    """What it hears at the end."""
    while (reply := await client.say("NOOP")) == "250 2.0.0 OK":
        pass
    return reply


async def test_silence_in_the_middle_of_a_message_ends_it() -> None:
    async with a_door(limits=Limits(idle=0.05)) as door:
        client = await in_the_middle_of_a_mail(await door.greeted())

        assert await client.reply() == TOO_SLOW

    assert door.mails == []


async def test_a_message_slower_than_the_least_rate_is_cut() -> None:
    async with a_door(limits=Limits(rate_grace=0.1, least_rate=10**9)) as door:
        client = await in_the_middle_of_a_mail(await door.greeted())
        end = asyncio.create_task(client.reply())

        while not end.done():
            await client.send(b"x")
            await asyncio.sleep(0)

    assert end.result() in (TOO_SLOW, "")
    assert door.mails == []


async def test_neither_a_long_message_nor_a_long_commit_uses_up_the_time_of_a_session() -> None:
    async def answer(message: InboundMessage) -> Receipt:
        await after(0.2)
        return opened(1)

    async with a_door(limits=Limits(idle=0.1, session=0.15), answer=answer) as door:
        client = await in_the_middle_of_a_mail(await door.greeted())
        for line in on_the_wire(A_MAIL).splitlines(keepends=True):
            await after(0.06)
            await client.send(line)

        assert await client.reply() == "250 2.0.0 Ticket 1 opened"
        assert await client.say("NOOP") == "250 2.0.0 OK"


async def test_a_client_that_never_reads_is_cut_and_holds_nothing() -> None:
    async with a_door(limits=Limits(idle=0.2, commands=10**6, pause=0)) as door:
        before = open_files()
        client = await door.connect(read_buffer=4096)
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]

        flood = asyncio.create_task(client.send(b"EHLO me\r\n" * 100_000))
        await door.until(lambda: door.room.counts.connections > 0 and door.room.counts.open == 0)
        await door.until(lambda: open_files() == before + 1)
        client.abort()
        await flood


async def test_a_client_that_reads_late_misses_nothing() -> None:
    async with a_door(limits=Limits(commands=10**6, pause=0)) as door:
        client = await door.connect(read_buffer=4096)
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        talking = asyncio.create_task(client.send(b"EHLO me\r\n" * 50_000 + b"QUIT\r\n"))

        await after(0.3)
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        everything = await client.reader.read()
        await talking

    assert everything.count(b"250-PIPELINING") == 50_000
    assert everything.endswith(b"221 2.0.0 Bye\r\n")


async def test_ten_mistakes_shut_the_door_for_a_while() -> None:
    async with a_door() as door:
        client = await door.greeted(address="127.0.0.2")

        replies = [await client.say("NONSENSE") for _ in range(10)]

        assert replies[-1] == "421 4.7.0 Too many errors"
        assert await client.reply() == ""
        assert await (await door.connect(address="127.0.0.2")).reply() == BUSY
        assert (await (await door.connect(address="127.0.0.3")).reply()).startswith("220 ")


async def test_a_line_without_an_end_is_a_mistake_for_every_piece_of_it() -> None:
    async with a_door() as door:
        client = await door.greeted()
        flood = asyncio.create_task(client.send(b"x" * 10_000_000))

        while (reply := await client.reply()).startswith("500 5.5.2 "):
            pass
        client.abort()
        await flood

        assert reply in ("421 4.7.0 Too many errors", "")
        assert await (await door.connect()).reply() == BUSY


async def test_one_address_has_only_so_many_connections() -> None:
    async with a_door(strangers(max_connections_per_ip=2)) as door:
        greetings = [await (await door.connect(address="127.0.0.2")).reply() for _ in range(3)]

        assert [greeting[:3] for greeting in greetings] == ["220", "220", "421"]
        await door.hang_up(door.clients[0])
        await door.until(lambda: door.room.counts.open == 1)
        assert (await (await door.connect(address="127.0.0.2")).reply()).startswith("220 ")


async def test_silent_connections_make_room_when_every_place_is_taken() -> None:
    async with a_door(limits=Limits(connections=4, patience=0.3)) as door:
        silent = [await door.greeted(address=f"127.0.0.{n}") for n in range(2, 6)]

        assert await (await door.connect(address="127.0.0.6")).reply() == BUSY
        await after(0.31)
        assert await (await door.greeted(address="127.0.0.6")).mail() == "250 2.0.0 Ticket 1 opened"

        assert await silent[0].reply() == "421 4.3.2 The line is needed for others, please try again later"


async def test_the_message_cap_asks_to_connect_again_and_bans_nobody() -> None:
    async with a_door(limits=Limits(messages=2)) as door:
        client = await door.greeted()
        for _ in range(2):
            await client.mail()

        assert await client.say("MAIL FROM:<ann@example.net>") == (
            "421 4.7.0 That is enough for one connection, please connect again"
        )
        assert await client.reply() == ""
        assert await (await door.greeted()).mail() == "250 2.0.0 Ticket 3 opened"


async def test_a_flood_without_line_ends_is_cut_at_twice_the_limit() -> None:
    async with a_door(strangers(max_message_mb=1)) as door:
        client = await in_the_middle_of_a_mail(await door.greeted())
        flood = asyncio.create_task(client.send(b"x" * 64_000_000))
        replies = [await client.reply(), await client.reply()]
        client.abort()
        await flood

        assert replies in (["552 5.3.4 The message is too large: at most 1 MB can be sent here", ""], ["", ""])
        assert await (await door.connect()).reply() == BUSY

    assert door.mails == []


async def test_a_message_faster_than_the_most_rate_is_slowed_down() -> None:
    async with a_door(limits=Limits(most_rate=10_000_000)) as door:
        client = await door.greeted()
        began = asyncio.get_running_loop().time()

        reply = await client.mail(b"x" * 3_000_000 + b"\r\n")

        assert reply == "250 2.0.0 Ticket 1 opened"
        assert asyncio.get_running_loop().time() - began > 0.15


async def test_talk_without_a_mail_is_slowed_down() -> None:
    async with a_door(limits=Limits(pause=0.05)) as door:
        client = await door.greeted()
        began = asyncio.get_running_loop().time()

        await client.send(b"NOOP\r\n" * 100)
        replies = [await client.reply() for _ in range(100)]

        assert replies == ["250 2.0.0 OK"] * 100
        assert asyncio.get_running_loop().time() - began >= 0.15


async def test_a_message_beyond_the_limit_is_drained_and_answered() -> None:
    async with a_door(strangers(max_message_mb=1)) as door:
        client = await door.greeted()

        reply = await client.mail(b"\r\n" * 800_000)

    assert reply == "552 5.3.4 The message is too large: at most 1 MB can be sent here"
    assert door.mails == []


async def test_before_the_disk_is_full_mail_is_turned_away_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [63 * 2**20]
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, free[0]))
    async with a_door(spool=tmp_path) as door:
        full = await (await door.greeted()).say("MAIL FROM:<ann@example.net>")
    free[0] = 64 * 2**20
    async with a_door(spool=tmp_path) as door:
        again = await (await door.greeted()).say("MAIL FROM:<ann@example.net>")

    assert full == "452 4.3.1 There is no room for mail just now, please try again later"
    assert again == "250 2.1.0 OK"


async def test_a_full_disk_is_told_as_a_temporary_fault(tmp_path: Path) -> None:
    async with a_door(spool=tmp_path / "missing") as door:
        reply = await (await door.greeted()).mail(b"x" * 2_000_000 + b"\r\n")

    assert reply == "451 4.3.0 Temporary fault, please try again later"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
def test_thirty_megabytes_of_empty_lines_cost_no_more_than_their_size() -> None:
    program = Path(__file__).with_name("smtp_memory.py")

    found = subprocess.run(
        [sys.executable, "-X", "dev", program], capture_output=True, text=True, timeout=60, check=True
    )

    transfer, message, flood = (int(number) for number in found.stdout.split())
    assert transfer < 16
    assert message < 100
    assert flood < 16


async def in_the_middle_of_a_mail(client: Client) -> Client:
    for command in ("MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>", "DATA"):
        await client.say(command)
    await client.send(b"Subject: slow\r\n")
    return client


async def after(seconds: float) -> None:
    """When a timer of the server has had its time: the subject of these tests, not a wait for something to happen."""
    later = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, later.set_result, None)
    await later


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))

"""Run alone: how many MiB the peak of memory grows by, for three shapes that used to cost gigabytes."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from ingest.smtp_limits import Limits
from tests.ingest.smtp_client import US, Client, Door, a_door

MEGABYTE = 1024 * 1024


async def main() -> None:
    async with a_door(limits=Limits(message_size=40 * MEGABYTE, most_rate=10_000 * MEGABYTE)) as door:
        await (await door.greeted()).mail()
        before = peak()
        client = await pour(door, b"\r\n" * 32_768, 480)
        transferred = peak()
        await client.send(b".\r\n")
        reply = await client.reply()
        received = peak()
        door.mails.clear()
        await pour(door, b"x" * 65_536, 1_000)
        flooded = peak()
    if not reply.startswith("250 "):
        raise SystemExit(f"not taken: {reply}")
    print(transferred - before, received - before, flooded - received)  # noqa: T201


async def pour(door: Door, chunk: bytes, times: int) -> Client:
    client = await door.greeted()
    for command in ("MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>", "DATA"):
        await client.say(command)
    for _ in range(times):
        await client.send(chunk)
    return client


def peak() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


asyncio.run(main())

"""A server in a process of its own: it says in one line of JSON where it is, and ends when its input does."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


async def announce(facts: dict[str, object]) -> None:
    """What the process says, and then it serves until nobody listens any more."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def contender(module: str, *arguments: str) -> AsyncIterator[dict[str, object]]:
    """`python -m module arguments` for as long as the block lasts; yields what it announced, and its process id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=HOME,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("asyncio made no pipes")
    try:
        yield {**json.loads(await process.stdout.readline()), "process": process.pid}
    finally:
        process.stdin.close()
        await process.wait()


HOME = Path(__file__).resolve().parent.parent


def cpu_seconds(process: int) -> float:
    """What a process has used so far: on a machine that others use too, the figure to trust."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

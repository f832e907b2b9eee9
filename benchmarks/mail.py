"""How fast a mail becomes a durable ticket, as a ratio to a bare aiosmtpd sink in the same run: `python -m benchmarks.mail`.

Ours is the real `deskbell serve --only smtp,outbox` as shipped (SQLite, an acknowledgement for every mail, the log on),
with the limits off, because one machine sends it all. The sink answers 250 and keeps nothing. Contenders take turns
within a round, and ours stands still while the sink has its turn. Afterwards the database must hold every mail that
was answered 250, and hold it once.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks import running, samples, stored
from benchmarks.running import Server
from benchmarks.sender import CONNECTIONS, Sent

ROUNDS = 5
SECONDS = 3.0
SETTINGS = {"DESKBELL_LIMITS__ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: which mail, and the ratio to reach."""

    kind: str
    floor: float
    aim: float


LINES = (Line(samples.KINDS[0], 0.50, 1.0), Line(samples.KINDS[1], 0.55, 2.0))


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contender did in one round: mails a second, and microseconds of its processor time for each."""

    rate: float
    cpu: float
    marks: tuple[str, ...]


# By kind of mail: the sink's turn and ours, round by round.
Found = dict[str, list[tuple[Turn, Turn]]]


def compare(rounds: int, seconds: float) -> Found:
    """The rounds of each line: the sink's turn and ours. Fails when a mail is missing afterwards."""
    found: Found = {line.kind: [] for line in LINES}
    with tempfile.TemporaryDirectory() as name, bare_sink() as bare:
        folder = Path(name)
        with running.serving(folder, "smtp,outbox", settings=SETTINGS) as desk:
            answered: list[str] = []
            for number in range(rounds + 1):
                for line in LINES:
                    desk.pause()
                    theirs = turn(bare, f"sink-{number}", line.kind, seconds)
                    desk.resume()
                    ours = turn(desk, f"desk-{number}-{LINES.index(line)}", line.kind, seconds)
                    answered += ours.marks
                    # The first round warms both up and does not count.
                    if number:
                        found[line.kind].append((theirs, ours))
        verify(folder, answered)
    return found


def turn(server: Server, run: str, kind: str, seconds: float) -> Turn:
    before = server.cpu_seconds()
    load = [sys.executable, "-m", "benchmarks.sender", str(server.port), "--run", run, "--kind", kind]
    said = subprocess.run(
        [*load, "--seconds", str(seconds)], cwd=running.HOME, stdout=subprocess.PIPE, check=True, timeout=seconds + 60
    )
    given = json.loads(said.stdout)
    sent = Sent(tuple(given["marks"]), given["in_time"], given["seconds"])
    spent = server.cpu_seconds() - before
    return Turn(sent.in_time / sent.seconds, 1e6 * spent / len(sent.marks), sent.marks)


def verify(folder: Path, answered: list[str]) -> None:
    kept = asyncio.run(stored.read(stored.sqlite_url(folder)))
    wrong = [mark for mark in answered if kept.tickets[mark] != 1]
    acknowledged = len(list((folder / "var" / "outbox").glob("*.eml")))
    print(
        f"{len(answered)} mails answered 250, {len(answered) - len(wrong)} tickets, {acknowledged} acknowledgements sent"
    )
    if wrong:
        raise SystemExit(f"{len(wrong)} mails are missing or doubled, such as {wrong[:5]}")


def report(found: Found) -> None:
    print(
        f"{'':12}{'bare/s':>9}{'desk/s':>9}{'ratio':>8}{'bare us':>9}{'desk us':>9}{'cpu ratio':>11}{'floor':>8}{'aim':>7}"
    )
    for line in LINES:
        rounds = found[line.kind]
        rate, cpu = median(o.rate / t.rate for t, o in rounds), median(t.cpu / o.cpu for t, o in rounds)
        print(
            f"{line.kind:12}{median(t.rate for t, _ in rounds):9.0f}{median(o.rate for _, o in rounds):9.0f}{rate:8.2f}"
            f"{median(t.cpu for t, _ in rounds):9.0f}{median(o.cpu for _, o in rounds):9.0f}{cpu:11.2f}"
            f"{line.floor:8.2f}{line.aim:7.2f}"
        )


# The sink: aiosmtpd as it comes.


class Sink:
    """Takes every mail and keeps none."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 OK"


async def serve_sink(port: int) -> None:
    loop = asyncio.get_running_loop()
    # Without a hostname it would ask the resolver for one at every connection.
    server = await loop.create_server(lambda: SMTP(Sink(), hostname="localhost"), running.HOST, port, backlog=512)
    with suppress(asyncio.CancelledError):
        await server.serve_forever()


@contextmanager
def bare_sink() -> Iterator[Server]:
    port = running.free_port()
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-m", "benchmarks.mail", "--sink", str(port)]
        server = running.started(Path(name), command, port, {})
        try:
            running.wait_until_it_greets(server, Path(name))
            yield server
        finally:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=f"{CONNECTIONS} connections, one mail each.")
    parser.add_argument("--sink", type=int, metavar="PORT", help="be the bare sink")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    if given.sink:
        asyncio.run(serve_sink(given.sink))
    else:
        report(compare(given.rounds, given.seconds))


if __name__ == "__main__":
    main()

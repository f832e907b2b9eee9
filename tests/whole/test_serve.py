"""The real command, from outside: `deskbell serve` in a folder of its own, mail by SMTP, the rest by HTTP."""

import asyncio
import json
import signal
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode

import pytest

import deskbell
from benchmarks import crash, running, stored
from benchmarks.running import DESKBELL, Server
from core.config import OPEN_CONTRACTS

OURS = "support@localhost"


@dataclass(frozen=True)
class Served:
    """A running Deskbell, its folder, and where its HTTP is."""

    server: Server
    folder: Path
    url: str

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    def get(self, path: str, token: str = "") -> str:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=10) as answer:
            return str(answer.read().decode())

    def sign_in(self, username: str, password: str) -> str:
        form = urlencode({"username": username, "password": password}).encode()
        with urllib.request.urlopen(self.url + "/api/v1/auth/token", data=form, timeout=20) as answer:
            return str(json.load(answer)["access_token"])

    def mail(self, subject: str, *, to: str = OURS, sender: str = "ann@customer.test", answers: str = "") -> str:
        """Send one mail; answers what the server said to it."""
        head = f"From: Ann <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject.encode().hex()}@customer.test>\r\n"
        if answers:
            head += f"In-Reply-To: {answers}\r\n"
        with smtplib.SMTP(running.HOST, self.server.port, "customer.test", timeout=20) as line:
            line.ehlo()
            line.mail(sender)
            line.rcpt(to)
            code, text = line.data(f"{head}\r\nThe printer is on fire.\r\n".encode())
        return f"{code} {text.decode()}"

    def acknowledgement(self, ticket_number: str) -> Message:
        outbox = self.folder / "var" / "outbox"
        assert running.until(lambda: any(outbox.glob(f"{ticket_number}-*.eml")))
        return message_from_bytes(next(outbox.glob(f"{ticket_number}-*.eml")).read_bytes())

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return command(self.folder, *arguments, given=given)


def command(
    folder: Path, *arguments: str, given: str = "", settings: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DESKBELL, *arguments], cwd=folder, env=running.environment(folder, settings or {}), input=given,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("served"), running.free_port()
    with running.serving(folder, settings={"DESKBELL_API__PORT": str(port)}) as server:
        served = Served(server, folder, f"http://{running.HOST}:{port}")
        # It takes mail a moment before it has said so.
        assert running.until(lambda: "admin" in served.said)
        yield served


def ticket_number(reply: str) -> str:
    return reply.split()[3]


def test_it_says_where_everything_is_and_how_to_make_the_first_admin(served: Served) -> None:
    said = served.said

    assert f"form    {served.url}/" in said
    assert f"API     {served.url}/api/v1/" in said
    assert f"SMTP    127.0.0.1:{served.server.port}  for {OURS}" in said
    assert f"answers as files in {served.folder / 'var' / 'outbox'}" in said
    assert f"data    {served.folder / 'var'}" in said
    assert "deskbell.py user add NAME --role admin" in said


def test_the_folder_and_the_secret_are_nobody_elses(served: Served) -> None:
    assert (served.folder / "var").stat().st_mode & 0o777 == 0o700
    assert (served.folder / "var" / "secret").stat().st_mode & 0o777 == 0o600


def test_a_mail_opens_a_ticket_and_its_sender_is_told_the_number(served: Served) -> None:
    reply = served.mail("Printer on fire")

    assert reply.startswith("250 2.0.0 Ticket ")
    assert reply.endswith(" opened")
    acknowledgement = served.acknowledgement(ticket_number(reply))
    assert parseaddr(acknowledgement["To"])[1] == "ann@customer.test"
    assert ticket_number(reply) in acknowledgement["Subject"]
    assert "/t/" in str(acknowledgement)


def test_the_answer_to_an_acknowledgement_lands_on_the_same_ticket(served: Served) -> None:
    number = ticket_number(served.mail("No paper"))
    acknowledgement = served.acknowledgement(number)

    reply = served.mail(
        "Re: No paper", to=parseaddr(acknowledgement["Reply-To"])[1], answers=acknowledgement["Message-ID"]
    )

    assert reply == f"250 2.0.0 Ticket {number} commented"


def test_the_same_mail_again_is_one_ticket(served: Served) -> None:
    number = ticket_number(served.mail("Twice"))

    assert served.mail("Twice") == f"250 2.0.0 Ticket {number} duplicate"


def test_mail_for_others_is_refused(served: Served) -> None:
    with (
        pytest.raises(smtplib.SMTPRecipientsRefused) as refused,
        smtplib.SMTP(running.HOST, served.server.port) as line,
    ):
        line.sendmail("ann@customer.test", ["someone@elsewhere.test"], b"Subject: relay?\r\n\r\nno\r\n")

    assert refused.value.recipients["someone@elsewhere.test"][0] == 550


def test_the_form_and_the_state_of_health_are_there(served: Served) -> None:
    assert "<form" in served.get("/")
    assert json.loads(served.get("/health"))


def test_an_account_made_while_serving_signs_in_and_sees_the_tickets(served: Served) -> None:
    served.mail("Seen by an agent")

    made = served.run("user", "add", "dana", "--role", "admin", "--password-stdin", given="a long enough password\n")
    token = served.sign_in("dana", "a long enough password")

    assert made.returncode == 0, made.stderr
    subjects = [ticket["subject"] for ticket in json.loads(served.get("/api/v1/tickets", token))["tickets"]]
    assert "Seen by an agent" in subjects


def test_a_second_one_on_the_same_ports_says_so_and_ends(served: Served, tmp_path: Path) -> None:
    taken = {"DESKBELL_SMTP__PORT": str(served.server.port), "DESKBELL_API__PORT": "0"}

    second = command(tmp_path, "serve", settings=taken)

    assert second.returncode not in (0, 120)
    assert "Traceback" not in second.stderr
    assert "address already in use" in second.stderr
    assert "set api.port and smtp.port" in second.stderr


def test_told_to_stop_under_load_it_ends_within_20_seconds_and_has_all_it_answered_for(tmp_path: Path) -> None:
    plan = crash.Plan(mails=100_000, kills=0, seed=1)
    load = crash.Load(plan)
    with running.serving(tmp_path, "smtp,outbox") as server:
        try:
            load.begin(server.port)
            load.wait_for(100)
            began = monotonic()
            code = server.stop()
            seconds = monotonic() - began
        finally:
            load.give_up()

    kept = asyncio.run(stored.read(stored.sqlite_url(tmp_path)))
    verdict = crash.judged(plan, load.history, kept, seconds)
    assert code == 0
    assert seconds < 20
    assert verdict.answered >= 100
    assert verdict.clean, verdict


WITHOUT_A_WRITER = """
import deskbell
from core.desk import Desk

async def breaks_down(desk: Desk) -> None:
    raise RuntimeError("the writer is gone")

Desk._write_for_ever = breaks_down
deskbell.main()
"""


def test_a_desk_whose_writer_has_died_ends_for_the_supervisor_to_start_it_again(tmp_path: Path) -> None:
    settings = {"DESKBELL_SMTP__PORT": "0"}

    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_WRITER, "serve", "--only", "smtp"], cwd=tmp_path,
        env=running.environment(tmp_path, settings), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 1
    assert '"event":"background_task_ended","task":"writer"' in ended.stderr
    assert "the writer is gone" in ended.stderr


def test_the_demo_has_accounts_and_tickets_to_look_at(tmp_path: Path) -> None:
    port, smtp_port = running.free_port(), running.free_port()
    settings = {"DESKBELL_API__PORT": str(port), "DESKBELL_SMTP__PORT": str(smtp_port)}
    server = running.started(tmp_path, (*DESKBELL, "serve", "--demo"), smtp_port, settings)
    try:
        running.wait_until_it_greets(server, tmp_path)
        demo = Served(server, tmp_path, f"http://{running.HOST}:{port}")
        token = demo.sign_in("bob", "bob123")
        listed = json.loads(demo.get("/api/v1/tickets", token))
        contracts = {name: json.loads(demo.get(f"/contracts/{name}/tickets")) for name in OPEN_CONTRACTS}
    finally:
        assert server.stop() == 0

    assert "alice/alice123" in demo.said
    assert len(listed["tickets"]) >= 4
    assert len(contracts["basic"]) == len(contracts["customer_support"]["tickets"]) == len(listed["tickets"])
    assert f"basic  {demo.url}/contracts/basic/" in demo.said
    assert (tmp_path / "var-demo").is_dir()
    assert not (tmp_path / "var").exists()


def test_the_metrics_count_what_came_by_mail(served: Served) -> None:
    served.mail("Counted")

    page = served.get("/metrics")

    assert 'deskbell_smtp_mails{state="opened"}' in page
    assert 'deskbell_smtp_connections{state="accepted"}' in page


async def test_what_does_not_end_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    alarms: list[int] = []
    monkeypatch.setattr(signal, "alarm", alarms.append)
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGALRM)
    try:
        asked = deskbell._signalled()
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(asked, 5)

        assert alarms == [20]
        # And what rings then waits for nothing: it is a function of ours, not the default.
        assert callable(signal.getsignal(signal.SIGALRM))
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)
        signal.signal(signal.SIGALRM, before)

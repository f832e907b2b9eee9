"""Blocks, incidents and held answers at a terminal."""

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import deskbell
from core import desk as desks
from core import tables
from tests.builders import settings
from tests.stored import rows

CONFIG = """
[desk]
data_dir = "."
[smtp]
addresses = ["support@desk.test"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path) -> Path:
    """Every command runs in a folder of its own with an empty desk, and with nothing of the caller's environment."""
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG)
    shutil.copy(sqlite_template, tmp_path)
    tmp_path.chmod(0o700)
    return tmp_path


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(deskbell.app, arguments, input=given)


def deliver(folder: Path, *mails: str) -> Result:
    for number, mail in enumerate(mails):
        (folder / f"{number}.eml").write_text(mail)
    return run("mail", *(f"{number}.eml" for number in range(len(mails))))


def a_mail(number: int, sender: str = "ann@customer.test", head: str = "") -> str:
    return f"From: {sender}\nMessage-ID: <{number}@customer.test>\n{head}Subject: Printer {number}\n\nIt is on fire.\n"


def test_a_sender_is_blocked_for_a_while_and_let_in_again(folder: Path) -> None:
    made = run("block", "Evil.test", "--reason", "abuse", "--days", "7")
    kept_out = deliver(folder, a_mail(1, "eve@mail.evil.test"))
    [listed] = json.loads(run("blocked", "--json").stdout)
    lifted, again = run("unblock", "evil.test"), run("unblock", "evil.test")

    assert made.stdout.startswith("@evil.test is blocked until 2")
    assert kept_out.stdout == "0.eml: ignored: abuse\n"
    assert (listed["subject"], listed["reason"], listed["author"]) == ("@evil.test", "abuse", "command line")
    assert (lifted.exit_code, again.exit_code) == (0, 1)
    assert run("block", "no address").exit_code != 0


def test_an_incident_is_shown_and_ended(folder: Path) -> None:
    deliver(folder, *(a_mail(number) for number in range(5)))

    shown = run("incidents").stdout
    [incident] = json.loads(run("incidents", "--json").stdout)
    ended = run("incidents", "--reset", incident["id"])

    assert "ann@customer.test" in shown
    assert "3 automatic mails a day are spent" in shown
    assert ended.stdout == "The incident with ann@customer.test is over.\n"
    assert run("incidents").stdout == ""


def test_a_held_answer_is_listed_and_let_in(folder: Path) -> None:
    deliver(folder, a_mail(1))
    ours = asyncio.run(our_message_id(folder))
    run("user", "add", "bob", "--password-stdin", given="correct horse\n")
    held = deliver(folder, a_mail(2, "ann@private.test", f"In-Reply-To: {ours}\n"))

    [waiting] = json.loads(run("held", "--json").stdout)
    nobody = run("held", "--allow", waiting["id"])
    done = run("held", "--allow", waiting["id"], "--as", "bob")

    assert held.stdout == "0.eml: ignored\n"
    assert (waiting["sender"], waiting["ticket_number"]) == ("ann@private.test", 1)
    assert nobody.exit_code == 65
    assert done.stdout == f"{waiting['id']}: comment on ticket 1\n"
    assert run("held").stdout == "Nothing is held.\n"


async def our_message_id(folder: Path) -> str:
    async with desks.opened(settings(folder)) as desk:
        [delivery] = await rows(desk, tables.deliveries)
    return str(delivery.remote_id)

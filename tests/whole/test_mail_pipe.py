"""`deskbell mail` in a mail server's pipe: what its exit code makes the mail server do, with a desk serving and without."""

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import deskbell
from core import desk as desks
from core import tables
from core.messages import Receipt
from core.vocabulary import Outcome
from ingest import mail_pipe
from tests.builders import a_mail, settings
from tests.stored import count, rows

HOME = Path(deskbell.__file__).parent
MAIL = b"From: Ann Archer <ann@customer.test>\r\nMessage-ID: <1@customer.test>\r\nSubject: Hello\r\n\r\nIt burns.\r\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path) -> Path:
    shutil.copy(sqlite_template, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKBELL_DESK__DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DESKBELL_SMTP__ADDRESSES", '["support@desk.test"]')
    return tmp_path


def run(*arguments: str, given: bytes = MAIL) -> Result:
    return CliRunner().invoke(deskbell.app, ["mail", *arguments], input=given)


def test_what_is_wrong_with_a_mail_itself_is_told_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKBELL_SMTP__MAX_MESSAGE_MB", "1")

    results = [
        run("-", given=b" \r\n"),
        run("-", given=MAIL + b"x" * 1024 * 1024),
        run("--to", "support@desk.test", "--to", "root@elsewhere.test", "-"),
        run("nothing.eml"),
        run("-"),
        run("-", "--to", "Support+42-1-aaaaaaaaaaaaaaaa@desk.test"),
    ]

    assert [result.exit_code for result in results] == [65, 65, 67, 66, 0, 0]
    assert "it is too large: at most 1 MB" in results[1].output
    assert "root@elsewhere.test is not an address of this desk" in results[2].output


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_may_be_taken_later_is_tried_again(outcome: Outcome) -> None:
    expected = {Outcome.DEFERRED: 75, Outcome.REFUSED: 69}

    assert mail_pipe.code(Receipt(outcome, tables.new_id())) == expected.get(outcome, 0)


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON"])
def test_the_null_sender_of_a_bounce_is_known_however_the_pipe_writes_it(folder: Path, sender: str) -> None:
    run("--from", sender, "-")

    with closing(sqlite3.connect(folder / "deskbell.sqlite3")) as connection:
        [(envelope,)] = connection.execute("SELECT envelope FROM ledger").fetchall()
    assert json.loads(envelope)["mail_from"] == ""


def test_a_pipe_that_was_written_down_wrongly_bounces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["deskbell", "mail", "--no-such-option", "-"])

    with pytest.raises(SystemExit) as ended:
        deskbell.main()

    assert ended.value.code == 75


async def piped(folder: Path, mail: bytes) -> tuple[int | None, str]:
    """As a mail server runs it: a process of its own, the mail on its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(HOME / "deskbell.py"), "mail", "--from", "ann@customer.test", "--to", "support@desk.test", "-",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder,
    )  # fmt: skip
    said, _ = await process.communicate(mail)
    return process.returncode, said.decode()


async def test_the_pipe_and_a_serving_desk_write_into_one_database(folder: Path) -> None:
    async with desks.opened(settings(folder)) as desk:
        pipe = asyncio.create_task(piped(folder, MAIL))
        # The desk goes on receiving while the pipe starts, writes and ends.
        received = 0
        while not pipe.done():
            await desk.receive(a_mail(f"customer{received}@customer.test"))
            received += 1
            await asyncio.wait([pipe], timeout=0.05)
        code, said = await pipe
        by_smtp = await desk.receive(a_mail())

        assert (code, said.startswith("-: ticket ")) == (0, True), said
        assert by_smtp.outcome is Outcome.OPENED
        assert await count(desk, tables.tickets) == received + 2
        numbers = [row.number for row in await rows(desk, tables.tickets)]
        assert sorted(numbers) == list(range(1, received + 3))


def test_texts_of_ones_own_are_begun_with_ours_and_checked(folder: Path) -> None:
    written = CliRunner().invoke(deskbell.app, ["templates", "--write", "templates"])
    (folder / "templates" / "answer.txt").write_text("{text}\n\nYours, {author}\n")
    again = CliRunner().invoke(deskbell.app, ["templates", "--write", "templates"])
    good = CliRunner().invoke(deskbell.app, ["templates"])
    (folder / "templates" / "answer.de.txt").write_text("{txt}")
    bad = CliRunner().invoke(deskbell.app, ["templates"])

    assert [result.exit_code for result in (written, again, good, bad)] == [0, 0, 0, 78]
    assert "answer.html" in written.output
    assert again.output == ""
    assert (folder / "templates" / "answer.txt").read_text() == "{text}\n\nYours, {author}\n"
    assert "answer.txt" in good.output
    assert "answer.de.txt has {txt}, which is not known here" in bad.output


async def test_a_mail_that_is_stored_is_delivered_also_where_nobody_can_hear_it(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(HOME / "deskbell.py"), "mail", "--from", "ann@customer.test", "-",
            stdin=asyncio.subprocess.PIPE, stdout=full, stderr=full, cwd=folder,
        )  # fmt: skip
        await process.communicate(MAIL)

    assert process.returncode == 0
    with closing(sqlite3.connect(folder / "deskbell.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM tickets").fetchone() == (1,)


def test_the_verdict_of_the_mail_server_that_hands_it_over_is_believed() -> None:
    spam = run("-", given=b"X-Spam-Flag: YES\r\n" + MAIL)

    assert (spam.exit_code, spam.output.strip()) == (0, "-: ignored: x-spam-flag: YES")

"""The commands, as somebody at a terminal or a mail server's pipe uses them: what they print, and their exit codes."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import deskbell
from core.config import Settings
from ingest import demo

MAIL = (
    "From: Ann Archer <ann@customer.test>\r\nTo: support@localhost\r\nSubject: Printer on fire\r\n"
    "Message-ID: <1@customer.test>\r\n\r\nThe printer on the second floor is on fire.\r\n"
)
PASSWORD = "a long enough password\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder, with nothing of the caller's environment."""
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, given: str = "", **settings: str) -> Result:
    return CliRunner().invoke(
        deskbell.app, arguments, input=given, env={f"DESKBELL_{k}": v for k, v in settings.items()}
    )


def add_user(name: str, role: str = "agent") -> Result:
    return run("user", "add", name, "--role", role, "--password-stdin", given=PASSWORD)


def mail_file(folder: Path, text: str = MAIL, name: str = "one.eml") -> str:
    (folder / name).write_bytes(text.encode())
    return name


# Accounts


def test_an_account_is_made_listed_and_kept_out() -> None:
    made = add_user("bob")
    listed = run("user", "list", "--json")
    disabled = run("user", "disable", "bob")
    shown = run("user", "list")

    assert (made.exit_code, made.output) == (0, "bob can sign in now, as agent.\n")
    assert json.loads(listed.stdout) == [{"username": "bob", "role": "agent", "email": "", "active": True}]
    assert disabled.output == "bob can no longer sign in.\n"
    assert shown.stdout.rstrip().endswith("disabled")


def test_a_disabled_account_is_let_in_again() -> None:
    add_user("bob")
    run("user", "disable", "bob")

    enabled = run("user", "enable", "bob")

    assert enabled.output == "bob can sign in again.\n"
    assert json.loads(run("user", "list", "--json").stdout)[0]["active"] is True


def test_a_password_is_changed() -> None:
    add_user("bob")

    changed = run("user", "passwd", "bob", "--password-stdin", given="another good password\n")

    assert (changed.exit_code, changed.output) == (0, "bob has a new password.\n")


@pytest.mark.parametrize(
    "words", [("passwd", "nobody", "--password-stdin"), ("disable", "nobody"), ("enable", "nobody")]
)
def test_an_account_that_is_not_there_is_named_as_such(words: tuple[str, ...]) -> None:
    result = run("user", *words, given=PASSWORD)

    assert result.exit_code == 1
    assert "User not found: `deskbell user list` shows all" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (("bob", "--password-stdin"), "short\n", 65, "password"),
        (("bob", "--role", "king", "--password-stdin"), PASSWORD, 65, "customer, agent, admin"),
        (("two words", "--password-stdin"), PASSWORD, 78, "username"),
        (("bob", "--email", "nonsense", "--password-stdin"), PASSWORD, 78, "mail address"),
        (("bob",), "", 66, "--password-stdin"),
    ],
)
def test_an_account_that_cannot_be_made_says_why(arguments: tuple[str, ...], given: str, code: int, said: str) -> None:
    result = run("user", "add", *arguments, given=given)

    assert result.exit_code == code
    assert said in result.stderr


def test_a_name_that_is_taken_is_said_to_be() -> None:
    add_user("bob")

    result = add_user("bob")

    assert result.exit_code == 1
    assert "choose another name" in result.stderr


# Mail by file and pipe


def test_a_mail_file_becomes_a_ticket(folder: Path) -> None:
    result = run("mail", mail_file(folder))

    assert (result.exit_code, result.output) == (0, "one.eml: ticket 1 opened\n")


def test_a_mail_on_stdin_becomes_a_ticket_and_again_a_duplicate() -> None:
    first, again = run("mail", "-", given=MAIL), run("mail", "-", given=MAIL)

    assert (first.exit_code, first.output) == (0, "-: ticket 1 opened\n")
    assert (again.exit_code, again.output) == (0, "-: ticket 1 duplicate\n")


def test_a_mail_file_that_is_not_there_stops_before_anything_is_stored(folder: Path) -> None:
    result = run("mail", mail_file(folder), "nothing.eml")

    assert result.exit_code == 66
    assert "nothing.eml" in result.stderr
    assert not (folder / "var").exists()


def test_a_mail_that_is_put_off_exits_75_so_that_the_mail_server_tries_again(folder: Path) -> None:
    mails = (mail_file(folder), mail_file(folder, MAIL.replace("<1@", "<2@"), "two.eml"))

    result = run("mail", *mails, LIMITS__MAILS_PER_SENDER_PER_HOUR="1")

    assert result.exit_code == 75
    assert "one.eml: ticket 1 opened" in result.output
    assert "two.eml: deferred" in result.output


def test_the_envelope_can_be_given(folder: Path) -> None:
    run(
        "mail",
        mail_file(folder, MAIL.replace("From: Ann Archer <ann@customer.test>\r\n", "")),
        "--from",
        "eve@customer.test",
    )

    assert json.loads(run("ledger", "--json").stdout)[0]["sender"] == "eve@customer.test"


# Explain


def test_a_mail_is_explained_without_being_stored(folder: Path) -> None:
    result = run("explain", "--json", mail_file(folder))

    explained = json.loads(result.stdout)
    assert explained["from"] == {"address": "ann@customer.test", "name": "Ann Archer"}
    assert explained["subject"] == "Printer on fire"
    assert explained["kind"] == "new"
    assert explained["classification"]["category"]
    assert not (folder / "var").exists()


def test_paths_on_stdin_are_answered_line_by_line(folder: Path) -> None:
    mail_file(folder)

    result = run("explain", "--stdin", given="one.eml\nnothing.eml\n")

    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["subject"] == "Printer on fire"
    assert second == {"error": "nothing.eml: No such file or directory"}
    assert result.exit_code == 0


def test_a_path_that_nobody_can_write_is_answered_like_any_other() -> None:
    result = CliRunner().invoke(deskbell.app, ["explain", "--stdin"], input=b"\xff.eml\nwith\0nul.eml\n")

    assert result.exit_code == 0
    assert ["error" in json.loads(line) for line in result.stdout.splitlines()] == [True, True]


def test_a_mail_that_cannot_be_read_is_told_and_the_others_are_explained(folder: Path) -> None:
    result = run("explain", "nothing.eml", mail_file(folder))

    assert result.exit_code == 66
    assert result.stdout.startswith("nothing.eml: No such file or directory\nFrom:        Ann Archer")


def test_explaining_nothing_says_what_to_name() -> None:
    result = run("explain")

    assert result.exit_code == 66
    assert "--stdin" in result.stderr


# The ledger


def test_the_ledger_lists_what_came_and_what_became_of_it(folder: Path) -> None:
    run("mail", mail_file(folder))

    [row] = json.loads(run("ledger", "--json").stdout)
    line = run("ledger").stdout

    assert (row["disposition"], row["ticket_number"], row["subject"]) == ("ticket", 1, "Printer on fire")
    assert row["id"] in line
    assert "#1" in line
    assert json.loads(run("ledger", "--failed", "--json").stdout) == []


def test_a_row_is_written_out_as_it_came_and_done_again(folder: Path) -> None:
    run("mail", mail_file(folder))
    row = json.loads(run("ledger", "--json").stdout)[0]["id"]

    raw = run("ledger", "--raw", row)
    replayed = run("ledger", "--replay", row)

    assert raw.stdout_bytes == MAIL.encode()
    assert replayed.exit_code == 0
    assert replayed.output.startswith(f"{row}: ticket 1 ")
    assert json.loads(run("ledger", "--json").stdout)[0]["replayed_at"]


@pytest.mark.parametrize(("row", "code"), [("nonsense", 65), ("01890000-0000-7000-8000-000000000000", 1)])
def test_a_row_that_is_not_there_cannot_be_done_again(row: str, code: int) -> None:
    result = run("ledger", "--replay", row)

    assert result.exit_code == code
    assert result.stderr.startswith("deskbell: ")


# The database


def test_the_schema_is_made_and_checked() -> None:
    before = run("db", "check")
    made, again = run("db", "upgrade"), run("db", "upgrade")
    after = run("db", "check")

    assert before.exit_code == 1
    assert "deskbell db upgrade" in before.stderr
    assert made.output.endswith("it was not there.\n")
    assert made.exit_code == again.exit_code == after.exit_code == 0
    assert "sound" in after.output


def test_a_schema_of_a_newer_program_is_left_alone(folder: Path) -> None:
    run("db", "upgrade")
    _write_schema_version(folder, "9999")

    result = run("mail", "-", given=MAIL)

    assert result.exit_code == 75
    assert "install the newer Deskbell" in result.stderr
    assert "install the newer Deskbell" in run("db", "check").stderr


def _write_schema_version(folder: Path, version: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(folder / "var" / "deskbell.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


# Backups and the doctor


def test_a_backup_is_made_and_found_whole_until_something_is_missing(folder: Path) -> None:
    run("mail", mail_file(folder))

    made = run("backup", "copy")
    whole = run("backup", "copy", "--verify")
    (folder / "copy" / "deskbell.sqlite3").write_bytes(b"")
    broken = run("backup", "copy", "--verify")

    assert made.exit_code == 0, made.output
    assert (whole.exit_code, whole.output) == (0, "copy is whole.\n")
    assert broken.exit_code == 1
    assert "deskbell.sqlite3" in broken.stderr


def test_the_doctor_finds_a_desk_well(folder: Path) -> None:
    run("db", "upgrade")

    result = run("doctor", API__PORT="0", SMTP__PORT="0")
    as_json = run("doctor", "--json", API__PORT="0", SMTP__PORT="0")

    assert result.exit_code == 0, result.output
    assert "fault" not in {finding["level"] for finding in json.loads(as_json.stdout)}


def test_the_doctor_says_what_to_do_about_a_fault(folder: Path) -> None:
    run("db", "upgrade")
    (folder / "var").chmod(0o755)

    result = run("doctor", API__PORT="0", SMTP__PORT="0")

    assert result.exit_code == 1
    assert "chmod 700" in result.output


# Configuration


@pytest.mark.parametrize("command", [("user", "list"), ("ledger",), ("db", "check"), ("serve",), ("doctor",)])
def test_a_misspelt_key_is_named_and_nothing_is_done(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "config.toml").write_text("[smtp]\nrequre_tls = true\n")

    result = run(*command)

    assert result.exit_code == 78
    assert "smtp.requre_tls" in result.stderr
    assert not (folder / "var").exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SMTP__PROT", "25", "smtp.prot"),
        ("SMTPPORT", "25", "DESKBELL_<SECTION>__<KEY>"),
        ("SMTP__PORT", "many", "smtp.port"),
    ],
)
def test_a_wrong_environment_variable_is_named(name: str, value: str, said: str) -> None:
    result = run("user", "list", **{name: value})

    assert result.exit_code == 78
    assert said in result.stderr


def test_a_configuration_that_is_named_must_be_there() -> None:
    result = run("user", "list", "--config", "nothing.toml")

    assert result.exit_code == 78
    assert "nothing.toml" in result.stderr


def test_a_part_that_is_not_there_is_not_served() -> None:
    result = run("serve", "--only", "smtp,fax")

    assert result.exit_code == 78
    assert "fax" in result.stderr


def test_the_demo_writes_to_nobody() -> None:
    configured = Settings.model_validate({"mail": {"relay": "smtp://mail.example.test"}})

    assert demo.settings(configured).mail.relay.get_secret_value() == ""


def test_the_demo_is_for_this_machine_only() -> None:
    result = run("serve", "--demo", SMTP__HOST="0.0.0.0")

    assert result.exit_code == 78
    assert "127.0.0.1" in result.stderr


BROKEN_BY_US = {
    "an unknown key": {"DESKBELL_SMTP__PRT": "25"},
    "a database that is not there": {"DESKBELL_DATABASE__URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"},
    "a secret that is too short": {"DESKBELL_DESK__SECRET": "short"},
}


@pytest.mark.parametrize("settings", BROKEN_BY_US.values(), ids=BROKEN_BY_US)
def test_a_mail_is_never_bounced_for_a_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"From: ann@customer.test\r\nSubject: Hello\r\n\r\nText\r\n")

    result = CliRunner().invoke(deskbell.app, ["mail", str(mail)])

    assert result.exit_code == 75
    assert "deskbell: " in result.output


def test_a_mail_for_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKBELL_DESK__DATA_DIR", str(tmp_path / "var"))
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"From: ann@customer.test\r\nSubject: Hello\r\n\r\nText\r\n")

    result = CliRunner().invoke(deskbell.app, ["mail", "--to", "root@elsewhere.test", str(mail)])

    assert result.exit_code == 67
    assert "not an address of this desk" in result.output

"""Talking with the desk in a terminal, and linking a chat to an account, as an operator does it."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

import deskbell


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: str = "", **settings: str) -> str:
    result = CliRunner().invoke(
        deskbell.app, arguments, input=given, env={f"DESKBELL_{key}": value for key, value in settings.items()}
    )
    assert result.exit_code == 0, result.output
    return result.output


def test_somebody_talks_with_the_desk_and_an_account_is_linked_by_a_link_of_its_own() -> None:
    run("user", "add", "bob", "--password-stdin", given="a long enough password\n")

    said = run("chat", "--as", "Dave", given="My printer burns\n/tickets\n")
    plain = run("user", "link", "bob")
    link = run("user", "link", "bob", TELEGRAM__BOT_NAME="DeskBot")

    assert "#1 · New · My printer burns" in said
    assert plain.startswith("For bob, once, within a day:  /start ")
    assert link.startswith("For bob, once, within a day:  https://t.me/DeskBot?start=")
    assert run("user", "unlink", "bob") == "bob is linked to no chat any more (0 before).\n"

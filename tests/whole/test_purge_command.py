"""`deskbell purge`, as somebody at a terminal uses it."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import deskbell

MAIL = b"From: Ann <ann@customer.test>\r\nTo: support@localhost\r\nSubject: Hi\r\n\r\nIt burns.\r\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(deskbell.app, arguments)


def test_a_dry_run_counts_and_a_run_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.eml").write_bytes(MAIL)
    assert run("mail", "one.eml").exit_code == 0

    dry, wet, asked = run("purge", "--dry-run"), run("purge"), run("purge", "--json")

    assert (dry.exit_code, wet.exit_code, asked.exit_code) == (0, 0, 0)
    assert dry.output.startswith("Would remove 0 tickets")
    assert wet.output.startswith("Removed 0 tickets")
    assert json.loads(asked.stdout)["tickets"] == 0
    assert len(json.loads(run("ledger", "--json").stdout)) == 1

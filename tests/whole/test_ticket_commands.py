"""`deskbell import` and `deskbell export`, as somebody at a terminal uses them."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import deskbell

ROOT = Path(__file__).parents[2]
CSV = (
    "customer_email,subject,description,category,priority\r\n"
    "ann@customer.test,Printer on fire,It burns on the second floor.,technical_issue,urgent\r\n"
    "nonsense,Payment,Not processed,,\r\n"
    "bob@customer.test,Größe,=1+1,,\r\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path) -> Path:
    """Every command runs in a folder with an empty desk, and with nothing of the caller's environment."""
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    Path("var").mkdir(mode=0o700)
    shutil.copy(sqlite_template, "var")
    return tmp_path


def run(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(deskbell.app, arguments, input=given)


def a_file(folder: Path, content: str = CSV, name: str = "tickets.csv") -> str:
    (folder / name).write_bytes(content.encode())
    return name


def test_a_file_is_imported_and_its_bad_rows_are_told(folder: Path) -> None:
    first, again = run("import", a_file(folder)), run("import", "tickets.csv")

    assert first.stdout == "3 rows: 2 imported, 0 were here already, 1 bad.\n"
    assert first.stderr == "row 2: Invalid email format: nonsense\n"
    assert again.stdout == "3 rows: 0 imported, 2 were here already, 1 bad.\n"
    assert (first.exit_code, again.exit_code) == (65, 65)


def test_a_good_file_ends_well(folder: Path) -> None:
    assert run("import", a_file(folder, CSV.replace("nonsense", "c@customer.test"))).exit_code == 0


def test_a_dry_run_stores_nothing(folder: Path) -> None:
    dry = run("import", a_file(folder), "--dry-run")

    assert dry.stdout == "3 rows: 2 would be imported, 0 were here already, 1 bad.\n"
    assert run("import", "tickets.csv").stdout.startswith("3 rows: 2 imported")


def test_the_result_is_data_on_demand(folder: Path) -> None:
    result = run("import", a_file(folder), "--json")

    assert json.loads(result.stdout) == {
        "total": 3, "successful": 2, "duplicates": 0, "failed": 1, "unlisted": 0,
        "errors": [{"row": 2, "errors": ["Invalid email format: nonsense"]}],
    }  # fmt: skip
    assert (result.stderr, result.exit_code) == ("", 65)


def test_at_a_terminal_a_bar_shows_how_far_it_is(folder: Path) -> None:
    inside, outside = pty.openpty()
    command = [sys.executable, str(ROOT / "deskbell.py"), "import", a_file(folder)]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=outside, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(outside)
        shown = b"".join(everything(inside))
        assert process.stdout is not None
        told = process.stdout.read()
    os.close(inside)

    assert told.startswith(b"3 rows: 2 imported")
    assert b"3 rows" in shown
    assert b"100 %" in shown


def everything(terminal: int) -> Iterator[bytes]:
    """What is written to it, until nobody has it open any more; Linux calls that an error."""
    with suppress(OSError):
        while some := os.read(terminal, 4096):
            yield some


def test_many_bad_rows_do_not_fill_the_terminal(folder: Path) -> None:
    result = run("import", a_file(folder, "subject,customer_email\r\n" + "s,x\r\n" * 50))

    assert len(result.stderr.splitlines()) == 21
    assert result.stderr.splitlines()[-1] == "and 30 more: --json lists the first 1000"


def test_a_pipe_is_read_in_the_format_that_is_named(folder: Path) -> None:
    assert run("import", "-", "--format", "csv", given=CSV).stdout.startswith("3 rows: 2 imported")


@pytest.mark.parametrize(
    ("name", "content", "arguments", "code", "said"),
    [
        ("nothing.csv", None, (), 66, "name a file of tickets, or - for stdin"),
        ("tickets.pdf", "x", (), 65, "Unsupported file format. Use csv, json, or xml (--format says which)"),
        ("tickets", CSV, (), 65, "Unsupported file format"),
        ("tickets.csv", CSV, ("--format", "yaml"), 65, "Unsupported file format"),
        ("tickets.json", "{", (), 65, "tickets.json: the file is no valid JSON"),
        ("tickets.csv", "", (), 65, "tickets.csv: the file is empty"),
        ("tickets.csv", CSV, ("--source", "A:B"), 65, "--source must be"),
    ],
)
def test_what_cannot_be_imported_says_why(
    folder: Path, name: str, content: str | None, arguments: tuple[str, ...], code: int, said: str
) -> None:
    if content is not None:
        a_file(folder, content, name)

    result = run("import", name, *arguments)

    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_is_no_file(folder: Path) -> None:
    assert run("import", str(folder)).exit_code == 66


def test_ids_of_two_systems_are_told_apart(folder: Path) -> None:
    a_file(folder, "id,subject,customer_email\r\n1,s,a@b.test\r\n")

    assert run("import", "tickets.csv", "--source", "old").stdout.startswith("1 row: 1 imported")
    assert run("import", "tickets.csv", "--source", "older").stdout.startswith("1 row: 1 imported")


@pytest.mark.parametrize("kind", ["csv", "json", "xml"])
def test_what_is_exported_is_imported_elsewhere(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("import", a_file(folder))
    exported = run("export", "--format", kind)
    (folder / f"all.{kind}").write_bytes(exported.stdout_bytes)

    here = run("import", f"all.{kind}")
    monkeypatch.setenv("DESKBELL_DESK__DATA_DIR", "elsewhere")
    elsewhere = run("import", f"all.{kind}")
    again = run("export", "--format", kind)

    assert exported.exit_code == 0
    assert here.stdout == "2 rows: 0 imported, 2 were here already, 0 bad.\n"
    assert elsewhere.stdout == "2 rows: 2 imported, 0 were here already, 0 bad.\n"
    assert without_ids(again.stdout) == without_ids(exported.stdout)


def without_ids(text: str) -> str:
    """Elsewhere a ticket has another id, and its first one as the external one."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text)
    return re.sub(r'<external_id></external_id>|"external_id":(?:null|""),', "", text)


def test_a_format_that_nothing_is_written_in_is_refused() -> None:
    result = run("export", "--format", "xlsx")

    assert (result.exit_code, result.stdout) == (65, "")
    assert "Use csv, json, or xml" in result.stderr


def test_whoever_reads_an_export_may_stop_reading(folder: Path) -> None:
    run(
        "import",
        a_file(folder, "subject,customer_email\r\n" + "".join(f"{'s' * 200}{n},x@b.test\r\n" for n in range(900))),
    )
    command = [sys.executable, str(ROOT / "deskbell.py"), "export"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")

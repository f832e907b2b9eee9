"""The doctor: what it finds wrong with settings, folder and database, and what `serve` must refuse."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.config import Settings
from core.desk import Desk, opened
from core.errors import Invalid
from core.running import doctor, doubts
from core.running.findings import Finding, Level
from ingest import demo
from tests.builders import NOON, Clock, a_mail, settings
from tests.conftest import Postgres
from tests.nobody import as_nobody

PUBLIC = "0.0.0.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as Deskbell makes it."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


async def examined(chosen: Settings, now: datetime = NOON) -> list[Finding]:
    return await doctor.examine(chosen, clock=Clock(now))


def told(findings: list[Finding], part: str) -> Finding:
    """The one finding that says `part`."""
    found = [finding for finding in findings if part in finding.what]
    assert len(found) == 1, [finding.what for finding in findings]
    return found[0]


def faults(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level is Level.FAULT]


def test_the_defaults_may_be_served(tmp_path: Path) -> None:
    assert doubts.refusals(settings(tmp_path)) == []


@pytest.mark.parametrize(
    ("sections", "part"),
    [
        ({"api": {"host": PUBLIC}}, "without TLS in front"),
        ({"api": {"host": "::"}}, "without TLS in front"),
        ({"api": {"host": "desk.example.com"}}, "without TLS in front"),
        ({"api": {"trusted_proxies": ["nginx"]}}, "lists 'nginx'"),
        ({"smtp": {"trusted_relays": ["10.0.0.0/99"]}}, "lists '10.0.0.0/99'"),
        ({"smtp": {"proxy_protocol_from": ["haproxy"]}}, "lists 'haproxy'"),
        ({"desk": {"data_dir": "x/var-demo"}, "smtp": {"host": PUBLIC}}, "whose passwords everybody knows"),
        (
            {"desk": {"data_dir": "var-demo", "public_url": "https://desk.example.com"}, "api": {"host": PUBLIC}},
            "whose passwords everybody knows",
        ),
        (
            {"api": {"host": PUBLIC, "trusted_proxies": ["10.0.0.2"], "contracts": ["basic"]}},
            "basic on 0.0.0.0: without sign-in everybody could read and delete every ticket",
        ),
        (
            {"api": {"host": "::", "trusted_proxies": ["::1"], "listeners": [{"port": 5000, "contract": "basic"}]}},
            "basic on ::: without sign-in",
        ),
    ],
)
def test_what_must_not_be_served_is_refused_with_what_to_do(
    sections: dict[str, dict[str, object]], part: str, tmp_path: Path
) -> None:
    [finding] = doubts.refusals(settings(tmp_path, **sections))

    assert part in finding.what
    assert finding.advice


@pytest.mark.parametrize(
    "sections",
    [
        {"api": {"host": "127.0.0.1"}},
        {"api": {"host": "::1"}},
        {"api": {"host": "localhost"}},
        {"api": {"host": PUBLIC}, "desk": {"public_url": "https://desk.example.com"}},
        {"api": {"host": PUBLIC, "trusted_proxies": ["10.0.0.2"]}},
        {"smtp": {"host": PUBLIC}},
        {"desk": {"data_dir": "var-demo"}},
        {"api": {"contracts": ["basic"], "listeners": [{"port": 5000, "contract": "basic"}]}},
    ],
)
def test_what_is_private_or_behind_tls_may_be_served(sections: dict[str, dict[str, object]], tmp_path: Path) -> None:
    assert doubts.refusals(settings(tmp_path, **sections)) == []


def test_python_without_assertions_is_refused() -> None:
    program = (
        "from core import config; from core.running import doubts; print(doubts.refusals(config.Settings())[0].what)"
    )

    ended = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=True)

    assert "-O" in ended.stdout


def test_the_demo_folder_is_known_by_its_name() -> None:
    assert demo.FOLDER.name == doubts.DEMO_FOLDER


@pytest.mark.parametrize(
    ("sections", "part"),
    [
        ({"smtp": {"host": PUBLIC, "addresses": ["support@localhost"]}}, "an address that nobody can write to"),
        ({"smtp": {"host": PUBLIC}}, "bare CR or LF"),
        ({"smtp": {"proxy_protocol_from": ["127.0.0.1"]}}, "bare CR or LF"),
        ({"smtp": {"host": PUBLIC}, "limits": {"enabled": False}}, "nothing limits"),
        ({"mail": {"acknowledge": "authenticated"}}, "nobody gets any"),
        ({"smtp": {"authserv_id": "mx.test", "trusted_relays": []}}, "no relay is trusted"),
        ({"smtp": {"trusted_relays": ["0.0.0.0/0"]}}, "trusts everybody"),
        ({"mail": {"relay": "smtp://mail.test"}}, "which customers cannot open"),
        (
            {"mail": {"relay": "smtp://mail.test"}, "smtp": {"addresses": ["support@localhost"]}},
            "nobody can answer",
        ),
    ],
)
async def test_what_is_doubtful_is_a_warning(sections: dict[str, dict[str, object]], part: str, folder: Path) -> None:
    finding = told(await examined(settings(folder, **sections)), part)

    assert finding.level is Level.WARNING
    assert finding.advice


async def test_a_mail_limit_below_the_file_limit_is_mentioned(folder: Path) -> None:
    finding = told(await examined(settings(folder)), "a mail may have 25 MB")

    assert (finding.level, finding.advice.split()[-3:]) == (Level.OK, ["70", "or", "more"])


async def test_a_sound_desk_has_no_fault_on_either_database(any_desk: Desk) -> None:
    any_desk.settings.desk.data_dir.chmod(0o700)
    await any_desk.receive(a_mail())

    found = await examined(any_desk.settings)

    assert faults(found) == []
    assert told(found, "can be read").level is Level.OK
    assert told(found, "can be written, synced and read").level is Level.OK


async def test_the_doctor_leaves_nothing_behind(desk: Desk) -> None:
    def everything() -> tuple[set[Path], int]:
        with closing(sqlite3.connect(desk.settings.desk.data_dir / "deskbell.sqlite3")) as connection:
            [[rows]] = connection.execute("SELECT count(*) FROM blobs")
        return {path for path in desk.settings.desk.data_dir.rglob("*") if path.is_file()}, rows

    await desk.receive(a_mail())
    before = everything()

    await examined(desk.settings)

    assert everything() == before


async def test_a_desk_not_yet_started_is_looked_at_and_not_made(tmp_path: Path) -> None:
    found = await examined(settings(tmp_path / "not" / "yet"))

    assert faults(found) == []
    assert not (tmp_path / "not").exists()


def _no_folder(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("")


def _short_secret(folder: Path) -> None:
    (folder / "secret").touch(mode=0o600)


def _open_secret(folder: Path) -> None:
    (folder / "secret").write_text("x" * 64)
    (folder / "secret").chmod(0o644)


def _garbage(folder: Path) -> None:
    (folder / "deskbell.sqlite3").write_bytes(b"no database at all" * 100)


def _mistaken_phrases(folder: Path) -> None:
    (folder / "lexicon").mkdir()
    (folder / "lexicon" / "en.toml").write_text("[categories.refunds]\n[priority.medium]")


def _file_for_blobs(folder: Path) -> None:
    (folder / "blobs").write_text("")


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        (_no_folder, "is no folder"),
        (lambda folder: folder.chmod(0o755), "others can look into"),
        (_short_secret, "cannot be used"),
        (_open_secret, "cannot be used"),
        (_garbage, "the database cannot be used"),
        (_file_for_blobs, "cannot be written to"),
        (_mistaken_phrases, "2 mistake(s) in"),
    ],
)
async def test_what_is_wrong_in_the_folder_is_a_fault(harm: Callable[[Path], object], part: str, folder: Path) -> None:
    harm(folder)

    finding = told(await examined(settings(folder)), part)

    assert finding.level is Level.FAULT
    assert finding.advice


async def test_a_database_that_is_none_is_to_be_restored(folder: Path) -> None:
    _garbage(folder)

    assert "restore the newest backup" in told(await examined(settings(folder)), "the database cannot be used").advice


async def test_a_file_in_the_place_of_the_folder_says_what_to_do(folder: Path) -> None:
    _no_folder(folder)

    with pytest.raises(Invalid, match=r"is no folder: set desk\.data_dir to a folder"):
        async with opened(settings(folder)):
            pass


async def test_a_lost_secret_is_noticed(desk: Desk) -> None:
    (desk.settings.desk.data_dir / "secret").unlink()

    assert "restore it from a backup" in told(await examined(desk.settings), "but no secret").advice


@pytest.fixture
def visited() -> Iterator[Path]:
    """A data folder to which everybody finds the way."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "data"
        folder.mkdir(mode=0o700)
        yield folder


async def test_a_folder_that_cannot_be_written_is_a_fault(visited: Path) -> None:
    visited.chmod(0o500)

    with as_nobody():
        found = await examined(settings(visited))

    assert told(found, "is not ours to write").advice.startswith("run `chown -R ")


async def test_of_a_folder_that_cannot_be_entered_nothing_more_is_said(visited: Path) -> None:
    visited.chmod(0o000)

    with as_nobody():
        found = await examined(settings(visited))

    assert told(found, "is not ours to write").level is Level.FAULT
    assert [finding.what for finding in found if "database" in finding.what] == []


async def test_a_folder_to_which_the_way_is_closed_is_a_fault(visited: Path) -> None:
    visited.chmod(0o000)

    with as_nobody():
        found = await examined(settings(visited / "below" / "data"))

    assert told(found, f"cannot be made in {visited}").level is Level.FAULT
    assert [finding.what for finding in found if "database" in finding.what] == []


async def test_tables_of_another_program_are_a_fault_and_stay_as_they_are(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "deskbell.sqlite3")) as connection, connection:
        connection.execute("CREATE TABLE tickets (id INTEGER)")

    found = told(await examined(settings(folder)), "holds another program's tables (tickets)")

    assert (found.level, found.advice) == (Level.FAULT, "give Deskbell a database of its own")
    with pytest.raises(Invalid, match="give Deskbell a database of its own"):
        async with opened(settings(folder)):
            pass


async def test_a_full_disk_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 30 * 2**20))

    assert "mail is turned away" in told(await examined(settings(folder)), "30 MB are free").advice


@pytest.mark.parametrize(
    ("sections", "mode", "warned"),
    [
        ({"mail": {"relay": "smtp://desk:hunter2@mail.test"}}, 0o644, True),
        ({"database": {"url": "postgresql+asyncpg://desk:hunter2@localhost/desk"}}, 0o644, True),
        ({"telegram": {"token": f"123456789:{'A' * 35}"}}, 0o604, True),
        ({"mail": {"relay": "smtp://desk:hunter2@mail.test"}}, 0o640, False),
        ({"desk": {"name": "Support"}}, 0o644, False),
    ],
)
def test_passwords_that_everybody_can_read_are_a_warning(
    sections: dict[str, dict[str, object]], mode: int, warned: bool, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.touch()
    file.chmod(mode)

    found = doctor.configuration(file, settings(tmp_path, **sections))

    assert [finding.advice for finding in found] == ([f"run `chmod o-rwx {file}`"] if warned else [])


async def test_a_clock_behind_what_was_received_is_a_fault(desk: Desk) -> None:
    await desk.receive(a_mail())

    a_little = await examined(desk.settings, NOON - timedelta(hours=23))
    too_much = await examined(desk.settings, NOON - timedelta(hours=25))

    assert faults(a_little) == []
    assert "something was received on 2026-03-02 12:00" in faults(too_much)[0]


async def test_an_incident_that_holds_is_a_warning(desk: Desk) -> None:
    before = await examined(desk.settings)
    for _ in range(5):
        await desk.receive(a_mail("ann@customer.test"))

    finding = told(await examined(desk.settings), "incidents hold")

    assert not any("incidents" in one.what for one in before)
    assert (finding.level, finding.advice) == (Level.WARNING, "run `deskbell incidents`; with --reset ID one is over")
    assert finding.what.endswith("(budget 1)")


async def test_a_clock_of_another_age_is_a_fault(folder: Path) -> None:
    assert faults(await examined(settings(folder), datetime(1970, 1, 1, tzinfo=UTC))) == ["the clock says 1970-01-01"]


@pytest.mark.parametrize(
    ("version", "level", "advice"),
    [("9999", Level.FAULT, "install the newer"), ("0000", Level.WARNING, "db upgrade")],
)
async def test_another_schema_is_told(version: str, level: Level, advice: str, desk_settings: Settings) -> None:
    with closing(sqlite3.connect(desk_settings.desk.data_dir / "deskbell.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])

    finding = told(await examined(desk_settings), f"has schema {version}")

    assert finding.level is level
    assert advice in finding.advice


async def test_a_postgresql_that_lets_us_not_in_is_a_fault(folder: Path, postgres: Postgres) -> None:
    gone = settings(folder, database={"url": postgres.url("no_such_database")})
    down = settings(folder, database={"url": "postgresql+asyncpg://desk:s3cret@127.0.0.1:1/desk"})

    for chosen in (gone, down):
        found = await examined(chosen)
        assert told(found, "the database cannot be used").level is Level.FAULT
        assert "s3cret" not in str(found)

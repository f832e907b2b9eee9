"""Bytes on the disk: kept once, found again, and never trusted when they are not what their name says."""

import asyncio
import hashlib
from pathlib import Path

import pytest
from sqlalchemy import update

from core import tables
from core.desk import Desk
from core.errors import NotFound
from core.storage import blobs
from tests.synced import Syncs

LARGE = b"x" * (blobs.IN_ROW + 1)


async def keep(desk: Desk, *contents: bytes) -> list[str]:
    await asyncio.to_thread(blobs.prepared, desk.blob_folder, contents)
    found = [blobs.of(data) for data in contents]
    async with desk.writing() as connection:
        await connection.run_sync(lambda plain: blobs.insert(plain, found, desk.clock()))
    return [blob.sha256 for blob in found]


async def load(desk: Desk, sha256: str) -> bytes:
    async with desk.reading() as connection:
        return await blobs.load(connection, desk.blob_folder, sha256)


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"x" * blobs.IN_ROW, LARGE], ids=["none", "few", "most", "large"])
async def test_what_was_kept_is_found_again(any_desk: Desk, data: bytes) -> None:
    [sha256] = await keep(any_desk, data)

    assert await load(any_desk, sha256) == data
    assert blobs.path(any_desk.blob_folder, sha256).exists() is (len(data) > blobs.IN_ROW)


async def test_the_same_bytes_are_kept_once(any_desk: Desk) -> None:
    await keep(any_desk, b"a", b"a", LARGE)
    await keep(any_desk, LARGE, b"a", b"b")

    async with any_desk.reading() as connection:
        # And the empty one, which has always been there.
        assert len((await connection.execute(tables.blobs.select())).all()) == 3 + 1
    assert len(_files(any_desk.blob_folder)) == 1


async def test_what_nobody_kept_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await load(desk, hashlib.sha256(b"never").hexdigest())


async def test_a_file_that_is_gone_or_damaged_is_not_found(desk: Desk) -> None:
    [sha256] = await keep(desk, LARGE)
    file = blobs.path(desk.blob_folder, sha256)
    for damage in (lambda: file.write_bytes(LARGE[:-1]), file.unlink):
        damage()

        with pytest.raises(NotFound):
            await load(desk, sha256)


async def test_a_damaged_row_is_not_found(desk: Desk) -> None:
    [sha256] = await keep(desk, b"right")
    async with desk.writing() as connection:
        await connection.execute(update(tables.blobs).values(data=b"wrong"))

    with pytest.raises(NotFound):
        await load(desk, sha256)


async def test_the_same_file_kept_by_many_at_once_is_whole(tmp_path: Path) -> None:
    await asyncio.gather(*(asyncio.to_thread(blobs.prepared, tmp_path / "blobs", [LARGE]) for _ in range(12)))

    [file] = _files(tmp_path / "blobs")
    assert file.read_bytes() == LARGE


def test_a_file_is_on_the_disk_with_its_name_and_its_folders_before_a_row_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)

    blobs.prepared(tmp_path / "blobs", [LARGE])

    [file] = _files(tmp_path / "blobs")
    assert syncs.kept(file)
    assert syncs.named(file, below=tmp_path)


def test_a_disk_that_refuses_leaves_no_half_a_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        blobs.prepared(tmp_path / "blobs", [LARGE])

    assert _files(tmp_path / "blobs") == []


def test_nobody_else_can_look_into_the_folders(tmp_path: Path) -> None:
    blobs.prepared(tmp_path / "blobs", [LARGE])

    [file] = _files(tmp_path / "blobs")
    assert file.parent.stat().st_mode & 0o077 == 0
    assert file.suffix == ""


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]

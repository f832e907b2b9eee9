"""Whether the disk has room for one more mail."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from core.storage.room import Room, least
from tests.builders import Clock


@pytest.mark.parametrize(("max_message_mb", "megabytes"), [(1, 64), (25, 64), (100, 150)])
def test_room_is_for_the_largest_mail_and_the_half_of_it_and_some_air(max_message_mb: int, megabytes: int) -> None:
    assert least(max_message_mb) == megabytes * 2**20


def test_the_system_is_asked_once_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, now = [10, 20, 5], Clock()
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, free.pop(0)))
    room = Room(tmp_path, 20, clock=lambda: now().timestamp())

    found = [room()]
    for _ in range(4):
        now.forward(timedelta(seconds=0.5))
        found.append(room())

    assert found == [False, False, True, True, False]


def test_a_folder_that_is_gone_is_told_by_whoever_stores(tmp_path: Path) -> None:
    assert Room(tmp_path / "gone", 2**60)()

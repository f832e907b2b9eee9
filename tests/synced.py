"""What is synced to the disk, and in which order: without it a power cut takes what was answered for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


class Syncs:
    """Looks over the shoulder of os.fsync, os.rename and os.link, which do what they always do."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._steps: list[int | Path] = []
        real = os.fsync

        def fsync(handle: int) -> None:
            self._steps.append(os.fstat(handle).st_ino)
            real(handle)

        patch.setattr(os, "fsync", fsync)
        for name in ("rename", "link"):
            patch.setattr(os, name, self._watched(getattr(os, name)))

    def _watched(self, real: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
        def named(old: Path, new: Path) -> None:
            real(old, new)
            self._steps.append(Path(new))

        return named

    def kept(self, file: Path) -> bool:
        """Whether its bytes were synced before it got its name."""
        return file.stat().st_ino in self._steps[: self._steps.index(file)]

    def named(self, file: Path, *, below: Path) -> bool:
        """Whether, after that, its folder was synced, and those above it as far as `below`."""
        after = self._steps[self._steps.index(file) :]
        folders = [folder for folder in file.parents if folder.is_relative_to(below)]
        return all(folder.stat().st_ino in after for folder in folders)

"""What makes a name on the disk durable: a file that was synced is lost all the same while its folder was not."""

import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Blocking. A new name in `folder`, or a changed one, is there after a power cut once this has returned."""
    sync(folder)


def sync(place: Path) -> None:
    """Blocking. What anybody has written into this file or folder until now is on the disk once this has returned."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def begin_to_sync(handle: int) -> None:
    """Have the system begin to write what stands in a file, where it takes such hints: syncing it then waits for less.

    On ext4 it has found a place for each of many files when the first is synced, and one commit of its journal is for all.
    """
    if hasattr(os, "posix_fadvise"):
        # Where a file system refuses (ENOSYS), syncing does it all; and what fails in writing is told by syncing.
        with suppress(OSError):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

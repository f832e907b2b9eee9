"""Whether the disk has room for what comes in next. A full one damages more than what is turned away in time."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

MIB = 1024 * 1024
# The system is asked so often; in between what it said holds.
SECONDS = 1.0
# However full it is, the database must be able to go on writing.
AIR = 64 * MIB


def least(max_message_mb: int) -> int:
    """How many bytes must be free: a mail of the largest size and the half of it (as Postfix has it), and some air."""
    return max(AIR, max_message_mb * MIB * 3 // 2)


def is_there(folder: Path, size: int) -> bool:
    """Whether `size` bytes may come into `folder` now."""
    return has(folder, AIR + size)


def has(folder: Path, needed: int) -> bool:
    """Whether so many bytes are free there, as the system says at this moment."""
    try:
        return shutil.disk_usage(folder).free >= needed
    except OSError:
        # Where the folder is gone, storing says so itself.
        return True


class Room:
    """Tells whether `folder` has that room. Asked for every mail, so it costs next to nothing."""

    def __init__(self, folder: Path, needed: int, clock: Callable[[], float] = monotonic) -> None:
        self._folder = folder
        self._needed = needed
        self._clock = clock
        self._asked_at = float("-inf")
        self._is_there = True

    def __call__(self) -> bool:
        now = self._clock()
        if now - self._asked_at >= SECONDS:
            self._asked_at = now
            self._is_there = has(self._folder, self._needed)
        return self._is_there

"""What makes a name on the disk durable: a file that was synced is lost all the same while its folder was not."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Blocking. A new name in `folder`, or a changed one, is there after a power cut once this has returned."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

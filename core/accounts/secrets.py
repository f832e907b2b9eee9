"""The desk's one secret, and the keys derived from it: one for each use, so that none can stand in for another."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from core.config import Settings
from core.errors import Invalid, Problem
from core.storage import durable

FILE = "secret"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """32 bytes each. `tokens` signs sign-ins, `replies` binds reply addresses, `forms` signs rendered forms, `webhooks` makes theirs, `files` signs links to files, `telegram` makes ours there."""

    tokens: bytes
    replies: bytes
    forms: bytes
    webhooks: bytes
    files: bytes
    telegram: bytes


def of(settings: Settings) -> Keys:
    """The keys of this desk; makes `data_dir/secret` (0600) at the first start. Raises Invalid when it is unusable."""
    master = settings.desk.secret.get_secret_value().encode() or _from_file(settings.desk.data_dir / FILE)
    return derive(master)


def derive(master: bytes) -> Keys:
    return Keys(
        *(
            hmac.digest(master, f"deskbell {use}".encode(), hashlib.sha256)
            for use in ("tokens", "replies", "forms", "webhooks", "files", "telegram")
        )
    )


def _from_file(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Written whole under another name first: of two processes starting at once, the second reads the first's."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
        # Lost in a power cut, all that it signed would be void: reply addresses, links, sign-ins.
        durable.sync_folder(path.parent)
    finally:
        Path(name).unlink()


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise Invalid([Problem(str(path), f"can be read by others: run `chmod 600 {path}`")])
    master = path.read_bytes().strip()
    if len(master) < 32:
        raise Invalid(
            [
                Problem(
                    str(path), "is too short to be a secret: restore it from a backup, or delete it to make a new one"
                )
            ]
        )
    return master

"""The desk's one secret, and the keys made from it."""

import threading
from pathlib import Path

import pytest

from core.accounts import secrets
from core.accounts.secrets import Keys
from core.errors import Invalid
from tests.builders import settings
from tests.synced import Syncs


def test_the_first_start_makes_a_secret_that_only_its_owner_reads(tmp_path: Path) -> None:
    keys = secrets.of(settings(tmp_path))

    file = tmp_path / "secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_bytes()) == 64
    assert len({keys.tokens, keys.replies, keys.forms}) == 3
    assert {len(key) for key in (keys.tokens, keys.replies, keys.forms)} == {32}


def test_a_secret_is_on_the_disk_before_anything_is_signed_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)

    secrets.of(settings(tmp_path))

    assert syncs.kept(tmp_path / "secret")
    assert syncs.named(tmp_path / "secret", below=tmp_path)


def test_later_starts_have_the_same_keys(tmp_path: Path) -> None:
    assert secrets.of(settings(tmp_path)) == secrets.of(settings(tmp_path))


def test_two_desks_have_nothing_in_common(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()

    one, two = secrets.of(settings(tmp_path / "one")), secrets.of(settings(tmp_path / "two"))

    assert not {one.tokens, one.replies, one.forms} & {two.tokens, two.replies, two.forms}


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    together, found = threading.Barrier(8), list[Keys | Invalid]()

    def start() -> None:
        together.wait()
        try:
            found.append(secrets.of(settings(tmp_path)))
        except Invalid as error:
            found.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(one == found[0] for one in found)


def test_a_secret_in_the_configuration_needs_no_file(tmp_path: Path) -> None:
    master = "0123456789abcdef0123456789abcdef"

    keys = secrets.of(settings(tmp_path, desk={"secret": master}))

    assert keys == secrets.derive(master.encode())
    assert not (tmp_path / "secret").exists()


def test_white_space_around_a_secret_put_there_by_hand_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text("0123456789abcdef0123456789abcdef\n")

    assert secrets.of(settings(tmp_path)) == secrets.derive(b"0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_secret_that_others_can_read_is_not_used(mode: int, tmp_path: Path) -> None:
    secrets.of(settings(tmp_path))
    (tmp_path / "secret").chmod(mode)

    with pytest.raises(Invalid, match="chmod 600"):
        secrets.of(settings(tmp_path))


@pytest.mark.parametrize("content", [b"", b"short", b" " * 64])
def test_a_secret_that_is_none_is_not_used(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_bytes(content)

    with pytest.raises(Invalid, match="too short"):
        secrets.of(settings(tmp_path))


def test_keys_are_not_printed() -> None:
    keys = secrets.derive(b"0123456789abcdef0123456789abcdef")

    assert keys.tokens.hex() not in repr(keys)
    assert str(keys.tokens) not in repr(keys)

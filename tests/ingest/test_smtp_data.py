"""The message on its way in: found across every border, bounded, and undone exactly."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.smtp_data import TooMuch, Transfer, has_bare_newlines, with_normal_newlines
from tests.ingest.smtp_client import on_the_wire


def test_random_messages_cut_into_small_pieces_come_out_as_they_went_in() -> None:
    chance = random.Random(24)
    for _ in range(2_000):
        content = b"".join(
            chance.choices([b".", b"\r", b"\n", b"\r\n", b"..", b"a", b"\r\n."], k=chance.randint(0, 30))
        )
        content += b"\r\n"
        wire = on_the_wire(content) + b"QUIT\r\n"

        received, rest = transferred(wire, lambda: chance.randint(1, 9))

        assert received == content
        assert b"QUIT\r\n".startswith(rest)


def test_a_message_beyond_memory_goes_through_a_file(tmp_path: Path) -> None:
    content = random.Random(1).randbytes(3_000_000).replace(b"\r", b"").replace(b"\n", b"\r\n.") + b"\r\n"

    received, _ = transferred(on_the_wire(content), lambda: 65_536, most=10**7, folder=tmp_path)

    assert received == content
    assert list(tmp_path.iterdir()) == []


def test_beyond_twice_the_limit_nothing_more_is_taken() -> None:
    with Transfer(1_000, None) as transfer:
        assert transfer.add(b"x" * 1_500) is None
        assert transfer.too_large
        with pytest.raises(TooMuch):
            transfer.add(b"x" * 600)


def test_beyond_the_limit_nothing_is_kept(tmp_path: Path) -> None:
    with Transfer(1_048_576, tmp_path / "a folder that would be needed to keep it") as transfer:
        transfer.add(b"x" * 1_000_000)
        transfer.add(b"x" * 1_000_000)

        assert transfer.too_large
        assert transfer.fault is None


def test_a_full_disk_is_kept_for_the_answer(tmp_path: Path) -> None:
    with Transfer(10**7, tmp_path / "missing") as transfer:
        assert transfer.add(b"x" * 2_000_000) is None
        assert transfer.add(b"\r\n.\r\n") == b""

        assert isinstance(transfer.fault, OSError)


@pytest.mark.parametrize(
    ("content", "normal"),
    [
        (b"", b""),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\rb\r", b"a\r\nb\r\n"),
        (b"a\n\rb", b"a\r\n\r\nb"),
        (b"a\r\r\nb", b"a\r\n\r\nb"),
        (b"a\r\n\nb", b"a\r\n\r\nb"),
    ],
)
def test_every_newline_becomes_crlf(content: bytes, normal: bytes) -> None:
    assert with_normal_newlines(content) == normal
    assert has_bare_newlines(content) is (content != normal)


def transferred(
    wire: bytes, size: Callable[[], int], *, most: int = 10_000, folder: Path | None = None
) -> tuple[bytes, bytes]:
    """What comes out of `wire`, fed in pieces, and what the last piece held beyond the end."""
    with Transfer(most, folder) as transfer:
        while True:
            length = size()
            piece, wire = wire[:length], wire[length:]
            rest = transfer.add(piece)
            if rest is not None:
                return transfer.content(), rest

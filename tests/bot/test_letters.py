"""An agent's answer as the parts that go out: its words, and the files behind them, together where Telegram takes that."""

import pytest

from bot import letters
from bot.letters import Album, Attached, Part, Upload, Words

PICTURE, FILE = "image/png", "application/pdf"


def parts(*files: tuple[str, int]) -> list[str]:
    """Of each part behind the words: how many pictures or files it has."""
    attached = [Attached(f"{n}", content_type, b"x" * size) for n, (content_type, size) in enumerate(files)]
    first, *rest = letters.of_answer("7", "See here", attached, "5").parts
    assert first == Words("See here")
    return [_named(one) for one in rest]


def _named(part: Part) -> str:
    assert isinstance(part, Album | Upload)
    uploads = part.files if isinstance(part, Album) else (part,)
    [kind] = {one.as_picture for one in uploads}
    return f"{len(uploads)} {'pictures' if kind else 'files'}{' in an album' if isinstance(part, Album) else ''}"


@pytest.mark.parametrize(
    ("files", "sent"),
    [
        ([], []),
        ([(PICTURE, 1)], ["1 pictures"]),
        ([(PICTURE, 1), (FILE, 1)], ["1 pictures", "1 files"]),
        ([(FILE, 1), (PICTURE, 1), (FILE, 1), (PICTURE, 1)], ["2 pictures in an album", "2 files in an album"]),
        ([(PICTURE, 1)] * 21, ["10 pictures in an album"] * 2 + ["1 pictures"]),
        # More than goes through the line at once.
        ([(FILE, 30 << 20), (FILE, 30 << 20), (FILE, 1)], ["1 files", "2 files in an album"]),
        # Larger than a picture may be.
        ([(PICTURE, 11 << 20), (PICTURE, 1)], ["1 pictures", "1 files"]),
    ],
)
def test_files_of_a_kind_arrive_together(files: list[tuple[str, int]], sent: list[str]) -> None:
    assert parts(*files) == sent

"""Everything that can be said to the desk, said and answered to the letter, on both databases."""

import os
from pathlib import Path

import pytest

from core.desk import Desk
from core.vocabulary import Role
from tests.bot.transcript import Play
from tests.builders import Clock, a_user

FOLDER = Path(__file__).parent / "transcripts"
NAMES = sorted(file.stem for file in FOLDER.glob("*.txt"))
UPDATE = os.environ.get("DESKBELL_UPDATE") == "1"


def test_there_are_transcripts() -> None:
    assert len(NAMES) >= 5


@pytest.mark.parametrize("name", NAMES)
async def test_the_dialogue_is_as_it_is_written(any_desk: Desk, clock: Clock, name: str) -> None:
    await a_user(any_desk, "bob")
    await a_user(any_desk, "erin")
    await a_user(any_desk, "carol", Role.ADMIN)
    await a_user(any_desk, "alice", Role.CUSTOMER, email="alice@customer.test")
    file = FOLDER / f"{name}.txt"
    written = file.read_text("utf-8")

    played = await Play(any_desk, clock).perform(written)

    if UPDATE:
        file.write_text(played, "utf-8")
    assert played == (file.read_text("utf-8") if UPDATE else written)

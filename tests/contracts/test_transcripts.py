"""Every example of every document, sent and answered to the letter through a socket."""

from pathlib import Path

import pytest

from api.contracts.table import CONTRACTS
from tests.builders import Clock
from tests.contracts.conftest import Served
from tests.contracts.transcript import Replay

FOLDER = Path(__file__).parent / "transcripts"


@pytest.mark.parametrize("name", sorted(CONTRACTS))
async def test_the_documents_examples_are_answered_to_the_letter(ask_any: Served, clock: Clock, name: str) -> None:
    replay = Replay(name, ask_any.ports[name], clock)

    assert await replay(FOLDER / f"{name}.txt")


@pytest.mark.parametrize("name", sorted(CONTRACTS))
async def test_they_are_the_same_under_the_contracts_path(ask: Served, clock: Clock, name: str) -> None:
    replay = Replay(name, ask.native.port, clock, prefix=f"/contracts/{name}")

    assert await replay(FOLDER / f"{name}.txt")

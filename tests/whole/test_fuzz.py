"""What the documentation says of the API, tried at random for some seconds; `make fuzz` does it for ten minutes."""

from pathlib import Path

import pytest

from benchmarks import fuzz

# What each route is said to take, and as little of what it must refuse as can be.
SHORT = ("--phases", "examples,fuzzing", "--seed", "7", "--workers", "2")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("api", fuzz.APIS)
async def test_an_api_does_what_its_documentation_says(tmp_path: Path, api: str) -> None:
    code, said = await fuzz.fuzz(tmp_path, api, 1, SHORT)

    assert code == 0, said
    assert "Fuzzing" in said

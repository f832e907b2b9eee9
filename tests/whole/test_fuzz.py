"""What the documentation says of the API, tried at random for some seconds; `make fuzz` does it for forty minutes."""

from pathlib import Path

import pytest

from benchmarks import fuzz

# What each route is said to take, and as little of what it must refuse as can be.
SHORT = ("--seed", "7", "--workers", "2")
# The examples of the contracts are asked, and their answers compared to the letter, in tests/contracts/test_transcripts.
PHASES = {api: "examples,fuzzing" if api == "native" else "fuzzing" for api in fuzz.APIS}


@pytest.mark.timeout(300)
async def test_an_api_does_what_its_documentation_says(tmp_path: Path) -> None:
    async with fuzz.running(tmp_path) as (port, token):
        asked = []
        for api, phases in PHASES.items():
            configuration = tmp_path / f"{api}.toml"
            configuration.write_text(fuzz.configured(fuzz.APIS[api], token, examples=1))
            asked.append(fuzz.wanted(api, port, configuration, ("--phases", phases, *SHORT)))

        code, said = await fuzz.tried(tmp_path, asked)

    assert code == 0, said
    assert said.count("Fuzzing (in") == len(PHASES)

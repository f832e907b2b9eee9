"""What the documentation says of the API, tried at random for some seconds; `make fuzz` does it for forty minutes."""

from pathlib import Path

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from benchmarks import fuzz
from tests.api import documented

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


@pytest.mark.parametrize("api", fuzz.APIS)
def test_no_route_may_refuse_what_it_is_said_to_take_but_those_that_are_named(api: str) -> None:
    """A filter by method and path once took every route of one of the methods."""
    asked = fuzz.APIS[api]
    config = SchemathesisConfig.from_str(fuzz.configured(asked, "token", examples=1))
    document = (documented.native() if api == "native" else documented.contract(api)).document
    found = schemathesis.openapi.from_dict(document, config=config).get_all_operations()
    routes = [one.ok() for one in found if isinstance(one, Ok)]

    checks = {one.label: config.projects.default.checks_config_for(operation=one) for one in routes}
    lenient = {label for label, check in checks.items() if "400" in check.positive_data_acceptance.expected_statuses}

    assert lenient == {f"{method} {path}" for method, path in asked.refuses}

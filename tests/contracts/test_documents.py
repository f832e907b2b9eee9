"""Each contract's own documentation: at its root, in its words, and never in front of what its document prescribes."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from api import respond
from api.app import DOOR, build_app
from api.contracts import described, mounting, strangers
from api.contracts.contract import Contract
from api.contracts.table import CONTRACTS
from api.problems import rendered
from api.routes import Access, Call, Route
from core.desk import Desk
from tests.api import documented
from tests.contracts.conftest import Served, exchange
from tests.contracts.examples import EXAMPLES

ROOT = Path(__file__).parents[2]


def test_every_contract_is_described() -> None:
    assert set(described.MODULES) == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
async def test_a_contract_serves_its_document_wherever_it_is(ask: Served, name: str) -> None:
    alone = await ask(name, "GET", "/openapi.json", headers={"Authorization": ""})
    under = await exchange(ask.native.port, "GET", f"/contracts/{name}/openapi.json", {}, b"")

    assert (alone.status, under.status) == (200, 200)
    assert alone.json == documented.contract(name).document
    assert under.json == {**alone.json, "servers": [{"url": f"/contracts/{name}"}]}


@pytest.mark.parametrize("name", CONTRACTS)
def test_its_errors_are_shown_as_they_are_answered(name: str) -> None:
    shown = documented.contract(name).document["components"]["responses"]

    for error in shown.values():
        example = error["content"]["application/json"]["example"]
        assert EXAMPLES[name].error <= example.keys() <= EXAMPLES[name].error | EXAMPLES[name].more
    assert "/api/v1" not in str(shown)


def test_whoever_serves_contracts_and_is_asked_for_no_documentation_loads_none_of_it() -> None:
    served = "import sys, api.contracts.mounting, api.contracts.table; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", served], cwd=ROOT, capture_output=True, text=True, check=True)

    described_in = {"api.openapi", "api.contracts.described", *described.MODULES.values()}
    assert described_in.isdisjoint(loaded.stdout.split())
    assert "api.contracts.table" in loaded.stdout.split()


async def _own(call: Call) -> web.Response:
    return respond.json("the contract's own")


async def test_what_a_contract_has_at_that_path_comes_first(desk: Desk) -> None:
    own = Contract("basic", (Route("GET", "/{anything}", Access.PUBLIC, _own),), rendered)
    door = build_app(desk)[DOOR]

    app = mounting.application(own, door, UUID(int=0), strangers.admit, "/")

    first = next(route for route in app.router.routes() if route.method == "GET")
    assert first.resource is not None
    assert first.resource.canonical == "/{anything}"


async def test_a_document_of_a_contracts_own_is_served_in_its_place(desk: Desk) -> None:
    own = Contract("basic", (Route("GET", "/openapi.json", Access.PUBLIC, _own),), rendered)

    app = mounting.application(own, build_app(desk)[DOOR], UUID(int=0), strangers.admit, "/")

    async with TestClient(TestServer(app)) as client, client.get("/openapi.json") as answer:
        assert await answer.json() == "the contract's own"


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_contract_prescribes_that_path(name: str) -> None:
    assert all(not pattern.fullmatch("/openapi.json") for pattern, _ in documented.contract(name)._paths)

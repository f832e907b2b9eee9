"""The documentation: valid, complete, and true. Every answer in tests/api and tests/contracts is held to it."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from api import openapi, reference
from api.contracts.table import CONTRACTS
from api.routes import Access, Route
from tests.api import documented
from tests.api.conftest import Api
from tests.api.documented import Documented

APIS: dict[str, Callable[[], Documented]] = {
    "native": documented.native,
    **{name: partial(documented.contract, name) for name in CONTRACTS},
}
ROUTES = [
    pytest.param(api, route, id=f"{name} {openapi.key(route)}") for name, api in APIS.items() for route in api().routes
]


@pytest.mark.parametrize("name", APIS)
def test_every_route_is_documented_and_nothing_else(name: str) -> None:
    api = APIS[name]()

    assert sorted(api.words.operations) == sorted({openapi.key(route) for route in api.routes})
    validate(api.document)


async def test_the_document_is_served_to_everybody(sqlite_api: Api) -> None:
    answer = await sqlite_api("GET", "/openapi.json")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["openapi"].startswith("3.1.")
    assert answer.json == documented.native().document
    assert (await sqlite_api("GET", "/openapi.json/")).body == answer.body


@pytest.mark.parametrize(("api", "route"), ROUTES)
def test_each_route_tells_its_errors_its_sign_in_and_its_parameters(api: Any, route: Route) -> None:
    document = api().document
    said = document["paths"][openapi.template(route.path)][route.method.lower()]

    answers = set(said["responses"])
    assert {"400", "500", "503"} <= answers
    assert ("401" in answers) or route.access is Access.PUBLIC
    assert bool(said["security"]) is (route.access is not Access.PUBLIC)
    assert ("404" in answers) or "{" not in route.path
    assert {"408", "413", "415"} <= answers or "requestBody" not in said
    named = {parameter["name"] for parameter in said["parameters"] if parameter["in"] == "path"}
    assert named == {part[1:-1] for part in openapi.template(route.path).split("/") if part.startswith("{")}
    assert said["summary"]
    assert {tag["name"] for tag in document["tags"]} >= set(said["tags"])


@pytest.mark.parametrize("name", APIS)
def test_every_operation_has_a_name_of_its_own(name: str) -> None:
    names = [one["operationId"] for path in APIS[name]().document["paths"].values() for one in path.values()]

    assert len(names) == len(set(names))


async def test_the_files_of_its_page_come_whole(sqlite_api: Api) -> None:
    """The largest is sent in some thirty pieces."""
    for name, (path, kind) in reference._ASSETS.items():
        answer, head = await sqlite_api("GET", f"/docs/{name}"), await sqlite_api("HEAD", f"/docs/{name}")

        assert (answer.status, answer.body == path.read_bytes(), answer.headers["Content-Type"]) == (200, True, kind)
        assert (head.headers["Content-Length"], head.body) == (str(path.stat().st_size), b"")


EXAMPLES = [
    pytest.param(shape, example, id=f"{name} {key} {shape.__name__}")
    for name, api in APIS.items()
    for key, operation in api().words.operations.items()
    for shape, example in ((operation.body, operation.example), (operation.answer, operation.shows))
    if shape and example is not None
]


@pytest.mark.parametrize(("shape", "example"), EXAMPLES)
def test_every_example_is_what_it_is_an_example_of(shape: type[BaseModel], example: object) -> None:
    shape.model_validate_json(json.dumps(example))


@pytest.mark.parametrize("name", APIS)
def test_every_body_has_an_example(name: str) -> None:
    without = [
        key
        for key, one in APIS[name]().words.operations.items()
        if one.body and openapi.FILES not in one.takes and not one.example
    ]

    assert without == []


def test_a_route_without_words_is_noticed() -> None:
    native = documented.native()

    with pytest.raises(KeyError, match="embed"):
        openapi.document(native.routes, replace(native.words, operations={}), server="")

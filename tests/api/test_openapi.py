"""The documentation: valid, complete, and true. That answers are as it says is asked of every answer in tests/api."""

import json
from dataclasses import replace
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel

from api import openapi
from api.native import reference, table
from api.routes import Access
from tests.api import documented
from tests.api.conftest import Api

ROUTES = table.routes()


def test_every_route_is_documented_and_nothing_else() -> None:
    assert sorted(reference.OPERATIONS) == sorted({openapi.key(route) for route in ROUTES})


async def test_the_document_is_served_to_everybody_and_valid(sqlite_api: Api) -> None:
    answer = await sqlite_api("GET", "/openapi.json")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["openapi"].startswith("3.1.")
    validate(answer.json)
    assert answer.json == json.loads(json.dumps(documented.document()))
    assert (await sqlite_api("GET", "/openapi.json/")).body == answer.body


@pytest.mark.parametrize("route", ROUTES, ids=openapi.key)
def test_each_route_tells_its_errors_its_sign_in_and_its_parameters(route: Any) -> None:
    said = documented.document()["paths"][openapi.template(route.path)][route.method.lower()]

    answers = set(said["responses"])
    assert {"400", "500", "503"} <= answers
    assert ("401" in answers) or route.access is Access.PUBLIC
    assert bool(said["security"]) is (route.access is not Access.PUBLIC)
    assert ("404" in answers) is ("{" in route.path)
    assert {"408", "413", "415"} <= answers or "requestBody" not in said
    named = {parameter["name"] for parameter in said["parameters"] if parameter["in"] == "path"}
    assert named == {part[1:-1] for part in openapi.template(route.path).split("/") if part.startswith("{")}
    assert said["summary"]
    assert {tag["name"] for tag in documented.document()["tags"]} >= set(said["tags"])


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one["operationId"] for path in documented.document()["paths"].values() for one in path.values()]

    assert len(names) == len(set(names))


EXAMPLES = [
    (key, shape, example)
    for key, operation in reference.OPERATIONS.items()
    for shape, example in ((operation.body, operation.example), (operation.answer, operation.shows))
    if shape and example is not None
]


@pytest.mark.parametrize(("key", "shape", "example"), EXAMPLES)
def test_every_example_is_what_it_is_an_example_of(key: str, shape: type[BaseModel], example: object) -> None:
    shape.model_validate_json(json.dumps(example))


def test_every_body_has_an_example() -> None:
    without = [
        key
        for key, one in reference.OPERATIONS.items()
        if one.body and openapi.FILES not in one.takes and not one.example
    ]

    assert without == []


def test_a_route_without_words_is_noticed() -> None:
    words = reference.words()

    with pytest.raises(KeyError, match="embed"):
        openapi.document(ROUTES, replace(words, operations={}), server="")

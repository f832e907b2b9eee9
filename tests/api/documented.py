"""Whether an answer is what the documentation says: asked of every answer that the tests of the API get."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from api import openapi
from api.native import reference, table

# What no single route answers: the framework does, for all of them.
_OF_NO_ROUTE = {405, 417}


@cache
def document() -> Any:
    return openapi.document(table.routes(), reference.words(), server="/api/v1")


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(_pattern(route.path)), openapi.template(route.path)) for route in table.routes()]


def _pattern(path: str) -> str:
    return openapi._PLACEHOLDER.sub(lambda found: f"(?:{found[2] or '[^/]+'})", path) + "/?"


@cache
def _validator(reference: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": reference, "components": document()["components"]})


def problems(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
    """What is wrong with an answer; nothing where no documented route was asked."""
    bare = path.removeprefix("/api/v1").partition("?")[0]
    template = next((template for pattern, template in _paths() if pattern.fullmatch(bare)), None)
    operation = document()["paths"].get(template, {}).get(method.lower())
    if operation is None or status in _OF_NO_ROUTE:
        return []
    said = operation["responses"].get(str(status))
    if said is None:
        return [f"{method} {template} is not said to answer {status}: {body[:200]!r}"]
    said = document()["components"]["responses"][said["$ref"].rpartition("/")[2]] if "$ref" in said else said
    return _body_problems(f"{method} {template} {status}", said.get("content"), headers.get("Content-Type", ""), body)


def _body_problems(where: str, content: Any, media: str, body: bytes) -> list[str]:
    if content is None:
        return [f"{where}: a body where none is said to be"] if body else []
    said = content.get(media.partition(";")[0])
    if said is None:
        return [f"{where}: {media} is none of {', '.join(content)}"]
    if "schema" not in said:
        return []
    found = _validator(said["schema"]["$ref"]).iter_errors(json.loads(body))
    return [f"{where}: {error.json_path}: {error.message}" for error in found]

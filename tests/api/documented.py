"""Whether an answer is what the documentation says: asked of every answer that the tests of an API get."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Any

from jsonschema_rs import Draft202012Validator

from api import openapi
from api.contracts import described
from api.contracts.table import CONTRACTS
from api.native import reference, table
from api.openapi import Words
from api.routes import Route

# What no single route answers: the framework does, for all of them.
_OF_NO_ROUTE = {405, 417}


class Documented:
    """One API as its document has it."""

    def __init__(self, routes: Sequence[Route], words: Words, server: str) -> None:
        self.routes = routes
        self.words = words
        self._server = server
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def document(self) -> Any:
        return json.loads(json.dumps(openapi.document(self.routes, self.words, server=self._server)))

    def problems(self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What is wrong with an answer; nothing where no documented route was asked."""
        bare = path.partition("?")[0]
        template = next((template for pattern, template in self._paths if pattern.fullmatch(bare)), None)
        operation = self.document["paths"].get(template, {}).get(method.lower())
        if operation is None or status in _OF_NO_ROUTE:
            return []
        said = operation["responses"].get(str(status))
        if said is None:
            return [f"{method} {template} is not said to answer {status}: {body[:200]!r}"]
        said = self.document["components"]["responses"][said["$ref"].rpartition("/")[2]] if "$ref" in said else said
        media = headers.get("Content-Type", "")
        return self._body_problems(f"{method} {template} {status}", said.get("content"), media, body)

    def _body_problems(self, where: str, content: Any, media: str, body: bytes) -> list[str]:
        if content is None:
            return [f"{where}: a body where none is said to be"] if body else []
        said = content.get(media.partition(";")[0])
        if said is None:
            return [f"{where}: {media} is none of {', '.join(content)}"]
        if "schema" not in said:
            return []
        found = self._validator(said["schema"]["$ref"]).iter_errors(json.loads(body))
        return [f"{where}: {error.instance_path}: {error.message}" for error in found]

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(_pattern(route.path)), openapi.template(route.path)) for route in self.routes]

    def _validator(self, reference: str) -> Draft202012Validator:
        if reference not in self._validators:
            schema = {"$ref": reference, "components": self.document["components"]}
            self._validators[reference] = Draft202012Validator(schema)
        return self._validators[reference]


def _pattern(path: str) -> str:
    return openapi._PLACEHOLDER.sub(lambda found: f"(?:{found[2] or '[^/]+'})", path) + "/?"


@cache
def native() -> Documented:
    return Documented(table.routes(), reference.words(), "/api/v1")


@cache
def contract(name: str) -> Documented:
    """At the root of a port of its own."""
    return Documented(CONTRACTS[name].routes, described.loaded(CONTRACTS[name]), "/")

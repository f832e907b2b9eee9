"""OpenAPI 3.1 from what is there anyway: the route table, the shapes that validate, and a row of words for each route.

Loaded with the first request for it: whoever serves no documentation pays nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ClassVar, Literal

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from api.problems import Fault, Refusal, Render
from api.routes import Access, Limit, Route

Json = dict[str, object]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data"
BYTES = "application/octet-stream"

_PLACEHOLDER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Operation:
    """What one route takes and answers, in words and shapes. What follows from the route itself is not repeated.

    `answer` None: nothing (204), unless `media` says that it is bytes. `errors` are those beyond what every route of
    its kind can answer; `headers` the request headers it understands.
    """

    summary: str
    answer: type[BaseModel] | None = None
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    takes: Sequence[str] = (JSON,)
    media: str = JSON
    headers: Sequence[str] = ()
    errors: Sequence[int] = ()
    more: str = ""
    example: object = None
    shows: object = None


# What a validator means in JSON Schema, which pydantic cannot know. Whoever names all values there are says everything.
# None of them takes null, and some mean nothing but this.
Meanings = Mapping[Callable[..., object], JsonSchemaValue]


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the document says and the routes do not.

    `render` shows each error as it is answered, in the shape `problem`; `faults` are those with a text of their own.
    `always` are errors that every route of this API can answer, beside those of its kind.
    """

    title: str
    version: str
    description: str
    operations: Mapping[str, Operation]
    # By the first part of the path; what each is about.
    tags: Mapping[str, str]
    errors: Mapping[int, str]
    headers: Mapping[str, Json]
    security: Mapping[str, Json]
    problem: type[BaseModel]
    render: Render
    faults: Mapping[int, Exception] = field(default_factory=dict)
    always: Sequence[int] = ()
    meanings: Meanings = field(default_factory=dict)


def document(routes: Iterable[Route], words: Words, *, server: str) -> Json:
    """The whole document. Raises KeyError for a route that has no words."""
    rows = [(route, words.operations[key(route)]) for route in routes]
    schemas = _schemas([operation for _, operation in rows], words)
    paths: dict[str, Json] = {}
    for route, operation in rows:
        paths.setdefault(template(route.path), {})[route.method.lower()] = _operation(route, operation, words, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": words.title, "version": words.version, "description": words.description},
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": about} for name, about in words.tags.items()],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {_name(status): _error(status, words) for status in sorted(_told(rows, words))},
            "securitySchemes": dict(words.security),
        },
    }


def _told(rows: Iterable[tuple[Route, Operation]], words: Words) -> set[int]:
    return {status for route, operation in rows for status in _errors(route, operation, words)}


def key(route: Route) -> str:
    return f"{route.method} {template(route.path)}"


def template(path: str) -> str:
    """The path without the patterns of its placeholders."""
    return _PLACEHOLDER.sub(r"{\1}", path)


def _operation(route: Route, operation: Operation, words: Words, schemas: "_Schemas") -> Json:
    found: Json = {
        "operationId": _operation_id(route),
        "tags": [_tag(route)],
        "summary": operation.summary,
        "parameters": [
            *_in_path(route.path),
            *(_in_query(operation.query, schemas) if operation.query else ()),
            *({"name": name, "in": "header", "required": False, **words.headers[name]} for name in operation.headers),
        ],
        "responses": _answers(route, operation, words),
        "security": [] if route.access is Access.PUBLIC else [{name: []} for name in words.security],
    }
    if operation.more:
        found["description"] = operation.more
    if operation.body:
        found["requestBody"] = {"required": True, "content": _content(operation, operation.body, schemas)}
    return found


def _operation_id(route: Route) -> str:
    parts = re.findall(r"[a-z]+", template(route.path))
    return "_".join([route.method.lower(), *parts])


def _tag(route: Route) -> str:
    return route.path.split("/")[1]


def _in_path(path: str) -> Iterable[Json]:
    for name, pattern in _PLACEHOLDER.findall(path):
        schema = {"type": "string", **({"pattern": f"^(?:{pattern})$"} if pattern else {})}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(shape: type[BaseModel], schemas: "_Schemas") -> Iterable[Json]:
    whole = schemas.of(shape)
    required = whole.get("required", ())
    for name, schema in whole["properties"].items():
        yield {"name": name, "in": "query", "required": name in required, "schema": _without_null(schema)}


def _content(operation: Operation, body: type[BaseModel], schemas: "_Schemas") -> Json:
    example = {} if operation.example is None else {"example": operation.example}
    return {media: {"schema": _sent_as(media, body, schemas), **example} for media in operation.takes}


def _sent_as(media: str, body: type[BaseModel], schemas: "_Schemas") -> Json:
    if media == JSON:
        return {"$ref": _reference(body)}
    # A form has no null.
    whole = schemas.of(body)
    return {**whole, "properties": {name: _without_null(one) for name, one in whole["properties"].items()}}


def _answers(route: Route, operation: Operation, words: Words) -> Json:
    found: Json = {str(operation.status): _good(operation)}
    if "If-None-Match" in operation.headers:
        found["304"] = {"description": "Nothing has changed since the answer with this ETag."}
    errors = sorted(set(_errors(route, operation, words)))
    return found | {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in errors}


def _good(operation: Operation) -> Json:
    if operation.answer:
        said: Json = {"schema": {"$ref": _reference(operation.answer)}}
        if operation.shows is not None:
            said["example"] = operation.shows
        return {"description": HTTPStatus(operation.status).phrase, "content": {operation.media: said}}
    if operation.media != JSON:
        return {"description": "The bytes", "content": {media: {} for media in (operation.media, *_SHOWN_AS_THEY_ARE)}}
    return {"description": "Done; there is nothing to say."}


# api.native.attachments sends these as what they are.
_SHOWN_AS_THEY_ARE = ("image/png", "image/jpeg", "image/gif", "image/bmp", "application/pdf")


def _errors(route: Route, operation: Operation, words: Words) -> Iterable[int]:
    """What is said of it, and what every route of its kind can answer."""
    yield from (*operation.errors, *words.always)
    yield from (500, 503)
    # A request line or headers that cannot be read.
    yield 400
    if route.access is not Access.PUBLIC:
        yield 401
    if route.access is not Access.PUBLIC and (route.method != "GET" or route.access is not Access.SIGNED_IN):
        # An API key that may only read, or somebody for whom this is not.
        yield 403
    if "{" in route.path:
        yield 404
    if operation.body:
        yield from (408, 413, 415)
    if route.limit is not Limit.NONE:
        yield 429


def _error(status: int, words: Words) -> Json:
    about = words.errors[status]
    shown = words.render(Fault(status, about, words.faults.get(status) or Refusal(status, about)))
    if not isinstance(shown.body, bytes):
        raise TypeError("an error is shown whole")
    said = {"schema": {"$ref": _reference(words.problem)}, "example": orjson.loads(shown.body)}
    return {"description": about, "content": {shown.content_type: said}}


def _name(status: int) -> str:
    return HTTPStatus(status).name.title().replace("_", "")


# Shapes.


@dataclass(frozen=True, slots=True)
class _Schemas:
    components: Mapping[str, JsonSchemaValue]

    def of(self, shape: type[BaseModel]) -> JsonSchemaValue:
        return self.components[shape.__name__]


def _schemas(operations: Sequence[Operation], words: Words) -> _Schemas:
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for operation in operations:
        for shape, mode in ((operation.body, _IN), (operation.query, _IN), (operation.answer, _OUT)):
            if shape:
                wanted[shape, mode] = None
    wanted[words.problem, _OUT] = None

    class Generator(_Generator):
        meanings = words.meanings

    _, found = models_json_schema(list(wanted), ref_template=_REFERENCE, schema_generator=Generator)
    schemas: dict[str, JsonSchemaValue] = found["$defs"]
    missing = [shape.__name__ for shape, _ in wanted if shape.__name__ not in schemas]
    if missing:
        raise ValueError(f"two shapes of one name: {', '.join(missing)}")
    return _Schemas(schemas)


_IN: Literal["validation"] = "validation"
_OUT: Literal["serialization"] = "serialization"


def _reference(shape: type[BaseModel]) -> str:
    return _REFERENCE.format(model=shape.__name__)


class _Generator(GenerateJsonSchema):
    """Pydantic's own, which hears from `meanings` what our validators ask for."""

    meanings: ClassVar[Meanings] = {}

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        return self._meant(schema["function"]["function"], super().function_after_schema(schema))

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        return self._meant(schema["function"]["function"], super().function_before_schema(schema))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        # "Left out" is no value that anybody could send.
        return {name: value for name, value in found.items() if (name, value) != ("default", None)}

    def _meant(self, validator: Callable[..., object], found: JsonSchemaValue) -> JsonSchemaValue:
        meant = self.meanings.get(validator)
        if meant is None:
            return found
        if "enum" in meant:
            return meant
        return {**_without_null(found), **meant}


def _without_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    options = schema.get("anyOf")
    if not isinstance(options, list):
        return schema
    kept = [option for option in options if option != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {**rest, "anyOf": kept}

"""Reading what a request brings: bounded in size and time, strict in form. What is wrong with it is always a 400."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

import orjson
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from pydantic import BaseModel, ValidationError

from api.problems import MOST_PROBLEMS, Malformed, Refusal
from core.errors import Invalid, Problem

MOST_BYTES = 1024 * 1024
MOST_SECONDS = 30
MOST_FIELDS = 20

TWICE = "is there twice: send it once"

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

Shape = TypeVar("Shape", bound=BaseModel)

# Every key is followed by this, and hardly anything else is (a quote within a text): when there are no more of them
# than keys, no key is there twice. Reading all of it slowly, which tells for sure, costs more than twice as much.
_KEYS = re.compile(rb'"\s*:')


async def read(request: web.Request, shape: type[Shape]) -> Shape:
    """The JSON body as `shape`. Raises Invalid with all that is wrong, Refusal (400, 408, 413, 415)."""
    _require(request, JSON)
    return parsed(shape, await _bytes(request))


async def read_form_or_json(request: web.Request, shape: type[Shape]) -> Shape:
    if request.content_type != FORM:
        return await read(request, shape)
    _require(request, FORM)
    return checked(shape, _once(shape, _fields(await _bytes(request))))


def query(request: web.Request, shape: type[Shape]) -> Shape:
    """The query string as `shape`. Raises Invalid."""
    return checked(shape, _once(shape, request.query.items()))


def parsed(shape: type[Shape], data: bytes) -> Shape:
    try:
        found = shape.model_validate_json(data)
    except ValidationError as error:
        raise _invalid(error) from None
    # Pydantic takes the last of two equal keys, other readers the first: what one checks, another must not do otherwise.
    # And it knows NaN, which JSON does not.
    if not _is_plain(data, found) and _may_repeat(data):
        json.loads(data, object_pairs_hook=_named_once, parse_constant=_no_constant)
    return found


def checked(shape: type[Shape], values: Mapping[str, str]) -> Shape:
    try:
        return shape.model_validate_strings(dict(values))
    except ValidationError as error:
        raise _invalid(error) from None


def _require(request: web.Request, content_type: str) -> None:
    headers = request.headers
    if headers.get("Content-Type") == content_type and "Content-Encoding" not in headers:
        # As nearly all say it.
        return
    # Whatever a browser sends across sites without asking first (text/plain, multipart) is not JSON (rule 32).
    if request.content_type != content_type:
        raise Refusal(415, f"send the body as {content_type} in UTF-8", {"Accept-Post": JSON})
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Refusal(400, f"send the body in UTF-8, as {content_type} is: leave out the charset")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        # 200 KB of gzip expand to 200 MB.
        raise Refusal(415, "send the body without compression", {"Accept-Encoding": "identity"})


async def _bytes(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise _too_large()
    try:
        if request.content.is_eof():
            # All of it is here, as nearly always.
            return _bounded(request.content.read_nowait())
        # aiohttp waits for a slow body for ever.
        async with asyncio.timeout(MOST_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Refusal(
            408, f"the body did not arrive within {MOST_SECONDS} seconds: send it again", {"Connection": "close"}
        ) from None
    except (HttpProcessingError, ConnectionError, ValueError, web.RequestPayloadError):
        raise Refusal(400, "the body did not arrive whole: send it again", {"Connection": "close"}) from None


def _bounded(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise _too_large()
    return data


def _too_large() -> Refusal:
    return Refusal(413, "the body is too large: send at most 1 MiB of JSON")


def _fields(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            data.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Refusal(400, "the form cannot be read: send its fields url-encoded in UTF-8") from None


def _once(shape: type[BaseModel], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What is asked for has to be clear; the rest is no field, or passed over, as the shape says."""
    sent = list(pairs)
    _require_once(name for name, _ in sent if name in shape.model_fields)
    return dict(sent)


def _is_plain(data: bytes, found: BaseModel) -> bool:
    """Whether it is seen at a glance that no key is there twice: there is a colon for each field, and none more."""
    return data.count(b":") == len(found.model_fields_set) and b"NaN" not in data and b"Infinity" not in data


def _may_repeat(data: bytes) -> bool:
    try:
        keys = _keys(orjson.loads(data))
    except orjson.JSONDecodeError:
        return True
    # Every key has its colon; most texts have none.
    return data.count(b":") != keys and len(_KEYS.findall(data)) != keys


def _keys(value: object) -> int:
    """How many keys there are in all of its objects, each counted once."""
    match value:
        case dict():
            return len(value) + sum(_keys(one) for one in value.values() if one.__class__ in (dict, list))
        case list():
            return sum(_keys(one) for one in value if one.__class__ in (dict, list))
    return 0


def _named_once(pairs: Sequence[tuple[str, object]]) -> None:
    _require_once(name for name, _ in pairs)


def _require_once(names: Iterable[str]) -> None:
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise Invalid([Problem(name, TWICE) for name in twice])


def _no_constant(name: str) -> None:
    raise Malformed([Problem("body", f"{name} is no JSON: send a number, or null")])


def _invalid(error: ValidationError) -> Invalid:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [_problem(e["loc"], e["type"], e["msg"]) for e in found[:MOST_PROBLEMS]]
    return Malformed(told) if found[0]["type"] == "json_invalid" else Invalid(told)


def _problem(location: tuple[int | str, ...], kind: str, message: str) -> Problem:
    field = ".".join(map(str, location)) or "body"
    if kind in _WORDS:
        return Problem(field, _WORDS[kind])
    return Problem(field, message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ").strip())


_WORDS = {
    "missing": "is required",
    "extra_forbidden": "is no field of this request: leave it out",
    "model_type": "must be a JSON object",
    "string_type": "must be a text",
}

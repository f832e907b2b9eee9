"""The documentation of each contract: loaded with the first request for it, as that of our own API is."""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from api import fields, openapi
from api.contracts.contract import Contract, Words
from api.native import reference
from api.openapi import Json, Meanings, Operation

# Where each is described: a module with a row for each route, which nothing needs that serves a request.
MODULES = {
    "basic": "api.contracts.basic_reference",
    "customer_support": "api.contracts.customer_support.reference",
    "healthcare": "api.contracts.healthcare.reference",
}

_ERRORS = {
    400: "Something about the request cannot be used: correct it and send it again.",
    401: "Nobody is signed in, or the token is not valid any more: sign in and send it again.",
    403: "You may not do this, or not from here.",
    404: "There is no such thing, or it is not yours to see.",
    408: "The body did not arrive in time: send it again.",
    409: "Somebody else was faster, or it cannot be done any more: read it again.",
    413: "The body is too large: send less.",
    415: "The body is not of a media type, charset or encoding that is understood here.",
    429: "Too many requests: wait as many seconds as Retry-After says.",
    500: "Something went wrong on our side: tell us the request id.",
    503: "Not now: try again in as many seconds as Retry-After says.",
}
# Where nobody signs in, strangers are turned away before anything else (api/contracts/strangers.py).
_OPEN = (403,)


def loaded(contract: Contract) -> openapi.Words:
    words: Callable[[Contract], openapi.Words] = import_module(MODULES[contract.name]).words
    return words(contract)


def words(
    contract: Contract,
    *,
    about: str,
    tags: Mapping[str, str],
    operations: Mapping[str, Operation],
    problem: type[BaseModel],
    faults: Mapping[int, Exception],
    meanings: Meanings = MappingProxyType({}),
    security: Mapping[str, Json] | None = None,
) -> openapi.Words:
    """What all contracts say alike, and what this one says."""
    return openapi.Words(
        title=f"Deskbell: contract {contract.name}",
        version=reference.release(),
        description=f"{about} Every path answers with and without a slash at its end.",
        operations=operations,
        tags=tags,
        errors=_ERRORS,
        headers=reference.HEADERS,
        security=security or {},
        problem=problem,
        render=contract.render,
        faults=faults,
        always=_OPEN if contract.is_open else (),
        meanings={**fields.MEANINGS, **_vocabulary(contract.words), **meanings},
    )


def one_of(words: Words[Any, Any]) -> Json:
    """What is answered of a closed set, in JSON Schema."""
    return _enum(dict.fromkeys(words.outward.values()))


def _vocabulary(tables: Iterable[Words[Any, Any]]) -> Meanings:
    return {check: _enum(table.inward) for table in tables for check in (table.word, table.known)}


def _enum(words: Iterable[object]) -> Json:
    known = list(words)
    return {"type": "integer" if all(isinstance(word, int) for word in known) else "string", "enum": known}

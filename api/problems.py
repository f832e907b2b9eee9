"""The one place where errors become HTTP: which status, and a `detail` that always says what to do next.

A `Fault` says it in HTTP's terms; a `Render` gives it the shape of one API. Ours is RFC 9457, problem+json.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import orjson
import structlog
from aiohttp import web

from core.errors import Conflict, DeskError, Forbidden, Invalid, NotFound, Problem, Unavailable
from core.storage import database

log = structlog.get_logger()

CONTENT_TYPE = "application/problem+json"
# A megabyte of unknown keys needs no megabyte of complaints.
MOST_PROBLEMS = 100

_SOMEWHAT_LATER = {"Retry-After": "5"}
_HINTS = {
    404: "there is nothing at this path: the API lives under /api/v1",
    413: "the body is too large: send at most 1 MiB of JSON",
    417: "only `Expect: 100-continue` is understood: leave the header out",
}


class Refusal(Exception):
    """What only HTTP can refuse: a media type, a missing sign-in, too many requests."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class Malformed(Invalid):
    """The body is no JSON at all, where `Invalid` alone is about what it says."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, in HTTP's terms. `method`: of the request, where there was one that could be read."""

    status: int
    detail: str
    error: Exception
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = ""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with what was sent, as far as one may read on."""
        return self.error.problems[:MOST_PROBLEMS] if isinstance(self.error, Invalid) else ()


Render = Callable[[Fault], web.Response]


def fault(error: Exception, request_id: str, method: str = "") -> Fault:
    """What `error` is to the client. What nobody expected is logged here, and told without a word about it."""
    return replace(_fault(error, request_id), method=method)


def _fault(error: Exception, request_id: str) -> Fault:
    match error:
        case Refusal():
            return Fault(error.status, error.detail, error, error.headers)
        case DeskError():
            return _refused(error)
        case web.HTTPException():
            return _from_aiohttp(error)
    log.error("http_fault", request=request_id, exc_info=error)
    if database.is_passing(error):
        return Fault(503, "the desk cannot do this at the moment: try again", error, _SOMEWHAT_LATER)
    return Fault(500, f"something went wrong on our side: tell us the request id {request_id}", error)


def rendered(told: Fault) -> web.Response:
    return response(told.status, told.detail, headers=told.headers, errors=told.problems)


def response(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, errors: Sequence[Problem] = ()
) -> web.Response:
    return web.Response(
        body=body(status, detail, errors), status=status, headers={**(headers or {}), "Content-Type": CONTENT_TYPE}
    )


def body(status: int, detail: str, errors: Sequence[Problem] = ()) -> bytes:
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        problem["errors"] = [{"field": e.field[:100], "message": e.message} for e in errors[:MOST_PROBLEMS]]
    return orjson.dumps(problem)


def _refused(error: DeskError) -> Fault:
    match error:
        case Invalid():
            fields = ", ".join(dict.fromkeys(p.field[:100] for p in error.problems[:5]))
            return Fault(400, f"correct these and send it again: {fields}", error)
        case NotFound():
            return Fault(404, f"{error.what} not found: check the id, and whether it is yours to see", error)
        case Forbidden():
            return Fault(403, error.reason, error)
        case Conflict():
            return Fault(409, error.reason, error)
        case Unavailable():
            return Fault(503, f"{error.reason}: try again in a few seconds", error, _SOMEWHAT_LATER)
    raise error


def _from_aiohttp(error: web.HTTPException) -> Fault:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return Fault(405, f"this path answers to {allowed} only", error, {"Allow": allowed})
    return Fault(error.status, _HINTS.get(error.status, error.reason), error)

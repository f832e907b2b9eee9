"""The one place where errors become HTTP: RFC 9457 problem+json, whose `detail` always says what to do next."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
import structlog
from aiohttp import web

from core import database
from core.errors import Conflict, DeskError, Forbidden, Invalid, NotFound, Problem, Unavailable

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
        self.headers = headers


def answer(error: Exception, request_id: str) -> web.Response:
    """The response for `error`. What nobody expected is logged here, and answered without a word about it."""
    match error:
        case Refusal():
            return response(error.status, error.detail, headers=error.headers)
        case DeskError():
            return _refused(error)
        case web.HTTPException():
            return _from_aiohttp(error)
    log.error("http_fault", request=request_id, exc_info=error)
    if database.is_passing(error):
        return response(503, "the desk cannot do this at the moment: try again", headers=_SOMEWHAT_LATER)
    return response(500, f"something went wrong on our side: tell us the request id {request_id}")


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


def _refused(error: DeskError) -> web.Response:
    match error:
        case Invalid():
            fields = ", ".join(dict.fromkeys(p.field[:100] for p in error.problems[:5]))
            return response(400, f"correct these and send it again: {fields}", errors=error.problems)
        case NotFound():
            return response(404, f"{error.what} not found: check the id, and whether it is yours to see")
        case Forbidden():
            return response(403, error.reason)
        case Conflict():
            return response(409, error.reason)
        case Unavailable():
            return response(503, f"{error.reason}: try again in a few seconds", headers=_SOMEWHAT_LATER)
    raise error


def _from_aiohttp(error: web.HTTPException) -> web.Response:
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return response(405, f"this path answers to {allowed} only", headers={"Allow": allowed})
    return response(error.status, _HINTS.get(error.status, error.reason))

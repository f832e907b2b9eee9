"""Contract `customer_support`, as its document has it.

    POST   /tickets                      201, the ticket
    GET    /tickets                      {tickets, pagination}     ?status&priority&category&assigned_to&customer_email
                                                                   &page&limit
    GET    /tickets/{id}                 the ticket
    PUT    /tickets/{id}                 the ticket                only what is sent becomes different
    DELETE /tickets/{id}                 {message, id}
    POST   /tickets/import               {total, successful, failed, errors}   ?format; a file of CSV, JSON or XML
    POST   /tickets/{id}/auto-classify   {ticket, classification}

Ids are UUIDs, times RFC 3339 with Z. An error is {"error": "…"}, with `details` when it is about fields: all that is
wrong, at once. There is no sign-in.
"""

from aiohttp import web

from api import respond
from api.contracts.contract import Contract
from api.contracts.customer_support import imports, tickets
from api.contracts.customer_support.shapes import sentences
from api.contracts.customer_support.views import NAME
from api.contracts.customer_support.words import CATEGORY, PRIORITY, SOURCE, STATUS
from api.problems import Fault, Malformed
from api.routes import Access, Route
from core.errors import Invalid, NotFound

_PUBLIC = Access.PUBLIC


def failed(fault: Fault) -> web.Response:
    return respond.json(_told(fault), status=fault.status, headers=fault.headers)


def _told(fault: Fault) -> dict[str, object]:
    match fault.error:
        case Malformed():
            return {"error": "Request body must be valid JSON"}
        case Invalid():
            return {"error": "Validation failed", "details": sentences(fault.problems)}
        case NotFound(what=what):
            return {"error": f"{what} not found"}
        case web.HTTPNotFound():
            return {"error": "Not found", "message": "There is nothing at this path: tickets are at /tickets"}
    if fault.status == 500:
        return {"error": "Internal server error", "message": "An unexpected error occurred. Please try again later."}
    return {"error": fault.detail}


CONTRACT = Contract(
    NAME,
    (
        Route("GET", "/tickets", _PUBLIC, tickets.many),
        Route("POST", "/tickets", _PUBLIC, tickets.create),
        Route("POST", "/tickets/import", _PUBLIC, imports.tickets_file),
        Route("GET", "/tickets/{id}", _PUBLIC, tickets.one),
        Route("PUT", "/tickets/{id}", _PUBLIC, tickets.change),
        Route("DELETE", "/tickets/{id}", _PUBLIC, tickets.remove),
        Route("POST", "/tickets/{id}/auto-classify", _PUBLIC, tickets.classify),
    ),
    failed,
    words=(CATEGORY, PRIORITY, STATUS, SOURCE),
    is_open=True,
)

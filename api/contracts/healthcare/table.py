"""Contract `healthcare`: tickets of a health service, with accounts, files, an audit and reference lists.

    POST   /token                                     {access_token, token_type}      form: username, password
    POST   /tickets/                                  201, the ticket
    GET    /tickets/                                  {tickets, total, page, size}
    GET    /tickets/{ticket_id}                       the ticket with what its ids stand for
    PUT    /tickets/{ticket_id}                       the same                        only what changes
    DELETE /tickets/{ticket_id}                       {message}                       softly
    POST   /tickets/{ticket_id}/upload                what was taken and what was not, field `files`
    POST   /tickets/{ticket_id}/upload-single         the same for one, field `file`
    GET    /tickets/{ticket_id}/attachments           the files and their folders
    DELETE /tickets/{ticket_id}/attachments/{path}    {message, deleted_file, remaining_attachments}
    GET    /tickets/{ticket_id}/modifications         {modifications, total}, in Catalan sentences
    POST   /modifications/                            201, one written by hand
    GET    /users/me                                  the account
    POST   /users/                                    201, the account                level 1
    PUT    /users/{user_id}                           the account                     level 1
    GET    /status/ /crit/ /tool/ /center/            [{id, value, desc}], for everybody

Levels are 1 admin, 2 agent, 3 customer, and see what these see everywhere. A ticket is called INC000042 or SUG000042,
or by the client's own `ticket_num`; a centre by its code; an account by a small number; times are UTC and say no zone.
An error is {"detail": "…"}, and what is wrong with what was sent is a 400.

What the document leaves open: a ticket that came another way has null for its tool and centre, its requester among
the people and as the notifier, and creator 0 where the requester has no account. A number of the client's own that
looks like ours finds its ticket until one of ours has it, and is never shown. The ticket is its opener's own, who is
answered; the notifier is a name. Customers read and open tickets, and put files on them; modifications are staff's.
"""

from aiohttp import web

from api import respond
from api.contracts.contract import Contract
from api.contracts.healthcare import accounts, files, lists, modifications, tickets
from api.contracts.healthcare.words import CRIT, LEVEL, NAME, PATHWAY, STATUS, TYPE
from api.problems import Fault
from api.routes import Access, Limit, Route
from core.errors import Invalid

_PUBLIC, _SIGNED_IN, _STAFF, _ADMIN = Access.PUBLIC, Access.SIGNED_IN, Access.STAFF, Access.ADMIN
_TICKET = "/tickets/{ticket_id}"

# The document knows no other status for what is wrong with a request.
_STATUS = {409: 400}


def failed(fault: Fault) -> web.Response:
    detail = fault.detail
    if isinstance(fault.error, Invalid):
        detail = "; ".join(f"{problem.field} {problem.message}" for problem in fault.problems)
    elif isinstance(fault.error, web.HTTPNotFound):
        detail = "there is nothing at this path: check its spelling"
    # One signs in here at a place of this document's.
    detail = detail.replace("/api/v1/auth/token", "/token")
    return respond.json({"detail": detail}, status=_STATUS.get(fault.status, fault.status), headers=fault.headers)


CONTRACT = Contract(
    NAME,
    (
        Route("POST", "/token", _PUBLIC, accounts.token, Limit.LOGIN),
        Route("POST", "/tickets", _SIGNED_IN, tickets.create),
        Route("GET", "/tickets", _SIGNED_IN, tickets.many),
        Route("GET", _TICKET, _SIGNED_IN, tickets.one),
        Route("PUT", _TICKET, _SIGNED_IN, tickets.change),
        Route("DELETE", _TICKET, _SIGNED_IN, tickets.remove),
        Route("POST", f"{_TICKET}/upload", _SIGNED_IN, files.add),
        Route("POST", f"{_TICKET}/upload-single", _SIGNED_IN, files.add_one),
        Route("GET", f"{_TICKET}/attachments", _SIGNED_IN, files.many),
        Route("DELETE", f"{_TICKET}/attachments/{{filename:.+}}", _SIGNED_IN, files.remove),
        Route("GET", f"{_TICKET}/modifications", _STAFF, modifications.many),
        Route("POST", "/modifications", _STAFF, modifications.create),
        Route("GET", "/users/me", _SIGNED_IN, accounts.me),
        Route("POST", "/users", _ADMIN, accounts.create),
        Route("PUT", "/users/{user_id:[0-9]{1,18}}", _ADMIN, accounts.change),
        Route("GET", "/status", _PUBLIC, lists.statuses),
        Route("GET", "/crit", _PUBLIC, lists.crits),
        Route("GET", "/tool", _PUBLIC, lists.tools),
        Route("GET", "/center", _PUBLIC, lists.centers),
    ),
    failed,
    words=(STATUS, CRIT, LEVEL, TYPE, PATHWAY),
)

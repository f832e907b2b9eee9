"""Contract `basic` in words and shapes, a row for each route: for its documentation alone."""

from typing import Annotated

from pydantic import Field, RootModel

from api.contracts import described
from api.contracts.basic import STATUS, TicketCreate, TicketUpdate
from api.contracts.contract import Contract
from api.contracts.described import one_of
from api.native.answers import Answer
from api.openapi import Json, Operation, Words
from core.errors import Invalid, NotFound, Problem


class Error(Answer):
    detail: str


Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$", description="UTC, without a zone.")]


class Ticket(Answer):
    id: int
    title: str
    description: str
    contact_info: str
    status: Annotated[str, Field(json_schema_extra=one_of(STATUS))]
    updated_at: Moment
    created_at: Moment


class Tickets(RootModel[list[Ticket]]):
    """All tickets, in the order of their ids."""


_NEW: Json = {
    "title": "Issue with login",
    "description": "User cannot login to the system",
    "contact_info": "user@example.com",
    "status": "pending",
}
_TIMES: Json = {"updated_at": "2024-11-11T00:00:00", "created_at": "2024-11-11T00:00:00"}
_TICKET: Json = {"id": 3, **_NEW, **_TIMES}

OPERATIONS = {
    "GET /tickets": Operation("All tickets", Tickets, shows=[_TICKET]),
    "POST /tickets": Operation(
        "A new ticket", Ticket, 201, TicketCreate, headers=("Idempotency-Key",), errors=(409,),
        example=_NEW, shows=_TICKET,
    ),
    "PUT /tickets/{ticket_id}": Operation(
        "Another status", Ticket, body=TicketUpdate, errors=(409,), example={"status": "resolved"},
        shows={**_TICKET, "status": "resolved"},
    ),
    "DELETE /tickets/{ticket_id}": Operation("Delete a ticket; it is answered as it was", Ticket, errors=(409,), shows=_TICKET),
}  # fmt: skip


def words(contract: Contract) -> Words:
    return described.words(
        contract,
        about="A short list of tickets. There is no sign-in.",
        tags={"tickets": "Tickets"},
        operations=OPERATIONS,
        problem=Error,
        faults={400: Invalid([Problem("status", "is required")]), 404: NotFound("Ticket")},
    )

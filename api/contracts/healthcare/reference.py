"""Contract `healthcare` in words and shapes, a row for each route: for its documentation alone."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel

from api.contracts import described
from api.contracts.contract import Contract
from api.contracts.described import one_of
from api.contracts.healthcare import shapes
from api.contracts.healthcare.shapes import (
    Credentials,
    NewModification,
    NewTicket,
    NewUser,
    TicketChange,
    TicketQuery,
    UserChange,
)
from api.contracts.healthcare.words import CRIT, LEVEL, PATHWAY, STATUS, TYPE
from api.fields import DAY
from api.native.answers import Answer
from api.native.forms import File, TicketFile
from api.openapi import FILES, FORM, JSON, Json, Operation, Words
from core.errors import Invalid, NotFound, Problem
from core.vocabulary import Status

StatusId = Annotated[int, Field(json_schema_extra=one_of(STATUS))]
CritId = Annotated[int, Field(json_schema_extra=one_of(CRIT))]
Level = Annotated[int, Field(json_schema_extra=one_of(LEVEL))]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$", description="UTC, without a zone.")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]


class Error(Answer):
    detail: str


class SignedIn(Answer):
    access_token: str
    token_type: Literal["bearer"]


class Person(Answer):
    """`id` is 0 of whoever has no account."""

    id: int
    username: str
    email: str


class Creator(Person):
    permission_level: Level
    is_active: bool


class User(Person):
    name: str
    surnames: str
    permission_level: Level
    default_center_id: int | None
    is_active: bool


class Entry(Answer):
    id: int
    value: str
    desc: str


class Entries(RootModel[list[Entry]]):
    """What may be chosen."""


class Ticket(Answer):
    id: str
    type: Annotated[str, Field(json_schema_extra=one_of(TYPE))]
    title: str
    description: str
    status_id: StatusId
    crit_id: CritId
    tool_id: int | None
    center_id: int | None
    people: list[str]
    pathway: Annotated[str, Field(json_schema_extra=one_of(PATHWAY))]
    notifier: str | None
    url: str | None
    creator: int
    creation_date: Day
    supports: int
    attached: list[str]


class Detail(Ticket):
    modify_date: Moment | None
    resolution_date: Moment | None
    delete_date: Moment | None
    created_by_user: Creator
    status: Entry | None
    crit: Entry | None
    center: Entry | None
    tool: Entry | None


class Tickets(Answer):
    tickets: list[Detail]
    total: int
    page: int
    size: int


class Said(Answer):
    message: str


class Attachment(Answer):
    filename: str
    original_name: str
    path: str
    size: int
    hash: str
    uploaded_by: str
    uploaded_at: Moment
    file_type: str
    content_type: str
    ticket_id: str


class Failed(Answer):
    filename: str
    reason: str


class Uploaded(Answer):
    message: str
    uploaded_files: list[Attachment]
    failed_uploads: list[Failed]
    total_uploaded: int
    total_failed: int


class Attachments(Answer):
    """`directory_structure` has the stored names by year and month."""

    ticket_id: str
    total_attachments: int
    total_size: int
    attachments: list[Attachment]
    directory_structure: dict[str, dict[str, list[str]]]


class Removed(Answer):
    message: str
    deleted_file: str
    remaining_attachments: int


class Modification(Answer):
    """`changes` are sentences in Catalan."""

    id: int
    user_id: int
    date: Moment
    user: Person
    changes: list[str]
    total_changes: int


class WrittenModification(Modification):
    ticket_id: str
    reason: str
    field_name: str
    old_value: str | None
    new_value: str | None


class Modifications(Answer):
    modifications: list[Modification]
    total: int


class Files(BaseModel):
    files: Annotated[list[File], Field(min_length=1)]


_NEW: Json = {
    "type": "incidence",
    "title": "System Error in ECAP",
    "description": "Users cannot access the patient records module",
    "status_id": 1,
    "crit_id": 3,
    "tool_id": 1,
    "center_id": 305,
    "people": ["Dr. Smith", "Nurse Johnson"],
    "pathway": "web",
    "notifier": "Dr. Smith",
    "url": "https://example.com/issue-details",
}
_TICKET: Json = {
    "id": "INC123456", **_NEW, "creator": 1, "creation_date": "2025-01-15", "supports": 0, "attached": [],
}  # fmt: skip
_ADMIN: Json = {"id": 1, "username": "admin", "email": "admin@example.com"}
_DETAIL: Json = {
    **_TICKET,
    "modify_date": None,
    "resolution_date": None,
    "delete_date": None,
    "created_by_user": {**_ADMIN, "permission_level": 1, "is_active": True},
    "status": {"id": 1, "value": "created", "desc": "Creada"},
    "crit": {"id": 3, "value": "high", "desc": "Alta"},
    "center": {"id": 305, "value": "305", "desc": "EAP St. Andreu de Llavaneres"},
    "tool": {"id": 1, "value": "ECAP", "desc": "ECAP"},
}
_BY_HAND: Json = {
    "ticket_id": "INC123456",
    "reason": "Manual update by external system",
    "field_name": "description",
    "old_value": "Previous description",
    "new_value": "Updated description",
}
_USER: Json = {
    "username": "newuser",
    "email": "user@example.com",
    "permission_level": 3,
    "name": "John",
    "surnames": "Doe",
    "default_center_id": 305,
}

OPERATIONS = {
    "POST /token": Operation(
        "Sign in", SignedIn, body=Credentials, takes=(FORM, JSON), errors=(401,),
        more="The token goes into `Authorization: Bearer …`.",
        example={"username": "your_username", "password": "your_password"},
        shows={"access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9...", "token_type": "bearer"},
    ),
    "POST /tickets": Operation(
        "A new ticket", Ticket, 201, NewTicket, headers=("Idempotency-Key",), example=_NEW, shows=_TICKET
    ),
    "GET /tickets": Operation("Tickets, newest first", Tickets, query=TicketQuery),
    "GET /tickets/{ticket_id}": Operation("One ticket with what its ids stand for", Detail, shows=_DETAIL),
    "PUT /tickets/{ticket_id}": Operation(
        "Change a ticket: what is left out stays", Detail, body=TicketChange,
        example={"status_id": 4, "crit_id": 4, "people": ["Dr. Smith", "Nurse Johnson", "IT Support"]},
    ),
    "DELETE /tickets/{ticket_id}": Operation(
        "Delete a ticket", Said, shows={"message": "Ticket deleted successfully"}
    ),
    "POST /tickets/{ticket_id}/upload": Operation(
        "Upload files: a bad one fails alone", Uploaded, body=Files, takes=(FILES,)
    ),
    "POST /tickets/{ticket_id}/upload-single": Operation("Upload one file", Uploaded, body=TicketFile, takes=(FILES,)),
    "GET /tickets/{ticket_id}/attachments": Operation("The files of a ticket", Attachments),
    "DELETE /tickets/{ticket_id}/attachments/{filename}": Operation("Delete a file, by its path", Removed),
    "GET /tickets/{ticket_id}/modifications": Operation(
        "What became different, oldest first", Modifications,
        shows={
            "modifications": [{
                "id": 1, "user_id": 1, "date": "2025-01-15T14:30:22", "user": _ADMIN,
                "changes": ["El títol s'ha canviat per \"Updated Title\""], "total_changes": 1,
            }],
            "total": 1,
        },
    ),
    "POST /modifications": Operation(
        "Write down what became different, by hand", WrittenModification, 201, NewModification, errors=(404,),
        example=_BY_HAND,
    ),
    "GET /users/me": Operation("Who am I?", User, shows={**_ADMIN, **_USER, "is_active": True}),
    "POST /users": Operation("A new account", User, 201, NewUser, example={**_USER, "password": "securepassword"}),
    "PUT /users/{user_id}": Operation(
        "Change an account: what is left out stays", User, body=UserChange, example={"is_active": False}
    ),
    "GET /status": Operation("Statuses", Entries, shows=[{"id": 1, "value": "created", "desc": "Creada"}]),
    "GET /crit": Operation("Priorities", Entries, shows=[{"id": 3, "value": "high", "desc": "Alta"}]),
    "GET /tool": Operation("Tools", Entries, shows=[{"id": 1, "value": "ECAP", "desc": "ECAP"}]),
    "GET /center": Operation("Centres", Entries, shows=[{"id": 2, "value": "273", "desc": "EAP Arenys de Mar"}]),
}  # fmt: skip

_TAGS = {
    "token": "Signing in",
    "tickets": "Tickets and their files",
    "modifications": "What became different on a ticket",
    "users": "Accounts",
    "status": "What a status may be",
    "crit": "What a priority may be",
    "tool": "What a tool may be",
    "center": "What a centre may be",
}
_SECURITY: dict[str, Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access_token of POST /token.",
    },
}


def words(contract: Contract) -> Words:
    return described.words(
        contract,
        about="Tickets of a health service. Levels are 1 admin, 2 agent, 3 customer.",
        tags=_TAGS,
        operations=OPERATIONS,
        problem=Error,
        faults={400: Invalid([Problem("crit_id", "is required")]), 404: NotFound("Ticket")},
        meanings={
            shapes.not_deleted: {
                "type": "integer",
                "enum": [number for number, status in STATUS.inward.items() if status is not Status.DELETED],
            },
            shapes.day: {"pattern": f"^{DAY}$"},
        },
        security=_SECURITY,
    )

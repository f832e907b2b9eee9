"""What may be sent, as seed 004's document lists it: its fields, their types, which of them may be left out."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.contracts.healthcare.words import CRIT, CUSTOM, LEVEL, PATHWAY, STATUS, TYPE
from api.native import shapes
from api.native.shapes import Address, Name, Password, Text, Username
from core.text import SUBJECT_LENGTH, clean_line, clean_text
from core.vocabulary import Status

MOST_PEOPLE = 50
LONGEST_URL = 2000
LONGEST_VALUE = 10_000
DEEPEST = 100_000
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def web(address: str) -> str:
    # It is shown as a link, and a link may be a program.
    if address and not address.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return address


def not_deleted(number: int) -> int:
    if STATUS.word(number) is Status.DELETED:
        raise ValueError("cannot be 8: a ticket is opened first, and deleted then")
    return number


def custom(number: str) -> str:
    if not CUSTOM.fullmatch(number):
        raise ValueError("must be 1 to 64 letters, digits, and . _ -, beginning with a letter or digit")
    return number


def day(value: object) -> object:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise ValueError("must be a date such as 2025-01-15")
    return value


def a_field(name: str) -> str:
    # Under this name the desk writes down that a ticket was opened.
    if name == "ticket":
        raise ValueError("must be a field of the ticket, such as title")
    return name


def filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def not_null(value: object) -> object:
    if value is None:
        raise ValueError("cannot be null: leave it out to keep it as it is")
    return value


Keep = BeforeValidator(not_null)
Title = Annotated[
    str, Field(min_length=1, max_length=SUBJECT_LENGTH), AfterValidator(clean_line), AfterValidator(filled)
]
StatusId = Annotated[int, AfterValidator(STATUS.known)]
FirstStatusId = Annotated[StatusId, AfterValidator(not_deleted)]
CritId = Annotated[int, AfterValidator(CRIT.known)]
Type = Annotated[str, AfterValidator(TYPE.known)]
# Tools and centres may be added: which there are is asked of the lists.
Id = Annotated[int, Field(ge=1, lt=2**31)]
People = Annotated[list[Name], Field(max_length=MOST_PEOPLE)]
Pathway = Annotated[str, AfterValidator(PATHWAY.known)]
Url = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(clean_line), AfterValidator(web)]
Level = Annotated[int, AfterValidator(LEVEL.known)]
Value = Annotated[str, Field(max_length=LONGEST_VALUE), AfterValidator(clean_text)]
FieldName = Annotated[
    str,
    Field(min_length=1, max_length=64),
    AfterValidator(clean_line),
    AfterValidator(filled),
    AfterValidator(a_field),
]
Day = Annotated[date, BeforeValidator(day)]


class Body(BaseModel):
    """What the document does not name is passed over: its clients send back what they were shown."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Query(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Credentials(shapes.Credentials):
    """OAuth libraries send more than name and password."""

    model_config = ConfigDict(extra="ignore")


class NewTicket(Body):
    type: Type
    title: Title
    description: Text
    status_id: FirstStatusId
    crit_id: CritId
    tool_id: Id
    people: People
    pathway: Pathway
    ticket_num: Annotated[str, AfterValidator(custom)] | None = None
    center_id: Id | None = None
    notifier: Name | None = None
    url: Url | None = None


class TicketChange(Body):
    """All may be left out. Null empties what may be empty."""

    type: Annotated[Type | None, Keep] = None
    title: Annotated[Title | None, Keep] = None
    description: Annotated[Text | None, Keep] = None
    status_id: Annotated[StatusId | None, Keep] = None
    crit_id: Annotated[CritId | None, Keep] = None
    tool_id: Annotated[Id | None, Keep] = None
    people: Annotated[People | None, Keep] = None
    pathway: Annotated[Pathway | None, Keep] = None
    center_id: Id | None = None
    notifier: Name | None = None
    url: Url | None = None


class TicketQuery(Query):
    skip: Annotated[int, Field(ge=0, le=DEEPEST)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    status_id: StatusId | None = None
    type: Type | None = None
    crit_id: CritId | None = None
    tool_id: Id | None = None
    center_id: Id | None = None
    date_from: Day | None = None
    date_to: Day | None = None
    sort_by: Literal["creation_date", "title", "ticket_num", "status", "priority"] = "creation_date"
    sort_order: Literal["asc", "desc"] = "desc"


class NewUser(Body):
    username: Username
    email: Address
    password: Password
    permission_level: Level
    name: Name = ""
    surnames: Name = ""
    default_center_id: Id | None = None


class UserChange(Body):
    """All may be left out. Null empties what may be empty."""

    username: Annotated[Username | None, Keep] = None
    email: Annotated[Address | None, Keep] = None
    password: Annotated[Password | None, Keep] = None
    permission_level: Annotated[Level | None, Keep] = None
    is_active: Annotated[bool | None, Keep] = None
    name: Annotated[Name | None, Keep] = None
    surnames: Annotated[Name | None, Keep] = None
    default_center_id: Id | None = None


class NewModification(Body):
    ticket_id: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Value = ""
    field_name: FieldName
    old_value: Value | None = None
    new_value: Value | None = None

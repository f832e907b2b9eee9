"""What may be sent, as seed 004's document lists it: its fields, their types, which of them may be left out."""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.contracts.contract import Core, Wire, Words
from api.contracts.healthcare.words import CRIT, CUSTOM, LEVEL, PATHWAY, STATUS, TYPE
from api.native import shapes
from api.native.shapes import Address, Name, Password, Text, Username
from core.text import SUBJECT_LENGTH, clean_line, clean_text
from core.vocabulary import Status

MOST_PEOPLE = 50
LONGEST_URL = 2000
LONGEST_VALUE = 10_000
DEEPEST = 100_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _one_of(words: Words[Wire, Core]) -> Callable[[Wire], Wire]:
    """Checks the type first, as pydantic does: to Python, true is 1."""

    def check(said: Wire) -> Wire:
        words.word(said)
        return said

    return check


def _web(address: str) -> str:
    # It is shown as a link, and a link may be a program.
    if address and not address.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return address


def _not_deleted(number: int) -> int:
    if STATUS.word(number) is Status.DELETED:
        raise ValueError("cannot be 8: a ticket is opened first, and deleted then")
    return number


def _custom(number: str) -> str:
    if not CUSTOM.fullmatch(number):
        raise ValueError("must be 1 to 64 letters, digits, and . _ -, beginning with a letter or digit")
    return number


def _day(value: object) -> object:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a date such as 2025-01-15")
    return value


def _a_field(name: str) -> str:
    # Under this name the desk writes down that a ticket was opened.
    if name == "ticket":
        raise ValueError("must be a field of the ticket, such as title")
    return name


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _not_null(value: object) -> object:
    if value is None:
        raise ValueError("cannot be null: leave it out to keep it as it is")
    return value


Keep = BeforeValidator(_not_null)
Title = Annotated[
    str, Field(min_length=1, max_length=SUBJECT_LENGTH), AfterValidator(clean_line), AfterValidator(_filled)
]
StatusId = Annotated[int, AfterValidator(_one_of(STATUS))]
FirstStatusId = Annotated[StatusId, AfterValidator(_not_deleted)]
CritId = Annotated[int, AfterValidator(_one_of(CRIT))]
Type = Annotated[str, AfterValidator(_one_of(TYPE))]
# Tools and centres may be added: which there are is asked of the lists.
Id = Annotated[int, Field(ge=1, lt=2**31)]
People = Annotated[list[Name], Field(max_length=MOST_PEOPLE)]
Pathway = Annotated[str, AfterValidator(_one_of(PATHWAY))]
Url = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(clean_line), AfterValidator(_web)]
Level = Annotated[int, AfterValidator(_one_of(LEVEL))]
Value = Annotated[str, Field(max_length=LONGEST_VALUE), AfterValidator(clean_text)]
FieldName = Annotated[
    str,
    Field(min_length=1, max_length=64),
    AfterValidator(clean_line),
    AfterValidator(_filled),
    AfterValidator(_a_field),
]
Day = Annotated[date, BeforeValidator(_day)]


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
    ticket_num: Annotated[str, AfterValidator(_custom)] | None = None
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

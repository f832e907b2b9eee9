"""What may be sent, as seed 004's document lists it: its fields, their types, which of them may be left out."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.contracts.healthcare.words import CRIT, CUSTOM, LEVEL, PATHWAY, STATUS, TYPE
from api.fields import DAY, Address, Must, Name, NewUsername, NotNull, Password, Text, Title, Whole, line
from api.native import shapes
from core.text import SEEN, TAKEN_OUT, UNSEEN, clean_text
from core.vocabulary import Status

MOST_PEOPLE = 50
LONGEST_URL = 2000
LONGEST_VALUE = 10_000
DEEPEST = 100_000


def not_deleted(number: int) -> int:
    if STATUS.word(number) is Status.DELETED:
        raise ValueError("cannot be 8: a ticket is opened first, and deleted then")
    return number


def day(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(DAY, value):
        raise ValueError("must be a date such as 2025-01-15")
    return value


StatusId = Annotated[int, AfterValidator(STATUS.known), Whole]
FirstStatusId = Annotated[StatusId, AfterValidator(not_deleted)]
CritId = Annotated[int, AfterValidator(CRIT.known), Whole]
Type = Annotated[str, AfterValidator(TYPE.known)]
# Tools and centres may be added: which there are is asked of the lists.
Id = Annotated[int, Field(ge=1, lt=2**31), Whole]
People = Annotated[list[Name], Field(max_length=MOST_PEOPLE)]
Pathway = Annotated[str, AfterValidator(PATHWAY.known)]
# It is shown as a link, and a link may be a program.
_WEB = Must(rf"[{UNSEEN}]*(?:https?://[\s\S]*)?", "must begin with http:// or https://", whole=True)
Url = Annotated[str, Field(max_length=LONGEST_URL), _WEB, line(LONGEST_URL)]
_OWN = Must(CUSTOM, "must be 1 to 64 letters, digits, and . _ -, beginning with a letter or digit", whole=True)
Level = Annotated[int, AfterValidator(LEVEL.known), Whole]
Value = Annotated[str, Field(max_length=LONGEST_VALUE), AfterValidator(clean_text)]
# Under the name `ticket`, however it is spaced, the desk writes down that one was opened.
_TICKET = f"[{UNSEEN}]*{f'[{TAKEN_OUT}]*'.join('ticket')}[{UNSEEN}]*"
_FIELD = Must(rf"^(?!{_TICKET}$)[\s\S]*{SEEN}", "must be a field of the ticket, such as title")
FieldName = Annotated[str, Field(max_length=64), _FIELD, line(64)]
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
    ticket_num: Annotated[str, _OWN] | None = None
    center_id: Id | None = None
    notifier: Name | None = None
    url: Url | None = None


class TicketChange(Body):
    """All may be left out. Null empties what may be empty."""

    type: Annotated[Type | None, NotNull] = None
    title: Annotated[Title | None, NotNull] = None
    description: Annotated[Text | None, NotNull] = None
    status_id: Annotated[StatusId | None, NotNull] = None
    crit_id: Annotated[CritId | None, NotNull] = None
    tool_id: Annotated[Id | None, NotNull] = None
    people: Annotated[People | None, NotNull] = None
    pathway: Annotated[Pathway | None, NotNull] = None
    center_id: Id | None = None
    notifier: Name | None = None
    url: Url | None = None


class TicketQuery(Query):
    skip: Annotated[int, Field(ge=0, le=DEEPEST), Whole] = 0
    limit: Annotated[int, Field(ge=1, le=100), Whole] = 10
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
    username: NewUsername
    email: Address
    password: Password
    permission_level: Level
    name: Name = ""
    surnames: Name = ""
    default_center_id: Id | None = None


class UserChange(Body):
    """All may be left out. Null empties what may be empty."""

    username: Annotated[NewUsername | None, NotNull] = None
    email: Annotated[Address | None, NotNull] = None
    password: Annotated[Password | None, NotNull] = None
    permission_level: Annotated[Level | None, NotNull] = None
    is_active: Annotated[bool | None, NotNull] = None
    name: Annotated[Name | None, NotNull] = None
    surnames: Annotated[Name | None, NotNull] = None
    default_center_id: Id | None = None


class NewModification(Body):
    ticket_id: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Value = ""
    field_name: FieldName
    old_value: Value | None = None
    new_value: Value | None = None

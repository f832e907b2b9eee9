"""What may be sent to the native API. Every field and every bound; what is not named here is refused."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api import fields
from api.fields import (
    FILLED,
    HOST,
    MAIL_ADDRESS,
    Address,
    FilledName,
    Flag,
    Id,
    Moment,
    Must,
    Name,
    NewUsername,
    NotNull,
    Number,
    Password,
    Short,
    Subject,
    Tag,
    Text,
    TriedPassword,
    Username,
    Whole,
    Written,
    line,
)
from core.errors import Invalid
from core.mail import marks
from core.queue import DEEPEST, SORTS
from core.text import WHITE
from core.vocabulary import Category, Channel, EventType, HeldDecision, Priority, Role, Scope, Status, TicketType

MOST_TAGS = 20
MOST_ATTACHMENTS = 20


class Body(BaseModel):
    """JSON: types as they are written, nothing more than was asked for. Built when first needed: an idle desk is small."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Query(BaseModel):
    """A query string: everything is text there, so `page=2` is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _sortable(name: str) -> str:
    if name.removeprefix("-") not in SORTS:
        raise ValueError(f"must be one of {', '.join(SORTS)}, with a - in front for descending")
    return name


def _blockable(text: str) -> str:
    try:
        return marks.subject_of(text)
    except Invalid as refused:
        raise ValueError(refused.problems[0].message) from None


def _settable(status: Status) -> Status:
    if status is Status.DELETED:
        raise ValueError("cannot become deleted: use DELETE to delete a ticket")
    return status


def _settled(value: bool) -> bool:
    # Not Literal[False], which pydantic takes 0 for.
    if value:
        raise ValueError("can be set to false only: the desk alone says that somebody should look")
    return value


_16 = "[0-9A-Fa-f]{1,4}"
# RFC 4291, 2.2: one run of zeros at most is left out.
_IPV6 = "|".join(
    (
        f"(?:{_16}:){{7}}{_16}|(?:{_16}:){{1,7}}:|:(?::{_16}){{1,7}}|::",
        *(f"(?:{_16}:){{1,{7 - behind}}}(?::{_16}){{1,{behind}}}" for behind in range(1, 7)),
    )
)
_PORT = "[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
_WEB = Must(
    rf"https?://(?:{HOST}|\[(?:{_IPV6})\])(?::(?:{_PORT}))?(?:/[!-~]*)?",
    "must be an address such as https://example.com/hook",
    whole=True,
)
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
Language = Annotated[str, Field(max_length=16, pattern="^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")]


class Metadata(Body):
    source: Literal["web_form", "email", "api", "chat", "phone"] | None = None
    browser: Short | None = None
    device_type: Literal["desktop", "mobile", "tablet"] | None = None


class NewTicket(Body):
    subject: Subject
    description: Text
    category: Category | None = None
    priority: Priority | None = None
    type: TicketType = TicketType.INCIDENCE
    tags: Tags = []
    metadata: Metadata | None = None
    client_id: Id | None = None
    customer_email: Address | None = None
    customer_name: Name | None = None


class TicketChange(Body):
    subject: Annotated[Subject | None, NotNull] = None
    description: Annotated[Text | None, NotNull] = None
    type: Annotated[TicketType | None, NotNull] = None
    status: Annotated[Annotated[Status, AfterValidator(_settable)] | None, NotNull] = None
    priority: Annotated[Priority | None, NotNull] = None
    category: Annotated[Category | None, NotNull] = None
    tags: Annotated[Tags | None, NotNull] = None
    # Null is a word here: nobody's.
    assigned_to: Username | None = None
    metadata: Annotated[Metadata | None, NotNull] = None
    # Whose it is from now on: one of the two; the name is for somebody whom the desk does not know.
    client_id: Annotated[Id | None, NotNull] = None
    customer_email: Annotated[Address | None, NotNull] = None
    customer_name: Annotated[Name | None, NotNull] = None
    # An agent says that the category is right, and that the ticket is no duplicate; the desk alone says the opposite.
    needs_review: Annotated[Annotated[bool, AfterValidator(_settled)] | None, NotNull] = None
    possible_duplicate_of: None = None


class Assignment(Body):
    agent: Username | None


class NewComment(Body):
    body: Text
    internal: bool = False
    # Files that the same account has uploaded to the ticket before; they go where the comment goes.
    attachment_ids: Annotated[list[Id], Field(max_length=MOST_ATTACHMENTS)] = Field(default_factory=list)


class CommentChange(Body):
    body: Text


class Credentials(Body):
    username: Annotated[str, Field(min_length=1, max_length=254)]
    password: TriedPassword
    # OAuth clients send them; there is one grant, and no scopes.
    grant_type: Literal["password", ""] | None = None
    scope: Annotated[str, Field(max_length=200)] | None = None


class NewAccount(Body):
    username: NewUsername
    password: Password
    role: Role
    name: Name = ""
    email: Address | None = None


class AccountChange(Body):
    role: Annotated[Role | None, NotNull] = None
    name: Annotated[Name | None, NotNull] = None
    email: Annotated[Address | None, NotNull] = None
    active: Annotated[bool | None, NotNull] = None
    password: Annotated[Password | None, NotNull] = None


# Which hosts it may lead to is asked when it is used: names change.
Url = Annotated[str, Field(max_length=2_000), _WEB]
Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EventType))]


class NewWebhook(Body):
    url: Url
    events: Events


class WebhookChange(Body):
    url: Annotated[Url | None, NotNull] = None
    events: Annotated[Events | None, NotNull] = None
    active: Annotated[bool | None, NotNull] = None


class WebhookLogQuery(Query):
    before: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100), Whole] = 50


class NewBlock(Body):
    """`subject` is a mail address or a domain; without `until` the block holds until it is lifted."""

    subject: Annotated[str, Field(max_length=252), AfterValidator(_blockable)]
    reason: Short = ""
    until: Moment | None = None


class HeldWish(Body):
    decision: HeldDecision


class NewPassword(Body):
    current_password: TriedPassword
    new_password: Password


class NewApiKey(Body):
    name: FilledName
    scope: Scope = Scope.READ


class NewAgent(Body):
    """Seed 001's agent."""

    username: NewUsername
    password: Password
    name: Name = ""
    email: Address | None = None


class AgentChange(Body):
    name: Annotated[Name | None, NotNull] = None
    email: Annotated[Address | None, NotNull] = None
    active: Annotated[bool | None, NotNull] = None
    password: Annotated[Password | None, NotNull] = None


class NewClient(Body):
    name: FilledName
    email: Address | None = None
    language: Language = ""


class ClientChange(Body):
    name: Annotated[Name | None, NotNull] = None
    email: Annotated[Address | None, NotNull] = None
    language: Annotated[Language | None, NotNull] = None


class NewEntry(Body):
    """An entry of a reference list."""

    value: Tag
    label: Annotated[str, Field(max_length=200), FILLED, line(200)]
    active: bool = True


class TicketQuery(Query):
    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    channel: Channel | None = None
    tag: Tag | None = None
    needs_review: Flag | None = None
    assigned_to: Username | None = None
    client: Written | None = None
    q: Short | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None
    sort: Annotated[str, AfterValidator(_sortable)] = "-created_at"
    page: Annotated[int, Field(ge=1, le=DEEPEST), Whole] = 1
    limit: Annotated[int, Field(ge=1, le=100), Whole] = 20
    cursor: Number | None = None


MEANINGS: Mapping[Callable[..., object], dict[str, object]] = {
    **fields.MEANINGS,
    _blockable: {"pattern": f"^[{WHITE}]*(?:{MAIL_ADDRESS}|@*{HOST})[{WHITE}]*$"},
    _settable: {"type": "string", "enum": [status for status in Status if status is not Status.DELETED]},
    _settled: {"type": "boolean", "enum": [False]},
    _sortable: {"type": "string", "enum": [sign + name for name in SORTS for sign in ("", "-")]},
}

"""What may be sent to the native API. Every field and every bound; what is not named here is refused."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core import addresses
from core.accounts import passwords
from core.queue import DEEPEST, SORTS
from core.text import NAME_LENGTH, clean_line, clean_text
from core.vocabulary import Category, Channel, EventType, HeldDecision, Priority, Role, Scope, Status, TicketType

LONGEST_TEXT = 100_000
MOST_TAGS = 20
MOST_ATTACHMENTS = 20


class Body(BaseModel):
    """JSON: types as they are written, nothing more than was asked for. Built when first needed: an idle desk is small."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Query(BaseModel):
    """A query string: everything is text there, so `page=2` is a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _not_null(value: object) -> object:
    """In a change, a field that is left out stays; null would have to mean something else."""
    if value is None:
        raise ValueError("cannot be null: leave it out to keep it as it is")
    return value


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _filled_line(text: str) -> str:
    return _filled(clean_line(text))


def _filled_text(text: str) -> str:
    return _filled(clean_text(text))


def _address(text: str) -> str:
    found = addresses.normal(text)
    if found is None:
        raise ValueError("must be a mail address, such as ann@example.com")
    return found


def _web_address(text: str) -> str:
    # Which addresses it may lead to is asked when it is used: names change.
    if not _WEB.fullmatch(text):
        raise ValueError("must be an address such as https://example.com/hook")
    return text


_WEB = re.compile(r"https?://[A-Za-z0-9.\[\]:_-]{1,260}(/[!-~]*)?")


def _good_password(text: str) -> str:
    if found := passwords.problems(text):
        raise ValueError(found[0].message)
    return text


def _hashable(text: str) -> str:
    """Bounded in bytes, because that is what is hashed; whether it is any good is not asked of a sign-in."""
    if len(text.encode("utf-8", "replace")) > passwords.MOST:
        raise ValueError(f"must have at most {passwords.MOST} bytes")
    return text


def _with_zone(moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        # The first and the last day that there are, in a zone where it is another day in UTC.
        raise ValueError("must be a time of the years 1 to 9999") from None


def _dated(value: object) -> object:
    """Pydantic would take `0.5` for a moment of 1970."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("must be a time such as 2026-03-02T12:00:00Z")
    return value


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _sortable(name: str) -> str:
    if name.removeprefix("-") not in SORTS:
        raise ValueError(f"must be one of {', '.join(SORTS)}, with a - in front for descending")
    return name


Line = Annotated[str, AfterValidator(clean_line)]
Subject = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_filled_line)]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_filled_text)]
Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_filled_line)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
Name = Annotated[str, Field(max_length=NAME_LENGTH), AfterValidator(clean_line)]
Address = Annotated[str, Field(max_length=254), AfterValidator(_address)]
Username = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line)]
Password = Annotated[str, Field(max_length=passwords.MOST), AfterValidator(_good_password)]
Language = Annotated[str, Field(max_length=16, pattern="^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")]
Moment = Annotated[datetime, BeforeValidator(_dated), AfterValidator(_with_zone)]
Short = Annotated[str, Field(max_length=200), AfterValidator(clean_line)]


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
    client_id: UUID | None = None
    customer_email: Address | None = None
    customer_name: Name | None = None


class TicketChange(Body):
    subject: Annotated[Subject | None, BeforeValidator(_not_null)] = None
    description: Annotated[Text | None, BeforeValidator(_not_null)] = None
    type: Annotated[TicketType | None, BeforeValidator(_not_null)] = None
    status: Annotated[Status | None, BeforeValidator(_not_null)] = None
    priority: Annotated[Priority | None, BeforeValidator(_not_null)] = None
    category: Annotated[Category | None, BeforeValidator(_not_null)] = None
    tags: Annotated[Tags | None, BeforeValidator(_not_null)] = None
    # Null is a word here: nobody's.
    assigned_to: Username | None = None
    metadata: Annotated[Metadata | None, BeforeValidator(_not_null)] = None
    # Whose it is from now on: one of the two; the name is for somebody whom the desk does not know.
    client_id: Annotated[UUID | None, BeforeValidator(_not_null)] = None
    customer_email: Annotated[Address | None, BeforeValidator(_not_null)] = None
    customer_name: Annotated[Name | None, BeforeValidator(_not_null)] = None
    # An agent says that the category is right, and that the ticket is no duplicate; the desk alone says the opposite.
    needs_review: Annotated[Literal[False] | None, BeforeValidator(_not_null)] = None
    possible_duplicate_of: None = None


class Assignment(Body):
    agent: Username | None


class NewComment(Body):
    body: Text
    internal: bool = False
    # Files that the same account has uploaded to the ticket before; they go where the comment goes.
    attachment_ids: Annotated[list[UUID], Field(max_length=MOST_ATTACHMENTS)] = Field(default_factory=list)


class CommentChange(Body):
    body: Text


class Credentials(Body):
    username: Annotated[str, Field(min_length=1, max_length=254)]
    password: Annotated[str, Field(min_length=1), AfterValidator(_hashable)]
    # OAuth clients send them; there is one grant, and no scopes.
    grant_type: Literal["password", ""] | None = None
    scope: Annotated[str, Field(max_length=200)] | None = None


class NewAccount(Body):
    username: Username
    password: Password
    role: Role
    name: Name = ""
    email: Address | None = None


class AccountChange(Body):
    role: Annotated[Role | None, BeforeValidator(_not_null)] = None
    name: Annotated[Name | None, BeforeValidator(_not_null)] = None
    email: Annotated[Address | None, BeforeValidator(_not_null)] = None
    active: Annotated[bool | None, BeforeValidator(_not_null)] = None
    password: Annotated[Password | None, BeforeValidator(_not_null)] = None


Url = Annotated[str, Field(min_length=10, max_length=2_000), AfterValidator(_web_address)]
Events = Annotated[list[EventType], Field(min_length=1, max_length=len(EventType))]


class NewWebhook(Body):
    url: Url
    events: Events


class WebhookChange(Body):
    url: Annotated[Url | None, BeforeValidator(_not_null)] = None
    events: Annotated[Events | None, BeforeValidator(_not_null)] = None
    active: Annotated[bool | None, BeforeValidator(_not_null)] = None


class WebhookLogQuery(Query):
    before: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class NewBlock(Body):
    """`subject` is a mail address or a domain; without `until` the block holds until it is lifted."""

    subject: Annotated[str, Field(min_length=1, max_length=254)]
    reason: Short = ""
    until: Annotated[datetime, AfterValidator(_with_zone)] | None = None


class HeldWish(Body):
    decision: HeldDecision


class NewPassword(Body):
    current_password: Annotated[str, Field(min_length=1), AfterValidator(_hashable)]
    new_password: Password


class NewApiKey(Body):
    name: Annotated[Name, AfterValidator(_filled)]
    scope: Scope = Scope.READ


class NewAgent(Body):
    """Seed 001's agent."""

    username: Username
    password: Password
    name: Name = ""
    email: Address | None = None


class AgentChange(Body):
    name: Annotated[Name | None, BeforeValidator(_not_null)] = None
    email: Annotated[Address | None, BeforeValidator(_not_null)] = None
    active: Annotated[bool | None, BeforeValidator(_not_null)] = None
    password: Annotated[Password | None, BeforeValidator(_not_null)] = None


class NewClient(Body):
    name: Annotated[Name, AfterValidator(_filled)]
    email: Address | None = None
    language: Language = ""


class ClientChange(Body):
    name: Annotated[Name | None, BeforeValidator(_not_null)] = None
    email: Annotated[Address | None, BeforeValidator(_not_null)] = None
    language: Annotated[Language | None, BeforeValidator(_not_null)] = None


class NewEntry(Body):
    """An entry of a reference list."""

    value: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_filled_line)]
    label: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_filled_line)]
    active: bool = True


class TicketQuery(Query):
    status: Status | None = None
    priority: Priority | None = None
    category: Category | None = None
    channel: Channel | None = None
    tag: Tag | None = None
    needs_review: bool | None = None
    assigned_to: Username | None = None
    client: Annotated[str, Field(max_length=254), AfterValidator(clean_line)] | None = None
    q: Short | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None
    sort: Annotated[str, AfterValidator(_sortable)] = "-created_at"
    page: Annotated[int, Field(ge=1, le=DEEPEST)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[int, Field(ge=1, lt=2**63)] | None = None


# What the documentation says of our own checks, in JSON Schema; pydantic cannot know. Nothing: null is not taken.
UNSEEN = r"\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
SEEN = f"[^{UNSEEN}]"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
# No `format`: programs that check it refuse what the desk takes, such as `.ann@printserver`.
MAIL_ADDRESS: dict[str, object] = {
    "maxLength": 254,
    "pattern": rf"^[A-Za-z0-9.#$&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(\.{_LABEL})*\.?$",
}
MEANINGS: Mapping[Callable[..., object], dict[str, object]] = {
    _filled: {"pattern": SEEN},
    _address: MAIL_ADDRESS,
    _web_address: {"format": "uri", "pattern": f"^(?:{_WEB.pattern})$"},
    _good_password: {"minLength": passwords.LEAST},
    _sortable: {"type": "string", "enum": [sign + name for name in SORTS for sign in ("", "-")]},
    _not_null: {},
}

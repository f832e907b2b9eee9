"""What may be sent, and the document's sentences for what is wrong with it."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from api.body import TWICE
from api.contracts.customer_support.words import CATEGORY, PRIORITY, SOURCE, STATUS
from core import addresses
from core.errors import Problem
from core.queue import DEEPEST
from core.text import NAME_LENGTH, clean_line, clean_text
from core.vocabulary import Category, Priority, Status

MOST_TAGS = 50
MOST_LISTED = 100
DEVICES = ("desktop", "mobile", "tablet")

REQUIRED = "is required"


def given(value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ValueError(REQUIRED)
    return value


def not_emptied(value: object) -> object:
    if value is None:
        raise ValueError(REQUIRED)
    return value


def not_null(value: object) -> object:
    if value is None:
        raise ValueError("cannot be null: leave it out to keep it as it is")
    return value


def address(text: str) -> str:
    found = addresses.normal(text)
    if found is None:
        raise ValueError("is no address")
    return found


def named(text: str) -> str:
    if not text:
        raise ValueError("must not be empty: null takes it away")
    return text


def subject(text: str) -> str:
    if not text or len(text) > 200:
        raise ValueError("has another length")
    return text


def description(text: str) -> str:
    if len(text) > 2000 or len(text.strip()) < 10:
        raise ValueError("has another length")
    return text


Short = Annotated[str, Field(max_length=200), AfterValidator(clean_line)]
CustomerId = Annotated[str, Field(max_length=200), BeforeValidator(given), AfterValidator(clean_line)]
CustomerEmail = Annotated[str, BeforeValidator(given), AfterValidator(address)]
CustomerName = Annotated[str, Field(max_length=NAME_LENGTH), BeforeValidator(given), AfterValidator(clean_line)]
Subject = Annotated[str, Field(max_length=200), AfterValidator(clean_line), AfterValidator(subject)]
Description = Annotated[str, Field(max_length=2000), AfterValidator(clean_text), AfterValidator(description)]
CategoryWord = Annotated[Category, BeforeValidator(CATEGORY.word)]
PriorityWord = Annotated[Priority, BeforeValidator(PRIORITY.word)]
StatusWord = Annotated[Status, BeforeValidator(STATUS.word)]
Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(clean_line), AfterValidator(subject)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
# What cleaning leaves nothing of is no name: a space, a control.
_SEEN: JsonDict = {"pattern": "[^\\s\\x00-\\x1f\\x7f-\\x9f]"}
Agent = Annotated[Short, AfterValidator(named), Field(json_schema_extra={"minLength": 1, **_SEEN})]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Metadata(Shape):
    source: Literal["web_form", "email", "api", "chat", "phone"]
    browser: Short | None = None
    device_type: Literal["desktop", "mobile", "tablet"] | None = None


class Echo(Shape):
    """What a client may send back as it got it. Nothing of it is taken: it is the desk's to say."""

    id: object = None
    created_at: object = None
    updated_at: object = None
    resolved_at: object = None
    classification_confidence: object = None
    classification_reasoning: object = None
    classification_keywords: object = None
    classified_at: object = None
    manual_override: object = None


class NewTicket(Echo):
    customer_id: CustomerId
    customer_email: CustomerEmail
    customer_name: CustomerName
    subject: Subject
    description: Description
    category: CategoryWord
    priority: PriorityWord
    status: StatusWord
    tags: Tags = []
    metadata: Metadata | None = None
    assigned_to: Agent | None = None


class TicketChange(Echo):
    """Only what is sent becomes different; the defaults are never read."""

    customer_id: Annotated[CustomerId | None, BeforeValidator(not_emptied)] = None
    customer_email: Annotated[CustomerEmail | None, BeforeValidator(not_emptied)] = None
    customer_name: Annotated[CustomerName | None, BeforeValidator(not_emptied)] = None
    subject: Annotated[Subject | None, BeforeValidator(not_null)] = None
    description: Annotated[Description | None, BeforeValidator(not_null)] = None
    category: Annotated[CategoryWord | None, BeforeValidator(not_null)] = None
    priority: Annotated[PriorityWord | None, BeforeValidator(not_null)] = None
    status: Annotated[StatusWord | None, BeforeValidator(not_null)] = None
    tags: Annotated[Tags | None, BeforeValidator(not_null)] = None
    metadata: Annotated[Metadata | None, BeforeValidator(not_null)] = None
    assigned_to: Agent | None = None


class ImportQuery(BaseModel):
    """Which formats there are is the importer's to say (ingest.file_import)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Annotated[str, Field(json_schema_extra={"enum": ["csv", "json", "xml"]})] | None = None


def _or_empty(schema: JsonDict) -> None:
    """What is sent without a value counts as left out: a form sends its empty fields too."""
    value = {name: schema.pop(name) for name in list(schema) if name not in ("title", "default")}
    options = value.pop("anyOf", None)
    schema["anyOf"] = [*(options if isinstance(options, list) else [value]), {"const": ""}]


_OrEmpty = Field(json_schema_extra=_or_empty)


class TicketQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Annotated[Annotated[str, AfterValidator(STATUS.known)] | None, _OrEmpty] = None
    priority: Annotated[PriorityWord | None, _OrEmpty] = None
    category: Annotated[CategoryWord | None, _OrEmpty] = None
    assigned_to: Short | None = None
    customer_email: Short | None = None
    page: Annotated[int, Field(ge=1), _OrEmpty] = 1
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), _OrEmpty] = 20


def _one_of(field: str, words: Iterable[str]) -> str:
    return f"{field} must be one of: {', '.join(words)}"


_EMAIL = "customer_email must be a valid email address"
# By field, whatever is wrong with it; what is not here is told in the desk's own words.
_SENTENCES = {
    "customer_email": _EMAIL,
    "subject": "subject must be between 1 and 200 characters",
    "description": "description must be between 10 and 2000 characters",
    "category": _one_of("category", CATEGORY.inward),
    "priority": _one_of("priority", PRIORITY.inward),
    "status": _one_of("status", STATUS.inward),
    "tags": f"tags must be an array of at most {MOST_TAGS} strings of 1 to 64 characters",
    "metadata.source": _one_of("metadata.source", SOURCE.inward),
    "metadata.device_type": _one_of("metadata.device_type", DEVICES),
    "page": f"page must be an integer from 1 on, and reach {DEEPEST} tickets deep at most",
    "limit": f"limit must be an integer from 1 to {MOST_LISTED}",
}


def sentences(problems: Iterable[Problem]) -> list[str]:
    """Each once, in the order of the fields."""
    return list(dict.fromkeys(said for problem in problems for said in _said(problem)))


def _said(problem: Problem) -> Iterator[str]:
    if problem.message == TWICE:
        yield f"{problem.field} {TWICE}"
        return
    # The document says both of an address that is missing, and of a text that is missing that it is too short.
    if problem.field == "customer_email" and problem.message == REQUIRED:
        yield "customer_email is required"
    yield _SENTENCES.get(problem.field) or _SENTENCES.get(_list(problem.field)) or f"{problem.field} {problem.message}"


def _list(field: str) -> str:
    """The list that an item is of: `tags` for `tags.3`."""
    name, _, index = field.rpartition(".")
    return name if index.isdecimal() else field

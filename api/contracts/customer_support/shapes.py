"""What may be sent, and the document's sentences for what is wrong with it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api import fields
from api.body import TWICE
from api.contracts.customer_support.words import CATEGORY, PRIORITY, SOURCE, STATUS
from api.fields import Must, NotNull, Short, Subject, Tag, Whole, line
from core.errors import Problem
from core.queue import DEEPEST
from core.text import NAME_LENGTH, SEEN, TAKEN_OUT, clean_text
from core.vocabulary import Category, Priority, Status

MOST_TAGS = 50
MOST_LISTED = 100
DEVICES = ("desktop", "mobile", "tablet")

REQUIRED = "is required"


def given(value: object) -> object:
    if value is None:
        raise ValueError(REQUIRED)
    return value


def address(text: str) -> str:
    return fields.address(_NAMED(text))


Given = BeforeValidator(given)
_NAMED = Must(SEEN, REQUIRED)
# Ten characters at least from the first that is seen to the last, without those that the desk takes out of any text.
_TEN = Must(rf"{SEEN}(?:[{TAKEN_OUT}]*[^{TAKEN_OUT}]){{8}}[\s\S]*{SEEN}", "must have at least 10 characters to be seen")
_AGENT = Must(SEEN, "must not be empty: null takes it away")

CustomerId = Annotated[str, Field(max_length=200), _NAMED, line(200), Given]
CustomerEmail = Annotated[str, AfterValidator(address), Given]
CustomerName = Annotated[str, Field(max_length=NAME_LENGTH), _NAMED, line(NAME_LENGTH), Given]
Description = Annotated[str, Field(min_length=10, max_length=2000), _TEN, AfterValidator(clean_text)]
CategoryWord = Annotated[Category, BeforeValidator(CATEGORY.word)]
PriorityWord = Annotated[Priority, BeforeValidator(PRIORITY.word)]
StatusWord = Annotated[Status, BeforeValidator(STATUS.word)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
Agent = Annotated[str, Field(max_length=200), _AGENT, line(200)]


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

    customer_id: Annotated[CustomerId | None, Given] = None
    customer_email: Annotated[CustomerEmail | None, Given] = None
    customer_name: Annotated[CustomerName | None, Given] = None
    subject: Annotated[Subject | None, NotNull] = None
    description: Annotated[Description | None, NotNull] = None
    category: Annotated[CategoryWord | None, NotNull] = None
    priority: Annotated[PriorityWord | None, NotNull] = None
    status: Annotated[StatusWord | None, NotNull] = None
    tags: Annotated[Tags | None, NotNull] = None
    metadata: Annotated[Metadata | None, NotNull] = None
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

    @model_validator(mode="before")
    @classmethod
    def without_empty(cls, sent: Mapping[str, str]) -> Mapping[str, str]:
        return {name: value for name, value in sent.items() if value}

    status: Annotated[Annotated[str, AfterValidator(STATUS.known)] | None, _OrEmpty] = None
    priority: Annotated[PriorityWord | None, _OrEmpty] = None
    category: Annotated[CategoryWord | None, _OrEmpty] = None
    assigned_to: Short | None = None
    customer_email: Short | None = None
    page: Annotated[int, Field(ge=1), Whole, _OrEmpty] = 1
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED), Whole, _OrEmpty] = 20


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

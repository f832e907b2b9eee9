"""A record → a row for the desk, or everything that is wrong with it. Pure.

The sentences are those of the customer's document where it has them: `Invalid email format: …`, `subject is required`,
`description must be between 10 and 2000 characters`, `priority must be one of: urgent, high, medium, low`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import orjson

from core import addresses
from core.rows import BadRow, Row, TicketRow
from core.text import NAME_LENGTH, SUBJECT_LENGTH, TEXT_LENGTH, clean_line, clean_text
from core.vocabulary import Category, Priority, Status, TicketType
from ingest.import_records import Broken, Record

_Word = TypeVar("_Word", bound=StrEnum)

TAG_LENGTH = 64
MOST_TAGS = 100
# With the name of its source it fits into the column of the database.
ID_LENGTH = 160
SHORT_LENGTH = 200
# As long as a wrong value is shown.
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Rules:
    """What a row must have, and how long its texts may be. `statuses` are the words for them that may be used."""

    statuses: Mapping[str, Status]
    required: tuple[str, ...] = ("subject",)
    subject_most: int = SUBJECT_LENGTH
    description_least: int = 0
    description_most: int = TEXT_LENGTH


# What this desk itself can keep, and so what it exports.
NATIVE = Rules({status.value: status for status in Status if status is not Status.DELETED})

SOURCES = ("web_form", "email", "api", "chat", "phone")
DEVICES = ("desktop", "mobile", "tablet")
_CATEGORIES = {category.value: category for category in Category}
_PRIORITIES = {priority.value: priority for priority in Priority}
_TYPES = {kind.value: kind for kind in TicketType}


def row(number: int, record: Record, rules: Rules) -> Row:
    if isinstance(record, Broken):
        return BadRow(number, (record.error,))
    fields = _Fields(record)
    email, name, customer_id = fields.email(), fields.line("customer_name", NAME_LENGTH), fields.name("customer_id")
    subject, description = fields.subject(rules), fields.description(rules)
    fields.require(rules.required)
    if not (email or name or customer_id):
        fields.require(("customer_email",))
    category, priority = fields.word("category", _CATEGORIES), fields.word("priority", _PRIORITIES)
    status, kind = fields.word("status", rules.statuses), fields.word("type", _TYPES)
    tags, metadata = fields.tags(), fields.metadata()
    assigned_to, external_id = fields.name("assigned_to"), fields.name("external_id") or fields.name("id")
    created_at, updated_at, resolved_at = map(fields.time, ("created_at", "updated_at", "resolved_at"))
    fields.in_order(created_at, updated_at)
    if fields.errors:
        return BadRow(number, tuple(fields.errors))
    return TicketRow(
        row=number,
        subject=subject,
        description=description,
        customer_email=email,
        customer_name=name,
        customer_id=customer_id,
        category=category,
        priority=priority,
        status=status,
        type=kind or TicketType.INCIDENCE,
        tags=tags,
        assigned_to=assigned_to,
        created_at=created_at,
        updated_at=updated_at,
        resolved_at=resolved_at,
        external_id=external_id,
        metadata=metadata,
    )


@dataclass(slots=True)
class _Fields:
    """Reads a record field by field, and gathers what is wrong with it."""

    record: Mapping[str, object]
    errors: list[str] = field(default_factory=list)

    def email(self) -> str:
        typed = self._text("customer_email").strip()
        if not typed:
            return ""
        address = addresses.normal(typed)
        return self._wrong(f"Invalid email format: {clean_line(typed, most=_SHOWN)}") if address is None else address

    def subject(self, rules: Rules) -> str:
        text = clean_line(self._text("subject"), most=rules.subject_most + 1)
        if len(text) > rules.subject_most:
            self._wrong(f"subject must be between 1 and {rules.subject_most} characters")
        return text

    def description(self, rules: Rules) -> str:
        """All of it, as it stands; whether there must be one is asked elsewhere."""
        text = clean_text(self._text("description"), most=rules.description_most + 1)
        least, most = rules.description_least, rules.description_most
        if text.strip() and not least <= len(text) <= most:
            self._wrong(f"description must be between {least} and {most} characters")
        return text

    def line(self, name: str, most: int) -> str:
        text = clean_line(self._text(name), most=most + 1)
        return text if len(text) <= most else self._wrong(f"{name} must have at most {most} characters")

    def name(self, name: str) -> str:
        """What another system calls somebody or something; numbers are names too."""
        value = self.record.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)[:ID_LENGTH]
        return self.line(name, ID_LENGTH)

    def require(self, names: Sequence[str]) -> None:
        for name in names:
            if not _filled(self.record.get(name)):
                self._wrong(f"{name} is required")

    def word(self, name: str, words: Mapping[str, _Word]) -> _Word | None:
        typed = self._text(name).strip()
        found = words.get(typed) or words.get(typed.lower())
        if typed and found is None:
            self._wrong(f"{name} must be one of: {', '.join(words)}")
        return found

    def tags(self) -> tuple[str, ...]:
        value = self.record.get("tags")
        if isinstance(value, str):
            value = _separated(value)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
            self._wrong("tags must be an array of texts")
            return ()
        tags = tuple(dict.fromkeys(tag for tag in (clean_line(tag, most=TAG_LENGTH + 1) for tag in value) if tag))
        if len(tags) > MOST_TAGS or any(len(tag) > TAG_LENGTH for tag in tags):
            self._wrong(f"tags must be at most {MOST_TAGS}, each of at most {TAG_LENGTH} characters")
        return tags

    def metadata(self) -> Mapping[str, str]:
        """An object, or in a table the columns of the same names."""
        value = self.record.get("metadata")
        given: Mapping[str, object] = self.record
        if isinstance(value, dict):
            given = value
        elif _filled(value):
            self._wrong("metadata must be an object")
        inner = _Fields(given, self.errors)
        found = {
            "source": inner.one_of("source", SOURCES),
            "browser": inner.line("browser", SHORT_LENGTH),
            "device_type": inner.one_of("device_type", DEVICES),
        }
        return {name: text for name, text in found.items() if text}

    def one_of(self, name: str, words: Sequence[str]) -> str:
        typed = self._text(name).strip()
        if typed and typed not in words:
            self._wrong(f"{name} must be one of: {', '.join(words)}")
        return typed

    def time(self, name: str) -> datetime | None:
        typed = self._text(name).strip()
        if not typed:
            return None
        try:
            moment = datetime.fromisoformat(typed)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self._wrong(f"{name} must be a time such as 2025-02-08T10:30:00Z")
            return None

    def in_order(self, created_at: datetime | None, updated_at: datetime | None) -> None:
        if created_at and updated_at and updated_at < created_at:
            self._wrong("updated_at must not be before created_at")

    def _text(self, name: str) -> str:
        value = self.record.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            return self._wrong(f"{name} must be a text")
        if "\0" in value:
            return self._wrong(f"{name} has a NUL character in it: the file is damaged")
        return value

    def _wrong(self, sentence: str) -> str:
        if sentence not in self.errors:
            self.errors.append(sentence)
        return ""


def _separated(text: str) -> object:
    """Tags in one cell: by commas or semicolons, or a JSON array where one of them has such a thing in it."""
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    return text.replace(";", ",").split(",")


def _filled(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None

"""A record → a row for the desk, or everything that is wrong with it. Pure.

The sentences are those of the customer's document where it has them: `Invalid email format: …`, `subject is required`,
`description must be between 10 and 2000 characters`, `priority must be one of: urgent, high, medium, low`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from core import addresses
from core.origin import SOURCE
from core.rows import BadRow, Row, TicketRow
from core.text import NAME_LENGTH, SUBJECT_LENGTH, TEXT_LENGTH, clean_line, clean_text
from core.vocabulary import Category, Priority, Status, TicketType
from ingest.import_records import Broken, Record

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


def row(number: int, record: Record, rules: Rules) -> Row:
    if isinstance(record, Broken):
        return BadRow(number, (record.error,))
    fields = _Fields(rules)
    for name, value in record.items():
        # Most columns are empty in most rows, and what nobody knows is not read.
        if value is not None and value != "" and (read := _READERS.get(name)):
            read(fields, name, value)
    fields.judge(record)
    if fields.errors:
        return BadRow(number, tuple(fields.errors))
    return TicketRow(number, **fields.found)


@dataclass(slots=True)
class _Fields:
    """What has been read of a record, by the names that a row has for it, and what is wrong with it."""

    rules: Rules
    found: dict[str, Any] = field(default_factory=lambda: {"subject": "", "description": ""})
    errors: list[str] = field(default_factory=list)

    def email(self, name: str, value: object) -> None:
        typed = self._text(name, value).strip()
        address = addresses.normal(typed)
        if address is not None:
            self.found[name] = address
        elif typed:
            self._wrong(f"Invalid email format: {clean_line(typed, most=_SHOWN)}")

    def subject(self, name: str, value: object) -> None:
        most = self.rules.subject_most
        text = clean_line(self._text(name, value), most=most + 1)
        if len(text) > most:
            self._wrong(f"subject must be between 1 and {most} characters")
        else:
            self.found[name] = text

    def description(self, name: str, value: object) -> None:
        """All of it, as it stands; whether there must be one is asked at the end."""
        least, most = self.rules.description_least, self.rules.description_most
        text = clean_text(self._text(name, value), most=most + 1)
        if not least <= len(text) <= most and text.strip():
            self._wrong(f"description must be between {least} and {most} characters")
        else:
            self.found[name] = text

    def person(self, name: str, value: object) -> None:
        self.found[name] = self._line(name, value, NAME_LENGTH)

    def name(self, name: str, value: object) -> None:
        self.found[name] = self._name(name, value)

    def own_id(self, name: str, value: object) -> None:
        """Of two columns `external_id` is the one that says whose it is."""
        before, told = self.found.get("external_id"), self._name(name, value)
        if name == "id":
            self.found["id"] = told
        self.found["external_id"] = (before or told) if name == "id" else (told or before)

    def system(self, name: str, value: object) -> None:
        text = self._name(name, value)
        if re.fullmatch(SOURCE, text):
            self.found[name] = text
        else:
            self._wrong(f"{name} must be up to 32 of the letters a-z, digits, and . _ -")

    def word(self, name: str, value: object) -> None:
        words = _WORDS.get(name, self.rules.statuses)
        # Nearly always as it is in the table.
        if isinstance(value, str) and (found := words.get(value)):
            self.found[name] = found
            return
        typed = self._text(name, value).strip()
        if found := words.get(typed) or words.get(typed.lower()):
            self.found[name] = found
        elif typed:
            self._wrong(f"{name} must be one of: {', '.join(words)}")

    def tags(self, name: str, value: object) -> None:
        tags = _separated(value) if isinstance(value, str) else value
        if not isinstance(tags, list) or {str} != {*map(type, tags), str}:
            self._wrong("tags must be an array of texts")
            return
        clean = tuple(dict.fromkeys(filter(None, [clean_line(tag, most=TAG_LENGTH + 1) for tag in tags])))
        if len(clean) > MOST_TAGS or max(map(len, clean), default=0) > TAG_LENGTH:
            self._wrong(f"tags must be at most {MOST_TAGS}, each of at most {TAG_LENGTH} characters")
        self.found[name] = clean

    def metadata(self, name: str, value: object) -> None:
        if not isinstance(value, dict):
            self._wrong("metadata must be an object")
            return
        for inner, given in value.items():
            if inner in _METADATA and given is not None:
                self.detail(inner, given)

    def detail(self, name: str, value: object) -> None:
        """A part of `metadata`, which in a table is a column."""
        words = _METADATA[name]
        text = self._line(name, value, SHORT_LENGTH)
        if text and words and text not in words:
            self._wrong(f"{name} must be one of: {', '.join(words)}")
        elif text:
            self.found.setdefault("metadata", {})[name] = text

    def time(self, name: str, value: object) -> None:
        typed = self._text(name, value).strip()
        if not typed:
            return
        try:
            moment = datetime.fromisoformat(typed)
            self.found[name] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self._wrong(f"{name} must be a time such as 2025-02-08T10:30:00Z")

    def judge(self, record: Mapping[str, object]) -> None:
        """What is wrong with the row as a whole."""
        found = self.found
        # Nearly always so; otherwise what was given, and is wrong, is not missing.
        if not (any(map(found.get, _WHO)) and all(map(found.get, self.rules.required))):
            given = {name for name, value in record.items() if _filled(value)}
            required = [*self.rules.required, *(() if given & _WHO else ("customer_email",))]
            self.errors += [f"{name} is required" for name in dict.fromkeys(required) if name not in given]
        created_at, updated_at = self.found.get("created_at"), self.found.get("updated_at")
        if created_at and updated_at and updated_at < created_at:
            self.errors.append("updated_at must not be before created_at")

    def _name(self, name: str, value: object) -> str:
        """What another system calls somebody or something; numbers are names too."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return str(value)[:ID_LENGTH] if is_number else self._line(name, value, ID_LENGTH)

    def _line(self, name: str, value: object, most: int) -> str:
        text = clean_line(self._text(name, value), most=most + 1)
        return text if len(text) <= most else self._wrong(f"{name} must have at most {most} characters")

    def _text(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            return self._wrong(f"{name} must be a text")
        if "\0" in value:
            return self._wrong(f"{name} has a NUL character in it: the file is damaged")
        return value

    def _wrong(self, sentence: str) -> str:
        self.errors.append(sentence)
        return ""


def _filled(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _separated(text: str) -> object:
    """Tags in one cell: by commas or semicolons, or a JSON array where one of them has such a thing in it."""
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    return text.replace(";", ",").split(",")


# Who it is from: one of them at least.
_WHO = frozenset({"customer_email", "customer_name", "customer_id"})
_METADATA: Mapping[str, tuple[str, ...]] = {
    "source": ("web_form", "email", "api", "chat", "phone"),
    # In whatever words.
    "browser": (),
    "device_type": ("desktop", "mobile", "tablet"),
}
_WORDS: Mapping[str, Mapping[str, object]] = {
    "category": {category.value: category for category in Category},
    "priority": {priority.value: priority for priority in Priority},
    "type": {kind.value: kind for kind in TicketType},
}
_READERS: Mapping[str, Callable[[_Fields, str, object], None]] = {
    "customer_email": _Fields.email,
    "customer_name": _Fields.person,
    "customer_id": _Fields.name,
    "subject": _Fields.subject,
    "description": _Fields.description,
    "category": _Fields.word,
    "priority": _Fields.word,
    "status": _Fields.word,
    "type": _Fields.word,
    "tags": _Fields.tags,
    "assigned_to": _Fields.name,
    "created_at": _Fields.time,
    "updated_at": _Fields.time,
    "resolved_at": _Fields.time,
    "id": _Fields.own_id,
    "external_id": _Fields.own_id,
    "external_source": _Fields.system,
    "metadata": _Fields.metadata,
    **dict.fromkeys(_METADATA, _Fields.detail),
}
# What is read of a row.
COLUMNS = frozenset(_READERS)

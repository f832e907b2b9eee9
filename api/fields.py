"""What may stand in a field, of whichever API: the types that they share.

A text is judged as it was sent, its length too, and cleaned after that: so the documentation can say exactly what is
taken, by the very pattern that is asked here. What becomes longer when it is cleaned (a few letters of Hindi or Hebrew
become three in NFC) is cut to what the desk keeps.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from core import addresses
from core.accounts import passwords, users
from core.text import NAME_LENGTH, SEEN, SUBJECT_LENGTH, WHITE, clean_line, clean_text

LONGEST_TEXT = 100_000
LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Must:
    """What has to be found in a text as it was sent, or with `whole` all of it; and what is said `otherwise`."""

    pattern: str
    otherwise: str
    whole: bool = False

    def __call__(self, text: str) -> str:
        if not (re.fullmatch if self.whole else re.search)(self.pattern, text):
            raise ValueError(self.otherwise)
        return text

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | self.said

    @property
    def said(self) -> JsonSchemaValue:
        """The same in JSON Schema."""
        return {"pattern": f"^(?:{self.pattern})$" if self.whole else self.pattern}


def line(most: int) -> AfterValidator:
    return AfterValidator(partial(clean_line, most=most))


FILLED = Must(SEEN, "must not be empty")

Subject = Annotated[str, Field(max_length=200), FILLED, line(SUBJECT_LENGTH)]
Title = Annotated[str, Field(max_length=SUBJECT_LENGTH), FILLED, line(SUBJECT_LENGTH)]
Text = Annotated[str, Field(max_length=LONGEST_TEXT), FILLED, AfterValidator(clean_text)]
Tag = Annotated[str, Field(max_length=64), FILLED, line(64)]
Username = Annotated[str, Field(max_length=64), FILLED, line(64)]
# Of an account that is made or renamed; upper case is taken, and kept as lower.
_NO_NAME = "|".join("".join(f"[{letter.upper()}{letter}]" for letter in name) for name in users.NO_NAMES)
_NAMING = Must(
    rf"[{WHITE}]*(?!(?:{_NO_NAME})[{WHITE}]*$)[A-Za-z0-9][A-Za-z0-9._@-]{{0,63}}[{WHITE}]*", users.NAMING, whole=True
)
NewUsername = Annotated[str, Field(max_length=64), _NAMING, line(64)]
Name = Annotated[str, Field(max_length=NAME_LENGTH), line(NAME_LENGTH)]
FilledName = Annotated[str, Field(max_length=NAME_LENGTH), FILLED, line(NAME_LENGTH)]
Short = Annotated[str, Field(max_length=200), line(200)]
# An address as it was written down: a mail address, a chat's number, a name.
Written = Annotated[str, Field(max_length=LONGEST_ADDRESS), line(LONGEST_ADDRESS)]


def not_null(value: object) -> object:
    """In a change, a field that is left out stays; null would have to mean something else."""
    if value is None:
        raise ValueError("cannot be null: leave it out to keep it as it is")
    return value


NotNull = BeforeValidator(not_null)


def address(text: str) -> str:
    found = addresses.normal(text)
    if found is None:
        raise ValueError("must be a mail address, such as ann@example.com")
    return found


Address = Annotated[str, Field(max_length=LONGEST_ADDRESS), AfterValidator(address)]

# Bounded alike where one is set and where one is tried: hashing costs.
Password = Annotated[str, Field(min_length=passwords.LEAST, max_length=passwords.MOST)]
TriedPassword = Annotated[str, Field(min_length=1, max_length=passwords.MOST)]


def whole(value: object) -> object:
    """JSON has one kind of number, and 1.0 is 1. Of a query string pydantic would take `1_0` and `+1` as well."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number")
    return value


_DIGITS = re.compile("-?(?:0|[1-9][0-9]*)")
Whole = BeforeValidator(whole)
# What the desk counts by: a ticket's number, a position.
Number = Annotated[int, Field(ge=1, lt=2**63), Whole]


def flag(value: object) -> object:
    """Of a query string, where pydantic would take `y` and `on` as well."""
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value


Flag = Annotated[bool, BeforeValidator(flag)]

DASHED = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def dashed(value: object) -> object:
    """As RFC 9562 writes it; pydantic would take it without its dashes, in braces and as a URN as well."""
    if isinstance(value, str) and not DASHED.fullmatch(value):
        raise ValueError("must be an id such as 019a1b2c-3d4e-7f60-8123-456789abcdef")
    return value


Id = Annotated[UUID, BeforeValidator(dashed)]

DAY = "(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}(?::[0-5][0-9](?:\\.[0-9]{1,9})?)?"
# RFC 3339, but the leap seconds, and a day alone; without a zone it is UTC.
_MOMENT = Must(
    f"{DAY}(?:[Tt]{_TIME}(?:[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?)?",
    "must be a time such as 2026-03-02T12:00:00Z",
    whole=True,
)


def dated(value: object) -> object:
    """Pydantic would take `0.5` for a moment of 1970."""
    return _MOMENT(value if isinstance(value, str) else "")


_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_utc(moment: datetime) -> datetime:
    """The first and the last day that there are, in a zone where it is another day in UTC, end where all days do."""
    if not moment.tzinfo:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _LAST if moment.year > 1 else _FIRST


# Not `strict`: what is strict about it stands above.
Moment = Annotated[datetime, Field(strict=False), BeforeValidator(dated), AfterValidator(in_utc)]

_LABEL = "[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
HOST = rf"{_LABEL}(\.{_LABEL})*\.?"
# No `format`: programs that check it refuse what the desk takes, such as `.ann@printserver`. Addresses with letters
# beyond ASCII (RFC 6531) are taken too; what a letter is, patterns cannot say alike everywhere.
MAIL_ADDRESS = rf"[A-Za-z0-9.#$&'*+/=?^_`{{|}}~-]{{1,64}}@{HOST}"

# What our checks that are no patterns mean in JSON Schema, which pydantic cannot know. Nothing: null is not taken.
MEANINGS: Mapping[Callable[..., object], dict[str, object]] = {
    not_null: {},
    address: {"maxLength": LONGEST_ADDRESS, "pattern": f"^[{WHITE}]*{MAIL_ADDRESS}[{WHITE}]*$"},
    dated: _MOMENT.said,
}

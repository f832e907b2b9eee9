"""What the documentation allows in a field is what the API takes, and nothing else is: asked of every field there is.

Nothing here names a field, but for those that take more than is said: whoever adds one need not think of this.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel, ValidationError

from api import body, openapi
from api.contracts.table import CONTRACTS
from api.fields import FILLED, HOST
from api.problems import Malformed
from core.text import clean_line, clean_text
from tests.api import documented
from tests.api.documented import Documented

JSON = openapi.JSON


@dataclass(frozen=True)
class Place:
    """A field of what may be sent, as it is documented and as it is read."""

    shape: type[BaseModel]
    name: str
    schema: dict[str, Any]
    components: Mapping[str, Any] = field(repr=False)
    in_query: bool = False

    def allows(self, value: object) -> bool:
        return any(map(self._validator.is_valid, _meant(value) if self.in_query else [value]))

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator({"components": self.components, **self.schema}, validate_formats=True)

    def takes(self, value: object) -> bool:
        try:
            if self.in_query:
                self.shape.model_validate_strings({self.name: value})
            else:
                self.shape.model_validate_json(json.dumps({self.name: value}))
        except ValidationError as error:
            return not any(one["loc"][:1] == (self.name,) for one in error.errors())
        return True

    def takes_more(self, value: object) -> object:
        """What is taken beyond what is said: it is a kindness, or patterns cannot say it."""
        schema = json.dumps(self.schema)
        return (
            # Letters beyond ASCII, of which `\w` is not the same everywhere.
            (json.dumps(HOST)[1:-1] in schema and not str(value).isascii())
            # A time without a zone, or a day alone.
            or ('"format": "date-time"' in schema and re.fullmatch(r"[0-9-]{10}(T[0-9:.]+)?", str(value)))
            # Which formats there are, the importer says, in the document's words.
            or self.name == "format"
        )

    def __str__(self) -> str:
        return f"{self.shape.__name__}.{self.name}"


def _meant(text: object) -> Iterator[object]:
    """What a text of a query may be."""
    yield text
    if isinstance(text, str) and re.fullmatch("true|false|-?(0|[1-9][0-9]*)", text):
        yield json.loads(text)


APIS: Mapping[str, Callable[[], Documented]] = {
    "native": documented.native,
    **{name: partial(documented.contract, name) for name in CONTRACTS},
}


@cache
def places(api: str) -> list[Place]:
    told: Documented = APIS[api]()
    components = told.document["components"]
    found: dict[str, Place] = {}
    for key, operation in told.words.operations.items():
        method, path = key.split()
        if operation.query:
            for said in told.document["paths"][path][method.lower()]["parameters"]:
                if said["in"] == "query":
                    one = Place(operation.query, said["name"], said["schema"], components, in_query=True)
                    found[str(one)] = one
        if operation.body and openapi.FILES not in operation.takes:
            for shape in _with_parts(operation.body):
                # A shape that is answered as well, and otherwise, is documented twice.
                said = components["schemas"].get(shape.__name__) or components["schemas"][f"{shape.__name__}-Input"]
                for name, schema in said["properties"].items():
                    found[f"{shape.__name__}.{name}"] = Place(shape, name, schema, components)
    return list(found.values())


def _with_parts(shape: object) -> Iterator[type[BaseModel]]:
    """The shape, and those that its fields have."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        yield shape
        for one in shape.model_fields.values():
            yield from _with_parts(one.annotation)
    else:
        for part in get_args(shape):
            yield from _with_parts(part)


def disagreements(api: str, value: object, among: Iterable[Place] = ()) -> list[str]:
    found = []
    for place in among or places(api):
        if place.in_query and not isinstance(value, str):
            continue
        allowed, taken = place.allows(value), place.takes(value)
        if allowed != taken and not (taken and place.takes_more(value)):
            found.append(f"{place} {'refuses' if allowed else 'takes'} {value!r:.80}")
    return found


SOME = [
    "550e8400-e29b-41d4-a716-446655440000",
    "https://example.com/hook",
    "ann@example.com",
    "me",
    "ticket",
    "csv",
    "root",
]
# Of what is not seen, or seen otherwise than it is: controls, overrides, marks, white of all kinds, nothing assigned.
ODD = (
    "\x00\x07\x08\t\n\x0b\x0c\r\x1b\x1c\x1f \x7f\x80\x85\x9f\xa0\xad\u0301\u034f\u061c\u115f\u1680\u180e\u2003\u200b\u200d\u200f"
    "\u2028\u2029\u202a\u202e\u202f\u205f\u2060\u2066\u2069\u206a\u3000\u3164\ufe0f\ufeff\ufffd\ufffe\U000e0001\U000e0100\U0003ffff"
    # What is longer in NFC, what is shorter, and what becomes something else.
    "\u0958\ufb2c\U0001d160\u212a\u2126e\u0301\u1100\u1161"
    "a@./\U0001f98a"
)  # fmt: skip
LIMITS = (1, 8, 10, 16, 64, 120, 200, 254, 255, 1024, 2000)
texts = st.text(st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def near_limits(draw: st.DrawFn) -> str:
    """As long as a field may be, or one more or less, of something odd."""
    begun = draw(texts)
    length = draw(st.sampled_from(LIMITS)) + draw(st.integers(-1, 1))
    return (begun + draw(st.sampled_from(ODD)) * length)[:length] + draw(st.sampled_from(["", "b"]))


@st.composite
def spoiled(draw: st.DrawFn) -> str:
    """What some field takes, with something odd in it."""
    good = draw(st.sampled_from(SOME))
    place = draw(st.integers(0, len(good)))
    return good[:place] + draw(texts | near_limits()) + good[place:]


@pytest.mark.parametrize("api", APIS)
@settings(deadline=None, max_examples=50)
@given(text=texts | near_limits() | spoiled())
def test_every_text_is_taken_where_the_documentation_allows_it_and_nowhere_else(api: str, text: str) -> None:
    assert disagreements(api, text) + disagreements(api, [text]) == []


WORDS = [
    "", "high", " high", "high ", "High", "HIGH", "true", "True", "deleted", "1", "0", "yes", "on", "null", "none", "NONE", "Me ",
    "01", "+1", "1_0", " 1", "1.0", "1e0", "-1", "-0", "9" * 25, "9" * 4000, "0x1", "\u0661",
    "created_at", "-created_at", "--created_at", "en", "EN-us", "en\n", "e", "INC000042",
    "2026-03-02", "2026-02-30", "2026-13-01", "0000-01-01", "0001-01-01", "9999-12-31", "20260302", "2026-3-2",
    "2026-03-02T12:00:00Z", "2026-03-02t12:00:00z", "2026-03-02T12:00:00+14:00", "2026-03-02T12:00:00.123456789Z",
    "2026-03-02T24:00:00Z", "2026-12-31T23:59:60Z", "2026-03-02T12:00:61Z", "2026-03-02T12:00:00+24:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "0.5", "1767225600", "P1D", "2026-03-02 12:00:00Z",
    # Found by schemathesis: white beyond ASCII is not of the address, nor are its octets.
    "\x85" * 200 + "ann@example.com",
    " ann@example.com ", "Ann@Example.COM", "ann@example.com.", "<ann@example.com>", "ann@example", "a@b@c", "@", "a@",
    "a" * 65 + "@example.com", "ann@" + "a" * 64, "ann@" + "a." * 125 + "a", "a%b@example.com", "a..b@example.com",
    "http://x", "HTTPS://x", "ftp://x", "javascript:alert(1)", "  https://x", "https://x/ y", "https://x\n", "//x", "https://[01b:]/", "https://[::1]:8080/", "https://x:65536/",
    "550e8400e29b41d4a716446655440000", "{550e8400-e29b-41d4-a716-446655440000}",
    "urn:uuid:550e8400-e29b-41d4-a716-446655440000", "550E8400-E29B-41D4-A716-446655440000",
    " ticket", "ticket\n", "Ticket", "tic ket", "ticket_id", "a" + "\r" * 8 + "b", "e\u0301" * 5, "  nine ch.  ",
]  # fmt: skip
OTHERS: list[object] = [
    None, True, False, 0, 1, -1, 2, 7, 8, 9, 1.0, 8.0, 1.5, -0.0, 1e308, 5e-324, 2**31 - 1, 2**31, 2**53, 2**53 + 1,
    2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400, [], [[]], [None], [1], [True], [{}], {}, {"a": 1},
    {"source": "api"}, {"source": None}, {"source": "pigeon"}, ["x"] * 20, ["x"] * 21, ["x"] * 50, ["x"] * 51,
    ["ticket.created"], ["ticket.created"] * 2, ["ticket.created"] * 5,
    ["550e8400-e29b-41d4-a716-446655440000"] * 2, [" a", "a ", "a"],
]  # fmt: skip


@pytest.mark.parametrize("api", APIS)
def test_what_is_odd_in_another_way_is_taken_where_it_is_allowed_and_nowhere_else(api: str) -> None:
    values = [*WORDS, *([word] for word in WORDS), *OTHERS]

    assert [found for value in values for found in disagreements(api, value)] == []


@pytest.mark.parametrize("api", APIS)
def test_every_length_is_what_it_is_said_to_be(api: str) -> None:
    """Counted as it was sent, in characters: not when it is clean, nor in bytes."""
    limited: dict[int, list[Place]] = {limit: [] for place in places(api) for limit in _limits(place.schema)}
    for place in places(api):
        for limit in _limits(place.schema):
            limited[limit].append(place)

    assert limited
    assert [
        found
        for limit, among in limited.items()
        for length in (limit - 1, limit, limit + 1)
        for letter in ("x", "\U0001f98a", "\u0958", "\x07", " ")
        for found in disagreements(api, letter * length, among)
    ] == []


def _limits(schema: object) -> Iterator[int]:
    if isinstance(schema, dict):
        yield from (schema[name] for name in ("minLength", "maxLength") if name in schema)
        for part in schema.values():
            yield from _limits(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _limits(part)


@pytest.mark.parametrize("api", APIS)
def test_half_a_character_is_no_json_anywhere(api: str) -> None:
    for place in places(api):
        if not place.in_query:
            with pytest.raises(Malformed):
                body.parsed(place.shape, json.dumps({place.name: "a\ud800"}).encode())


def test_what_must_be_filled_is_what_is_left_when_it_is_clean() -> None:
    """All of the basic plane, character by character; of the others a few hundred are assigned that matter here."""
    every = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x10000), *range(0xE0000, 0xE0200))]

    found = {character for character in every if re.search(FILLED.pattern, character)}

    assert [c for c in every if bool(clean_line(c)) != (c in found)] == []
    assert [c for c in every if bool(clean_text(c).strip()) != (c in found)] == []


@given(texts | near_limits())
def test_a_text_is_as_empty_as_its_characters(text: str) -> None:
    assert bool(clean_line(text, most=3000)) is bool(re.search(FILLED.pattern, text))

"""config.example.toml tells every setting with its default, and the program agrees."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from core import config
from core.config import Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
COMMENTED_KEY = re.compile(r"^# (?=\w+ = )", re.MULTILINE)
SECTIONS = {name: field.annotation for name, field in Settings.model_fields.items()}


def written() -> dict[str, dict[str, object]]:
    """Every key of the file, those in comments too."""
    return tomllib.loads(COMMENTED_KEY.sub("", EXAMPLE.read_text()))


def known() -> dict[str, list[str]]:
    return {
        name: list(section.model_fields)
        for name, section in SECTIONS.items()
        if isinstance(section, type) and issubclass(section, BaseModel)
    }


def test_it_lists_every_key_and_no_other_in_the_order_of_the_program() -> None:
    assert {section: list(keys) for section, keys in written().items()} == known()
    assert list(written()) == list(known())


def test_every_value_in_it_is_the_default() -> None:
    assert config.load(EXAMPLE, {}) == Settings()


def test_what_is_commented_out_has_no_default() -> None:
    set_here, defaults = tomllib.loads(EXAMPLE.read_text()), Settings().model_dump()
    commented = {(section, key) for section, keys in written().items() for key in keys if key not in set_here[section]}

    assert {key for key in commented if defaults[key[0]][key[1]] is not None} == set()
    assert commented == {(s, k) for s, keys in defaults.items() for k, value in keys.items() if value is None}


def test_every_section_begins_with_a_sentence() -> None:
    lines = EXAMPLE.read_text().splitlines()

    for number, line in enumerate(lines):
        if line.startswith("["):
            assert lines[number - 1].startswith("# "), line


@pytest.mark.parametrize("key", ["hostname", "addresses", "public_url", "relay", "trusted_proxies", "secret"])
def test_what_needs_thought_has_its_reason_above_it(key: str) -> None:
    lines = EXAMPLE.read_text().splitlines()
    [number] = [number for number, line in enumerate(lines) if line.startswith(f"{key} = ")]

    assert lines[number - 1].startswith("# ")

"""Where settings come from: a TOML file, then the environment. What cannot be read is said with what to do."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from core.errors import Invalid, Problem

ENVIRONMENT_PREFIX = "DESKBELL_"
_NOT_A_KEY = {"DESKBELL_CONFIG"}


def read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid(
            [Problem(str(file), f"cannot be read ({error.strerror}): check the path and its permissions")]
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid([Problem(str(file), f"is not valid TOML: {error}")]) from None


def overlay(values: dict[str, object], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_A_KEY:
            continue
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        inside = values.setdefault(section, {})
        if not isinstance(inside, dict) or not key:
            raise Invalid([Problem(name, "is no setting: it must read DESKBELL_<SECTION>__<KEY>")])
        inside[key] = _from_environment(value)


def _from_environment(value: str) -> object:
    """A list is written as TOML (`["a", "b"]`); everything else is the text itself."""
    if not value.startswith("["):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def problem(location: tuple[int | str, ...], kind: str, message: str) -> Problem:
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        return Problem(where, "is no setting of Deskbell: see config.example.toml for all of them")
    return Problem(where, message.removeprefix("Value error, "))

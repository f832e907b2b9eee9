"""What the doctors say: one thing that was looked at, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do next, and is empty when there is nothing to do."""

    level: Level
    what: str
    advice: str = ""

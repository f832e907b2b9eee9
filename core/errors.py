"""What can go wrong in ways that are expected: data for the edges to translate, never prose for one channel."""

from collections.abc import Sequence
from dataclasses import dataclass


class DeskError(Exception):
    """Everything that core refuses on purpose. Edges translate it in exactly one place."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what somebody sent: where, and what would be right."""

    field: str
    message: str


class Invalid(DeskError):
    """The input cannot be used; `problems` names everything that is wrong with it, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class NotFound(DeskError):
    """There is no such thing, or it is not theirs to see: from outside the two look the same."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} not found")
        self.what = what


class Forbidden(DeskError):
    """They may see it, but not do this with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Conflict(DeskError):
    """Somebody else was faster, or the name is taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(DeskError):
    """Not now: the desk is draining, overloaded, or its disk or database is away. Trying again later may help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

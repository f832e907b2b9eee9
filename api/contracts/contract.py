"""What a contract is: a wire format that a document prescribes, with a table of routes and words of its own."""

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from api.problems import Render
from api.routes import Route

Wire = TypeVar("Wire", bound=Hashable)
Core = TypeVar("Core", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Words(Generic[Wire, Core]):
    """A document's words for one of core's closed sets, both ways.

    `inward` is what the document knows; `seen_as` are core's further words, with what they look like to the document;
    `hidden` those that it never gets to see. A test holds that every word comes out as it went in, and that no word of
    core is without one.
    """

    inward: Mapping[Wire, Core]
    seen_as: Mapping[Core, Wire] = field(default_factory=dict)
    hidden: Set[Core] = frozenset()

    @property
    def outward(self) -> Mapping[Core, Wire]:
        return {**self.seen_as, **{core: wire for wire, core in self.inward.items()}}

    def word(self, said: object) -> Core:
        """For pydantic: what `said` means here. Raises ValueError with all the words there are."""
        try:
            return self.inward[said]  # type: ignore[index]  # whatever was sent is looked up
        except (KeyError, TypeError):
            # No word of this document, or nothing that could be one.
            raise ValueError(f"must be one of: {', '.join(map(str, self.inward))}") from None

    def known(self, said: Wire) -> Wire:
        """For pydantic, where the document's own word is wanted: what a filter reads. Raises ValueError likewise."""
        self.word(said)
        return said

    def read(self, wire: Wire) -> tuple[Core, ...]:
        """Everything in core that looks like `wire` to the document: what a filter by it finds."""
        return tuple(core for core, shown in self.outward.items() if shown == wire)


@dataclass(frozen=True, slots=True)
class Contract:
    """`render` says every error in the document's own shape. `is_open`: the document knows no sign-in, so whoever
    reaches it acts as one account (`[api] contracts_act_as`); its routes are Access.PUBLIC.
    """

    name: str
    routes: tuple[Route, ...]
    render: Render
    words: tuple[Words[Any, Any], ...] = ()
    is_open: bool = False

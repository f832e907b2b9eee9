"""Who may do what. One filter decides what is seen; everything that reads tickets asks it.

`visible` is the filter for the database, `may_see` the same rule for a ticket that is already here; a test holds
them together. What somebody may not see does not exist for them: others' tickets are NotFound, not Forbidden.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true

from core import tables
from core.chat.refusals import worded
from core.config import Settings
from core.errors import Forbidden
from core.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is doing something: a signed-in user."""

    user_id: UUID
    username: str
    role: Role
    person_id: UUID | None = None
    name: str = ""
    email: str = ""

    @property
    def signature(self) -> str:
        """How they are called where a customer reads it."""
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        return self.role is not Role.CUSTOMER


# What the desk does by itself, it does as nobody who has an account.
THE_DESK = Actor(UUID(int=0), "Deskbell", Role.AGENT)


class Seen(Protocol):
    """What of a ticket decides who sees it."""

    @property
    def requester_id(self) -> UUID: ...
    @property
    def assignee_id(self) -> UUID | None: ...


def visible(actor: Actor, settings: Settings) -> ColumnElement[bool]:
    """The condition on `tickets` that holds for what `actor` may see. Deleted ones nobody sees."""
    t = tables.tickets.c
    return t.deleted_at.is_(None) & _mine(actor, settings)


def _mine(actor: Actor, settings: Settings) -> ColumnElement[bool]:
    t = tables.tickets.c
    if actor.role is Role.ADMIN:
        return true()
    if actor.role is Role.AGENT:
        return true() if settings.api.agents_see == "all" else t.assignee_id == actor.user_id
    return t.requester_id == actor.person_id if actor.person_id else false()


def sees_all(actor: Actor, settings: Settings) -> bool:
    """Whether nothing that is not deleted is hidden from them."""
    return actor.role is Role.ADMIN or (actor.role is Role.AGENT and settings.api.agents_see == "all")


def visible_people(actor: Actor, settings: Settings) -> ColumnElement[bool]:
    """The condition on `people` for clients whom `actor` may see: an agent those of tickets that they see."""
    t, p = tables.tickets.c, tables.people.c
    if sees_all(actor, settings):
        return p.deleted_at.is_(None)
    theirs = select(t.id).where(t.requester_id == p.id, visible(actor, settings)).correlate(tables.people).exists()
    return p.deleted_at.is_(None) & theirs


def may_see(actor: Actor, ticket: Seen, settings: Settings) -> bool:
    if actor.role is Role.ADMIN:
        return True
    if actor.role is Role.AGENT:
        return settings.api.agents_see == "all" or ticket.assignee_id == actor.user_id
    return actor.person_id is not None and ticket.requester_id == actor.person_id


def require_staff(actor: Actor) -> None:
    if not actor.is_staff:
        raise Forbidden(worded("for_agents"))


def require_admin(actor: Actor) -> None:
    if actor.role is not Role.ADMIN:
        raise Forbidden("this is for admins: ask one of them")


def require_may_assign(actor: Actor, current: UUID | None, wanted: UUID | None, settings: Settings) -> None:
    """Seed 003: assigning is an admin's. An agent takes what is free and releases what is theirs."""
    require_staff(actor)
    if actor.role is Role.ADMIN or settings.api.agents_assign or current == wanted:
        return
    takes = wanted == actor.user_id and current is None
    releases = wanted is None and current == actor.user_id
    if not (takes or releases):
        raise Forbidden(worded("assign_admins"))

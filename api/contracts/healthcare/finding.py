"""Which ticket, file or account a path means, and what is needed to show it."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from api.contracts.healthcare import views
from api.contracts.healthcare.views import Known
from api.contracts.healthcare.words import CUSTOM, DOCUMENTED, NAME, number_of
from api.routes import Call
from core import access, attachments, reference, tickets
from core.accounts import users
from core.accounts.users import User
from core.conversation import Attachment
from core.errors import Invalid, NotFound, Problem
from core.reference import Entry
from core.tickets import Ticket

Listed = dict[str, list[Entry]]


def external_id(custom: str) -> str:
    """Under which a number of the client's own is unique among all tickets."""
    return f"{NAME}:{custom}"


async def ticket(call: Call, connection: AsyncConnection, wire: str | None = None) -> Ticket:
    """The ticket of the path (or `wire`), by our number or the client's own. Raises NotFound."""
    named = call.request.match_info["ticket_id"] if wire is None else wire
    for found in await _called(connection, named):
        if access.may_see(call.actor, found, call.desk.settings):
            return found
    raise NotFound("Ticket")


async def _called(connection: AsyncConnection, named: str) -> list[Ticket]:
    """Ours first: a number of a client's own that looks like ours must never stand in front of it."""
    if not re.fullmatch(CUSTOM, named):
        return []
    number = number_of(named)
    ours = [] if number is None else list((await tickets.by_numbers(connection, [number])).values())
    custom = await tickets.by_external_id(connection, external_id(named))
    return [*ours, custom] if custom else ours


async def lists(connection: AsyncConnection) -> Listed:
    return await reference.of_contract(connection, NAME, DOCUMENTED)


def require_listed(listed: Listed, chosen: Mapping[str, int | None]) -> None:
    """Tools and centres may be added, so what a field may be is known only here. Raises Invalid."""
    problems = [
        Problem(name, choice.missing)
        for name, choice in _CHOICES.items()
        if (value := chosen.get(name)) is not None and not any(choice.is_meant(e, value) for e in listed[choice.list])
    ]
    if problems:
        raise Invalid(problems)


def require_offered(listed: Listed, chosen: Mapping[str, int | None], kept: Mapping[str, object]) -> None:
    """The same of what can be chosen now. What a ticket has already (`kept`) it may keep. Raises Invalid."""
    offered = {name: [entry for entry in entries if entry.active] for name, entries in listed.items()}
    require_listed(offered, {name: value for name, value in chosen.items() if value != kept.get(name)})


@dataclass(frozen=True, slots=True)
class _Choice:
    """From which list a field chooses, and how."""

    list: str
    is_meant: Callable[[Entry, int], bool]
    missing: str


_CENTER = _Choice(
    "center", lambda entry, code: entry.value == str(code), "must be the value of a center that /center/ lists"
)
_CHOICES: Mapping[str, _Choice] = {
    "tool_id": _Choice("tool", lambda entry, number: entry.id == number, "must be an id that /tool/ lists"),
    # A centre is called by its code.
    "center_id": _CENTER,
    "default_center_id": _CENTER,
}


async def known(call: Call, connection: AsyncConnection, shown: Sequence[Ticket]) -> Known:
    """What these tickets are shown with: one query for each kind of thing, however many tickets there are."""
    files = await attachments.of_tickets(connection, shown, call.actor)
    return Known(await lists(connection), await _creators(connection, shown), files)


async def _creators(connection: AsyncConnection, shown: Iterable[Ticket]) -> dict[UUID, User]:
    """Whoever opened it here has an account; of what came another way the requester may have one."""
    signed_in = {
        one.id: UUID(creator) for one in shown if isinstance(creator := views.own(one.extra).get("creator"), str)
    }
    accounts = await users.ever(connection, set(signed_in.values())) if signed_in else {}
    found = {one: accounts[user] for one, user in signed_in.items() if user in accounts}
    others = {one.id: one.requester_id for one in shown if one.id not in signed_in}
    by_person = await users.of_people(connection, set(others.values())) if others else {}
    return found | {one: by_person[person] for one, person in others.items() if person in by_person}


def file(shown: Ticket, files: Sequence[Attachment], named: str) -> Attachment:
    """By its path, its stored name, or the name it came with, if only one came with it. Raises NotFound, Invalid."""
    exact = [one for one in files if named in (views.path(shown, one), views.stored_name(one))]
    found = exact or [one for one in files if one.filename == named]
    if not found:
        raise NotFound("Attachment")
    if len(found) > 1:
        raise Invalid([Problem("filename", "several files have this name: give the path of the one you mean")])
    return found[0]

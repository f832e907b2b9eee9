"""Lists of tickets for agents: the queue by filters, their own, and what has certain words; a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import cards
from bot.dialogue import Order, Verb, data
from bot.markup import lines
from bot.scene import Buttons, Scene
from bot.talk import Button, Said
from core import queue as queues
from core.errors import Invalid, Problem
from core.queue import Filters, Listing, Page
from core.vocabulary import SETTLED, Category, Channel, Priority, Status

PAGE = 10
# What is in the queue unless something else is asked for: all that somebody must still look at.
OPEN = tuple(status for status in Status if status not in SETTLED and status is not Status.DELETED)
# Telegram takes 64 bytes for a button (Bot API, InlineKeyboardButton).
_DATA = 64


def _fields(name: str, words: type[Status] | type[Priority] | type[Category]) -> dict[str, dict[str, Any]]:
    return {word.value: {name: word} for word in words}


# What can be said after /queue, and what it filters by.
_WORDS: Mapping[str, Mapping[str, Any]] = {
    **{word: {"channel": word} for word in Channel if word is not Channel.WEBHOOK},
    **_fields("category", Category),
    **_fields("priority", Priority),
    **{word: {"statuses": (Status(word),)} for word in Status if word != Status.DELETED},
    "free": {"unassigned": True},
    "open": {"statuses": OPEN},
    "all": {"statuses": (), "asleep": True},
    "asleep": {"asleep": True, "only_asleep": True},
}


async def queue(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    filters, page = _understood(here, order.words)
    return await _page(connection, here, Verb.QUEUE, order, filters, page)


async def mine(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    filters, page = _understood(here, order.words)
    return await _page(connection, here, Verb.MINE, order, replace(filters, assigned_to=here.actor.user_id), page)


async def find(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """In all tickets, also those that are settled or asleep."""
    return await _page(connection, here, Verb.FIND, order, Filters(words=order.words), 1)


def _understood(here: Scene, words: str) -> tuple[Filters, int]:
    """`urgent free p2` → what to show, and which page. Raises Invalid."""
    values: dict[str, Any] = {"statuses": OPEN, "awake_at": here.now}
    page, unknown = 1, []
    for word in words.lower().replace("-", "_").split():
        if word == "mine":
            values["assigned_to"] = here.actor.user_id
        elif word.startswith(("#", "tag:")):
            values["tag"] = word.removeprefix("#").removeprefix("tag:")
        elif word.startswith("p") and word[1:].isdecimal() and len(word) < 7:
            page = max(1, int(word[1:]))
        elif word in _WORDS:
            values |= _WORDS[word]
        else:
            unknown.append(word)
    if unknown:
        known = ", ".join([*_WORDS, "mine", "tag:…", "p2"])
        raise Invalid([Problem("queue", f"knows no {', '.join(unknown)[:60]}, only {known}")])
    if values.pop("asleep", False):
        values["awake_at"] = None
    if values.pop("only_asleep", False):
        values["asleep_at"] = here.now
    return Filters(**values), page


async def _page(
    connection: AsyncConnection, here: Scene, verb: Verb, order: Order, filters: Filters, number: int
) -> Sequence[Said]:
    if here.heard.pressed and order.number:
        number = order.number
    asked = Page(number, PAGE, sort="-created_at" if filters.words else "-priority")
    found = await connection.run_sync(queues.listed, here.actor, here.desk.settings, filters, asked)
    if not found.tickets:
        key = {Verb.QUEUE: "queue_empty", Verb.MINE: "mine_empty", Verb.FIND: "find_empty"}[verb]
        return [_placed(here, here.say(key))]
    title = here.texts(
        f"{verb}_title", total=found.total if found.is_counted else f"{found.total}+", words=order.words, page=number
    )
    rows = [cards.listed(ticket, here.texts) for ticket in found.tickets]
    said = here.show(lines(title, *rows), _buttons(here, verb, order, found, number))
    return [_placed(here, said)]


def _placed(here: Scene, said: Said) -> Said:
    return replace(said, instead_of=here.heard.message) if here.heard.pressed else said


def _buttons(here: Scene, verb: Verb, order: Order, found: Listing, number: int) -> Buttons:
    words = " ".join(word for word in order.words.split() if not (word[:1] == "p" and word[1:].isdecimal()))
    shows = [Button(f"#{ticket.number}", data(Verb.SHOW, ticket.number)) for ticket in found.tickets]
    turns = [
        Button(label, data(verb, page, None, words))
        for label, page, there in (
            ("‹", number - 1, number > 1),
            ("›", number + 1, found.total > number * PAGE or not found.is_counted),
        )
        if there
    ]
    fitting = tuple(button for button in turns if len(button.data.encode()) <= _DATA)
    rows = tuple(tuple(shows[start : start + 5]) for start in range(0, len(shows), 5))
    return (*rows, fitting) if fitting else rows

"""Lists of tickets for agents: the queue by filters, their own, and what has certain words; a page at a time.

They are read where lists are read (`Database.browse`) and in no transaction: nobody's message waits behind one.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from bot import cards, sentences
from bot.choices import MOST_DATA
from bot.dialogue import Order, Verb, data
from bot.markup import lines
from bot.refusals import Misunderstood
from bot.scene import Buttons, Scene
from bot.talk import Button, Said
from core import queue as queues
from core.filtering import Filters
from core.finding import indexer
from core.queue import Listing, Page
from core.vocabulary import SETTLED, Category, Channel, Priority, Status

PAGE = 10
# What is in the queue unless something else is asked for: all that somebody must still look at.
OPEN = tuple(status for status in Status if status not in SETTLED and status is not Status.DELETED)


def _fields(name: str, words: type[Status] | type[Priority] | type[Category]) -> dict[str, dict[str, Any]]:
    return {word.value: {name: word} for word in words}


# What can be said after /queue, and what it filters by.
_WORDS: Mapping[str, Mapping[str, Any]] = {
    **{word: {"channel": word} for word in Channel if word is not Channel.WEBHOOK},
    **_fields("category", Category),
    **_fields("priority", Priority),
    **{word: {"statuses": (Status(word),)} for word in Status if word != Status.DELETED},
    "free": {"unassigned": True},
    "review": {"needs_review": True},
    "open": {"statuses": OPEN},
    "all": {"statuses": (), "asleep": True},
    "asleep": {"asleep": True, "only_asleep": True},
}


async def queue(here: Scene, order: Order) -> Said:
    filters, page = _understood(here, order.words)
    return await _page(here, order, filters, page)


async def mine(here: Scene, order: Order) -> Said:
    filters, page = _understood(here, order.words)
    return await _page(here, order, replace(filters, assigned_to=here.actor.user_id), page)


async def find(here: Scene, order: Order) -> Said:
    """In all tickets, also those that are settled or asleep, and those that were written a moment ago."""
    await indexer.catch_up(here.desk)
    return await _page(here, order, Filters(words=order.words), 1)


@cache
def _named(language: str) -> Mapping[str, str]:
    """What is called by one word in a language, by that name."""
    texts = sentences.of(language)
    every = {
        texts.word(of, word).lower(): word for of in ("status", "priority", "category") for word in texts.words[of]
    }
    return {name: word for name, word in every.items() if " " not in name and name not in _WORDS}


LISTS: Mapping[Verb, Callable[[Scene, Order], Awaitable[Said]]] = {
    Verb.QUEUE: queue,
    Verb.MINE: mine,
    Verb.FIND: find,
}


def _understood(here: Scene, words: str) -> tuple[Filters, int]:
    """`urgent free p2` → what to show, and which page. Raises Misunderstood."""
    values: dict[str, Any] = {"statuses": OPEN, "awake_at": here.now}
    page, unknown, named = 1, [], _named(here.texts.language)
    for word in words.lower().replace("-", "_").split():
        if word == "mine":
            values["assigned_to"] = here.actor.user_id
        elif word.startswith(("#", "tag:")):
            values["tag"] = word.removeprefix("#").removeprefix("tag:")
        elif word.startswith("p") and word[1:].isdecimal() and len(word) < 7:
            page = max(1, int(word[1:]))
        elif found := _WORDS.get(named.get(word, word)):
            values |= found
        else:
            unknown.append(word)
    if unknown:
        known = ", ".join([*_WORDS, "mine", "tag:…", "p2"])
        raise Misunderstood("queue_words", unknown=", ".join(unknown)[:60], known=known)
    if values.pop("asleep", False):
        values["awake_at"] = None
    if values.pop("only_asleep", False):
        values["asleep_at"] = here.now
    return Filters(**values), page


async def _page(here: Scene, order: Order, filters: Filters, number: int) -> Said:
    if here.heard.pressed and order.number:
        number = order.number
    asked = Page(number, PAGE, sort="-created_at" if filters.words else "-priority")
    look = partial(queues.listed, actor=here.actor, settings=here.desk.settings, filters=filters, page=asked)
    found = await here.desk.database.browse(look)
    if not found.tickets:
        return _placed(here, order, here.say(_EMPTY[order.verb]))
    total = str(found.total) if found.is_counted else f"{found.total}+"
    title = here.texts(f"{order.verb}_title", total=total, words=order.words, page=number)
    rows = [cards.listed(ticket, here.texts) for ticket in found.tickets]
    return _placed(here, order, here.show(lines(title, *rows), _buttons(order, found, number)))


_EMPTY = {Verb.QUEUE: "queue_empty", Verb.MINE: "mine_empty", Verb.FIND: "find_empty"}


def _placed(here: Scene, order: Order, said: Said) -> Said:
    """A page that was turned stands where the one before stood; a list that is asked for is a message of its own."""
    return replace(said, instead_of=here.heard.message) if here.heard.pressed and order.number else said


def _buttons(order: Order, found: Listing, number: int) -> Buttons:
    words = " ".join(word for word in order.words.split() if not (word[:1] == "p" and word[1:].isdecimal()))
    shows = [Button(f"#{ticket.number}", data(Verb.SHOW, ticket.number)) for ticket in found.tickets]
    turns = [
        Button(label, data(order.verb, page, None, words))
        for label, page, there in (
            ("‹", number - 1, number > 1),
            ("›", number + 1, found.total > number * PAGE or not found.is_counted),
        )
        if there
    ]
    fitting = tuple(button for button in turns if len(button.data.encode()) <= MOST_DATA)
    rows = tuple(tuple(shows[start : start + 5]) for start in range(0, len(shows), 5))
    return (*rows, fitting) if fitting else rows

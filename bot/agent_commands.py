"""What agents ask for by a command or a button: a ticket, and what becomes of it (lists: bot/queues.py)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import agent_words, choices, customer_commands, durations, questions
from bot.acts import Act, changing, is_stale, numbered, shown, stale, told
from bot.dialogue import Order, Verb
from bot.markup import escaped, line, lines
from bot.refusals import Misunderstood
from bot.scene import Scene
from bot.talk import Said
from core import attachments, conversation, history, merging, snoozing, tickets
from core.accounts import users
from core.accounts.users import User
from core.chat import absences, blocking, linking, undoing
from core.errors import NotFound
from core.storage.paging import Span
from core.text import clean_line
from core.tickets import Revision, Ticket
from core.vocabulary import SETTLED, Category, Priority, Status

# So much of what happened is shown.
ENTRIES = 15
# As many as an album has.
MOST_FILES = 10


async def _start(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    if order.words and (
        user := await linking.redeem(connection, order.words, here.channel, here.heard.speaker.id, here.now)
    ):
        return [here.say("linked_agent", name=user.actor.signature, buttons=(choices.at_large(here.texts),))]
    return await _help(connection, here, order)


async def _help(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    return [here.say("help_agent", name=here.actor.signature, buttons=(choices.at_large(here.texts),))]


async def _show(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    card = await shown(connection, here, await numbered(connection, here, order.number))
    # From a list the card is a message of its own; on a card its own button only refreshes it.
    return [card if order.version else replace(card, instead_of="")]


async def _more(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """The second page of a card."""
    ticket = await numbered(connection, here, order.number)
    if is_stale(order, ticket):
        return await stale(connection, here, ticket)
    return [await shown(connection, here, ticket, Verb.MORE)]


async def _history(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """What was said and done of late, the newest last."""
    ticket = await numbered(connection, here, order.number)
    changes = await history.of_ticket(connection, ticket.id, span=_last(await history.length(connection, ticket.id)))
    said = await conversation.of_ticket(
        connection, ticket, here.actor, span=_last(await conversation.length(connection, ticket, here.actor))
    )
    entries: list[tuple[datetime, str]] = [
        (one.at, f"{one.actor}: {one.field} {one.old or '–'} → {one.new or '–'}") for one in changes
    ]
    entries += [(one.created_at, f"{_SIGNS[one.direction]} {one.author}: {line(one.body, 200)}") for one in said]
    rows = [escaped(f"{at:%m-%d %H:%M} {what}") for at, what in sorted(entries, key=lambda entry: entry[0])[-ENTRIES:]]
    return [here.show(lines(here.texts("history", number=ticket.number), *rows))]


def _last(count: int) -> Span:
    return Span(ENTRIES, skip=max(0, count - ENTRIES))


_SIGNS = {"inbound": "←", "outbound": "→", "note": "✎"}


async def _files(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """The newest files of the ticket, as files of this chat."""
    ticket = await numbered(connection, here, order.number)
    count = await attachments.how_many(connection, ticket, here.actor)
    span = Span(MOST_FILES, skip=max(0, count - MOST_FILES))
    found = await attachments.of_ticket(connection, ticket, here.actor, span=span)
    if not found:
        return [told(here, "no_files", number=ticket.number)]
    names = "\n".join(f"📎 {one.filename}" for one in found)
    said = here.say("files", number=ticket.number, names=names)
    return [replace(said, files=tuple(one.id for one in found))]


async def _take(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    if ticket.assignee_id == here.actor.user_id:
        return told(here, "yours_already", number=ticket.number)
    await _give(connection, here, ticket, here.account)
    return told(here, "taken", number=ticket.number)


async def _release(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    if ticket.assignee_id is None:
        return told(here, "nobodys_already", number=ticket.number)
    await _give(connection, here, ticket, None)
    return told(here, "released", number=ticket.number)


async def _assign(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    user = await _named(connection, order.words, by_number=bool(here.heard.pressed))
    await _give(connection, here, ticket, user)
    away = await absences.away(connection, [user.id])
    if user.id in away:
        return told(here, "assigned_away", number=ticket.number, name=user.username, remark=away[user.id] or "–")
    return told(here, "assigned", number=ticket.number, name=user.username)


async def _give(connection: AsyncConnection, here: Scene, ticket: Ticket, to: User | None) -> None:
    await tickets.assign(connection, ticket, to, by=here.actor, now=here.now, settings=here.desk.settings)


async def _named(connection: AsyncConnection, word: str, *, by_number: bool) -> User:
    """A button names an account by its number, because a name may be too long for it."""
    if by_number and word.isdecimal():
        return await users.by_number(connection, int(word))
    return await users.by_name(connection, word.removeprefix("@"))


async def _status(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    status = _one_of(here, "status", order.words, (*choices.STATUSES, Status.CLOSED))
    return await _revise(connection, here, ticket, Revision(status=Status(status)), "status", status)


async def _priority(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    priority = _one_of(here, "priority", order.words, tuple(Priority))
    return await _revise(connection, here, ticket, Revision(priority=Priority(priority)), "priority", priority)


async def _category(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    category = _one_of(here, "category", order.words, tuple(Category))
    # Whoever says what it is already has looked.
    revision = Revision(category=Category(category), reviewed=category == ticket.category)
    return await _revise(connection, here, ticket, revision, "category", category)


async def _revise(
    connection: AsyncConnection, here: Scene, ticket: Ticket, revision: Revision, of: str, word: str
) -> Said:
    await tickets.change(connection, ticket, revision, by=here.actor, now=here.now)
    return told(here, f"{of}_set", number=ticket.number, value=here.texts.word(of, word))


def _one_of(here: Scene, of: str, words: str, known: Sequence[str]) -> str:
    """By its own word, by what it is called, or by the beginning of either. Raises Misunderstood."""
    wanted = words.strip().casefold().replace("-", "_").replace(" ", "_")
    names = {str(word): here.texts.word(of, word).casefold().replace(" ", "_") for word in known}
    exact = [word for word, name in names.items() if wanted in (word, name)]
    begun = exact or [
        word for word, name in names.items() if wanted and (word.startswith(wanted) or name.startswith(wanted))
    ]
    if len(begun) != 1:
        raise Misunderstood("one_of", known=", ".join(names))
    return begun[0]


async def _tag(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    """`vip +angry -new`: with a minus it goes, otherwise it comes. A button names one tag, as it is."""
    tags, pressed = set(ticket.tags), bool(here.heard.pressed)
    for word in [order.words] if pressed else order.words.split():
        tag = clean_line(word[1:] if pressed else word.lstrip("+-#").lower(), most=64)
        if tag:
            (tags.discard if word.startswith("-") else tags.add)(tag)
    await tickets.change(connection, ticket, Revision(tags=tuple(tags)), by=here.actor, now=here.now)
    return told(here, "tagged", number=ticket.number, tags=", ".join(sorted(tags)) or "–")


async def _close(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said | tuple[Said, UUID]:
    """The customer hears of it, unless `silently`."""
    silently = order.words.strip().lower() in _SILENTLY
    if order.words.strip() and not silently:
        raise Misunderstood("close_words")
    if ticket.status is Status.CLOSED:
        return told(here, "closed_already", number=ticket.number)
    await tickets.change(connection, ticket, Revision(status=Status.CLOSED), by=here.actor, now=here.now)
    if silently:
        return told(here, "closed_silently", number=ticket.number)
    message_id = await _farewell(connection, here, ticket)
    is_told = any(to.address for to in await conversation.reach(connection, ticket))
    return told(here, "closed_told" if is_told else "closed_silently", number=ticket.number), message_id


_SILENTLY = frozenset({"silently", "silent", "s"})


async def _farewell(connection: AsyncConnection, here: Scene, ticket: Ticket) -> UUID:
    """In the customer's language, where they chose one; as an answer, so that it goes the way of answers."""
    closed = await tickets.by_id(connection, ticket.id)
    if closed is None:
        raise NotFound("Ticket")
    language = await customer_commands.language_of(connection, ticket.requester_id, here.desk.settings)
    text = customer_commands.farewell(language, ticket)
    return await conversation.reply(
        connection, closed, text, by=here.actor, now=here.now, settings=here.desk.settings, keys=here.desk.keys
    )


async def _reopen(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    if ticket.status not in SETTLED:
        return told(here, "open_already", number=ticket.number)
    status = Status.IN_PROGRESS if ticket.assignee_id else Status.NEW
    await tickets.change(connection, ticket, Revision(status=status), by=here.actor, now=here.now)
    return told(here, "reopened", number=ticket.number)


async def _snooze(connection: AsyncConnection, here: Scene, order: Order, ticket: Ticket) -> Said:
    if order.words.strip().lower() in ("off", "0"):
        await snoozing.snooze(connection, ticket, None, by=here.actor, now=here.now)
        return told(here, "woken", number=ticket.number)
    length = durations.parsed(order.words)
    if length is None:
        raise Misunderstood("snooze_time")
    until = here.now + length
    await snoozing.snooze(connection, ticket, until, by=here.actor, now=here.now)
    return told(here, "snoozed", number=ticket.number, until=f"{until:%Y-%m-%d %H:%M} UTC")


async def _merge(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    ticket = await numbered(connection, here, order.number)
    if is_stale(order, ticket):
        return await stale(connection, here, ticket)
    other = order.words.removeprefix("#")
    if here.heard.pressed and not other:
        return [await shown(connection, here, ticket, Verb.MERGE)]
    if not other.isdecimal() or len(other) > 15:
        return [here.say("usage_merge")]
    into = await numbered(connection, here, int(other))
    await merging.merge(connection, ticket, into, by=here.actor, now=here.now)
    await undoing.forget(connection, here.actor)
    return await _done(connection, here, into, told(here, "merged", number=ticket.number, into=into.number))


async def _block(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """`7d`, `7d spam`, `off`."""
    ticket = await numbered(connection, here, order.number)
    if is_stale(order, ticket):
        return await stale(connection, here, ticket)
    if here.heard.pressed and not order.words:
        return [await shown(connection, here, ticket, Verb.BLOCK)]
    word, _, reason = order.words.partition(" ")
    name = ticket.requester.name or here.texts("the_customer")
    if word.lower() == "off":
        await blocking.lift(connection, ticket, by=here.actor, now=here.now)
        said = told(here, "unblocked", name=name)
    else:
        length = durations.parsed(word)
        if length is None:
            raise Misunderstood("block_time")
        until = await blocking.block(connection, ticket, length, reason, by=here.actor, now=here.now)
        said = told(here, "blocked", name=name, until=f"{until:%Y-%m-%d %H:%M} UTC")
    await undoing.forget(connection, here.actor)
    return await _done(connection, here, ticket, said)


async def _done(connection: AsyncConnection, here: Scene, ticket: Ticket, said: Said) -> Sequence[Said]:
    """After an act that cannot be undone; a button's card shows what became of the ticket."""
    if not here.heard.pressed:
        return [said]
    return [said, await shown(connection, here, await tickets.by_id(connection, ticket.id) or ticket)]


async def _undo(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    if order.number is not None:
        return await _undo_on_card(connection, here, order)
    if order.version is not None and here.account and order.version != here.account.number:
        return [here.notice("stale")]
    ticket = await undoing.undo(connection, by=here.actor, now=here.now, settings=here.desk.settings)
    if not here.heard.pressed:
        return [here.say("undone", number=ticket.number)]
    # The button stands below what it undid, which is no longer so.
    undone = here.texts("undone", number=ticket.number)
    return [here.notice("undone", number=ticket.number), Said(here.heard.chat, undone, instead_of=here.heard.message)]


async def _undo_on_card(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """Only what whoever presses has done to this ticket."""
    ticket = await numbered(connection, here, order.number)
    if is_stale(order, ticket):
        return await stale(connection, here, ticket)
    done = await undoing.undo(connection, by=here.actor, now=here.now, settings=here.desk.settings, on=ticket.id)
    return [here.notice("undone", number=ticket.number), await shown(connection, here, done)]


async def _away(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    remark = order.words.strip()
    if here.heard.pressed:
        # One button for both, because a group shares its card.
        gone = await absences.away(connection, [here.actor.user_id])
        remark = "off" if gone else ""
    if remark.lower() in ("off", "back"):
        was = await absences.come_back(connection, by=here.actor)
        return [told(here, "back" if was else "back_already")]
    await absences.leave(connection, remark, by=here.actor, now=here.now)
    return [told(here, "away")]


ACTS: dict[Verb, Act] = {
    Verb.START: _start,
    Verb.HELP: _help,
    Verb.LANGUAGE: customer_commands.language,
    Verb.SHOW: _show,
    Verb.HISTORY: _history,
    Verb.FILES: _files,
    Verb.TAKE: changing(_take),
    Verb.RELEASE: changing(_release),
    Verb.ASSIGN: changing(_assign, picks=True),
    Verb.REPLY: agent_words.reply,
    Verb.NOTE: agent_words.note,
    Verb.STATUS: changing(_status, picks=True),
    Verb.PRIORITY: changing(_priority, picks=True),
    Verb.CATEGORY: changing(_category, picks=True),
    Verb.TAG: changing(_tag, picks=True),
    Verb.CLOSE: changing(_close),
    Verb.REOPEN: changing(_reopen),
    Verb.SNOOZE: changing(_snooze, picks=True),
    Verb.MERGE: _merge,
    Verb.BLOCK: _block,
    Verb.MORE: _more,
    Verb.ASK: questions.ask,
    Verb.CANNED: agent_words.use_canned,
    Verb.UNDO: _undo,
    Verb.AWAY: _away,
}

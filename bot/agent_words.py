"""What agents say on a ticket: answers that go to the customer, notes that stay among agents."""

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import acts, scene
from bot.acts import is_stale, numbered, shown
from bot.dialogue import REMEMBERED, Order, Speak, Verb
from bot.scene import Scene
from bot.talk import Place, Said
from core import attachments, conversation, corrections, tables, tickets
from core.attachments import NewFile
from core.chat import answer_receipts, answering, canned, chat_answers, linking, topics, undoing
from core.chat.undoing import Before
from core.conversation import Reach
from core.errors import NotFound
from core.storage import blobs
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Channel


async def speak(connection: AsyncConnection, here: Scene, spoken: Speak) -> Sequence[Said]:
    ticket = await numbered(connection, here, spoken.number)
    if spoken.is_public and (collision := await _collision(connection, here, ticket)):
        # What they sent is awaited still, for when they send it once more.
        return collision
    await no_longer_awaited(connection, here)
    text = spoken.text.strip() or ", ".join(file.filename for file in here.heard.files)
    return await (_answer if spoken.is_public else _note)(connection, here, ticket, text)


async def reply(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    return await _ordered(connection, here, order, is_public=True)


async def note(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    return await _ordered(connection, here, order, is_public=False)


async def _ordered(connection: AsyncConnection, here: Scene, order: Order, *, is_public: bool) -> Sequence[Said]:
    ticket = await numbered(connection, here, order.number)
    if not here.heard.pressed:
        return await (_answer if is_public else _note)(connection, here, ticket, order.words)
    if is_stale(order, ticket):
        return await acts.stale(connection, here, ticket)
    if is_public and (collision := await _collision(connection, here, ticket)):
        return collision
    if is_public:
        await answering.begin(connection, ticket, by=here.actor, now=here.now)
    if here.heard.place is not Place.PRIVATE:
        # The next line of somebody in a group may be meant for anybody.
        return [here.notice("reply_in_topic" if is_public else "note_in_topic"), await shown(connection, here, ticket)]
    verb = Verb.REPLY if is_public else Verb.NOTE
    await scene.keep(connection, here, awaiting={verb.value: str(ticket.number)}, awaiting_until=here.now + REMEMBERED)
    asked = here.say(f"{verb}_awaited", number=ticket.number)
    return [here.notice(f"{verb}_awaited", number=ticket.number), replace(asked, asks=f"{verb}:{ticket.number}")]


async def no_longer_awaited(connection: AsyncConnection, here: Scene) -> None:
    """Whoever turns to something else has given up the answer that their next line would have been."""
    if here.talk.awaiting:
        await scene.keep(connection, here, awaiting={}, awaiting_until=None)


async def _answer(connection: AsyncConnection, here: Scene, ticket: Ticket, text: str) -> Sequence[Said]:
    if collision := await _collision(connection, here, ticket):
        return collision
    settings = here.desk.settings
    message_id = await conversation.reply(
        connection, ticket, text, by=here.actor, now=here.now, settings=settings, keys=here.desk.keys
    )
    replied = here.heard.reply_to
    if replied and (to := await topics.message_at(connection, here.channel, here.heard.chat, replied)):
        await chat_answers.answers(connection, message_id, to)
    await answering.end(connection, ticket, here.actor)
    reached = [one for one in await conversation.reach(connection, ticket) if one.seq == 1]
    await _keep(connection, here, ticket, message_id)
    said = _sent(here, ticket, reached[0] if reached else None)
    if reached and reached[0].address and here.channel is Channel.TELEGRAM:
        await answer_receipts.promise(connection, message_id, here.heard.chat, here.texts.language, here.now)
        said = replace(said, receipt_of=message_id)
    return [said]


def _sent(here: Scene, ticket: Ticket, to: Reach | None) -> Said:
    """Whether the answer is on its way, and where to."""
    name = ticket.requester.name or here.texts("the_customer")
    values: dict[str, Any] = {"number": ticket.number, "name": name}
    if to is None:
        return here.say("reply_kept", **values)
    if to.address and to.missed:
        return here.say("reply_by_mail", address=to.address, why=to.missed, buttons=acts.undo_button(here), **values)
    if to.missed and to.offered:
        return here.say("reply_offered", address=to.offered, why=to.missed, **values)
    if to.missed:
        return here.say("reply_lost", why=to.missed, **values)
    return here.say("reply_queued", channel=to.channel, buttons=acts.undo_button(here), **values)


async def _note(connection: AsyncConnection, here: Scene, ticket: Ticket, text: str) -> Sequence[Said]:
    message_id = await conversation.note(connection, ticket, text, by=here.actor, now=here.now)
    await _keep(connection, here, ticket, message_id)
    return [here.say("noted", number=ticket.number)]


async def _keep(connection: AsyncConnection, here: Scene, ticket: Ticket, message_id: UUID) -> None:
    """The files that came with it, its name in the chat (for an edit), and that it can be undone."""
    heard = here.heard
    if heard.files:
        folder = here.desk.blob_folder
        kept = [
            NewFile(
                file.filename, file.content_type, await asyncio.to_thread(blobs.keep, folder, io.BytesIO(file.data))
            )
            for file in heard.files
        ]
        await attachments.add(connection, ticket, kept, by=here.actor, now=here.now, comment_id=message_id)
    if heard.message and not heard.pressed:
        row = {
            "id": new_id(), "message_id": message_id, "channel": here.channel, "place": heard.chat[:64],
            "remote_id": heard.message[:255],
        }  # fmt: skip
        await connection.execute(insert(tables.message_pairs), row)
    after = await tickets.by_id(connection, ticket.id)
    if after:
        await undoing.remember(connection, after, Before({}, here.now, message_id), by=here.actor)


async def _collision(connection: AsyncConnection, here: Scene, ticket: Ticket) -> Sequence[Said]:
    """Somebody else is writing an answer: both are told, once. Whoever then goes on means it."""
    mark = await answering.other(connection, ticket, here.actor, here.now)
    if mark is None or mark.told:
        return []
    await answering.told(connection, ticket, here.actor)
    others = await linking.addresses(connection, mark.user_id, here.channel)
    # In a private chat its number is its owner's.
    to_other = here.texts("collision_other", name=here.actor.signature, number=ticket.number)
    told = acts.told(here, "collision", name=mark.name, number=ticket.number, until=f"{mark.until:%H:%M} UTC")
    return [told, *(Said(address, to_other) for address in others[:1])]


async def reword(connection: AsyncConnection, here: Scene, message_id: UUID) -> Sequence[Said]:
    """An edit in the chat is one on the ticket, as long as nobody has read it."""
    m = tables.messages.c
    found = await connection.execute(select(m.ticket_id).where(m.id == message_id))
    ticket_id = found.scalar_one_or_none()
    if ticket_id is None:
        raise NotFound("Comment")
    ticket = await tickets.visible_to(connection, ticket_id, here.actor, here.desk.settings)
    text = here.heard.text
    if text.startswith("/"):
        _, _, text = text.partition(" ")
        first, _, rest = text.partition(" ")
        text = rest if first.removeprefix("#") == str(ticket.number) else text
    await corrections.edit(connection, ticket, message_id, text, by=here.actor, now=here.now)
    return [here.say("reworded", number=ticket.number)]


async def use_canned(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """`/canned`, `/canned name`, `/canned name 42`, `/canned add name text`, `/canned remove name`."""
    if here.heard.pressed:
        return await _pressed_canned(connection, here, order)
    words = order.words.split(maxsplit=2)
    match words:
        case []:
            return [_listed(here, await canned.listed(connection, by=here.actor))]
        case ["add", name, body]:
            await canned.put(connection, name, body, by=here.actor, now=here.now)
            return [here.say("canned_kept", name=name.lower())]
        case ["remove", name]:
            await canned.remove(connection, name, by=here.actor)
            return [here.say("canned_removed", name=name.lower())]
        case [name, number] if number.removeprefix("#").isdecimal():
            ticket = await numbered(connection, here, int(number.removeprefix("#")[:15]))
            return await _answer_canned(connection, here, ticket, name)
        case [name]:
            one = await canned.one(connection, name, by=here.actor)
            return [here.say("canned_shown", name=one.name, text=one.body)]
        case _:
            return [here.say("usage_canned")]


async def _pressed_canned(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """On a card: first the names, then the answer of the name that was chosen."""
    ticket = await numbered(connection, here, order.number)
    if is_stale(order, ticket):
        return await acts.stale(connection, here, ticket)
    if order.words:
        return [
            *await _answer_canned(connection, here, ticket, order.words),
            await _card_after(connection, here, ticket),
        ]
    if not await canned.listed(connection, by=here.actor):
        return [here.notice("canned_none")]
    return [await shown(connection, here, ticket, Verb.CANNED)]


async def _card_after(connection: AsyncConnection, here: Scene, ticket: Ticket) -> Said:
    return await shown(connection, here, await tickets.by_id(connection, ticket.id) or ticket)


async def _answer_canned(connection: AsyncConnection, here: Scene, ticket: Ticket, name: str) -> Sequence[Said]:
    one = await canned.one(connection, name, by=here.actor)
    text = canned.filled(one.body, ticket, here.actor, here.desk.settings.public_url)
    return await _answer(connection, here, ticket, text)


def _listed(here: Scene, all_of_them: Sequence[canned.Canned]) -> Said:
    if not all_of_them:
        return here.say("canned_none")
    names = ", ".join(one.name for one in all_of_them)
    return here.say("canned_list", names=names)

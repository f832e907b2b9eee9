"""`/split`: a message of the customer's becomes a ticket of its own. It is named by a reply to it, or by a card's button."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import acts, scene
from bot.acts import is_stale, numbered, shown, told
from bot.dialogue import Order, Verb
from bot.scene import Scene
from bot.talk import Said
from core import splitting, tickets
from core.chat import topics, undoing
from core.errors import DeskError, Unavailable
from core.splitting import Part


async def split(here: Scene, order: Order) -> list[Said]:
    """Like all that opens a ticket it goes by the desk's door first; then it is done once, as every act is."""
    try:
        found = await _meant(here, order)
        if not isinstance(found, Part):
            return found
        into = await here.desk.receive(splitting.message(found))
    except Unavailable:
        raise
    except DeskError as error:
        return [scene.refusal(here, error)]

    async def work(connection: AsyncConnection) -> Sequence[Said]:
        number = await splitting.move(connection, found, into, by=here.actor, now=here.now)
        await undoing.forget(connection, here.actor)
        said = told(here, "split", number=found.ticket.number, into=number)
        if not here.heard.pressed:
            return [said]
        return [said, await shown(connection, here, await tickets.by_id(connection, found.ticket.id) or found.ticket)]

    return await scene.once(here, work)


async def _meant(here: Scene, order: Order) -> Part | list[Said]:
    """The message, or what is said instead."""
    async with here.desk.reading() as connection:
        ticket = await numbered(connection, here, order.number)
        if is_stale(order, ticket):
            return list(await acts.stale(connection, here, ticket))
        if here.heard.pressed and not order.words:
            return [await shown(connection, here, ticket, Verb.SPLIT)]
        name = UUID(order.words) if _is_id(order.words) else None
        if name is None and here.heard.reply_to:
            name = await topics.message_at(connection, here.channel, here.heard.chat, here.heard.reply_to)
        if name is None:
            return [here.say("usage_split")]
        return await splitting.part(connection, ticket, name, by=here.actor)


def _is_id(words: str) -> bool:
    return len(words) == 32 and all(letter in "0123456789abcdef" for letter in words)

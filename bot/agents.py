"""What agents say and ask for: commands, buttons, words on a ticket. Only a linked account acts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import agent_commands, agent_words, customers, dialogue, queues, scene, splits
from bot.acts import Act
from bot.dialogue import Agent, Nothing, Order, Refusal, Reword, Speak, Verb
from bot.scene import Scene
from bot.talk import Place, Said
from core import tables, tickets
from core.chat import prompts, topics
from core.errors import DeskError, Unavailable
from core.vocabulary import Direction

# Who talks in topics without being known is told once in so long: a group may see twenty messages a minute.
TOLD_AGAIN = timedelta(hours=1)


async def answer(here: Scene) -> list[Said]:
    known = await _known(here)
    said = await _answered(here, known)
    heard = here.heard
    if heard.too_large and (heard.place is Place.PRIVATE or known.about is not None):
        # Otherwise they would believe that it has gone out with their words.
        said.append(customers.in_parts(here))
    return said


async def _answered(here: Scene, known: Agent) -> list[Said]:
    match dialogue.agent(here.heard, known):
        case Order(verb=Verb.SPLIT) as order:
            return await splits.split(here, order)
        case Order() as order:
            return await _carry_out(here, order)
        case Speak() as spoken:
            return await scene.once(here, lambda connection: agent_words.speak(connection, here, spoken))
        case Reword(message_id=message_id):
            return await scene.once(here, lambda connection: agent_words.reword(connection, here, message_id))
        case Refusal(key="stale"):
            return [here.notice("stale")]
        case Refusal(key=key, values=values):
            return [here.say(key, **values)]
        case Nothing():
            return []


async def stranger(here: Scene) -> list[Said]:
    """Somebody in the staff group whose account is not linked: a member of the group is nobody yet."""
    heard, key = here.heard, "anonymous_admin" if here.heard.speaker.anonymous else "not_linked"
    if heard.pressed:
        return [here.notice(key)]
    if heard.text.startswith("/"):
        return [here.say(key)]
    if not heard.topic or (
        key in here.talk.awaiting and here.talk.awaiting_until and here.now < here.talk.awaiting_until
    ):
        return []

    async def told(connection: AsyncConnection) -> list[Said]:
        await scene.keep(connection, here, awaiting={key: ""}, awaiting_until=here.now + TOLD_AGAIN)
        return [here.say(key)]

    return await scene.once(here, told)


async def _carry_out(here: Scene, order: Order) -> list[Said]:
    if listed := queues.LISTS.get(order.verb):
        return await _listed(here, order, listed)
    act = agent_commands.ACTS.get(order.verb)
    if act is None:
        return [here.notice("stale")]
    return await scene.once(here, lambda connection: _acted(connection, here, order, act))


async def _listed(here: Scene, order: Order, read: Callable[[Scene, Order], Awaitable[Said]]) -> list[Said]:
    """Reading twice hurts nobody: nothing is written down, unless something was awaited that is no longer."""
    try:
        said = await read(here, order)
    except Unavailable:
        raise
    except DeskError as error:
        return [scene.refusal(here, error)]
    if not here.talk.awaiting:
        return [said]

    async def turned(connection: AsyncConnection) -> list[Said]:
        await agent_words.no_longer_awaited(connection, here)
        return [said]

    return await scene.once(here, turned)


async def _acted(connection: AsyncConnection, here: Scene, order: Order, act: Act) -> Sequence[Said]:
    await agent_words.no_longer_awaited(connection, here)
    return await act(connection, here, order)


_m, _pairs, _t = tables.messages.c, tables.message_pairs.c, tables.tickets.c


async def _known(here: Scene) -> Agent:
    heard = here.heard
    async with here.desk.reading() as connection:
        own = await _own_message(connection, here) if heard.edited else None
        topic = await topics.at(connection, heard.chat, heard.topic) if heard.topic else None
        replied, is_customers = await _replied(connection, here) if heard.reply_to else (None, False)
        asked = (
            await prompts.at(connection, here.channel, heard.chat, heard.reply_to, here.now) if heard.reply_to else ""
        )
        about = await _number(connection, replied or (topic.ticket_id if topic else None))
    return Agent(here.talk, about, topic is not None, is_customers, own, asked)


async def _replied(connection: AsyncConnection, here: Scene) -> tuple[UUID | None, bool]:
    """The ticket of what is answered, and whether answering it speaks to the customer."""
    heard = here.heard
    found = await connection.execute(
        select(_m.ticket_id, _m.direction)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(_pairs.channel == here.channel, _pairs.place == heard.chat, _pairs.remote_id == heard.reply_to)
        .limit(1)
    )
    row = found.first()
    if row is not None:
        return row.ticket_id, row.direction == Direction.INBOUND
    ticket_id = await topics.of_card(connection, here.channel, heard.chat, heard.reply_to)
    # In a topic everything stands below the card; elsewhere answering it is answering what it shows.
    return ticket_id, ticket_id is not None and not (heard.place is Place.STAFF and heard.topic)


async def _own_message(connection: AsyncConnection, here: Scene) -> UUID | None:
    found = await connection.execute(
        select(_m.id)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(
            _pairs.channel == here.channel, _pairs.place == here.heard.chat, _pairs.remote_id == here.heard.message,
            _m.user_id == here.actor.user_id,
        )
        .limit(1)
    )  # fmt: skip
    return found.scalar_one_or_none()


async def _number(connection: AsyncConnection, ticket_id: UUID | None) -> int | None:
    ticket = await tickets.by_id(connection, ticket_id) if ticket_id else None
    return ticket.number if ticket else None

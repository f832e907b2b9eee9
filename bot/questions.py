"""Asking an agent for what a button cannot carry: a message that is to be answered, and is remembered as a question."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import acts, scene
from bot.acts import is_stale, numbered
from bot.dialogue import PROMPTED, REMEMBERED, Order, Verb
from bot.markup import Html, escaped
from bot.scene import Scene
from bot.talk import Place, Said
from core.vocabulary import Channel


async def ask(connection: AsyncConnection, here: Scene, order: Order) -> Sequence[Said]:
    """In a private chat the next line answers as well; in a group only a reply does, for others talk there too."""
    if order.words not in PROMPTED:
        return [here.notice("stale")]
    verb, number = Verb(order.words), ""
    if order.number is not None:
        ticket = await numbered(connection, here, order.number)
        if is_stale(order, ticket):
            return await acts.stale(connection, here, ticket)
        number = str(ticket.number)
    if here.heard.place is Place.PRIVATE:
        await scene.keep(connection, here, awaiting={verb.value: number}, awaiting_until=here.now + REMEMBERED)
    return [replace(here.show(_addressed(here, here.texts(f"ask_{verb}", number=number))), asks=f"{verb}:{number}")]


def _addressed(here: Scene, sentence: Html) -> Html:
    """In a group, to who pressed: Telegram opens the field for the answer to those who are named (Bot API, ForceReply)."""
    if here.heard.place is Place.PRIVATE:
        return sentence
    name = escaped(here.actor.signature)
    if here.channel is Channel.TELEGRAM:
        name = Html(f'<a href="tg://user?id={int(here.heard.speaker.id)}">{name}</a>')
    return Html(f"{name}: {sentence}")

"""The dialogue in a terminal: `deskbell chat --as NAME` speaks with the desk as a customer, or as the agent of that name.

A line is said; a number presses the button that was shown with it. Answers of agents arrive before the next line.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import conversing
from bot.markup import escaped, plain
from bot.talk import Button, Heard, Place, Said, Speaker
from core import outbox, tables, tickets
from core.accounts import users
from core.accounts.users import User
from core.chat import linking, prompts, topics
from core.desk import Desk
from core.errors import NotFound
from core.outbox import Sent
from core.tables import new_id
from core.vocabulary import Channel, DeliveryState, Role

CHANNEL = Channel.CONSOLE
# So many answers are shown between two lines.
AT_ONCE = 20

_d, _m, _t = tables.deliveries.c, tables.messages.c, tables.tickets.c


@dataclass(slots=True)
class Room:
    """One conversation that people share, as a terminal shows it: its messages are counted, its buttons too."""

    chat: str
    place: Place = Place.PRIVATE
    topic: str = ""
    count: int = 0
    buttons: dict[int, tuple[str, Button]] = field(default_factory=dict)

    def next(self) -> str:
        self.count += 1
        return str(self.count)


@dataclass(slots=True)
class Voice:
    """Somebody who speaks in a terminal. `session` tells this terminal's lines from another's."""

    desk: Desk
    name: str
    session: str
    language: str = ""

    async def hears(self, room: Room, line: str, **parts: object) -> tuple[Heard, list[str]]:
        """Say a line; what the terminal shows then."""
        number = int(line) if line.isdecimal() and len(line) < 4 else 0
        message, button = room.buttons.get(number, ("", None))
        said = Heard(
            key="",
            speaker=Speaker(self.name, self.name.title(), self.language),
            place=room.place,
            chat=room.chat,
            topic=room.topic,
            at=self.desk.clock(),
            raw=b"",
            text="" if button else line,
            message=message if button else room.next(),
            pressed=button.data if button else "",
        )
        heard = replace(said, **parts)  # type: ignore[arg-type]  # fields of what is heard
        nth = room.next() if button else heard.message
        heard = replace(heard, key=heard.key or f"console:{self.session}:{room.chat}:{nth}:{int(heard.edited)}")
        return heard, await self.answered(room, heard)

    async def answered(self, room: Room, heard: Heard) -> list[str]:
        shown: list[str] = []
        for said in await conversing.respond(self.desk, heard, CHANNEL):
            shown += await self._show(room, said)
        return shown

    async def _show(self, room: Room, said: Said) -> list[str]:
        if said.notice:
            return [f"   ({said.notice})"]
        if said.chat != room.chat:
            return [f"   (to {said.chat}: {plain(said.html)})"]
        name = said.instead_of or room.next()
        if said.card_of:
            async with self.desk.writing() as connection:
                ticket = await tickets.by_id(connection, said.card_of)
                version = ticket.version if ticket else 0
                await topics.keep_card(connection, CHANNEL, room.chat, name, said.card_of, version, self.desk.clock())
        if said.asks:
            async with self.desk.writing() as connection:
                await prompts.keep(connection, CHANNEL, room.chat, name, said.asks, self.desk.clock())
        return rendered(room, name, said, edited=bool(said.instead_of))

    async def arrived(self, room: Room) -> list[str]:
        """What was answered or decided since the last line."""
        shown: list[str] = []
        for said in await conversing.overdue(self.desk, CHANNEL):
            shown += await self._show(room, said)
        async with self.desk.writing() as connection:
            found = await connection.execute(
                select(_d.id, _d.message_id, _t.number, _m.author, _m.body)
                .join_from(tables.deliveries, tables.messages, _m.id == _d.message_id)
                .join(tables.tickets, _t.id == _d.ticket_id)
                .where(_d.channel == CHANNEL, _d.address == self.name, _d.state == DeliveryState.QUEUED)
                .order_by(_d.id)
                .limit(AT_ONCE)
            )
            for row in found.all():
                name = room.next()
                shown += rendered(room, name, Said(room.chat, escaped(f"{row.author} on #{row.number}: {row.body}")))
                await _delivered(connection, self.desk, row.id, row.message_id, room.chat, name)
        return shown


async def _delivered(
    connection: AsyncConnection, desk: Desk, delivery_id: UUID, message_id: UUID, chat: str, name: str
) -> None:
    """It was shown; and by its name in the room it can be replied to."""
    await outbox.settle(connection, [Sent(delivery_id)], desk.clock(), lifetime=timedelta())
    row = {"id": new_id(), "message_id": message_id, "channel": CHANNEL, "place": chat[:64], "remote_id": name}
    await connection.execute(insert(tables.message_pairs), row)


def rendered(room: Room, name: str, said: Said, *, edited: bool = False) -> list[str]:
    """The message as lines, its buttons numbered. A message that was changed says so."""
    first, *rest = plain(said.html).split("\n")
    shown = [f"{name:>3}{'*' if edited else '|'} {first}", *(f"   | {row}" for row in rest)]
    if said.buttons or edited:
        # The buttons of the newest message that has some are those that a number presses.
        room.buttons = {}
    n = 0
    for row in said.buttons:
        labels = []
        for button in row:
            n += 1
            room.buttons[n] = (name, button)
            labels.append(f"[{n}] {button.label}")
        shown.append("     " + "  ".join(labels))
    return shown


async def introduce(desk: Desk, name: str) -> User | None:
    """Whoever has an account of that name speaks as it, since the terminal is its owner's; others as a customer."""
    async with desk.writing() as connection:
        try:
            user = await users.by_name(connection, name)
        except NotFound:
            return None
        if user.active:
            await linking.link(connection, user, CHANNEL, name, desk.clock())
    return user


async def chat(desk: Desk, name: str, *, read: Callable[[], str], write: Callable[[str], None]) -> None:
    """Talk until there is nothing more to read (EOFError)."""
    user = await introduce(desk, name)
    role = user.role if user else Role.CUSTOMER
    write(f"You are {name} ({role}). Write a line, or the number of a button; /help helps, Ctrl-D ends.")
    voice, room = Voice(desk, name, secrets.token_hex(8)), Room(name)
    while True:
        for row in await voice.arrived(room):
            write(row)
        try:
            line = await asyncio.to_thread(read)
        except EOFError:
            return
        if line.strip():
            _, shown = await voice.hears(room, line.strip())
            for row in shown:
                write(row)

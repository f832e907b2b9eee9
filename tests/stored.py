"""What a desk has stored, and a desk that is set otherwise: shared by the tests of core."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import archive, history, tables, tickets
from core.config import Settings
from core.desk import Desk
from core.history import Change
from core.messages import NO_WISHES, InboundFile, InboundMessage, Sender, Wishes
from core.tickets import Ticket
from core.vocabulary import Channel
from tests.builders import a_mail


def with_section(settings: Settings, section: str, **keys: object) -> Settings:
    """The same settings, with some keys of one section otherwise."""
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update=keys)})


def a_post(
    *, dedupe_key: str, channel: Channel = Channel.API, person_id: UUID | None = None, ticket_id: UUID | None = None,
    files: tuple[InboundFile, ...] = (), wishes: Wishes = NO_WISHES, text: str = "It is on fire.", **parts: object,
) -> InboundMessage:  # fmt: skip
    """What somebody says over the API."""
    return archive.built(
        Sender(Channel.EMAIL, "ann@customer.test", "Ann Archer", person_id),
        wishes,
        files=files,
        channel=channel,
        subject="Printer on fire",
        text=text,
        dedupe_key=dedupe_key,
        ticket_id=ticket_id,
        acknowledge=False,
        **parts,
    )


def a_chat_line(key: str, text: str, address: str = "77", **parts: Any) -> InboundMessage:
    """What somebody says in a chat, as the dialogue hands it in."""
    return archive.built(
        Sender(Channel.TELEGRAM, address, "Ann Archer"),
        channel=Channel.TELEGRAM,
        subject="",
        text=text,
        dedupe_key=f"telegram:{key}",
        message_id=key,
        place=address,
        acknowledge=False,
        **parts,
    )


async def count(desk: Desk, table: Table) -> int:
    async with desk.reading() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def rows(desk: Desk, table: Table) -> list[Row[*tuple[object, ...]]]:
    """All rows of a table, the oldest first."""
    async with desk.reading() as connection:
        return list((await connection.execute(select(table).order_by(next(iter(table.primary_key))))).all())


async def numbered(desk: Desk, number: int) -> Ticket:
    async with desk.reading() as connection:
        [ticket] = (await tickets.by_numbers(connection, [number])).values()
    return ticket


async def changes(desk: Desk, number: int) -> list[Change]:
    ticket = await numbered(desk, number)
    async with desk.reading() as connection:
        return await history.of_ticket(connection, ticket.id)


async def opened_by(desk: Desk, address: str = "ann@customer.test") -> Ticket:
    """A ticket of somebody's, opened by a mail that is not acknowledged."""
    receipt = await desk.receive(a_mail(address, acknowledge=False))
    assert receipt.ticket_number is not None
    return await numbered(desk, receipt.ticket_number)


async def set_row(desk: Desk, table: Table, row_id: UUID, **values: object) -> None:
    """Put a row into a state that nothing but time, or somebody else's program, would bring it into."""
    async with desk.writing() as connection:
        await connection.execute(update(table).where(table.c.id == row_id).values(**values))


async def person_of(desk: Desk, address: str) -> UUID:
    i = tables.identities.c
    async with desk.reading() as connection:
        found: UUID = (await connection.execute(select(i.person_id).where(i.address == address))).scalar_one()
    return found


async def mark_read(connection: AsyncConnection, ticket_id: UUID) -> None:
    """Any small write, for tests of what becomes of writes."""
    await connection.execute(update(tables.tickets).where(tables.tickets.c.id == ticket_id).values(unread=0))

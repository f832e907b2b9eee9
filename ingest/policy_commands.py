"""The commands about mail that is kept out or waits: blocked senders, incidents, and answers that are held."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from core import access, ledger, tickets
from core.accounts import users
from core.desk import Desk
from core.errors import NotFound
from core.ledger import Arrivals, Entry
from core.mail import marks
from core.mail.marks import Mark
from core.running import terminal
from core.running.terminal import EX_DATAERR, Config, Json
from core.storage.paging import Span
from core.vocabulary import Disposition, HeldDecision

MOST = 1_000
# Who set what was set on this machine.
HERE = "command line"


def join(app: typer.Typer) -> None:
    for command in (block, unblock, blocked, incidents, held):
        app.command(command.__name__)(command)


def block(
    subject: Annotated[str, typer.Argument(help="A mail address, or a domain with all below it.")],
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "",
    days: Annotated[int, typer.Option(min=0, max=36_500, help="For so many days; 0: until it is lifted.")] = 0,
    config_path: Config = None,
) -> None:
    """Take nothing any more from an address or a domain. What they send is kept in the ledger."""

    async def work(desk: Desk) -> None:
        now = desk.clock()
        until = now + timedelta(days=days) if days else None
        async with desk.writing() as connection:
            made = await marks.block(connection, subject, reason, until, by=HERE, now=now)
        typer.echo(f"{made.subject} is blocked {_until(made)}.")

    terminal.with_desk(config_path, work)


def unblock(
    subject: Annotated[str, typer.Argument(help="The address or domain, as `deskbell blocked` shows it.")],
    config_path: Config = None,
) -> None:
    """Take mail from there again."""

    async def work(desk: Desk) -> None:
        async with desk.writing() as connection:
            await marks.lift_from(connection, subject)
        typer.echo(f"{marks.subject_of(subject)} is not blocked any more.")

    terminal.with_desk(config_path, work)


def blocked(config_path: Config = None, as_json: Json = False) -> None:
    """List whom nothing is taken from."""

    async def work(desk: Desk) -> None:
        async with desk.reading() as connection:
            _show(await marks.blocks(connection, desk.clock(), Span(MOST)), as_json=as_json)

    terminal.with_desk(config_path, work)


def incidents(
    reset: Annotated[str, typer.Option(help="End this incident: what is automatic goes there again.")] = "",
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """List to whom nothing automatic is sent, and why: loops, spent budgets, complaints."""
    wanted = _id(reset) if reset else None

    async def work(desk: Desk) -> None:
        if wanted:
            async with desk.writing() as connection:
                ended = await marks.reset(connection, wanted, by=HERE, now=desk.clock())
            typer.echo(f"The incident with {ended.subject} is over.")
            return
        async with desk.reading() as connection:
            _show(await marks.incidents(connection, desk.clock(), Span(MOST)), as_json=as_json)

    terminal.with_desk(config_path, work)


def held(
    allow: Annotated[str, typer.Option(help="Let the writer of this answer take part in the ticket.")] = "",
    ignore: Annotated[str, typer.Option(help="Turn this answer away.")] = "",
    new_ticket: Annotated[str, typer.Option(help="Make this answer a ticket of its own.")] = "",
    name: Annotated[str, typer.Option("--as", help="The account that decides.")] = "",
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """List answers by mail that wait for an agent's yes, or decide on one."""
    said = {HeldDecision.ALLOW: allow, HeldDecision.IGNORE: ignore, HeldDecision.NEW_TICKET: new_ticket}
    chosen = [(decision, _id(row)) for decision, row in said.items() if row]
    if len(chosen) > 1:
        terminal.stop("one decision at a time: --allow, --ignore or --new-ticket", EX_DATAERR)
    if chosen and not name:
        terminal.stop("say whose decision it is: --as NAME, an agent or an admin", EX_DATAERR)

    async def work(desk: Desk) -> None:
        if chosen:
            await _decide(desk, *chosen[0], name)
            return
        async with desk.reading() as connection:
            waiting = Arrivals(disposition=Disposition.PENDING_PARTICIPANT)
            found = await ledger.entries(connection, waiting, Span(MOST))
        if as_json:
            terminal.print_json(found)
        else:
            typer.echo("\n".join(map(_line, found)) or "Nothing is held.")

    terminal.with_desk(config_path, work)


async def _decide(desk: Desk, decision: HeldDecision, row: UUID, name: str) -> None:
    from core.mail import held as answers
    from ingest.commands import understood

    async with desk.reading() as connection:
        actor = (await users.by_name(connection, name)).actor
        arrival = await ledger.original(connection, row, desk.blob_folder)
        message = await understood(desk, connection, arrival)
        ticket = await tickets.by_id(connection, arrival.ticket_id) if arrival.ticket_id else None
        if ticket is None or not access.may_see(actor, ticket, desk.settings):
            raise NotFound("Held answer")
    async with desk.writing() as connection:
        await answers.decide(
            connection, ticket, arrival, message, decision, by=actor, now=desk.clock(), settings=desk.settings,
            keys=desk.keys,
        )  # fmt: skip
        entry = await ledger.one(connection, row)
    typer.echo(f"{row}: {entry.disposition}{f' on ticket {entry.ticket_number}' if entry.ticket_number else ''}")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        terminal.stop(f"{text} is no id: the list without options shows them", EX_DATAERR)


def _show(found: list[Mark], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(found)
        return
    for mark in found:
        author = f", by {mark.author}" if mark.author else ""
        typer.echo(
            f"{mark.id}  {mark.since:%Y-%m-%d %H:%M}  {mark.kind:9} {mark.subject:30} {_until(mark)}  {mark.reason}{author}"
        )


def _until(mark: Mark) -> str:
    return f"until {mark.until:%Y-%m-%d %H:%M}" if mark.until else "until it is lifted"


def _line(entry: Entry) -> str:
    at = entry.received_at.strftime("%Y-%m-%d %H:%M")
    return f"{entry.id}  {at}  #{entry.ticket_number}  {entry.sender:30} {entry.subject}"

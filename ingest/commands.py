"""The commands about mail: explain, the ledger, and our templates."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from core import ledger as ledgers
from core.desk import Desk
from core.ledger import Arrivals, Entry, Original
from core.messages import InboundMessage, Receipt
from core.running import terminal
from core.running.terminal import EX_CANTCREAT, EX_CONFIG, EX_DATAERR, EX_NOINPUT, Config, Json
from core.storage.paging import Span
from ingest import mail_pipe


def join(app: typer.Typer) -> None:
    for command in (mail_pipe.mail, explain, ledger, templates):
        app.command(command.__name__)(command)


def explain(
    files: Annotated[list[str] | None, typer.Argument(help="Mails (.eml), or - for stdin.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read a path a line, answer a JSON line each.")] = False,
    as_json: Json = False,
) -> None:
    """Show how mails are understood. Stores nothing and needs no configuration. Exits 66 when one cannot be read."""
    from ingest import explain_lines
    from ingest.explain import page

    if not files and not stdin:
        terminal.stop("name a mail file, or - for stdin, or --stdin to read paths from it", EX_NOINPUT)
    missed = False
    for name in files or ():
        found = explain_lines.explained(name)
        missed |= "error" in found
        typer.echo(orjson.dumps(found).decode() if as_json else found.get("error") or page(found))
    if stdin:
        explain_lines.run()
    if missed:
        raise typer.Exit(EX_NOINPUT)


def ledger(
    failed: Annotated[bool, typer.Option("--failed", help="Only what could not be filed.")] = False,
    replay: Annotated[str, typer.Option(help="Do this row again, from its raw bytes.")] = "",
    raw: Annotated[str, typer.Option(help="Write the raw bytes of this row to stdout.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """List everything ever received and what became of it, the newest first."""
    if replay:
        terminal.with_desk(config_path, lambda desk: _replay(desk, _row_id(replay)))
    elif raw:
        terminal.with_desk(config_path, lambda desk: _write_raw(desk, _row_id(raw)))
    else:
        terminal.with_desk(config_path, lambda desk: _list(desk, failed=failed, limit=limit, as_json=as_json))


def _row_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        terminal.stop(f"{text} is no row of the ledger: `deskbell ledger` shows their ids", EX_DATAERR)


async def _replay(desk: Desk, row: UUID) -> None:
    receipt = await replayed(desk, row)
    typer.echo(f"{row}: {mail_pipe.told(receipt)}")


async def replayed(desk: Desk, row: UUID) -> Receipt:
    """Do a row of the ledger again as today's program understands it. Raises NotFound."""
    async with desk.reading() as connection:
        arrival = await ledgers.original(connection, row, desk.blob_folder)
        message = await understood(desk, connection, arrival)
    async with desk.writing() as connection:
        return await ledgers.replay(connection, arrival, message, desk.clock(), settings=desk.settings, keys=desk.keys)


async def understood(desk: Desk, connection: AsyncConnection, arrival: Original) -> InboundMessage:
    """The message that an arrival is for today's program."""
    from ingest import envelope, mail_reader

    parse = mail_reader.reader(desk.settings)
    return await ledgers.understood(
        connection, arrival, desk.blob_folder, lambda mail: parse(mail.raw, envelope.from_mapping(mail.envelope))
    )


async def _write_raw(desk: Desk, row: UUID) -> None:
    async with desk.reading() as connection:
        arrival = await ledgers.original(connection, row, desk.blob_folder)
    sys.stdout.buffer.write(arrival.raw)


async def _list(desk: Desk, *, failed: bool, limit: int, as_json: bool) -> None:
    async with desk.reading() as connection:
        found = await ledgers.entries(connection, Arrivals(failed=failed), Span(limit))
    if as_json:
        terminal.print_json(found)
        return
    for entry in found:
        typer.echo(_line(entry))


def _line(entry: Entry) -> str:
    ticket = f"#{entry.ticket_number}" if entry.ticket_number else "-"
    at = entry.received_at.strftime("%Y-%m-%d %H:%M:%S")
    because = "; ".join(part for part in (entry.reason, entry.error.partition("\n")[0][:200]) if part)
    note = f"  ({because})" if because else ""
    return f"{entry.id}  {at}  {entry.channel:9} {entry.disposition:11} {ticket:>7}  {entry.sender:30} {entry.subject}{note}"


def templates(
    write: Annotated[Path | None, typer.Option(help="Write ours there, to begin with; what is there stays.")] = None,
    config_path: Config = None,
) -> None:
    """Check the texts of your own for acknowledgements and answers, or write ours to change them. Exits 78 on a fault."""
    from ingest import letter_templates

    settings = terminal.settings(config_path)
    where = letter_templates.folder(settings)
    if write is not None:
        _write_templates(write)
        return
    for problem in (found := letter_templates.problems(settings)):
        typer.echo(f"{problem.field} {problem.message}", err=True)
    if found:
        raise typer.Exit(EX_CONFIG)
    names = sorted(file.name for file in where.iterdir()) if where.is_dir() else []
    typer.echo(f"{where}: {', '.join(names) or 'nothing, so ours are used (--write FOLDER to begin with them)'}")


def _write_templates(folder: Path) -> None:
    from ingest import letter_templates

    missing = [(name, text) for name, text in letter_templates.built_in() if not (folder / name).exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in missing:
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        terminal.stop(f"{folder}: {error.strerror}: name a folder that you may write to", EX_CANTCREAT)
    with terminal.errors_as_sentences():
        for name, _ in missing:
            typer.echo(folder / name)

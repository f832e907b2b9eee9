"""The commands about what comes in: mail, explain, the ledger."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import structlog
import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from core import addresses, terminal
from core import ledger as ledgers
from core.desk import Desk
from core.errors import Unavailable
from core.ledger import Arrivals, Entry, Original
from core.messages import InboundMessage, Receipt
from core.paging import Span
from core.terminal import EX_DATAERR, EX_NOINPUT, EX_NOUSER, EX_TEMPFAIL, EX_UNAVAILABLE, Config, Json
from core.vocabulary import Outcome

log = structlog.get_logger()

# What the caller (a person, or the pipe of a mail server) learns by the exit code.
_CODES = {Outcome.DEFERRED: EX_TEMPFAIL, Outcome.REFUSED: EX_UNAVAILABLE}


def join(app: typer.Typer) -> None:
    for command in (mail, explain, ledger):
        app.command(command.__name__)(command)


def mail(
    files: Annotated[list[str], typer.Argument(help="Mails (.eml), or - for stdin.")],
    sender: Annotated[str, typer.Option("--from", help="The envelope's sender (default: as its header says).")] = "",
    recipient: Annotated[str, typer.Option("--to", help="The envelope's recipient (default: our first address).")] = "",
    config_path: Config = None,
) -> None:
    """Deliver mails as if by SMTP. Exits as sysexits.h has it: 0 delivered, 75 try again later."""
    mails = [(name, _read(name)) for name in files]

    async def work(desk: Desk) -> int:
        codes = [await _deliver(desk, name, raw, sender, recipient) for name, raw in mails]
        return max(codes)

    with _faults_may_pass():
        raise typer.Exit(terminal.with_desk(config_path, work))


@contextmanager
def _faults_may_pass() -> Iterator[None]:
    """A mail server's pipe bounces a mail for every code but 75, so whatever is our fault must be that one."""
    try:
        yield
    except typer.Exit as end:
        # What was decided about the mail itself stands; a broken configuration or database is ours.
        ours = end.exit_code not in (0, EX_UNAVAILABLE, EX_NOUSER)
        raise typer.Exit(EX_TEMPFAIL if ours else end.exit_code) from None
    except Exception as error:
        log.exception("mail_command_failed")
        terminal.stop(f"the mail could not be stored ({type(error).__name__}): try again later", EX_TEMPFAIL)


async def _deliver(desk: Desk, name: str, raw: bytes, sender: str, recipient: str) -> int:
    from ingest import file_drop

    to = recipient or desk.settings.smtp.addresses[0]
    if not addresses.is_ours(to, desk.settings.our_addresses):
        typer.echo(f"{name}: {to} is not an address of this desk: see smtp.addresses", err=True)
        return EX_NOUSER
    try:
        forms = desk.settings.mail.forms
        receipt = await desk.receive(file_drop.parse(raw, sender=sender, recipient=to, at=desk.clock(), forms=forms))
    except Unavailable as error:
        typer.echo(f"{name}: {error.reason}; try again later", err=True)
        return EX_TEMPFAIL
    typer.echo(f"{name}: {_told(receipt)}")
    return _CODES.get(receipt.outcome, 0)


def _told(receipt: Receipt) -> str:
    if receipt.ticket_number:
        return f"ticket {receipt.ticket_number} {receipt.outcome}"
    return f"{receipt.outcome}: {receipt.reason}" if receipt.reason else str(receipt.outcome)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        terminal.stop(f"{name}: {error.strerror}: name a mail file, or - for stdin", EX_NOINPUT)


def explain(
    files: Annotated[list[str] | None, typer.Argument(help="Mails (.eml), or - for stdin.")] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read a path a line, answer a JSON line each.")] = False,
    as_json: Json = False,
) -> None:
    """Show how mails are understood. Stores nothing and needs no configuration."""
    from ingest import explain_lines
    from ingest.explain import page

    if not files and not stdin:
        terminal.stop("name a mail file, or - for stdin, or --stdin to read paths from it", EX_NOINPUT)
    for name in files or ():
        found = explain_lines.explained(name)
        typer.echo(orjson.dumps(found).decode() if as_json else found.get("error") or page(found))
    if stdin:
        explain_lines.run()


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
    typer.echo(f"{row}: {_told(receipt)}")


async def replayed(desk: Desk, row: UUID) -> Receipt:
    """Do a row of the ledger again as today's program understands it. Raises NotFound."""
    async with desk.reading() as connection:
        arrival = await ledgers.original(connection, row, desk.blob_folder)
        message = await understood(desk, connection, arrival)
    async with desk.writing() as connection:
        return await ledgers.replay(connection, arrival, message, desk.clock(), settings=desk.settings, keys=desk.keys)


async def understood(desk: Desk, connection: AsyncConnection, arrival: Original) -> InboundMessage:
    """The message that an arrival is for today's program."""
    from ingest import envelope, mail_in

    parse = mail_in.reader(desk.settings)
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

"""The commands that move tickets as a whole: import and export."""

import gc
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated

import typer

from core import exporting, importing
from core.desk import Desk
from core.importing import Origin, Result, Told
from core.running import terminal
from core.running.terminal import EX_DATAERR, EX_NOINPUT, Config, Json

if TYPE_CHECKING:
    from ingest.file_export import Writer

# Of the errors this many are shown; --json has them all.
SHOWN = 20

Format = Annotated[str, typer.Option("--format", help="csv, json or xml (default: by the file's name).")]


def join(app: typer.Typer) -> None:
    app.command("import")(import_tickets)
    app.command("export")(export_tickets)


def import_tickets(
    file: Annotated[str, typer.Argument(help="A file of tickets (docs/importing.md), or - for stdin.")],
    named: Format = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be imported, and store nothing.")] = False,
    source: Annotated[str, typer.Option(help="The system whose ids these are, if you import from several.")] = "",
    events: Annotated[bool, typer.Option("--events", help="Tell webhooks of each ticket.")] = False,
    config_path: Config = None,
    as_json: Json = False,
) -> None:
    """Open tickets from a CSV, JSON or XML file; what is here already is left alone. Exits 65 if a row was bad."""
    if not re.fullmatch(importing.SOURCE, source):
        terminal.stop("--source must be up to 32 of the letters a-z, digits, and . _ -", EX_DATAERR)
    with _opened(file) as content, _progress(content, quiet=as_json) as told, _rare_collections():
        result = _imported(content, file, named, Origin(source, events=events), config_path, told, dry_run=dry_run)
    if as_json:
        terminal.print_json(result)
    else:
        _tell(result, dry_run=dry_run)
    raise typer.Exit(EX_DATAERR if result.failed else 0)


def _imported(
    content: IO[bytes], file: str, named: str, origin: Origin, config_path: Path | None, told: Told, *, dry_run: bool
) -> Result:
    from ingest import file_import
    from ingest.import_records import BadFile

    work = importing.rehearse if dry_run else importing.run
    try:
        kind = file_import.format_of(named, file)
        rows = file_import.rows(content, kind)
        return terminal.with_desk(config_path, lambda desk: work(desk, rows, origin, told))
    except file_import.UnsupportedFormat as error:
        terminal.stop(f"{error} (--format says which)", EX_DATAERR)
    except BadFile as error:
        terminal.stop(f"{file}: {error}", EX_DATAERR)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        with TemporaryFile() as kept:
            # It is looked at twice, and a pipe can be read once.
            shutil.copyfileobj(sys.stdin.buffer, kept)
            yield kept
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        terminal.stop(f"{name}: {error.strerror}: name a file of tickets, or - for stdin", EX_NOINPUT)
    with file:
        yield file


@contextmanager
def _progress(content: IO[bytes], *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, if somebody is looking: how much of the file is done."""
    if quiet or not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    size = content.seek(0, os.SEEK_END)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("0 rows", total=size)
        yield lambda rows: progress.update(task, completed=content.tell(), description=f"{rows} rows")


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Of the many values of a row hardly any is in a cycle: looking for those costs a tenth of an import."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _tell(result: Result, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    typer.echo(
        f"{result.total} {'row' if result.total == 1 else 'rows'}: {result.successful} {would}imported, {result.duplicates} were here already, "
        f"{result.failed} bad."
    )
    for error in result.errors[:SHOWN]:
        typer.echo(f"row {error.row}: {'; '.join(error.errors)}", err=True)
    if result.failed > SHOWN:
        typer.echo(f"and {result.failed - SHOWN} more: --json lists the first {importing.MOST_ERRORS}", err=True)


def export_tickets(named: Format = "csv", config_path: Config = None) -> None:
    """Write all tickets to stdout, as `deskbell import` reads them; conversations and files stay (see backup)."""
    from ingest import file_export, file_import

    try:
        writer = file_export.writer(file_import.format_of(named))
    except file_import.UnsupportedFormat as error:
        terminal.stop(f"{error} (--format says which)", EX_DATAERR)

    async def work(desk: Desk) -> None:
        try:
            await _write_all(desk, writer, sys.stdout.buffer)
        except BrokenPipeError:
            # `deskbell export | head`: who reads has had enough, and the interpreter must not try again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    terminal.with_desk(config_path, work)


async def _write_all(desk: Desk, writer: "Writer", out: IO[bytes]) -> None:
    out.write(writer.before.encode())
    between = b""
    async for page in exporting.pages(desk):
        out.write(between + writer.written(page).encode())
        between = writer.between.encode()
    out.write(writer.after.encode())
    out.flush()

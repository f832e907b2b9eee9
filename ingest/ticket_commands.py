"""The commands that move tickets as a whole: import and export."""

import gc
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Annotated

import typer

from core import batches, exporting, importing
from core.batches import Reading
from core.desk import Desk
from core.importing import Result, Told
from core.origin import SOURCE, Origin
from core.running import terminal
from core.running.terminal import EX_DATAERR, EX_NOINPUT, Config, Json

if TYPE_CHECKING:
    from ingest.file_export import Writer

# Of the errors this many are shown; --json has them all.
SHOWN = 20

# With conversations and files (ingest/desk_archive.py); the others are tables.
ZIP = "zip"
Format = Annotated[str, typer.Option("--format", help="csv, json, xml or zip (default: by the file's name).")]


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
    """Open tickets from a CSV, JSON or XML file, or the ZIP of an export; what is here already is left alone. Exits 65 if a row was bad."""
    if not re.fullmatch(SOURCE, source):
        terminal.stop("--source must be up to 32 of the letters a-z, digits, and . _ -", EX_DATAERR)
    with _opened(file) as content, _progress(content, quiet=as_json) as told, _busy_interpreter():
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
        reading = _reading(content, file, named)
        return terminal.with_desk(config_path, lambda desk: work(desk, reading, origin, told))
    except file_import.UnsupportedFormat as error:
        terminal.stop(f"{error} (--format says which)", EX_DATAERR)
    except BadFile as error:
        terminal.stop(f"{file}: {error}", EX_DATAERR)


def _reading(content: IO[bytes], file: str, named: str) -> Reading:
    """Raises UnsupportedFormat, and BadFile when it is read."""
    if named.strip().lower() == ZIP or (not named and PurePath(file).suffix.lower() == f".{ZIP}"):
        from ingest import desk_archive

        return batches.of_rows(desk_archive.rows(content))
    from ingest import file_import, import_apart

    return import_apart.reading(content, file_import.format_of(named, file))


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
def _busy_interpreter() -> Iterator[None]:
    """Of the many values of a row hardly any is in a cycle: looking for those costs a tenth of an import. And the thread
    that files would wait 5 ms for the interpreter after each statement, while the next rows are read.
    """
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50_000, *threshold[1:])
    sys.setswitchinterval(0.0005)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)


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
    """Write all tickets to stdout, as `deskbell import` reads them: as a table, or (zip) with conversations and files."""
    write = _writer(named)

    async def work(desk: Desk) -> None:
        try:
            await write(desk, sys.stdout.buffer)
        except BrokenPipeError:
            # `deskbell export | head`: who reads has had enough, and the interpreter must not try again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    terminal.with_desk(config_path, work)


def _writer(named: str) -> Callable[[Desk, IO[bytes]], Awaitable[None]]:
    from ingest import file_export, file_import

    if named.strip().lower() == ZIP:
        if sys.stdout.isatty():
            terminal.stop(
                "a ZIP is nothing to look at: write it to a file, `deskbell export --format zip > desk.zip`", EX_DATAERR
            )
        from ingest import desk_archive

        return desk_archive.write
    try:
        writer = file_export.writer(file_import.format_of(named))
    except file_import.UnsupportedFormat as error:
        terminal.stop(f"{error} (--format says which)", EX_DATAERR)
    return lambda desk, out: _write_all(desk, writer, out)


async def _write_all(desk: Desk, writer: "Writer", out: IO[bytes]) -> None:
    out.write(writer.before.encode())
    between = b""
    async for page in exporting.pages(desk):
        out.write(between + writer.written(page).encode())
        between = writer.between.encode()
    out.write(writer.after.encode())
    out.flush()

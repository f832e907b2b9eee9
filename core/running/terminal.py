"""What all commands share: finding the configuration, opening the desk, and errors as sentences and exit codes."""

import asyncio
import errno
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import orjson
import typer
from sqlalchemy.exc import SQLAlchemyError

from core import config
from core.config import Settings
from core.desk import Desk, opened
from core.errors import DeskError, Invalid, Unavailable
from core.running import logs, loops
from core.storage.database import PASSING
from core.storage.jsonable import plain

T = TypeVar("T")

# sysexits.h, which mail servers understand: 75 means "try again later".
EX_DATAERR, EX_NOINPUT, EX_NOUSER, EX_UNAVAILABLE, EX_CANTCREAT, EX_TEMPFAIL, EX_CONFIG = 65, 66, 67, 69, 73, 75, 78

Config = Annotated[Path | None, typer.Option("--config", help="Configuration file (default: ./config.toml, if there).")]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]


def settings(path: Path | None) -> Settings:
    try:
        return config.load(path)
    except Invalid as error:
        stop("\n".join(f"configuration: {p.field} {p.message}" for p in error.problems), EX_CONFIG)


def with_desk(path: Path | None, work: Callable[[Desk], Coroutine[None, None, T]]) -> T:
    chosen = settings(path)
    logs.set_up("warning", chosen.log.format)

    async def within() -> T:
        async with opened(chosen) as desk:
            return await work(desk)

    return run(within())


def run(work: Coroutine[None, None, T]) -> T:
    with errors_as_sentences():
        return asyncio.run(work)


def serve(work: Coroutine[None, None, T]) -> T:
    """The same for what runs long, on the faster loop."""
    with errors_as_sentences(), asyncio.Runner(loop_factory=loops.factory()) as runner:
        return runner.run(work)


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """The one place where errors become exit codes and sentences."""
    try:
        yield
    except Invalid as error:
        stop("\n".join(f"{p.field} {p.message}" for p in error.problems), EX_CONFIG)
    except BrokenPipeError:
        # `deskbell … | head`: who reads has had enough.
        let_go_of_output()
    except Unavailable as error:
        stop(f"{error.reason}: try again later", EX_TEMPFAIL)
    except DeskError as error:
        stop(str(error), 1)
    except PASSING as error:
        stop(_fault(error), EX_TEMPFAIL)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        stop(_fault(error), EX_CONFIG)


def _fault(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"{error.strerror or error}: another program listens there; stop it, or set api.port and smtp.port"
    return f"{str(error).partition(chr(10))[0]}\nRun `deskbell doctor`: it says what is in the way."


def stop(message: str, code: int) -> NoReturn:
    typer.echo(f"deskbell: {message}", err=True)
    raise typer.Exit(code)


def let_go_of_output() -> None:
    """Say the rest to nobody where nobody reads any more; the interpreter must not try again at its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: object) -> None:
    typer.echo(as_json(value))


def as_json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=plain).decode()

"""`deskbell mail`: mails by file, or by the pipe of a mail server, with the exit codes of sysexits.h.

A mail server bounces a mail for nearly every code but 75 (Postfix pipe(8), Exim's `temp_errors`), so whatever is our
fault, or the operator's, is 75: the mail waits until it is mended. What is decided about the mail itself is 65 (it is
empty or too large), 67 (not for this desk) or 69 (refused). It opens the desk by itself, whether or not one is serving.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import structlog
import typer

from core import addresses
from core.desk import Desk
from core.errors import Unavailable
from core.messages import Receipt
from core.running import terminal
from core.running.terminal import EX_DATAERR, EX_NOINPUT, EX_NOUSER, EX_TEMPFAIL, EX_UNAVAILABLE, Config
from core.vocabulary import Outcome

log = structlog.get_logger()

NAME = "mail"
# How Postfix (`null_sender`) and old habits write the empty sender of a bounce.
NULL_SENDERS = frozenset({"", "<>", "mailer-daemon"})
# smtp.max_message_mb can be no more; what is longer needs not be read to its end.
MOST = 200 * 1024 * 1024
_CODES = {Outcome.DEFERRED: EX_TEMPFAIL, Outcome.REFUSED: EX_UNAVAILABLE}
_ABOUT_THE_MAIL = frozenset({0, EX_DATAERR, EX_NOUSER, EX_UNAVAILABLE})


def mail(
    files: Annotated[list[str], typer.Argument(help="Mails (.eml), or - for stdin.")],
    sender: Annotated[
        str | None, typer.Option("--from", help="The envelope's sender (default: as its header says).")
    ] = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--to", help="The envelope's recipient, may be repeated (default: our first).")
    ] = None,
    config_path: Config = None,
) -> None:
    """Deliver mails as if by SMTP. Exits as sysexits.h has it: 0 delivered, 75 try again later."""
    mails = [(name, _read(name)) for name in files]

    async def work(desk: Desk) -> int:
        return max([await _deliver(desk, name, raw, sender, recipients or []) for name, raw in mails])

    with _faults_may_pass():
        raise typer.Exit(terminal.with_desk(config_path, work))


def usage_may_pass(code: object, arguments: list[str]) -> object:
    """A pipe that was written down wrongly is the operator's fault, and no reason to bounce everybody's mail."""
    return EX_TEMPFAIL if code == 2 and arguments[:1] == [NAME] else code


def told(receipt: Receipt) -> str:
    if receipt.ticket_number:
        return f"ticket {receipt.ticket_number} {receipt.outcome}"
    return f"{receipt.outcome}: {receipt.reason}" if receipt.reason else str(receipt.outcome)


@contextmanager
def _faults_may_pass() -> Iterator[None]:
    try:
        yield
    except typer.Exit as end:
        # What was decided about the mail itself stands; a broken configuration or database is ours.
        raise typer.Exit(end.exit_code if end.exit_code in _ABOUT_THE_MAIL else EX_TEMPFAIL) from None
    except Exception as error:
        log.exception("mail_command_failed")
        terminal.stop(f"the mail could not be stored ({type(error).__name__}): try again later", EX_TEMPFAIL)


async def _deliver(desk: Desk, name: str, raw: bytes, sender: str | None, recipients: list[str]) -> int:
    from ingest import file_drop

    to = recipients or [desk.settings.smtp.addresses[0]]
    if fault := _unfit(raw, to, desk):
        _say(f"{name}: {fault[1]}", err=True)
        return fault[0]
    null = sender is not None and sender.lower() in NULL_SENDERS
    try:
        receipt = await desk.receive(
            file_drop.parse(
                raw,
                sender="" if null else addresses.normal(sender or "") or sender,
                recipients=[addresses.normal(one) or one for one in to],
                at=desk.clock(),
                authserv_id=desk.settings.smtp.authserv_id,
                forms=desk.settings.mail.forms,
            )
        )
    except Unavailable as error:
        _say(f"{name}: {error.reason}; try again later", err=True)
        return EX_TEMPFAIL
    _say(f"{name}: {told(receipt)}")
    return code(receipt)


def _say(words: str, *, err: bool = False) -> None:
    """What became of the mail is told by the code: that nobody can hear the words changes nothing of it."""
    try:
        typer.echo(words, err=err)
    except OSError:
        # The interpreter must not try again at its end, or the code is its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if err else sys.stdout).fileno())


def code(receipt: Receipt) -> int:
    """What the mail server learns of what the desk did."""
    return _CODES.get(receipt.outcome, 0)


def _unfit(raw: bytes, recipients: list[str], desk: Desk) -> tuple[int, str] | None:
    """What is wrong with the mail itself, however often it comes."""
    for to in recipients:
        if not addresses.is_ours(to, desk.settings.our_addresses):
            return EX_NOUSER, f"{to} is not an address of this desk: see smtp.addresses"
    if not raw.strip():
        return EX_DATAERR, "it is empty"
    most = desk.settings.smtp.max_message_mb
    if len(raw) > most * 1024 * 1024:
        return EX_DATAERR, f"it is too large: at most {most} MB can be sent here (smtp.max_message_mb)"
    return None


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return _whole(sys.stdin.buffer)
        with Path(name).open("rb") as file:
            return _whole(file)
    except OSError as error:
        missing = EX_TEMPFAIL if name == "-" else EX_NOINPUT
        terminal.stop(f"{name}: {error.strerror}: name a mail file, or - for stdin", missing)


def _whole(stream: BinaryIO) -> bytes:
    return stream.read(MOST + 1)

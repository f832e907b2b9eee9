"""Where mail goes when it leaves the house: an SMTP relay, or a folder when none is configured.

A mail is `Unknown` only when its final dot was written and no answer was seen: from there on it may have arrived,
and sending it again may double it (reliability, P6). Everything before the dot has not arrived and is tried again.
"""

import asyncio
import os
import re
import ssl
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol, cast
from urllib.parse import SplitResult, unquote, urlsplit

import structlog
from aiosmtplib import SMTP, SMTPException, SMTPResponse, SMTPResponseException, SMTPServerDisconnected, SMTPStatus
from aiosmtplib.protocol import SMTPProtocol

from core.config import Settings
from core.errors import Invalid, Problem
from core.mail.returns import DEAD
from core.outbox import Failed, Result, Sent, TryAgain, Unknown
from core.storage import durable
from core.text import clean_line
from ingest.mail_out import Mail

log = structlog.get_logger()

CONNECTIONS = 4
# Opening a connection pays off only for a few mails.
MAILS_A_CONNECTION = 5

# Seconds that a relay gets to say goodbye.
GOODBYE = 3

_DOT = re.compile(rb"^\.", re.MULTILINE)
# The relay wants a sign-in, or refuses ours: that is the operator's to mend, and no fault of the mail.
_SIGN_IN = frozenset({530, 534, 535, 538})
_UNREACHED = (SMTPException, OSError)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a connection ready to use, for an answer, for the text to leave, for the answer to it.

    A round begins no mail after `round` seconds. With what one mail can take at most, that stays below the lease of
    its deliveries, so that no other process believes this one dead and sends them again.
    """

    opening: float = 30
    answer: float = 20
    writing: float = 60
    # RFC 5321 4.5.3.2.6 asks for ten minutes; what scans mail that slowly would hold up everything else.
    final: float = 240
    round: float = 60

    @property
    def at_most(self) -> float:
        """How long a round can take: a last mail begun just in time, on a connection of its own."""
        return self.round + self.opening + 3 * self.answer + self.writing + self.final + self.answer + GOODBYE


class Away(Exception):
    """Nothing can be handed over now, whichever mail it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Post(Protocol):
    """Takes mails out of the house, so many of them in a round."""

    @property
    def at_once(self) -> int: ...

    async def send(self, mails: Sequence[Mail]) -> list[Result]:
        """What became of each mail. Raises Away when there was no use in trying any."""
        ...


def chosen(settings: Settings) -> Post:
    """The relay that is configured, or the folder where mails lie until one is. Raises Invalid."""
    url = settings.mail.relay.get_secret_value()
    return Relay.parse(url, hostname=settings.smtp.hostname) if url else Folder(settings.desk.data_dir / "outbox")


@dataclass(frozen=True, slots=True)
class Relay:
    """An SMTP server that takes our mail. `wrapped` is TLS from the first byte (smtps)."""

    host: str
    port: int
    wrapped: bool
    user: str
    password: str = field(repr=False)
    hostname: str
    tls: ssl.SSLContext = field(repr=False)
    patience: Patience
    # After a crash all of a round are in doubt.
    at_once: ClassVar[int] = 20

    @classmethod
    def parse(cls, url: str, *, hostname: str = "localhost", patience: Patience | None = None) -> "Relay":
        """The relay that `smtp://user:password@host:587` or `smtps://…` names. Raises Invalid with what to do."""
        parts, port = _parts(url)
        wrapped, user = parts.scheme == "smtps", unquote(parts.username or "")
        return cls(
            host=parts.hostname or "",
            port=port or (465 if wrapped else 587 if user else 25),
            wrapped=wrapped,
            user=user,
            password=unquote(parts.password or ""),
            hostname=hostname,
            tls=_context(verified=wrapped or bool(user)),
            patience=patience or Patience(),
        )

    async def send(self, mails: Sequence[Mail]) -> list[Result]:
        """Hand over all of them on a few connections; one attempt to connect decides whether the relay is there."""
        first = await self._open()
        waiting, results = deque(mails), list[Result]()
        until = asyncio.get_running_loop().time() + self.patience.round
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(first, waiting, results, until))
            for _ in range(min(CONNECTIONS, 1 + len(mails) // MAILS_A_CONNECTION) - 1):
                group.create_task(self._join_in(waiting, results, until))
        return results + [TryAgain(mail.delivery_id, "the relay was too slow or went away") for mail in waiting]

    async def _open(self) -> SMTP:
        line = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user or None,
            password=self.password if self.user else None,
            # None: when offered. A password goes over TLS or not at all.
            start_tls=False if self.wrapped else True if self.user else None,
            use_tls=self.wrapped,
            tls_context=self.tls,
            local_hostname=self.hostname,
            timeout=self.patience.answer,
        )
        try:
            async with asyncio.timeout(self.patience.opening):
                await line.connect()
                if line.is_ehlo_or_helo_needed:
                    await line.ehlo()
        except _UNREACHED as error:
            line.close()
            raise Away(f"the relay {self.host}:{self.port} cannot be used: {_described(error)}") from error
        # So that draining means that all has left. Not 0: asyncio's TLS then pauses for ever at an empty buffer.
        cast(asyncio.WriteTransport, line.transport).set_write_buffer_limits(high=1, low=0)
        return line

    async def _join_in(self, waiting: deque[Mail], results: list[Result], until: float) -> None:
        """One more connection. A relay that allows no further one has not failed: the others go on."""
        try:
            line = await self._open()
        except Away as away:
            log.info("relay_allows_no_more_connections", reason=away.reason)
            return
        await self._carry(line, waiting, results, until)

    async def _carry(self, line: SMTP, waiting: deque[Mail], results: list[Result], until: float) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while waiting and line.is_connected and clock() < until:
                mail = waiting.popleft()
                results.append(await _hand_over(line, mail, self.patience))
                if waiting and not line.is_connected:
                    line = await self._open()
            await _leave(line)
        except Away as away:
            log.info("relay_went_away", reason=away.reason)
        finally:
            line.close()


def _parts(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as error:
        raise Invalid([Problem("mail.relay", f"is no address of a relay: {error}")]) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise Invalid([Problem("mail.relay", "must look like smtp://user:password@host:587 or smtps://host:465")])
    if parts.password and not parts.username:
        raise Invalid([Problem("mail.relay", "has a password without a user name")])
    return parts, port


def _context(*, verified: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verified:
        # RFC 7435: encryption with whoever is there is better than none, and a mail server next door has a
        # certificate that nobody signed. With a password to protect, this is not enough.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _hand_over(line: SMTP, mail: Mail, patience: Patience) -> Result:
    try:
        if refusal := await _envelope(line, mail):
            return refusal
        protocol = await _write(line, mail.data, patience)
    except _UNREACHED as error:
        line.close()
        return TryAgain(mail.delivery_id, f"the relay went away: {_described(error)}")
    try:
        answer = await protocol.read_response(timeout=patience.final)
    except _UNREACHED as error:
        line.close()
        return Unknown(mail.delivery_id, f"the relay took the mail and did not answer ({_described(error)})")
    match answer.code // 100:
        case 2:
            return Sent(mail.delivery_id)
        case 4 | 5:
            return await _refused(line, mail, "the mail", answer)
    line.close()
    return Unknown(mail.delivery_id, f"the relay's answer to the mail makes no sense ({_quoted(answer)})")


async def _envelope(line: SMTP, mail: Mail) -> Result | None:
    """What became of the mail where the relay ends it before its text. None: it waits for the text."""
    international = not (mail.rcpt.isascii() and mail.mail_from.isascii())
    if international and not line.supports_extension("smtputf8"):
        return Failed(mail.delivery_id, "the relay takes no addresses with letters outside ASCII (SMTPUTF8)")
    # RFC 6531 3.4: the headers then hold UTF-8, so the mail is no seven-bit one.
    options = [b"SMTPUTF8", b"BODY=8BITMIME"] if international else []
    for what, expected, words in (
        ("the sender", 2, [f"MAIL FROM:<{mail.mail_from}>".encode(), *options]),
        ("the recipient", 2, [f"RCPT TO:<{mail.rcpt}>".encode()]),
        ("the mail", 3, [b"DATA"]),
    ):
        answer = await line.execute_command(*words)
        if answer.code // 100 != expected:
            return await _refused(line, mail, what, answer)
    return None


async def _write(line: SMTP, data: bytes, patience: Patience) -> SMTPProtocol:
    """Write the text and, once all of it has left, the dot. Returns who will read the answer."""
    protocol = line.protocol
    if protocol is None:
        raise SMTPServerDisconnected("the connection was closed")
    async with asyncio.timeout(patience.writing):
        # RFC 5321 4.5.2: a line that begins with a dot gets a second one.
        protocol.write(_DOT.sub(b"..", data))
        # What `StreamWriter.drain` calls. aiosmtplib's own DATA writes text and dot at once: an error then
        # does not tell whether the dot was sent, and that is all we need to know.
        await protocol._drain_helper()
    protocol.write(b".\r\n")
    return protocol


async def _refused(line: SMTP, mail: Mail, what: str, answer: SMTPResponse) -> Result:
    await _reset(line, answer)
    if answer.code // 100 == 5 and answer.code not in _SIGN_IN:
        # Of the sender the codes say something else.
        dead = what != "the sender" and answer.message.partition(" ")[0] in DEAD
        return Failed(mail.delivery_id, f"the relay refused {what}: {_quoted(answer)}", dead=dead)
    return TryAgain(mail.delivery_id, f"the relay does not take {what} now: {_quoted(answer)}")


async def _reset(line: SMTP, answer: SMTPResponse) -> None:
    """Make the connection ready for the next mail, or close it (421: the relay is about to do so itself)."""
    if answer.code // 100 not in (4, 5) or answer.code == SMTPStatus.domain_unavailable:
        line.close()
        return
    try:
        await line.rset()
    except _UNREACHED as error:
        log.info("relay_lost", reason=_described(error))
        line.close()


async def _leave(line: SMTP) -> None:
    # Every mail has its answer by now: a relay that does not say goodbye changes nothing.
    if line.is_connected:
        with suppress(*_UNREACHED):
            await line.quit(timeout=GOODBYE)


def _quoted(answer: SMTPResponse) -> str:
    return f"{answer.code} {clean_line(answer.message, most=500)}"


def _described(error: SMTPException | OSError) -> str:
    if isinstance(error, SMTPResponseException) and error.code > 0:
        return f"{error.code} {clean_line(error.message, most=500)}"
    said = error.message if isinstance(error, SMTPException) else str(error)
    return clean_line(said, most=500) or "no answer in time"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where mails lie as .eml files (RFC 5322) while no relay is configured."""

    path: Path
    # A crash leaves no doubt here that matters: what is written again replaces itself.
    at_once: ClassVar[int] = 50

    async def send(self, mails: Sequence[Mail]) -> list[Result]:
        try:
            await asyncio.to_thread(self._keep, mails)
        except OSError as error:
            raise Away(f"{self.path} cannot be written to: {error.strerror}") from error
        return [Sent(mail.delivery_id) for mail in mails]

    def _keep(self, mails: Sequence[Mail]) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Named after the delivery, so that a repeated one replaces itself; its first half is only the time.
        named = [(self.path / f"{mail.ticket_number}-{mail.delivery_id.hex[-12:]}.eml", mail.data) for mail in mails]
        _write_whole(dict(named))
        durable.sync_folder(self.path)


def _write_whole(files: Mapping[Path, bytes]) -> None:
    """Each has its name when it is whole and on the disk, not before, and what gets none is removed. All are written first:
    then most of what the disk does for one of them it has done for the others."""
    with ExitStack() as stack:
        written: list[tuple[int, Path, Path]] = []
        for target, data in files.items():
            passing = target.with_suffix(f".{os.getpid()}.tmp")
            stack.callback(passing.unlink, missing_ok=True)
            handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            file = stack.enter_context(os.fdopen(handle, "wb"))
            file.write(data)
            file.flush()
            durable.begin_to_sync(handle)
            written.append((handle, passing, target))
        for handle, _, _ in written:
            os.fsync(handle)
        for _, passing, target in written:
            passing.rename(target)

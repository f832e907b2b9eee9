"""The SMTP door: a mail that arrives here is on the disk before it is answered 250.

A fault of ours is 451, whatever it is: the sender keeps the mail and comes again. 5xx is only for what will never be
taken. A client that hangs up cancels nothing: the commit runs in a task of its own, and the client's retry is found
to be a duplicate.
"""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import structlog

from core import addresses
from core.errors import Invalid, Problem, Unavailable
from core.mail.mail_settings import SmtpSection
from core.messages import InboundMessage, Receipt
from core.storage.room import Room, least
from ingest import mail_reader, smtp_data, smtp_gate, smtp_limits, smtp_replies, smtp_talk
from ingest.envelope import Envelope
from ingest.smtp_data import Transfer
from ingest.smtp_gate import Gate, Phase
from ingest.smtp_grammar import Refusal
from ingest.smtp_limits import Limits
from ingest.smtp_session import House, Session
from ingest.smtp_talk import Terms

Parse = Callable[[bytes, Envelope], InboundMessage]
Receive = Callable[[InboundMessage], Awaitable[Receipt]]
# Above this a mail is read in a thread, so that the others need not wait …
LARGE = 256 * 1024
# … and only so many at a time are in memory, whole and in parts.
LARGE_AT_ONCE = 2
BACKLOG = 512
LOOPBACK = "127.0.0.1"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counts:
    """What has happened since the start. `mails` counts by outcome, with `fault`, `unavailable` and `unfit` beside."""

    connections: int
    turned_away: int
    open: int
    mails: Mapping[str, int]


class Mailroom:
    """Takes mails from the connections to the desk. Ends with the `async with` that made it."""

    def __init__(self, settings: SmtpSection, limits: Limits, receive: Receive, parse: Parse) -> None:
        self.port = 0
        self.lmtp_port = 0
        self.limits = limits
        self._settings = settings
        self.gate = Gate(limits, smtp_gate.networks(settings.trusted_relays))
        self._receive = receive
        self._parse = parse
        self._reject_bare_newlines = settings.bare_newlines == "reject"
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)
        self._mails: Counter[str] = Counter()

    @property
    def doors(self) -> list[str]:
        """Where mail is taken, for people to read."""
        host, path, ours = self._settings.host, self._settings.lmtp_socket, ", ".join(self._settings.addresses)
        doors = [f"SMTP    {host}:{self.port}"] if self.port else []
        doors += [f"LMTP    {LOOPBACK}:{self.lmtp_port}"] if self.lmtp_port else []
        doors += [f"LMTP    {path}"] if path else []
        return [f"{door}  for {ours}" for door in doors]

    @property
    def counts(self) -> Counts:
        mails = MappingProxyType(dict(self._mails))
        return Counts(self.gate.admitted, self.gate.turned_away, len(self.gate.visits), mails)

    async def deliver(self, transfer: Transfer, envelope: Envelope) -> bytes:
        """The reply to a mail that has arrived in full."""
        with transfer:
            outcome, reply = await self._outcome(transfer, envelope)
        self._mails[outcome] += 1
        log.info(
            "mail answered",
            outcome=outcome,
            reply=reply.decode().rstrip(),
            size=transfer.size,
            peer=envelope.peer,
            # What stands behind the plus is the key to a ticket.
            sender=addresses.without_tag(envelope.mail_from)[0] if envelope.mail_from else "<>",
            recipients=[addresses.without_tag(one)[0] for one in envelope.recipients],
        )
        return reply

    async def drain(self, seconds: float) -> None:
        """Let what is under way come to its end, for so long; the rest is told to come again."""
        self.gate.closed = True
        self._cut(Phase.TALKING)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.gate.empty.wait(), seconds)
        self._cut(*Phase)
        await self.gate.empty.wait()

    def _cut(self, *phases: Phase) -> None:
        for visit in self.gate.visits:
            if visit.phase in phases:
                visit.cut(smtp_replies.CLOSING)

    async def _outcome(self, transfer: Transfer, envelope: Envelope) -> tuple[str, bytes]:
        """What became of it, and what to say: the one place where errors become SMTP."""
        try:
            receipt = await self._receipt(transfer, envelope)
        except Refusal as refusal:
            return "unfit", refusal.reply
        except Unavailable as unavailable:
            log.warning("the desk is unavailable to mail", reason=unavailable.reason)
            return "unavailable", smtp_replies.UNAVAILABLE
        except Exception:
            log.exception("fault while receiving a mail", peer=envelope.peer, size=transfer.size)
            return "fault", smtp_replies.FAULT
        return receipt.outcome, smtp_replies.for_receipt(receipt)

    async def _receipt(self, transfer: Transfer, envelope: Envelope) -> Receipt:
        if transfer.too_large:
            raise Refusal(smtp_replies.too_large(self.limits.message_size, self.limits.form))
        if transfer.fault is not None:
            raise transfer.fault
        if transfer.size <= LARGE:
            return await self._receive(self._message(transfer, envelope))
        async with self._large:
            return await self._receive(await asyncio.to_thread(self._message, transfer, envelope))

    def _message(self, transfer: Transfer, envelope: Envelope) -> InboundMessage:
        content = transfer.content()
        if smtp_data.has_bare_newlines(content):
            if self._reject_bare_newlines:
                raise Refusal(smtp_replies.BARE_NEWLINE_IN_MAIL)
            content = smtp_data.with_normal_newlines(content)
        return self._parse(content, envelope)


@asynccontextmanager
async def serving(
    settings: SmtpSection,
    receive: Receive,
    *,
    ours: frozenset[str],
    clock: Callable[[], datetime],
    parse: Parse = mail_reader.parse,
    limits: Limits | None = None,
    spool: Path | None = None,
    form: str = "",
) -> AsyncIterator[Mailroom]:
    """SMTP and LMTP as configured, for as long as the block lasts. `spool` takes what is too large for memory, and `form`
    is where people are sent with what is too large for mail."""
    mailroom = Mailroom(settings, limits or smtp_limits.from_settings(settings, form), receive, parse)
    tls = _tls(settings)
    terms = Terms(settings.hostname, ours, mailroom.limits, offer_tls=tls is not None, require_tls=settings.require_tls)
    house = House(mailroom.gate, mailroom.deliver, clock, terms, smtp_talk.for_trusted(terms), tls, spool)
    if spool is not None:
        house = replace(house, has_room=Room(spool, least(settings.max_message_mb)))
    # aiosmtpd logs commands there, with the addresses in full …
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    # … and here of each PROXY header that is none, as we do.
    logging.getLogger("mail.debug").setLevel(logging.ERROR)
    servers: list[asyncio.Server] = []
    try:
        await _listen(settings, mailroom, house, servers)
        yield mailroom
    finally:
        for server in servers:
            server.close()
        await mailroom.drain(mailroom.limits.drain)
        for server in servers:
            await server.wait_closed()
        if settings.lmtp_socket:
            settings.lmtp_socket.unlink(missing_ok=True)


async def _listen(settings: SmtpSection, mailroom: Mailroom, house: House, servers: list[asyncio.Server]) -> None:
    loop = asyncio.get_running_loop()
    if settings.enabled:
        front = replace(house, proxies=smtp_gate.networks(settings.proxy_protocol_from, "smtp.proxy_protocol_from"))
        servers.append(await loop.create_server(lambda: Session(front), settings.host, settings.port, backlog=BACKLOG))
        mailroom.port = servers[-1].sockets[0].getsockname()[1]
    local = _for_lmtp(house)
    if settings.lmtp_port is not None:
        # Loopback: LMTP is for a server next door, which has asked already who is there.
        servers.append(await loop.create_server(lambda: Session(local), LOOPBACK, settings.lmtp_port, backlog=BACKLOG))
        mailroom.lmtp_port = servers[-1].sockets[0].getsockname()[1]
    if settings.lmtp_socket:
        within = replace(local, all_trusted=True)
        servers.append(
            await loop.create_unix_server(lambda: Session(within), str(settings.lmtp_socket), backlog=BACKLOG)
        )
        # For the group of its folder, where the mail server is a member.
        settings.lmtp_socket.chmod(0o660)


def _for_lmtp(house: House) -> House:
    terms, trusted = (
        replace(one, lmtp=True, offer_tls=False, require_tls=False) for one in (house.terms, house.trusted_terms)
    )
    return replace(house, terms=terms, trusted_terms=trusted, tls=None)


def _tls(settings: SmtpSection) -> ssl.SSLContext | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:  # ssl.SSLError is one
        raise Invalid(
            [Problem("smtp.tls_cert", f"cannot be used with smtp.tls_key ({error}): ask `deskbell doctor`")]
        ) from error
    return context

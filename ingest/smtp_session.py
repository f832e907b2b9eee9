"""One SMTP connection: aiosmtpd's, hardened.

What is overridden, and why (all measured on 1.4.6): the command loop (an exception was a permanent error with its text
in it; a bare LF ended a command), DATA (gigabytes for small lines, no limit without line ends, an object a line), MAIL
and RCPT (dirty addresses), the timer (it cut transfers that went well, and cancelled commits), the end of the stream (it
cancelled what was still in the pipe), and the constructor (0.1 ms of reflection for each connection).
What stays is what is easy to get wrong: the step into TLS, and forgetting the stream that came before it.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from ingest import smtp_gate, smtp_proxy, smtp_replies, smtp_talk
from ingest.envelope import Envelope
from ingest.smtp_data import IN_MEMORY, TooMuch, Transfer, Wire
from ingest.smtp_gate import Gate, Network, Phase, Visit
from ingest.smtp_talk import Talk, Terms

# Flow control of the socket: about twice this may wait unread for one connection, and less than this unsent.
READ_BUFFER = 64 * 1024
WRITE_BUFFER = 16 * 1024
# After so many commands without a mail the others get their turn.
TURN = 32
ABUSE = frozenset({smtp_replies.TOO_MANY_COMMANDS, smtp_replies.TOO_MANY_ERRORS})
# Scanners, dropped lines, clients that dislike our certificate: nothing to wake anybody for.
EVERYDAY = (OSError, TLSSetupException)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """What all connections of one server share."""

    gate: Gate
    deliver: Callable[[Transfer, Envelope], Awaitable[bytes]]
    clock: Callable[[], datetime]
    terms: Terms
    trusted_terms: Terms
    tls: ssl.SSLContext | None = None
    spool: Path | None = None
    # Whoever may open the socket file is let in as a server of ours.
    all_trusted: bool = False
    has_room: Callable[[], bool] = lambda: True
    # Their connections begin with a header that says who has come to them.
    proxies: tuple[Network, ...] = ()


class Session(SMTP):
    """A connection from its first byte to its last."""

    def __init__(self, house: House) -> None:
        # Not SMTP.__init__: for every connection it looks up hooks and AUTH mechanisms by reflection, and empties a
        # table of length limits that all connections share.
        self.loop = asyncio.get_running_loop()
        self._wire = Wire(limit=READ_BUFFER, loop=self.loop)
        super(SMTP, self).__init__(self._wire, self._cb_client_connected, loop=self.loop)
        self.transport = None
        self.tls_context = house.tls
        self.enable_SMTPUTF8 = True
        self._original_transport = None
        self._tls_protocol = None
        self._handle_hooks = {}
        self._handler_coroutine = None
        self._house = house
        self._visit: Visit
        self._talk: Talk
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._deadline = self._ends_at = 0.0
        self._over = False

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._original_transport is None:
            self._arrive(_address_of(transport))
        else:
            smtp_talk.forget_everything(self._talk)
        super().connection_made(transport)
        self._writer.transport.set_write_buffer_limits(high=WRITE_BUFFER)

    def _arrive(self, address: str) -> None:
        now = self.loop.time()
        self._visit = self._house.gate.visit(address, now, self.cut)
        self._visit.trusted |= self._house.all_trusted
        self._talk = Talk(self._house.trusted_terms if self._visit.trusted else self._house.terms)
        self._ends_at = now + self._talk.terms.limits.session

    def connection_lost(self, error: Exception | None) -> None:
        super(SMTP, self).connection_lost(error)
        # A commit goes on to its end, whether or not anybody is left to hear of it: the retry will be a duplicate.
        if self._handler_coroutine is not None and self._visit.phase is not Phase.COMMITTING:
            self._handler_coroutine.cancel()
        self.transport = None

    def eof_received(self) -> bool | None:
        # A client that has said everything may close its half: it still gets its answers. TLS knows no halves.
        keep_open = super(SMTP, self).eof_received()
        return False if self._tls_protocol is not None else keep_open

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Nothing: `_alarm` is the one timer."""

    def _set_rset_state(self) -> None:
        """Nothing: `_talk` has the one state."""

    def cut(self, last_words: bytes) -> None:
        """End this connection from outside, whatever it is at."""
        self._say(last_words)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    async def _handle_client(self) -> None:
        try:
            if self._house.proxies and not await self._is_named():
                return None
            if not self._house.gate.enter(self._visit, self.loop.time()):
                return self._say(smtp_replies.BUSY)
            self._expect_command()
            await self._converse()
        except EVERYDAY as error:
            log.debug("connection broke off", peer=self._visit.address, error=type(error).__name__)
        except Exception:
            # Never 5xx: the sender would give a mail up because of a fault of ours.
            log.exception("fault in an SMTP connection", peer=self._visit.address)
            self._say(smtp_replies.BROKEN)
        finally:
            self._leave()

    async def _is_named(self) -> bool:
        """Whether we know who comes: of a proxy's connection only when it has said whom it brings."""
        if not smtp_gate.within(self._visit.address, self._house.proxies):
            return True
        # What its own address may do is neither for those it brings nor for its health checks.
        self._visit.trusted = False
        self._talk = Talk(self._house.terms)
        if not self._house.gate.hold(self._visit, self.loop.time()):
            self._say(smtp_replies.BUSY)
            return False
        try:
            client = await smtp_proxy.client(self._wire, self._house.terms.limits.proxy_header)
        except smtp_proxy.Unnamed as error:
            log.warning("a proxy did not say whom it brings", proxy=self._visit.address, reason=str(error))
            return False
        self._house.gate.exit(self._visit)
        if client is not None:
            self._arrive(client)
        return True

    def _leave(self) -> None:
        """The one end of every connection: after a broken handshake `connection_lost` is never called.

        Not close(): that would wait for a peer that may never read.
        """
        if self._alarm is not None:
            self._alarm.cancel()
        self._writer.transport.abort()
        self._house.gate.exit(self._visit)

    # The conversation

    async def _converse(self) -> None:
        """Answer one command after the other, until an answer is the last or nobody asks any more."""
        await self.push(smtp_replies.greeting(self._talk.terms.hostname, lmtp=self._talk.terms.lmtp))
        with suppress(EOFError):
            while not self._over:
                line = await self._line()
                self._talk.has_room = self._house.has_room()
                reply = smtp_talk.answer(self._talk, line)
                await NEXT.get(reply[:3], Session.push)(self, reply)
                if self._talk.commands % TURN == TURN - 1:
                    await asyncio.sleep(self._talk.terms.limits.pause)
                if self._house.gate.closed and not self._over:
                    await self._end(smtp_replies.CLOSING)
                self._expect_command()
        await self._hang_up()

    async def _line(self) -> bytes:
        try:
            return await self._wire.readuntil(b"\n")
        except asyncio.LimitOverrunError as beyond:
            # Endless lines are taken in pieces, each of them a mistake.
            return await self._wire.readexactly(beyond.consumed)

    async def push(self, status: str | bytes) -> None:
        self._say(status if isinstance(status, bytes) else smtp_replies.one_line(status))
        await self._writer.drain()

    def _say(self, words: bytes) -> None:
        # To one who has gone asyncio says nothing, and uvloop raises RuntimeError; `drain` tells it better.
        if not self._writer.transport.is_closing():
            self._writer.write(words)

    async def _end(self, reply: bytes) -> None:
        if reply in ABUSE:
            return await self._throw_out(reply)
        self._over = True
        return await self.push(reply)

    async def _throw_out(self, reply: bytes) -> None:
        log.warning("abuse: thrown out", peer=self._visit.address, reply=reply.decode().rstrip())
        self._house.gate.ban(self._visit, self.loop.time())
        self._over = True
        await self.push(reply)

    async def _hang_up(self) -> None:
        """Close, and wait until the peer has taken everything: the alarm is still on."""
        self._writer.close()
        await self._writer.wait_closed()

    async def _secure(self, reply: bytes) -> None:
        # It says the 220 itself, and `connection_made` is called again when there is TLS.
        await self.smtp_STARTTLS("")

    # The message

    async def _receive(self, reply: bytes) -> None:
        began = self.loop.time()
        self._visit.phase = Phase.SENDING
        await self.push(reply)
        try:
            transfer = await self._transfer(began)
        except TooMuch:
            limits = self._talk.terms.limits
            return await self._throw_out(smtp_replies.too_large(limits.message_size, limits.form))
        self._visit.phase = Phase.COMMITTING
        with transfer:
            verdict = await self._house.deliver(transfer, self._envelope())
        self._visit.phase = Phase.TALKING
        self._visit.since = self.loop.time()
        # The time of a session is for talking: a long mail on a slow line must not use it up.
        self._ends_at += self._visit.since - began
        self._expect_command()
        replies = verdict * smtp_talk.answers(self._talk)
        smtp_talk.mail_done(self._talk)
        return await self.push(replies)

    async def _transfer(self, began: float) -> Transfer:
        transfer = Transfer(self._talk.terms.limits.message_size, self._house.spool)
        rest = None
        try:
            while rest is None:
                self._expect_data(began, transfer.size)
                rest = transfer.add(await self._some())
                await self._slow_down(began, transfer.size)
        except BaseException:
            transfer.close()
            raise
        self._wire.unread(rest)
        return transfer

    async def _some(self) -> bytes:
        chunk = await self._wire.read(READ_BUFFER)
        if not chunk:
            raise EOFError
        return chunk

    async def _slow_down(self, began: float, size: int) -> None:
        ahead = began + (size - IN_MEMORY) / self._talk.terms.limits.most_rate - self.loop.time()
        if ahead > 0:
            await asyncio.sleep(ahead)

    def _envelope(self) -> Envelope:
        return Envelope(
            mail_from=self._talk.sender or "",
            recipients=tuple(self._talk.recipients),
            peer=self._visit.address,
            helo=self._talk.helo,
            tls=self._talk.secure,
            received_at=self._house.clock(),
            trusted=self._visit.trusted,
        )

    # The alarm

    def _expect_command(self) -> None:
        self._expect(min(self.loop.time() + self._talk.terms.limits.idle, self._ends_at))

    def _expect_data(self, began: float, size: int) -> None:
        limits = self._talk.terms.limits
        slowest = began + max(limits.rate_grace, size / limits.least_rate)
        self._expect(min(self.loop.time() + limits.idle, slowest))

    def _expect(self, deadline: float) -> None:
        """Put the deadline off, which costs nothing, or forward, which needs a new timer."""
        self._deadline = deadline
        if self._alarm is None or deadline < self._alarm_at:
            self._set_alarm(deadline)

    def _set_alarm(self, when: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self.loop.call_at(when, self._on_alarm)
        # Not asked of it: what is due within a millisecond is no timer to uvloop, and does not know when.
        self._alarm_at = when

    def _on_alarm(self) -> None:
        now = self.loop.time()
        if self._visit.phase is Phase.COMMITTING:
            # The desk answers, or is at fault and says so: that is not the client's time.
            self._set_alarm(now + self._talk.terms.limits.idle)
        elif now < self._deadline:
            self._set_alarm(self._deadline)
        else:
            self.cut(smtp_replies.TOO_SLOW)


def _address_of(transport: asyncio.BaseTransport) -> str:
    """A socket file has no address on its other side."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer and not isinstance(peer, str | bytes) else "local"


# What comes after a reply, by its code; after all others the next command.
NEXT: dict[bytes, Callable[[Session, bytes], Awaitable[None]]] = {
    b"220": Session._secure,
    b"354": Session._receive,
    b"221": Session._end,
    b"421": Session._end,
}

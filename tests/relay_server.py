"""A small SMTP relay on a real socket that does what a test tells it: accept, refuse, hang, break off, be down."""

import asyncio
import base64
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# Which line of a text is somewhere in it.
MIDDLE = 2_000


@dataclass(frozen=True)
class Says:
    """Answers `reply` where it would have agreed. Stages: CONNECT, MAIL, RCPT, DATA, and DOT for the mail itself."""

    stage: str
    reply: str


@dataclass(frozen=True)
class Hangs:
    """Never answers at `stage`; a mail that hangs at DOT has arrived all the same."""

    stage: str


@dataclass(frozen=True)
class BreaksOff:
    """Closes the connection at `stage` instead of answering; a mail that breaks off at DOT has arrived.

    One stage more: TEXT is somewhere in a long text.
    """

    stage: str


Behaviour = Says | Hangs | BreaksOff


@dataclass(frozen=True)
class Arrived:
    mail_from: str
    rcpt: str
    data: bytes
    secure: bool
    signed_in: str

    @property
    def message_id(self) -> str:
        line = next(line for line in self.data.split(b"\r\n") if line.startswith(b"Message-ID:"))
        return line.partition(b": ")[2].decode()


@dataclass
class RelayServer:
    """What it does: `once` for the next that reach its stage, each used up; else `to` the recipient; else `always`."""

    tls: ssl.SSLContext | None = None
    password: str = ""
    extensions: tuple[str, ...] = ()
    always: Behaviour | None = None
    once: list[Behaviour] = field(default_factory=list)
    to: dict[str, Behaviour] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_at_once: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"smtp://localhost:{self.port}"

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """From now on connections are refused; the port stays the same when it comes up again."""
        if self._server:
            self._server.close()
            self._server = None
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def until(self, reached: Callable[["RelayServer"], bool]) -> None:
        """Wait until something is true of the server; what changes it is a command or a mail."""
        async with asyncio.timeout(20):
            while not reached(self):
                self._changed.clear()
                await self._changed.wait()

    def changed(self) -> None:
        self._changed.set()

    def behaviour(self, stage: str, rcpt: str = "") -> Behaviour | None:
        for one in self.once:
            if one.stage == stage:
                self.once.remove(one)
                return one
        return next((one for one in (self.to.get(rcpt), self.always) if one and one.stage == stage), None)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        self.connections += 1
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        self.changed()
        try:
            await _Talk(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open_now -= 1
            self._talks.discard(talk)
            writer.close()


class _BrokenOff(ConnectionError):
    pass


@dataclass
class _Talk:
    server: RelayServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    mail_from: str = ""
    rcpt: str = ""
    secure: bool = False
    signed_in: str = ""

    async def run(self) -> None:
        if not await self.agree("CONNECT", "220 relay.test ESMTP"):
            return
        while True:
            line = (await self.reader.readuntil(b"\r\n"))[:-2].decode()
            verb = line.partition(" ")[0].upper()
            self.server.commands[verb] += 1
            self.server.changed()
            await self.answer(verb, line)
            if verb == "QUIT":
                return

    async def answer(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO":
                await self.say("\r\n".join(self.offer()))
            case "STARTTLS":
                await self.say("220 go ahead")
                assert self.server.tls is not None
                await self.writer.start_tls(self.server.tls)
                self.secure = True
            case "AUTH":
                await self.sign_in(line)
            case "MAIL":
                self.mail_from = line
                await self.agree("MAIL", "250 ok")
            case "RCPT":
                self.rcpt = line.partition("<")[2].rpartition(">")[0]
                await self.agree("RCPT", "250 ok")
            case "DATA":
                if await self.agree("DATA", "354 go on"):
                    await self.take()
            case _:
                await self.say("221 bye" if verb == "QUIT" else "250 ok")

    def offer(self) -> list[str]:
        offers = [*self.server.extensions]
        if self.server.tls and not self.secure:
            offers.append("STARTTLS")
        if self.server.password:
            offers.append("AUTH PLAIN")
        lines = ["relay.test", *offers]
        return [f"250{' ' if line == lines[-1] else '-'}{line}" for line in lines]

    async def sign_in(self, line: str) -> None:
        _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
        if password == self.server.password:
            self.signed_in = user
            await self.say("235 welcome")
        else:
            await self.say("535 5.7.8 wrong password")

    async def take(self) -> None:
        lines: list[bytes] = []
        while not lines or lines[-1] != b".\r\n":
            if len(lines) == MIDDLE and self.server.behaviour("TEXT", self.rcpt):
                raise _BrokenOff
            lines.append(await self.reader.readuntil(b"\r\n"))
        text = b"".join(line.removeprefix(b".") for line in lines[:-1])
        behaviour = self.server.behaviour("DOT", self.rcpt)
        if not isinstance(behaviour, Says):
            self.server.arrived.append(Arrived(self.mail_from, self.rcpt, text, self.secure, self.signed_in))
            self.server.changed()
        await self.behave(behaviour, "250 2.0.0 queued")

    async def agree(self, stage: str, reply: str) -> bool:
        return await self.behave(self.server.behaviour(stage, self.rcpt), reply)

    async def behave(self, behaviour: Behaviour | None, reply: str) -> bool:
        match behaviour:
            case None:
                await self.say(reply)
            case Says(reply=other):
                await self.say(other)
                return other[0] == reply[0]
            case Hangs():
                # Until the other side has had enough of waiting.
                await self.reader.readuntil(b"\r\n")
                raise _BrokenOff
            case BreaksOff():
                raise _BrokenOff
        return behaviour is None

    async def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")
        await self.writer.drain()


@asynccontextmanager
async def a_relay(
    *, tls: ssl.SSLContext | None = None, password: str = "", extensions: tuple[str, ...] = ()
) -> AsyncIterator[RelayServer]:
    server = RelayServer(tls=tls, password=password, extensions=extensions)
    await server.up()
    try:
        yield server
    finally:
        await server.down()

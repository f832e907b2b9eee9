"""A door to knock at, and a client that says exactly what a test wants said: bytes on a real socket."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from structlog.testing import capture_logs
from structlog.typing import EventDict

from core.mail.mail_settings import SmtpSection
from core.messages import InboundMessage, Receipt, Sender
from core.vocabulary import Channel, Outcome
from ingest import smtp
from ingest.envelope import Envelope, as_mapping
from ingest.smtp_limits import Limits

US = "support@example.com"
OURS = frozenset({US, "help@example.org"})
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SOMETHING = UUID(int=7)
A_MAIL = b"Subject: Hello\r\n\r\nMy printer is on fire.\r\n"


@dataclass(slots=True)
class Client:
    """One connection, from the client's side. A closed connection answers with an empty reply."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def reply(self) -> str:
        """The next reply, its lines joined by newlines."""
        lines: list[str] = []
        async with asyncio.timeout(10):
            while not lines or lines[-1][3:4] == "-":
                line = await self._line()
                if not line:
                    break
                lines.append(line)
        return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        await self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.reply()

    async def greet(self) -> str:
        await self.reply()
        return await self.say("EHLO client.example")

    async def data(self, wire: bytes, *, sender: str = "ann@example.net", to: str = US) -> str:
        """What is said to `wire`, sent as it is after DATA."""
        await self.say(f"MAIL FROM:<{sender}>")
        await self.say(f"RCPT TO:<{to}>")
        await self.say("DATA")
        await self.send(wire)
        return await self.reply()

    async def mail(self, content: bytes = A_MAIL, *, sender: str = "ann@example.net", to: str = US) -> str:
        return await self.data(on_the_wire(content), sender=sender, to=to)

    def abort(self) -> None:
        """Gone with a reset, which the server cannot take for a client that has only finished speaking."""
        if not self.writer.is_closing():
            sock = self.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def _line(self) -> str:
        try:
            return (await self.reader.readline()).decode().rstrip("\r\n")
        except ConnectionError:
            return ""


def on_the_wire(content: bytes) -> bytes:
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def read(raw: bytes, envelope: Envelope) -> InboundMessage:
    """The least that makes a message of a mail."""
    return InboundMessage(
        channel=Channel.EMAIL,
        sender=Sender(Channel.EMAIL, envelope.mail_from),
        subject="",
        text="",
        raw=raw,
        dedupe_key="",
        recipients=envelope.recipients,
        envelope=as_mapping(envelope),
    )


@dataclass(slots=True)
class Door:
    """A serving door and what has come through it. `answer` is what the desk does with a mail."""

    mails: list[InboundMessage] = field(default_factory=list)
    answer: Callable[[InboundMessage], Awaitable[Receipt]] | None = None
    room: smtp.Mailroom = field(init=False)
    clients: list[Client] = field(default_factory=list)
    logs: list[EventDict] = field(default_factory=list)

    async def receive(self, message: InboundMessage) -> Receipt:
        receipt = await self.answer(message) if self.answer else opened(len(self.mails) + 1)
        self.mails.append(message)
        return receipt

    async def connect(self, *, address: str = "127.0.0.1", read_buffer: int | None = None) -> Client:
        """A connection from `address` (all of 127/8 is ours to come from), nothing said yet."""
        sock = socket.socket()
        sock.setblocking(False)
        if read_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, read_buffer)
        sock.bind((address, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.room.port))
        client = Client(*await asyncio.open_connection(sock=sock, limit=2**24))
        self.clients.append(client)
        return client

    async def greeted(self, *, address: str = "127.0.0.1") -> Client:
        client = await self.connect(address=address)
        await client.greet()
        return client

    async def until(self, condition: Callable[[], bool]) -> None:
        """Give the server turns until `condition` holds."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - what is waited for is on the other side of a socket
                await asyncio.sleep(0)

    async def hang_up(self, client: Client) -> None:
        self.clients.remove(client)
        client.writer.close()
        with suppress(ConnectionError):
            await client.writer.wait_closed()


def opened(number: int) -> Receipt:
    return Receipt(Outcome.OPENED, SOMETHING, ticket_number=number)


@asynccontextmanager
async def a_door(
    settings: SmtpSection | None = None,
    *,
    limits: Limits | None = None,
    parse: smtp.Parse = read,
    answer: Callable[[InboundMessage], Awaitable[Receipt]] | None = None,
    spool: Path | None = None,
    form: str = "",
) -> AsyncIterator[Door]:
    door = Door(answer=answer)
    settings = settings or strangers()
    serving = smtp.serving(
        settings, door.receive, ours=OURS, clock=lambda: NOON, parse=parse, limits=limits, spool=spool, form=form
    )
    with capture_logs() as door.logs:
        async with serving as door.room:
            try:
                yield door
            finally:
                for client in tuple(door.clients):
                    await door.hang_up(client)


def strangers(**settings: object) -> SmtpSection:
    """Settings by which a client of the tests is trusted no more than anybody on the Internet."""
    return SmtpSection.model_validate({"port": 0, "hostname": "mx.example.com", "trusted_relays": (), **settings})

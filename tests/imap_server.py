"""A small IMAP server on a real socket: the commands that fetching mail needs, and the faults that a test wants."""

import asyncio
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "desk", "open sesame"
CAPABILITIES = "IMAP4rev1 UIDPLUS MOVE"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Stored:
    data: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    """`refused`: UIDs whose text cannot be fetched; `breaking`: those at which the line breaks off."""

    tls: ssl.SSLContext | None = None
    wrapped: bool = False
    capabilities: str = CAPABILITIES
    mailboxes: dict[str, dict[int, Stored]] = field(default_factory=lambda: {"INBOX": {}, "Done": {}})
    validity: int = 1
    read_only: bool = False
    refused: set[int] = field(default_factory=set)
    breaking: set[int] = field(default_factory=set)
    hanging: bool = False
    searchable: bool = True
    commands: Counter[str] = field(default_factory=Counter)
    secure: list[bool] = field(default_factory=list)
    port: int = 0
    hung: asyncio.Event = field(default_factory=asyncio.Event)
    # Set by every change of a mail.
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    _next: int = 1
    _server: asyncio.Server | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            self.mailboxes["INBOX"][self._next] = Stored(mail)
            self._next += 1

    def flags(self) -> dict[int, set[str]]:
        return {uid: mail.flags for uid, mail in self.mailboxes["INBOX"].items()}

    def renumber(self) -> None:
        """What a mailbox that was moved to another server looks like: other UIDs, everything unread again."""
        mails = [mail.data for mail in self.mailboxes["INBOX"].values()]
        self.validity += 1
        self._next = 1
        self.mailboxes["INBOX"] = {}
        self.put(*mails)

    async def up(self) -> None:
        context = self.tls if self.wrapped else None
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            await _Talk(self, reader, writer, secure=self.wrapped).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(talk)
            writer.close()


@dataclass
class _Talk:
    server: ImapServer
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    secure: bool
    box: dict[int, Stored] = field(default_factory=dict)

    async def run(self) -> None:
        await self.say("* OK ready")
        while True:
            tag, _, line = (await self.reader.readuntil(b"\r\n"))[:-2].decode().partition(" ")
            words = [match[1] or match[2] or match[3] or "" for match in _WORD.finditer(line)]
            verb = " ".join(words[: 2 if words[0].upper() == "UID" else 1]).upper()
            self.server.commands[verb] += 1
            answer = await self.done(verb, words[verb.count(" ") + 1 :])
            await self.say(f"{tag} {answer}")
            if verb == "STARTTLS":
                assert self.server.tls is not None
                await self.writer.start_tls(self.server.tls)
                self.secure = True
            if verb == "LOGOUT":
                return

    async def done(self, verb: str, words: list[str]) -> str:
        match verb:
            case "CAPABILITY":
                starttls = " STARTTLS" if self.server.tls and not self.secure else ""
                await self.say(f"* CAPABILITY {self.server.capabilities}{starttls}")
            case "LOGIN":
                self.server.secure.append(self.secure)
                if words != [USER, PASSWORD]:
                    return f"NO [AUTHENTICATIONFAILED] wrong: {words[1]}"
            case "SELECT":
                return await self.select(words[0])
            case "UID SEARCH" if not self.server.searchable:
                return "NO [UNAVAILABLE] the index is being rebuilt"
            case "UID SEARCH":
                uids = [str(uid) for uid, mail in self.box.items() if not mail.flags & {r"\Seen", r"\Deleted"}]
                await self.say(" ".join(["* SEARCH", *uids]))
            case "UID FETCH":
                return await self.fetch(int(words[0]), words[1])
            case "UID STORE":
                self.box[int(words[0])].flags |= set(words[2].strip("()").split())
                self.server.stirred.set()
            case "UID MOVE" | "UID COPY":
                return self.copy(int(words[0]), words[1], move=verb == "UID MOVE")
            case "UID EXPUNGE":
                del self.box[int(words[0])]
            case "LOGOUT":
                await self.say("* BYE")
            case "NOOP" | "STARTTLS":
                pass
            case _:
                return "BAD what?"
        return "OK done"

    async def select(self, name: str) -> str:
        if name not in self.server.mailboxes:
            return "NO there is no such mailbox"
        self.box = self.server.mailboxes[name]
        await self.say(f"* {len(self.box)} EXISTS")
        await self.say(f"* OK [UIDVALIDITY {self.server.validity}] numbered")
        return "OK [READ-ONLY] done" if self.server.read_only else "OK [READ-WRITE] done"

    async def fetch(self, uid: int, what: str) -> str:
        mail = self.box.get(uid)
        if mail is None:
            return "OK done"
        if what == "(RFC822.SIZE)":
            await self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(mail.data)})")
            return "OK done"
        if self.server.hanging:
            self.server.hung.set()
            await self.reader.readuntil(b"\r\n")
        if uid in self.server.breaking:
            raise ConnectionResetError
        if uid in self.server.refused:
            return "NO the index is corrupt"
        section = "HEADER" if "HEADER" in what else ""
        data = mail.data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if section else mail.data
        await self.say(f"* 1 FETCH (UID {uid} BODY[{section}] {{{len(data)}}}")
        self.writer.write(data)
        await self.say(")")
        # Servers tell in between what else has happened.
        await self.say("* 1 FETCH (FLAGS (\\Recent))")
        return "OK done"

    def copy(self, uid: int, name: str, *, move: bool) -> str:
        if name not in self.server.mailboxes:
            return "NO [TRYCREATE] there is no such mailbox"
        self.server.mailboxes[name][uid] = Stored(self.box[uid].data, set(self.box[uid].flags))
        if move:
            del self.box[uid]
        return "OK done"

    async def say(self, line: str) -> None:
        self.writer.write(line.encode() + b"\r\n")
        await self.writer.drain()


@asynccontextmanager
async def a_mailbox(
    *, tls: ssl.SSLContext | None = None, wrapped: bool = False, capabilities: str = CAPABILITIES
) -> AsyncIterator[ImapServer]:
    server = ImapServer(tls=tls, wrapped=wrapped, capabilities=capabilities)
    await server.up()
    try:
        yield server
    finally:
        await server.down()

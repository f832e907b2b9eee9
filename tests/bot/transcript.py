"""Golden transcripts of the dialogue: what is said, line by line, and what the desk answers.

    ## a heading                     a remark; so is an empty line
    @@ 5m                            the clock goes on
    alice> my printer burns          somebody says something, in a room of their own
    bob@staff> /queue                the same in the staff group; bob@staff/7 in its topic 7
    alice> (reply 2) and smokes      what stands in brackets first: reply N, edit N, file NAME, album NAME FILE,
                                     large NAME, quote WORDS, again (the same arrival once more), anonymous,
                                     flood begins and flood goes_on (they write faster than anybody reads)
    alice> 1                         presses the button that is numbered so
    $ mail                           what waits to be mailed; a code in it is {code} from then on
    $ link bob                       a one-time link for an account; its code is {code}
    $ topic 7 of 1                   topic 7 of the staff group is ticket 1's
    $ arrives ann@customer.test      a mail of hers opens a ticket; its {token} and her {tag} are known from then on
    $ unreachable alice              her chat cannot be reached any more

Everything else is the answer. `DESKBELL_UPDATE=1 pytest tests/bot` writes what is answered now into the files.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from bot import durations
from bot.console import CHANNEL, Room, Voice, introduce
from bot.flood import Pressure
from bot.talk import Heard, Place, Speaker
from core import snoozing, tables, tickets, tokens
from core.accounts import users
from core.chat import proofs, topics
from core.desk import Desk
from core.messages import InboundFile
from core.vocabulary import Channel, DeliveryState
from tests.builders import Clock, a_mail
from tests.stored import person_of

STAFF = "staff"
_LINE = re.compile(r"([a-z]+)(?:@staff(?:/(\w+))?)?> (.*)")
_HINT = re.compile(r"\((reply|edit|file|album|large|quote|again|anonymous|flood)(?: ([^)]*))?\) ?")
_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Play:
    """All that speak on one desk."""

    desk: Desk
    clock: Clock
    voices: dict[str, Voice] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    last: dict[str, Heard] = field(default_factory=dict)
    code: str = ""
    token: str = ""
    tag: str = ""

    async def perform(self, script: str) -> str:
        """The script with the answers of now in it."""
        played = []
        for line in spoken(script):
            played.append(line)
            played += [_TOKEN.sub("<token>", row.rstrip()) for row in await self._line(line)]
        return "\n".join(played) + "\n"

    async def _line(self, line: str) -> list[str]:
        if line.startswith("@@ "):
            self.clock.forward(durations.parsed(line[3:]) or timedelta(seconds=int(line[3:].rstrip("s"))))
            async with self.desk.writing() as connection:
                await snoozing.wake(connection, self.clock())
            return []
        if line.startswith("$ "):
            return await self._stage(line[2:].split())
        if (said := _LINE.fullmatch(line)) is None:
            return []
        name, topic, words = said.groups()
        chat = STAFF if "@staff>" in line[:20] or topic else name
        return await self._say(name, chat, topic or "", self._known(words))

    def _known(self, words: str) -> str:
        for name in ("code", "token", "tag"):
            words = words.replace(f"{{{name}}}", getattr(self, name))
        return words

    async def _say(self, name: str, chat: str, topic: str, words: str) -> list[str]:
        if name not in self.voices:
            self.voices[name] = Voice(self.desk, name, "test")
            await introduce(self.desk, name)
        place = Place.STAFF if chat == STAFF else Place.PRIVATE
        room = self.rooms.setdefault(chat, Room(chat, place))
        room.topic = topic
        voice = self.voices[name]
        before = await voice.arrived(room) if place is Place.PRIVATE else []
        words, parts = hints(words, name)
        if parts.pop("again", None):
            return [*before, *(await voice.answered(room, self.last[chat]))]
        self.last[chat], shown = await voice.hears(room, words, **parts)
        return [*before, *shown]

    async def _stage(self, words: list[str]) -> list[str]:
        if words[0] == "arrives":
            receipt = await self.desk.receive(a_mail(words[1], acknowledge=False))
            assert receipt.ticket_id
            assert receipt.ticket_number
            self.token = receipt.embed_token or ""
            self.tag = tokens.reply_tag(
                self.desk.keys.replies, receipt.ticket_number, 1, ticket_id=receipt.ticket_id,
                person_id=await person_of(self.desk, words[1]), version=1,
            )  # fmt: skip
            return []
        d = tables.deliveries.c
        async with self.desk.writing() as connection:
            match words:
                case ["mail"]:
                    found = await connection.execute(
                        select(d.id, d.address, d.kind, d.details)
                        .where(d.channel == Channel.EMAIL, d.state == DeliveryState.QUEUED)
                        .order_by(d.id)
                    )
                    rows = found.all()
                    await connection.execute(
                        update(tables.deliveries)
                        .where(d.id.in_([row.id for row in rows]))
                        .values(state=DeliveryState.SENT)
                    )
                    for row in rows:
                        if code := re.search(r"\b\d{6}\b", row.details.get("text", "")):
                            self.code = code[0]
                    return [f"   mail to {row.address}: {row.kind}" for row in rows]
                case ["link", name]:
                    user = await users.by_name(connection, name)
                    self.code = await proofs.for_account(connection, user.id, self.clock())
                case ["topic", topic, "of", number]:
                    ticket = (await tickets.by_numbers(connection, [int(number)]))[int(number)]
                    await topics.make(connection, ticket.id, STAFF, topic, self.clock())
                case ["unreachable", name]:
                    i = tables.identities.c
                    await connection.execute(
                        update(tables.identities)
                        .where(i.channel == CHANNEL, i.address == name)
                        .values(unreachable_at=self.clock(), unreachable_reason="blocked")
                    )
                case _:
                    raise AssertionError(words)
        return []


def spoken(script: str) -> Iterator[str]:
    """The lines of a transcript that are not answers."""
    for line in script.splitlines():
        if not line or line.startswith(("##", "@@ ", "$ ")) or _LINE.fullmatch(line):
            yield line


def hints(words: str, name: str) -> tuple[str, dict[str, Any]]:
    """What stands in brackets before the words, as parts of what is heard."""
    parts: dict[str, Any] = {}
    while found := _HINT.match(words):
        kind, value = found[1], found[2] or ""
        words = words[found.end() :]
        match kind:
            case "reply":
                parts["reply_to"] = value
            case "edit":
                parts |= {"message": value, "edited": True}
            case "file":
                parts["files"] = (InboundFile(value, "image/jpeg", value.encode()),)
            case "album":
                album, _, file = value.partition(" ")
                parts |= {"album": album, "files": (InboundFile(file, "image/jpeg", file.encode()),)}
            case "large":
                parts["too_large"] = (value,)
            case "quote":
                parts["quote"] = value
            case "anonymous":
                parts["speaker"] = Speaker(name, "Group", anonymous=True)
            case "flood":
                parts["pressure"] = Pressure(value)
            case "again":
                parts["again"] = True
    return words, parts

"""Who speaks, where, and in which language: what every answer needs. And doing what was asked only once."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import letters, refusals, sentences
from bot.markup import Html
from bot.sentences import Texts
from bot.talk import Button, Heard, Place, Said
from core import attempts
from core.access import Actor
from core.accounts.users import User
from core.attempts import Attempt
from core.chat import linking, talks
from core.chat.refusals import worded
from core.chat.talks import Talk
from core.desk import Desk
from core.errors import DeskError, Forbidden, Unavailable
from core.vocabulary import Channel

Buttons = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that was heard, and who said it. `account` is a linked agent's, `person_id` a known customer's."""

    desk: Desk
    heard: Heard
    channel: Channel
    talk: Talk
    account: User | None
    person_id: UUID | None
    texts: Texts

    @property
    def now(self) -> datetime:
        return self.desk.clock()

    @property
    def actor(self) -> Actor:
        """The linked agent. To be asked only where there is one."""
        if self.account is None:
            raise Forbidden(worded("for_agents"))
        return self.account.actor

    def say(self, key: str, *, buttons: Buttons = (), **values: object) -> Said:
        """A sentence, where it was spoken."""
        return self.show(self.texts(key, **values), buttons)

    def show(self, markup: Html, buttons: Buttons = ()) -> Said:
        answers = self.heard.message if self.heard.place is Place.STAFF and not self.heard.pressed else ""
        return Said(self.heard.chat, markup, self.heard.topic, buttons, answers)

    def notice(self, key: str, **values: object) -> Said:
        """The short answer to a pressed button."""
        return Said(self.heard.chat, topic=self.heard.topic, notice=sentences.plainly(self.texts(key, **values)))


async def look(desk: Desk, heard: Heard, channel: Channel) -> Scene:
    async with desk.glancing() as connection:
        talk = await talks.read(connection, channel, heard.speaker.id)
        # Whoever hides behind a group is nobody.
        account = None if heard.speaker.anonymous else await linking.account(connection, channel, heard.speaker.id)
        person_id = await linking.person(connection, channel, heard.speaker.id)
    language = sentences.spoken(talk.language, heard.speaker.language, desk.settings.desk.language)
    return Scene(desk, heard, channel, talk, account, person_id, sentences.of(language))


async def heard_before(desk: Desk, heard: Heard) -> list[Said] | None:
    """What was answered, where this was heard and done already."""
    async with desk.glancing() as connection:
        result = await attempts.result(connection, _attempt(heard))
    return None if result is None else _unpacked(result)


async def once(scene: Scene, work: Callable[[AsyncConnection], Awaitable[Sequence[Said]]]) -> list[Said]:
    """Do `work` and write down what it answers in one transaction; the second time only answer it.

    What the desk refuses is undone whole, and said in words.
    """

    async def done_once(connection: AsyncConnection) -> list[Said]:
        attempt = _attempt(scene.heard)
        done = await attempts.begun(connection, attempt, scene.now)
        if done is not None:
            return _unpacked(done)
        said = list(await work(connection))
        await attempts.done(connection, attempt, {"said": [letters.packed(one) for one in said]})
        return said

    try:
        return await scene.desk.sharing.do(done_once)
    except Unavailable:
        raise
    except DeskError as error:
        return [refusal(scene, error)]


def refusal(scene: Scene, error: DeskError) -> Said:
    key, values = refusals.sentence(error, scene.texts, is_agent=scene.account is not None)
    if scene.heard.pressed:
        return scene.notice(key, **values)
    return scene.say(key, **values)


async def keep(connection: AsyncConnection, scene: Scene, **changed: object) -> None:
    """Remember what has changed in the talk with this speaker."""
    await talks.keep(connection, replace(scene.talk, **changed))  # type: ignore[arg-type]  # fields of a Talk


def _attempt(heard: Heard) -> Attempt:
    name = hashlib.sha256(f"chat {heard.key}".encode()).hexdigest()
    return Attempt(name, "chat")


def _unpacked(result: Mapping[str, object]) -> list[Said]:
    rows = result.get("said")
    return [letters.unpacked(row) for row in rows] if isinstance(rows, list) else []

"""An agent's answer in the customer's chat: as a reply, with its files, soon, and with what became of it on the comment."""

import asyncio
import io
import time
from datetime import timedelta
from uuid import UUID

import pytest

from bot import letters
from bot.talk import Said
from core import attachments, conversation, tables
from core.access import Actor
from core.attachments import NewFile
from core.chat import sayings
from core.chat.sayings import NewSaying
from core.desk import Desk
from core.storage import blobs
from core.vocabulary import DeliveryState
from tests.bot.conftest import Dialogue
from tests.bot_api_server import BLOCKED, SWALLOWS, Behaviour, BotApi
from tests.builders import Clock
from tests.deliveries import an_agent, entries, say, states
from tests.stored import numbered, rows


async def a_customer(server: BotApi, text: str = "Fire") -> int:
    """Somebody whose ticket is open; answers the number of their message."""
    message = server.says(7, text)
    await server.until(lambda api: "Ticket 1" in api.texts(7))
    return message


async def test_it_arrives_as_a_reply_and_its_message_is_known(desk: Desk, server: BotApi, bot: Dialogue) -> None:
    message = await a_customer(server)

    await say(desk, 1, "Use <water> & sand", by=await an_agent(desk))
    await until_states(desk, [DeliveryState.SENT])

    [_, answer] = server.sent
    pairs = [(one.place, one.remote_id) for one in await rows(desk, tables.message_pairs)]
    assert (answer.text, answer.reply_to) == ("Use <water> & sand", message)
    assert pairs == [("7", str(message)), ("7", str(answer.message))]


async def test_it_does_not_wait_for_the_end_of_what_the_desk_has_to_say_to_a_crowd(
    desk: Desk, server: BotApi, bot: Dialogue
) -> None:
    await a_customer(server)
    bob, crowd = await an_agent(desk), range(1000, 1200)
    words = [NewSaying(f"news:{n}", 0, str(n), letters.packed(Said(str(n), "News"))) for n in crowd]
    async with desk.writing() as connection:
        await connection.run_sync(sayings.add, words, desk.clock())
    await server.until(lambda api: len(api.sent) > 5)

    await say(desk, 1, "Use sand", by=bob)
    await server.until(lambda api: "Use sand" in api.texts(7))

    assert len(server.sent) < 100


async def test_it_arrives_within_a_second(
    desk: Desk, server: BotApi, bot: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that it is its commit that sends it, and no look at what may be there.
    monkeypatch.setattr("bot.courier.LOOK", timedelta(hours=1))
    customers = range(7, 10)
    for chat in customers:
        server.says(chat, "Fire")
    await server.until(lambda api: all(map(api.texts, customers)))
    bob = await an_agent(desk)

    # One after the other, and the quickest counts: on a busy machine some moment belongs to somebody else.
    assert min([await answered_after(desk, server, chat, bob) for chat in customers]) < 1


async def answered_after(desk: Desk, server: BotApi, chat: int, by: Actor) -> float:
    """So many seconds after it was said the answer is in the chat, beyond what Telegram makes everybody wait."""
    [acknowledged] = [one for one in server.sent if one.chat == str(chat)]

    began = time.monotonic()
    await say(desk, int(acknowledged.text.removeprefix("Ticket ")), "Use water", by=by)
    await server.until(lambda api: len(api.texts(chat)) == 2)

    [_, answer] = [one for one in server.sent if one.chat == str(chat)]
    # A chat takes one message a second.
    return answer.at - max(began, acknowledged.at + 1)


async def answer_with_files(desk: Desk, *names: str) -> UUID:
    """An agent answers the ticket with files that all say the same."""
    bob, ticket = await an_agent(desk), await numbered(desk, 1)
    kept = await asyncio.to_thread(blobs.keep, desk.blob_folder, io.BytesIO(b"%PDF"))
    async with desk.writing() as connection:
        said = await conversation.reply(
            connection, ticket, "See here", by=bob, now=desk.clock(), settings=desk.settings, keys=desk.keys
        )
        types = {"png": "image/png", "pdf": "application/pdf"}
        files = [NewFile(name, types[name[-3:]], kept) for name in names]
        await attachments.add(connection, ticket, files, by=bob, now=desk.clock(), comment_id=said)
    return said


async def test_its_files_come_behind_it_pictures_together(desk: Desk, server: BotApi, bot: Dialogue) -> None:
    await a_customer(server)

    said = await answer_with_files(desk, "how to.pdf", "a.png", "b.png")
    await server.until(lambda api: len(api.sent) == 5)
    await until_states(desk, [DeliveryState.SENT])

    words, *files = server.sent[1:]
    assert [(one.method, one.filename, one.data) for one in files] == [
        ("sendMediaGroup", "a.png", b"%PDF"),
        ("sendMediaGroup", "b.png", b"%PDF"),
        ("sendDocument", "how to.pdf", b"%PDF"),
    ]
    pairs = [(one.remote_id, one.part) for one in await rows(desk, tables.message_pairs) if one.message_id == said]
    assert pairs == list(zip([str(one.message) for one in (words, *files)], [0, 1, 1, 2], strict=True))


async def test_pictures_that_telegram_does_not_take_as_such_arrive_as_files(
    desk: Desk, server: BotApi, bot: Dialogue
) -> None:
    await a_customer(server)
    server.once["7"].append(Behaviour(400, "Bad Request: PHOTO_INVALID_DIMENSIONS", method="sendMediaGroup"))

    await answer_with_files(desk, "a.png", "b.png")
    await server.until(lambda api: len(api.sent) == 4)

    assert [one.fields["media"] for one in server.sent[2:]] == ["document"] * 2


async def test_what_is_too_large_for_a_chat_comes_as_a_link_to_it(
    desk: Desk, server: BotApi, bot: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.letters.MOST_UPLOAD", 3)
    await a_customer(server)

    await answer_with_files(desk, "how to.pdf")
    await until_states(desk, [DeliveryState.SENT])

    [_, words] = server.sent
    assert words.text.startswith("See here\n\n📎 how to.pdf\nhttp://127.0.0.1:8000/f/")


async def test_who_blocked_the_bot_is_not_answered_and_the_agent_reads_why(
    desk: Desk, server: BotApi, bot: Dialogue
) -> None:
    await a_customer(server)
    server.always["7"] = BLOCKED
    await say(desk, 1, "Hello?", by=await an_agent(desk))

    await until_states(desk, [DeliveryState.FAILED])

    [entry] = await entries(desk)
    [note] = [one for one in await rows(desk, tables.messages) if one.direction == "note"]
    assert entry.reason == "bot was blocked by the user"
    assert note.body.startswith("The customer cannot be reached in Telegram: bot was blocked by the user.")


async def test_of_a_long_answer_only_what_is_missing_is_sent_again(
    desk: Desk, server: BotApi, bot: Dialogue, clock: Clock
) -> None:
    await a_customer(server)
    await say(desk, 1, "x" * 5000, by=await an_agent(desk))
    await server.until(lambda api: len(api.sent) == 2)
    server.once["7"].append(SWALLOWS)
    await until_states(desk, [DeliveryState.RETRYING])

    clock.forward(timedelta(minutes=2))
    desk.chat_stirs.set()
    await until_states(desk, [DeliveryState.SENT])

    assert [len(one.text) for one in server.sent[1:]] == [4096, 904, 904]


async def until_states(desk: Desk, wanted: list[DeliveryState]) -> None:
    async with asyncio.timeout(20):
        while await states(desk) != wanted:
            desk.outbox_stirs.clear()
            await desk.outbox_stirs.wait()

"""Agents without topics: each in their own chat, or all of them in a plain group. And the receipts of what they answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import pytest

from bot import conversing, telegram, topic_cards
from bot.telegram import Voice
from core import tables, tickets
from core.accounts.users import User
from core.chat import linking
from core.chat.talk_tables import prompts
from core.config import Settings
from core.desk import Desk
from core.vocabulary import Channel, Role
from tests.bot.conftest import STAFF
from tests.bot_api_server import BLOCKED, BotApi
from tests.bot_api_wire import Sent
from tests.builders import a_user
from tests.stored import numbered, rows

BOB, CAROL = 9, 10

Working = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture(params=[0])
def desk_settings(request: pytest.FixtureRequest, desk_settings: Settings) -> Settings:
    return desk_settings.model_copy(
        update={"telegram": desk_settings.telegram.model_copy(update={"staff_chat_id": request.param})}
    )


@pytest.fixture
def working(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Working:
    """The whole bot, as `serve` has it."""
    monkeypatch.setattr("bot.pace.IN_A_CHAT", 0.05)
    monkeypatch.setattr("bot.pace.EVERY_IN_A_GROUP", 0.05)
    monkeypatch.setattr("bot.bulletins.LOOK_SECONDS", 0.02)
    # The clock of the test stands still.
    monkeypatch.setattr("bot.bulletins.ANYWAY_SECONDS", 0.0)

    @asynccontextmanager
    async def begin() -> AsyncIterator[None]:
        voice = Voice(partial(conversing.respond, desk), draw=partial(topic_cards.draw, desk))
        async with telegram.running(desk, voice, asyncio.Event()) as task:
            yield
            if task.done():
                task.result()

    return begin


async def an_agent(desk: Desk, name: str, chat: int, role: Role = Role.AGENT) -> User:
    user = await a_user(desk, name, role)
    async with desk.writing() as connection:
        await linking.link(connection, user, Channel.TELEGRAM, str(chat), desk.clock())
    return user


def to(server: BotApi, chat: int, method: str = "") -> list[Sent]:
    return [one for one in server.sent if one.chat == str(chat) and (not method or one.method == method)]


async def test_each_agent_hears_of_what_is_nobodys_then_only_whose_it_is_and_answers_by_replying(
    desk: Desk, server: BotApi, working: Working
) -> None:
    bob = await an_agent(desk, "bob", BOB)
    await an_agent(desk, "carol", CAROL)
    async with working():
        server.says(7, "My printer burns")
        await server.until(lambda api: bool(to(api, BOB)) and bool(to(api, CAROL)))
        card = to(server, BOB)[0]
        async with desk.writing() as connection:
            ticket = await numbered(desk, 1)
            await tickets.assign(connection, ticket, bob, by=bob.actor, now=desk.clock(), settings=desk.settings)
        # The card follows in both chats.
        await server.until(
            lambda api: bool(to(api, BOB, "editMessageText")) and bool(to(api, CAROL, "editMessageText"))
        )
        server.says(7, "It smokes & <smells>")
        await server.until(lambda api: any("smells" in one.text for one in to(api, BOB, "sendMessage")))
        post = next(one for one in to(server, BOB, "sendMessage") if "smells" in one.text)
        answer = server.says(BOB, "Water!", reply_to_message={"message_id": post.message})
        await server.until(lambda api: "Water!" in api.texts(7))
        await server.until(lambda api: any(one.text.startswith("✓✓") for one in to(api, BOB)))
        receipt = next(one for one in to(server, BOB) if one.text.startswith("✓✓"))
        # What they think better of is changed in the customer's chat, and taken back there.
        sent = next(one for one in to(server, 7) if one.text == "Water!")
        server.edits(answer, "Sand!", who=BOB)
        await server.until(lambda api: api.texts(7)[-1] == "Sand!")
        changed = to(server, 7)[-1]
        [undo] = receipt.buttons
        server.presses(receipt.message, undo, who=BOB)
        await server.until(lambda api: ("7", sent.message) not in api.messages)

    assert (changed.method, changed.message) == ("editMessageText", sent.message)
    assert card.text.startswith("#1 My printer burns")
    assert f"take:1:{1}" in card.buttons
    assert post.text == "#1 My printer burns\nAnn\nIt smokes & <smells>"
    assert not any("smells" in one.text for one in to(server, CAROL, "sendMessage"))
    [queued] = [one for one in to(server, BOB, "sendMessage") if one.text.startswith("✓ Answer on #1")]
    assert (receipt.message, receipt.text) == (queued.message, "✓✓ Answer on #1 was sent to Ann (telegram).")


async def test_an_agent_reads_why_an_answer_was_not_sent(desk: Desk, server: BotApi, working: Working) -> None:
    await an_agent(desk, "bob", BOB)
    async with working():
        server.says(7, "My printer burns")
        await server.until(lambda api: bool(to(api, BOB)) and bool(to(api, 7)))
        server.always["7"] = BLOCKED
        server.says(BOB, "/reply 1 Water!")
        await server.until(lambda api: any("was not sent to Ann" in one.text for one in to(api, BOB)))

    told = next(one.text for one in to(server, BOB) if "was not sent" in one.text)
    assert told == "✗ Answer on #1 was not sent to Ann (telegram): bot was blocked by the user"


@pytest.mark.parametrize("desk_settings", [STAFF], indirect=True)
async def test_a_group_without_topics_gets_cards_that_follow_and_what_customers_write(
    desk: Desk, server: BotApi, working: Working
) -> None:
    server.is_forum = False
    async with working():
        server.says(7, "My printer burns")
        await server.until(lambda api: bool(to(api, STAFF)))
        server.says(7, "It smokes")
        await server.until(lambda api: len(to(api, STAFF, "sendMessage")) == 2)
        await server.until(lambda api: bool(to(api, STAFF, "editMessageText")))
        # What is said is written down a moment after Telegram has it.
        async with asyncio.timeout(20):
            while len(await placed(desk)) < 2:
                pass

    card, post = to(server, STAFF, "sendMessage")
    assert (card.topic, post.text) == (0, "#1 My printer burns\nAnn\nIt smokes")
    assert to(server, STAFF, "editMessageText")[-1].message == card.message
    assert server.calls["createForumTopic"] == 0
    assert await placed(desk) == {str(card.message), str(post.message)}


@pytest.mark.parametrize("desk_settings", [STAFF], indirect=True)
async def test_what_a_button_asks_for_in_a_group_is_answered_by_a_reply_to_its_question(
    desk: Desk, server: BotApi, working: Working
) -> None:
    server.is_forum = False
    await an_agent(desk, "bob", BOB)
    async with working():
        server.says(7, "My printer burns")
        await server.until(lambda api: bool(to(api, STAFF)))
        [card] = to(server, STAFF)
        server.presses(card.message, f"ask:1:{(await numbered(desk, 1)).version}:tag", who=BOB, chat=STAFF)
        await server.until(lambda api: any("Answer this message" in one.text for one in to(api, STAFF)))
        question = to(server, STAFF)[-1]
        # What is said is written down a moment after Telegram has it.
        async with asyncio.timeout(20):
            while not await rows(desk, prompts):
                pass
        server.says(BOB, "vip", chat=STAFF, reply_to_message={"message_id": question.message})
        await server.until(lambda api: "Tags of ticket #1: vip" in api.texts(STAFF))

    assert question.text == "Bob: Answer this message with the tags of #1, such as: vip -new"
    assert f'<a href="tg://user?id={BOB}">' in question.fields["text"]
    assert question.fields["reply_markup"] == {"force_reply": True, "selective": True}


async def placed(desk: Desk) -> set[str]:
    """The messages of the group that the desk knows by their names there."""
    return {one.remote_id for one in await rows(desk, tables.message_pairs) if one.place == str(STAFF)}

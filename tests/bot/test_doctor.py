"""What `deskbell doctor` says of the bot: token, webhook, group."""

from datetime import timedelta

import pytest

from bot import doctor
from core.chat import arrivals, postings
from core.chat.arrivals import Arrival, Handled
from core.config import Settings
from core.desk import Desk
from core.running.doctor import Level
from tests.bot.conftest import STAFF
from tests.bot_api_server import Behaviour, BotApi
from tests.stored import a_chat_line, with_section


async def said(settings: Settings) -> list[tuple[Level, str]]:
    return [(one.level, one.what) for one in await doctor.examine(settings)]


async def test_of_a_desk_without_telegram_it_says_nothing(desk_settings: Settings) -> None:
    assert await said(desk_settings.model_copy(update={"telegram": Settings().telegram})) == []


async def test_a_bot_that_works_is_named(desk_settings: Settings) -> None:
    assert await said(desk_settings) == [
        (Level.OK, "telegram: the bot is @desk_bot, mode polling"),
        (Level.OK, "telegram: the bot is an admin of the agents' group"),
    ]


async def test_a_token_that_is_refused_is_a_fault(desk_settings: Settings, server: BotApi) -> None:
    server.once[""].append(Behaviour(401, "Unauthorized", method="getMe"))

    assert await said(desk_settings) == [(Level.FAULT, "telegram: the token is refused")]


async def test_a_webhook_beside_polling_is_told(desk_settings: Settings, server: BotApi) -> None:
    server.webhook = {"url": "https://other.test/"}

    assert (Level.WARNING, "telegram: a webhook is set, so that nothing can be fetched") in await said(desk_settings)


async def test_a_webhook_that_telegram_cannot_call_is_told(desk_settings: Settings) -> None:
    found = await said(with_section(desk_settings, "telegram", mode="webhook"))

    assert (
        Level.WARNING,
        "telegram: http://127.0.0.1:8000/telegram/webhook is not https, which Telegram does not call",
    ) in found


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Behaviour(400, "Bad Request: chat not found", method="getChatMember"), "the bot is not in the agents' group"),
        (None, "the bot is an admin"),
    ],
)
async def test_the_group_is_looked_at(
    desk_settings: Settings, server: BotApi, behaviour: Behaviour | None, expected: str
) -> None:
    if behaviour:
        server.once[str(STAFF)].append(behaviour)

    assert any(expected in what for _, what in await said(desk_settings))


async def test_a_group_without_topics_is_told(desk_settings: Settings, server: BotApi) -> None:
    server.is_forum = False

    assert (Level.WARNING, "telegram: the agents' group has no topics") in await said(desk_settings)


async def test_what_was_not_handled_and_what_agents_may_not_have_seen_is_counted(
    desk: Desk, desk_settings: Settings
) -> None:
    receipt = await desk.receive(a_chat_line("1", "It burns"))
    assert receipt.message_id
    async with desk.writing() as connection:
        await arrivals.keep(connection, 1, [Arrival(1, "k", "7", b"{}")], desk.clock())
        [waiting] = await arrivals.waiting(connection, 10)
        await connection.run_sync(arrivals.finish, [Handled(waiting.id, error="ValueError()")], desk.clock())
        # Neither is it ever tidied away.
        await arrivals.tidy(connection, desk.clock() + timedelta(days=9))
        for _ in range(postings.TRIES):
            await postings.begin(connection, [receipt.message_id], "-100", desk.clock())

    found = await said(desk_settings)
    assert (Level.WARNING, "telegram: 1 updates could not be handled") in found
    assert (Level.WARNING, "telegram: of 1 messages nobody knows whether agents were shown them") in found

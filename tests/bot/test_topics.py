"""The topics of the agents' group: one a ticket, with a card that follows it, within what a group may see."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import update

from bot import telegram
from bot.talk import Button, Heard, Said
from bot.telegram import Voice
from bot.topic_cards import Card
from core import tables, tickets
from core.desk import Desk
from core.vocabulary import Status
from tests.bot.conftest import STAFF, Dialogue, inbound
from tests.bot_api_server import Behaviour, BotApi
from tests.bot_api_wire import Sent
from tests.stored import numbered, rows


@pytest.fixture
async def working(desk: Desk, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    # A message a second in a chat is what test_pace.py is about.
    monkeypatch.setattr("bot.pace.IN_A_CHAT", 0.3)
    monkeypatch.setattr("bot.pace.EVERY_IN_A_GROUP", 0.3)
    monkeypatch.setattr("bot.topics.LOOK_SECONDS", 0.02)

    async def draw(ticket_id: UUID, *_: object) -> Card | None:
        async with desk.reading() as connection:
            found = (await connection.run_sync(tickets.by_ids, [ticket_id])).get(ticket_id)
        if found is None:
            return None
        said = Said("", f"#{found.number} {found.subject} v{found.version}", buttons=((Button("Take", "t"),),))
        return Card(f"#{found.number} {found.subject}", said, found.version)

    async with telegram.running(desk, Voice(dialogue.respond, draw=draw), asyncio.Event()) as task:
        yield
        if task.done():
            task.result()


def in_group(server: BotApi) -> list[Sent]:
    return [one for one in server.sent if one.chat == str(STAFF)]


async def change(desk: Desk, number: int, times: int = 1, **values: object) -> int:
    """A ticket is changed; answers its version."""
    t = tables.tickets.c
    async with desk.writing() as connection:
        changed = {"version": t.version + times, **values}
        await connection.execute(update(tables.tickets).where(t.number == number).values(changed))
    return (await numbered(desk, number)).version


async def test_a_ticket_gets_a_topic_with_its_card_pinned_and_the_card_follows_the_ticket(
    desk: Desk, server: BotApi, working: None
) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: bool(api.pinned))

    [card] = in_group(server)
    version = await change(desk, 1, times=5)
    await server.until(lambda api: len(in_group(api)) == 2)

    [_, edit] = in_group(server)
    assert (card.text, card.buttons, card.topic) == ("#1 Fire v1", ["t"], next(iter(server.topics[str(STAFF)])))
    assert server.pinned == [(str(STAFF), card.message)]
    assert (edit.method, edit.message, edit.text) == ("editMessageText", card.message, f"#1 Fire v{version}")


async def test_a_topic_that_somebody_deleted_is_made_again(desk: Desk, server: BotApi, working: None) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: len(api.pinned) == 1)
    server.topics[str(STAFF)].clear()
    server.messages.pop((str(STAFF), in_group(server)[0].message))

    await change(desk, 1)
    await server.until(lambda api: len(api.pinned) == 2)

    assert server.calls["createForumTopic"] == 2
    assert in_group(server)[-1].topic in server.topics[str(STAFF)]
    server.expected("message to edit not found")
    server.expected("message thread not found")


async def test_what_the_customer_writes_next_is_posted_in_the_topic_and_known_by_that_post(
    desk: Desk, server: BotApi, dialogue: Dialogue, working: None
) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: len(api.pinned) == 1)
    first = await numbered(desk, 1)

    async def joins(heard: Heard) -> list[Said]:
        await desk.receive(replace(inbound(heard), ticket_id=first.id))
        return []

    dialogue.says = joins
    server.says(7, "It grows & grows")
    await server.until(lambda api: any("grows" in one.text for one in in_group(api)))

    post = next(one for one in in_group(server) if "grows" in one.text)
    async with asyncio.timeout(10):
        while not (pairs := [one for one in await rows(desk, tables.message_pairs) if one.place == str(STAFF)]):
            desk.outbox_stirs.clear()
            await desk.outbox_stirs.wait()
    assert post.text == "Ann\nIt grows & grows"
    assert [one.remote_id for one in pairs] == [str(post.message)]


async def test_a_burst_of_changes_stays_within_what_a_group_may_see_and_the_last_card_comes_first(
    desk: Desk, server: BotApi, working: None
) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: len(api.pinned) == 1)

    for _ in range(20):
        version = await change(desk, 1, times=3)
    await server.until(lambda api: in_group(api)[-1].text.endswith(f"v{version}"))

    # The server would have refused the twenty-first of a minute.
    assert len(in_group(server)) <= 20


async def test_a_group_whose_topics_were_switched_off_gets_the_card_itself(
    desk: Desk, server: BotApi, working: None
) -> None:
    server.once[str(STAFF)].append(Behaviour(400, "Bad Request: the chat is not a forum", method="createForumTopic"))
    server.says(7, "Fire")
    await server.until(lambda api: bool(in_group(api)))

    [card] = in_group(server)
    assert (card.text, card.topic) == ("#1 Fire v1", 0)


async def test_the_topic_of_a_settled_ticket_is_closed_once_its_card_says_so_and_opened_with_the_ticket(
    desk: Desk, server: BotApi, working: None
) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: len(api.pinned) == 1)
    topic = in_group(server)[0].topic

    version = await change(desk, 1, status=Status.CLOSED)
    await server.until(lambda api: bool(api.closed))
    closed = (set(server.closed), in_group(server)[-1].text)
    await change(desk, 1, status=Status.NEW)
    await server.until(lambda api: not api.closed)

    assert closed == ({topic}, f"#1 Fire v{version}")
    assert server.calls["createForumTopic"] == 1


async def test_a_bot_that_may_not_manage_topics_leaves_them_open_and_goes_on(
    desk: Desk, server: BotApi, working: None
) -> None:
    refusal = Behaviour(400, "Bad Request: not enough rights to manage the topic", method="closeForumTopic")
    server.once[str(STAFF)].append(refusal)
    server.says(7, "Fire")
    await server.until(lambda api: len(api.pinned) == 1)

    await change(desk, 1, status=Status.CLOSED)
    await server.until(lambda api: api.calls["closeForumTopic"] == 1)
    server.says(8, "Flood")

    await server.until(lambda api: len(api.pinned) == 2)
    assert server.calls["closeForumTopic"] == 1

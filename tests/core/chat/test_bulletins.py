"""What agents without topics are to be told, and what they read of an answer, as the database has it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from core import conversation, tables, tickets
from core.accounts.users import User
from core.chat import absences, answer_receipts, bulletins, linking, topic_work, topics
from core.chat.bulletins import Outdated, Reader
from core.desk import Desk
from core.vocabulary import Channel, DeliveryState, Role
from tests.builders import Clock, a_user
from tests.stored import a_chat_line, numbered, with_section


async def linked(desk: Desk, name: str, chat: str, role: Role = Role.AGENT) -> User:
    user = await a_user(desk, name, role)
    async with desk.writing() as connection:
        await linking.link(connection, user, Channel.TELEGRAM, chat, desk.clock())
    return user


async def readers(desk: Desk) -> dict[str, Reader]:
    async with desk.reading() as connection:
        return {one.chat: one for one in await bulletins.readers(connection)}


async def unread(desk: Desk, reader: Reader) -> list[str]:
    async with desk.reading() as connection:
        return [one.body for one in await bulletins.unread(connection, reader, desk.settings)]


async def give(desk: Desk, number: int, to: User) -> None:
    ticket = await numbered(desk, number)
    async with desk.writing() as connection:
        await tickets.assign(connection, ticket, to, by=to.actor, now=desk.clock(), settings=desk.settings)


async def test_agents_who_are_away_or_disabled_are_told_nothing(any_desk: Desk, clock: Clock) -> None:
    bob, carol, _ = [
        await linked(any_desk, name, chat) for name, chat in (("bob", "9"), ("carol", "10"), ("erin", "11"))
    ]
    async with any_desk.writing() as connection:
        await absences.leave(connection, "", by=bob.actor, now=clock())
        await connection.execute(update(tables.users).where(tables.users.c.id == carol.id).values(active=False))

    assert set(await readers(any_desk)) == {"11"}


async def test_an_agent_hears_of_what_is_nobodys_and_theirs_and_a_group_of_everything(
    any_desk: Desk, clock: Clock
) -> None:
    bob, carol = await linked(any_desk, "bob", "9"), await linked(any_desk, "carol", "10")
    group = Reader("-100", None, "", clock())
    clock.forward(timedelta(seconds=1))
    await any_line(any_desk, "It burns")
    both = await readers(any_desk)
    free = [await unread(any_desk, one) for one in (both["9"], both["10"], group)]

    await give(any_desk, 1, bob)
    taken = [await unread(any_desk, one) for one in (both["9"], both["10"], group)]
    async with any_desk.writing() as connection:
        [new] = await bulletins.unread(connection, both["9"], any_desk.settings)
        await topic_work.posted(connection, [new.message_id], "9", "501")
    told = [await unread(any_desk, one) for one in (both["9"], both["10"], group)]

    assert (bob.actor.username, carol.actor.username) == ("bob", "carol")
    assert free == [["It burns"]] * 3
    assert taken == [["It burns"], [], ["It burns"]]
    assert told == [[], [], ["It burns"]]


async def test_nothing_of_before_an_agent_was_linked_and_nothing_they_may_not_see(desk: Desk, clock: Clock) -> None:
    await any_line(desk, "It burns")
    clock.forward(timedelta(seconds=1))
    await linked(desk, "bob", "9")
    await any_line(desk, "It smokes", who="8")
    bob = (await readers(desk))["9"]
    only_theirs = with_section(desk.settings, "api", agents_see="assigned")

    async with desk.reading() as connection:
        assert await bulletins.unread(connection, bob, only_theirs) == []
    assert await unread(desk, bob) == ["It smokes"]


async def any_line(desk: Desk, text: str, who: str = "7") -> None:
    await desk.receive(a_chat_line(text, text, who))


async def test_what_is_given_to_an_agent_gets_a_card_and_the_newest_card_follows(any_desk: Desk, clock: Clock) -> None:
    bob = await linked(any_desk, "bob", "9")
    await any_line(any_desk, "It burns")
    reader = (await readers(any_desk))["9"]
    ticket = await numbered(any_desk, 1)

    async def card(message: str, version: int) -> None:
        async with any_desk.writing() as connection:
            await topics.keep_card(connection, Channel.TELEGRAM, "9", message, ticket.id, version, clock())
        clock.forward(timedelta(seconds=1))

    async def lacking() -> tuple[UUID | None, Outdated | None]:
        async with any_desk.reading() as connection:
            behind = await bulletins.outdated(connection, reader, any_desk.settings)
            return await bulletins.assigned(connection, reader), behind

    free = await lacking()
    await give(any_desk, 1, bob)
    given = await lacking()
    await card("501", ticket.version)
    await card("502", ticket.version)
    behind = await lacking()
    await card("502", ticket.version + 1)

    assert (free, given) == ((None, None), (ticket.id, None))
    assert behind == (None, Outdated(ticket.id, "502"))
    assert await lacking() == (None, None)


async def test_a_receipt_is_behind_as_long_as_it_says_less_than_is_known(any_desk: Desk, clock: Clock) -> None:
    bob = await linked(any_desk, "bob", "9")
    await any_line(any_desk, "It burns")
    ticket = await numbered(any_desk, 1)
    async with any_desk.writing() as connection:
        said = await conversation.reply(
            connection, ticket, "Water!", by=bob.actor, now=clock(), settings=any_desk.settings, keys=any_desk.keys
        )
        await answer_receipts.promise(connection, said, "9", "de", clock())

    async def behind(state: DeliveryState) -> list[tuple[str, str, str]]:
        d = tables.deliveries.c
        async with any_desk.writing() as connection:
            await connection.execute(
                update(tables.deliveries).where(d.message_id == said).values(state=state, reason="y")
            )
            found = await answer_receipts.behind(connection, 10)
            await answer_receipts.say(connection, found)
            return [(one.remote_id, one.language, one.state) for one in found]

    not_there_yet = await behind(DeliveryState.SENT)
    async with any_desk.writing() as connection:
        await answer_receipts.shown(connection, said, "9", "501")
    states = [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.RETRYING, DeliveryState.RETRYING]
    followed = [await behind(state) for state in (*states, DeliveryState.FAILED, DeliveryState.SENT)]

    assert not_there_yet == []
    assert followed == [[], [], [("501", "de", "retrying")], [], [("501", "de", "failed")], [("501", "de", "sent")]]

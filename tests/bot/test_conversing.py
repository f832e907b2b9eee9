"""The dialogue and the desk: nothing is lost and nothing is done twice, whatever happens in between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import conversing, customers, scene
from bot.talk import Heard, Place, Said, Speaker
from core import tables
from core.chat import linking, proofs, talks
from core.desk import Desk
from core.errors import Unavailable
from core.messages import InboundFile
from core.vocabulary import Channel, Role
from tests.builders import Clock, a_user
from tests.stored import count, numbered, rows

TELEGRAM = Channel.TELEGRAM


def line(desk: Desk, key: str, text: str, who: str = "7", **parts: object) -> Heard:
    plain = Heard(key, Speaker(who, "Dave", "de"), Place.PRIVATE, who, desk.clock(), b'{"update_id": 1}', text)
    return replace(plain, message=key, **parts)  # type: ignore[arg-type]  # fields of what is heard


async def hear(desk: Desk, key: str, text: str, who: str = "7", **parts: object) -> list[Said]:
    return await conversing.respond(desk, line(desk, key, text, who, **parts))


async def linked(desk: Desk, name: str, who: str, role: Role = Role.AGENT) -> None:
    user = await a_user(desk, name, role)
    async with desk.writing() as connection:
        await linking.link(connection, user, TELEGRAM, who, desk.clock())


async def test_a_message_that_was_stored_before_a_crash_is_answered_as_if_there_had_been_none(any_desk: Desk) -> None:
    heard = line(any_desk, "1", "Es brennt")
    here = await scene.look(any_desk, heard, TELEGRAM)
    await any_desk.receive(customers.inbound(here, heard.text))

    answered, again = await conversing.respond(any_desk, heard), await conversing.respond(any_desk, heard)

    assert answered == again
    assert "<b>#1</b>" in answered[0].html
    assert answered[0].html.startswith("Vielen Dank")
    assert await count(any_desk, tables.tickets) == 1
    [arrival] = await rows(any_desk, tables.ledger)
    assert arrival.envelope == {"arrived": '{"update_id": 1}'}


async def test_a_choice_that_was_made_before_a_crash_files_nothing_twice(any_desk: Desk, clock: Clock) -> None:
    for key, text in (("1", "Es brennt"), ("2", "/new Rechnung"), ("3", "Und nun?")):
        clock.forward(timedelta(hours=1))
        said = await hear(
            any_desk, key, text, files=(InboundFile("a.txt", "text/plain", b"x" * 200_000),) if key == "3" else ()
        )
    press = line(any_desk, "4", "", pressed=said[0].buttons[1][0].data)
    async with any_desk.reading() as connection:
        waiting = await talks.waiting(connection, TELEGRAM, "7")
    await customers._file_waiting(any_desk, waiting, (await numbered(any_desk, 1)).id)

    first, again = await conversing.respond(any_desk, press), await conversing.respond(any_desk, press)

    assert first == again
    assert "#1" in first[0].html
    assert (await count(any_desk, tables.messages), await count(any_desk, tables.attachments)) == (3, 1)
    [stale] = await hear(any_desk, "5", "", pressed=press.pressed)
    assert stale.notice


async def test_what_an_agent_asks_for_twice_is_done_once(any_desk: Desk) -> None:
    await linked(any_desk, "bob", "9")
    await hear(any_desk, "1", "Es brennt")

    first, again = [await hear(any_desk, "2", "/reply 1 Löschen!", "9") for _ in range(2)]

    assert first == again
    assert await count(any_desk, tables.deliveries) == 1


async def test_what_is_refused_leaves_nothing_behind(any_desk: Desk) -> None:
    await linked(any_desk, "bob", "9")
    await hear(any_desk, "1", "Es brennt")

    [refused] = await hear(any_desk, "2", "/assign 1 bob2", "9")

    assert "das Konto" in refused.html
    assert await count(any_desk, tables.changes) == 1


async def test_nobody_acts_who_is_not_linked_or_not_any_more(desk: Desk) -> None:
    await linked(desk, "bob", "9")
    await hear(desk, "1", "Es brennt")
    staff = {"place": Place.STAFF, "chat": "-100"}

    strangers = [
        await hear(desk, "2", "/close 1", "10", **staff),
        await hear(desk, "3", "", "10", pressed="close:1:1", **staff),
        await hear(desk, "4", "/close 1", "9", speaker=Speaker("9", anonymous=True), **staff),
        await hear(desk, "5", "/close 1", "9", place=Place.ELSEWHERE),
        await hear(desk, "6", "", "10", pressed="close:1:1"),
    ]

    assert (await numbered(desk, 1)).status == "new"
    assert [len(said) for said in strangers] == [1, 1, 1, 0, 1]


async def test_a_code_is_good_for_the_chat_in_which_it_was_asked_for(desk: Desk) -> None:
    bob = await a_user(desk, "bob")
    async with desk.writing() as connection:
        code = await proofs.for_account(connection, bob.id, desk.clock())

    [welcome] = await hear(desk, "1", f"/start {code}", "9")
    [dead] = await hear(desk, "2", f"/start {code}", "10")
    [queue] = await hear(desk, "3", "/queue", "9")

    assert "Bob" in welcome.html
    assert dead.html != welcome.html
    assert queue.html == "Die Warteschlange ist leer."


async def test_a_desk_that_stops_answers_nothing_so_that_it_is_heard_again(desk: Desk) -> None:
    await desk.drain()

    for text in ("Es brennt", "/new"):
        with pytest.raises(Unavailable):
            await hear(desk, text, text)


async def test_what_is_not_decided_in_time_becomes_a_ticket_and_that_is_told(desk: Desk, clock: Clock) -> None:
    for key, text in (("1", "Es brennt"), ("2", "/new Rechnung"), ("3", "Und nun?"), ("4", "Hallo?")):
        clock.forward(timedelta(hours=1) if key < "4" else timedelta(minutes=1))
        await hear(desk, key, text)

    early = await conversing.overdue(desk, TELEGRAM)
    clock.forward(timedelta(minutes=12))
    told, again = await conversing.overdue(desk, TELEGRAM), await conversing.overdue(desk, TELEGRAM)

    assert (early, again) == ([], [])
    assert [(said.chat, "#3" in said.html) for said in told] == [("7", True)]
    assert [(m.body, m.ticket_id == (await numbered(desk, 3)).id) for m in await rows(desk, tables.messages)][2:] == [
        ("Und nun?", True),
        ("Hallo?", True),
    ]

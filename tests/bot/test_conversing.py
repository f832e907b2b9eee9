"""The dialogue and the desk: nothing is lost and nothing is done twice, whatever happens in between."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import conversing, customers, scene
from bot.talk import Heard, Place, Said, Speaker
from core import tables, tickets
from core.chat import chat_answers, linking, proofs, talks, topic_work
from core.chat.chat_answers import Store
from core.chat.telegram_tables import telegram_sayings
from core.desk import Desk
from core.errors import Unavailable
from core.messages import InboundFile
from core.vocabulary import Channel, Role
from tests.builders import Clock, a_user
from tests.stored import count, numbered, rows, with_section

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


async def _posted(desk: Desk, *keys: str, chat: str = "9", name: str = "50") -> None:
    """Message `name` of a chat of agents shows these messages of the customer's."""
    async with desk.writing() as connection:
        known = {row.remote_id: row.message_id for row in await rows(desk, tables.message_pairs)}
        await topic_work.posted(connection, [known[key] for key in keys], chat, name)


async def test_an_answer_stands_below_what_the_agent_replied_to(any_desk: Desk, clock: Clock) -> None:
    await linked(any_desk, "bob", "9")
    for key in ("1", "2", "3"):
        clock.forward(timedelta(seconds=1))
        await hear(any_desk, key, f"Es brennt {key}")
    await _posted(any_desk, "2")

    await hear(any_desk, "4", "Löschen!", "9", reply_to="50")
    await hear(any_desk, "5", "/reply 1 Mit Sand!", "9")

    queued = [row.id for row in await rows(any_desk, tables.deliveries)]
    store = Store(any_desk.blob_folder, 1, "", b"")
    async with any_desk.reading() as connection:
        answers = await chat_answers.written(connection, queued, store)
    assert [(one.body, one.reply_to) for one in answers] == [("Löschen!", "2"), ("Mit Sand!", "3")]


async def test_what_is_taken_back_goes_from_every_chat_and_what_stood_beside_it_is_posted_again(any_desk: Desk) -> None:
    for key in ("1", "2", "3"):
        files = (InboundFile("a.txt", "text/plain", b"x"),) if key == "2" else ()
        await hear(any_desk, key, f"Es brennt {key}", files=files)
    await _posted(any_desk, "2", "3", chat="-100")

    [stranger] = await hear(any_desk, "4", "/withdraw", "8", chat="7", reply_to="2")
    [done] = await hear(any_desk, "5", "/withdraw", reply_to="2")

    assert stranger.withdraws == ()
    assert done.withdraws == ("2",)
    assert [(row.chat, row.content["withdraws"]) for row in await rows(any_desk, telegram_sayings)] == [
        ("-100", ["50"])
    ]
    assert [row.remote_id for row in await rows(any_desk, tables.message_pairs)] == ["1", "3"]
    assert [bool(row.deleted_at) for row in await rows(any_desk, tables.messages)] == [False, True, False]
    [file] = await rows(any_desk, tables.attachments)
    assert file.deleted_at is not None


@pytest.mark.parametrize(
    ("office", "told"),
    [
        ({}, None),
        ({"hours": ("mon-fri 09:00-17:00",)}, None),
        # It is Monday noon.
        ({"hours": ("mon 13:00-17:00",)}, "Gerade ist niemand da. Sie hören ab 2026-03-02 13:00 (UTC) von uns."),
        ({"hours": ("tue 08:30-17:00",), "away_text": "<Zu> bis {until}"}, "&lt;Zu&gt; bis 2026-03-03 08:30 (UTC)"),
    ],
)
async def test_outside_office_hours_a_customer_hears_when_somebody_will_be_there(
    desk: Desk, office: dict[str, object], told: str | None
) -> None:
    desk.settings = with_section(desk.settings, "office", **office)

    [said] = await hear(desk, "1", "Es brennt")

    assert "#1" in said.html
    assert said.html.splitlines()[2:] == ([] if told is None else [told])


@pytest.mark.parametrize(("form", "way"), [(True, "http://127.0.0.1:8000/"), (False, "bis 20 MB")])
async def test_who_sends_too_much_is_told_a_way_that_there_is(desk: Desk, form: bool, way: str) -> None:
    desk.settings = with_section(desk.settings, "form", enabled=form)

    said = await hear(desk, "1", "", too_large=("film.mov",))

    assert way in said[-1].html
    assert "film.mov" in said[-1].html


async def test_who_is_blocked_is_told_nothing_also_by_a_choice_that_they_had_been_offered(
    desk: Desk, clock: Clock
) -> None:
    await linked(desk, "bob", "9")
    for key, text in (("1", "Es brennt"), ("2", "/new Rechnung"), ("3", "Und nun?")):
        clock.forward(timedelta(hours=1))
        said = await hear(desk, key, text)
    choice = said[0].buttons[0][0].data
    await hear(desk, "4", "/block 1 1d Spam", "9")

    pressed = await hear(desk, "5", "", pressed=choice)
    overdue = await conversing.overdue(desk, TELEGRAM)

    assert [one.html for one in (*pressed, *overdue)] == []
    assert await count(desk, tables.messages) == 2
    clock.forward(timedelta(days=2))
    assert "#3" in (await hear(desk, "6", "/new Bin ich wieder da?"))[0].html


async def test_a_message_that_is_split_off_is_the_new_tickets_in_every_chat_and_split_once(any_desk: Desk) -> None:
    await linked(any_desk, "bob", "9")
    for key in ("1", "2"):
        await hear(any_desk, key, f"Es brennt {key}")
    await _posted(any_desk, "1", name="40")
    await _posted(any_desk, "2", name="50")

    [first] = await hear(any_desk, "3", "/split", "9", reply_to="40")
    done, again = [await hear(any_desk, "4", "/split", "9", reply_to="50") for _ in range(2)]
    await hear(any_desk, "5", "Mehr dazu", reply_to="2")
    await hear(any_desk, "6", "Löschen!", "9", reply_to="50")

    assert "begann das Ticket" in first.html
    assert done == again
    assert await count(any_desk, tables.tickets) == 2
    of_second = [
        row.body for row in await rows(any_desk, tables.messages) if row.ticket_id == (await numbered(any_desk, 2)).id
    ]
    assert of_second == ["Es brennt 2", "Mehr dazu", "Löschen!"]
    [answer] = await rows(any_desk, tables.deliveries)
    assert (answer.channel, answer.address) == (TELEGRAM, "7")


async def test_a_tag_of_two_words_comes_and_goes_by_its_button(desk: Desk) -> None:
    await linked(desk, "bob", "9")
    await hear(desk, "1", "Es brennt")
    await hear(desk, "2", "/new Rechnung")
    async with desk.writing() as connection:
        for number in (1, 2):
            tags = ("Call Back", "-x", "y:") if number == 1 else ("vip",)
            await tickets.set_tags(connection, await numbered(desk, number), tags)

    async def press(key: str, number: int, label: str) -> tuple[str, ...]:
        ticket = await numbered(desk, number)
        [card] = await hear(desk, key, "", "9", pressed=f"tag:{number}:{ticket.version}")
        [data] = [button.data for row in card.buttons for button in row if button.label == label]
        await hear(desk, f"{key}b", "", "9", pressed=data)
        return (await numbered(desk, number)).tags

    assert await press("3", 2, "Call Back") == ("Call Back", "vip")
    assert await press("4", 1, "✓ Call Back") == ("-x", "y:")
    assert await press("5", 1, "✓ -x") == ("y:",)
    assert await press("6", 1, "✓ y:") == ()

"""From the Bot API server through the desk and back: what is stored, in which order, and what happens when it breaks."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot import telegram
from bot.talk import Button, Heard, Said
from core import tables
from core.chat.telegram_tables import telegram_offsets, telegram_sayings, telegram_updates
from core.config import Settings
from core.desk import Desk
from core.storage import leases
from tests.bot.conftest import STAFF, Dialogue, working
from tests.bot_api_server import BLOCKED, SWALLOWS, Behaviour, BotApi, moved_to, too_fast
from tests.builders import Clock
from tests.stored import count, rows


async def test_what_somebody_writes_is_stored_as_it_came_then_heard_and_answered_in_the_same_chat(
    desk: Desk, server: BotApi, bot: Dialogue
) -> None:
    message = server.says(7, "The printer is on fire", name="Ann")

    await server.until(lambda api: api.texts(7) == ["Ticket 1"])

    [update], [offset] = await rows(desk, telegram_updates), await rows(desk, telegram_offsets)
    [heard] = bot.heard
    assert b"The printer is on fire" in update.raw
    assert (update.chat, update.message, update.error) == ("7", str(message), "")
    assert update.handled_at == desk.clock()
    assert offset.next_id == update.update_id + 1
    assert (heard.text, heard.speaker.name, heard.chat, heard.raw) == ("The printer is on fire", "Ann", "7", update.raw)


async def test_in_a_chat_everything_is_heard_in_its_order_and_a_slow_chat_holds_no_other_up(
    server: BotApi, desk: Desk, dialogue: Dialogue
) -> None:
    go = asyncio.Event()
    order: list[tuple[str, str]] = []

    async def says(heard: Heard) -> Sequence[Said]:
        if heard.chat == "7":
            await go.wait()
        order.append((heard.chat, heard.text))
        server.stir()
        return ()

    dialogue.says = says
    # More than are ever in hand.
    for n in range(420):
        server.says(7, f"slow {n}")
    for n in range(20):
        server.says(8, f"quick {n}")
    async with working(desk, dialogue):
        await server.until(lambda _: len(order) == 20)
        go.set()
        await server.until(lambda _: len(order) == 440)

    assert order == [("8", f"quick {n}") for n in range(20)] + [("7", f"slow {n}") for n in range(420)]


async def test_an_update_that_comes_again_is_heard_once(desk: Desk, server: BotApi, bot: Dialogue) -> None:
    server.says(7, "Once")
    again = {**server.updates[0]}
    await server.until(lambda api: api.texts(7) == ["Ticket 1"])

    # The same message under another number, as after a fault at Telegram.
    server.update(message=again["message"])
    server.says(7, "Twice")
    await server.until(lambda api: len(api.texts(7)) == 2)

    assert [one.text for one in bot.heard] == ["Once", "Twice"]


async def test_what_was_heard_and_not_marked_before_a_crash_is_heard_again_and_answered_once(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def files_it_and_dies(heard: Heard) -> Sequence[Said]:
        await Dialogue(desk).respond(heard)
        server.stir()
        await asyncio.Event().wait()
        return ()

    dialogue.says = files_it_and_dies
    server.says(7, "Fire")
    async with working(desk, dialogue):
        await server.until(lambda _: bool(dialogue.heard))

    dialogue.says = None
    async with working(desk, dialogue):
        await server.until(lambda api: api.texts(7) == ["Ticket 1"])

    assert [one.key for one in dialogue.heard] == [dialogue.heard[0].key] * 2
    assert await count(desk, tables.messages) == 1
    assert await count(desk, telegram_sayings) == 1


async def test_an_update_that_the_dialogue_cannot_bear_is_set_aside_and_the_chat_goes_on(
    desk: Desk, server: BotApi, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.hearing.TRIES", 1)

    async def says(heard: Heard) -> Sequence[Said]:
        if heard.text == "poison":
            raise ZeroDivisionError
        return [Said(heard.chat, heard.text)]

    dialogue.says = says
    server.says(7, "poison")
    server.says(7, "water")
    async with working(desk, dialogue):
        await server.until(lambda api: api.texts(7) == ["water"])

    poison, water = await rows(desk, telegram_updates)
    assert (poison.error, water.error) == ("ZeroDivisionError()", "")


async def test_of_two_processes_one_fetches_and_the_other_follows_when_it_stops(
    desk: Desk, server: BotApi, dialogue: Dialogue, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram, "RENEW", timedelta(seconds=0.01))
    async with desk.writing() as connection:
        assert await leases.take(connection, telegram.LEASE, "another", clock(), lasting=timedelta(seconds=15))
    server.says(7, "Fire")

    async with working(desk, dialogue):
        assert server.calls["getUpdates"] == 0
        clock.forward(timedelta(seconds=16))
        await server.until(lambda api: api.texts(7) == ["Ticket 1"])


async def test_another_program_with_the_same_token_is_told_of_in_the_log_and_does_not_end_the_desk(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    server.once[""].append(Behaviour(409, "Conflict: terminated by other getUpdates request", method="getUpdates"))
    server.says(7, "Fire")

    async with working(desk, dialogue):
        await server.until(lambda api: api.texts(7) == ["Ticket 1"])

    assert server.calls["getUpdates"] >= 2


async def test_a_chat_that_is_told_to_wait_waits_alone(desk: Desk, server: BotApi, bot: Dialogue) -> None:
    server.once["7"].append(too_fast(2))
    server.says(7, "One")
    await server.until(lambda api: api.calls["sendMessage"] == 1)

    server.says(8, "Two")
    await server.until(lambda api: len(api.sent) == 2)

    assert [one.chat for one in server.sent] == ["8", "7"]
    assert server.sent[1].at - server.sent[0].at > 1


async def test_words_whose_html_telegram_cannot_read_go_as_plain_text(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        return [Said(heard.chat, "1 < 2 <b>and so on")]

    dialogue.says = says
    server.says(7, "?")
    async with working(desk, dialogue):
        await server.until(lambda api: bool(api.sent))

    server.expected("can't parse entities")
    assert server.texts(7) == ["1 < 2 and so on"]


async def test_a_long_answer_arrives_in_parts_each_as_long_as_telegram_takes(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        return [Said(heard.chat, "<b>" + "🖨 printer\n" * 600 + "</b>", buttons=((Button("Close", "c:1"),),))]

    dialogue.says = says
    server.says(7, "?")
    async with working(desk, dialogue):
        await server.until(lambda api: len(api.sent) == 2)

    first, last = server.sent
    assert (first.text + "\n" + last.text).split() == ["🖨", "printer"] * 600
    assert (first.buttons, last.buttons) == ([], ["c:1"])


async def test_a_press_is_answered_at_once_and_the_message_changed_in_its_place(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        if heard.pressed:
            return [Said(heard.chat, "Closed", instead_of=heard.message, notice="Done")]
        return [Said(heard.chat, "Open", buttons=((Button("Close", "c:1"),),))]

    dialogue.says = says
    server.says(7, "?")
    async with working(desk, dialogue):
        await server.until(lambda api: len(api.sent) == 1)
        shown = server.sent[0].message
        server.presses(shown, "c:1")
        await server.until(lambda api: len(api.sent) == 3)

    _, notice, edit = server.sent
    assert dialogue.heard[1].pressed == "c:1"
    assert (notice.method, notice.text) == ("answerCallbackQuery", "Done")
    assert (edit.method, edit.message, edit.text) == ("editMessageText", shown, "Closed")


async def test_a_press_that_says_nothing_stops_the_button_all_the_same(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        return ()

    dialogue.says = says
    press = server.presses(5, "old")
    async with working(desk, dialogue):
        await server.until(lambda api: bool(api.sent))

    assert server.sent[0].fields["callback_query_id"] == int(press)


async def test_what_may_have_arrived_is_said_once_more_and_then_left_in_doubt(
    desk: Desk, server: BotApi, bot: Dialogue, clock: Clock
) -> None:
    server.once["7"] += [SWALLOWS, SWALLOWS]
    server.says(7, "Fire")
    await server.until(lambda api: len(api.texts(7)) == 1)

    await _until_state(desk, "retrying")
    clock.forward(timedelta(minutes=1))
    desk.chat_stirs.set()
    await server.until(lambda api: len(api.texts(7)) == 2)
    await _until_state(desk, "uncertain")


async def test_who_blocks_the_bot_is_unreachable_until_they_let_it_in_again(
    desk: Desk, server: BotApi, bot: Dialogue
) -> None:
    server.says(7, "Fire")
    await server.until(lambda api: len(api.texts(7)) == 1)

    server.update(my_chat_member=_membership("kicked"))
    server.says(8, "Flood")
    await server.until(lambda api: len(api.texts(8)) == 1)
    blocked = {one.address: one.unreachable_reason for one in await rows(desk, tables.identities)}
    server.update(my_chat_member=_membership("member"))
    server.says(8, "More")
    await server.until(lambda api: len(api.texts(8)) == 2)

    noted = [one.body for one in await rows(desk, tables.messages) if one.direction == "note"]
    assert blocked == {"7": "the bot was blocked by the user", "8": ""}
    assert {one.unreachable_reason for one in await rows(desk, tables.identities)} == {""}
    assert len(noted) == 1
    assert "cannot be reached in Telegram" in noted[0]


async def test_a_group_that_became_a_supergroup_is_answered_under_its_new_number(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        return [Said(heard.chat, heard.text)]

    dialogue.says = says
    server.once[str(STAFF)].append(moved_to(-100600))
    server.says(7, "Hello", chat=STAFF)
    async with working(desk, dialogue):
        await server.until(lambda api: bool(api.sent))
    server.says(7, "Again", chat=-100600)
    async with working(desk, dialogue):
        await server.until(lambda api: len(api.sent) == 2)

    assert [one.chat for one in server.sent] == ["-100600", "-100600"]
    assert [one.place for one in dialogue.heard] == ["staff", "staff"]


async def test_files_are_fetched_before_the_dialogue_hears_and_what_is_too_large_is_named(
    desk: Desk, server: BotApi, bot: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.download_limit = 1000
    small = server.a_file(b"%PDF", "small") | {"file_name": "../bill.pdf", "mime_type": "application/pdf"}
    large = server.a_file(b"x" * 2000, "large") | {"file_name": "film.mkv"}
    server.says(7, "", document=small, caption="My bill")
    server.says(7, "", document=large)

    await server.until(lambda api: len(api.texts(7)) == 2)

    first, second = bot.heard
    assert [(one.filename, one.data) for one in first.files] == [("bill.pdf", b"%PDF")]
    assert (first.text, first.too_large) == ("My bill", ())
    assert (second.files, second.too_large) == ((), ("film.mkv",))


async def test_the_token_is_in_no_log_however_it_breaks(
    desk_settings: Settings, desk: Desk, server: BotApi, dialogue: Dialogue, capfd: pytest.CaptureFixture[str]
) -> None:
    from core.running import logs

    logs.set_up("debug", "json")
    server.says(7, "Fire")
    server.always["7"] = Behaviour(500, "Internal Server Error")
    async with working(desk, dialogue):
        await server.until(lambda api: api.calls["sendMessage"] == 1)
        server.down = True
        server.stir()
        await server.until(lambda api: api.calls["getUpdates"] >= 1)
        server.down = False

    said = capfd.readouterr()
    assert "telegram_works" in said.err
    assert "AAF3xCanary" not in said.err + said.out
    assert "AAF3xCanary" not in repr(desk_settings)


async def _until_state(desk: Desk, state: str) -> None:
    async with asyncio.timeout(20):
        while [one.state for one in await rows(desk, telegram_sayings)] != [state]:
            desk.chat_stirs.clear()
            await desk.chat_stirs.wait()


def _membership(status: str) -> dict[str, object]:
    chat = {"id": 7, "type": "private", "first_name": "Ann"}
    member = {"user": {"id": 123456789, "is_bot": True, "first_name": "Desk"}, "status": status}
    return {"chat": chat, "from": chat, "date": 1_780_000_000, "old_chat_member": member, "new_chat_member": member}


async def test_blocked_while_an_answer_is_on_its_way(desk: Desk, server: BotApi, bot: Dialogue) -> None:
    server.once["7"].append(BLOCKED)
    server.says(7, "Fire")

    await server.until(lambda api: api.calls["sendMessage"] == 1)
    await _until_state(desk, "failed")

    [identity] = await rows(desk, tables.identities)
    assert identity.unreachable_reason == "bot was blocked by the user"


async def test_what_cannot_be_sent_by_a_fault_of_ours_fails_alone(
    desk: Desk, server: BotApi, dialogue: Dialogue
) -> None:
    async def says(heard: Heard) -> Sequence[Said]:
        return [Said("no chat", "lost"), Said(heard.chat, "said")]

    dialogue.says = says
    server.says(7, "?")
    async with working(desk, dialogue):
        await server.until(lambda api: api.texts(7) == ["said"])
        async with asyncio.timeout(20):
            while sorted(one.state for one in await rows(desk, telegram_sayings)) != ["failed", "sent"]:
                desk.outbox_stirs.clear()
                await desk.outbox_stirs.wait()

    lost, _ = await rows(desk, telegram_sayings)
    assert lost.reason == "could not be sent (ValueError)"

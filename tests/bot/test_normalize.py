"""An update of Telegram as it is heard: every kind of message is readable, and nothing that a stranger sends raises."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from bot import normalize
from bot.kinds import _KINDS
from bot.remote import Joined, Message, Moved, Nothing, Reach
from bot.talk import Place
from tests.builders import NOON

ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Archer", "language_code": "pt-br"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Ann"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Agents", "is_forum": True}
STAFF = "-100500"
FILE = {"file_id": "abc", "file_unique_id": "u", "file_size": 10}


def a_message(**more: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": 1_780_000_000, "from": ANN, "chat": PRIVATE, **more}


def understood(**update: Any) -> object:
    whole = {"update_id": 1, **update}
    return normalize.understood(whole, orjson.dumps(whole), "key", staff=STAFF, at=NOON)


def heard(**more: Any) -> Message:
    found = understood(message=a_message(**more))
    assert isinstance(found, Message)
    return found


def test_a_text_comes_with_who_wrote_it_where_and_when() -> None:
    said = heard(text="Fire").heard

    assert (said.speaker.id, said.speaker.name, said.speaker.language) == ("7", "Ann Archer", "pt-br")
    assert (said.place, said.chat, said.message, said.text) == (Place.PRIVATE, "7", "5", "Fire")
    assert said.at == datetime.fromtimestamp(1_780_000_000, UTC)


KINDS: list[tuple[dict[str, Any], str, str]] = [
    ({"photo": [{**FILE, "width": 90, "height": 90}, {**FILE, "file_id": "big", "width": 900, "height": 900}]}, "", "photo.jpg"),
    ({"document": {**FILE, "file_name": "a/../bill.pdf", "mime_type": "application/pdf"}}, "", "bill.pdf"),
    ({"document": {**FILE, "file_name": r"C:\x\bill.pdf"}}, "", "bill.pdf"),
    ({"document": {**FILE, "file_name": ".."}}, "", "file"),
    ({"animation": FILE, "document": FILE}, "", "animation.mp4"),
    ({"voice": {**FILE, "duration": 65}}, "(voice message, 1:05)", "voice.ogg"),
    ({"audio": {**FILE, "duration": 5, "performer": "Bach", "title": "Air"}}, "(audio, 0:05) Bach – Air", "audio.mp3"),
    ({"video": {**FILE, "duration": 5}}, "", "video.mp4"),
    ({"video_note": {**FILE, "duration": 5}}, "(video message, 0:05)", "video.mp4"),
    ({"sticker": {**FILE, "emoji": "🔥", "is_animated": False, "is_video": True}}, "🔥", "sticker.webm"),
    ({"location": {"latitude": 1.5, "longitude": -2}}, "(location) https://www.openstreetmap.org/?mlat=1.500000&mlon=-2.000000#map=17/1.500000/-2.000000", ""),
    ({"venue": {"title": "Pub", "address": "Road 1", "location": {}}, "location": {}}, "(location) Pub, Road 1", ""),
    ({"contact": {"first_name": "Bob", "phone_number": "+49 1"}}, "(contact) Bob +49 1", ""),
    ({"poll": {"question": "Tea?", "options": [{"text": "Yes"}, {"text": "No"}]}}, "(poll) Tea?\n- Yes\n- No", ""),
    ({"dice": {"emoji": "🎲", "value": 4}}, "🎲 4", ""),
    ({"checklist": {"title": "x"}}, "(something that cannot be shown here: checklist)", ""),
    ({}, "(something that cannot be shown here: an empty message)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("more", "text", "filename"), KINDS)
def test_every_kind_of_message_is_a_readable_line_and_its_file(more: dict[str, Any], text: str, filename: str) -> None:
    found = heard(**more)

    assert found.heard.text == text
    assert [one.filename for one in found.files] == ([filename] if filename else [])


def test_of_a_photo_the_largest_size_is_fetched() -> None:
    assert heard(**KINDS[0][0]).files[0].file_id == "big"


def test_a_caption_is_the_text_and_what_came_from_somebody_else_says_from_whom() -> None:
    origin = {"type": "user", "sender_user": {"id": 9, "is_bot": False, "first_name": "Bob"}, "date": 1}

    found = heard(photo=[FILE], caption="Look", forward_origin=origin).heard

    assert found.text == "(forwarded from Bob)\nLook"


def test_a_reply_names_what_it_answers_and_the_words_it_quotes() -> None:
    found = heard(text="this", reply_to_message=a_message(text="…") | {"message_id": 3}, quote={"text": "it is"}).heard

    assert (found.reply_to, found.quote) == ("3", "it is")


def test_in_a_topic_a_message_answers_nothing_unless_it_answers_another() -> None:
    opened = {"message_id": 3, "forum_topic_created": {"name": "x"}}
    found = heard(text="x", chat=GROUP, message_thread_id=3, is_topic_message=True, reply_to_message=opened).heard

    assert (found.place, found.topic, found.reply_to) == (Place.STAFF, "3", "")


def test_an_edit_is_one_and_has_a_key_of_its_own() -> None:
    edited = a_message(text="Fire!", edit_date=1_780_000_100)

    found = understood(edited_message=edited)
    keys = [
        normalize.arrival({"update_id": n, name: message}, b"", 1)
        for n, (name, message) in enumerate([("message", a_message(text="Fire")), ("edited_message", edited)])
    ]

    assert isinstance(found, Message)
    assert (found.heard.edited, found.heard.at) == (True, datetime.fromtimestamp(1_780_000_100, UTC))
    assert [one.key for one in keys if one] == ["1:7:5:0", "1:7:5:1780000100"]


def test_a_press_is_heard_where_its_message_is() -> None:
    query = {"id": "99", "from": ANN, "data": "c:1", "message": a_message(chat=GROUP), "chat_instance": "1"}

    found = understood(callback_query=query)

    assert isinstance(found, Message)
    assert (found.heard.pressed, found.heard.message, found.heard.place) == ("c:1", "5", Place.STAFF)
    kept = normalize.arrival({"update_id": 1, "callback_query": query}, b"", 1)
    assert kept is not None
    assert (kept.chat, normalize.press_of(kept.key)) == ("-100500", "99")


def test_an_admin_who_hides_behind_the_group_is_known_as_that() -> None:
    hidden = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}

    found = heard(text="x", chat=GROUP, sender_chat=GROUP, **{"from": hidden}).heard

    assert found.speaker.anonymous


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"my_chat_member": {"chat": PRIVATE, "date": 1, "new_chat_member": {"status": "kicked"}}}, Reach("7", reachable=False, at=datetime.fromtimestamp(1, UTC))),
        ({"my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "member"}}}, Joined("-100500", "Agents", member=True)),
        ({"message": a_message(migrate_to_chat_id=-100600, chat={"id": -50, "type": "group"})}, Moved("-50", "-100600")),
        ({"message": a_message(pinned_message=a_message())}, Nothing("Telegram's own words")),
        ({"message": a_message(text="x", **{"from": {**ANN, "is_bot": True}})}, Nothing("another bot")),
        ({"poll_answer": {}}, Nothing("another kind of update")),
    ],
)  # fmt: skip
def test_what_is_no_message_to_the_desk(update: dict[str, Any], expected: object) -> None:
    assert understood(**update) == expected


NAMES = [
    "message_id", "date", "edit_date", "from", "chat", "text", "caption", "reply_to_message", "quote", "forward_origin",
    "media_group_id", "message_thread_id", "is_topic_message", "sender_chat", "migrate_to_chat_id", "message", "data",
    "id", "new_chat_member", *_KINDS,
]  # fmt: skip
ODD: list[Any] = [
    None, True, -1, 2**70, 1e300, "", "\ud800\0" * 9, [], [1, None], [[]], {}, {"id": []}, {"id": 2**70, "type": 3},
    {"file_id": "x", "file_size": "1", "file_name": {}, "duration": "x", "location": [], "options": {"a": 1}},
]  # fmt: skip


@pytest.mark.parametrize("kind", ["message", "edited_message", "callback_query", "my_chat_member", "whatever"])
def test_nothing_that_may_come_raises(kind: str) -> None:
    spoilt = [{**whole, name: odd} for whole in (a_message(text="x"), a_message(), {}) for name in NAMES for odd in ODD]

    for inner in [*spoilt, *ODD]:
        update = {"update_id": 1, kind: inner}
        kept = normalize.arrival(update, b"{}", 1)
        normalize.understood(update, b"{}", "key", staff=STAFF, at=NOON)
        assert kept is not None
        assert kept.key


@pytest.mark.parametrize("number", [None, "7", True, 1.5, {}])
def test_what_has_no_number_is_no_update(number: object) -> None:
    assert normalize.arrival({"update_id": number, "message": a_message()}, b"", 1) is None

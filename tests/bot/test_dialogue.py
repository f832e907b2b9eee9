"""What lines and buttons mean, without a desk: tables of what is said and what is understood."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import dialogue, durations
from bot.dialogue import (
    AGENTS,
    CUSTOMERS,
    Agent,
    Amend,
    AskWhich,
    Customer,
    File,
    Nothing,
    Order,
    Refusal,
    Reword,
    Speak,
    Verb,
)  # fmt: skip
from bot.flood import Pressure
from bot.talk import Heard, Place, Speaker
from core.chat.talks import Talk
from core.messages import InboundFile
from core.tables import new_id
from core.vocabulary import Channel
from tests.builders import NOON

ONE, TWO, MESSAGE = new_id(), new_id(), new_id()
GROUPING = timedelta(minutes=2)
TALK = Talk(Channel.TELEGRAM, "7")
HEARD = Heard("k", Speaker("7"), Place.PRIVATE, "7", NOON, b"", "It burns")
FILE = (InboundFile("a.jpg", "image/jpeg", b"x"),)


def heard(text: str = "It burns", **parts: object) -> Heard:
    return replace(HEARD, text=text, **parts)  # type: ignore[arg-type]  # fields of what is heard


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("/status", Order(Verb.STATUS)),
        ("/status 42", Order(Verb.STATUS, 42)),
        ("/STATUS@DeskBot  #42 ", Order(Verb.STATUS, 42)),
        ("/new\nmy printer", Order(Verb.NEW, words="my printer")),
        ("/status forty", Refusal("which_number", {"command": "/status"})),
        ("/help me", Refusal("too_much", {"command": "/help", "rest": "me"})),
        ("/queue", Refusal("unknown_command", {"command": "/queue"})),
        ("/var/log is full", None),
        ("// not one", None),
        ("and/or", None),
        ("/", None),
    ],
)
def test_a_customers_command_is_understood_or_refused_in_words(text: str, understood: object) -> None:
    assert dialogue.order(text, CUSTOMERS) == understood


@pytest.mark.parametrize(
    ("line", "understood"),
    [
        (heard(), File(TWO, "It burns")),
        (heard("/new It burns"), File(TWO, "It burns")),
        (heard("/new"), Nothing()),
        (heard("/status 42"), Nothing()),
        (heard("", pressed="close:1:1"), Nothing()),
        (heard("/status", files=FILE), File(TWO, "/status")),
        (heard("", files=FILE), File(TWO, "")),
        (heard("It smokes", edited=True), Amend(MESSAGE, is_edit=True)),
    ],
)
def test_of_a_flood_words_and_files_are_kept_on_the_last_ticket_and_nothing_is_done(
    line: Heard, understood: object
) -> None:
    known = Customer(replace(TALK, ticket_id=TWO), (ONE, TWO), amended=MESSAGE)

    assert dialogue.customer(replace(line, pressure=Pressure.GOES_ON), known, GROUPING) == understood


def test_a_flood_of_somebody_without_a_ticket_opens_one() -> None:
    assert dialogue.customer(heard(pressure=Pressure.BEGINS), Customer(TALK), GROUPING) == File(None, "It burns")


@pytest.mark.parametrize(
    ("text", "about", "understood"),
    [
        ("/reply 42 hello\nthere", None, Order(Verb.REPLY, 42, "hello\nthere")),
        ("/r hello", 7, Order(Verb.REPLY, 7, "hello")),
        ("/r 42 hello", 7, Order(Verb.REPLY, 42, "hello")),
        ("/r", 7, Refusal("usage_reply")),
        ("/reply hello", None, Refusal("which_number", {"command": "/reply"})),
        ("/close 42 silently", None, Order(Verb.CLOSE, 42, "silently")),
        ("/take", 7, Order(Verb.TAKE, 7)),
        ("/take 42 now", None, Refusal("too_much", {"command": "/take", "rest": "now"})),
        ("/merge 42 43", None, Order(Verb.MERGE, 42, "43")),
        ("/show 1234567890123456", None, Refusal("which_number", {"command": "/show"})),
    ],
)
def test_an_agents_command_may_leave_out_the_ticket_it_is_about(
    text: str, about: int | None, understood: object
) -> None:
    assert dialogue.order(text, AGENTS, about) == understood


@pytest.mark.parametrize(
    ("known", "said", "belongs"),
    [
        (Customer(TALK), heard(), File(None)),
        (Customer(TALK, (ONE,)), heard(), File(ONE)),
        (Customer(TALK, (ONE, TWO)), heard(), AskWhich()),
        (Customer(TALK, (ONE, TWO), question="q"), heard(), AskWhich("q")),
        # Whoever has no buttons names the ticket; a number alone may be anything.
        (Customer(TALK, (ONE, TWO), question="q"), heard(" #42 "), Order(Verb.WHICH, 42, "q")),
        (Customer(TALK, (ONE, TWO), question="q"), heard("42"), AskWhich("q")),
        (Customer(TALK, (ONE,)), heard("#42"), File(ONE)),
        (Customer(TALK, (ONE, TWO), replied=TWO), heard(), File(TWO)),
        (Customer(replace(TALK, ticket_id=TWO, ticket_at=NOON - GROUPING), (ONE, TWO)), heard(), File(TWO)),
        (
            Customer(replace(TALK, ticket_id=TWO, ticket_at=NOON - GROUPING * 1.01), (ONE, TWO)),
            heard(),
            AskWhich(),
        ),
        (
            Customer(replace(TALK, ticket_id=TWO, chosen_until=NOON + GROUPING), (ONE, TWO)),
            heard(),
            File(TWO),
        ),
        (Customer(replace(TALK, ticket_id=TWO, chosen_until=NOON), (ONE, TWO)), heard(), AskWhich()),
        # It was settled since: the choice is over.
        (Customer(replace(TALK, ticket_id=TWO, chosen_until=NOON + GROUPING), (ONE,)), heard(), File(ONE)),
        (
            Customer(replace(TALK, awaiting={"new": ""}, awaiting_until=NOON + GROUPING), (ONE,)),
            heard(),
            File(None),
        ),
        (Customer(replace(TALK, awaiting={"new": ""}, awaiting_until=NOON), (ONE,)), heard(), File(ONE)),
        (
            Customer(replace(TALK, awaiting={"link": ""}, awaiting_until=NOON + GROUPING), (ONE,)),
            heard("ann@x.test"),
            Order(Verb.LINK, words="ann@x.test"),
        ),
        (
            Customer(replace(TALK, awaiting={"link": ""}, awaiting_until=NOON + GROUPING), (ONE,)),
            heard("write to ann@x.test"),
            File(ONE),
        ),
        (
            Customer(replace(TALK, album="A", album_message_id=MESSAGE), (ONE, TWO)),
            heard("", album="A", files=FILE),
            Amend(MESSAGE, is_edit=False),
        ),
        (Customer(TALK, amended=MESSAGE), heard(edited=True), Amend(MESSAGE, is_edit=True)),
        (Customer(TALK), heard(edited=True), Nothing()),
        (Customer(TALK), heard("/help", files=FILE), File(None)),
        (Customer(TALK), heard(pressed="nonsense"), Refusal("stale")),
    ],
)
def test_a_customers_line_belongs_where_the_rules_say(known: Customer, said: Heard, belongs: object) -> None:
    assert dialogue.customer(said, known, GROUPING) == belongs


@pytest.mark.parametrize(
    ("known", "said", "meant"),
    [
        (Agent(TALK), heard(), Refusal("agent_without_ticket")),
        (Agent(TALK), heard(place=Place.STAFF), Nothing()),
        (Agent(TALK, 7, in_topic=True), heard(place=Place.STAFF), Speak(7, is_public=False, text="It burns")),
        (
            Agent(TALK, 7, in_topic=True, answers_customer=True),
            heard(place=Place.STAFF),
            Speak(7, is_public=True, text="It burns"),
        ),
        (Agent(TALK, 7, answers_customer=True), heard(), Speak(7, is_public=True, text="It burns")),
        # What is replied to is an agent's own message: nobody outside is meant.
        (Agent(TALK, 7), heard(), Refusal("agent_without_ticket")),
        (
            Agent(replace(TALK, awaiting={"reply": "7"}, awaiting_until=NOON + GROUPING)),
            heard(),
            Speak(7, is_public=True, text="It burns"),
        ),
        (
            Agent(replace(TALK, awaiting={"reply": "7"}, awaiting_until=NOON + GROUPING)),
            heard(place=Place.STAFF),
            Nothing(),
        ),
        (Agent(replace(TALK, awaiting={"reply": "7"}, awaiting_until=NOON)), heard(), Refusal("agent_without_ticket")),
        # What was asked for by a button: the next line in a private chat, in a group only what answers the question.
        (
            Agent(replace(TALK, awaiting={"tag": "7"}, awaiting_until=NOON + GROUPING)),
            heard(" vip -new "),
            Order(Verb.TAG, 7, "vip -new"),
        ),
        (
            Agent(replace(TALK, awaiting={"find": ""}, awaiting_until=NOON + GROUPING)),
            heard("fire"),
            Order(Verb.FIND, None, "fire"),
        ),
        (
            Agent(replace(TALK, awaiting={"tag": "7"}, awaiting_until=NOON + GROUPING)),
            heard("", files=FILE),
            Refusal("usage_tag"),
        ),
        (
            Agent(replace(TALK, awaiting={"tag": "7"}, awaiting_until=NOON + GROUPING)),
            heard("vip", place=Place.STAFF),
            Nothing(),
        ),
        # Asked for by an agent's own topic of the dialogue, not by a button.
        (
            Agent(replace(TALK, awaiting={"not_linked": ""}, awaiting_until=NOON + GROUPING)),
            heard(),
            Refusal("agent_without_ticket"),
        ),
        (Agent(TALK, 8, in_topic=True, asked="merge:7"), heard("9", place=Place.STAFF), Order(Verb.MERGE, 7, "9")),
        (
            Agent(replace(TALK, awaiting={"reply": "8"}, awaiting_until=NOON + GROUPING), asked="reply:7"),
            heard(),
            Speak(7, is_public=True, text="It burns"),
        ),
        (Agent(TALK, asked="tag:7"), heard("/take 9"), Order(Verb.TAKE, 9)),
        (Agent(TALK, own=MESSAGE), heard(edited=True), Reword(MESSAGE)),
        (Agent(TALK), heard(edited=True), Nothing()),
        (Agent(TALK, 7, in_topic=True), heard(" ", place=Place.STAFF), Nothing()),
    ],
)
def test_what_an_agent_says_goes_out_only_where_that_is_plain(known: Agent, said: Heard, meant: object) -> None:
    assert dialogue.agent(said, known) == meant


@pytest.mark.parametrize(
    "order",
    [
        Order(Verb.TAKE, 42, version=7),
        Order(Verb.CATEGORY, 999_999_999, "technical_issue", 999_999),
        Order(Verb.UNDO, version=0),
        Order(Verb.WHICH, 42, "0123456789abcdef", 0),
        Order(Verb.QUEUE, 2, "urgent #a:b", 0),
        Order(Verb.TAG, 999_999_999, f"+{'ä' * 20}", 999_999),
        Order(Verb.ASK, 999_999_999, "snooze", 999_999),
        Order(Verb.ASK, None, "find", 0),
        Order(Verb.CLOSE, 999_999_999, "silently", 999_999),
        Order(Verb.BLOCK, 999_999_999, "off", 999_999),
    ],
)
def test_a_button_means_what_it_was_made_for_and_is_short_enough(order: Order) -> None:
    data = dialogue.data(order.verb, order.number, order.version, order.words)

    assert dialogue.pressed(data) == order
    # Bot API, InlineKeyboardButton.
    assert len(data.encode()) <= 64


@pytest.mark.parametrize("data", ["", "take:x", "take:1:x", "drop tables", "take:-1", "take:²"])
def test_what_no_button_of_ours_says_means_nothing(data: str) -> None:
    assert dialogue.pressed(data) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2H", timedelta(hours=2)),
        (" 3 d ", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("0h", None),
        ("h", None),
        ("12345m", None),
        ("-1h", None),
        ("1.5h", None),
    ],
)
def test_a_time_to_sleep_is_read(text: str, length: timedelta | None) -> None:
    assert durations.parsed(text) == length

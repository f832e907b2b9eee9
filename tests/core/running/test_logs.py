"""What is written about the running desk, and above all what is not."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest
import structlog
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from core import ledger as ledgers
from core import tables
from core.desk import Desk
from core.running import logs
from core.vocabulary import Outcome
from tests.builders import a_mail

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlLW9mLWJvYg"
BOT_TOKEN = "123456789:AAF3xCanaryCanaryCanaryCanaryCanary"
REPLY_TAG = "42-1-mfrggzdfmztwq2lk"
EMBED_TOKEN = "0b9c2e9e-58f2-4d39-a1e4-6d9f0c1a7e55"
TERMINAL_TRICK = "\x1b]0;owned\x07\x9b31m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def out() -> io.StringIO:
    out = io.StringIO()
    logs.set_up("debug", "json", stream=out)
    return out


def events(out: io.StringIO) -> list[dict[str, object]]:
    """One object a line, or the test fails here."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def fail_for_two_reasons(text: str) -> None:
    try:
        dict[str, str]()[text]
    except KeyError as error:
        raise ValueError(f"because of {text}") from error


def test_an_event_is_one_line_of_json_with_time_and_level(out: io.StringIO) -> None:
    structlog.get_logger().info("mail answered", size=2000, outcome=Outcome.OPENED, to=["a@b.test"], seen=None, ms=1.5)

    [event] = events(out)
    assert str(event.pop("time")).endswith("Z")
    assert event == {
        "level": "info",
        "event": "mail answered",
        "size": 2000,
        "outcome": "opened",
        "to": ["a@b.test"],
        "seen": None,
        "ms": 1.5,
    }


def test_libraries_write_through_the_same_steps(out: io.StringIO) -> None:
    logging.getLogger("some.library").warning("GET /bot%s/getMe", BOT_TOKEN)

    [event] = events(out)
    assert (event["level"], event["logger"], event["event"]) == ("warning", "some.library", "GET /bot[redacted]/getMe")


@pytest.mark.parametrize(
    "name", ["mail.log", "httpx", "telegram", "telegram.ext", "aiohttp.access", "asyncio", "aiosqlite", "anything"]
)
def test_libraries_say_nothing_below_warning_even_when_we_debug(name: str, out: io.StringIO) -> None:
    logging.getLogger(name).info("GET /bot%s/getMe", BOT_TOKEN)
    logging.getLogger(name).debug("INSERT INTO people VALUES ('Ann')")
    logging.getLogger(name).warning("something odd")

    assert [event["event"] for event in events(out)] == ["something odd"]


def test_what_is_below_the_level_is_not_written() -> None:
    out = io.StringIO()
    logs.set_up("warning", "json", stream=out)

    structlog.get_logger().info("chatter")
    structlog.get_logger().warning("worth knowing")

    assert [event["event"] for event in events(out)] == ["worth knowing"]


def test_a_second_set_up_replaces_the_first(out: io.StringIO) -> None:
    log = structlog.get_logger()
    log.info("first")
    second = io.StringIO()
    logs.set_up("info", "json", stream=second)

    log.info("second")
    logging.getLogger("some.library").warning("third")

    assert [event["event"] for event in events(out)] == ["first"]
    assert [event["event"] for event in events(second)] == ["second", "third"]


def test_a_person_at_a_terminal_reads_text() -> None:
    terminal = Terminal()
    logs.set_up("info", "auto", stream=terminal)

    structlog.get_logger().warning("relay_away", waiting=3, hosts=["a", "b"])

    assert terminal.getvalue().rstrip().endswith('warning  relay_away  waiting=3  hosts=["a","b"]')


def test_without_a_terminal_auto_means_json() -> None:
    out = io.StringIO()
    logs.set_up("info", "auto", stream=out)

    structlog.get_logger().info("started")

    assert [event["event"] for event in events(out)] == ["started"]


def test_a_traceback_has_no_locals(out: io.StringIO) -> None:
    def fail(words_of_a_customer: str) -> None:
        raise ValueError(len(words_of_a_customer))

    try:
        fail("canary" * 2)
    except ValueError:
        structlog.get_logger().exception("fault")

    [event] = events(out)
    assert event["level"] == "error"
    assert "in fail\n" in str(event["exception"])
    assert "ValueError: 12" in str(event["exception"])
    assert "canarycanary" not in out.getvalue()


@pytest.mark.parametrize("style", ["json", "text"])
@pytest.mark.parametrize(
    "evil",
    [
        'x\r\n{"level": "info", "event": "forged"}',
        "x\n2026-03-02T12:00:00.000Z info  forged",
        TERMINAL_TRICK,
        "\x85next\u2028line\u2029",
        "\u202egnp.exe",
        "\x00",
        "\udc80 no such character",
    ],
)
def test_no_field_makes_a_line_or_steers_a_terminal(evil: str, style: str) -> None:
    out = io.StringIO()
    logs.set_up("debug", style, stream=out)

    structlog.get_logger().info(evil, subject=evil, nested={evil: [evil]})
    logging.getLogger("some.library").warning("said %s", evil)

    written = out.getvalue()
    assert len(written.splitlines()) == written.count("\n") == 2
    assert all(character.isprintable() for character in written.replace("\n", ""))
    if style == "json":
        values = str([list(event.values()) for event in events(out)])
        assert not set(values) & set("\r\n\x1b\x07\x9b\x85\u2028\u2029\u202e\x00\udc80")


@pytest.mark.parametrize("style", ["json", "text"])
def test_an_exception_with_line_breaks_forges_no_event(style: str) -> None:
    out = io.StringIO()
    logs.set_up("debug", style, stream=out)

    try:
        int(f"x\r\n2026-03-02T12:00:00.000Z info forged {TERMINAL_TRICK}", 36)
    except ValueError:
        structlog.get_logger().exception("fault")

    lines = out.getvalue().splitlines()
    assert sum(not line.startswith("    | ") for line in lines) == 1
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Authorization: Bearer {JWT}", "Authorization: [redacted]"),
        (f"bearer {'x' * 20} sent", "bearer [redacted] sent"),
        (f"session {JWT}.", "session [redacted]."),
        (f"https://api.telegram.org/bot{BOT_TOKEN}/getMe", "https://api.telegram.org/bot[redacted]/getMe"),
        (f"to support+{REPLY_TAG}@desk.test", "to support+[redacted]@desk.test"),
        (f"to SUPPORT+{REPLY_TAG.upper()}@DESK.TEST", "to SUPPORT+[redacted]@DESK.TEST"),
        (f"<{REPLY_TAG}.{'0' * 32}@desk.test>", f"<[redacted].{'0' * 32}@desk.test>"),
        (f"GET /t/{EMBED_TOKEN}?x=1", "GET /t/[redacted]?x=1"),
        (f"GET /f/{'0' * 32}-20514-{'a' * 16} 200", "GET /f/[redacted] 200"),
        (f"GET /api/v1/tickets/embed/{EMBED_TOKEN}", "GET /api/v1/tickets/embed/[redacted]"),
        ("smtp://desk:p4ss,w0rd@mail.test:587 away", "smtp://desk:[redacted]@mail.test:587 away"),
        (f"Receipt(number=4, embed_token='{EMBED_TOKEN}')", "Receipt(number=4, embed_token=[redacted])"),
        ('{"password": "correct horse", "a": 1}', '{"password": [redacted], "a": 1}'),
        ("?token=abc&page=2", "?token=[redacted]&page=2"),
        ("broken\nDETAIL:  Failing row contains (Ann, two\nlines).\n[SQL: x]", "broken\nDETAIL:  [redacted]\n[SQL: x]"),
        ("password_hash=$2b$12$abc", "password_hash=[redacted]"),
    ],
)
def test_secrets_inside_texts_are_redacted(text: str, shown: str) -> None:
    assert logs.redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "250 2.0.0 Ticket 42 opened",
        "2026-03-02T12:00:00.000Z",
        "ticket 0195f6a0-0000-7000-8000-0123456789ab closed",
        "http://127.0.0.1:8000/api/v1/tickets",
        "the customer cannot sign in with a token",
        "support+sales@desk.test",
    ],
)
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert logs.redacted(text) == text


@pytest.mark.parametrize(
    "key", ["token", "embed_token", "password", "new_password", "Authorization", "webhook_secret", "api_key", "Cookie"]
)
def test_a_field_that_names_a_secret_is_redacted_however_deep(key: str, out: io.StringIO) -> None:
    structlog.get_logger().info("x", **{key: "canary"}, inner={"headers": [{key: {"value": "canary"}}]})

    assert "canary" not in out.getvalue()
    assert out.getvalue().count("[redacted]") == 2


@pytest.mark.parametrize("canary", [JWT, BOT_TOKEN, REPLY_TAG, f"/t/{EMBED_TOKEN}", "token=hunter2-canary"])
@pytest.mark.parametrize("style", ["json", "text"])
def test_a_canary_leaks_on_no_way_into_the_log(canary: str, style: str) -> None:
    out = io.StringIO()
    logs.set_up("debug", style, stream=out)
    log, secret = structlog.get_logger(), canary.partition("=")[2] or canary.removeprefix("/t/")

    log.info(f"event {canary}", text=canary, items=[canary], deep={"a": {"b": (canary,)}}, error=repr(OSError(canary)))
    log.debug("object", value=Path("/x") / canary.lstrip("/"))
    logging.getLogger("some.library").error("%s", canary)
    try:
        fail_for_two_reasons(canary)
    except ValueError:
        log.exception("fault")
        logging.getLogger("some.library").exception("fault")

    assert secret not in out.getvalue()
    assert len(out.getvalue().splitlines()) >= 5


def test_a_cut_leaves_no_half_of_a_secret(out: io.StringIO) -> None:
    structlog.get_logger().info("x", text="a" * (logs.MOST_CHARACTERS - 10) + f" {BOT_TOKEN} " + "b" * 100_000)

    assert "123456789" not in out.getvalue()
    assert len(out.getvalue()) < logs.MOST_CHARACTERS + 200


async def test_a_broken_constraint_says_nothing_of_the_row(any_desk: Desk) -> None:
    out = io.StringIO()
    logs.set_up("debug", "json", stream=out)
    await any_desk.receive(a_mail("canary@customer.test", "Canary Person", text="canary words"))
    async with any_desk.reading() as connection:
        [entry] = await ledgers.entries(connection)
        original = await ledgers.original(connection, entry.id, any_desk.blob_folder)

    row = {"id": tables.new_id(), "person_id": tables.new_id(), "channel": "email", "address": entry.sender}
    with pytest.raises(IntegrityError) as caught:
        async with any_desk.writing() as connection:
            await connection.execute(insert(tables.identities).values(created_at=any_desk.clock(), **row))
    structlog.get_logger().error("store_failed", error=repr(caught.value), exc_info=caught.value)

    assert entry.sender == "canary@customer.test"
    assert original.raw
    [event] = events(out)
    assert "IntegrityError" in str(event["exception"])
    assert "INSERT INTO identities" in str(event["exception"])
    assert "canary" not in out.getvalue()


def test_numbers_and_objects_that_json_cannot_hold_are_written_all_the_same(out: io.StringIO) -> None:
    structlog.get_logger().info("x", large=2**70, nan=float("nan"), path=Path("/a"), kind=ValueError, keys={1: {2}})

    [event] = events(out)
    assert (event["large"], event["nan"], event["path"], event["keys"]) == (str(2**70), None, "/a", {"1": [2]})


def test_a_record_whose_arguments_do_not_fit_is_written_all_the_same(out: io.StringIO) -> None:
    root = logging.getLogger()
    # pytest's own handlers make an error of it.
    root.handlers[:] = [handler for handler in root.handlers if isinstance(handler, logs._Libraries)]

    root.warning("%d items", "many")
    root.warning("%(number)d items", {"other": 1})

    assert [event["event"] for event in events(out)] == ["%d items", "%(number)d items"]


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    closed = io.StringIO()
    logs.set_up("info", "json", stream=closed)
    closed.close()

    structlog.get_logger().info("into the void")
    logging.getLogger("some.library").error("likewise")


@pytest.mark.parametrize(
    "evil",
    [
        "eyJ" * 20_000,
        "1-" * 30_000,
        "a+" * 30_000 + "://x:y",
        "token=" * 10_000,
        "DETAIL: " * 8_000,
        "'token':'" * 7_000,
    ],
)
def test_a_text_made_to_be_slow_is_not(evil: str, out: io.StringIO) -> None:
    started = perf_counter()

    structlog.get_logger().info(evil, text=evil)

    assert perf_counter() - started < 2


def test_what_nobody_catches_is_an_event_too() -> None:
    program = (
        "from core.running import logs\n"
        "logs.set_up('info', 'json')\n"
        "import warnings; warnings.warn('odd')\n"
        f"raise RuntimeError('lost {JWT}')\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    warned, crashed = (json.loads(line) for line in ended.stderr.splitlines())
    assert ended.returncode == 1
    assert (warned["logger"], crashed["event"], crashed["level"]) == ("py.warnings", "crashed", "critical")
    assert "RuntimeError: lost [redacted]" in crashed["exception"]

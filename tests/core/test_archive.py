"""What is not mail, as bytes that say all of it."""

import hashlib
from dataclasses import fields, replace

import orjson
import pytest

from core import archive
from core.messages import Forwarded, InboundFile, InboundMessage, Retold, Sender, Wishes
from core.tables import new_id
from core.vocabulary import Category, Channel, Direction, MessageKind, Priority, Status, TicketType
from tests.builders import NOON
from tests.stored import a_post

FULL = InboundMessage(
    channel=Channel.TELEGRAM,
    sender=Sender(Channel.TELEGRAM, "4711", "Zoë 🦊", new_id(), verified=True),
    subject="Größe",
    text="line\nline\t\u2028 end",
    raw=b"",
    dedupe_key="telegram:1",
    kind=MessageKind.REPLY,
    new_text="new",
    html="<p>&amp;</p>",
    files=(InboundFile("a.png", "image/png", b"\x00\xff", inline=True, content_id="c@x"), InboundFile("", "", b"")),
    message_id="77",
    in_reply_to=("76",),
    references=("75", "76"),
    recipients=("bot",),
    automatic="via @bot",
    bounced=("x@y.test",),
    language="de",
    envelope={"chat": -100123, "update": {"id": 1, "list": [1, None, True, 1.5]}},
    wishes=Wishes(
        Category.OTHER,
        Priority.LOW,
        TicketType.SUGGESTION,
        ("a", "b"),
        {"metadata": {"x": [1]}},
        Status.CLOSED,
        False,
        new_id(),
        NOON,
        NOON,
        NOON,
        "old:7",
        channel=Channel.PHONE,
        retold=(Retold(Direction.NOTE, "Bob", "Ask again.", NOON, (0,)),),
    ),
    ticket_id=new_id(),
    acknowledge=False,
    forwarded=Forwarded(
        "Cleo",
        "cleo@customer.test",
        "Fire",
        "2 March",
        ("a@x.test",),
        ("b@x.test",),
        "It burns.",
        "See below.",
        True,
        True,
    ),
    amends=new_id(),
    place="-100123",
    silent=True,
    scribe="Bob",
)


def built(message: InboundMessage) -> InboundMessage:
    """The same message, with the bytes that say what of it is not as in a new one."""
    new = {f.name: f.default for f in fields(InboundMessage) if f.name not in ("raw", "signs")}
    return archive.built(**{name: value for name in new if (value := getattr(message, name)) != new[name]})


def unpacked(message: InboundMessage) -> InboundMessage:
    return read(built(message).raw)


def read(raw: bytes) -> InboundMessage:
    data = {hashlib.sha256(file.data).hexdigest(): file.data for file in FULL.files}
    return archive.unpack(raw, data)


@pytest.mark.parametrize("message", [FULL, a_post(dedupe_key="api:1")], ids=["full", "bare"])
def test_what_was_packed_is_unpacked_as_it_was(message: InboundMessage) -> None:
    assert replace(unpacked(message), raw=message.raw) == message


def test_the_full_example_leaves_nothing_at_its_default() -> None:
    """So that a field which is added to messages is not forgotten by the archive."""
    bare = InboundMessage(Channel.API, Sender(Channel.API, ""), "", "", b"", "")
    same = [f.name for f in fields(InboundMessage) if getattr(FULL, f.name) == getattr(bare, f.name)]

    # Signs, and the files of what is forwarded, are a mail's, which is its own archive.
    assert same == ["raw", "signs"]
    assert FULL.forwarded is not None
    assert [f.name for f in fields(Forwarded) if not getattr(FULL.forwarded, f.name)] == ["files"]
    assert [f.name for f in fields(Wishes) if getattr(FULL.wishes, f.name) == getattr(Wishes(), f.name)] == []


def test_what_was_packed_when_every_field_was_said_is_read() -> None:
    """As it was until 0018; the newest fields were not there in the oldest."""
    values: dict[str, object] = {
        "channel": "api", "subject": "s", "text": "t", "dedupe_key": "api:1", "kind": "new", "new_text": None,
        "html": None, "message_id": "", "in_reply_to": [], "references": [], "recipients": [], "automatic": "",
        "bounced": [], "language": "", "envelope": {}, "ticket_id": None, "acknowledge": True, "files": [],
        "sender": {"channel": "email", "address": "a@b.test", "name": "", "person_id": None, "verified": False},
        "wishes": {"category": None, "priority": None, "type": "incidence", "tags": [], "extra": {}},
    }  # fmt: skip
    raw = orjson.dumps(values)
    sender = Sender(Channel.EMAIL, "a@b.test")

    assert archive.unpack(raw, {}) == InboundMessage(Channel.API, sender, "s", "t", raw, "api:1")
    newer = {**values, "forwarded": None, "amends": None, "place": "", "silent": False}
    wishes: dict[str, object] = {
        "status": "new",
        "classify": False,
        "assignee_id": None,
        "created_at": None,
        "external_id": "",
    }
    newer["wishes"] = wishes | {"type": "suggestion", "tags": ["a"], "extra": {"a": 1}, "channel": None}
    message = archive.unpack(orjson.dumps(newer), {})
    assert message.wishes == Wishes(type=TicketType.SUGGESTION, tags=("a",), extra={"a": 1}, classify=False)
    assert (message.forwarded, message.amends, message.place, message.silent) == (None, None, "", False)


def test_what_nobody_said_is_not_kept() -> None:
    assert len(built(a_post(dedupe_key="api:1")).raw) < 250


def test_the_bytes_of_files_are_named_and_not_repeated() -> None:
    big = a_post(dedupe_key="api:1", files=(InboundFile("big", "x/y", b"b" * 100_000),))

    assert len(big.raw) < 2000


def test_what_is_packed_twice_is_the_same() -> None:
    assert built(FULL).raw == built(replace(FULL)).raw


def test_what_was_put_aside_says_for_which_ticket_it_is() -> None:
    chosen, new = new_id(), archive.on_ticket(built(FULL).raw, None)

    assert read(new).ticket_id is None
    assert replace(read(archive.on_ticket(new, chosen)), raw=b"") == replace(FULL, ticket_id=chosen)

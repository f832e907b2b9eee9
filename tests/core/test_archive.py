"""What is not mail, as bytes that say all of it."""

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
)


def unpacked(message: InboundMessage) -> InboundMessage:
    packed = archive.with_raw(message)
    data = {archive.file_hashes(packed.raw)[index]: file.data for index, file in enumerate(message.files)}
    return archive.unpack(packed.raw, data)


@pytest.mark.parametrize("message", [FULL, a_post(dedupe_key="api:1")], ids=["full", "bare"])
def test_what_was_packed_is_unpacked_as_it_was(message: InboundMessage) -> None:
    assert replace(unpacked(message), raw=b"") == message


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
    read = archive.unpack(orjson.dumps(newer), {})
    assert read.wishes == Wishes(type=TicketType.SUGGESTION, tags=("a",), extra={"a": 1}, classify=False)
    assert (read.forwarded, read.amends, read.place, read.silent) == (None, None, "", False)


def test_what_nobody_said_is_not_kept() -> None:
    assert len(archive.pack(a_post(dedupe_key="api:1"))) < 250


def test_the_bytes_of_files_are_named_and_not_repeated() -> None:
    big = a_post(dedupe_key="api:1", files=(InboundFile("big", "x/y", b"b" * 100_000),))

    assert len(archive.pack(big)) < 2000


def test_what_is_packed_twice_is_the_same() -> None:
    assert archive.pack(FULL) == archive.pack(replace(FULL))

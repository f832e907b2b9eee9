"""Values for tests: each builder gives a whole, sensible thing, so that a test states only what matters to it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict, Unpack
from uuid import uuid4

from core import passwords, users
from core.config import Settings
from core.desk import Desk
from core.messages import InboundMessage, Sender
from core.users import NewUser, User
from core.vocabulary import Channel, MessageKind, Role

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

# Four rounds instead of twelve: the same code, and a test need not wait for it.
FAST_ROUNDS = 4


def settings(folder: Path, **sections: dict[str, object]) -> Settings:
    """Settings as after `deskbell serve` with nothing configured, on free ports and in a folder of the test's own."""
    values: dict[str, dict[str, object]] = {
        "desk": {"data_dir": folder, "public_url": "http://127.0.0.1:8000"},
        "api": {"port": 0},
        "smtp": {"port": 0, "addresses": ["support@desk.test"]},
    }
    for section, keys in sections.items():
        values[section] = {**values.get(section, {}), **keys}
    return Settings.model_validate(values)


class Clock:
    """A clock that a test moves."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class MessageParts(TypedDict, total=False):
    subject: str
    text: str
    raw: bytes
    dedupe_key: str
    kind: MessageKind
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    recipients: tuple[str, ...]
    automatic: str
    acknowledge: bool


def a_mail(
    address: str = "ann@customer.test", name: str = "Ann Archer", **parts: Unpack[MessageParts]
) -> InboundMessage:
    """A first mail of a customer, as the mail reader would hand it in."""
    unique = uuid4().hex
    plain = InboundMessage(
        channel=Channel.EMAIL,
        sender=Sender(Channel.EMAIL, address, name),
        subject="Printer on fire",
        text="The printer on the second floor is on fire.",
        raw=f"Subject: Printer on fire\r\n\r\n{unique}".encode(),
        dedupe_key=unique,
        message_id=f"<{unique}@customer.test>",
        recipients=("support@desk.test",),
    )
    return replace(plain, **parts)


@dataclass(frozen=True)
class Form:
    """A form with files, as a browser or curl sends it."""

    body: bytes
    boundary: str = "=-cut-here-="

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": f'multipart/form-data; boundary="{self.boundary}"'}


def a_form(*files: tuple[str, bytes], **fields: str) -> Form:
    """Each file a name and its bytes."""
    parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts += [b'form-data; name="files"; filename="%s"\r\n\r\n%s' % (name.encode(), data) for name, data in files]
    form = Form(b"")
    cut = f"--{form.boundary}".encode()
    return replace(
        form, body=b"".join(b"%s\r\nContent-Disposition: %s\r\n" % (cut, part) for part in parts) + cut + b"--\r\n"
    )


async def a_user(
    desk: Desk, username: str = "bob", role: Role = Role.AGENT, *, password: str = "correct horse", email: str = ""
) -> User:
    """An account on the desk, by default an agent's."""
    password_hash = await passwords.hashed(password, rounds=FAST_ROUNDS)
    async with desk.writing() as connection:
        return await users.add(
            connection, NewUser(username, role, username.title(), email), password_hash, desk.clock()
        )

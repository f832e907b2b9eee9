"""Values for tests: each builder gives a whole, sensible thing, so that a test states only what matters to it."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TypedDict, Unpack
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from core.accounts import passwords, users
from core.accounts.users import NewUser, User
from core.config import Settings
from core.desk import Desk
from core.messages import InboundMessage, Sender
from core.vocabulary import Channel, MessageKind, Role

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

# Four rounds instead of the usual twelve: the same code, and a test need not wait for it (see tests/conftest.py).
FAST_ROUNDS, USUAL_ROUNDS = 4, passwords.ROUNDS


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
    wanted = NewUser(username, role, username.title(), email)
    async with _writing(desk) as connection:
        return await users.add(connection, wanted, quick_hash(password), desk.clock())


async def some_users(desk: Desk, roles: Mapping[str, Role]) -> dict[str, User]:
    """An account for each name, with an address, made in one transaction."""
    async with _writing(desk) as connection:
        return {
            name: await users.add(
                connection,
                NewUser(name, role, name.title(), f"{name}@people.test"),
                quick_hash("correct horse"),
                desk.clock(),
            )
            for name, role in roles.items()
        }


def _writing(desk: Desk) -> AbstractAsyncContextManager[AsyncConnection]:
    """A turn of the desk's, for many small statements."""
    return desk._transaction(desk.database.writing_much)


@cache
def quick_hash(password: str) -> str:
    return passwords._hash(password, FAST_ROUNDS)

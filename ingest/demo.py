"""The demo: accounts of seed 003, a few mails, an answer and a note, in a folder of its own and on loopback only."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pydantic import SecretStr

from core import conversation, tickets
from core.accounts import passwords, users
from core.accounts.users import NewUser
from core.config import ContractName, Settings
from core.desk import Desk
from core.errors import Invalid, Problem
from core.vocabulary import Role
from ingest import file_drop

FOLDER = Path("var-demo")
MAILS = Path(__file__).with_name("demo_mails")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Account:
    username: str
    # As seed 003 prints them: known to everybody, which is why the demo never leaves loopback.
    password: str
    role: Role
    email: str


ACCOUNTS = (
    Account("alice", "alice123", Role.CUSTOMER, "alice@customer.example"),
    Account("bob", "bob123", Role.AGENT, "bob@desk.example"),
    Account("carol", "carol123", Role.ADMIN, "carol@desk.example"),
)


def settings(chosen: Settings) -> Settings:
    """The same settings on a folder and a database of the demo's own, with all contracts to try.

    Raises Invalid when others could reach it.
    """
    if {chosen.api.host, chosen.smtp.host} - LOOPBACK:
        raise Invalid([Problem("--demo", "has passwords that everybody knows: it listens on 127.0.0.1 only")])
    desk = chosen.desk.model_copy(update={"data_dir": FOLDER})
    database = chosen.database.model_copy(update={"url": ""})
    # What the demo's customers are told stays here, whatever relay is configured for the real desk.
    mail = chosen.mail.model_copy(update={"relay": SecretStr("")})
    api = chosen.api.model_copy(update={"contracts": get_args(ContractName)})
    return chosen.model_copy(update={"desk": desk, "database": database, "mail": mail, "api": api})


async def fill(desk: Desk) -> None:
    """Make the accounts and the tickets, unless an earlier start has."""
    async with desk.reading() as connection:
        if await users.everyone(connection):
            return
    for account in ACCOUNTS:
        await _add(desk, account)
    for file in sorted(MAILS.glob("*.eml")):
        recipient = desk.settings.smtp.addresses[0]
        await desk.receive(file_drop.parse(file.read_bytes(), recipients=[recipient], at=desk.clock()))
    await _answer_the_first(desk)


async def _add(desk: Desk, account: Account) -> None:
    password_hash = await passwords.hashed(account.password)
    wanted = NewUser(account.username, account.role, account.username.title(), account.email)
    async with desk.writing() as connection:
        await users.add(connection, wanted, password_hash, desk.clock())


async def _answer_the_first(desk: Desk) -> None:
    async with desk.writing() as connection:
        ticket = (await tickets.by_numbers(connection, [1]))[1]
        bob = (await users.by_name(connection, "bob")).actor
        await conversation.note(
            connection, ticket, "Locked by the new sign-in limit; unlocked.", by=bob, now=desk.clock()
        )
        await conversation.reply(
            connection,
            ticket,
            "Hello Ann,\n\nyour account is open again. Please try once more.",
            by=bob,
            now=desk.clock(),
            settings=desk.settings,
            keys=desk.keys,
        )

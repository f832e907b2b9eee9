"""Who speaks from an address of a chat: an account, once it has been linked; a person of ours; or nobody yet."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core import tables
from core.accounts import users
from core.accounts.users import User
from core.chat import proofs, uniting
from core.chat.talk_tables import linked_accounts
from core.storage import dialects
from core.tables import new_id
from core.vocabulary import Channel, Role

_l, _i, _p = linked_accounts.c, tables.identities.c, tables.people.c
# Put together once: they are asked with every line that somebody writes.
_ACCOUNT = select(_l.user_id).where(_l.channel == bindparam("on"), _l.address == bindparam("who"))
_PERSON = select(_i.person_id).where(_i.channel == bindparam("on"), _i.address == bindparam("who"))


async def redeem(connection: AsyncConnection, code: str, channel: Channel, address: str, now: datetime) -> User | None:
    """Whose account the code linked `address` to. None: it is used, too old, or none at all."""
    user_id = await proofs.account(connection, code, now)
    if user_id is None:
        return None
    user = (await connection.run_sync(users.by_ids, [user_id])).get(user_id)
    if user is None or not user.active:
        return None
    await link(connection, user, channel, address, now)
    return user


async def link(connection: AsyncConnection, user: User, channel: Channel, address: str, now: datetime) -> None:
    """From now on `address` is this account; a customer's: this person."""
    if user.role is Role.CUSTOMER and user.person_id:
        await own(connection, user.person_id, channel, address, now)
        return
    row = {"channel": channel, "address": address, "user_id": user.id, "linked_at": now}
    linked = dialects.insert(connection.dialect.name, linked_accounts).values(row)
    await connection.execute(linked.on_conflict_do_update(index_elements=[_l.channel, _l.address], set_=row))


async def unlink(connection: AsyncConnection, user: User) -> int:
    """How many addresses spoke for the account, and do so no more."""
    return (await connection.execute(delete(linked_accounts).where(_l.user_id == user.id))).rowcount


async def account(connection: AsyncConnection, channel: Channel, address: str) -> User | None:
    """The account behind an address, as long as it may sign in, and is staff's."""
    user_id = (await connection.execute(_ACCOUNT, {"on": channel, "who": address})).scalar_one_or_none()
    user = (await connection.run_sync(users.by_ids, [user_id])).get(user_id) if user_id else None
    return user if user and user.active and user.actor.is_staff else None


async def addresses(connection: AsyncConnection, user_id: UUID, channel: Channel) -> list[str]:
    """From where the account speaks, the newest first: where it can be told something."""
    found = await connection.execute(
        select(_l.address).where(_l.user_id == user_id, _l.channel == channel).order_by(_l.linked_at.desc())
    )
    return list(found.scalars())


async def person(connection: AsyncConnection, channel: Channel, address: str) -> UUID | None:
    found: UUID | None = (await connection.execute(_PERSON, {"on": channel, "who": address})).scalar_one_or_none()
    return found


async def own(connection: AsyncConnection, person_id: UUID, channel: Channel, address: str, now: datetime) -> None:
    """`address` is this person's, as has been proved; whoever was known by it is the same person from now on."""
    known = await person(connection, channel, address)
    if known is None:
        row = {"id": new_id(), "person_id": person_id, "channel": channel, "address": address, "created_at": now}
        await connection.execute(insert(tables.identities), row)
    elif known != person_id:
        await uniting.unite(connection, known, into=person_id, now=now)
    await connection.execute(
        update(tables.identities).where(_i.channel == channel, _i.address == address).values(verified_at=now)
    )


async def prove(
    connection: AsyncConnection, email: str, channel: Channel, address: str, name: str, now: datetime
) -> None:
    """The speaker has shown that `email` is theirs: mail and chat are one person's, the one the mails are of."""
    by_mail, by_chat = await person(connection, Channel.EMAIL, email), await person(connection, channel, address)
    person_id = by_mail or by_chat or new_id()
    if not (by_mail or by_chat):
        await connection.execute(insert(tables.people), {"id": person_id, "name": name, "created_at": now})
    await own(connection, person_id, channel, address, now)
    await own(connection, person_id, Channel.EMAIL, email, now)


async def set_language(connection: AsyncConnection, person_id: UUID, language: str) -> None:
    await connection.execute(update(tables.people).where(_p.id == person_id).values(language=language))

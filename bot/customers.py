"""What customers say: it becomes a ticket or joins one, and they learn its number."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import customer_commands, dialogue, scene
from bot.dialogue import REMEMBERED, Amend, AskWhich, Customer, File, Nothing, Order, Refusal, Verb
from bot.flood import Pressure
from bot.markup import escaped, line, lines
from bot.scene import Buttons, Scene
from bot.sentences import Texts
from bot.talk import Button, Heard, Place, Said, Speaker
from core import archive, office_hours, tables, tickets
from core.chat import own_tickets, talks
from core.chat.talks import Waiting
from core.desk import Desk
from core.messages import NO_WISHES, InboundMessage, Receipt, Sender, Wishes
from core.tickets import Ticket
from core.vocabulary import Category, Channel, Disposition, MessageKind, Outcome

# What a bot can fetch, in MB (Bot API, getFile).
FETCHED_MB = 20
# Buttons of a choice; the newest tickets are the likeliest.
CHOICES = 8


async def answer(here: Scene) -> list[Said]:
    heard, grouping = here.heard, timedelta(seconds=here.desk.settings.telegram.grouping_seconds)
    match dialogue.customer(heard, await _known(here), grouping):
        case Order(verb=Verb.WHICH) as order:
            return await _decided(here, order)
        case Order(verb=Verb.NEW, words=words) if words:
            return await file(here, None, words)
        case Order() as order:
            return await customer_commands.carry_out(here, order)
        case File(ticket_id=ticket_id, words=words):
            return await file(here, ticket_id, heard.text if words is None else words)
        case Amend() as amend:
            return await _amend(here, amend)
        case AskWhich() as ask:
            return await _ask(here, ask)
        case Refusal(key="stale"):
            return [here.notice("stale")]
        case Refusal(key=key, values=values):
            return [here.say(key, **values)]
        case Nothing():
            return _told_of_flood(here, None)


async def _known(here: Scene) -> Customer:
    heard = here.heard
    async with here.desk.glancing() as connection:
        waiting = await talks.waiting(connection, here.channel, heard.speaker.id)
        if here.person_id is None:
            return Customer(here.talk, question=waiting[0].question if waiting else "")
        return Customer(
            here.talk,
            await own_tickets.opened(connection, here.person_id),
            replied=await _replied(connection, here, here.person_id) if heard.reply_to else None,
            amended=await _own_message(connection, here, here.person_id) if heard.edited else None,
            question=waiting[0].question if waiting else "",
        )


_m, _pairs, _t = tables.messages.c, tables.message_pairs.c, tables.tickets.c


async def _replied(connection: AsyncConnection, here: Scene, person_id: UUID) -> UUID | None:
    """The ticket of theirs to which what they answer belongs."""
    found = await connection.execute(
        select(_t.id)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .join(tables.tickets, _t.id == _m.ticket_id)
        .where(
            _pairs.channel == here.channel, _pairs.place == here.heard.chat,
            _pairs.remote_id == here.heard.reply_to, _t.requester_id == person_id, _t.deleted_at.is_(None),
        )
        .limit(1)
    )  # fmt: skip
    return found.scalar_one_or_none()


async def _own_message(connection: AsyncConnection, here: Scene, person_id: UUID) -> UUID | None:
    found = await connection.execute(
        select(_m.id)
        .join_from(tables.message_pairs, tables.messages, _m.id == _pairs.message_id)
        .where(
            _pairs.channel == here.channel, _pairs.place == here.heard.chat,
            _pairs.remote_id == here.heard.message, _m.person_id == person_id,
        )
        .limit(1)
    )  # fmt: skip
    return found.scalar_one_or_none()


def inbound(here: Scene, text: str, wishes: Wishes = NO_WISHES, **parts: object) -> InboundMessage:
    """What was heard, as the desk takes it."""
    heard = here.heard
    missing = "\n".join(here.texts("too_large_noted", name=name) for name in heard.too_large)
    words = "\n".join(part for part in (text.strip(), missing) if part)
    names = ", ".join(file.filename for file in heard.files)
    # A picture among others need not be named.
    said = words or ("" if parts.get("kind") is MessageKind.MORE else names)
    if heard.quote:
        parts = {**parts, "new_text": said}
        said = "\n".join(f"> {row}" for row in heard.quote.splitlines()) + f"\n\n{said}"
    return archive.built(
        Sender(here.channel, heard.speaker.id, heard.speaker.name),
        wishes,
        files=heard.files,
        channel=here.channel,
        subject="",
        text=said,
        dedupe_key=f"{here.channel}:{heard.key}"[:128],
        message_id=heard.message,
        place=heard.chat,
        language=here.texts.language,
        envelope={"arrived": heard.raw.decode("utf-8", "replace")} if heard.raw else {},
        acknowledge=False,
        **parts,
    )


async def file(here: Scene, ticket_id: UUID | None, text: str) -> list[Said]:
    """The message is stored, durably, before anything is answered."""
    wishes = NO_WISHES
    if ticket_id is None and (named := here.talk.awaiting.get("new")):
        wishes = Wishes(category=Category(named))
    receipt = await here.desk.receive(inbound(here, text, wishes, ticket_id=ticket_id))

    async def note(connection: AsyncConnection) -> list[Said]:
        heard = here.heard
        is_new = await _opened(connection, receipt)
        await scene.keep(
            connection, here,
            ticket_id=receipt.ticket_id, ticket_at=heard.at, album=heard.album, awaiting={}, awaiting_until=None,
            album_message_id=receipt.message_id if heard.album else None,
            # Somebody who opens another ticket has not chosen it for all that follows.
            chosen_until=None if is_new else here.talk.chosen_until,
        )  # fmt: skip
        if heard.pressure is not Pressure.NONE:
            return [*_told_of_flood(here, receipt.ticket_number), *too_large(here)]
        return [*_filed(here, receipt, is_new=is_new), *too_large(here)]

    return await scene.once(here, note)


async def _opened(connection: AsyncConnection, receipt: Receipt) -> bool:
    """Whether this arrival opened the ticket, also where it is heard for the second time."""
    if receipt.outcome is not Outcome.DUPLICATE:
        return receipt.outcome is Outcome.OPENED
    row = tables.ledger.c
    found = await connection.execute(select(row.disposition).where(row.id == receipt.ledger_id))
    return found.scalar_one_or_none() == Disposition.TICKET


def _filed(here: Scene, receipt: Receipt, *, is_new: bool) -> list[Said]:
    if receipt.ticket_number is None:
        # Set aside: a blocked sender is told nothing.
        return [] if receipt.outcome is Outcome.IGNORED else [here.say("received")]
    if is_new:
        link_ = link(here.desk, receipt.embed_token)
        return [_while_closed(here, here.say("opened", number=receipt.ticket_number, link=link_))]
    follows = here.talk.ticket_id == receipt.ticket_id and here.talk.ticket_at is not None
    grouping = timedelta(seconds=here.desk.settings.telegram.grouping_seconds)
    if follows and here.talk.ticket_at and here.heard.at <= here.talk.ticket_at + grouping:
        return []
    return [_while_closed(here, here.say("added", number=receipt.ticket_number))]


def _while_closed(here: Scene, said: Said) -> Said:
    """Outside office hours it says from when on somebody is there, or what the desk wants to be said then."""
    office = here.desk.settings.office
    opens = office_hours.opens(office.week, here.now)
    if opens is None:
        return said
    until = f"{opens:%Y-%m-%d %H:%M} ({office.timezone})"
    told = office.away_text.replace("{until}", until) or here.texts("closed_now", until=until)
    return replace(said, html=lines(said.html, escaped(told)))


def _told_of_flood(here: Scene, number: int | None) -> list[Said]:
    """Once; then they are left to write."""
    if here.heard.pressure is not Pressure.BEGINS:
        return []
    return [here.say("flood", number=number) if number else here.say("flood_kept")]


def link(desk: Desk, embed_token: str | None) -> str:
    return f"{desk.settings.public_url}/t/{embed_token}" if embed_token else ""


def too_large(here: Scene) -> list[Said]:
    """What could not be fetched is told at once, with a way that takes it."""
    names, settings = ", ".join(here.heard.too_large), here.desk.settings
    if not names:
        return []
    if settings.form.enabled:
        return [here.say("too_large", names=names, link=f"{settings.public_url}/")]
    return [in_parts(here)]


def in_parts(here: Scene) -> Said:
    """For whom the form is no way."""
    most = min(here.desk.settings.attachments.max_mb, FETCHED_MB)
    return here.say("too_large_parts", names=", ".join(here.heard.too_large), most=most)


async def _amend(here: Scene, amend: Amend) -> list[Said]:
    kind = MessageKind.EDIT if amend.is_edit else MessageKind.MORE
    await here.desk.receive(inbound(here, here.heard.text, kind=kind, amends=amend.message_id))

    async def note(connection: AsyncConnection) -> list[Said]:
        if not amend.is_edit:
            await scene.keep(connection, here, ticket_at=here.heard.at)
        return too_large(here)

    return await scene.once(here, note)


async def _ask(here: Scene, ask: AskWhich) -> list[Said]:
    question = ask.question or secrets.token_hex(8)
    message = inbound(here, here.heard.text)

    async def work(connection: AsyncConnection) -> list[Said]:
        await talks.put_aside(connection, message, question, here.heard.chat, here.now, here.desk.blob_folder)
        if ask.question or here.person_id is None:
            return too_large(here)
        opened = await own_tickets.listed(connection, here.person_id, is_open=True, most=CHOICES)
        return [here.say("which", buttons=choice(here.texts, question, opened)), *too_large(here)]

    return await scene.once(here, work)


def choice(texts: Texts, question: str, opened: Sequence[Ticket]) -> Buttons:
    """One button for each ticket that may be meant, and one for none of them."""
    rows = tuple(
        (
            Button(
                f"#{ticket.number} {line(ticket.subject, 40)}", dialogue.data(Verb.WHICH, ticket.number, None, question)
            ),
        )
        for ticket in opened
    )
    return (*rows, (Button(texts("new_ticket"), dialogue.data(Verb.WHICH, None, None, question)),))


async def _decided(here: Scene, order: Order) -> list[Said]:
    """A button of the choice was pressed, or its ticket named: what waited is filed there, in its order."""
    async with here.desk.reading() as connection:
        waiting = await talks.waiting(connection, here.channel, here.heard.speaker.id)
        waiting = [one for one in waiting if one.question == order.words]
        if not waiting:
            return [here.notice("stale")]
        ticket_id: UUID | None = None
        if order.number is not None:
            known = (await tickets.by_numbers(connection, [order.number])).get(order.number)
            if known is None or known.requester_id != here.person_id:
                return [here.notice("no_such_ticket") if here.heard.pressed else here.say("no_such_ticket")]
            ticket_id = known.id
    receipt = await _file_waiting(here.desk, waiting, ticket_id)

    async def work(connection: AsyncConnection) -> list[Said]:
        await talks.decided(connection, [one.id for one in waiting])
        until = None if order.number is None else here.now + REMEMBERED
        await scene.keep(
            connection, here, ticket_id=receipt.ticket_id, ticket_at=here.heard.at, chosen_until=until, awaiting={},
            awaiting_until=None,
        )  # fmt: skip
        if receipt.ticket_number is None:
            # A blocked sender is told nothing.
            return []
        key = "opened" if order.number is None else "added"
        told = here.texts(key, number=receipt.ticket_number or "", link=link(here.desk, receipt.embed_token))
        return [Said(here.heard.chat, told, instead_of=here.heard.message if here.heard.pressed else "")]

    return await scene.once(here, work)


async def _file_waiting(desk: Desk, waiting: Sequence[Waiting], ticket_id: UUID | None) -> Receipt:
    """The receipt of the last; the first may open the ticket that the others join."""
    receipt: Receipt | None = None
    for one in waiting:
        async with desk.reading() as connection:
            message = await talks.unpacked(connection, one, ticket_id, desk.blob_folder)
        receipt = await desk.receive(message)
        ticket_id = ticket_id or receipt.ticket_id
    assert receipt is not None  # noqa: S101 - there is at least one
    return receipt


async def overdue(desk: Desk, channel: Channel) -> list[Said]:
    """File what nobody chose a ticket for in time, as a ticket of its own. To be asked now and then; says what to tell."""
    said: list[Said] = []
    async with desk.reading() as connection:
        found = await talks.overdue(connection, channel, desk.clock() - REMEMBERED, 50)
        # With what they wrote since: it is all one matter.
        whose = {one.address for one in found}
        all_of_them = [await talks.waiting(connection, channel, address) for address in sorted(whose)]
    for waiting in all_of_them:
        receipt = await _file_waiting(desk, waiting, None)
        async with desk.writing() as connection:
            await talks.decided(connection, [one.id for one in waiting])
        if receipt.ticket_number is not None:
            said.append(await _told(desk, waiting[0], receipt))
    return said


async def _told(desk: Desk, one: Waiting, receipt: Receipt) -> Said:
    heard = Heard("", Speaker(one.address), Place.PRIVATE, one.chat, desk.clock(), b"")
    here = await scene.look(desk, heard, one.channel)
    told = here.texts("opened_undecided", number=receipt.ticket_number or "", link=link(desk, receipt.embed_token))
    return Said(one.chat, told)

"""What customers ask for by a command or a button: their tickets, their language, their data."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import dialogue, scene, sentences
from bot.dialogue import REMEMBERED, Order, Verb
from bot.markup import Html, escaped, line, lines, plain
from bot.scene import Buttons, Scene
from bot.talk import Button, Said
from core import tables, tokens
from core.chat import linking, own_tickets, proofs, talks, withdrawing
from core.chat.proofs import Letter
from core.config import Settings
from core.errors import NotFound
from core.tickets import Ticket
from core.vocabulary import SETTLED, Category, Channel, Role, Status

Act = Callable[[AsyncConnection, Scene, Order], Awaitable[list[Said]]]


async def carry_out(here: Scene, order: Order) -> list[Said]:
    act = ACTS.get(order.verb)
    if act is None:
        # A button of a card that was forwarded to a customer.
        return [here.notice("stale")]
    return await scene.once(here, lambda connection: act(connection, here, order))


async def _start(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    """A deep link brings a payload: an account's code, a ticket's token or tag, or what the ticket will be about."""
    payload = order.words
    if not payload:
        return [here.say("welcome", desk=here.desk.settings.desk.name)]
    if payload.startswith("c_") and payload[2:] in set(Category):
        await scene.keep(connection, here, awaiting={"new": payload[2:]}, awaiting_until=here.now + REMEMBERED)
        return [here.say("welcome_about", category=here.texts.word("category", payload[2:]))]
    if (tag := tokens.parse_tag(payload)) or _EMBED_TOKEN.fullmatch(payload):
        return await _from_ticket(connection, here, await _owner(connection, here, tag, payload))
    user = await linking.redeem(connection, payload, here.channel, here.heard.speaker.id, here.now)
    if user is None:
        return [here.say("link_dead")]
    return [here.say("linked_customer" if user.role is Role.CUSTOMER else "linked_agent", name=user.actor.signature)]


_EMBED_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def _owner(connection: AsyncConnection, here: Scene, tag: tokens.ReplyTag | None, token: str) -> str:
    """The mailbox of the participant whose tag it is, or of the requester whose status page it is; empty: of nobody."""
    p, i, t = tables.participants.c, tables.identities.c, tables.tickets.c
    which = (t.number == tag.number) & (p.seq == tag.seq) if tag else (t.embed_token == token) & (p.seq == 1)
    found = await connection.execute(
        select(t.id, p.person_id, p.token_version, i.address)
        .join_from(tables.tickets, tables.participants, p.ticket_id == t.id)
        .join(tables.identities, i.person_id == p.person_id)
        .where(which, i.channel == Channel.EMAIL, t.deleted_at.is_(None))
        .order_by(i.created_at, i.id)
        .limit(1)
    )
    row = found.first()
    if row is None:
        return ""
    whose = {"ticket_id": row.id, "person_id": row.person_id, "version": row.token_version}
    return row.address if tag is None or tokens.proves(here.desk.keys.replies, tag, **whose) else ""


async def _from_ticket(connection: AsyncConnection, here: Scene, email: str) -> list[Said]:
    """What came with a mail or a page proves the ticket and not the person: both are passed on. So the mailbox is
    asked."""
    if not email:
        return [here.say("link_dead")]
    return await _mail_code(connection, here, email, shown=_masked(email))


async def _help(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    return [here.say("help")]


async def _new(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    await scene.keep(connection, here, awaiting={"new": ""}, awaiting_until=here.now + REMEMBERED)
    return [here.say("new_awaited")]


async def _tickets(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    mine = await own_tickets.listed(connection, here.person_id) if here.person_id else ()
    if not mine:
        return [here.say("no_tickets")]
    rows = [
        here.texts(
            "ticket_line", number=ticket.number, status=here.texts.word("status", ticket.status),
            subject=line(ticket.subject),
        )
        for ticket in mine
    ]  # fmt: skip
    numbers = [Button(f"#{ticket.number}", dialogue.data(Verb.STATUS, ticket.number)) for ticket in mine[:8]]
    return [here.show(lines(here.texts("your_tickets"), *rows), in_rows(numbers, 4))]


async def _meant(connection: AsyncConnection, here: Scene, order: Order, *, is_open: bool) -> Ticket | None:
    """The ticket that is named, or the only one there is (`is_open`: that is open). None: it must be named."""
    if order.number is not None:
        return await own_tickets.one(connection, here.person_id, order.number)
    mine = await own_tickets.listed(connection, here.person_id) if here.person_id else ()
    if not mine:
        return None
    of_that_kind = [ticket for ticket in mine if (ticket.status not in SETTLED) is is_open]
    if len(of_that_kind) == 1:
        return of_that_kind[0]
    return mine[0] if len(mine) == 1 else None


async def _status(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    ticket = await _meant(connection, here, order, is_open=True)
    if ticket is None:
        return await _tickets(connection, here, order)
    settled = ticket.status in SETTLED
    verb = Verb.REOPEN if settled else Verb.CLOSE
    button = Button(here.texts(f"button_{verb}"), dialogue.data(verb, ticket.number, ticket.version))
    link = f"{here.desk.settings.public_url}/t/{ticket.embed_token}" if ticket.embed_token else ""
    told = here.texts(
        "status", number=ticket.number, subject=line(ticket.subject, 120),
        status=here.texts.word("status", ticket.status), opened=moment(ticket.created_at),
        updated=moment(ticket.updated_at),
    )  # fmt: skip
    return [here.show(lines(told, escaped(link)), ((button,),))]


def in_rows(buttons: Sequence[Button], width: int) -> Buttons:
    return tuple(tuple(buttons[start : start + width]) for start in range(0, len(buttons), width))


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


async def _close(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    return await _settle(connection, here, order, Status.CLOSED)


async def _reopen(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    return await _settle(connection, here, order, Status.NEW)


async def _settle(connection: AsyncConnection, here: Scene, order: Order, status: Status) -> list[Said]:
    closing = status is Status.CLOSED
    ticket = await _meant(connection, here, order, is_open=closing)
    if ticket is None:
        listed = await _tickets(connection, here, order)
        # Who has none need not say which.
        return [here.say("which_number", command=f"/{order.verb}"), *listed] if listed[0].buttons else listed
    if order.version is not None and order.version != ticket.version:
        return [here.notice("stale")]
    if (ticket.status in SETTLED) is closing:
        return [here.say("closed_already" if closing else "open_already", number=ticket.number)]
    if here.person_id is None:
        raise NotFound("Ticket")
    if not closing and ticket.assignee_id:
        status = Status.IN_PROGRESS
    await own_tickets.set_status(connection, ticket, status, here.person_id, here.now)
    return [here.say("closed" if closing else "reopened", number=ticket.number)]


async def _withdraw(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    """The message that this answers; what a bot may delete goes from the chat as well."""
    heard = here.heard
    gone = await withdrawing.withdraw(
        connection, here.person_id, here.channel, heard.chat, heard.reply_to, here.now
    )  # fmt: skip
    if gone is None:
        return [here.say("withdraw_how")]
    return [replace(here.say("withdrawn", number=gone.number), withdraws=gone.copies)]


async def language(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    wanted = order.words.strip().lower()[:2]
    named = [tag for tag, name in sentences.LANGUAGES.items() if name.lower() == order.words.strip().lower()]
    wanted = named[0] if named else wanted
    if wanted not in sentences.LANGUAGES:
        return [here.say("which_language", buttons=_languages())]
    await scene.keep(connection, here, language=wanted)
    if here.person_id:
        await linking.set_language(connection, here.person_id, wanted)
    return [here.show(sentences.of(wanted)("language_set"))]


def _languages() -> Buttons:
    all_of_them = [
        Button(name, dialogue.data(Verb.LANGUAGE, None, None, tag)) for tag, name in sentences.LANGUAGES.items()
    ]
    return in_rows(all_of_them, 3)


async def _link(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    if not order.words:
        await scene.keep(connection, here, awaiting={"link": ""}, awaiting_until=here.now + proofs.CODE_LIFE)
        return [here.say("link_how")]
    if not proofs.looks_like_code(order.words):
        return await _mail_code(connection, here, proofs.normal_email(order.words))
    speaker = here.heard.speaker
    email = await proofs.mailbox(connection, order.words, channel=here.channel, address=speaker.id, now=here.now)
    if not email:
        return [here.say("code_wrong")]
    await linking.prove(connection, email, here.channel, speaker.id, speaker.name, here.now)
    await scene.keep(connection, here, awaiting={}, awaiting_until=None)
    return [here.say("linked_mail", email=email)]


def _masked(email: str) -> str:
    """For somebody who may not be its owner."""
    return f"{email[:1]}…@{email.rpartition('@')[2]}"


async def _mail_code(connection: AsyncConnection, here: Scene, email: str, shown: str = "") -> list[Said]:
    letter = Letter(
        here.texts("code_subject", desk=here.desk.settings.desk.name),
        here.texts("code_text", desk=here.desk.settings.desk.name, code="{code}"),
    )
    await proofs.mail_code(
        connection, email, letter, channel=here.channel, address=here.heard.speaker.id, now=here.now,
        settings=here.desk.settings,
    )  # fmt: skip
    await scene.keep(connection, here, awaiting={"link": email}, awaiting_until=here.now + proofs.CODE_LIFE)
    return [here.say("code_sent", email=shown or email)]


async def _mydata(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    if here.person_id is None:
        return [here.say("no_data")]
    known = await own_tickets.known(connection, here.person_id)
    addresses = lines(*(escaped(f"{channel}: {line(address, 200)}") for channel, address in known.addresses))
    mine = await own_tickets.listed(connection, here.person_id)
    rows = [
        here.texts("ticket_line", number=t.number, status=here.texts.word("status", t.status), subject=line(t.subject))
        for t in mine
    ]
    told = here.texts(
        "mydata", name=known.name, language=known.language or "–", addresses=addresses, tickets=known.tickets,
        messages=known.messages, files=known.files,
    )  # fmt: skip
    return [here.show(lines(told, *rows))]


async def _deleteme(connection: AsyncConnection, here: Scene, order: Order) -> list[Said]:
    if here.person_id is None:
        return [here.say("no_data")]
    if not here.heard.pressed:
        yes = Button(here.texts("button_deleteme"), dialogue.data(Verb.DELETEME, None, None, "yes"))
        no = Button(here.texts("button_keep"), dialogue.data(Verb.DELETEME, None, None, "no"))
        return [here.say("deleteme_sure", buttons=((yes,), (no,)))]
    if order.words != "yes":
        return [_instead(here, here.texts("deleteme_kept"))]
    gone = await own_tickets.forget(connection, here.person_id, here.now)
    await talks.forget(connection, here.channel, here.heard.speaker.id)
    return [_instead(here, here.texts("deleteme_done", tickets=gone))]


def _instead(here: Scene, markup: Html) -> Said:
    return Said(here.heard.chat, markup, instead_of=here.heard.message)


ACTS: dict[Verb, Act] = {
    Verb.START: _start,
    Verb.HELP: _help,
    Verb.NEW: _new,
    Verb.TICKETS: _tickets,
    Verb.STATUS: _status,
    Verb.CLOSE: _close,
    Verb.REOPEN: _reopen,
    Verb.WITHDRAW: _withdraw,
    Verb.LANGUAGE: language,
    Verb.LINK: _link,
    Verb.MYDATA: _mydata,
    Verb.DELETEME: _deleteme,
}


async def language_of(connection: AsyncConnection, person_id: UUID, settings: Settings) -> str:
    """The language of a customer, as far as it is known."""
    p = tables.people.c
    found = (await connection.execute(select(p.language).where(p.id == person_id))).scalar_one_or_none()
    return sentences.spoken(found or "", settings.desk.language)


def farewell(language: str, ticket: Ticket) -> str:
    """What a customer reads whose ticket was closed. Plain: it may go by mail."""
    return plain(sentences.of(language)("farewell", number=ticket.number))

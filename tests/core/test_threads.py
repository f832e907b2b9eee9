"""Which ticket a message belongs to: the whole table of proofs and writers, and nothing else joins."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from core import tables, tickets, tokens
from core.desk import Desk
from core.messages import InboundMessage
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Channel, Disposition, Outcome, Role
from tests.builders import MessageParts, a_mail, a_user
from tests.stored import changes, count, numbered, opened_by, person_of, rows, set_row

REQUESTER, COLLEAGUE, STRANGER, AGENT = "ann@customer.test", "cleo@customer.test", "eve@evil.test", "bob@desk.test"
ANNS_MAIL = "<anns-first-mail@customer.test>"


@dataclass(frozen=True)
class Thread:
    """Ann's ticket, on which Cleo takes part as well, and what one can know of it from outside."""

    ticket: Ticket
    key: bytes
    people: dict[str, UUID]

    def tag(self, whose: str = REQUESTER, *, version: int = 1, key: bytes | None = None, seq: int = 0) -> str:
        return tokens.reply_tag(
            key or self.key, self.ticket.number, seq or (1 if whose == REQUESTER else 2),
            ticket_id=self.ticket.id, person_id=self.people[whose], version=version,
        )  # fmt: skip


@pytest.fixture
async def thread(desk: Desk) -> Thread:
    await a_user(desk, "bob", Role.AGENT, email=AGENT)
    for address in (COLLEAGUE, STRANGER, AGENT):
        await opened_by(desk, address)
    receipt = await desk.receive(a_mail(REQUESTER, message_id=ANNS_MAIL, acknowledge=False))
    ticket = await numbered(desk, receipt.ticket_number or 0)
    people = {address: await person_of(desk, address) for address in (REQUESTER, COLLEAGUE, STRANGER, AGENT)}
    async with desk.writing() as connection:
        await connection.execute(
            insert(tables.participants),
            {"ticket_id": ticket.id, "seq": 2, "person_id": people[COLLEAGUE], "created_at": desk.clock()},
        )
    return Thread(await numbered(desk, ticket.number), desk.keys.replies, people)


Proof = Callable[[Thread], MessageParts]


def to(tag: str) -> MessageParts:
    return {"recipients": (f"support+{tag}@desk.test",)}


def answering(tag: str) -> MessageParts:
    return {"in_reply_to": (tokens.message_id(tag, new_id(), "desk.test"),)}


def flipped(tag: str) -> str:
    return tag[:-1] + ("a" if tag[-1] != "a" else "b")


PROOFS: dict[str, Proof] = {
    "no token": lambda t: {},
    "the number in the subject": lambda t: {"subject": f"Re: [#{t.ticket.number}] #{t.ticket.number} Printer on fire"},
    "the number as a tag": lambda t: to(str(t.ticket.number)),
    "their reply address": lambda t: to(t.tag()),
    "their reply address among others": lambda t: {
        "recipients": ("support@desk.test", f"support+{t.tag()}@desk.test", "sales@elsewhere.test")
    },
    "their reply address in upper case": lambda t: to(t.tag().upper()),
    "our Message-ID answered": lambda t: answering(t.tag()),
    "our Message-ID in upper case": lambda t: {"in_reply_to": (answering(t.tag())["in_reply_to"][0].upper(),)},
    "our Message-ID referred to": lambda t: {"references": ("<x@y.test>", *answering(t.tag())["in_reply_to"])},
    "a stored Message-ID answered": lambda t: {"in_reply_to": (ANNS_MAIL,)},
    "a stored Message-ID referred to": lambda t: {"references": ("<x@y.test>", ANNS_MAIL, "<z@y.test>")},
    "an unknown Message-ID": lambda t: {"in_reply_to": ("<unknown@y.test>",), "references": ("<unknown@y.test>",)},
    "the colleague's reply address": lambda t: to(t.tag(COLLEAGUE)),
    "the colleague's Message-ID": lambda t: answering(t.tag(COLLEAGUE)),
    "a revoked version": lambda t: to(t.tag(version=0)),
    "a future version": lambda t: to(t.tag(version=2)),
    "a truncated address": lambda t: to(t.tag()[:-1]),
    "an address with something behind it": lambda t: to(t.tag() + "a"),
    "a flipped address": lambda t: to(flipped(t.tag())),
    "a flipped Message-ID": lambda t: answering(flipped(t.tag())),
    "somebody else's key": lambda t: to(t.tag(key=b"k" * 32)),
    "their token under the colleague's number": lambda t: to(t.tag(seq=2)),
    "their token under another ticket's number": lambda t: to(f"1{t.tag()}"),
    "a MAC of nothing": lambda t: to(f"{t.ticket.number}-1-{'a' * 16}"),
    "a participant that is not there": lambda t: to(f"{t.ticket.number}-7-{t.tag()[-16:]}"),
}  # fmt: skip

JOINS = {
    REQUESTER: {
        "their reply address", "their reply address among others", "their reply address in upper case",
        "our Message-ID answered", "our Message-ID in upper case", "our Message-ID referred to",
        "a stored Message-ID answered", "a stored Message-ID referred to",
    },
    COLLEAGUE: {
        "a stored Message-ID answered", "a stored Message-ID referred to",
        "the colleague's reply address", "the colleague's Message-ID",
    },
    STRANGER: set[str](),
    AGENT: set[str](),
}  # fmt: skip
# What proves that a ticket is meant, in whosever hands it is: the agents are told of it.
PROVED = JOINS[REQUESTER] | JOINS[COLLEAGUE]


@pytest.mark.parametrize("writer", JOINS, ids=["requester", "colleague", "stranger", "agent"])
async def test_a_message_joins_with_a_proof_of_its_writers_own_and_nothing_else(
    desk: Desk, thread: Thread, writer: str
) -> None:
    joined, noticed = set[str](), set[str]()
    for name, proof in PROOFS.items():
        receipt = await desk.receive(replace(a_mail(writer, **proof(thread)), acknowledge=False))

        if receipt.outcome is Outcome.COMMENTED:
            assert receipt.ticket_id == thread.ticket.id, name
            joined.add(name)
        else:
            assert receipt.outcome is Outcome.OPENED, name
            assert receipt.ticket_id != thread.ticket.id, name
        if f"answers ticket {thread.ticket.number}," in receipt.reason:
            noticed.add(name)

    assert joined == JOINS[writer]
    assert noticed == PROVED - JOINS[writer]


async def test_a_proof_made_on_one_database_holds_on_the_other_too(any_desk: Desk) -> None:
    first = await any_desk.receive(a_mail(REQUESTER, message_id=ANNS_MAIL, acknowledge=False))
    assert first.ticket_id is not None
    person_id = await person_of(any_desk, REQUESTER)
    tag = tokens.reply_tag(any_desk.keys.replies, 1, 1, ticket_id=first.ticket_id, person_id=person_id, version=1)
    proofs: list[MessageParts] = [to(tag), answering(tag), {"in_reply_to": (ANNS_MAIL,)}]

    for proof in proofs:
        hers = await any_desk.receive(a_mail(REQUESTER, **proof))
        eves = await any_desk.receive(a_mail(STRANGER, **proof))

        assert (hers.outcome, hers.ticket_number) == (Outcome.COMMENTED, 1)
        assert (eves.outcome, eves.reason) == (Outcome.OPENED, "answers ticket 1, where this sender may not write")


async def test_a_stranger_with_a_valid_token_gets_a_ticket_of_their_own_and_the_desk_is_told_why(
    desk: Desk, thread: Thread
) -> None:
    receipt = await desk.receive(a_mail(STRANGER, **to(thread.tag())))

    said = f"answers ticket {thread.ticket.number}, where this sender may not write"
    [*_, entry] = await rows(desk, tables.ledger)
    [opened] = await changes(desk, receipt.ticket_number or 0)
    assert (entry.disposition, entry.reason) == (Disposition.TICKET, said)
    assert (opened.field, opened.reason) == ("ticket", said)
    assert (await numbered(desk, receipt.ticket_number or 0)).requester.email == STRANGER


async def test_a_token_in_a_strangers_hands_tells_nothing_of_the_ticket_and_leaves_it_as_it_was(
    desk: Desk, thread: Thread
) -> None:
    receipt = await desk.receive(a_mail(STRANGER, **to(thread.tag())))

    assert await numbered(desk, thread.ticket.number) == thread.ticket
    assert receipt.embed_token != thread.ticket.embed_token


async def test_a_revoked_token_opens_a_new_ticket_until_a_new_one_is_used(desk: Desk, thread: Thread) -> None:
    async with desk.writing() as connection:
        await connection.execute(update(tables.participants).values(token_version=2))

    old = await desk.receive(a_mail(REQUESTER, **to(thread.tag(version=1))))
    new = await desk.receive(a_mail(REQUESTER, **to(thread.tag(version=2))))

    assert (old.outcome, new.outcome) == (Outcome.OPENED, Outcome.COMMENTED)


async def test_an_answer_to_a_deleted_ticket_is_a_new_ticket(any_desk: Desk) -> None:
    admin = (await a_user(any_desk, "carol", Role.ADMIN)).actor
    await any_desk.receive(a_mail(REQUESTER, message_id=ANNS_MAIL))
    ticket = await numbered(any_desk, 1)
    tag = tokens.reply_tag(any_desk.keys.replies, 1, 1, ticket_id=ticket.id, person_id=ticket.requester_id, version=1)
    async with any_desk.writing() as connection:
        await tickets.remove(connection, ticket, by=admin, now=any_desk.clock())

    by_id = await any_desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))
    by_tag = await any_desk.receive(a_mail(REQUESTER, **to(tag)))

    assert [(r.outcome, r.reason) for r in (by_id, by_tag)] == [(Outcome.OPENED, "")] * 2
    assert {by_id.ticket_number, by_tag.ticket_number} == {2, 3}


async def test_who_sends_a_known_message_id_first_or_again_takes_no_thread_from_its_owner(any_desk: Desk) -> None:
    await any_desk.receive(a_mail(REQUESTER, message_id=ANNS_MAIL))
    await any_desk.receive(a_mail(STRANGER, message_id=ANNS_MAIL))

    hers = await any_desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))
    eves = await any_desk.receive(a_mail(STRANGER, in_reply_to=(ANNS_MAIL,)))

    assert (hers.outcome, hers.ticket_number) == (Outcome.COMMENTED, 1)
    assert (eves.outcome, eves.ticket_number) == (Outcome.COMMENTED, 2)


async def test_a_message_id_that_a_thousand_mails_bear_still_finds_its_first_ticket(desk: Desk, thread: Thread) -> None:
    """Some devices write the same Message-ID into every mail."""
    stranger = await opened_by(desk, STRANGER)
    [hers, *_] = [m for m in await rows(desk, tables.messages) if m.ticket_id == stranger.id]
    async with desk.writing() as connection:
        await connection.execute(
            insert(tables.message_pairs),
            [{"id": new_id(), "message_id": hers.id, "channel": "email", "remote_id": ANNS_MAIL} for _ in range(1000)],
        )

    receipt = await desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))

    assert (receipt.outcome, receipt.ticket_id) == (Outcome.COMMENTED, thread.ticket.id)


async def test_a_valid_token_counts_even_behind_a_forged_one(desk: Desk, thread: Thread) -> None:
    forged, valid = flipped(thread.tag()), thread.tag()
    mail = a_mail(REQUESTER, recipients=(f"support+{forged}@desk.test", f"support+{valid}@desk.test"))

    assert (await desk.receive(mail)).outcome is Outcome.COMMENTED


async def test_somebody_nobody_knows_yet_joins_nothing(desk: Desk, thread: Thread) -> None:
    for sender in ("new@customer.test", ""):
        receipt = await desk.receive(a_mail(sender, **to(thread.tag())))

        assert receipt.outcome is Outcome.OPENED
        assert "may not write" in receipt.reason


async def test_another_channels_message_id_is_not_a_mails(desk: Desk, thread: Thread) -> None:
    [pair] = [p for p in await rows(desk, tables.message_pairs) if p.remote_id == ANNS_MAIL]
    assert isinstance(pair.id, UUID)
    await set_row(desk, tables.message_pairs, pair.id, channel=Channel.TELEGRAM)

    assert (await desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))).outcome is Outcome.OPENED


async def test_the_ticket_that_a_signed_in_customer_names_is_theirs_or_not_joined(desk: Desk, thread: Thread) -> None:
    def comment(writer: str) -> InboundMessage:
        mail = a_mail(writer)
        sender = replace(mail.sender, person_id=thread.people[writer])
        return replace(mail, channel=Channel.API, sender=sender, ticket_id=thread.ticket.id)

    hers, eves = await desk.receive(comment(REQUESTER)), await desk.receive(comment(STRANGER))

    assert (hers.outcome, hers.ticket_id) == (Outcome.COMMENTED, thread.ticket.id)
    assert eves.outcome is Outcome.OPENED


async def test_a_mail_and_its_authors_answer_to_it_that_arrive_together_are_one_ticket(any_desk: Desk) -> None:
    """After an outage of ours, a mail and the afterthought to it are delivered in the same moment."""
    mails = [
        a_mail(REQUESTER, message_id="<1@customer.test>"),
        a_mail(REQUESTER, message_id="<2@customer.test>", in_reply_to=("<1@customer.test>",)),
        a_mail("cleo@customer.test", message_id="<3@customer.test>"),
        a_mail(REQUESTER, message_id="<4@customer.test>", references=("<1@customer.test>", "<2@customer.test>")),
    ]

    receipts = await asyncio.gather(*map(any_desk.receive, mails))

    assert [r.outcome for r in receipts] == [
        Outcome.OPENED, Outcome.COMMENTED, Outcome.OPENED, Outcome.COMMENTED,
    ]  # fmt: skip
    assert receipts[0].ticket_id == receipts[1].ticket_id == receipts[3].ticket_id
    assert await count(any_desk, tables.tickets) == 2
    assert await count(any_desk, tables.people) == 2


async def test_an_agents_address_is_a_customers_when_it_writes(desk: Desk, thread: Thread) -> None:
    """Agents act where they have signed in; a From line is anybody's (reliability, 1a #12)."""
    mail = replace(a_mail(AGENT, **to(thread.tag())), subject="#close", text="!resolve")

    receipt = await desk.receive(mail)

    assert receipt.outcome is Outcome.OPENED
    assert await numbered(desk, thread.ticket.number) == thread.ticket
    assert not [d for d in await rows(desk, tables.deliveries) if d.ticket_id == thread.ticket.id]

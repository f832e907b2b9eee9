"""Which ticket a message belongs to: the whole table of proofs and writers, and nothing else joins."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from core import tables, tickets, tokens
from core.desk import Desk
from core.messages import InboundMessage
from core.tables import new_id
from core.tickets import Ticket
from core.vocabulary import Channel, Disposition, MessageKind, Outcome, Role
from tests.builders import Clock, MessageParts, a_mail, a_user
from tests.stored import changes, count, numbered, opened_by, person_of, rows, set_row, with_section

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
    "their key quoted in the text": lambda t: {"text": f"Yes.\n\n> ##- Above this -##\n> [{t.tag()}]\n> It burns."},
    "a flipped key in the text": lambda t: {"text": f"Yes.\n\n> ##- Above this -## [{flipped(t.tag())}]"},
    "their key anywhere in the text": lambda t: {"text": f"Yes.\n\n[{t.tag()}]"},
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

# A MAC of ours is in these, whoever holds it.
TOKENS = {
    "their reply address", "their reply address among others", "their reply address in upper case",
    "our Message-ID answered", "our Message-ID in upper case", "our Message-ID referred to",
    "their key quoted in the text",
    "the colleague's reply address", "the colleague's Message-ID",
}  # fmt: skip
JOINS = {
    REQUESTER: {
        "their reply address", "their reply address among others", "their reply address in upper case",
        "our Message-ID answered", "our Message-ID in upper case", "our Message-ID referred to",
        "their key quoted in the text",
        "a stored Message-ID answered", "a stored Message-ID referred to",
        "the colleague's reply address", "the colleague's Message-ID",
    },
    COLLEAGUE: set[str](),
    STRANGER: set[str](),
    AGENT: set[str](),
}  # fmt: skip
# Each of the two who take part may answer by what the other was sent.
JOINS[COLLEAGUE] = JOINS[REQUESTER]
# What proves that a ticket is meant, in whosever hands it is: the agents are told of it.
PROVED = JOINS[REQUESTER] | JOINS[COLLEAGUE]


@pytest.mark.parametrize("writer", JOINS, ids=["requester", "colleague", "stranger", "agent"])
async def test_a_message_joins_with_a_proof_and_a_writer_who_takes_part_and_nothing_else(
    desk: Desk, thread: Thread, writer: str
) -> None:
    joined, noticed, waiting = set[str](), set[str](), set[str]()
    for name, proof in PROOFS.items():
        receipt = await desk.receive(replace(a_mail(writer, **proof(thread)), acknowledge=False))

        if receipt.outcome is Outcome.COMMENTED:
            assert receipt.ticket_id == thread.ticket.id, name
            joined.add(name)
        elif receipt.outcome is Outcome.IGNORED:
            assert (receipt.ticket_number, receipt.embed_token) == (None, None), name
            waiting.add(name)
        else:
            assert receipt.outcome is Outcome.OPENED, name
            assert receipt.ticket_id != thread.ticket.id, name
        if f"answers ticket {thread.ticket.number}," in receipt.reason:
            noticed.add(name)

    assert joined == JOINS[writer]
    assert waiting == TOKENS - JOINS[writer]
    assert noticed == PROVED - JOINS[writer] - TOKENS


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
        # A token is for an agent to decide on; to know a Message-ID proves less, and opens a ticket of her own.
        held = proof != proofs[-1]
        assert eves.outcome is (Outcome.IGNORED if held else Outcome.OPENED)
        assert eves.reason == ("" if held else "answers ticket 1, where this sender may not write")


async def test_a_stranger_with_a_stored_message_id_gets_a_ticket_of_their_own_and_the_desk_is_told_why(
    desk: Desk, thread: Thread
) -> None:
    receipt = await desk.receive(a_mail(STRANGER, in_reply_to=(ANNS_MAIL,)))

    said = f"answers ticket {thread.ticket.number}, where this sender may not write"
    [*_, entry] = await rows(desk, tables.ledger)
    [opened] = await changes(desk, receipt.ticket_number or 0)
    assert (entry.disposition, entry.reason) == (Disposition.TICKET, said)
    assert (opened.field, opened.reason) == ("ticket", said)
    assert (await numbered(desk, receipt.ticket_number or 0)).requester.email == STRANGER


async def test_a_token_in_a_strangers_hands_changes_nothing_on_the_ticket_but_that_its_agents_are_asked(
    desk: Desk, thread: Thread
) -> None:
    before = await numbered(desk, thread.ticket.number)

    await desk.receive(a_mail(STRANGER, **to(thread.tag())))

    after = await numbered(desk, thread.ticket.number)
    assert (after.status, after.participants) == (before.status, before.participants)
    assert after.unread == before.unread + 1
    [*_, note] = [m for m in await rows(desk, tables.messages) if m.ticket_id == thread.ticket.id]
    assert (note.direction, note.person_id) == ("note", None)
    assert STRANGER in str(note.body)


async def test_an_agent_who_answers_by_mail_is_told_that_it_went_to_nobody(desk: Desk, thread: Thread) -> None:
    receipt = await desk.receive(replace(a_mail(AGENT, **to(thread.tag())), text="Try again."))

    [*_, note] = [m for m in await rows(desk, tables.messages) if m.ticket_id == thread.ticket.id]
    assert receipt.outcome is Outcome.IGNORED
    assert "Agents never act by mail, so this went to nobody: answer in the desk or the chat." in str(note.body)
    assert "Try again." in str(note.body)


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
    known, nobody = "new@customer.test", ""

    assert (await desk.receive(a_mail(known, **to(thread.tag())))).outcome is Outcome.IGNORED
    # There is nobody whom an agent could let in.
    opened = await desk.receive(a_mail(nobody, **to(thread.tag())))
    assert opened.outcome is Outcome.OPENED
    assert "may not write" in opened.reason


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

    await desk.receive(mail)

    after = await numbered(desk, thread.ticket.number)
    assert (after.status, after.participants) == (thread.ticket.status, thread.ticket.participants)
    assert not [d for d in await rows(desk, tables.deliveries) if d.ticket_id == thread.ticket.id]
    assert {m.direction for m in await rows(desk, tables.messages) if m.ticket_id == thread.ticket.id} == {
        "inbound", "note",
    }  # fmt: skip


VOUCHED = "mx.desk.test"


@pytest.mark.parametrize(
    ("verified", "proof", "outcome"),
    [
        (True, "a stored Message-ID answered", Outcome.COMMENTED),
        (False, "a stored Message-ID answered", Outcome.OPENED),
        (False, "our Message-ID answered", Outcome.COMMENTED),
        (True, "the number in the subject", Outcome.COMMENTED),
        (False, "the number in the subject", Outcome.OPENED),
    ],
)
async def test_where_a_front_server_vouches_for_senders_only_a_token_joins_without_it(
    desk: Desk, thread: Thread, verified: bool, proof: str, outcome: Outcome
) -> None:
    mail = a_mail(REQUESTER, **PROOFS[proof](thread))
    mail = replace(mail, sender=replace(mail.sender, verified=verified))
    desk.settings = with_section(desk.settings, "smtp", authserv_id=VOUCHED)

    assert (await desk.receive(mail)).outcome is outcome


async def test_the_same_subject_from_the_same_writer_joins_nothing(desk: Desk) -> None:
    for _ in range(2):
        assert (await desk.receive(a_mail(REQUESTER, subject="Re: Printer"))).outcome is Outcome.OPENED


async def test_a_number_in_the_subject_of_somebody_verified_is_not_anothers_ticket(desk: Desk, thread: Thread) -> None:
    mail = a_mail(STRANGER, **PROOFS["the number in the subject"](thread))

    receipt = await desk.receive(replace(mail, sender=replace(mail.sender, verified=True)))

    assert (receipt.outcome, receipt.reason) == (Outcome.OPENED, "")


async def test_an_answer_follows_its_ticket_to_the_one_it_was_merged_into(any_desk: Desk) -> None:
    for number in range(1, 4):
        await any_desk.receive(a_mail(REQUESTER, message_id=f"<{number}@customer.test>", acknowledge=False))
    one, two, three = [(await numbered(any_desk, number)).id for number in (1, 2, 3)]
    await set_row(any_desk, tables.tickets, one, merged_into_id=two)
    await set_row(any_desk, tables.tickets, two, merged_into_id=three)

    receipt = await any_desk.receive(a_mail(REQUESTER, in_reply_to=("<1@customer.test>",)))
    await set_row(any_desk, tables.tickets, three, merged_into_id=one)
    in_a_circle = await any_desk.receive(a_mail(REQUESTER, in_reply_to=("<1@customer.test>",)))

    assert (receipt.outcome, receipt.ticket_number) == (Outcome.COMMENTED, 3)
    assert in_a_circle.outcome is Outcome.COMMENTED


async def test_a_mail_about_something_closed_long_ago_is_a_new_ticket_and_both_say_so(
    any_desk: Desk, clock: Clock
) -> None:
    await any_desk.receive(a_mail(REQUESTER, message_id=ANNS_MAIL, acknowledge=False))
    old = await numbered(any_desk, 1)
    await set_row(any_desk, tables.tickets, old.id, status="closed", resolved_at=clock(), closed_at=clock())

    clock.forward(timedelta(days=60))
    in_time = await any_desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))
    await set_row(any_desk, tables.tickets, old.id, status="closed", resolved_at=clock(), closed_at=clock())
    clock.forward(timedelta(days=61))
    too_late = await any_desk.receive(a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,)))
    away = a_mail(REQUESTER, in_reply_to=(ANNS_MAIL,), automatic="auto-submitted: auto-replied", kind=MessageKind.AUTO)
    automatic = await any_desk.receive(away)

    assert [r.ticket_number for r in (in_time, too_late, automatic)] == [1, 2, 1]
    notes = [str(m.body) for m in await rows(any_desk, tables.messages) if m.direction == "note"]
    assert sorted(notes) == ["This follows ticket #1, which was closed on 2026-05-01.", "Ticket #2 follows this one."]
    assert (await changes(any_desk, 2))[0].reason == "follows ticket 1, which was closed long ago"
    assert (await numbered(any_desk, 1)).status == "closed"

"""Whatever a channel lets through: it is cleaned and cut, and keeps no message out."""

from dataclasses import replace

from core import tables
from core.desk import Desk
from core.messages import InboundFile, InboundMessage, Sender, Wishes
from core.vocabulary import Channel, Outcome
from tests.builders import a_mail
from tests.stored import numbered, rows

ANN = "ann@customer.test"


NASTY = "n\x00a\ud800s\u202et\x1by\x85"


async def test_nothing_that_a_channel_lets_through_can_keep_a_message_out(any_desk: Desk) -> None:
    nasty = InboundMessage(
        channel=Channel.EMAIL,
        sender=Sender(Channel.EMAIL, NASTY + "@x.test", NASTY),
        subject=NASTY,
        text=NASTY,
        raw=b"\x00\xff",
        dedupe_key="nasty",
        new_text=NASTY,
        html=NASTY,
        files=(InboundFile(NASTY, NASTY, b"x", content_id=NASTY),),
        message_id=f"<{NASTY}@x.test>",
        in_reply_to=(NASTY,),
        references=(NASTY,),
        recipients=(NASTY, f"support+{NASTY}@desk.test"),
        automatic=NASTY,
        bounced=(NASTY,),
        language=NASTY,
        envelope={NASTY: [NASTY, {"x": NASTY}], "n": None},
        wishes=Wishes(tags=(NASTY,), extra={"x": {NASTY: NASTY}}),
    )

    receipt = await any_desk.receive(nasty)

    assert receipt.outcome is Outcome.OPENED
    clean = "nasty"
    ticket = await numbered(any_desk, 1)
    assert (ticket.subject, ticket.description, ticket.requester.name, ticket.requester.email) == (
        clean, clean, clean, "nasty@x.test",
    )  # fmt: skip
    assert (ticket.tags, ticket.extra) == ((clean,), {"x": {clean: clean}})
    [entry], [file], [pair] = [
        await rows(any_desk, table) for table in (tables.ledger, tables.attachments, tables.message_pairs)
    ]
    assert entry.envelope == {clean: [clean, {"x": clean}], "n": None}
    assert (file.filename, file.content_type, file.content_id) == (clean, clean, clean)
    assert pair.remote_id == "<nasty@x.test>"


async def test_what_is_too_long_is_cut_and_not_refused(any_desk: Desk) -> None:
    long = "x" * 300_000
    mail = replace(
        a_mail(f"{long}@x.test", name=long),
        subject=long, text=long, new_text=long, html=long, message_id=f"<{long}@x.test>", automatic=long, language=long,
        files=(InboundFile(long, long, b"x", content_id=long),), wishes=Wishes(tags=(long,)),
    )  # fmt: skip

    receipt = await any_desk.receive(mail)
    answer = await any_desk.receive(replace(mail, dedupe_key="2", in_reply_to=(mail.message_id,), files=()))

    assert receipt.outcome is Outcome.OPENED
    assert (answer.outcome, answer.ticket_number) == (Outcome.COMMENTED, 1)
    assert len((await numbered(any_desk, 1)).description) == 256 * 1024

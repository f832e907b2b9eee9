"""A mail that names nothing of ours goes on with its sender's ticket of the same subject, where a queue wants that."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core import desk as desks
from core import tables, threads
from core.config import Settings
from core.facts import Facts, KnownAgent, KnownTicket, Participant
from core.intake import rounds
from core.mail import by_subject, subjects
from core.mail.by_subject import Opened
from core.messages import InboundMessage, Report, Signs
from core.tables import new_id
from core.threads import Joins, Stranger
from core.vocabulary import MessageKind, Outcome, ReportKind, Status
from tests.builders import NOON, Clock, a_mail, settings
from tests.stored import set_row

ANN, CLEO = "ann@customer.test", "cleo@customer.test"
BILLING, SALES, SUPPORT = "billing@desk.test", "sales@desk.test", "support@desk.test"
ADDRESSES = [SUPPORT, BILLING, SALES]
ROUTES: list[dict[str, object]] = [
    {"address": BILLING, "join_by_subject": True},
    {"address": SALES, "join_by_subject": True},
    {"address": SUPPORT, "tag": "help"},
]
TICKET = new_id()


def configured(folder: Path) -> Settings:
    return settings(folder, smtp={"addresses": ADDRESSES}, mail={"routes": ROUTES})


def opened(subject: str = "Invoice 4711", to: str = BILLING, *, days: float = 1, ticket_id: UUID = TICKET) -> Opened:
    return Opened(ticket_id, subject, (to,), NOON - timedelta(days=days))


def a_later_mail(subject: str = "Invoice 4711", to: str = BILLING, **parts: object) -> InboundMessage:
    mail = a_mail(ANN, subject=subject, recipients=(to,))
    return replace(mail, **parts)  # type: ignore[arg-type]  # any field of a message


GOES_ON: dict[str, tuple[InboundMessage, Opened]] = {
    "the same subject": (a_later_mail(), opened()),
    "an answer": (a_later_mail("Re: Invoice 4711"), opened()),
    "answers of several programs": (a_later_mail("Re: AW: Re[2]: Invoice 4711"), opened()),
    "an answer in Chinese": (a_later_mail("回复：Invoice 4711"), opened()),
    "a forward": (a_later_mail("WG: Invoice 4711"), opened("Fwd: Invoice 4711")),
    "a forward in brackets": (a_later_mail("[Fwd: Invoice 4711]"), opened()),
    "another case": (a_later_mail("RE: INVOICE 4711"), opened()),
    "other spaces": (a_later_mail("Invoice\t  4711 "), opened()),
    "an address with a tag": (a_later_mail(to="billing+x@desk.test"), opened()),
    "an answer by its kind": (a_later_mail(kind=MessageKind.REPLY), opened()),
    "seven days": (a_later_mail(), opened(days=7)),
}
STAYS_ALONE: dict[str, tuple[InboundMessage, Opened]] = {
    "another subject": (a_later_mail("Invoice 4712"), opened()),
    "another order": (a_later_mail("[Order 2] Invoice"), opened("[Order 1] Invoice")),
    "older than seven days": (a_later_mail(), opened(days=7.01)),
    "a queue without the option": (a_later_mail(to=SUPPORT), opened(to=SUPPORT)),
    "from such a queue": (a_later_mail(), opened(to=SUPPORT)),
    "to such a queue": (a_later_mail(to=SUPPORT), opened()),
    "another queue with the option": (a_later_mail(to=SALES), opened()),
    "a robot": (a_later_mail(automatic="Auto-Submitted: auto-generated"), opened()),
    "an automatic answer": (a_later_mail(kind=MessageKind.AUTO), opened()),
    "a bounce": (
        a_later_mail(kind=MessageKind.BOUNCE, signs=Signs(report=Report(ReportKind.FAILED))), opened()
    ),
    "no subject": (a_later_mail(""), opened("")),
    "nothing but prefixes": (a_later_mail("Re: AW:"), opened("Re:")),
    "hardly a letter": (a_later_mail("Hi 12345"), opened("Hi 12345")),
    "a number of a ticket": (a_later_mail("Invoice 4711 [#3]"), opened("Invoice 4711 [#3]")),
}  # fmt: skip


@pytest.mark.parametrize(("mail", "known"), GOES_ON.values(), ids=GOES_ON)
def test_the_same_subject_in_the_same_queue_within_a_week_goes_on(
    mail: InboundMessage, known: Opened, tmp_path: Path
) -> None:
    assert by_subject.meant(mail, [known], NOON, configured(tmp_path)) == TICKET


@pytest.mark.parametrize(("mail", "known"), STAYS_ALONE.values(), ids=STAYS_ALONE)
def test_anything_less_does_not(mail: InboundMessage, known: Opened, tmp_path: Path) -> None:
    assert by_subject.meant(mail, [known], NOON, configured(tmp_path)) is None


def test_it_is_off_unless_a_route_has_it(tmp_path: Path) -> None:
    plain = settings(tmp_path, mail={"routes": [{"address": SUPPORT, "tag": "help"}]})

    for wished in (plain, settings(tmp_path)):
        assert by_subject.meant(a_later_mail(to=SUPPORT), [opened(to=SUPPORT)], NOON, wished) is None


def test_of_several_the_newest_that_fits_is_meant(tmp_path: Path) -> None:
    newest, fits, older = opened("Another matter", ticket_id=new_id()), opened(), opened(ticket_id=new_id())

    assert by_subject.meant(a_later_mail(), [newest, fits, older], NOON, configured(tmp_path)) == TICKET


def test_a_subject_of_prefixes_alone_takes_no_time() -> None:
    assert subjects.matter("Re: " * 50_000 + "x").endswith("x")
    assert subjects.matter("[" * 100_000 + "]") == "[" * 100_000 + "]"


def test_two_mails_of_one_matter_in_one_batch_are_judged_one_after_the_other(tmp_path: Path) -> None:
    first, other, second = a_later_mail(), a_later_mail("Another matter"), a_later_mail("Re: invoice 4711")

    assert list(rounds([first, other, second], configured(tmp_path))) == [[first, other], [second]]


# ----- in the order of trust

PERSON, OTHER = new_id(), new_id()
MINE = KnownTicket(TICKET, 1, Status.NEW, False, None, (Participant(1, PERSON, 1),))
NOT_MINE = KnownTicket(new_id(), 2, Status.NEW, False, None, (Participant(1, OTHER, 1),))
MAIL = a_later_mail()
KNOWN = Facts(
    tickets={one.id: one for one in (MINE, NOT_MINE)},
    by_number={1: MINE.id, 2: NOT_MINE.id},
    by_remote_id={"<theirs@x.test>": (NOT_MINE.id,)},
    same_subject={MAIL.dedupe_key: MINE.id},
)


def verified(mail: InboundMessage) -> InboundMessage:
    return replace(mail, sender=replace(mail.sender, verified=True))


TRUST: dict[str, tuple[InboundMessage, bool, UUID | None]] = {
    "no front server": (MAIL, False, MINE.id),
    "one that vouches": (verified(MAIL), True, MINE.id),
    "one that does not": (MAIL, True, None),
    "an unknown reference": (replace(MAIL, references=("<unknown@x.test>",)), False, MINE.id),
    "a token that is worth nothing": (replace(MAIL, recipients=(f"billing+1-1-{'a' * 16}@desk.test",)), False, None),
}


@pytest.mark.parametrize(("mail", "vouched", "joins"), TRUST.values(), ids=TRUST)
def test_a_subject_counts_last_and_from_who_is_vouched_for(
    mail: InboundMessage, vouched: bool, joins: UUID | None
) -> None:
    thread = threads.resolve(mail, PERSON, KNOWN, b"k" * 32, vouched=vouched)

    assert (thread.ticket.id if thread else None) == joins
    # It opens no door: nobody is seated by such a mail, and spam stays spam.
    assert not (thread and thread.token)


def test_whatever_else_a_mail_names_goes_before_its_subject() -> None:
    elsewhere = threads.resolve(replace(MAIL, in_reply_to=("<theirs@x.test>",)), PERSON, KNOWN, b"k" * 32)

    assert isinstance(elsewhere, Stranger)
    assert elsewhere.ticket == NOT_MINE


def test_nobody_elses_ticket_is_joined_and_no_agent_acts_by_mail() -> None:
    by_an_agent = replace(KNOWN, agents={ANN: KnownAgent("Ann")})

    assert threads.resolve(MAIL, OTHER, KNOWN, b"k" * 32) is None
    assert threads.resolve(MAIL, None, KNOWN, b"k" * 32) is None
    assert threads.resolve(MAIL, PERSON, by_an_agent, b"k" * 32) is None
    assert isinstance(threads.resolve(MAIL, PERSON, KNOWN, b"k" * 32), Joins)


# ----- through the desk


def sent(subject: str, to: str = BILLING, address: str = ANN) -> InboundMessage:
    """As it comes from the mail server: with an envelope."""
    mail = a_mail(address, subject=subject, recipients=(to,), acknowledge=False)
    return replace(mail, envelope={"recipients": [to]})


async def test_a_desk_with_the_option_joins_what_a_customer_writes_anew(any_settings: Settings, clock: Clock) -> None:
    values = any_settings.model_dump()
    values["smtp"]["addresses"], values["mail"]["routes"] = ADDRESSES, ROUTES
    async with desks.opened(Settings.model_validate(values), clock=clock) as desk:

        async def numbers(*mails: InboundMessage) -> list[int | None]:
            return [receipt.ticket_number for receipt in await desk.receive_many(list(mails))]

        copied_to_cleo = replace(sent("Invoice 4711"), signs=Signs(copied=(("", CLEO),)))
        first, again = await desk.receive_many([copied_to_cleo, sent("Re: invoice  4711")])
        assert (first.outcome, again.outcome) == (Outcome.OPENED, Outcome.COMMENTED)
        assert again.ticket_id == first.ticket_id
        # Another's who takes part, in another queue, in one without the option, and about something else.
        others = sent("Invoice 4711", address=CLEO), sent("Invoice 4711", SALES), sent("Invoice 4711", SUPPORT)
        assert await numbers(*others, sent("Invoice 4712")) == [2, 3, 4, 5]
        # Each time somebody writes, the week begins anew.
        clock.forward(timedelta(days=6))
        assert await numbers(sent("Invoice 4711")) == [1]
        clock.forward(timedelta(days=6))
        assert await numbers(sent("AW: Invoice 4711")) == [1]
        clock.forward(timedelta(days=8))
        sixth = await desk.receive(sent("Invoice 4711"))
        assert (sixth.outcome, sixth.ticket_number) == (Outcome.OPENED, 6)
        await set_row(desk, tables.tickets, sixth.ticket_id or new_id(), status=Status.CLOSED)
        assert await numbers(sent("Invoice 4711")) == [7]

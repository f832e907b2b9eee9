"""What a mail says beside its text: verdicts of our own front server, copies, other addresses, and who really wrote."""

import pytest

from core.messages import InboundMessage
from ingest import mail_in
from ingest.envelope import Envelope

RELAY = Envelope("ann@shop.example", ("support@desk.example",), trusted=True)
STRANGER = Envelope("ann@shop.example", ("support@desk.example",))


def parsed(
    head: str, envelope: Envelope = RELAY, *, body: str = "Hello", forms: tuple[str, ...] = ()
) -> InboundMessage:
    head = head if "From:" in head else f"From: Ann <ann@shop.example>\n{head}"
    return mail_in.parse(f"{head}\n\n{body}".replace("\n", "\r\n").encode(), envelope, forms=forms)


SPAM = [
    "X-Spam-Flag: YES",
    "X-Spam-Status: Yes, score=9.1 required=5.0",
    "X-SES-Spam-Verdict: FAIL",
    "X-Spamd-Result: default: True [17.20 / 15.00]; BAYES(5.1)",
    "X-MS-Exchange-Organization-SCL: 6",
    "X-Forefront-Antispam-Report: CIP:192.0.2.1;SFV:SPM;SCL:5",
    "X-Spam: Yes",
]
VIRUS = [
    "X-SES-Virus-Verdict: FAIL",
    "X-Virus-Status: Infected (Win.Test.EICAR_HDB-1)",
    "X-Amavis-Alert: INFECTED, message contains virus: Eicar-Test-Signature",
]
NO_VIRUS = [
    "X-SES-Virus-Verdict: PASS",
    "X-Virus-Status: Clean",
    "X-Virus-Scanned: Debian amavisd-new at mx.desk.example",
    "X-Amavis-Alert: BAD HEADER SECTION, Non-encoded 8-bit data",
]
NO_SPAM = [
    "X-Spam-Flag: NO",
    "X-Spam-Status: No, score=0.1",
    "X-SES-Spam-Verdict: PASS",
    "X-Spamd-Result: default: False [1.20 / 15.00]; X: True",
    "X-MS-Exchange-Organization-SCL: -1",
    "X-Forefront-Antispam-Report: SFV:NSPM;SCL:1",
    "X-Spam-Score: 99",
    "Subject: X-Spam-Flag: YES",
]


@pytest.mark.parametrize("line", SPAM)
def test_a_verdict_of_spam_is_taken_from_a_trusted_relay_and_from_nobody_else(line: str) -> None:
    assert parsed(line).signs.spam
    assert parsed(line, STRANGER).signs.spam == ""


@pytest.mark.parametrize("line", VIRUS)
def test_a_verdict_of_a_virus_is_taken_from_a_trusted_relay_and_from_nobody_else(line: str) -> None:
    name, _, verdict = line.partition(":")
    assert (parsed(line).signs.infected, parsed(line).signs.spam) == (True, f"{name.lower()}:{verdict}")
    assert (parsed(line, STRANGER).signs.infected, parsed(line, STRANGER).signs.spam) == (False, "")


@pytest.mark.parametrize("line", NO_VIRUS)
def test_other_words_are_no_verdict_of_a_virus(line: str) -> None:
    assert (parsed(line).signs.infected, parsed(line).signs.spam) == (False, "")


@pytest.mark.parametrize("line", NO_SPAM)
def test_other_words_are_no_verdict_of_spam(line: str) -> None:
    assert parsed(line).signs.spam == ""


def test_those_who_got_a_copy_are_named_once_and_cleaned() -> None:
    copied = parsed("Cc: Bo <BO@shop.example>, cy@shop.example, bo@shop.example, undisclosed:;").signs.copied

    assert copied == (("Bo", "bo@shop.example"), ("", "cy@shop.example"))


def test_whom_a_mail_to_us_is_written_to_as_well_got_it_like_a_copy() -> None:
    head = "To: Desk <Support@desk.example>, Bo <bo@shop.example>\nCc: cy@shop.example"
    answer = Envelope("ann@shop.example", ("support+42-1-abcdefghijklmnop@desk.example",), trusted=True)

    beside = parsed(head).signs.copied
    in_an_answer = parsed("To: bo@shop.example, support+42-1-abcdefghijklmnop@desk.example", answer).signs.copied

    assert beside == (("Desk", "support@desk.example"), ("Bo", "bo@shop.example"), ("", "cy@shop.example"))
    assert ("", "bo@shop.example") in in_an_answer


@pytest.mark.parametrize(
    "to", ["help@old-name.example, bo@shop.example", "bo@shop.example", "", "support@desk.example"]
)
def test_where_a_mail_does_not_say_that_it_is_to_us_whom_it_is_to_says_nothing(to: str) -> None:
    """An alias or a list of ours may have handed it on, and what is sent there comes back."""
    assert parsed(f"To: {to}\nCc: cy@shop.example").signs.copied == (("", "cy@shop.example"),)


def test_a_thousand_copies_are_not_all_read() -> None:
    assert len(parsed("Cc: " + ", ".join(f"a{n}@shop.example" for n in range(1000))).signs.copied) <= 30


def test_another_address_for_answers_is_noticed() -> None:
    assert parsed("Reply-To: other@shop.example").signs.reply_to == "other@shop.example"
    assert parsed("Reply-To: Ann <ANN@shop.example>").signs.reply_to == ""
    assert parsed("Subject: x").signs.reply_to == ""


def test_two_copies_of_one_mail_are_known_and_another_mail_with_the_same_id_is_not() -> None:
    first = parsed("Message-ID: <1@x>\nSubject: Hello\nReceived: by a").signs.content
    copy = parsed("Received: by b\nDelivered-To: sales@desk.example\nSubject: Hello\nMessage-ID: <1@x>").signs.content

    assert first
    assert copy == first
    assert parsed("Message-ID: <1@x>\nSubject: Hello", body="Something else").signs.content != first
    assert parsed("Message-ID: <1@x>\nSubject: Hello\nFrom: eve@evil.example").signs.content != first
    assert parsed("Subject: Hello").signs.content == ""


FORM = "From: Shop form <no-reply@forms.example>\nReply-To: Ann Archer <ann@shop.example>"


@pytest.mark.parametrize("listed", [("no-reply@forms.example",), ("forms.example",)])
def test_a_form_that_the_operator_names_writes_for_whom_it_names(listed: tuple[str, ...]) -> None:
    message = parsed(FORM, forms=listed)

    assert (message.sender.address, message.sender.name) == ("ann@shop.example", "Ann Archer")
    assert (message.automatic, message.acknowledge, message.sender.verified) == ("", True, False)


def test_anybody_elses_reply_to_says_only_where_to_answer() -> None:
    message = parsed(FORM, forms=("other.example",))

    assert (message.sender.address, message.signs.reply_to) == ("no-reply@forms.example", "ann@shop.example")
    assert message.automatic


def test_a_list_that_puts_itself_into_from_hides_nobody() -> None:
    google = "From: 'Ann Archer' via Help <help@desk.example>\nList-Id: <help.desk.example>\nX-Original-From: Ann Archer <ann@shop.example>"
    mailman = "From: Ann Archer via Users <users@list.example>\nList-Id: <users.list.example>\nReply-To: users@list.example, Ann Archer <ann@shop.example>"

    no_id = "From: Ann Archer via Users <users@list.example>\nX-Mailman-Version: 3.3\nReply-To: Ann Archer <ann@shop.example>"

    for head in (google, mailman, no_id):
        sender = parsed(head).sender
        assert (sender.address, sender.name) == ("ann@shop.example", "Ann Archer")
    # Without a list, "via" is a word like any other.
    assert (
        parsed("From: Ann via Help <help@desk.example>\nReply-To: eve@evil.example").sender.address
        == "help@desk.example"
    )

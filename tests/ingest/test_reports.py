"""Reports about our mails: what failed, what is late, who complains, and of which mail they speak."""

import time

import pytest

from core.messages import Report
from core.vocabulary import ReportKind
from ingest import mail_in
from ingest.envelope import Envelope

OURS = "<42-1-aaaaaaaaaaaaaaaa.00000000000000000000000000000001@desk.example>"
NULL_SENDER = Envelope("", ("support@desk.example",))


def report(text: str, envelope: Envelope = NULL_SENDER) -> Report | None:
    return mail_in.parse(text.lstrip("\n").replace("\n", "\r\n").encode(), envelope).signs.report


def a_dsn(block: str, *, returned: str = f"Message-ID: {OURS}", kind: str = "message/rfc822") -> str:
    return f"""
From: MAILER-DAEMON@mx.example
Subject: Delivery Status Notification
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x

This is the mail system at mx.example.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{block}
--x
Content-Type: {kind}

From: support@desk.example
{returned}
References: <older@desk.example>

Hello
--x--
"""


FAILED = """Final-Recipient: rfc822; ann@shop.example
Action: failed
Status: 5.0.0
Diagnostic-Code: smtp; 550 5.1.1 <ann@shop.example>: no such user"""
LATE = """Final-Recipient: rfc822; ann@shop.example
Action: delayed
Status: 4.4.1
Will-Retry-Until: Thu, 5 Mar 2026 12:00:00 +0000"""


def test_a_failure_is_told_by_its_code_its_words_and_the_mail_that_comes_back() -> None:
    assert report(a_dsn(FAILED)) == Report(
        ReportKind.FAILED, "5.1.1", "550 5.1.1 <ann@shop.example>: no such user", ("ann@shop.example",), (OURS,)
    )


def test_a_delay_is_no_failure_and_names_whom_it_is_about() -> None:
    found = report(a_dsn(LATE))

    assert found is not None
    assert (found.kind, found.status, found.recipients) == (ReportKind.DELAYED, "4.4.1", ("ann@shop.example",))


def test_of_several_recipients_the_one_that_failed_counts() -> None:
    found = report(a_dsn(f"{LATE}\n\n{FAILED}"))

    assert found is not None
    assert (found.kind, found.status) == (ReportKind.FAILED, "5.1.1")


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_the_returned_mail_is_known_by_its_own_id_and_not_by_what_it_refers_to(kind: str) -> None:
    found = report(a_dsn(FAILED, kind=kind))

    assert found is not None
    assert found.message_ids == (OURS,)


FREE_FORMS = {
    "qmail": (
        f"""
From: MAILER-DAEMON@mx.example
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@shop.example>:
192.0.2.5 does not like recipient.
Remote host said: 550 5.2.1 The account is disabled

--- Below this line is a copy of the message.

Return-Path: <support@desk.example>
Message-ID: {OURS}
""",
        (ReportKind.FAILED, "5.2.1", ("ann@shop.example",), (OURS,)),
    ),
    "postfix warning": (
        f"""
From: MAILER-DAEMON@mx.example
Subject: Warning: could not send message for past 4 hours

This is a warning message only. You do not need to resend your message.
  <ann@shop.example>: connect to mx.shop.example[192.0.2.5]: Connection timed out (4.4.1)

> Message-ID: {OURS}
""",
        (ReportKind.DELAYED, "4.4.1", ("ann@shop.example",), (OURS,)),
    ),
    "gmail, which tries again": (
        f"""
From: mailer-daemon@googlemail.com
Subject: Delivery Status Notification (Delay)
In-Reply-To: {OURS}

There was a temporary problem delivering your message to ann@shop.example. Gmail will retry for 47 more hours.
""",
        (ReportKind.DELAYED, "", ("ann@shop.example",), (OURS,)),
    ),
    "a gateway whose subject alone says so": (
        f"""
From: mailer-daemon@mx.example
Subject: Delivery Status Notification (Delay)
In-Reply-To: {OURS}

There was a temporary problem delivering your message to ann@shop.example.
""",
        (ReportKind.DELAYED, "", ("ann@shop.example",), (OURS,)),
    ),
    "exchange, which answers the mail": (
        f"""
From: postmaster@shop.example
Subject: Undeliverable: Re: Printer
In-Reply-To: {OURS}

Your message to ann@shop.example couldn't be delivered.
550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
""",
        (ReportKind.FAILED, "5.1.10", ("ann@shop.example",), (OURS,)),
    ),
}


@pytest.mark.parametrize(("mail", "expected"), FREE_FORMS.values(), ids=FREE_FORMS)
def test_servers_that_only_use_words_are_understood(mail: str, expected: tuple[object, ...]) -> None:
    found = report(mail)

    assert found is not None
    assert (found.kind, found.status, found.recipients, found.message_ids) == expected


def test_a_report_that_names_nobody_is_read_by_its_words() -> None:
    found = report(
        "From: postmaster@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n"
        "--x\n\nIt could not be delivered to:\n gone@shop.example\n"
        "--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n--x--"
    )

    assert found is not None
    assert found.recipients == ("gone@shop.example",)


@pytest.mark.parametrize("text", ["Version 5.1.1.2 of 10.5.1.1", "at 4.4.4.4 and 5.5.5.5", "v5.1"])
def test_addresses_and_versions_are_no_codes(text: str) -> None:
    found = report(f"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n\n{text}\n")

    assert found is not None
    assert found.status == ""


def test_a_complaint_names_where_the_mail_was_sent_from() -> None:
    found = report(
        f"""
From: fbl@provider.example
Subject: FW: Re: Printer
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x

This is an email abuse report.
--x
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1
Original-Mail-From: <support+b123@desk.example>
Original-Rcpt-To: <ann@shop.example>

--x
Content-Type: text/rfc822-headers

Message-ID: {OURS}
--x--
""",
        Envelope("fbl@provider.example", ("support@desk.example",)),
    )

    assert found == Report(
        ReportKind.COMPLAINT, "", "abuse", ("ann@shop.example",), (OURS,), ("support+b123@desk.example",)
    )


def test_hotmails_complaints_have_the_mail_and_no_report() -> None:
    found = report(
        f"""
From: staff@hotmail.com
Subject: complaint about message from 192.0.2.9
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: message/rfc822

Message-ID: {OURS}

Hello
--x--
""",
        Envelope("staff@hotmail.com", ("support@desk.example",)),
    )

    assert found is not None
    assert (found.kind, found.message_ids) == (ReportKind.COMPLAINT, (OURS,))


def test_a_customer_who_quotes_a_bounce_reports_nothing() -> None:
    mail = (
        f"From: ann@shop.example\nSubject: Undeliverable?\n\nWhat is this: 550 5.1.1 no such user\nMessage-ID: {OURS}\n"
    )

    assert report(mail, Envelope("ann@shop.example", ("support@desk.example",))) is None


def test_a_hostile_report_is_read_in_little_time_and_says_little() -> None:
    blocks = "\n\n".join(
        f"Final-Recipient: rfc822; a{n}@x.example\nAction: failed\nStatus: 5.1.1" for n in range(5_000)
    )
    found = report(a_dsn(blocks, returned="\n".join(f"Message-ID: <{n}@x.example>" for n in range(900))))

    assert found is not None
    assert len(found.message_ids) <= 10


@pytest.mark.parametrize("piece", ["-", "- ", "=-", "> -", "---\t", "--- returned mai"])
def test_a_line_of_dashes_costs_no_more_than_its_length(piece: str) -> None:
    lines = "\n".join([(piece * 1000)[:1000]] * 100)
    begin = time.process_time()

    assert report(f"From: MAILER-DAEMON@mx.example\nSubject: Undelivered mail\n\nann@shop.example failed\n{lines}\n")

    # From each dash the words that may follow were looked for anew: four seconds for 16 KB.
    assert time.process_time() - begin < 1


@pytest.mark.parametrize(
    "line",
    [
        "----- Original message follows -----", "-----Original Message-----", "--- Below this line is a copy of the message.",
        "> Received: from mx.example", "Return-Path: <support@desk.example>", "------ This is a copy of the message ------",
        "--- Returned mail follows", "---  Returned mail", "   ----- Unsent message follows",
    ],
)  # fmt: skip
def test_what_stands_below_the_beginning_of_the_mail_that_comes_back_names_nobody(line: str) -> None:
    text = f"""
From: MAILER-DAEMON@mx.example
Subject: Undelivered mail

Could not be delivered to:
<ann@shop.example>

{line}
to: <else@shop.example>
"""
    assert mail_in.parse(text.lstrip().replace("\n", "\r\n").encode(), NULL_SENDER).bounced == ("ann@shop.example",)

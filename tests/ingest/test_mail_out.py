"""What our own mails look like: read back by the standard library's parser, not by code of ours."""

import re
import time
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import compat32, default
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Enclosure, OutboundFile, OutboundMessage, Said
from core.text import clean_line
from core.vocabulary import Channel, DeliveryKind
from ingest import mail_parts
from ingest.mail_out import Letterhead, Mail, compose
from ingest.mail_parts import NotSendable
from tests.builders import NOON

AN_ANSWER = OutboundMessage(
    delivery_id=UUID(int=7),
    kind=DeliveryKind.ANSWER,
    channel=Channel.EMAIL,
    address="ann@customer.test",
    name="Ann Archer",
    ticket_number=42,
    subject="Printer on fire",
    text="Please use the extinguisher.",
    status_link="https://desk.test/t/abc",
    message_id="<42-1-mfrggzdfmztwq2lk.0123456789abcdef0123456789abcdef@desk.test>",
    reply_to="support+42-1-mfrggzdfmztwq2lk@desk.test",
    in_reply_to="<two@customer.test>",
    references=("<one@customer.test>", "<two@customer.test>"),
    author="bob",
)
AN_ACKNOWLEDGEMENT = replace(AN_ANSWER, kind=DeliveryKind.ACKNOWLEDGEMENT, text="", author="")

ANSWER_FIELDS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To", "X-Deskbell",
    "MIME-Version", "Content-Type",
]  # fmt: skip
AUTOMATIC_FIELDS = [
    *ANSWER_FIELDS[:8], "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", *ANSWER_FIELDS[8:],
    "Content-Transfer-Encoding",
]  # fmt: skip


def composed(message: OutboundMessage, desk_name: str = "Support", from_address: str = "support@desk.test") -> Mail:
    return compose(message, Letterhead(desk_name, from_address), now=NOON)


def read(mail: Mail) -> EmailMessage:
    found = message_from_bytes(mail.data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def body(mail: Mail) -> str:
    part = read(mail).get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_an_answer_is_a_mail_from_the_desk_to_the_requester() -> None:
    mail = composed(AN_ANSWER)

    found = read(mail)
    assert (mail.mail_from, mail.rcpt) == ("support@desk.test", "ann@customer.test")
    assert found.keys() == ANSWER_FIELDS
    assert found["From"] == "Support <support@desk.test>"
    assert found["To"] == "Ann Archer <ann@customer.test>"
    assert found["Subject"] == "Re: Printer on fire"
    assert found["Date"].datetime == NOON
    assert found["Message-ID"] == AN_ANSWER.message_id
    assert found["In-Reply-To"] == "<two@customer.test>"
    assert found["References"] == "<one@customer.test> <two@customer.test>"
    assert found["Reply-To"] == "Support <support+42-1-mfrggzdfmztwq2lk@desk.test>"
    assert body(mail) == (
        "Please use the extinguisher.\n\nbob, Support\n\n##- Please write your answer above this line -## [42-1-mfrggzdfmztwq2lk]\n\n"
        "-- \nTicket 42: https://desk.test/t/abc\n"
    )
    page = found.get_body(("html",))
    assert page is not None
    assert "<p>Please use the extinguisher.</p>" in page.get_content()


def test_an_acknowledgement_repeats_nothing_of_what_was_written() -> None:
    mail = composed(replace(AN_ACKNOWLEDGEMENT, subject="Buy our pills", name="Cheap Pills", text="evil.test"))

    assert read(mail).keys() == AUTOMATIC_FIELDS
    assert read(mail)["To"] == "ann@customer.test"
    assert not any(word in mail.data.lower() for word in (b"buy", b"pills", b"evil"))
    assert "number 42" in body(mail)
    assert "https://desk.test/t/abc" in body(mail)


def test_an_acknowledgement_takes_its_bounce_at_an_address_of_its_own_or_nowhere() -> None:
    """What robots answer to our mailbox would open a ticket, and that another acknowledgement."""
    own = "support+baaaa@desk.test"

    assert composed(replace(AN_ACKNOWLEDGEMENT, bounce_to=own)).mail_from == own
    assert composed(AN_ACKNOWLEDGEMENT).mail_from == ""


def test_an_acknowledgement_shows_robots_that_a_robot_wrote_it() -> None:
    found = read(composed(AN_ACKNOWLEDGEMENT))

    assert found["Auto-Submitted"] == "auto-replied"
    assert found["X-Auto-Response-Suppress"] == "All"
    assert found["Precedence"] == "bulk"
    assert found["X-Deskbell"] == "desk.test"


def test_a_code_for_an_unknown_mailbox_says_nothing_of_a_ticket() -> None:
    code = replace(AN_ANSWER, kind=DeliveryKind.PROOF, subject="Your code", text="It is 123456.", status_link="")

    mail = composed(code)

    found = read(mail)
    assert (found["Subject"], found["Auto-Submitted"], found["To"]) == (
        "Your code",
        "auto-generated",
        "ann@customer.test",
    )
    assert body(mail) == "It is 123456.\n\nSupport\n"


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("Printer", "Re: Printer"),
        ("Re: Printer", "Re: Printer"),
        ("RE: Printer", "RE: Printer"),
        ("re : Printer", "re : Printer"),
        ("AW: Printer", "AW: Printer"),
        ("Re[2]: Printer", "Re[2]: Printer"),
        ("回复：打印机", "回复：打印机"),
        ("Fwd: Re: Printer", "Re: Fwd: Re: Printer"),
        ("Reply to all", "Re: Reply to all"),
        ("", "Re:"),
        ("=?utf-8?q?a=0D=0ABcc:_evil@x.test?=", "Re: =?utf-8?q?a=0D=0ABcc:_evil@x.test?="),
        ("a\r\nBcc: evil@x.test", "Re: a Bcc: evil@x.test"),
        ("Drucker brennt 🔥 im Büro", "Re: Drucker brennt 🔥 im Büro"),
        ("line\u2028separator", "Re: line separator"),
    ],
)
def test_the_subject_is_kept_as_it_was_read(subject: str, sent: str) -> None:
    found = read(composed(replace(AN_ANSWER, subject=subject)))

    assert found.keys() == ANSWER_FIELDS
    assert found["Subject"] == sent


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "ca", "pt-BR", "DE", "tlh", ""])
def test_an_acknowledgement_speaks_the_customers_language_or_english(language: str) -> None:
    mail = composed(replace(AN_ACKNOWLEDGEMENT, language=language))

    assert "42" in read(mail)["Subject"]
    assert "https://desk.test/t/abc" in body(mail)
    assert ("Thank you" in body(mail)) == (language in ("en", "tlh", ""))


@pytest.mark.parametrize("message", [AN_ANSWER, AN_ACKNOWLEDGEMENT], ids=["answer", "acknowledgement"])
def test_the_only_link_in_a_mail_shows_one_ticket_and_signs_nobody_in(message: OutboundMessage) -> None:
    parts = [part for part in read(composed(message)).walk() if not part.is_multipart()]

    links = {link for part in parts for link in re.findall(r"https?:[^\s\"<>]+", part.get_content())}

    assert links == {AN_ANSWER.status_link}


def test_without_a_status_link_none_is_promised() -> None:
    assert "status" not in body(composed(replace(AN_ACKNOWLEDGEMENT, status_link="")))
    assert body(composed(replace(AN_ANSWER, status_link=""))).endswith("-- \nTicket 42\n")


@pytest.mark.parametrize(
    "claimed", ["", "<a b@x>", "<a@x>\r\nBcc: evil@x", "no brackets", "<" + "a" * 300 + "@x>", "<é@x>"]
)
def test_a_claimed_message_id_that_is_none_is_left_out(claimed: str) -> None:
    found = read(composed(replace(AN_ANSWER, in_reply_to=claimed, references=(claimed, "<two@customer.test>"))))

    assert "In-Reply-To" not in found
    assert found["References"] == "<two@customer.test>"


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "ann@customer.test\r\nBcc: evil@x", "<ann@x>", "a b@x", '"a"@x']
)
def test_what_is_no_address_is_never_written_to(address: str) -> None:
    with pytest.raises(NotSendable, match="not a mail address"):
        composed(replace(AN_ANSWER, address=address))


def test_a_reply_address_that_is_none_is_refused() -> None:
    with pytest.raises(NotSendable):
        composed(replace(AN_ANSWER, reply_to="support@desk.test\r\nBcc: evil@x.test"))


def test_an_international_host_is_written_in_ascii() -> None:
    mail = composed(replace(AN_ANSWER, address="ann@bücher.test"), from_address="support@münchen.test")

    assert mail.rcpt == "ann@xn--bcher-kva.test"
    assert mail.mail_from == "support@xn--mnchen-3ya.test"
    assert mail.data.isascii()


def test_a_text_comes_out_as_it_went_in() -> None:
    text = "Grüße 🔥\n\n.\n..two dots\nFrom here\n" + "x" * 5000 + "\n\ttab  and spaces  \nend"

    assert body(composed(replace(AN_ANSWER, text=text))).startswith(text + "\n\nbob, Support\n")


def test_no_line_is_longer_than_a_relay_must_take() -> None:
    long = replace(AN_ANSWER, text="x" * 200_000, subject="é" * 255, references=("<" + "a" * 200 + "@x>",) * 20)

    assert max(map(len, composed(long).data.split(b"\r\n"))) <= 998


def test_files_travel_with_the_answer() -> None:
    files = (
        OutboundFile("map.png", "image/png", b"\x89PNG\r\n.\r\n" * 100),
        OutboundFile('Übersicht "neu"\r\n.txt', "text/plain", b"hello"),
        OutboundFile("mail.eml", "message/rfc822", b"From: x\n\n"),
        OutboundFile("", "no type\r\nX-Evil: 1", b""),
    )

    mail = composed(replace(AN_ANSWER, files=files))

    parts = list(read(mail).iter_attachments())
    assert [part.get_filename() for part in parts] == ["map.png", 'Übersicht "neu" .txt', "mail.eml", "file"]
    assert [part.get_payload(decode=True) for part in parts] == [file.data for file in files]
    assert [part.get_content_type() for part in parts] == [
        "image/png", "text/plain", "application/octet-stream", "application/octet-stream",
    ]  # fmt: skip
    assert body(mail).startswith("Please use the extinguisher.\n")


def test_the_text_its_html_and_the_files_are_nested_as_programs_expect_it() -> None:
    mail = composed(replace(AN_ANSWER, files=(OutboundFile("map.png", "image/png", b"PNG"),)))

    kinds = [part.get_content_type() for part in read(mail).walk()]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "image/png"]


HOSTILE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00", " ", "\t", "Bcc: evil@x.test", ":",
             "=?utf-8?q?=0D=0ABcc:_e@x?=", "=?utf-8?b?", "?=", '"', "\\", "<", ">", ",", "é", "🔥", "\ud800", "a" * 80]
        )
    ).map("".join),
)  # fmt: skip


@given(
    subject=HOSTILE,
    name=HOSTILE,
    desk_name=HOSTILE,
    author=HOSTILE,
    text=HOSTILE,
    kind=st.sampled_from([DeliveryKind.ANSWER, DeliveryKind.ACKNOWLEDGEMENT]),
)
def test_nothing_that_is_written_adds_a_field_or_a_bare_line_end(
    subject: str, name: str, desk_name: str, author: str, text: str, kind: DeliveryKind
) -> None:
    message = replace(
        AN_ANSWER, subject=subject, name=name, author=author, text=text, kind=kind, earlier=(Said(name, NOON, text),),
        linked=(Enclosure(subject, "text/plain", 1, "", "https://desk.test/f/abc"),),
    )  # fmt: skip

    mail = composed(message, desk_name=desk_name)

    found = message_from_bytes(mail.data)
    assert found.keys() == (AUTOMATIC_FIELDS if kind is DeliveryKind.ACKNOWLEDGEMENT else ANSWER_FIELDS)
    left = mail.data.replace(b"\r\n", b"")
    assert b"\r" not in left
    assert b"\n" not in left
    assert len(list(found.walk())) == (1 if kind is DeliveryKind.ACKNOWLEDGEMENT else 3)
    assert read(mail)["To"].addresses[0].addr_spec == "ann@customer.test"
    assert len(read(mail)["To"].addresses) == 1


@given(subject=st.text(max_size=300))
def test_any_subject_is_read_back_as_it_was_cleaned(subject: str) -> None:
    line = clean_line(subject)

    found = read(composed(replace(AN_ANSWER, subject="Re: " + line)))

    assert found["Subject"] == clean_line("Re: " + line)


@given(claimed=st.lists(HOSTILE), reply_to=HOSTILE, message_id=HOSTILE, address=HOSTILE)
def test_a_hostile_id_or_address_is_left_out_or_refused(
    claimed: list[str], reply_to: str, message_id: str, address: str
) -> None:
    message = replace(AN_ANSWER, references=tuple(claimed), in_reply_to="".join(claimed))
    for one in (replace(message, reply_to=reply_to), replace(message, message_id=message_id),
                replace(message, address=address), message):  # fmt: skip
        try:
            mail = composed(one)
        except NotSendable:
            continue
        assert set(message_from_bytes(mail.data).keys()) <= set(ANSWER_FIELDS)
        assert b"\r" not in mail.data.replace(b"\r\n", b"")


def test_an_acknowledgement_costs_little() -> None:
    begun = time.process_time()

    for _ in range(200):
        composed(AN_ACKNOWLEDGEMENT)

    # 0.12 ms measured; the bound is for a busy machine.
    assert (time.process_time() - begun) / 200 < 0.002


VALUES = st.lists(
    st.sampled_from(("a", " ", "\t", "\r", "\n", "\r\n", "\r\n ", "X: y", ":", "é", "\x0b", "\x85", "\u2028"))
)


@given(st.lists(st.tuples(st.sampled_from(("From", "To", "Subject", "X y", "")), VALUES.map("".join)), max_size=4))
def test_a_header_that_is_let_out_is_read_as_it_was_meant(fields: list[tuple[str, str]]) -> None:
    try:
        block = mail_parts.head(fields)
    except NotSendable:
        return

    found = BytesHeaderParser(policy=compat32).parsebytes(block)
    assert (found.keys(), found.get_payload(), found.defects) == ([name for name, _ in fields], "", [])


@pytest.mark.parametrize(
    ("value", "is_let_out"),
    [
        ("one", True),
        ("", True),
        ("one\r\n two", True),
        ("one\r\nTo: two", False),
        ("one\r\n\r\nbody", False),
        ("one\r\n \r\n two", False),
        ("one\nTo: two", False),
        ("one\r two", False),
        ("one\r\n", False),
        ("x" * 980, True),
        ("x" * 990, False),
    ],
)
def test_a_value_that_would_be_another_field_is_not_let_out(value: str, is_let_out: bool) -> None:
    fields = [("From", value), ("To", "ann@customer.test")]

    if is_let_out:
        assert mail_parts.head(fields) == f"From: {value}\r\nTo: ann@customer.test\r\n".encode()
        return
    with pytest.raises(NotSendable):
        mail_parts.head(fields)

"""Whole mails: what the desk makes of them."""

import hashlib
import time
import unicodedata
from datetime import UTC, datetime

import pytest

from core.messages import InboundMessage
from core.vocabulary import Channel, MessageKind
from ingest import mail_in
from ingest.envelope import Envelope, as_mapping, dedupe_key, from_mapping

MEGABYTE = 1024 * 1024
ENVELOPE = Envelope("ann@shop.example", ("support@desk.example",), peer="192.0.2.1", helo="mx.shop.example")


def parsed(head: str, body: str = "Hello", envelope: Envelope = ENVELOPE) -> InboundMessage:
    lines = "".join(f"{line}\r\n" for line in head.strip().splitlines())
    return mail_in.parse(f"{lines}\r\n{body}".encode(), envelope)


def two_versions(plain: str, html: str) -> InboundMessage:
    return parsed(
        "Content-Type: multipart/alternative; boundary=b",
        f"--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n",
    )


def test_an_ordinary_mail_becomes_a_message() -> None:
    message = parsed(
        "From: Ann <Ann@Shop.Example>\nTo: support@desk.example\nSubject: Help\nMessage-ID: <1@shop.example>"
    )

    assert message.channel is Channel.EMAIL
    assert (message.sender.address, message.sender.name) == ("ann@shop.example", "Ann")
    assert (message.subject, message.text, message.kind) == ("Help", "Hello", MessageKind.NEW)
    assert message.message_id == "<1@shop.example>"
    assert message.recipients == ("support@desk.example",)
    assert message.acknowledge
    assert not message.automatic


@pytest.mark.parametrize(
    ("head", "mail_from", "address"),
    [
        ("From: a@x.example\nReply-To: b@x.example\nSender: c@x.example", "d@x.example", "a@x.example"),
        ("From: nobody\nReply-To: b@x.example\nSender: c@x.example", "d@x.example", "b@x.example"),
        ("From: Ann <>\nReturn-Path: <r@x.example>", "d@x.example", "r@x.example"),
        ("Subject: no one", "d@x.example", "d@x.example"),
        ("Sender: c@x.example", "", "c@x.example"),
        ("From: x@x.example@evil\nSubject: no one", "", ""),
        ("Subject: no one", "", ""),
    ],
)
def test_the_sender_is_the_first_usable_address(head: str, mail_from: str, address: str) -> None:
    assert parsed(head, envelope=Envelope(mail_from)).sender.address == address


def test_a_name_without_address_is_kept() -> None:
    message = parsed("From: Ann Lee\nReply-To: ann@shop.example")

    assert (message.sender.name, message.sender.address) == ("Ann Lee", "ann@shop.example")


def test_a_mail_without_message_id_gets_one_from_its_bytes() -> None:
    raw = b"From: ann@shop.example\r\n\r\nHello"

    message = mail_in.parse(raw, ENVELOPE)

    assert message.message_id == f"<{hashlib.sha256(raw).hexdigest()}@no-message-id.invalid>"


def test_without_an_envelope_the_header_names_the_recipients() -> None:
    message = parsed(
        "Delivered-To: support@desk.example\nTo: Us <Support@desk.example>, bo@shop.example", envelope=Envelope()
    )

    assert message.recipients == ("support@desk.example", "bo@shop.example")


@pytest.mark.parametrize(
    ("charset", "octets", "expected"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", b"12 \x80", "12 €"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("no-such-charset", "Grüße".encode(), "Grüße"),
        (
            "utf-8",
            b"Gr\xfc\xdfe aus K\xf6ln und den D\xf6rfern rings umher",
            "Grüße aus Köln und den Dörfern rings umher",
        ),
        ("gb2312", "镕基".encode("gb18030"), "镕基"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("shift_jis", "①髙".encode("cp932"), "①髙"),
        ("iso-2022-jp", "日本語".encode("iso2022_jp"), "日本語"),
        ("unicode-1-1-utf-7", b"Fr+APY-sche", "Frösche"),
        ("utf-8", "Grüße".encode("utf-8-sig"), "Grüße"),
        ("rot13", b"uryyb", "uryyb"),
        ("idna", "Grüße".encode(), "Grüße"),
        ("utf-16\0", b"abc", "abc"),
        (
            "",
            "Привет, у меня не работает принтер, помогите".encode("koi8-r"),
            "Привет, у меня не работает принтер, помогите",
        ),
    ],
)
def test_character_sets_are_read_by_what_they_mean(charset: str, octets: bytes, expected: str) -> None:
    raw = b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\n" + octets

    assert mail_in.parse(raw, ENVELOPE).text == expected


def test_the_plain_version_is_preferred() -> None:
    message = two_versions("In plain words", "<p>In <b>bold</b> words</p>")

    assert message.text == "In plain words"
    assert message.html == "<p>In <b>bold</b> words</p>"


@pytest.mark.parametrize(
    "stub",
    ["", "  \r\n ", "Your mail program does not support HTML mail.", "Your email client couldn't display our news."],
)
def test_a_plain_version_that_says_nothing_gives_way_to_the_html(stub: str) -> None:
    assert two_versions(stub, "<p>The real words</p>").text == "The real words"


def test_html_is_read_as_a_person_would() -> None:
    message = parsed(
        "Content-Type: text/html",
        '<style>x</style><div style="display:none">pre</div><p>See <a href="https://x.example/a">this</a></p>'
        "<blockquote>old<blockquote>older</blockquote></blockquote>",
    )

    assert message.text == "See this (https://x.example/a)\n\n> old\n> > older"


def test_html_with_control_characters_is_still_laid_out(caplog: pytest.LogCaptureFixture) -> None:
    message = parsed(
        "Content-Type: text/html", '<p>See <a href="http://x.example/&#1;b">th&#2;is</a><blockquote>&#3;old'
    )

    assert message.text == "See this (http://x.example/b)\n\n> old"
    assert not caplog.records


def test_html_too_deep_for_the_parser_is_still_read() -> None:
    assert parsed("Content-Type: text/html", "<div>" * 5000 + "the core &amp; more").text == "the core & more"


def test_both_versions_side_by_side_are_one_text() -> None:
    message = parsed(
        "Content-Type: multipart/mixed; boundary=b",
        "--b\r\n\r\nThe same words\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>The same <i>words</i></p>\r\n--b--",
    )

    assert message.text == "The same words"


def test_a_picture_of_the_text_is_inline_and_an_attached_one_is_not() -> None:
    picture = "Content-Type: image/png\r\nContent-ID: <{}@x>\r\nContent-Disposition: {}\r\n\r\nx\r\n"
    message = parsed(
        "Content-Type: multipart/related; boundary=b",
        "--b\r\n" + picture.format("logo", "inline") + "--b\r\n" + picture.format("photo", "attachment") + "--b--",
    )

    assert [(file.filename, file.inline, file.content_id) for file in message.files] == [
        ("logo.png", True, "logo@x"),
        ("photo.png", False, "photo@x"),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('"../../etc/passwd"', "passwd"),
        ('"C:\\\\Users\\\\ann\\\\report.pdf"', "report.pdf"),
        ('".."', "attachment.bin"),
        ('"a\x00b\x07.txt"', "ab.txt"),
        ('"invoice\u202efdp.exe"', "invoicefdp.exe"),
        ('"' + "x" * 400 + '.pdf"', "x" * 251 + ".pdf"),
        ('""', "attachment.bin"),
    ],
)
def test_file_names_are_safe(said: str, expected: str) -> None:
    message = parsed(f"Content-Type: application/octet-stream; name={said}", "x")

    assert [file.filename for file in message.files] == [expected]


def test_nothing_is_lost_beyond_the_caps() -> None:
    parts = "".join(f"--b\r\n\r\nnumber {number}.\r\n" for number in range(700))

    message = parsed("Content-Type: multipart/mixed; boundary=b", parts)

    assert "number 0." in message.text
    assert message.files[-1].filename == "unread-rest-of-mail.eml"
    assert b"number 699." in message.files[-1].data


def test_a_header_beyond_the_caps_is_kept_as_a_file() -> None:
    message = parsed("Subject: x\n" + "X-Flood: y\n" * 5000)

    assert message.subject == "x"
    assert [file.filename for file in message.files] == ["headers.txt"]
    assert message.files[0].data.count(b"X-Flood") == 5000


def test_a_text_beyond_the_cap_is_kept_as_a_file() -> None:
    message = parsed("Subject: x", "word " * 500_000)

    assert len(message.text) <= 256 * 1024
    assert len(message.files[0].data) == 2_500_000


def test_only_answers_are_trimmed() -> None:
    quoted = "New words\r\n\r\nOn 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:\r\n> old words"

    assert parsed("Subject: Re: x\nIn-Reply-To: <1@desk.example>", quoted).new_text == "New words"
    assert parsed("Subject: x", quoted).new_text is None
    assert parsed("Subject: Fwd: x\nIn-Reply-To: <1@desk.example>", quoted).new_text is None


class Poison(bytes):
    """Bytes at which our reading fails: what a fault of ours would do."""

    def removeprefix(self, _: object) -> bytes:
        raise RecursionError


def test_an_answer_with_an_invitation_is_split_as_any_other() -> None:
    message = parsed(
        "In-Reply-To: <1@desk.example>\nContent-Type: multipart/mixed; boundary=b",
        "--b\r\n\r\nYes.\r\n\r\nOn 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\r\n> Shall we meet?\r\n--b\r\n"
        "Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\nDTSTART:20260305\r\nEND:VEVENT\r\n--b--\r\n",
    )

    assert message.new_text == "Yes.\n\n[Event: Visit, 2026-03-05]"
    assert message.text.endswith("> Shall we meet?\n\n[Event: Visit, 2026-03-05]")


def test_a_fault_of_ours_becomes_a_mail_to_look_at(caplog: pytest.LogCaptureFixture) -> None:
    message = mail_in.parse(Poison(b"From: bo@shop.example\r\n\r\nHello"), ENVELOPE)

    assert message.text == mail_in.UNREADABLE
    assert message.sender.address == "ann@shop.example"
    assert [(file.filename, file.data) for file in message.files] == [("message.eml", message.raw)]
    assert not message.acknowledge
    assert "RecursionError" in caplog.text


def test_the_dedupe_key_tells_deliveries_apart() -> None:
    raw = b"Message-ID: <1@x>\r\n\r\nHello"
    envelopes = [
        Envelope("a", ("b", "c")),
        Envelope("ab", ("c",)),
        Envelope("a", ("bc",)),
        Envelope("", ("a", "b", "c")),
    ]

    keys = {dedupe_key(envelope, raw) for envelope in envelopes} | {dedupe_key(envelopes[0], raw + b" ")}

    assert len(keys) == 5
    assert dedupe_key(Envelope("a", ("c", "b"), peer="192.0.2.9"), raw) == dedupe_key(envelopes[0], raw)


def test_an_envelope_survives_the_ledger() -> None:
    envelope = Envelope(
        "a@x.example", ("b@x.example",), "192.0.2.1", "mx", True, datetime(2026, 3, 2, tzinfo=UTC), True
    )

    assert from_mapping(as_mapping(envelope)) == envelope


HEAD = b"From: a@shop.example\r\nSubject: Re: x\r\nIn-Reply-To: <1@desk.example>\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"From: " + b'"""' * 20_000 + b"\r\n\r\nx", id="quotes in From"),
        pytest.param(b"From: " + b"(" * 60_000 + b"\r\n\r\nx", id="brackets in From"),
        pytest.param(HEAD + b"\r\n" + b"\r\n" * 10 * MEGABYTE, id="20 MB of empty lines"),
        pytest.param(HEAD + b"\r\n" + b">" * 10 * MEGABYTE, id="one line of quote signs"),
        pytest.param(HEAD + b"\r\n" + b"> > x\r\n" * 300_000, id="quoted lines"),
        pytest.param(HEAD + b"\r\n" + b"On 1 Jan 2020 a@b.example wrote:\r\n" * 100_000, id="attributions"),
        pytest.param(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \r\n" * 5 * MEGABYTE, id="flowed"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * MEGABYTE, id="nested HTML"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a " * MEGABYTE, id="open tags"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * MEGABYTE, id="open comments"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 10 * MEGABYTE, id="less-than signs"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b" " * 10 * MEGABYTE + b"x", id="spaces in HTML"),
        pytest.param(HEAD + b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>x" * 20_000, id="nested tables"),
        pytest.param(HEAD + b"\r\nbegin 644 x\n" * 100_000, id="uuencode that never ends"),
        pytest.param(
            HEAD + b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + b"\x00\xd8" * MEGABYTE, id="surrogates"
        ),
        pytest.param(HEAD + b"\r\na" + "\u0323\u0301".encode() * 200_000, id="combining marks"),
        pytest.param(HEAD + b"\r\n" + bytes(range(128, 256)) * 50_000, id="bytes of no character set"),
        pytest.param(
            b"From: mailer-daemon@x.example\r\nSubject: Undelivered\r\n\r\n" + b"to: user " * MEGABYTE, id="a bounce"
        ),
    ],
)
def test_a_hostile_mail_is_read_in_less_than_two_seconds(raw: bytes) -> None:
    begin = time.process_time()

    message = mail_in.parse(raw, ENVELOPE)

    assert time.process_time() - begin < 2
    assert message.text != mail_in.UNREADABLE
    message.text.encode()  # no lone surrogate


def test_accents_are_composed() -> None:
    message = parsed("Content-Type: text/plain; charset=utf-8", unicodedata.normalize("NFD", "Grüße"))

    assert message.text == "Grüße"

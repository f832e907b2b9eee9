"""Whatever comes is read: no fault, no text that cannot be stored, and not for long."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import mail_in
from ingest.envelope import Envelope
from ingest.explain import explain, page

ENVELOPE = Envelope("ann@shop.example", ("support@desk.example",))
SAMPLES = [path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*.eml"))]
# What readers of mail stumble over.
NASTY = [
    b"\r\n", b"\n", b"\r", b"\0", b"\xff\xfe", b"\x1b$B", b"\x1b(B", b"=?utf-8?b?", b"?=", b"=?iso-2022-jp?q?=1B$B?=", b"<", b">", b'"',
    b"(", b")", b"--b", b"--b--", b"Content-Type: ", b"multipart/mixed; boundary=b", b"multipart/alternative; boundary=b", b"text/html",
    b"message/rfc822", b"message/delivery-status", b"text/calendar", b"BEGIN:VEVENT\r\nDTSTART:99999999T999999Z\r\n", b"application/ms-tnef",
    b"\x78\x9f\x3e\x22\x01\x00\x02\x02\x90\x06\x00\xff\xff\xff\xff", b"text/enriched", b"<param>", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n", b"begin 644 x\n", b"\nend\n", b"=ybegin name=x\r\n",
    b"; charset=utf-7", b"; charset=idna", b"; filename*0*=utf-8''%", b"; format=flowed", b"<img src=cid:x>", b"data:image/png;base64,=", b"<table>",
    b"application/pkcs7-mime", b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04",
    b"<blockquote>", b"&#0;", b"&#xd800;", b"\xed\xa0\x80", b"\xe2\x80\xae", b"From: ", b"Date: Mon, 99 Foo", b"Subject: ", b"\xef\xbb\xbf",
]  # fmt: skip


def fits_everywhere(raw: bytes) -> None:
    message = mail_in.parse(raw, ENVELOPE)

    assert message.text != mail_in.UNREADABLE
    strings = (message.subject, message.text, message.new_text or "", message.html or "", message.sender.name)
    for said in (*strings, *(file.filename for file in message.files)):
        assert said.encode().decode() == said
        assert "\0" not in said
    found = explain(raw)
    assert json.dumps(found, ensure_ascii=False).encode()
    assert page(found).encode()


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(NASTY), st.binary(max_size=20)), max_size=40))
def test_pieces_of_mails_in_any_order_are_read(pieces: list[bytes]) -> None:
    fits_everywhere(b"".join(pieces))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 3000), st.integers(0, 200), st.sampled_from(NASTY))
def test_damaged_mails_are_read(mail: bytes, at: int, lost: int, instead: bytes) -> None:
    at %= len(mail)

    fits_everywhere(mail[:at] + instead + mail[at + lost :])


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ("Content-Type: text/html", b"<a href=http://x/>x</a>"),
        ("Content-Type: text/html", b"<table><tr><td>"),
        ("Content-Type: text/html", b'<p style="display:none'),
        ("Content-Type: text/html", b"<img src="),
        ("Content-Type: text/html", b"data:image/png;base64,"),
        ("Content-Type: text/html", b"<!--"),
        ("Content-Type: text/enriched", b"<param>"),
        ("Content-Type: text/plain; format=flowed", b"> \r\n"),
        ("Content-Type: text/plain", b"begin 644 x\n"),
        ("Content-Type: text/plain", b"=ybegin name=x\r\n"),
        ("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$B\x1b(B!"),
        ("Content-Type: text/plain; charset=utf-7", b"+-+A"),
        ("Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable", b"=  \t"),
        ("Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\n"),
        ("Content-Type: multipart/mixed; boundary=b", b"--b\r\nContent-Type: message/rfc822\r\n\r\n"),
        ("Content-Type: multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"),
        ("Content-Type: message/rfc822", b"Content-Type: message/rfc822\r\n\r\n"),
        ("Content-Type: text/calendar", b"BEGIN:VEVENT\r\nSUMMARY;A=B;"),
        ("Content-Type: application/ms-tnef", b"\x78\x9f\x3e\x22\x02"),
        ("Content-Type: text/plain\nSubject: x", b"\xcc\x81"),
        (
            "Content-Type: multipart/digest; boundary=b",
            b"--b\r\n\r\nContent-Type: text/html\r\n\r\n" + b"<tr><td>x" * 900,
        ),
        ("Content-Type: multipart/mixed; boundary=b", b"--b\r\nContent-Type: text/html\r\n\r\n" + b"<tr><td>x" * 1_500),
    ],
)
def test_half_a_megabyte_of_anything_takes_less_than_two_seconds(head: str, piece: bytes) -> None:
    raw = f"From: ann@shop.example\n{head}\n\n".replace("\n", "\r\n").encode() + piece * (512 * 1024 // len(piece))
    begin = time.process_time()

    message = mail_in.parse(raw, ENVELOPE)

    assert time.process_time() - begin < 2
    assert message.text != mail_in.UNREADABLE

"""From the parts of a mail to its text and its files."""

import base64
import struct

import pytest

from core.messages import InboundMessage
from ingest import bodies, invitations, mail_in
from ingest.envelope import Envelope

ENVELOPE = Envelope("ann@shop.example", ("support@desk.example",))
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\nx").decode()
CALENDAR = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:16010101T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
SUMMARY;LANGUAGE=en:Printer\\, and
  what to do
DTSTART;TZID="Europe/Berlin":20260302T100000
DTEND;TZID="Europe/Berlin":20260302T113000
LOCATION:Room 5
ORGANIZER;CN="Lee, Ann":mailto:ann@shop.example
BEGIN:VALARM
SUMMARY:wake up
END:VALARM
END:VEVENT
END:VCALENDAR
"""


def parsed(head: str, body: str) -> InboundMessage:
    return mail_in.parse(f"From: ann@shop.example\n{head}\n\n{body}".replace("\n", "\r\n").encode(), ENVELOPE)


def multipart(kind: str, *parts: str, before: str = "", behind: str = "") -> InboundMessage:
    joined = "".join(f"--b\n{part}\n" for part in parts)
    return parsed(f"Content-Type: multipart/{kind}; boundary=b", f"{before}\n{joined}--b--\n{behind}")


def names(message: InboundMessage) -> list[str]:
    return [file.filename for file in message.files]


def test_an_invitation_is_one_line_and_a_file() -> None:
    message = multipart("mixed", "\nCome!", f"Content-Type: text/calendar; method=REQUEST\n\n{CALENDAR}")

    assert message.text == (
        "Come!\n\n[Invitation: Printer, and what to do, 2026-03-02 10:00 Europe/Berlin – 11:30 Europe/Berlin,"
        " Room 5, Lee, Ann <ann@shop.example>, REQUEST]"
    )
    assert names(message) == ["calendar.ics"]


def test_the_same_invitation_in_two_forms_is_said_once() -> None:
    message = multipart(
        "alternative",
        "\nCome!",
        f"Content-Type: text/calendar; method=REQUEST\n\n{CALENDAR}",
        f"Content-Type: application/ics; name=invite.ics\n\n{CALENDAR}",
    )

    assert message.text.count("[Invitation:") == 1
    assert names(message) == ["calendar.ics", "invite.ics"]


@pytest.mark.parametrize(
    ("lines", "summary"),
    [
        ("SUMMARY:Day off\nDTSTART;VALUE=DATE:20260302", "[Event: Day off, 2026-03-02]"),
        ("SUMMARY:Call\nDTSTART:20260302T100000Z", "[Event: Call, 2026-03-02 10:00 UTC]"),
        ("DTSTART:tomorrow", ""),
        ("", ""),
    ],
)
def test_what_a_calendar_does_not_say_is_left_out(lines: str, summary: str) -> None:
    assert invitations.summary(f"BEGIN:VEVENT\n{lines}\nEND:VEVENT".encode()) == summary


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", bodies.ENCRYPTED),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", bodies.SEALED),
    ],
)
def test_what_we_can_not_open_is_said_and_kept(kind: str, says: str) -> None:
    message = parsed(f"Content-Type: {kind}\nContent-Transfer-Encoding: base64", "AAAA")

    assert message.text == says
    assert [(file.filename, file.data) for file in message.files] == [("smime.p7m", b"\0\0\0")]


def element(tag: int, value: bytes) -> bytes:
    length = bytes((len(value),)) if len(value) < 0x80 else b"\x82" + len(value).to_bytes(2, "big")
    return bytes((tag,)) + length + value


SIGNED, DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")
INNER = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nHello\r\n--i\r\nContent-Type: a/b; name=a.bin\r\n\r\nx\r\n--i--\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(element(0x04, INNER), id="in one piece"),
        pytest.param(element(0x24, element(0x04, INNER[:50]) + element(0x04, INNER[50:])), id="in pieces"),
        pytest.param(
            b"\x24\x80" + element(0x04, INNER[:50]) + element(0x04, INNER[50:]) + b"\0\0", id="in pieces without length"
        ),
    ],
)
def test_what_is_wrapped_in_its_signature_is_read(octets: bytes) -> None:
    wrapped = element(
        0x30, SIGNED + element(0xA0, element(0x30, b"\2\1\1" + element(0x30, DATA + element(0xA0, octets))))
    )
    message = parsed(
        "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\nContent-Transfer-Encoding: base64",
        base64.b64encode(wrapped).decode(),
    )

    assert message.text == "Hello"
    assert names(message) == ["smime.p7m", "a.bin"]


def test_a_pgp_mail_is_said_to_be_encrypted() -> None:
    message = multipart(
        "encrypted",
        "Content-Type: application/pgp-encrypted\n\nVersion: 1",
        "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----",
    )

    assert message.text == bodies.ENCRYPTED
    assert names(message) == ["version.asc", "encrypted.asc"]


@pytest.mark.parametrize("source", ["cid:p1@x", "CID:p1%40x", "cid:P1@x"])
def test_a_picture_that_the_html_shows_is_no_attachment_of_the_customer(source: str) -> None:
    message = multipart(
        "mixed",
        f'Content-Type: text/html\n\n<p>See <img src="{source}"></p>',
        "Content-Type: image/png; name=a.png\nContent-Disposition: attachment\nContent-ID: <p1@x>\n\nx",
        "Content-Type: image/png; name=b.png\nContent-Disposition: attachment\nContent-ID: <p2@x>\n\nx",
    )

    assert [(file.filename, file.inline) for file in message.files] == [("a.png", True), ("b.png", False)]


def test_a_picture_named_by_its_place_is_found() -> None:
    message = multipart(
        "related",
        'Content-Type: text/html\n\n<p>See <img src="http://shop.example/a%20b.png"></p>',
        "Content-Type: image/png\nContent-Location: http://shop.example/a%20b.png\n\nx",
    )

    (picture,) = message.files
    assert picture.inline
    assert picture.content_id
    assert message.html == f'<p>See <img src="cid:{picture.content_id}"></p>'


def test_a_picture_written_out_in_the_html_becomes_a_file() -> None:
    message = parsed("Content-Type: text/html", f'<p>See <img src="data:image/png;base64,{PIXEL}"> and data:x</p>')

    (picture,) = message.files
    assert (picture.filename, picture.data, picture.inline) == ("picture-1.png", base64.b64decode(PIXEL), True)
    assert message.html == f'<p>See <img src="cid:{picture.content_id}"> and data:x</p>'


def test_an_attached_mail_speaks_where_its_bearer_says_nothing() -> None:
    inner = "From: Bo <bo@shop.example>\nSubject: Broken lamp\nContent-Type: text/html\n\n<p>It is dark.</p>"
    message = multipart("mixed", "\n\n", f"Content-Type: message/rfc822\n\n{inner}")

    assert message.text == "From: Bo <bo@shop.example>\nSubject: Broken lamp\n\nIt is dark."
    assert names(message) == ["Broken lamp.eml"]


def test_a_digest_shows_all_its_mails() -> None:
    message = multipart("digest", "\nSubject: one\n\nFirst", "\nSubject: two\n\nSecond")

    assert message.text == "Subject: one\n\nFirst\n\nSubject: two\n\nSecond"


def test_terms_tables_and_links_are_not_run_together() -> None:
    page = "<dl><dt>term<dd>meaning</dl><a href=http://x.example/>link<table><tr><td>cell</table>"

    assert parsed("Content-Type: text/html", page).text.split() == [
        "term",
        "meaning",
        "link",
        "(http://x.example/)",
        "cell",
    ]


def test_what_stands_on_its_own_line_in_a_browser_does_so_in_the_text() -> None:
    page = "<section>One</section>Two<hr>Three<select><option>four<option>five</select>"

    assert parsed("Content-Type: text/html", page).text.split() == ["One", "Two", "Three", "four", "five"]


def test_an_attached_mail_is_only_a_file_where_there_is_a_text() -> None:
    message = multipart("mixed", "\nPlease read", "Content-Type: message/rfc822\n\nSubject: Broken lamp\n\nDark.")

    assert message.text == "Please read"


def test_mails_in_mails_are_opened_only_so_deep() -> None:
    mail = "Subject: innermost\n\nHello"
    for number in range(30):
        mail = f"Subject: {number}\nContent-Type: message/rfc822\n\n{mail}"

    message = parsed("Content-Type: message/rfc822", mail)

    assert message.text.startswith("Subject: 29\n\nSubject: 28")
    assert "Hello" not in message.text


@pytest.mark.parametrize(
    ("before", "behind", "text"),
    [
        ("Forgot how this works", "", "Forgot how this works"),
        ("", "Footer", "Footer"),
        ("This is a multi-part message in MIME format.", "", ""),
    ],
)
def test_words_around_the_parts_count_where_there_are_no_others(before: str, behind: str, text: str) -> None:
    image = "Content-Type: image/png; name=a.png\n\nx"

    assert multipart("mixed", image, before=before, behind=behind).text == text


def test_a_report_speaks_where_the_server_wrote_no_words() -> None:
    message = multipart("report", "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example")

    assert message.text == "Final-Recipient: rfc822; a@x.example"


def test_the_frame_of_parts_that_end_in_each_other_is_no_text() -> None:
    assert multipart("mixed", "Content-Type: multipart/mixed; boundary=c", "\nSmoke!\n--c\n").text == "Smoke!"


def test_the_frame_of_a_multipart_without_parts_is_no_text() -> None:
    assert parsed("Content-Type: multipart/mixed; boundary=b", "Hello\n--b--\n").text == "Hello"


@pytest.mark.parametrize(
    ("kind", "body", "text", "files"),
    [
        ("text/plain", "%PDF-1.7 ...", "", ["attachment.pdf"]),
        ("text/plain", "<!DOCTYPE html>\n<html><body><b>Hi</b> you</body></html>", "Hi you", []),
        ("text/unheard-of", "Hi", "Hi", []),
        ("text/csv", "a;b", "", ["document.csv"]),
        ("text/rfc822-header", "From: ann@shop.example", "", ["headers.txt"]),
        ("text/enriched", "<bold>Hi</bold>", "Hi", []),
        ("audio/basic", "x", "", ["audio.au"]),
        ("pdf; name=a.pdf", "x", "", ["a.pdf"]),
        ("text/plain charset=utf-8", "Grüße", "Grüße", []),
    ],
)
def test_a_part_is_what_it_is(kind: str, body: str, text: str, files: list[str]) -> None:
    message = parsed(f"Content-Type: {kind}", body)

    assert message.text == text
    assert names(message) == files


def test_the_files_of_a_winmail_dat_take_its_place() -> None:
    title = struct.pack("<BII", 2, 0x18010, 6) + b"a.txt\0\0\0"
    begin, data = struct.pack("<BII", 2, 0x69002, 0) + b"\0\0", struct.pack("<BII", 2, 0x6800F, 3) + b"abc\0\0"
    stream = base64.b64encode(b"\x78\x9f\x3e\x22\1\0" + begin + title + data).decode()
    message = parsed("Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64", stream)

    assert [(file.filename, file.content_type, file.data) for file in message.files] == [
        ("a.txt", "text/plain", b"abc")
    ]


def test_a_winmail_dat_with_a_text_alone_gives_it_and_stays() -> None:
    text = b"Hello\0"
    stream = b"\x78\x9f\x3e\x22\1\0" + struct.pack("<BII", 1, 0x2800C, len(text)) + text + b"\0\0"
    body = base64.b64encode(stream).decode()
    part = f"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{body}"

    assert (multipart("mixed", part).text, names(multipart("mixed", part))) == ("Hello", ["winmail.dat"])
    assert multipart("mixed", "\nHi", part).text == "Hi"


def test_a_winmail_dat_that_can_not_be_read_stays() -> None:
    assert names(parsed("Content-Type: application/ms-tnef; name=winmail.dat", "nonsense")) == ["winmail.dat"]


def test_a_soft_line_break_with_white_space_behind_it_is_one() -> None:
    assert parsed("Content-Transfer-Encoding: quoted-printable", "one= \t\n two=3D").text == "one two="


def test_a_footer_behind_base64_is_read_as_it_stands() -> None:
    message = parsed("Content-Transfer-Encoding: base64", "aGVs*bG8=\n\n--\nThe list of us all")

    assert message.text == "hello\n\n--\nThe list of us all"


def test_a_text_with_a_name_is_shown_where_there_is_no_other() -> None:
    named = "Content-Type: text/plain; name=a.txt\nContent-Disposition: inline; filename=a.txt\n\nHello"

    assert multipart("mixed", named).text == "Hello"
    assert multipart("mixed", "\nSee a.txt", named).text == "See a.txt"


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        ("The invoice is wrong.", "Please call me.", "The invoice is wrong.\n\nPlease call me."),
        ("The invoice is wrong.", "The invoice is wrong.", "The invoice is wrong."),
    ],
)
def test_alternatives_that_are_none_are_both_read(one: str, other: str, text: str) -> None:
    assert multipart("alternative", f"\n{one}", f"\n{other}").text == text


def test_a_page_with_a_name_is_the_text_where_it_is_the_whole_mail() -> None:
    message = parsed('Content-Type: text/html; name="mail.html"\nContent-Disposition: inline', "<p>Smoke!")

    assert (message.text, names(message)) == ("Smoke!", [])


@pytest.mark.parametrize(
    ("declared", "meta", "octets"),
    [
        ("iso-8859-1", "koi8-r", "Добрый день".encode("koi8-r")),
        ("", "windows-1251", "Добрый день".encode("cp1251")),
        ("utf-8", "koi8-r", "Добрый день".encode()),  # converted, and the page left as it was
        ("koi8-r", "utf-8", "Добрый день".encode("koi8-r")),
    ],
)
def test_a_page_knows_its_character_set_better_than_a_program_that_says_the_same_of_all(
    declared: str, meta: str, octets: bytes
) -> None:
    charset = f"; charset={declared}" if declared else ""
    head = f"From: a@shop.example\r\nContent-Type: text/html{charset}\r\n\r\n<meta charset={meta}>"

    assert mail_in.parse(head.encode() + octets, ENVELOPE).text == "Добрый день"


def test_a_description_names_a_file_that_has_no_other_name() -> None:
    octets = "Content-Type: application/octet-stream\nContent-Description: "

    message = multipart("mixed", "\nSee", f"{octets}Report 3.xls\n\nx", f"{octets}what we said\n\nx")

    assert names(message) == ["Report 3.xls", "attachment.bin"]


def test_the_words_of_a_report_come_before_its_fields() -> None:
    status = "Content-Type: message/delivery-status\n\n"

    message = multipart("report", f"{status}Nobody lives here.", f"{status}Action: failed", behind="Comments")

    assert message.text == "Nobody lives here."


def test_two_versions_side_by_side_are_said_once() -> None:
    page = '<p>See <a href="http://shop.example/page">our page</a> for more of it</p>'
    message = multipart("mixed", "\nSee our page for more of it", f"Content-Type: text/html\n\n{page}")

    assert message.text == "See our page for more of it"


def test_words_that_a_newsletter_hides_are_no_text() -> None:
    hidden = "".join(
        f'<div style="{style}">hidden</div>'
        for style in ("display:none", "max-height:0px", "opacity: 0", "mso-hide:all")
    )
    message = parsed("Content-Type: text/html", f"{hidden}<div hidden>hidden</div><p style='opacity:0.5'>Hello</p>")

    assert message.text == "Hello"


def test_a_part_that_is_uuencoded_as_a_whole_is_decoded() -> None:
    body = "begin 644 a.bin\n#86)C\n`\nend\n"
    message = parsed("Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: x-uuencode", body)

    assert [(file.filename, file.data) for file in message.files] == [("a.png", b"abc")]


def test_how_it_was_read_is_on_record() -> None:
    message = parsed("Date: Mon, 02 Mar 2026 13:00:00 +0100\nContent-Type: text/plain; charset=nonsense", "Grüße")

    assert message.envelope["sent_at"] == "2026-03-02T12:00:00+00:00"
    assert message.envelope["charsets"] == ["utf-8"]

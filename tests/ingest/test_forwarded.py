"""Who wrote first what somebody hands on: in every language, by every program, in a text or as a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail import subjects
from core.messages import Forwarded
from core.vocabulary import MessageKind
from ingest import forwarded, mail_in
from ingest.envelope import Envelope
from ingest.html_text import to_text
from tests.ingest.forward_samples import BODY, CLEO, LANGUAGES, SAMPLES, SUBJECT, outlook
from tests.ingest.html_samples import FORWARDS

REMARK = "Please look at this.\nThank you, Ann"


def found(
    text: str, *, subject: str = "Re: a ticket", recipients: tuple[str, ...] = ("support@desk.example",)
) -> Forwarded:
    result = forwarded.find(text, subject=subject, recipients=recipients)
    assert result is not None
    return result


@pytest.mark.parametrize("name", SAMPLES)
def test_a_forwarded_mail_is_found_in_every_language_by_every_program(name: str) -> None:
    for remark in ("", REMARK, "Größe 40, bitte."):
        first = found(f"{remark}\n\n{SAMPLES[name]}")

        assert (first.name, first.address, first.subject) == ("Cleo Vance", "cleo@customer.example", SUBJECT)
        assert first.to == ("ann@shop.example", "bo@shop.example")
        assert first.text.split() == BODY.split()
        assert first.remark == remark


@pytest.mark.parametrize(
    "attribution",
    [
        'On 02/03/2026, 12:10, "Cleo Vance" <cleo@customer.example> wrote:',
        'Am 02.03.2026 12:10 schrieb "Cleo Vance" <cleo@customer.example>:',
        "Le 02/03/2026 12:10, « Cleo Vance » <cleo@customer.example> a écrit :",
        "Cleo Vance <cleo@customer.example> kirjoitti 02.03.2026 12.10:",
        "2026. 03. 02. 12:10 időpontban Cleo Vance <cleo@customer.example> ezt írta:",
        "Dnia 02.03.2026 12:10 „Cleo Vance” <cleo@customer.example> napisał:",
        "02.03.2026 12:10 používateľ Cleo Vance (<cleo@customer.example>) napísal:",
    ],
)
def test_outlook_for_mac_forwards_below_an_attribution(attribution: str) -> None:
    first = found(f"\ufeff{attribution}\n\n    The printer burns.\n\n    Cleo\n")

    assert (first.address, first.text) == ("cleo@customer.example", "The printer burns.\n\nCleo")
    assert "Cleo Vance" in first.name


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Cleo Vance <mailto:cleo@customer.example>", "Cleo Vance", "cleo@customer.example"),
        ("Cleo Vance [mailto:cleo@customer.example]", "Cleo Vance", "cleo@customer.example"),
        ("Cleo Vance<cleo@customer.example>", "Cleo Vance", "cleo@customer.example"),
        ("'Cleo Vance' <cleo@customer.example<mailto:cleo@customer.example>>", "Cleo Vance", "cleo@customer.example"),
        ('"Vance, Cleo" <Cleo@Customer.example>', "Vance, Cleo", "cleo@customer.example"),
        ("cleo@customer.example <cleo@customer.example>", "", "cleo@customer.example"),
        ("cleo@customer.example", "", "cleo@customer.example"),
        ("*Cleo Vance* <cleo@customer.example>", "Cleo Vance", "cleo@customer.example"),
        ("Cleo Vance", "Cleo Vance", ""),
        ("=?utf-8?q?Cl=C3=A9o_Vance?= <cleo@customer.example>", "Cléo Vance", "cleo@customer.example"),
        ("=?utf-8?q?ann=40shop=2Eexample=0A?= <cleo@customer.example>", "ann@shop.example", "cleo@customer.example"),
    ],
)
def test_the_sender_is_read_however_it_is_written(sender: str, name: str, address: str) -> None:
    first = found(
        f"---------- Forwarded message ---------\nFrom: {sender}\nDate: Monday\nSubject: x\nTo: Ann\n\nIt burns."
    )

    assert (first.name, first.address) == (name, address)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_forward_in_html_is_found(name: str) -> None:
    first = found(to_text(FORWARDS[name]))

    assert (first.name, first.address, first.subject) == ("Cleo Vance", "cleo@customer.example", "The printer")
    assert (first.remark, first.text.split()) == ("See below.", ["The", "printer", "burns.", "Cleo"])


def test_the_outermost_forward_counts_and_holds_the_others() -> None:
    inner = "---------- Forwarded message ---------\nFrom: Dee <dee@far.example>\nDate: Sunday\nSubject: y\nTo: Cleo\n\nThe first."
    outer = f"---------- Forwarded message ---------\nFrom: Cleo <cleo@customer.example>\nDate: Monday\nSubject: x\nTo: Ann\n\nSee below.\n\n{inner}"

    first = found(outer)

    assert first.address == "cleo@customer.example"
    assert first.text == f"See below.\n\n{inner}"


def test_a_subject_may_go_on_in_the_next_line() -> None:
    text = "-------- Forwarded Message --------\nFrom: Cleo <cleo@customer.example>\nSubject: A printer that\nburns again\nTo: Ann\n\nIt burns."

    assert (found(text).subject, found(text).text) == ("A printer that burns again", "It burns.")


def test_blank_lines_may_stand_between_the_fields() -> None:
    text = "-------- Forwarded Message --------\n\nFrom: Cleo <cleo@customer.example>\n\nSubject: A printer\n\nTo: Ann\n\nIt burns."

    assert (found(text).subject, found(text).text) == ("A printer", "It burns.")


def test_a_copy_may_be_broken_inside_its_address() -> None:
    text = "---------- Forwarded message ---------\nFrom: Cleo <cleo@customer.example>\nTo: Ann <ann@shop.example>\nCc: Bo <bo@shop.example>, Dan <\ndan@shop.example>\n\nIt burns."
    found = forwarded.find(text)

    assert found is not None
    assert (found.text, found.cc) == ("It burns.", ("bo@shop.example", "dan@shop.example"))


def test_a_sender_may_be_broken_before_the_address() -> None:
    text = "-------- Forwarded Message --------\nFrom: Cleo Vance\n<cleo@customer.example>\nSubject: A printer\nTo: Ann\n\nIt burns."
    yahoo = "----- Forwarded Message ----- From: Cleo Vance\n<cleo@customer.example>To: Ann <ann@shop.example>Sent: Monday\n2 MarchSubject: A printer\nIt burns."

    for written in (text, yahoo):
        assert (found(written).name, found(written).address) == ("Cleo Vance", "cleo@customer.example")
        assert (found(written).subject, found(written).text) == ("A printer", "It burns.")


FIELDS = f"From: {CLEO}\nTo: Ann <ann@shop.example>\nDate: Mon, 2 Mar 2026 12:10:00 +0100\nSubject: The printer"
UNKNOWN = f"Qwe rt: {CLEO}\nZui: Monday, 2 March 2026 12:10\nOpa: Ann <ann@shop.example>\nSdf: The printer"


@pytest.mark.parametrize(
    "text",
    [
        f"----- Forwarded message from {CLEO} -----\n\n{FIELDS}\n\nIt burns.\n\n----- End forwarded message -----",  # Mutt
        f"-------- Start of forwarded message --------\n{FIELDS}\n\nIt burns.\n-------- End of forwarded message --------",  # Gnus
        f"============ Forwarded message ============\n{FIELDS}\n============ Forwarded message ============\n\nIt burns.",  # Zoho
        f"----------  Forwarded Message  ----------\n\n{FIELDS}\n\nIt burns.\n{'-' * 41}",  # KMail
        f"----------  Forwarded Message  ----------\n\n{FIELDS}\n\nIt burns.\n\n{'-' * 55}\n\n-- \nAnn Lee\nBerlin",
        f"-------- Пересылаемое сообщение --------\n{FIELDS}\n\nIt burns.\n-------- Завершение пересылаемого сообщения --------",
        f"This is a forwarded message\n{FIELDS}\n\n===8<======Original message text=======\nIt burns.\n===8<===End of original message text===",
        f"-------- Forwarding messages --------\n{FIELDS}\nIt burns.",  # NetEase
        f"> Message du 02/03/26 12:10\n> De : {CLEO}\n> A : ann@shop.example\n> Objet : The printer\n>\n> It burns.",  # Orange
        f"Begin forwarded message:\n\n*From: *{CLEO}\n*Date: *2 March 2026\n*To: *Ann\n*Subject: **The printer*\n\nIt burns.",
        f"---------- Forwarded message ---------\n{UNKNOWN}\n\nIt burns.",
        f"________________________________\n{UNKNOWN}\n\nIt burns.",
    ],
)
def test_what_programs_draw_around_a_forward_is_no_part_of_it(text: str) -> None:
    first = found(f"See below.\n\n{text}", subject="Fwd: The printer")

    assert (first.name, first.address, first.subject) == ("Cleo Vance", "cleo@customer.example", "The printer")
    assert (first.text, first.remark) == ("It burns.", "See below.")


def test_a_form_with_labels_of_its_own_is_no_forward() -> None:
    assert forwarded.find(f"A new order:\n\n{UNKNOWN}\n\nIt burns.", subject="Order") is None
    assert forwarded.find(f"A new order\n-----------\n{UNKNOWN}\n\nIt burns.", subject="Order") is None


def test_groupwise_names_whom_it_quotes_between_signs() -> None:
    first = found(f">>> {CLEO} 02.03.2026 12:10 >>>\nIt burns.", subject="Fwd: The printer")

    assert (first.address, first.text) == ("cleo@customer.example", "It burns.")


def test_em_client_leaves_out_the_colons() -> None:
    text = '------ Forwarded Message ------\nFrom "Cleo Vance" <cleo@customer.example>\nTo ann@shop.example\nDate 02/03/2026\nSubject Printer\n\nIt burns.'

    assert (found(text).address, found(text).subject, found(text).text) == (
        "cleo@customer.example",
        "Printer",
        "It burns.",
    )


@pytest.mark.parametrize(
    "around",
    [
        {"recipients": ("cleo@customer.example",)},
        {"recipients": ("Cleo+7abc@Customer.example", "bo@shop.example")},
        {"subject": f"AW: [Shop] {SUBJECT}"},
    ],
)
def test_what_an_answer_quotes_is_no_forward(around: dict[str, str]) -> None:
    assert forwarded.find(f"Thank you.\n\n{outlook(LANGUAGES['en'])}", **{"subject": "Re: x", **around}) is None


@pytest.mark.parametrize(
    "text",
    [
        "The printer burns.\nBo",
        "On 2 Mar 2026 at 12:10, Cleo <cleo@customer.example> wrote:\n> Did you?\n",
        "Thanks!\n\n> ---------- Old rule\n> quoted\n",
        "From: here\nto there: it is far",
        "Forwarded message to my boss.",
        "",
    ],
)
def test_what_hands_nothing_on_is_no_forward(text: str) -> None:
    assert forwarded.find(text, subject="Re: x") is None


@pytest.mark.parametrize(
    "head",
    [
        # NetEase has a table, Notes an attribution above the head.
        "---- 转发的邮件 ----\n| 发件人 | Cleo Vance<cleo@customer.example> |\n| 日期 | 2026年03月02日 |\n| 主题 | Printer |",
        "-----Cleo Vance <cleo@customer.example> wrote: -----\nTo: ann@shop.example\nFrom: Cleo Vance <cleo@customer.example>\nDate: 02/03/2026\nSubject: Printer",
    ],
)
def test_the_head_has_the_form_of_its_program(head: str) -> None:
    written = found(f"{head}\n\nIt burns.", subject="Fwd: Printer")

    assert (written.name, written.address) == ("Cleo Vance", "cleo@customer.example")
    assert (written.subject, written.text) == ("Printer", "It burns.")


@pytest.mark.parametrize(
    ("subject", "head", "is_forward"),
    [
        ("VS: Printer", "Fra: {}\nSendt: 2. mars 2026 12:10\nTil: Ann\nEmne: Printer", True),
        ("Re: VS: Printer", "*Fra:* {}\n*Dato:* 2. mars 2026 12:10\n*Til:* Ann\n*Emne:* Printer", True),
        ("VS: Printer", "Lähettäjä: {}\nLähetetty: 2.3.2026 12:10\nVastaanottaja: Ann\nAihe: Printer", False),
    ],
)
def test_the_prefix_of_danish_outlook_hands_on_above_its_head(subject: str, head: str, is_forward: bool) -> None:
    text = f"Se her.\n\n{head.format(CLEO)}\n\nIt burns."

    assert (forwarded.find(text, subject=subject) is not None) is is_forward


def test_a_line_that_the_writer_draws_above_the_signature_is_theirs() -> None:
    body = f"It burns.\n\n{'-' * 60}\n-- \nCleo"
    head = f"From: {CLEO}\nDate: Mon, 2 Mar 2026\nSubject: Printer\nTo: ann@shop.example"

    assert found(f"---------- Forwarded message ---------\n{head}\n\n{body}").text == body


def test_the_order_hands_on_what_has_the_subject_of_the_mail_itself() -> None:
    head = f"From: {CLEO}\nSent: Monday, March 2, 2026 12:10 PM\nTo: Ann\nSubject: Printer"

    assert found(f"@fwd\n\n{head}\n\nIt burns.", subject="Printer").address == "cleo@customer.example"


def test_fields_of_another_way_are_no_part_of_the_subject() -> None:
    head = f"Subject: \tPrinter\nResent-Date: \tMon, 2 Mar 2026 12:11\nResent-From: \tbo@shop.example\nDate: \tMon, 2 Mar 2026 12:10\nFrom: \t{CLEO}"

    assert found(f"-------- Forwarded Message --------\n{head}\n\nIt burns.").subject == "Printer"


def test_a_subject_in_brackets_loses_its_prefix_as_others_do() -> None:
    assert subjects.without_prefixes("Re: [Fwd: Printer]") == "Printer"
    assert subjects.without_prefixes("[Shop] Fwd: Printer") == "Printer"
    assert subjects.without_prefixes("Odp.: Re-2: Printer") == "Printer"


@pytest.mark.parametrize(
    ("subject", "is_forward"),
    [
        ("Fwd: Printer", True), ("FW: Printer", True), ("Re: Fwd: Printer", True), ("[Shop] WG: Drucker", True), ("TR : Imprimante", True), ("RV: Impresora", True),
        ("I: Stampante", True), ("ENC: Impressora", True), ("Doorst: Printer", True), ("VB: Skrivaren", True), ("VL: Tulostin", True), ("PD: Drukarka", True),
        ("Továbbítás: Nyomtató", True), ("Redir.: Imprimanta", True), ("İLT: Yazıcı", True), ("Пересл: Принтер", True), ("转发：打印机", True), ("轉寄: 印表機", True),
        ("転送: プリンタ", True), ("Fwd[2]: Printer", True), ("Videresend: Printer", True),
        ("[Fwd: Printer]", True), ("Re: [Fwd: Printer]", True), ("Chuyển tiếp: Máy in", True), ("ส่งต่อ: เครื่องพิมพ์", True),
        ("Persiųsta: Spausdintuvas", True), ("Přep: Tiskárna", True), ("Препр: Принтер", True), ("轉送: 印表機", True),
        ("Re: Printer", False), ("Printer", False), ("Forward: march", False), ("AW: Drucker", False), ("VS: Tulostin", False), ("In: short", False),
    ],
)  # fmt: skip
def test_the_subject_says_forwarded_in_every_language(subject: str, is_forward: bool) -> None:
    assert forwarded.is_subject(subject) is is_forward


ATTACHED = (
    b"From: Ann <ann@desk.example>\r\nTo: support@desk.example\r\nSubject: FW: Printer\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee the mail.\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: Cleo Vance <cleo@customer.example>\r\nSubject: Printer\r\n"
    b"To: ann@desk.example\r\n\r\nIt burns.\r\n--b--\r\n"
)


def test_an_attached_mail_is_a_forward_too() -> None:
    first = mail_in.parse(ATTACHED, Envelope()).forwarded

    assert first is not None
    assert (first.name, first.address, first.subject) == ("Cleo Vance", "cleo@customer.example", "Printer")
    assert (first.text, first.remark, first.sure) == ("It burns.", "See the mail.", True)


def test_a_mail_sent_along_under_another_subject_is_a_file() -> None:
    assert mail_in.parse(ATTACHED.replace(b"FW: Printer", b"My question"), Envelope()).forwarded is None


def test_the_files_of_the_mail_that_is_handed_on_come_with_it() -> None:
    inside = (
        b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nIt burns.\r\n--c\r\n"
        b"Content-Type: image/jpeg; name=smoke.jpg\r\n\r\n\xff\xd8\xff\r\n"
        b"--c\r\nContent-Type: image/png\r\nContent-Disposition: inline\r\nContent-ID: <logo@x>\r\n\r\n\x89PNG\r\n--c--"
    )
    raw = ATTACHED.replace(b"\r\n\r\nIt burns.", b"\r\n" + inside)

    handed_on, sent_along = (mail_in.parse(raw.replace(b"FW:", begin), Envelope()) for begin in (b"FW:", b"My"))

    assert [file.filename for file in handed_on.files] == ["Printer.eml", "smoke.jpg"]
    assert [file.filename for file in sent_along.files] == ["Printer.eml"]


def test_mozillas_name_for_a_forwarded_mail_says_that_it_is_one() -> None:
    named = ATTACHED.replace(b"FW: Printer", b"My question").replace(
        b"message/rfc822", b'message/rfc822; name="ForwardedMessage.eml"'
    )

    assert mail_in.parse(named, Envelope()).forwarded is not None


def test_what_a_mail_server_returns_is_no_forward() -> None:
    returned = ATTACHED.replace(b"multipart/mixed;", b"multipart/report; report-type=delivery-status;").replace(
        b"Ann <ann@", b"<mailer-daemon@"
    )

    message = mail_in.parse(returned, Envelope())

    assert (message.kind, message.forwarded) == (MessageKind.BOUNCE, None)


def test_the_order_in_the_first_line_is_noted_even_where_nothing_is_found() -> None:
    message = mail_in.parse(b"From: a@x.example\r\nSubject: s\r\n\r\n\r\n@fwd\r\nCleo called.", Envelope())

    assert message.forwarded == Forwarded("", "", ordered=True)


@given(st.text(), st.text(max_size=60))
def test_no_text_at_all_is_too_strange(text: str, subject: str) -> None:
    first = forwarded.find(text, subject=subject)

    assert first is None or first.text in text or first.text

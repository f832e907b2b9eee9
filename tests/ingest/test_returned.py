"""What mail servers say in their own words, and whom they name."""

import pytest

from core.messages import InboundMessage
from core.vocabulary import MessageKind
from ingest import mail_in
from ingest.envelope import Envelope


def parsed(head: str, body: str) -> InboundMessage:
    raw = f"{head}\n\n{body}" if "From:" in head else f"From: Ann <ann@shop.example>\n{head}\n\n{body}"
    return mail_in.parse(raw.replace("\n", "\r\n").encode(), Envelope("ann@shop.example", ("support@desk.example",)))


@pytest.mark.parametrize(
    ("subject", "text", "kind"),
    [
        ("Your order could not be delivered", "It was returned to sender, ask bo@shop.example.", MessageKind.NEW),
        ("Undeliverable", "All my mails to bo@shop.example come back: 550 user unknown. Why?", MessageKind.NEW),
        (
            "Undeliverable",
            "It failed: user unknown\n\n--- Original message ---\nReceived: by mx.example",
            MessageKind.BOUNCE,
        ),
    ],
)
def test_a_mail_from_nobodys_path_comes_back_only_where_the_mail_is_shown(
    subject: str, text: str, kind: MessageKind
) -> None:
    assert parsed(f"Return-Path: <>\nFrom: Eve <eve@shop.example>\nSubject: {subject}", text).kind is kind


def test_whoever_runs_a_mail_server_reports_from_nobodys_path() -> None:
    head = "Return-Path: <>\nFrom: root@mx.example\nSubject: {}"

    assert parsed(head.format("Mail delivery failed"), "<bo@shop.example>: no such user").kind is MessageKind.BOUNCE
    assert parsed(head.format("Disk full"), "<bo@shop.example>: no such user").kind is not MessageKind.BOUNCE


@pytest.mark.parametrize(
    "said",
    [
        "Delivery has failed to these recipients or groups:\n\nAnn van der Lee ({})\nThe address was not found.",
        "Delivery has failed to these recipients:\n\nAnn Lee ({0})<mailto:{0}>\nThe address was not found.",
        "Delivery has failed to these recipients:\n\nAnn Lee (mailto:{0}) ({0})\nThe address was not found.",
        "Impossible de remettre votre message à {}.",
        "Vaši zprávu pro příjemce {} nešlo doručit.",
        "Det gick inte att leverera ditt meddelande till {}.",
        "Viestiäsi ei voitu toimittaa vastaanottajalle {}.",
        "{}(으)로 보낸 메시지를 배달할 수 없습니다.",
        "Не вдалося доставити повідомлення для {}.",
        "לא ניתן היה למסור את ההודעה שלך אל {}.",
        "Your message\n   To: Gone <{}>\nwas not delivered: no such person",
    ],
)
def test_exchange_online_names_whom_it_did_not_reach_in_its_sentence(said: str) -> None:
    message = parsed("From: postmaster@shop.example\nSubject: Undeliverable: x", said.format("gone@shop.example"))

    assert (message.kind, message.bounced) == (MessageKind.BOUNCE, ("gone@shop.example",))


@pytest.mark.parametrize(
    ("text", "bounced"),
    [
        ("I was not able to deliver to:\n\n<gone@shop.example>:\nNo such user\n", ("gone@shop.example",)),
        ("The following recipients could not be reached:\n\n  gone@shop.example on 2 Mar\n", ("gone@shop.example",)),
        ("550 5.1.1 unknown recipient <gone@shop.example>", ("gone@shop.example",)),
        ("The original message was received at Mon, 2 Mar\n\n<gone@shop.example>... unknown", ("gone@shop.example",)),
        ("was undeliverable to the following:\n\tgone (gone@shop.example)", ("gone@shop.example",)),
        ("抱歉，您的邮件被退回来了\n收件人：gone@shop.example", ("gone@shop.example",)),
        (
            "With the following header fields:\n\n  To: a@x.example\n\nRecipient: gone@shop.example",
            ("gone@shop.example",),
        ),
        ("Not delivered to the following recipients, who take none from a@x.example:\n\tgone", ("gone@mx.example",)),
        ("Ihre Nachricht wurde nicht an gone@shop.example zugestellt, weil es ihn nicht gibt.", ("gone@shop.example",)),
        ("Votre message n'est pas parvenu à gone@shop.example", ("gone@shop.example",)),
        ("アドレスがないため、gone@shop.example へ配信できませんでした。", ("gone@shop.example",)),
        ("an undisclosed address\n  (generated from gone@shop.example)", ("gone@shop.example",)),
        ("The attached message had fatal delivery errors!\n\n> gone@shop.example", ("gone@shop.example",)),
        (
            "Your message\n\n  To: list@x.example\n  Subject: x\n\ndid not reach:\n\nc=US;a= ;dda:SMTP=gone@shop.example; on Fri",
            ("gone@shop.example",),
        ),
        ("It could not be delivered, so write to postmaster@mx.example, please.", ()),
        ("Quota exceeded. Ask help@mx.example about it.", ()),
        ("No user.\n--- Below this line is a copy of the message.\nTo: other@shop.example", ()),
        ("Questions go to postmaster@mx.example", ()),
    ],
)
def test_a_bounce_in_free_words_names_them_too(text: str, bounced: tuple[str, ...]) -> None:
    message = parsed("From: mailer-daemon@mx.example\nTo: support@desk.example\nSubject: failure notice", text)

    assert (message.kind, message.bounced) == (MessageKind.BOUNCE, bounced)


def test_a_bounce_in_html_alone_is_read_as_its_text() -> None:
    head = "From: mailer-daemon@mx.example\nTo: support@desk.example\nSubject: failure notice\nContent-Type: text/html"
    message = parsed(
        head, "<p>It wasn't delivered to <b>gone@shop.example</b>.</p><a href='mailto:help@mx.example'>Help</a>"
    )

    assert message.bounced == ("gone@shop.example",)

"""Texts in odd places: pieces of mails, confused types, pages."""

import pytest

from core.messages import InboundMessage
from ingest import mail_in
from ingest.envelope import Envelope


def parsed(head: str, body: str) -> InboundMessage:
    return mail_in.parse(f"From: ann@shop.example\n{head}\n\n{body}".replace("\n", "\r\n").encode(), Envelope())


def test_words_on_two_pages_stay_two_words() -> None:
    assert parsed("Content-Type: text/plain", "one\vtwo\fthree").text == "one\ntwo\nthree"


def test_a_piece_of_a_mail_stands_for_the_text() -> None:
    piece = "Subject: Lamp\nContent-Type: text/plain\n\nIt burns"
    message = parsed('Content-Type: message/partial; id="1@shop.example"; number=1; total=2', piece)

    assert message.text == "Subject: Lamp\n\nIt burns"


@pytest.mark.parametrize(("kind", "body"), [("plain/text", "It burns"), ("html/text", "<p>It burns</p>")])
def test_a_type_whose_halves_are_confused_is_read(kind: str, body: str) -> None:
    message = parsed(f"Content-Type: {kind}; charset=utf-8", body)

    assert (message.text, message.files) == ("It burns", ())


def test_versions_for_watches_and_gmail_are_no_files() -> None:
    kinds = ("text/plain", "text/x-amp-html", "text/watch-html", "text/vnd.google.email-reaction+json")
    versions = "".join(f"--b\nContent-Type: {kind}\n\nIt burns\n" for kind in kinds)

    message = parsed("Content-Type: multipart/alternative; boundary=b", f"{versions}--b--\n")

    assert (message.text, message.files) == ("It burns", ())


@pytest.mark.parametrize("kind", ["text/x-amp-html", "text/watch-html"])
def test_a_version_for_machines_that_is_the_only_one_is_a_file(kind: str) -> None:
    alone = parsed(f"Content-Type: {kind}", "<p>It burns</p>")
    only = parsed(
        "Content-Type: multipart/alternative; boundary=b",
        f"--b\nContent-Type: text/plain\n\n\n--b\nContent-Type: {kind}\n\n<p>It burns</p>\n--b--\n",
    )

    assert [len(message.files) for message in (alone, only)] == [1, 1]

"""The samples: each mail beside what is understood of it. A bug in reading mail begins as one more of them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.explain import explain, page

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_understood_as_written_beside_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text(encoding="utf-8"))

    assert explain(sample.read_bytes()) == expected


def test_the_classification_is_asked_with_subject_and_text() -> None:
    def classify(subject: str, text: str) -> Mapping[str, object]:
        return {"category": f"{subject}/{text}"}

    assert explain(b"Subject: s\r\n\r\nt", classify)["classification"] == {"category": "s/t"}


def test_a_bounce_is_not_classified_because_no_ticket_comes_of_it() -> None:
    raw = b"From: mailer-daemon@mx.example\r\nX-Failed-Recipients: a@x.example\r\n\r\nno such user"

    assert explain(raw, lambda _subject, _text: {"category": "other"})["classification"] is None


def test_an_address_that_cannot_be_used_is_still_shown() -> None:
    assert explain(b"From: Ann <ann@@shop>\r\n\r\nt")["from"] == {"address": "ann@@shop", "name": "Ann"}


def test_the_sender_is_shown_when_it_is_named() -> None:
    assert explain(b"From: a@x.example\r\nSender: Bo <b@x.example>\r\n\r\nt")["sender"] == {
        "address": "b@x.example",
        "name": "Bo",
    }


def test_who_it_says_and_whom_the_desk_takes_it_from_are_both_shown() -> None:
    found = explain(b"From: root (Cron Daemon)\r\nReturn-Path: <root@web.example>\r\n\r\nt")

    assert found["from"] == {"address": "root", "name": "Cron Daemon"}
    assert found["requester"] == {"address": "root@web.example", "name": "Cron Daemon"}


def test_a_person_reads_a_page() -> None:
    raw = b"From: Ann <a@x.example>\r\nSubject: Help\r\nDate: Mon, 02 Mar 2026 13:00:00 +0100\r\n\r\nSmoke."

    assert page(explain(raw)).split("\n") == [
        "From:        Ann <a@x.example>",
        "Subject:     Help",
        "Date:        2026-03-02T12:00:00+00:00",
        "Kind:        new",
        "Read in:     ascii",
        "",
        "Smoke.",
    ]


def test_the_page_of_an_answer_shows_what_is_new() -> None:
    raw = (
        b"From: a@x.example\r\nIn-Reply-To: <1@y>\r\nContent-Disposition: inline\r\n\r\n"
        b"Yes.\r\n\r\nOn Monday Bo wrote:\r\n> Sure?\r\n"
    )

    assert page(explain(raw)).endswith("> Sure?\n\nOf it, what is new:\n\nYes.")


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff" * 100, b"\r", b"\n\n\n", b":", b"From", b"From:", b"=?" * 50])
def test_anything_at_all_is_understood_as_something(raw: bytes) -> None:
    assert json.dumps(explain(raw), ensure_ascii=False).encode()


def test_the_page_says_whose_mail_was_forwarded() -> None:
    raw = (
        b"From: bo@desk.example\r\nSubject: Fwd: lamp\r\n\r\n---------- Forwarded message ---------\r\n"
        b"From: Cleo <cleo@customer.example>\r\nSubject: The lamp\r\nTo: Bo\r\n\r\nIt is dark."
    )

    assert "Forwards:    Cleo <cleo@customer.example>: The lamp" in page(explain(raw)).split("\n")


def test_what_the_desk_says_of_a_mail_is_no_word_of_the_mail() -> None:
    found = explain(b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx")

    assert found["text"] == ""
    assert found["remarks"] == ["[This mail is encrypted: it can not be read here. It is attached as it came.]"]
    assert page(found).endswith("\n\n[This mail is encrypted: it can not be read here. It is attached as it came.]")


def test_a_name_that_the_desk_made_up_is_none_of_the_mail() -> None:
    raw = b"Content-Type: image/png\r\nContent-ID: <logo@x.example>\r\n\r\n\x89PNG\r\n"

    assert explain(raw)["attachments"] == [{"filename": "", "stored_as": "logo.png", "size": 6, "type": "image/png"}]


@pytest.mark.parametrize("field", ["Content-Disposition: inline; filename=", "Content-Type: image/png; name="])
def test_a_windows_path_is_shown_by_the_letter_and_stored_by_its_last_part(field: str) -> None:
    [file] = _files(f'{field}"C:\\TEMP\\plan.png"\r\n\r\n\x89PNG\r\n')

    assert (file["filename"], file["stored_as"]) == ("C:TEMPplan.png", "plan.png")


def test_a_name_that_lost_letters_in_one_place_is_taken_from_the_other() -> None:
    [file] = _files(
        'Content-Type: application/pdf; name="=?utf-8?q?Gr=C3=BC=C3=9Fe_=D0=B1=D0=B4.pdf?="\r\n'
        "Content-Disposition: attachment; filename*=iso-8859-1''Gr%FC%DFe%20%3F%3F.pdf\r\n\r\n%PDF"
    )

    assert file["filename"] == "Grüße бд.pdf"


def _files(raw: str) -> list[dict[str, object]]:
    found = explain(raw.encode("latin-1"))["attachments"]
    assert isinstance(found, list)
    return found

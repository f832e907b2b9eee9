"""The line that a phone or program puts under what was written, and sentences that begin like one."""

import pytest

from ingest import quoting


def test_what_a_person_says_of_how_it_was_sent_is_shown() -> None:
    assert quoting.new_text("Hello\n\nSent from my desk, which is much easier than from my phone.") is None
    assert quoting.new_text("Where is it?\n\nSent by courier on 2 March") is None
    assert quoting.new_text("Wo ist es?\n\nGesendet mit der Post am 2. März") is None
    assert quoting.new_text("Where is it?\n\nSent from my TI-85") == "Where is it?"
    assert quoting.new_text("Where is it?\n\nSent from the warehouse yesterday.") is None
    assert quoting.new_text("Where is it?\n\nSent by mistake, sorry.") is None
    assert quoting.new_text("Where is it?\n\nPlease excuse my brevity, the order is 4711") is None
    assert quoting.new_text("Where is it?\n\nPlease excuse my brevity. The printer is on fire.") is None
    assert quoting.new_text("Где он?\n\nБез вирусов. Проверил трижды, не открывается") is None
    assert quoting.new_text("Where is it?\n\nPlease excuse my brevity and any typos.") == "Where is it?"
    assert quoting.new_text("Hello\n\nSent from my iPhone, so please excuse all the typos in it.") == "Hello"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone the mails never arrive.", "Von meinem iPhone kommen die Mails nie an.",
        "Envoyé de mon iPhone les messages ne partent pas !", "Enviado desde mi iPhone el pedido no llega.",
        "Inviato da iPhone il modulo non funziona.", "Verzonden met Outlook komt er niets aan.",
    ],
)  # fmt: skip
def test_a_sentence_may_begin_like_the_line_of_a_phone(line: str) -> None:
    assert quoting.new_text(f"{line}\n\nWhy?") is None
    assert quoting.new_text(f"Hello,\n\n{line}") is None


@pytest.mark.parametrize(
    "line",
    ["Enviado do meu smartphone Samsung Galaxy.", "삼성 Galaxy 스마트폰에서 보냈습니다.", "Please excuse my brevity.", "Скачайте Outlook для iOS",
     "Sent from my iPhone. Please excuse that it is so brief.", "Sent from the all new AOL app for Android.",
     "Diese Nachricht wurde von meinem Telefon mit K-9 Mail gesendet."],
)  # fmt: skip
def test_a_phone_may_have_a_whole_sentence_to_say(line: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{line}") == "It stopped."


def test_a_phone_signs_above_the_quote_below_which_its_owner_answers() -> None:
    quote = "On 2 Mar 2026, at 12:10, Desk <support@desk.example> wrote:\n\n> Is it on?"

    assert quoting.new_text(f"Sent from my iPhone\n\n{quote}\n\nYes it is.") == "Yes it is."


@pytest.mark.parametrize(
    "said", ["Virus-free.\nwww.avast.com", "Virenfrei.www.avast.com", "Libre de virus. www.avast.com"]
)
def test_what_a_scanner_adds_is_no_part_of_the_answer(said: str) -> None:
    link = "<https://www.avast.com/sig-email?utm_medium=email&utm_source=link>"
    foot = f"{link}\n{said}\n{link}\n<#DAB4FAD8-2DD7-40BB-A1B8-4E2AA1F9FDF2>"

    assert quoting.new_text(f"It stopped.\n\n{foot}") == "It stopped."
    assert quoting.new_text(f"It stopped.\n\n{said.replace(chr(10), ' ')}") == "It stopped."

"""Lines that people draw, and heads of mails that they paste: what stands below them is theirs."""

import pytest

from ingest import quoting


@pytest.mark.parametrize(
    "below",
    [
        "Can you send somebody today?",
        "Ann\n\nPS: the invoice is missing too",
        "P.S. it is urgent",
        "The second one still fails when I save.",
        "Then there is the other machine, which I have not\ntouched since.",
        "We need it by Friday",
        "領収書を送っていただけますか？",
    ],
)
@pytest.mark.parametrize("mark", ["--", "__", "—"])
def test_below_dashes_that_a_person_typed_what_is_asked_or_added_is_text(mark: str, below: str) -> None:
    assert quoting.new_text(f"It works now.\n{mark}\n{below}\n\n> old\n") == f"It works now.\n{mark}\n{below}"


@pytest.mark.parametrize(
    "signature",
    [
        "--\nAnn Lee\nThe best coffee in town.",
        "-- \nAnn Lee\nHave you seen our new shop?",
        "--\nBen Lee, Head of Sales\nACME",
    ],
)
def test_below_the_mark_of_a_program_or_above_a_name_it_is_a_signature(signature: str) -> None:
    assert quoting.new_text(f"It works now.\n{signature}\n\n> old\n") == "It works now."


@pytest.mark.parametrize(
    "text",
    [
        "Here is its head:\nFrom: a@x.example\nTo: b@y.example\nSubject: You won\nDate: 2 Mar 2026 12:10\nCan you block it?",
        "I get these:\n\nFrom: a@x.example\nSent: 2 Mar 2026 12:10\nSubject: You won\n\nCan you block it?",
        "Name: Ann Lee\nFrom: Berlin\nTo: Munich\nDate: 3 March 2026\nSubject: moving\nPlease confirm.",
        "Account:\n- 12 EUR\n-- 3 EUR fee\nWhat for?",
        "One.\n__\nTwo.\n__\nThree.",
    ],
)
def test_what_a_person_pastes_or_draws_lines_between_is_shown(text: str) -> None:
    assert quoting.new_text(text) is None


def test_the_head_of_a_quote_may_stand_some_lines_below_words_with_a_colon() -> None:
    head = "From: Desk <d@desk.example>\nSent: Monday, 2 March 2026 12:10\nTo: Ann\nSubject: x"
    assert quoting.new_text(f"It stopped. My data:\n\n\n{head}\n\nold") == "It stopped. My data:"


def test_the_head_of_a_quote_may_stand_right_below_the_text() -> None:
    head = "Von: Desk\nGesendet: Montag, 2. März 2026 12:10\nAn: Ann\nBetreff: x"
    assert quoting.new_text(f"It stopped.\n{head}\n\nold") == "It stopped."

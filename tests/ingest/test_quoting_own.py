"""What of an answer is its writer's own, though it looks like what programs add."""

import pytest

from ingest import mail_in, quoting
from ingest.envelope import Envelope

QUOTED = "> Please pull the plug.\n> Your desk"


@pytest.mark.parametrize(
    "text",
    [
        "The config is\n\nfrom: support@desk.example\nto: ann@shop.example\nsubject: Test\n\nand it fails.",
        "Thanks!\nAnn\n--\nP.P.S. The first invoice is wrong too.",
    ],
)
def test_a_configuration_and_a_second_postscript_are_shown(text: str) -> None:
    assert quoting.new_text(text) is None


def test_what_was_said_to_the_writer_is_shown_and_the_quote_of_the_whole_below_is_not() -> None:
    above = "You said:\n\n> it will be there on Monday\n\nIt was not."
    text = f"{above}\n\nOn Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:\n{QUOTED}\n"

    assert quoting.new_text(text) == above


@pytest.mark.parametrize("name", ["Du Wei", "Tu Nguyen", "Ni Li"])
def test_a_name_may_be_a_word_for_who_is_spoken_to(name: str) -> None:
    text = f"It was not.\n\n{name} <desk@support.example> wrote:\n{QUOTED}\n"

    assert quoting.new_text(text) == "It was not."


def test_what_the_writer_cites_above_the_quote_of_the_whole_is_shown() -> None:
    above = "Your page has this:\n\n> Pull the plug."

    assert (
        quoting.new_text(f"{above}\n\nFrom: Desk <support@desk.example>\nSent: Monday\nTo: Ann\nSubject: x\n\nHi")
        == above
    )


def test_what_a_machine_answers_is_its_own_and_what_it_quotes_is_not() -> None:
    head = "From: ann@shop.example\nIn-Reply-To: <1@desk.example>\nX-Autoreply: yes\nSubject: Re: Printer"
    said = f"I am away.\n\nOn Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:\n{QUOTED}\n"

    assert mail_in.parse(f"{head}\n\n{said}".encode(), Envelope()).new_text == "I am away."

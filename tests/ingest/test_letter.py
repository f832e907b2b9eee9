"""What our mails say, and that a customer's answer to one is told apart from what it quotes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classify import library
from core.messages import Enclosure, Said
from ingest import letter, letter_html, quoting
from ingest.letter import Letter
from ingest.letter_templates import BUILT_IN
from ingest.wording import WORDINGS
from tests.builders import NOON
from tests.ingest.test_mail_out import AN_ANSWER

EARLIER = (
    Said("bob", NOON - timedelta(hours=1), "Which printer?\n\nThere are two."),
    Said("Ann Archer", NOON - timedelta(hours=2), "The printer is on fire. <b>Help</b>"),
)
MESSAGE = replace(AN_ANSWER, text="Please use the extinguisher.\nIt is red.", earlier=EARLIER)


def written(language: str = "en") -> Letter:
    return letter.answer(replace(MESSAGE, language=language), "Support", BUILT_IN)


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def test_what_was_said_before_stands_below_a_line_of_ours() -> None:
    assert written().text == (
        "Please use the extinguisher.\nIt is red.\n"
        "\n"
        "bob, Support\n"
        "\n"
        "##- Please write your answer above this line -## [42-1-mfrggzdfmztwq2lk]\n"
        "\n"
        "On 2026-03-02 11:00 UTC, bob wrote:\n"
        "> Which printer?\n"
        ">\n"
        "> There are two.\n"
        "\n"
        "On 2026-03-02 10:00 UTC, Ann Archer wrote:\n"
        "> The printer is on fire. <b>Help</b>\n"
        "\n"
        "-- \n"
        "Ticket 42: https://desk.test/t/abc\n"
    )


def test_the_html_says_the_same_and_takes_no_tag_from_anybody() -> None:
    page = written().html

    assert "<p>Please use the extinguisher.<br>\nIt is red.</p>" in page
    assert "&lt;b&gt;Help&lt;/b&gt;</blockquote>" in page
    assert '<a href="https://desk.test/t/abc">https://desk.test/t/abc</a>' in page
    assert "<b>" not in page


# How programs quote what they answer.
CLIENTS = {
    "gmail": "Thanks!\n\nOn Mon, 2 Mar 2026 at 13:00, Support <support@desk.test> wrote:\n\n{quoted}\n",
    "outlook": "Thanks!\n\nFrom: Support <support@desk.test>\nSent: Monday, 2 March 2026 13:00\n"
    "To: Ann Archer <ann@customer.test>\nSubject: Re: Printer on fire\n\n{text}\n",
    "outlook, German": "Thanks!\n\nVon: Support <support@desk.test>\nGesendet: Montag, 2. März 2026 13:00\n"
    "An: Ann Archer <ann@customer.test>\nBetreff: Re: Printer on fire\n\n{text}\n",
    "old outlook": "Thanks!\n\n-----Original Message-----\nFrom: Support\n\n{text}\n",
    "phone": "Thanks!\n\nSent from my phone\n\n{quoted}\n",
}


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("client", CLIENTS)
def test_of_an_answer_to_our_mail_only_the_answer_is_new(client: str, language: str) -> None:
    text = written(language).text

    reply = CLIENTS[client].format(quoted=quoted(text), text=text)

    assert quoting.new_text(reply) == "Thanks!"


def test_answers_between_our_lines_are_all_shown() -> None:
    lines = quoted(written().text).split("\n")

    reply = "\n".join(["On Mon, 2 Mar 2026, Support wrote:", lines[0], "It is empty.", *lines[1:]])

    assert "It is empty." in (quoting.new_text(reply) or reply)


def test_what_is_too_large_is_named_with_its_link() -> None:
    links = (
        Enclosure("plan\r\n.pdf", "application/pdf", 30 * 1024 * 1024, "", "https://desk.test/f/1"),
        Enclosure("", "application/pdf", 10, "", "https://desk.test/f/2"),
    )

    text = letter.answer(replace(MESSAGE, linked=links), "Support", BUILT_IN).text

    assert (
        "\n\nToo large for a mail; you find it here:\n"
        "plan .pdf (30.0 MB)\nhttps://desk.test/f/1\nfile (1 KB)\nhttps://desk.test/f/2\n\n"
    ) in text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "see https://a.test/b?c=d&e=f.",
            'see <a href="https://a.test/b?c=d&amp;e=f">https://a.test/b?c=d&amp;e=f</a>.',
        ),
        ("(https://a.test)", '(<a href="https://a.test">https://a.test</a>)'),
        ('https://a.test"onclick=x', '<a href="https://a.test">https://a.test</a>"onclick=x'),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("  two  spaces", " &nbsp;two &nbsp;spaces"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_a_line_is_shown_as_it_was_written(line: str, shown: str) -> None:
    assert letter_html.content(f"{line}\n") == f'<div dir="auto"><p>{shown}</p></div>'


@given(st.text(alphabet=st.sampled_from("<>\"'&=/ \n-#>abhttps:.")))
def test_no_text_makes_a_tag_of_its_own(text: str) -> None:
    page = letter_html.content(text)

    left = page
    for ours in ("<p>", "</p>", "<br>", "</a>", "</div>", "</blockquote>", '<div dir="auto">'):
        left = left.replace(ours, "")
    left = left.replace(letter_html._QUOTE, "").replace(f"<p {letter_html._SMALL}>", "")
    left = left.replace(f"<div {letter_html._SMALL}>", "").replace('<a href="http', "").replace('">', "")
    assert "<" not in left
    assert ">" not in left


def test_a_language_that_a_customers_words_tell_is_one_that_we_write() -> None:
    told = set(library.standard().votes.languages)

    # Tagalog is told only so that it is not taken for another.
    assert told - set(WORDINGS) == {"tl"}


@pytest.mark.parametrize("language", WORDINGS)
def test_what_is_put_into_a_sentence_has_its_place_in_every_language(language: str) -> None:
    words = WORDINGS[language]

    assert all("{number}" in said for said in (words.received, words.thanks, words.ticket))
    assert "{at}" in words.wrote
    assert "{name}" in words.wrote

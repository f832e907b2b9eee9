"""Lines of one program's own form, whole, broken or glued to the text, and what only looks like them."""

import pytest

from ingest import quoting

QUOTED = "> Please pull the plug.\n> Your desk"
ABOVE = f"On Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:\n{QUOTED}\n"


def test_a_point_of_a_list_that_says_who_wrote_when_is_text() -> None:
    text = "What I found:\n\n* Bo schrieb am 02.03.26 um 12:10 Uhr:\n  it burns\n\nWhat now?"

    assert quoting.new_text(text) is None


def test_catalan_thunderbird_quotes_without_a_verb() -> None:
    assert quoting.new_text(f"Funciona.\n\nMissatge de Ann Lee del dia 2/3/26 a les 12:10:\n{QUOTED}") == "Funciona."
    assert quoting.new_text("Missatge de Ann Lee del dia 2/3/26 a les 12:10: funciona!") is None


def test_mutts_star_is_no_point_of_a_list_above_a_quote() -> None:
    text = f"It stopped.\n\n* Ann Lee schrieb am 02.03.26 um 12:10 Uhr:\n{QUOTED}\n"

    assert quoting.new_text(text) == "It stopped."


def test_the_end_of_an_attribution_may_be_quoted_by_itself() -> None:
    text = f"It stopped.\n\nOn Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example>\n> wrote:\n{QUOTED}\n"

    assert quoting.new_text(text) == "It stopped."


def test_what_stands_below_the_long_line_of_a_phone_is_its_writers() -> None:
    text = "It stopped.\n\nSent from my Samsung Galaxy smartphone on Vodafone 5G\nOrder 4711, please"

    assert quoting.new_text(f"{text}\n\n{ABOVE}") == text


@pytest.mark.parametrize(
    "below",
    [
        "\n\nSent via Superhuman (\nhttps://sprh.mn/?vip=ann@shop.example )",
        "\n\nSent from my BlackBerry 10 smartphone on the\nVodafone network.",
        "\nSent from my Verizon Wireless 4G LTE DROID",
        "\nDesk <support@desk.example> writes:\n\n> Pull it.",
        "\n\n---- Desk wrote ----\n\nPull it.",
        f"\n\nOn\xa0Mon, 2\xa0Mar 2026 at 12:10\u202fPM, Desk <support@desk.example> wrote:\n{QUOTED}",
        "\n\nSent\xa0from\xa0my\xa0iPhone",
    ],
)
def test_what_stands_below_a_sentence_in_another_form_is_not_new(below: str) -> None:
    assert quoting.new_text(f"It stopped for me.{below}") == "It stopped for me."

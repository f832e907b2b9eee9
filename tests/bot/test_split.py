"""A text in parts that Telegram takes: nothing is lost, tags are whole in each part, and emoji are counted as it counts."""

from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import split
from tests import bot_api_rules


def shown(part: str) -> str:
    """As Telegram reads it; it refuses tags that do not match."""
    return bot_api_rules.parsed(part, "HTML")


def test_a_short_text_is_one_part_as_it_is() -> None:
    assert split.parts("<b>Hello</b> &lt;you&gt;") == ["<b>Hello</b> &lt;you&gt;"]


@pytest.mark.parametrize("empty", ["", "  \n ", "<b></b>", "<b> </b>"])
def test_what_shows_nothing_has_no_parts(empty: str) -> None:
    assert split.parts(empty) == []


def test_a_cut_falls_on_the_end_of_a_line_and_else_between_words() -> None:
    assert split.parts("one two\nthree four", most=12) == ["one two", "three four"]
    assert split.parts("one two three", most=9) == ["one two", "three"]
    assert split.parts("onetwothree", most=4) == ["onet", "woth", "ree"]


def test_tags_that_are_open_at_a_cut_are_closed_and_opened_again() -> None:
    parts = split.parts('<b>bold <a href="https://x.test">link text</a></b> end', most=10)

    assert parts == ['<b>bold <a href="https://x.test">link</a></b>', '<b><a href="https://x.test">text</a></b> end']


def test_length_is_counted_in_utf_16_units_after_the_entities() -> None:
    assert len(split.parts("🔥" * 2048)) == 1
    assert len(split.parts("🔥" * 2049)) == 2
    assert len(split.parts("&amp;" * 4096)) == 1


@given(st.text(st.sampled_from("ab \n<&🔥"), max_size=200), st.integers(4, 30))
def test_no_part_is_too_long_and_nothing_but_white_space_is_lost(text: str, most: int) -> None:
    parts = split.parts(f"<b>{split.escaped(text)}</b>", most=most)

    assert all(0 < split.units(shown(part)) <= most for part in parts)
    assert "".join("".join(map(shown, parts)).split()) == "".join(text.split())


def test_a_hostile_text_costs_no_more_than_its_length() -> None:
    began = monotonic()

    for text in ("<" * 50_000, "&" * 50_000, "<b>" * 20_000, "<a " * 20_000, " " * 50_000):
        split.parts(text)

    assert monotonic() - began < 10

"""What counts as a word, in texts and in what is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.finding import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The printer, the PRINTER!", {"the", "printer"}),
        ("o'brien foo-bar a@b.c 1%", {"o", "brien", "foo", "bar", "a", "b", "c", "1"}),
        ("snake_case", {"snake", "case"}),
        ("Über die Straße", {"uber", "die", "strasse"}),
        ("café ＵＢＥＲ ﬁn", {"cafe", "uber", "fin"}),
        ("Принтер ГОРИТ", {"принтер", "горит"}),
        ("हिन्दी", {"हनद"}),
        ("打印机", {"打印", "印机", "机"}),
        ("A4打印", {"a4", "打印", "印"}),
        ("x" * 100, {"x" * words.LONGEST}),
        ("\u0000\ud800 ( \" ' * :", set()),
    ],
)
def test_words_are_letters_and_digits_without_case_and_accents(text: str, expected: set[str]) -> None:
    assert words.of([text]) == expected


def test_what_somebody_pastes_to_fill_the_index_is_cut() -> None:
    assert len(words.of([" ".join(map(str, range(10 * words.MOST)))])) == words.MOST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Printer fire", ["printer", "fire"]),
        ("fire fire", ["fire"]),
        ("打印机", ["打印", "印机"]),
        ("机", ["机"]),
        ("%", []),
        (
            "one two three four five six seven eight nine",
            ["one", "two", "three", "four", "five", "six", "seven", "eight"],
        ),
    ],
)
def test_what_is_asked_is_cut_like_what_was_written(text: str, expected: list[str]) -> None:
    assert words.asked(text) == expected


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=200))
def test_a_text_is_found_by_any_word_of_it(before: str, word: str, after: str) -> None:
    known = words.of([f"{before} {word} {after}"])

    *whole, beginning = words.asked(word) or [""]
    assert set(whole) <= known
    assert not beginning or any(one.startswith(beginning) for one in known)


@given(st.text())
def test_no_word_has_anything_in_it_that_a_database_could_take_for_an_operator(text: str) -> None:
    for word in words.of([text]):
        assert word
        assert all(c.isalnum() for c in word)
        assert words.asked(word)

"""A text cut into whole words, and what its small words say of its language."""

import pytest

from core.classify.evidence import matter_of
from core.classify.inference import languages_of
from core.classify.library import standard
from core.classify.votes import Votes
from core.classify.words import Written, has_umlauts, joined, umlauts_read
from core.classify.words import folded as words_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Can't log-in, e_mail me!", ["can", "t", "log", "in", ",", "e", "mail", "me", "!"]),
        ("It is v1.2: what?! No...", ["it", "is", "v1", "2", ":", "what", "!", "no", "."]),
        ('He said "stop." Then (nothing.)', ["he", "said", "stop", "then", "nothing"]),
        ("one\n \t\n  two\nthree\n", ["one", "|", "two", "three"]),
        ("one\n\x0b\ntwo", ["one", "two"]),
        ("Größe „äöü“ – 5\xa0€.\u2028Ende…", ["grosse", "aou", "5", ".", "ende"]),
        ("cafe\u0301 naïve", ["cafe", "naive"]),
        ("Ошибка 404. 密码", ["ошибка", "404", ".", "密码"]),
        ("x² ½ İ ﬁn \ud800", ["x²", "½", "i", "fin"]),
        ("", []),
    ],
)
def test_words_are_cut_alike_whatever_letters_stand_among_them(text: str, folded: list[str]) -> None:
    plain, beside_others = words_of(text), words_of(f"{text}\n\nж")

    assert plain == folded
    # A letter that is not Latin makes the whole text take the other way.
    assert beside_others[: len(folded)] == folded


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("one.", "two"),
        ("one\n\n", "\n\ntwo"),
        ("one\n", "\ntwo"),
        ("Größe?!", "è"),
        ("one", "ж"),
        ("\x7f \xff", "|"),
    ],
)
def test_two_texts_are_cut_together_as_each_alone_would_be(first: str, second: str) -> None:
    row, end = joined(first, second)

    assert row == [*words_of(first), "|", *words_of(second)]
    assert end == len(words_of(first))


def test_each_word_is_found_where_it_stands() -> None:
    text = "Die Größe: „Ärger“ (x²).\n\nEnde"
    written = Written(text)

    shown = [written.slice(at, at + 1) for at, word in enumerate(words_of(text)) if word[0].isalnum()]

    assert shown == ["Die", "Größe", "Ärger", "x²", "Ende"]


def test_a_word_of_several_languages_speaks_for_each_with_its_share() -> None:
    votes = Votes({"en": ["the", "no"], "es": ["el", "no"], "it": ["no"]})

    en, es, it = votes.counted(["no", "the", "no", "no", "unknown"])

    assert (en, es, it) == (it + votes.counted(["el"])[1], it, it)
    assert votes.spoken("no") == ("en", "es", "it")
    assert votes.spoken("unknown") == ()
    assert "el" in votes
    assert "unknown" not in votes


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("I have the bill and you do not", {"en"}),
        ("ich habe die Rechnung und kann nicht", {"en", "de"}),
        ("ik heb het niet en kan ook geen", {"nl"}),
        ("9f3a", set()),
    ],
)
def test_english_is_read_with_every_language_that_is_read(text: str, languages: set[str]) -> None:
    library = standard()

    assert languages_of(matter_of("", text, library.manners), library) == languages


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("koennen ueber loeschen aendern zurueck", "konnen uber loschen andern zuruck"),
        ("neue Steuer Quelle aktuell manuell bauen", "neue steuer quelle aktuell manuell bauen"),
        ("issue bluetooth does value", "issue bluetooth does value"),
    ],
)
def test_umlauts_that_are_spelt_out_are_read_as_such_and_other_letters_stay(written: str, read: str) -> None:
    assert umlauts_read(written.lower().split()) == read.split()


def test_whether_a_text_has_umlauts_is_told_by_german_ones_alone() -> None:
    assert has_umlauts("Die Größe")
    assert not has_umlauts("élève, señor")
    assert not has_umlauts("Groesse")

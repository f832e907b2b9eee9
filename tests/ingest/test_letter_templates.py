"""Texts of an operator's own in the place of ours, and what happens when they are wrong."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Settings
from core.errors import Invalid
from core.vocabulary import DeliveryKind
from ingest import commands, letter_templates
from ingest.letter_templates import BUILT_IN, parsed
from tests.builders import settings

ANSWER, RECEIVED = DeliveryKind.ANSWER, DeliveryKind.ACKNOWLEDGEMENT
VALUES = {"number": "42", "link": "https://desk.test/t/abc", "desk": "Support"}


def in_folder(folder: Path, **files: str) -> Settings:
    (folder / "templates").mkdir()
    for name, text in files.items():
        (folder / "templates" / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return settings(folder)


def test_an_operators_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    found = letter_templates.read(
        in_folder(tmp_path, acknowledgement_de_txt="Subject: Nr. {number}\n\nDanke!\n\nHier: {link}\n")
    )

    assert found.of(RECEIVED, "de-AT").filled(VALUES) == ("Nr. 42", "Danke!\n\nHier: https://desk.test/t/abc\n")
    assert found.of(RECEIVED, "fr") == BUILT_IN.of(RECEIVED, "fr")
    assert found.of(ANSWER, "de") == BUILT_IN.of(ANSWER, "de")


def test_one_for_all_languages_is_for_those_that_have_none_of_their_own(tmp_path: Path) -> None:
    found = letter_templates.read(
        in_folder(tmp_path, acknowledgement_txt="Subject: {number}", acknowledgement_de_txt="Subject: Nr. {number}")
    )

    subjects = [found.of(RECEIVED, language).subject for language in ("de", "fr", "")]
    assert subjects == ["Nr. {number}", "{number}", "{number}"]


def test_a_paragraph_about_nothing_is_left_out() -> None:
    template = parsed(RECEIVED, "Subject: {number}\n\nThank you.\n\nYou find it here:\n{link}\n\nBye {{ }}\n")

    assert template.filled({**VALUES, "link": ""}) == ("42", "Thank you.\n\nBye { }\n")


def test_what_is_put_in_is_not_looked_at_again() -> None:
    template = parsed(ANSWER, "{text}\n")

    assert template.filled({"text": "a {link} {{ {text}\n\n{desk}"}) == ("", "a {link} {{ {text}\n\n{desk}\n")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("acknowledgement.txt", "Thank you, {number}", "must begin with a line `Subject: …`"),
        ("acknowledgement.txt", "Subject:\n\n{number}", "must begin with a line `Subject: …`"),
        ("acknowledgement.txt", "Subject: Hello\n\nThank you", "lacks {number}"),
        (
            "acknowledgement.txt",
            "Subject: {number}\n\n{text}",
            "has {text}, which is not known here: desk, link, number",
        ),
        ("acknowledgement.txt", "Subject: {number}\n\n{0.__class__", "has a lone {: write {{ for a curly bracket"),
        ("answer.txt", "Dear {name}", "lacks {text}"),
        ("answer.txt", "Subject: x\n\n{text}", "an answer keeps the customer's subject"),
        ("answer.de.txt", "{text} }", "has a lone }: write }} for a curly bracket"),
        ("answer.html", "<html></html>", "must have {content} once"),
        ("anser.txt", "{text}", "is no name of a template"),
        ("answer.txt", "{text}" + "x" * 70_000, "is longer than 64 KB"),
    ],
)
def test_a_wrong_template_is_not_used_and_the_doctor_says_why(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    wrong = in_folder(tmp_path)
    (tmp_path / "templates" / name).write_text(text, encoding="utf-8")

    [found] = letter_templates.problems(wrong)

    assert found.field.endswith(name)
    assert problem in found.message
    assert letter_templates.read(wrong) == BUILT_IN


def test_a_template_that_is_not_utf_8_is_not_used(tmp_path: Path) -> None:
    wrong = in_folder(tmp_path)
    (tmp_path / "templates" / "answer.txt").write_bytes("{text} Grüße".encode("latin-1"))

    assert [found.message for found in letter_templates.problems(wrong)] == ["is not UTF-8: save it in UTF-8"]
    assert letter_templates.read(wrong) == BUILT_IN


def test_a_folder_that_is_named_must_be_there(tmp_path: Path) -> None:
    assert letter_templates.problems(settings(tmp_path)) == []

    [found] = letter_templates.problems(settings(tmp_path, mail={"templates": tmp_path / "nowhere"}))

    assert "correct mail.templates" in found.message


def test_a_reader_who_has_had_enough_is_no_fault_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`deskbell templates --write F | head -1`"""
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "w") as heard_by_nobody:
        monkeypatch.setattr(sys, "stdout", heard_by_nobody)
        commands.templates(tmp_path)

    assert {file.name for file in tmp_path.iterdir()} == {name for name, _ in letter_templates.built_in()}


def test_ours_are_good_templates_to_begin_with(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for name, text in letter_templates.built_in():
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")

    found = letter_templates.read(settings(tmp_path))

    assert letter_templates.problems(settings(tmp_path)) == []
    for language in ("en", "de", "nl"):
        assert found.of(RECEIVED, language) == BUILT_IN.of(RECEIVED, language)
        assert found.of(ANSWER, language) == BUILT_IN.of(ANSWER, language)
    assert found.frame == BUILT_IN.frame


@given(st.text(alphabet=st.sampled_from("{}textnumber \nSubject:")))
def test_a_template_is_good_or_refused(text: str) -> None:
    for kind in (ANSWER, RECEIVED):
        try:
            template = parsed(kind, text)
        except Invalid:
            continue
        subject, filled = template.filled(dict.fromkeys(letter_templates.KNOWN[kind], "X"))
        assert "X" in subject + filled

"""What stands around the matter is cut before it is read, and nothing of the matter with it."""

import pytest

from core.classify.inference import classify
from core.classify.library import standard
from core.classify.manners import without
from core.vocabulary import Category, Priority

KNOWN = standard().manners


def said(text: str) -> str:
    return " ".join(without(text, KNOWN).split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Dear Support Team,\nthe printer is broken", "the printer is broken"),
        ("Hi, the printer is broken", "the printer is broken"),
        ("Hello\nthe printer is broken", "the printer is broken"),
        ("Hello my printer is broken since the weekend, what now", "what now"),
        ("The printer is broken\nKind regards,\nAnn Archer\nBilling department", "The printer is broken"),
        ("The printer is broken\nThanks\nAnn", "The printer is broken"),
        ("Thanks\nThe printer is broken", "The printer is broken"),
        ("Thanks to the last update the printer is broken and nothing works", None),
        ("Name: Ann\nPhone: 123\nSummary: printer broken", "printer broken"),
        ("From: Ann\nSent: Monday\nSubject: printer broken\n\nStill so", "printer broken Still so"),
        ("Phone lines are dead: all of them", None),
        ("Guten Tag,\\n\\nder Drucker ist kaputt.\\n\\nMit freundlichen Grüßen\\nAnn", "der Drucker ist kaputt."),
        ("Estimado equipo:\nla impresora no va\nUn saludo\nAna", "la impresora no va"),
        ("Madame, Monsieur,\nl'imprimante est en panne\nCordialement\nAnne", "l'imprimante est en panne"),
        ("Prezados,\na impressora parou\nAtenciosamente\nAna", "a impressora parou"),
        ("Regards", ""),
        ("", ""),
    ],
)
def test_greetings_signatures_and_headers_go_and_the_rest_stays(text: str, left: str | None) -> None:
    assert said(text) == (text if left is None else left)


def test_no_phrase_goes_across_a_cut() -> None:
    assert classify("", "access\nKind regards,\ndenied").priority != Priority.HIGH
    assert classify("", "sign\nPhone: 1\nin").category == Category.OTHER


def test_a_form_says_nothing_by_its_labels() -> None:
    form = "Name: Ann\nBrowser: Firefox\nPhone: none\nEmail: ann@customer.test\nSummary: too many failed attempts"

    assert classify("", form).category == Category.ACCOUNT_ACCESS


def test_a_long_text_of_nothing_but_manners_costs_no_more_than_another() -> None:
    assert len(without("Kind regards\n" * 5_000 + "thanks\n" * 5_000, KNOWN)) < 60_000
    assert classify("", "regards\n" * 200 + "invoice").category == Category.BILLING_QUESTION

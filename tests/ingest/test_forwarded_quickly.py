"""Most mails forward nothing: that is told by quick looks, which miss no forward."""

import pytest

from ingest import forwarded
from ingest.head_words import BEGIN_FORWARDED


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Hello,\n\nit does not print any more.\nAnn", False),
        ("From: ann@shop.example\nhello", True),
        ("hello\n发件人：安\n", True),
        ("On Monday somebody whose name is quite long wrote this below:\n> text", True),
        ("On Monday somebody whose name is quite long wrote this below: *_>- \n> text", True),
        ("On Monday somebody whose name is quite long wrote: and then went away", False),
        ("a\n---------- Forwarded message\n", True),
        ("a\n      -- b", True),
        ("a\n       -- b", False),
        ("a\n __ b", True),
        ("a\n   __ b", False),
        ("a long line with no sign at all in its first forty letters --: __: -- and the end:", True),
        (":" * 200_000, True),
        (("x" * 50 + ":" * 100 + " and on\n") * 2_000, False),
    ],
)  # fmt: skip
def test_a_quick_look_tells_what_may_begin_a_forward(text: str, may: bool) -> None:
    # A subject that says so, because without it a text in ASCII is looked at more closely.
    assert forwarded.may_begin(text, "Fwd: the printer") is may


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("Hello:\n-- \nAnn", False),
        ("On 2 Mar 2026 Cleo <c@customer.example> wrote:\n> text", False),
        ("On 2 Mar 2026 Cleo <c@customer.example> wrote:\n    text", True),
        ("On 2 Mar 2026 Cleo <c@customer.example> wrote:\n> t\u00e9xt", False),
        ("Grüße:\n-- \nAnn\n- Punkt: eins\nÜbrigens: gut", False),
        ("Grüße\n发件人：安\n", True),
        ("Grüße\n> *Von :* Cleo", True),
        ("| От: | Клео", True),
        ("Привет\n___ Пересылаемое сообщение ___", True),
        ("-----\u00a0Forwarded\u00a0 Message\u00a0-----", True),
        ("Grüße\nAnfang der weitergeleiteten Nachricht\n\nCleo:", True),
        ("ü" + ":\n" * 100_000, False),
        ("Begin  forwarded message:\ntext", True),
        ("---- Mensaje reenviado ----", True),
        ("> *From :* Cleo", True),
        ("Kellelt: Cleo", True),
        ("From here: Cleo", False),
        ("_" * 32 + "\nX: y", True),
        (":\n" * 100_000, False),
        ("x" * 200_000 + ":", False),
        ("Hello:\nthe forwarded message of Monday has not arrived, and neither has the one of Tuesday morning", False),
        ("Hello:\n" + "-" * 90 + " Forwarded message " + "-" * 90, True),
        ("Hello:\nBegin forwarded message:" + " " * 300, True),
        ("Grüße\nDas steht so in dem, was ich gestern von der Firma bekam: gar nichts", False),
    ],
)  # fmt: skip
def test_a_closer_look_wants_a_word_for_forwarding_or_for_a_sender(text: str, may: bool) -> None:
    assert forwarded.may_begin(text) is may


@pytest.mark.parametrize("form", ["{}", "{}:", "{} :", "*{}:*", "> {}\xa0*", "{}\u200b", "x{}y"])
def test_a_closer_look_finds_each_line_that_begins_a_forwarded_mail_whatever_stands_around_it(form: str) -> None:
    lines = [form.format(phrase) for phrases in BEGIN_FORWARDED.values() for phrase in phrases]

    missed = [line for line in lines if not forwarded.may_begin(f"Grüße:\n{line}\nCléo")]

    assert missed == (lines if form == "x{}y" else [])

"""What is new in an answer."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import quoting
from ingest.quoting import Said

QUOTED = "> Please pull the plug.\n> Your desk"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example> wrote:",
        "On Mon, 2 Mar 2026 at 12:10, Desk Support\n<support@desk.example> wrote:",
        "On Mon, 2 Mar 2026 at 12:10, Desk <support@desk.example>\nwrote:",
        "Desk Support <support@desk.example> wrote:",
        "Am 02.03.2026 um 12:10 schrieb Desk Support <support@desk.example>:",
        "Am Mo., 2. März 2026 um 12:10 Uhr schrieb Desk <\nsupport@desk.example>:",
        "Le lun. 2 mars 2026 à 12:10, Desk <support@desk.example> a écrit :",
        "El lun, 2 mar 2026 a las 12:10, Desk (<support@desk.example>) escribió:",
        "Il giorno lun 2 mar 2026 alle ore 12:10 Desk <support@desk.example> ha scritto:",
        "Em seg., 2 de mar. de 2026 às 12:10, Desk <support@desk.example> escreveu:",
        "Op ma 2 mrt 2026 om 12:10 schreef Desk <support@desk.example>:",
        "Den mån 2 mars 2026 kl 12:10 skrev Desk <support@desk.example>:",
        "pon., 2 mar 2026 o 12:10 Desk <support@desk.example> napisał(a):",
        "пн, 2 мар. 2026 г. в 12:10, Desk <support@desk.example>:",
        "02.03.2026 12:10, Desk пишет:",
        "2 Mart 2026 Pzt 12:10 tarihinde Desk <support@desk.example> şunu yazdı:",
        "2026年3月2日(月) 12:10 Desk <support@desk.example>:",
        "Desk <support@desk.example> 于2026年3月2日周一 12:10写道：",
        "2026년 3월 2일 (월) 오후 12:10, Desk <support@desk.example>님이 작성:",
        "---- On Mon, 02 Mar 2026 12:10:00 +0000 Desk wrote ----",
    ],
)
def test_an_attribution_ends_what_is_new(attribution: str) -> None:
    assert quoting.new_text(f"It stopped, thanks.\n\n{attribution}\n\n{QUOTED}\n") == "It stopped, thanks."


@pytest.mark.parametrize(
    "head",
    [
        "-----Original Message-----\nFrom: Desk",
        "-----Ursprüngliche Nachricht-----\nVon: Desk",
        "From: Desk <support@desk.example>\nSent: Monday\nTo: Ann\nSubject: The printer",
        "________________________________\nFrom: Desk\nSent: Monday\nTo: Ann\nSubject: The printer",
        "*From:* Desk\n*Date:* Monday\n*To:* Ann\n*Subject:* The printer",
        "Von: Desk\nGesendet: Montag\nAn: Ann\nBetreff: Drucker",
        "De : Desk\nEnvoyé : lundi\nÀ : Ann\nObjet : imprimante",
        "De: Desk\nEnviado el: lunes\nPara: Ann\nAsunto: impresora",
        "Da: Desk\nInviato: lunedì\nA: Ann\nOggetto: stampante",
        "De: Desk\nEnviada em: segunda\nPara: Ann\nAssunto: impressora",
        "Van: Desk\nVerzonden: maandag\nAan: Ann\nOnderwerp: printer",
    ],
)
def test_the_head_of_a_quoted_mail_ends_what_is_new(head: str) -> None:
    assert quoting.new_text(f"It stopped.\n\n{head}\n\nPlease pull the plug.\n") == "It stopped."


def test_our_own_marker_is_believed_first() -> None:
    text = (
        "It stopped.\n\nOn 2 Mar 2026, Desk <support@desk.example> wrote:\n"
        "> ##- Please write your reply above this line -##\n> Old words\nwhatever comes"
    )

    assert quoting.new_text(text) == "It stopped."


@pytest.mark.parametrize(
    "text",
    [
        "No quote at all.\n\nOnly text.",
        "On Monday I wrote to you: nothing happened.\nSince then silence.",
        "> Did you pull the plug?\nYes.\n> And the lamp?\nNo.",
        "On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n> Did you?\nYes.\n> And?\nNo.",
        "On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n> only the quote",
        "> a quote\n\nand a text",
        "-- \nonly a signature",
        "Look:\n\n---------- Forwarded message ---------\nFrom: Bo\nDate: Monday\nSubject: x\nTo: Ann\n\nWhat Bo wrote.",
        "From: here\nto there\nTo: be or not",
        "",
        "\n\n\n",
    ],
)
def test_when_unsure_everything_is_shown(text: str) -> None:
    assert quoting.new_text(text) is None


def test_an_answer_below_the_quote_is_the_new_part() -> None:
    text = f"On 2 Mar 2026 at 12:10, Desk <d@desk.example> wrote:\n{QUOTED}\n\nIt stopped."

    assert quoting.new_text(text) == "It stopped."


@pytest.mark.parametrize(
    "tail", ["-- \nAnn Lee\nShop Ltd.", "Sent from my iPhone", "Von meinem iPhone gesendet", "--\nAnn"]
)
def test_a_signature_is_told_from_the_text(tail: str) -> None:
    text = f"It stopped.\n\n{tail}"

    assert quoting.new_text(text) == "It stopped."
    assert [span.what for span in quoting.spans(text)] == [Said.NEW, Said.SIGNATURE]


def test_a_signature_below_the_quote_is_no_answer() -> None:
    assert quoting.new_text(f"It stopped.\n\n{QUOTED}\n\n-- \nAnn") == "It stopped."


LINES = st.sampled_from(
    ["", "text", "> q", ">> q", "-- ", "##- line -##", "On 1 Jan 2020 a@b.example wrote:", "From: x", "To: y", "Sent: z",
     "Subject: s", "-----Original Message-----", "Sent from my phone", "____________", ">:", "wrote:", "a:", "\r", "\0", "é\u2028x"]
)  # fmt: skip


@given(st.lists(LINES, max_size=40).map("\n".join) | st.text())
def test_the_spans_are_the_whole_text(text: str) -> None:
    spans = quoting.spans(text)

    assert "".join(text[span.start : span.end] for span in spans) == text
    assert any(span.what is Said.NEW for span in spans)


@pytest.mark.parametrize(
    "line",
    ["", ">", "> x", "a:", "From: x", "On 1 Jan 2020 a@b.example wrote:", "wrote:", "-- ", "-----", "On wrote " * 100, " " * 900, ":" * 900,
     "-" * 900, "Sent from my", "2020-01-01 x", "a@" * 400, "1.1.1" * 150, "##-" * 300],
)  # fmt: skip
def test_a_hostile_text_costs_no_more_than_its_length(line: str) -> None:
    text = f"{line}\n" * (quoting.TEXT_LENGTH // (len(line) + 1))
    begin = time.process_time()

    quoting.new_text(text)

    # Measured at most 0.1 s; anything that is not linear takes minutes.
    assert time.process_time() - begin < 1.5

"""Quotes and signatures that only the names in the HTML tell."""

import time

import pytest

from ingest import mail_in
from ingest.envelope import Envelope
from ingest.html_text import MARKUP_LENGTH, to_text

# An attribution in a language that no table has.
UNKNOWN = "Noong Lun, qwertz ni Ann:"
QUOTED = "<p>Please pull the plug.</p>"

ANSWERS = {
    "gmail": f'<div dir="ltr">It stopped.</div><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">{UNKNOWN}<br></div>'
    f'<blockquote class="gmail_quote">{QUOTED}</blockquote></div>',
    "gmail-signed": f'<div>It stopped.<div class="gmail_signature">Bo<br>Shop Ltd.</div></div><div class="gmail_quote">{UNKNOWN}{QUOTED}</div>',
    "outlook-web": f'<div>It stopped.</div><div id="Signature">Bo</div><div id="appendonsend"></div><hr><div id="x_divRplyFwdMsg">{UNKNOWN}</div>{QUOTED}',
    "outlook-desktop": '<div class="WordSection1"><p class="MsoNormal">It stopped.</p><div style="border: none; border-top : solid #B5C4DF 1.0pt;'
    f'padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b>From:</b> Ann Lee<br><b>Sent:</b> Monday<br>'
    f"<b>To:</b> Bo</p></div>{QUOTED}</div>",
    "outlook-new": f'<div>It stopped.</div><div id="mail-editor-reference-message-container"><hr>{UNKNOWN}{QUOTED}</div>',
    "hotmail": f'<div>It stopped.<hr id="stopSpelling">{UNKNOWN}<br>{QUOTED}</div>',
    "yahoo": f'<div>It stopped.</div><div class="ydp1a2byahoo_quoted">{UNKNOWN}{QUOTED}</div>',
    "proton": f'<div>It stopped.</div><div class="protonmail_signature_block">Bo</div><div class="protonmail_quote">{UNKNOWN}{QUOTED}</div>',
    "spark": f'<div name="messageBodySection">It stopped.</div><div name="messageSignatureSection">Bo</div><div name="messageReplySection">{UNKNOWN}{QUOTED}</div>',
    "gmx": f'<div>It stopped.</div><div name="quote">{UNKNOWN}{QUOTED}</div>',
    "zimbra": f'<div>It stopped.</div><div data-marker="__SIG_PRE__">Bo</div><hr id="zwchr"><div data-marker="__HEADERS__">{UNKNOWN}</div>{QUOTED}',
    "thunderbird-signed": '<p>It stopped.</p><div class="moz-signature">Bo</div>',
    "airmail": f'<div id="bloop_customfont">It stopped.</div><div id="bloop_sign_1" class="bloop_sign">Bo</div><blockquote>{QUOTED}</blockquote>',
    "ios-signed": f'It stopped.<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Bo<br>Shop Ltd.</div><div><blockquote type="cite">{UNKNOWN}<br></blockquote>'
    f'</div><blockquote type="cite">{QUOTED}</blockquote>',
    "em-client": f'<div>It stopped.</div><div><signature id="1"><div>Bo</div></signature></div><blockquote type="cite">{QUOTED}</blockquote>',
    "foxmail": '<div>It stopped.</div><hr style="width: 210px; height: 1px;" color="#b5c4df" size="1"><div>bo@shop.example</div>'
    f"<blockquote>{QUOTED}</blockquote>",
    "apple-signed": '<div>It stopped.</div><div id="AppleMailSignature">Bo</div>',
}


def new_text(markup: str) -> str | None:
    head = "From: bo@shop.example\r\nIn-Reply-To: <1@desk.example>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    message = mail_in.parse(f"{head}{markup}".encode(), Envelope())
    assert message.text == to_text(markup)
    return message.new_text


@pytest.mark.parametrize("source", ['cite="https://books.example/4"', 'cite="HTTP://books.example"'])
def test_a_page_that_the_writer_cites_is_no_quote_of_a_mail(source: str) -> None:
    assert new_text(f"<p>The manual says:</p><blockquote {source}>Pull the plug.</blockquote>") is None
    assert (
        new_text("<p>It stopped.</p><blockquote cite='mid:1@desk.example'>Pull the plug.</blockquote>") == "It stopped."
    )


@pytest.mark.parametrize(
    "attribution",
    [
        "<p>On 2 March 2026 <b>Cleo</b> &lt;cleo@x.example&gt; wrote:</p>",
        "<br>On 2 March 2026 Cleo &lt;cleo@x.example&gt; wrote:",
    ],
)
def test_what_is_answered_is_a_quote_though_it_cites_the_page_of_an_archive(attribution: str) -> None:
    quote = "<blockquote cite='https://list.example/4'>Pull the plug.</blockquote>"
    said = new_text(f"<p>Yes.</p>{attribution}{quote}<p>I did that.</p>") or ""

    assert "I did that." in said


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_program_marks_as_quoted_is_quoted_in_any_language(name: str) -> None:
    assert new_text(ANSWERS[name]) == "It stopped."


@pytest.mark.parametrize(
    "markup",
    [
        f'<div class="gmail_quote">{UNKNOWN}<blockquote>Did you?</blockquote><div>Yes.</div><blockquote>And?</blockquote></div>',
        f'<div class="gmail_quote">{UNKNOWN}{QUOTED}</div><div>It stopped.</div>',
        f'<div id="mail-editor-reference-message-container"><p>&gt; {UNKNOWN}</p><p>It stopped.</p></div>',
        f'<p>They say:</p><div class="quote">{QUOTED}</div><p>Why?</p>',
        # iOS and Foxmail mark only where a signature begins.
        f'Hello,<br id="lineBreakAtBeginningOfSignature"><div>Bo</div><blockquote>{UNKNOWN}Is it on?</blockquote><div>It is.</div>',
        f'Hello,<hr style="width: 210px" color="#b5c4df"><div>Bo</div><blockquote>{UNKNOWN}Is it on?</blockquote><div>It is.</div>',
        '<p>My journey:</p><div style="border:none;border-top:solid 1.0pt"><p>From: Rome<br>To: Oslo</p></div><p>Which seat?</p>',
        '<p>My journey:</p><div style="border-top:solid 1px"><p>From: Rome</p></div><p>Which seat?</p>',
    ],
)
def test_where_somebody_answers_below_or_inside_all_is_shown(markup: str) -> None:
    assert new_text(markup) is None


@pytest.mark.parametrize(
    ("markup", "new"),
    [
        ('<p>It stopped.</p><div class="signature">Bo</div><p>And cancel my order.</p>', None),
        (
            f'<div>It stopped.</div><div class="gmail_signature">Bo</div><div>And more.</div><div class="gmail_quote">{UNKNOWN}{QUOTED}</div>',
            "It stopped.\nBo\nAnd more.",
        ),
        (
            f'It stopped.<br id="lineBreakAtBeginningOfSignature"><div>Bo</div><div>And more.</div><blockquote>{UNKNOWN}{QUOTED}</blockquote>',
            "It stopped.\nBo\nAnd more.",
        ),
        # Gmail of old put all below its line of the signature into one element, what was written there too.
        (
            f'<div>It stopped.</div><div class="gmail_extra"><br>And more.<div class="gmail_quote">{UNKNOWN}<blockquote>Old</blockquote></div></div>',
            "It stopped.\n\nAnd more.",
        ),
        # Apple Mail on a telephone: whoever deletes the line above its signature writes into it.
        (
            '<div>Yes.</div><div id="AppleMailSignature"><br>And cancel my order, please.<div>Sent from my iPhone</div></div>',
            "Yes.\n\nAnd cancel my order, please.",
        ),
        ('<div>It is <span class="signature"> signed</span> below.</div><div>And cancel it.</div>', None),
    ],
)
def test_words_below_a_signature_or_written_into_it_are_shown(markup: str, new: str | None) -> None:
    assert new_text(markup) == new


@pytest.mark.parametrize(
    "markup",
    [
        '<div>It stopped.<div class="{}">\n <div>Bo</div></div></div><p>x</p>',
        '<div>It stopped.</div><div class="{}"></div><div class="gmail_quote">\n <div>Bo</div></div>',
        '<div>It is <span class="{}"> signed</span> below.</div>',
        '<p>It stopped.</p><div class="{}">\n  Bo</div>',
        '<p>It stopped.</p><table class="{}"><tr><td>Bo</td><td>Lee</td></tr></table>',
    ],
)
def test_the_text_is_that_of_a_page_without_such_names(markup: str) -> None:
    plain = markup.replace("gmail_quote", "x").format("x")

    assert to_text(markup.format("signature")) == to_text(plain)
    assert to_text(markup.format("appendonsend")) == to_text(plain)


def test_the_marks_cannot_be_written_by_the_sender() -> None:
    assert new_text("<p>One.</p><p>\ue003</p><p>Two.</p>") is None


@pytest.mark.parametrize(
    "piece",
    [
        '<br id="lineBreakAtBeginningOfSignature"><p>x</p>',
        '<div class="gmail_quote">x',
        '<div name="quote"></div>x',
        '<p class="signature">x</p>',
    ],
)
def test_hostile_names_cost_little(piece: str) -> None:
    markup = piece * (MARKUP_LENGTH // 8 // len(piece))
    begin = time.perf_counter()

    new_text(markup)

    assert time.perf_counter() - begin < 3.0

"""The layout of HTML: as inscriptis makes it, in less time."""

import random
import time
import tracemalloc

import pytest
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_document_state import HtmlDocumentState
from lxml.html import document_fromstring

from ingest import html_layout
from ingest.html_text import to_text

PIECES = (
    "word", " ", "\n ", "two  words", "&nbsp;", "&amp;lt;", "<br>", "<b> bold </b>", "<span>in</span>", "<p>", "</p>", "<div>", "</div>", "<ul><li>",
    "<li>", "</ul>", "<ol><li>", "</ol>", "<table><tr><td>", "<td>", "<th>", "<tr>", "</table>", "<pre> a\n  b</pre>", "<q>said</q>", "<h1>",
    "<div style='margin-top: 2em; display: block'>", "<span style='display:none'>", "<td style='text-align:right' valign=top>",
    "<p style='padding-left: x; margin-left: 3em;white-space:pre'>", "<!-- no -->", "<blockquote>", "</blockquote>",
)  # fmt: skip


def plainly(markup: str) -> str:
    """What inscriptis makes of it with nothing of ours but the elements that it does not know."""
    known = {tag: element for tag, element in html_layout.manner().css.items() if tag in html_layout.BLOCKS}
    config = ParserConfig(css={**CSS_PROFILES["strict"], **known})
    return str(Inscriptis(document_fromstring(markup), config).get_text())


@pytest.mark.parametrize("seed", range(60))
def test_a_page_is_laid_out_as_inscriptis_does(seed: int) -> None:
    chosen = random.Random(seed)
    markup = "<body>x" + "".join(chosen.choices(PIECES, k=40))

    laid_out = Inscriptis(document_fromstring(markup), html_layout.manner()).get_text()

    assert laid_out == plainly(markup)


def test_white_space_between_words_of_different_elements_is_one_space() -> None:
    assert to_text("<p>one <b> two</b>\n<i>three</i>four </p> <p>five</p>") == "one two threefour\n\nfive"


def test_pages_that_are_laid_out_at_once_do_not_write_into_each_other() -> None:
    one, other = HtmlDocumentState(html_layout.manner()), HtmlDocumentState(html_layout.manner())
    assert one.tags[0].canvas is one.canvas
    assert other.tags[0].canvas is other.canvas


@pytest.mark.parametrize(
    "markup",
    [
        "<div style='padding-left: 9999em'>" * 90 + "x<br>" * 500,
        "<div style='margin-top: 99999em; margin-bottom: 99999em'>x</div>" * 300,
        "<table><tr><td><div style='padding-left: 99em'>" * 45 + "<pre>" + "\n" * 9_000,
        "<table><tr><td>" + "w" * 20_000 + "<tr><td>a" * 900,
        # libxml2 compares each attribute of a tag with those before it.
        "<p " + " ".join(f"a{number:x}" for number in range(40_000)) + ">x</p>",
        "<p " + "".join(f"a{number:x}='>'" for number in range(25_000)) + ">x</p>",
        # Where the quotes of a comment or a script, or ones that are of a name or a bare value, seem to hold them.
        "<!-- <a b='--><p " + " ".join(f"a{number:x}" for number in range(20_000)) + ">x</p>'",
        "<!-- <a b='--><p c='>' " + " ".join(f"a{number:x}" for number in range(20_000)) + ">x</p>",
        '<p ="' + " ".join(f"a{number:x}" for number in range(20_000)) + '">x</p>',
        '<p b=c="' + " ".join(f"a{number:x}" for number in range(20_000)) + '">x</p>',
        "<a/b=" * 4_900 + "x" * 200_000,
    ],
)
def test_a_page_that_makes_itself_large_takes_little_time_and_room(markup: str) -> None:
    tracemalloc.start()
    began = time.process_time()
    text = to_text(f"<p>begin</p>{markup}")
    took, most = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert text.startswith("begin")
    assert took < 1
    assert most < 32 * 2**20

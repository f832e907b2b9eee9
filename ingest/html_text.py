"""HTML to text as a person would read it: links with their address, lists, tables, quotes marked by `> `.

inscriptis lays out, lxml parses; both are imported when the first HTML mail comes (they cost 40 ms and memory).
Size, number of elements and depth are capped. Past a cap, and where libxml2 gives up (it drops everything below a
depth of 256), tags are stripped by one linear scan: less beautiful, nothing lost.
"""

import html
import logging
import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from ingest import html_marks, quote_lines

if TYPE_CHECKING:
    from lxml.etree import _Element

log = logging.getLogger(__name__)

MARKUP_LENGTH = 1024 * 1024
_LAID_OUT_LENGTH = 256 * 1024
_ELEMENTS = 5_000
_DEPTH = 200
_LINK_LENGTH = 500
_STYLE_LENGTH = 2_000
_ATTRIBUTION_TEXTS = 20

_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*+>?")
_OPENING = re.compile(r"<[a-zA-Z]")
# libxml2 compares each attribute of a tag with all before it: half a minute for 256 KB of them. Where one begins and ends
# (HTML, 13.2.5.32 to 39): an equals sign in front is of its name, and a quotation mark within a bare value of that.
_ATTRIBUTE = (
    r"[ \t\n\f\r/]*+[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+(?:\"[^\"]*+\"|'[^']*+'|[^ \t\n\f\r>\"'][^ \t\n\f\r>]*+)?+)?+"
)
_LONG_TAG, _ATTRIBUTES, _READ_TWICE = 4_096, 400, 4
_WHOLE_TAG = re.compile(rf"<[a-zA-Z][^ \t\n\f\r/>]*+(?:{_ATTRIBUTE}){{0,{_ATTRIBUTES}}}+({_ATTRIBUTE})?+")
_BREAKS = re.compile(
    r"</?(?:p|div|br|tr|li|h[1-6]|table|blockquote|ul|ol|pre|hr|option|section|article)\b[^<>]*+>", re.IGNORECASE
)
_CELLS = re.compile(r"</t[dh]\b[^<>]*+>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}+")
_DECLARATION = re.compile(r"\A\s*+<\?xml[^>]*+>", re.IGNORECASE)
# The last three are how newsletters hide the words that an inbox shows beside the subject (pre-headers).
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|max-height\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
# Columns of a table that is only there for the looks are wider than any data.
_WIDE_GAP = re.compile(r" {20,}+")
# libxml2 reads these (as `&#1;`) and lxml refuses to have them written back.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Missive, Alibaba, Help Scout, Freshdesk.
_QUOTE_CLASSES = frozenset({"missive_quote", "alimail-quote", "helpscout-quote", "freshdesk_quote"})
# Which elements hold nothing that a person reads, and how each ends.
_UNSEEN = ("style", "script", "head", "title", "template", "noscript")
_IN_LINE = frozenset({"a", "b", "i", "u", "em", "strong", "span", "font"})
# Private characters that mark where a quote begins and ends, and where a line must end, until the layout is done.
_QUOTE, _UNQUOTE, _BREAK = "\ue000", "\ue001", "\ue002"
_OURS = _QUOTE + _UNQUOTE + _BREAK + html_marks.MARKS + "\0"
_MARKS = str.maketrans("", "", _OURS)


def to_text(markup: str) -> str:
    """The text of `markup`."""
    return unmarked(to_marked_text(markup))


def unmarked(text: str) -> str:
    """The text as it is read, without what `html_marks` put into it."""
    return _tidy(html_marks.taken_out(text)) if any(mark in text for mark in html_marks.MARKS) else text


def to_marked_text(markup: str) -> str:
    """The text of `markup`, with marks where its program says by a name that a quote or a signature begins."""
    markup = markup[:MARKUP_LENGTH]
    if any(mark in markup for mark in _OURS):
        markup = markup.translate(_MARKS)
    if "<" not in markup:  # a plain text that was called HTML: its lines are all the form it has
        return _tidy(html.unescape(markup))
    tags = len(_OPENING.findall(markup)) if len(markup) <= _LAID_OUT_LENGTH else _ELEMENTS + 1
    if tags <= _ELEMENTS and not (len(markup) > _LONG_TAG and _has_too_many_attributes(markup)):
        try:
            text = _laid_out(markup, may_be_deep=tags > _DEPTH)
        except Exception:  # two libraries and a stranger's markup: plain words are better than an unreadable mail
            log.exception("HTML could not be laid out, its tags are taken away")
            text = ""
        if text:
            return text
    return stripped(markup)


def _has_too_many_attributes(markup: str) -> bool:
    """Read from each place where a tag may begin: what looks like one may stand in a comment or a script, and the real one in
    a value of it. Where that is the rule, so that much would be read again and again, nothing good is meant either.
    """
    left = _READ_TWICE * len(markup)
    for opening in _OPENING.finditer(markup):
        tag = _WHOLE_TAG.match(markup, opening.start())
        left -= tag.end() - tag.start() if tag else 0
        if left < 0 or (tag and tag[1] is not None):
            return True
    return False


def stripped(markup: str) -> str:
    """The text of `markup` by taking its tags away: linear for any input."""
    for name in _UNSEEN:
        markup = _without(markup, f"<{name}", f"</{name}")
    markup = _without(markup, "<!--", "-->")
    return _tidy(html.unescape(_TAG.sub("", _CELLS.sub("  ", _BREAKS.sub("\n", markup)))))


def _without(markup: str, begin: str, end: str) -> str:
    """`markup` without everything from `begin` to `end`; what never ends hides nothing."""
    folded = markup.lower()
    if len(folded) != len(markup):
        return markup  # a letter whose lower case is two: positions would not fit
    pieces, position = [], 0
    while (start := folded.find(begin, position)) >= 0 and (stop := folded.find(end, start)) >= 0:
        if folded[start + len(begin) : start + len(begin) + 1].isalpha():  # <header> is no <head>
            pieces.append(markup[position : start + len(begin)])
            position = start + len(begin)
            continue
        pieces.append(markup[position:start])
        closed = folded.find(">", stop)
        position = closed + 1 if closed >= 0 else len(markup)
    pieces.append(markup[position:])
    return "".join(pieces)


def _laid_out(markup: str, *, may_be_deep: bool) -> str:
    """The text as inscriptis lays it out; empty when the tree is too deep, its tables too large, or no tree at all."""
    from inscriptis.html_engine import Inscriptis
    from lxml import etree

    from ingest import html_layout

    try:
        # An encoding declaration inside a str is refused by lxml. Not lxml.html's parser, which asks a function of
        # Python for the class of each element.
        tree = etree.fromstring(_DECLARATION.sub("", markup, count=1), parser=etree.HTMLParser(encoding=None))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    if tree is None:
        return ""
    # While somebody has them, lxml does not make its elements anew each time that one is asked for.
    elements = list(tree.iter())
    if may_be_deep and _too_deep(tree):
        return ""
    if html_marks.may_be_in(markup):
        html_marks.put_into(tree)
    _prepare(elements)
    try:
        laid_out: str = Inscriptis(tree, html_layout.manner()).get_text()
    except html_layout.TooLargeError:
        return ""
    return _tidy(_quoted(laid_out.replace(_BREAK, "\n")))


def _too_deep(tree: "_Element") -> bool:
    depth = 0
    from lxml.etree import iterwalk

    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _DEPTH:
            return True
    return False


def _prepare(elements: "list[_Element]") -> None:
    """Take away what nobody sees, and write down what only the browser would show: link targets and quotes."""
    for element in elements:
        if not isinstance(element.tag, str):
            continue
        if element.get("hidden") is not None or ((style := element.get("style")) and _hides(style[:_STYLE_LENGTH])):
            _clear(element)
        elif element.tag == "a":
            _write_target(element)
        elif (element.tag == "blockquote" and not _is_of_page(element)) or _is_quote(element):
            element.text = _QUOTE + _fit(element.text)
            _append(element, _UNQUOTE)
        elif element.tag == "table":
            _end_line_before(element)
        elif element.tag in ("dt", "dd"):
            _append(element, _BREAK)


# The same few stand in all of a page, and many pages have the same.
@lru_cache(maxsize=256)
def _hides(style: str) -> bool:
    return _HIDDEN.search(style) is not None


def _is_of_page(quote: "_Element") -> bool:
    """Whether the writer cites a page (HTML 4.4.4). Programs that quote the mail they answer name its Message-ID there
    (`mid:`), and say `type="cite"`; where one names the page of an archive, the line that says who wrote stands above it."""
    source = (quote.get("cite") or "")[:8].lower()
    return source.startswith(("http:", "https:")) and quote.get("type") is None and not _is_attributed(quote)


def _is_attributed(quote: "_Element") -> bool:
    before, around = quote.getprevious(), quote.getparent()
    if before is not None:
        texts = [*islice(before.itertext(), _ATTRIBUTION_TEXTS), before.tail or ""]
    else:
        texts = [(around.text or "") if around is not None else ""]
    said = " ".join("".join(text[-quote_lines.LINE_LENGTH :] for text in texts).split())
    return quote_lines.letters([said]) == "a"


def _is_quote(element: "_Element") -> bool:
    """Whether a program marks its quote by a class of its own, and by nothing that a reader sees."""
    classes = (element.get("class") or "")[:200].split()
    return not _QUOTE_CLASSES.isdisjoint(classes) and next(element.iter("blockquote"), None) is None


def _clear(element: "_Element") -> None:
    """Empty the element; what stands behind it stays."""
    tail = element.tail
    element.clear()
    element.tail = tail


def _write_target(link: "_Element") -> None:
    target = (link.get("href") or "").strip()
    if not target.lower().startswith(("http:", "https:", "mailto:")) or len(target) > _LINK_LENGTH:
        return
    shown = "".join(link.itertext()).strip()
    if shown and _bare(target) not in _bare(shown):
        _append(link, f" ({target})")


def _end_line_before(table: "_Element") -> None:
    """inscriptis leaves a table on the line of the text before it, which joins two words."""
    before = table.getprevious()
    if before is not None:
        if before.tag in _IN_LINE or (before.tail and before.tail.strip()):
            before.tail = _fit(before.tail) + _BREAK
    elif (around := table.getparent()) is not None and around.text and around.text.strip():
        around.text = _fit(around.text) + _BREAK


def _bare(target: str) -> str:
    return target.lower().removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")


def _append(element: "_Element", text: str) -> None:
    """Put `text` at the end of the element's inside."""
    if len(element):
        element[-1].tail = _fit(element[-1].tail) + _fit(text)
    else:
        element.text = _fit(element.text) + _fit(text)


def _fit(text: str | None) -> str:
    return _UNFIT.sub("", text or "")


def _quoted(text: str) -> str:
    """Each line with one `> ` for every quote that it stands in."""
    if _QUOTE not in text:
        return text
    lines, depth = [], 0
    for line in text.split("\n"):
        deepest = depth
        for sign in line:
            if sign == _QUOTE:
                depth += 1
                deepest = max(deepest, depth)
            elif sign == _UNQUOTE:
                depth = max(0, depth - 1)
        bare = line.replace(_QUOTE, "").replace(_UNQUOTE, "").strip() if deepest else line
        lines.append("> " * min(deepest, 20) + bare if deepest and bare else bare)
    return "\n".join(lines)


def _tidy(text: str) -> str:
    # Line by line: a pattern for "spaces before a line end" tries each of a quarter of a million spaces anew.
    lines = (line.rstrip(" \t\r\u200b") for line in text.replace("\xa0", " ").split("\n"))
    return _BLANK_LINES.sub("\n\n", _WIDE_GAP.sub("  ", "\n".join(lines))).strip()

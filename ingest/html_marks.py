"""What programs mark in their HTML by names of their own: where the quote begins, and what is a signature. Bounded.

The marks are single private characters at the beginning of the text of an element, and at the end of a signature's.
They come through the layout unseen: `taken_out` gives the text as it is read, and `as_lines` puts each on a line of its
own, where `quote_lines` reads them in any language. Only the first quote is marked, and none below or inside which
somebody answers; where a signature ends is marked because people write below theirs (`quoting`).
"""

import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from ingest import quoted_head

if TYPE_CHECKING:
    from lxml.etree import _Element

QUOTE, SIGNATURE, END = "\ue003", "\ue004", "\ue005"
MARKS = QUOTE + SIGNATURE + END
_MARK = re.compile(f"([{MARKS}])")
# The space behind a mark is another one to the layout, and none to the reader where one stands before it.
_WITH_SPACE = re.compile(rf"(?:(?<=\s)|^)[{MARKS}]+\s*|[{MARKS}]")
_ATTRIBUTES = ("class", "id", "data-marker")
_NAMES_LENGTH = 500
# Outlook puts x_ before the names in what it quotes, Yahoo a name of its own.
_PREFIX = r"(?:^|\s)(?:x_){0,9}(?:ydp\w{0,16}?|yiv\d{0,12})?"
# All that follows them is quoted: Outlook (web, mobile, Hotmail, 2003), Zimbra.
_BEGINS = re.compile(
    _PREFIX + r"(?:appendonsend|divRplyFwdMsg|stopSpelling|zwchr|__HEADERS__|OutlookMessageHeader)(?:\s|$)"
)
# What is inside is quoted: Gmail, Yahoo, Proton, Outlook (Mac, mobile, new), Spark, GMX, Zoho, Newton, Tuta, Missive, Alibaba,
# Help Scout, Freshdesk, HubSpot, Mailbird, Zimbra, NetEase, 139.com, Mail.ru.
_HOLDS = re.compile(
    _PREFIX + r"(?:gmail_quote(?:_container)?|yahoo_quoted|protonmail_quote|OLK_SRC_BODY_SECTION"
    r"|mail-editor-reference-message-container|ms-outlook-mobile-reference-message|name=messageReplySection|name=quote|zmail_extra|cm_quote"
    r"|tutanota_quote|missive_quote|alimail-quote|helpscout-quote|freshdesk_quote|hs_reply|history_container|__QUOTED_TEXT__"
    r"|isReplyContent|reply139content|composeWebView_previouse_content)(?:\s|$)"
)
# Gmail, Thunderbird, Proton, Outlook (web, mobile), Apple, Spark, Yahoo, Front, Superhuman, Open-Xchange, Samsung, Zimbra, Airmail,
# Missive, HubSpot, Mailbird, Roundcube.
_SIGNS = re.compile(
    _PREFIX
    + r"(?:gmail_signature|moz-signature|protonmail_signature_block|Signature|signature|ms-outlook-mobile-signature|AppleMailSignature"
    r"|name=messageSignatureSection|yahoo_signature|front-signature|sh-signature|io-ox-signature|composer_signature|__SIG_PRE__|__SIG_POST__"
    r"|bloop_sign|missive_signature|hs_signature|mb_sig|_rc_sig)(?:\s|$)"
)
# iOS marks only where its signature begins, by a line break.
_SIGNS_BELOW = "lineBreakAtBeginningOfSignature"
# Each of those names holds one of these.
_TELLING = ("uote", "ignature", "Section", "appendonsend", "RplyFwdMsg", "SECTION", "reference-message", "zwchr", "stopSpelling", "zmail_extra",
            "reply", "Reply", "history_container", "previouse", "__", "OutlookMessageHeader", "bloop_sign", "mb_sig", "_rc_sig", "#b5c4df",
            "none;border-top", "none; border-top")  # fmt: skip
# Word draws a line above the head of what it answers (Outlook since 2007).
_RULED = re.compile(
    r"border\s{0,4}:\s{0,4}none\s{0,4};\s{0,4}border-top\s{0,4}:\s{0,4}solid\b[^;]{0,40}pt", re.IGNORECASE
)
# Of its head there are four fields or five; a person who writes of a journey below a line has one or two.
_HEAD_LENGTH, _HEAD_TEXTS, _HEAD_FIELDS = 60, 40, 3


def may_be_in(markup: str) -> bool:
    """A quick look, because most pages have no such name."""
    return any(telling in markup for telling in _TELLING)


def put_into(tree: "_Element") -> None:
    """Mark the first quote in `tree`, and the signatures above it."""
    answered: bool | None = None
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in ("html", "body", "head", "a", "img", "blockquote"):
            continue
        if element.tag == "div" and _is_ruled_head(element):
            _mark(element, QUOTE)
            return
        if _begins_signature(element):
            answered = _is_any_answered(tree) if answered is None else answered
            if not answered:
                _mark_below(element)
            continue
        names = "Signature" if element.tag == "signature" else _names(element)  # eM Client, Mailspring
        if not names:
            continue
        begins = _BEGINS.search(names) is not None
        if begins or _HOLDS.search(names):
            if not _is_quoted(element) and (begins or not _is_answered(element)):
                _mark(element, QUOTE)
            return
        if _SIGNS.search(names) and not _is_quoted(element):
            _mark(element, SIGNATURE)
            _mark_end(element)


def _is_ruled_head(element: "_Element") -> bool:
    """Whether the element has a line above it and begins with the head of a mail, and stands in no quote."""
    style = element.get("style") or ""
    if "border-top" not in style[:_NAMES_LENGTH] or _RULED.search(style[:_NAMES_LENGTH]) is None:
        return False
    texts = [text.strip()[:_HEAD_LENGTH] for text in islice(element.itertext(), _HEAD_TEXTS)]
    return (
        quoted_head.is_sender("".join(texts)[:_HEAD_LENGTH])
        and sum(map(quoted_head.is_field, filter(None, texts))) >= _HEAD_FIELDS
        and not _is_quoted(element)
    )


def _begins_signature(element: "_Element") -> bool:
    """Whether a signature begins here and nothing says where it ends: the break of iOS, the short line that Foxmail draws."""
    if element.tag == "br":
        return element.get("id") == _SIGNS_BELOW
    return element.tag == "hr" and element.get("color") == "#b5c4df" and "210px" in (element.get("style") or "")


def _mark_below(element: "_Element") -> None:
    """iOS has its signature in the next element, and who goes on below that writes text."""
    _mark(element, SIGNATURE)
    below = element.getnext()
    if element.tag == "br" and below is not None and below.tag == "div":
        _mark_end(below)


def _is_any_answered(tree: "_Element") -> bool:
    """Whether somebody writes below the first quote: what looks like a signature above it ends nothing then."""
    quote = next(tree.iter("blockquote"), None)
    return quote is not None and any(text.strip() for text in _texts_behind(quote))


def _is_quoted(element: "_Element") -> bool:
    return next(element.iterancestors("blockquote"), None) is not None


def _names(element: "_Element") -> str:
    name = element.get("name")
    names = [found for attribute in _ATTRIBUTES if (found := element.get(attribute))]
    return " ".join([*names, f"name={name}"] if name else names)[:_NAMES_LENGTH]


def taken_out(text: str) -> str:
    """The text without the marks, nor the lines that there would not be without them."""
    lines = ((line, _WITH_SPACE.sub("", line) if _MARK.search(line) else line) for line in text.split("\n"))
    return "\n".join([bare for line, bare in lines if bare.strip() or bare == line])


def as_lines(text: str) -> str:
    """The text with each mark in a line of its own."""
    lines = (filter(None, _MARK.split(line)) if _MARK.search(line) else (line,) for line in text.split("\n"))
    return "\n".join(chain.from_iterable(lines))


def _mark(element: "_Element", mark: str) -> None:
    if element.tag != "hr" and len(element) and element[0].tag == "br" and not (element.text or "").strip():
        element = element[0]  # a blank line stays one
    if element.tag in ("hr", "br"):  # hold no text
        element.tail = mark + (element.tail or "")
    else:
        element.text = mark + (element.text or "")


def _mark_end(element: "_Element") -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + END
    else:
        element.text = (element.text or "") + END


def _is_answered(element: "_Element") -> bool:
    """Whether somebody writes below the quote, or between the pieces of it; a signature there is no answer."""
    if any(text.strip() for text in _texts_behind(element)):
        return True
    pieces = list(element.iter("blockquote"))
    return bool(pieces) and any(text.strip() for text in _texts_behind(pieces[0], element))


def _texts_behind(element: "_Element", within: "_Element | None" = None) -> Iterator[str]:
    """What stands behind `element`, inside `within`, outside of further quotes and signatures."""
    while element is not None and element is not within:
        yield element.tail or ""
        for sibling in element.itersiblings():
            if not isinstance(sibling.tag, str) or sibling.tag == "blockquote":
                yield sibling.tail or ""
            else:
                yield from _own_texts(sibling)
                yield sibling.tail or ""
        parent = element.getparent()
        if parent is None:
            return
        element = parent


def _own_texts(element: "_Element") -> Iterator[str]:
    names = _names(element)
    if names and (_SIGNS.search(names) or _HOLDS.search(names)):
        return
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in ("blockquote", "style", "script"):
            yield from _own_texts(child)
        yield child.tail or ""

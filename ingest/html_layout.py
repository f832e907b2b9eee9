"""How inscriptis lays a page out for us, in two thirds of its time. Loaded with the first HTML mail.

inscriptis looks at each letter of a text by itself, copies an element attribute by attribute, and reads each `style` as
often as it stands there. The same is done here in our own subclasses, which its own hooks bring in; a test compares the
two.

What a stranger's page makes large is bounded here too: indents and margins, and how much all its tables fill, each of
which by itself makes gigabytes out of a few kilobytes.
"""

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache, lru_cache
from html import unescape
from typing import Self

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_properties import Display
from inscriptis.model.attribute import DEFAULT_ATTRIBUTE_MAP, Attribute
from inscriptis.model.canvas.block import Block
from inscriptis.model.canvas.prefix import Prefix
from inscriptis.model.config import ParserConfig
from inscriptis.model.css import CssParse
from inscriptis.model.html_document_state import HtmlDocumentState
from inscriptis.model.html_element import HtmlElement
from inscriptis.model.table import Table
from inscriptis.model.tag import CustomHtmlTagHandlerMapping
from inscriptis.model.tag.table_tag import table_start_handler, td_start_handler

# Elements that stand on lines of their own in every browser, and that inscriptis takes for words in a line.
BLOCKS = (
    "button", "caption", "center", "details", "dir", "dl", "fieldset", "form", "hr", "legend", "menu", "optgroup", "option", "section",
    "summary", "textarea",
)  # fmt: skip
# Those of which it knows nothing, and of which mails are full.
_OTHERS = (
    "html", "a", "b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "sub", "sup", "code", "tt", "br", "img",
    "table", "tbody", "thead", "tr", "td", "th",
)  # fmt: skip
_Styling = tuple[Callable[[str, HtmlElement], None], str]
# Columns that all elements around a text indent it by, and empty lines above or below an element.
_INDENT, _MARGIN = 40, 20
# Characters that all cells of a page fill, nested ones again and again, and for how many a line of a cell counts.
_FILLED = 6_000_000
_LINE = 50


class TooLargeError(Exception):
    """The tables of a page fill more than anybody reads."""


class Manner(ParserConfig):  # type: ignore[misc]  # inscriptis has no types
    """How one page is laid out, and how much its tables may still fill."""

    left = _FILLED


class _Element(HtmlElement):  # type: ignore[misc]  # as above
    __slots__ = ()

    def __copy__(self) -> Self:
        copied = self.__class__.__new__(self.__class__)
        copied.canvas, copied.tag, copied.annotation = self.canvas, self.tag, self.annotation
        copied.prefix, copied.suffix, copied.list_bullet = self.prefix, self.suffix, self.list_bullet
        copied.display, copied.whitespace = self.display, self.whitespace
        copied.limit_whitespace_affixes = self.limit_whitespace_affixes
        copied.margin_before, copied.margin_after = self.margin_before, self.margin_after
        copied.previous_margin_after, copied.padding_inline = self.previous_margin_after, self.padding_inline
        copied.align, copied.valign = self.align, self.valign
        return copied


class _Attribute(Attribute):  # type: ignore[misc]  # as above
    def __init__(self) -> None:
        self.attribute_mapping = {**DEFAULT_ATTRIBUTE_MAP, "style": _style}

    def apply_attributes(self, attributes: Mapping[str, str], html_element: HtmlElement) -> HtmlElement:
        """Apply those that say how an element looks; of the others no values are read, each of which takes as long as
        there are attributes before it."""
        for name in attributes:
            if (apply := self.attribute_mapping.get(name)) is not None:
                apply(attributes[name], html_element)
        return html_element


class _Block(Block):  # type: ignore[misc]  # as above
    collapsable_whitespace: bool

    def merge_normal_text(self, text: str) -> None:
        """Add `text` with each run of white space as one space."""
        words = " ".join(text.split())
        before = " " if text[:1].isspace() and not self.collapsable_whitespace else ""
        after = " " if words and text[-1:].isspace() else ""
        if not (merged := before + words + after):
            return
        self.collapsable_whitespace = not words or bool(after)
        merged = unescape(merged if self._content else self.prefix.first + merged)
        self._content += merged
        self.idx += len(merged)

    def new_block(self) -> Block:
        self.prefix.consumed = False
        return _Block(self.idx + 1, self.prefix)


class _Prefix(Prefix):  # type: ignore[misc]  # as above
    __slots__ = ()

    def register_prefix(self, padding_inline: int, bullet: str) -> None:
        super().register_prefix(min(padding_inline, _INDENT - self.current_padding), bullet)


class _Table(Table):  # type: ignore[misc]  # as above
    __slots__ = ("_manner",)

    def __init__(self, made: Table, manner: Manner) -> None:
        super().__init__(made.left_margin_len, made.cell_separator)
        self._manner = manner

    def _set_column_width(self) -> None:
        """Make the columns wide, by one look at each cell, and see whether there is room for all that this fills."""
        widths = [0] * max(map(len, self.rows))
        for row in self.rows:
            for column, cell in enumerate(row.columns):
                widths[column] = max(widths[column], cell.width)
        for row in self.rows:
            for width, cell in zip(widths, row.columns, strict=False):
                cell.width = width
                self._manner.left -= (width + _LINE) * cell.height
            if self._manner.left < 0:
                raise TooLargeError


def manner() -> Manner:
    """How inscriptis is to lay out one page: into `body` it writes where that page's text goes, and other threads may be
    laying out other people's."""
    own: Manner = copy(_manner())
    own.css = {**own.css, "body": copy(own.css["body"])}
    return own


@cache
def _manner() -> Manner:
    css = {
        **{tag: HtmlElement() for tag in _OTHERS},
        **CSS_PROFILES["strict"],
        **{tag: HtmlElement(display=Display.block) for tag in BLOCKS},
    }
    config = Manner(
        css={tag: _quick(element) for tag, element in css.items()},
        custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping(
            {"html": _begin, "table": _begin_table, "td": _begin_cell, "th": _begin_cell}, {}
        ),
    )
    config.attribute_handler = _Attribute()
    return config


def _quick(element: HtmlElement) -> HtmlElement:
    quick = _Element()
    for attribute in HtmlElement.__slots__:
        setattr(quick, attribute, getattr(element, attribute))
    return quick


def _begin(state: HtmlDocumentState, _: dict[str, str]) -> None:
    """Write what follows into a block of ours: each canvas makes its first one itself, and that one the others."""
    canvas = state.tags[-1].canvas
    if type(canvas.current_block) is Block:
        canvas.current_block = _Block(canvas.current_block.idx, _Prefix())


def _begin_table(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    table_start_handler(state, attributes)
    state.current_table[-1] = _Table(state.current_table[-1], state.config)
    _begin(state, attributes)


def _begin_cell(state: HtmlDocumentState, attributes: dict[str, str]) -> None:
    td_start_handler(state, attributes)
    if state.current_table:
        _begin(state, attributes)


def _style(style: str, element: HtmlElement) -> None:
    for apply, value in _remembered(style) if len(style) <= _SHORT else _stylings(style):
        try:
            apply(value, element)
        except AttributeError:  # as in inscriptis: a length that is none
            continue
    element.margin_before, element.margin_after = (
        min(element.margin_before, _MARGIN),
        min(element.margin_after, _MARGIN),
    )


def _stylings(style: str) -> tuple[_Styling, ...]:
    """What of a `style` inscriptis knows."""
    found: list[_Styling] = []
    for directive in style.lower().split(";"):
        key, colon, value = directive.partition(":")
        name = key.strip().replace("-webkit-", "").replace("-", "_")
        if colon and (apply := getattr(CssParse, f"attr_{name}", None)) is not None:
            found.append((apply, value.strip()))
    return tuple(found)


# Few styles stand in all of a page; a long one is nobody's twice, and would only fill memory.
_SHORT = 500
_remembered = lru_cache(maxsize=256)(_stylings)

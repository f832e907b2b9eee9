"""text/enriched (RFC 1896) and its ancestor text/richtext (RFC 1341) to plain text. Linear, never raises."""

import re

# One command, or the sign `<` that is written twice (RFC 1896) or as <lt> (RFC 1341).
_COMMAND = re.compile(r"<<|<(/?)([A-Za-z0-9-]{1,60}+)>")
_LINE_ENDS = re.compile(r"\n+")
_BREAKS = frozenset({"nl", "np", "paragraph", "indent", "excerpt"})
# What stands inside is for the program that shows the text: a colour, a font, a language.
_UNSEEN = frozenset({"param", "comment"})


def to_text(markup: str, *, ancestor: bool = False) -> str:
    """The text of `markup`. In the ancestor a line end is a space and <nl> breaks; in RFC 1896 two line ends are one."""
    markup = markup.replace("\r\n", "\n")
    markup = _LINE_ENDS.sub(" " if ancestor else _fewer, markup)
    pieces: list[str] = []
    position, hidden = 0, 0
    for command in _COMMAND.finditer(markup):
        pieces.append("" if hidden else markup[position : command.start()])
        position = command.end()
        closing, name = command[1], (command[2] or "lt").lower()
        if name in _UNSEEN:
            hidden = max(0, hidden - 1) if closing else hidden + 1
        elif name == "lt":
            pieces.append("" if hidden else "<")
        elif name in _BREAKS:
            pieces.append("\n")
    pieces.append("" if hidden else markup[position:])
    return "\n".join(line.strip() for line in "".join(pieces).split("\n"))


def _fewer(ends: re.Match[str]) -> str:
    return "\n" * (len(ends[0]) - 1) or " "

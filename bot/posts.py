"""What customers wrote, as agents read it in a chat. Pure."""

from collections.abc import Sequence

from bot import split
from bot.dialogue import Verb, data
from bot.talk import Button
from core.chat.topic_work import Unposted

_MOST = 3500
_FILES = 10


def buttons(new: Sequence[Unposted], number: int) -> tuple[tuple[Button, ...], ...]:
    """What came with them can be had by a button."""
    count = sum(len(one.files) for one in new)
    return ((Button(f"📎 {count}", data(Verb.FILES, number)),),) if count else ()


def posted(new: Sequence[Unposted], title: str = "") -> str:
    """Several messages as one, below a title of markup, cut to what fits."""
    each = [
        f"<b>{split.escaped(one.author)}</b>\n{split.escaped(one.body[: _MOST // len(new)])}"
        + "".join(f"\n📎 {split.escaped(name)}" for name in one.files[:_FILES])
        for one in new
    ]
    return split.parts((title + "\n" if title else "") + "\n\n".join(each))[0]

"""The commands that Telegram shows to customers behind the button "Menu", in each language: the lines of the help."""

import re
from collections.abc import Iterator

from bot import sentences
from bot.sentences import LANGUAGES, Texts
from bot.split import plain

# As the texts write them: `/new – begin another ticket`.
_LINE = re.compile(r"^/([a-z_]{1,32}) – (\S.{0,255})$", re.MULTILINE)
DEFAULT = "en"


def of(texts: Texts) -> list[dict[str, str]]:
    """Each command with what it does (Bot API, BotCommand)."""
    return [{"command": name, "description": does} for name, does in _LINE.findall(plain(texts("help")))]


def calls() -> Iterator[dict[str, object]]:
    """What setMyCommands is to be called with, so that every customer sees them in their language, and no group does."""
    for language in LANGUAGES:
        call: dict[str, object] = {"commands": of(sentences.of(language)), "scope": {"type": "all_private_chats"}}
        yield call if language == DEFAULT else {**call, "language_code": language}

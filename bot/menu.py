"""The commands that Telegram shows behind the button "Menu": the lines of the help, for customers and for agents."""

import re
from collections.abc import Iterator

from bot import sentences
from bot.sentences import LANGUAGES, Texts
from bot.split import plain

# As the texts write them: `/new – begin another ticket`.
_LINE = re.compile(r"^/([a-z_]{1,32}) – (\S.{0,255})$", re.MULTILINE)
_AGENTS_LINE = re.compile(r"^/([a-z_]{1,32})(?: [^–\n]{0,100})? – (\S.{0,255})$", re.MULTILINE)
DEFAULT = "en"


def of(texts: Texts) -> list[dict[str, str]]:
    """Each command with what it does (Bot API, BotCommand)."""
    return [{"command": name, "description": does} for name, does in _LINE.findall(plain(texts("help")))]


def of_agents(chat: str, language: str) -> dict[str, object]:
    """The same for a chat in which agents speak; its lines are those of their help that begin with one command."""
    lines = _AGENTS_LINE.findall(plain(sentences.of(language)("help_agent", name="")))
    commands = [{"command": name, "description": does} for name, does in lines]
    return {"commands": commands, "scope": {"type": "chat", "chat_id": int(chat)}}


def calls() -> Iterator[dict[str, object]]:
    """What setMyCommands is to be called with, so that every customer sees them in their language, and no group does."""
    for language in LANGUAGES:
        call: dict[str, object] = {"commands": of(sentences.of(language)), "scope": {"type": "all_private_chats"}}
        yield call if language == DEFAULT else {**call, "language_code": language}

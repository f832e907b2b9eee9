"""The sentences of `bot/texts`, by language. A file is read when somebody of its language speaks first."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.markup import Html, escaped, plain

FOLDER = Path(__file__).with_name("texts")
# As each calls itself, in the order in which they are offered.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "pt": "Português",
    "ca": "Català",
}


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. `sentences` may have places in braces; `words` are what the desk's own words are called, and
    what it refuses (`refused`, `things`)."""

    language: str
    sentences: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]

    def __call__(self, key: str, **values: object) -> Html:
        """The sentence as markup; what is filled in is escaped unless it is markup itself."""
        return Html(self.sentences[key].format_map({name: escaped(value) for name, value in values.items()}))

    def clause(self, of: str, key: str, **values: object) -> Html:
        """One of the words that have places of their own (`refused`), as markup."""
        return Html(self.words[of][key].format_map({name: escaped(value) for name, value in values.items()}))

    def word(self, of: str, word: str) -> str:
        """What `word` (of `status`, `priority`, `category`) is called."""
        return self.words[of][word]


@cache
def of(language: str) -> Texts:
    """The texts of one of LANGUAGES."""
    read = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return Texts(language, read.pop("say"), read)


def spoken(*wished: str) -> str:
    """The first of the wished languages (`pt`, `pt-BR`, empty) that the bot speaks; else English."""
    known = (tag[:2].lower() for tag in wished)
    return next((tag for tag in known if tag in LANGUAGES), "en")


def plainly(markup: Html) -> str:
    """For a notice, which knows no markup and is at most 200 characters long (Bot API, answerCallbackQuery)."""
    return plain(markup)[:200]

"""Every sentence in every language, with the same places, and in markup that Telegram takes."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from bot import cards, dialogue, sentences
from bot.dialogue import Need, Verb
from bot.markup import Html, escaped, excerpt, plain
from core.vocabulary import Category, Priority, Status

BOT = Path(sentences.__file__).parent
ENGLISH = sentences.of("en")
OTHERS = [language for language in sentences.LANGUAGES if language != "en"]
# What Telegram knows of HTML (Bot API, HTML style), as far as we use it.
KNOWN_TAGS = {"b", "i", "code", "pre", "a", "blockquote"}


def places(sentence: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in KNOWN_TAGS
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_each_language_has_its_file_and_each_file_its_language() -> None:
    assert {file.stem for file in sentences.FOLDER.glob("*.toml")} == set(sentences.LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_everything_with_the_same_places(language: str) -> None:
    texts = sentences.of(language)

    assert list(texts.sentences) == list(ENGLISH.sentences)
    assert {k: places(v) for k, v in texts.sentences.items()} == {k: places(v) for k, v in ENGLISH.sentences.items()}
    assert {of: list(words) for of, words in texts.words.items()} == {of: list(w) for of, w in ENGLISH.words.items()}


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_a_language_is_not_another_and_its_markup_is_closed(language: str) -> None:
    texts = sentences.of(language)
    wordy = [key for key, said in ENGLISH.sentences.items() if len(said.split()) > 5 and key != "queue_line"]
    same = [
        key for key in wordy if key != "card" and language != "en" and texts.sentences[key] == ENGLISH.sentences[key]
    ]

    assert same == []
    for said in texts.sentences.values():
        tags = Tags()
        tags.feed(said)
        assert tags.open == []
        assert len(plain(said)) < 4096


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_the_help_names_every_command_once_it_is_there(language: str) -> None:
    texts = sentences.of(language)
    for key, rules in (("help", dialogue.CUSTOMERS), ("help_agent", dialogue.AGENTS)):
        # Not what closes a tag, such as </b>.
        named = set(re.findall(r"(?<!<)/([a-z]+)", texts.sentences[key]))
        assert named | {Verb.START, Verb.HELP} == {"r", *rules} - {"n"} if key == "help_agent" else {*rules}


def test_every_word_of_the_desk_has_a_name() -> None:
    assert {of: set(words) for of, words in ENGLISH.words.items()} == {
        "status": {one.value for one in Status},
        "priority": {one.value for one in Priority},
        "category": {one.value for one in Category},
    }


def test_what_is_said_is_in_the_texts_and_what_is_in_the_texts_is_said() -> None:
    """By every string of the program; those that are put together are named here."""
    made = {f"usage_{rule.verb}" for rule in dialogue.AGENTS.values() if rule.words is Need.MUST}
    made |= {f"{verb}_title" for verb in (Verb.QUEUE, Verb.MINE, Verb.FIND)}
    made |= {f"{of}_set" for of in ("status", "priority", "category")} | {"reply_awaited", "note_awaited"}
    made |= {f"button_{verb}" for verb in cards.BUTTONS} | {"button_refresh"}
    strings = {
        node.value
        for file in BOT.glob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert set(ENGLISH.sentences) - strings - made == set()
    assert made - set(ENGLISH.sentences) == set()


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [(("pt-BR",), "pt"), (("", "de", "fr"), "de"), (("tlh", "ca"), "ca"), (("", ""), "en"), (("EN_us",), "en")],
)
def test_somebody_is_spoken_to_in_the_first_language_that_is_known(wished: tuple[str, ...], spoken: str) -> None:
    assert sentences.spoken(*wished) == spoken


def test_what_is_filled_in_is_never_taken_for_markup() -> None:
    said = ENGLISH("added", number="<b>&{number}</b>")

    assert "&lt;b&gt;&amp;{number}&lt;/b&gt;" in said
    assert plain(said).startswith("Added to ticket #<b>&{number}</b>.")
    assert escaped(Html("<i>x</i>")) == "<i>x</i>"
    assert plain('<a href="https://x.test/?a=1&amp;b">here</a>') == "here (https://x.test/?a=1&b)"
    assert excerpt("x" * 700) == "x" * 599 + "…"

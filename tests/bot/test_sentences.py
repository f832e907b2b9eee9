"""Every sentence in every language, with the same places, and in markup that Telegram takes."""

import ast
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from bot import cards, dialogue, menu, refusals, sentences
from bot.dialogue import Need, Verb
from bot.markup import Html, escaped, excerpt, plain
from bot.refusals import Misunderstood
from bot.sentences import Texts
from core import config
from core.chat import refusals as core_refusals
from core.chat.refusals import worded
from core.errors import Conflict, DeskError, Invalid, NotFound, Problem
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
    assert {file.stem for file in sentences.FOLDER.glob("*.toml")} == set(sentences.LANGUAGES) == set(config.LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_everything_with_the_same_places(language: str) -> None:
    texts = sentences.of(language)

    assert list(texts.sentences) == list(ENGLISH.sentences)
    assert {k: places(v) for k, v in texts.sentences.items()} == {k: places(v) for k, v in ENGLISH.sentences.items()}
    assert _named(texts) == _named(ENGLISH)


def _named(texts: Texts) -> dict[str, dict[str, list[str]]]:
    return {of: {word: places(name) for word, name in words.items()} for of, words in texts.words.items()}


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


@pytest.mark.parametrize("language", sentences.LANGUAGES)
def test_the_menus_are_what_the_help_says_line_by_line(language: str) -> None:
    of_agents = menu.of_agents("-100", language)

    assert of_agents["scope"] == {"type": "chat", "chat_id": -100}
    assert [one["command"] for one in of_agents["commands"]] == [  # type: ignore[attr-defined]  # a list of dicts
        "queue", "mine", "show", "history", "files", "reply", "note", "canned", "merge", "split", "undo",
    ]  # fmt: skip
    assert {one["command"] for one in menu.of(sentences.of(language))} == {*dialogue.CUSTOMERS} - {"start"}


def test_every_word_of_the_desk_has_a_name() -> None:
    named = {of: set(words) for of, words in ENGLISH.words.items() if of not in ("refused", "things")}

    assert named == {
        "status": {one.value for one in Status},
        "priority": {one.value for one in Priority},
        "category": {one.value for one in Category},
    }


def test_what_core_refuses_has_a_clause_with_the_same_places_and_the_bot_has_no_other_but_its_own() -> None:
    clauses = {key: places(clause) for key, clause in ENGLISH.words["refused"].items()}
    of_core = {key: places(words) for key, words in core_refusals.ENGLISH.items()}

    assert {key: clauses[key] for key in of_core} == of_core
    assert set(clauses) - set(of_core) <= _strings()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotFound("Ticket"), ("no_such_ticket", {})),
        (NotFound("User"), ("no_such", {"what": "das Konto"})),
        (Conflict("<disk>"), ("refused", {"why": "&lt;disk&gt;"})),
        (
            Invalid(
                [Problem("status", worded("status_cannot", wanted="new", now="deleted")), Problem("x", "must be <1>")]
            ),
            ("refused", {"why": "aus „Gelöscht“ kann nicht „Neu“ werden; x must be &lt;1&gt;"}),
        ),
        (Misunderstood("close_words"), ("refused", {"why": "nach /close steht das Wort silently oder nichts"})),
    ],
)
def test_a_refusal_is_said_in_the_language_that_is_spoken(error: DeskError, said: tuple[str, dict[str, str]]) -> None:
    assert refusals.sentence(error, sentences.of("de"), is_agent=False) == said


def test_what_is_said_is_in_the_texts_and_what_is_in_the_texts_is_said() -> None:
    """By every string of the program; those that are put together are named here."""
    made = {f"usage_{rule.verb}" for rule in dialogue.AGENTS.values() if rule.words is Need.MUST}
    made |= {f"{verb}_title" for verb in (Verb.QUEUE, Verb.MINE, Verb.FIND)}
    made |= {f"{of}_set" for of in ("status", "priority", "category")} | {"reply_awaited", "note_awaited"}
    made |= {f"button_{name}" for name in (*cards.BUTTONS, "back", "other", "silently", "unblock")}
    made |= {f"ask_{verb}" for verb in dialogue.PROMPTED}

    assert set(ENGLISH.sentences) - _strings() - made == set()
    assert made - set(ENGLISH.sentences) == set()


@cache
def _strings() -> set[str]:
    """Every string of the program of the bot."""
    return {
        node.value
        for file in BOT.glob("*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


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

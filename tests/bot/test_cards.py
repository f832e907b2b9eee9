"""The buttons of a card: every page of it, whatever the ticket."""

from dataclasses import replace

import pytest

from bot import cards, choices, dialogue, sentences
from bot.choices import View
from bot.dialogue import AGENTS, Verb
from bot.scene import Buttons
from core.desk import Desk
from core.vocabulary import Category, Status
from tests.stored import a_chat_line, numbered

# What is about no ticket, or only reads.
AT_LARGE = {Verb.QUEUE, Verb.MINE, Verb.ASK, Verb.AWAY, Verb.FILES}
# Said where nobody has a card yet, or by who has no account.
ELSEWHERE = {Verb.START, Verb.HELP, Verb.LANGUAGE, Verb.FIND}


@pytest.fixture
async def view(desk: Desk) -> View:
    await desk.receive(a_chat_line("1", "It burns"))
    ticket = replace(await numbered(desk, 1), number=999_999_999, version=99_999, tags=("ä" * 64, "vip"))
    return View(
        ticket, agents=[(9999, "bob")], files=3, canned=["x" * 40], tags=["y" * 64, "z"],
        siblings=[(999_999_998, "Another matter")], can_undo=True,
    )  # fmt: skip


def pages(view: View, language: str = "en") -> list[Buttons]:
    texts = sentences.of(language)
    return [cards.card(view, texts, page).buttons for page in (None, *choices.PAGES)]


def orders(view: View) -> list[dialogue.Order | None]:
    return [dialogue.pressed(button.data) for page in pages(view) for row in page for button in row]


async def test_every_button_of_a_card_carries_its_version_and_fits(view: View) -> None:
    every = [button for page in pages(view) for row in page for button in row]

    assert all(len(button.data.encode()) <= choices.MOST_DATA for button in every)
    for order in orders(view):
        assert order is not None
        if order.verb not in AT_LARGE:
            assert (order.number, order.version) == (999_999_999, 99_999), order


async def test_everything_that_an_agent_can_write_about_a_ticket_is_on_the_buttons_of_its_card(view: View) -> None:
    settled = replace(view, ticket=replace(view.ticket, status=Status.CLOSED, assignee_id=view.ticket.id), blocked="∞")
    on_buttons = {order.verb for one in (view, settled) for order in orders(one) if order}

    assert {rule.verb for rule in AGENTS.values()} - on_buttons == ELSEWHERE
    assert dialogue.Order(Verb.CLOSE, 999_999_999, "silently", 99_999) in orders(view)
    assert dialogue.Order(Verb.ASK, None, Verb.FIND, 0) in orders(view)


@pytest.mark.parametrize("language", sentences.LANGUAGES)
async def test_a_card_stays_small_in_every_language(view: View, language: str) -> None:
    sure = replace(view, ticket=replace(view.ticket, needs_review=False))
    for one, most in ((sure, 14), (view, 14 + len(Category))):
        for page in pages(one, language)[:2]:
            assert len([button for row in page for button in row]) <= most
            # What a telephone shows of a row.
            assert all(sum(len(button.label) for button in row) <= 48 for row in page), page


async def test_a_card_tells_which_ticket_its_own_seems_to_repeat(view: View) -> None:
    repeating = replace(view, ticket=replace(view.ticket, possible_duplicate_of=4711))

    assert "perhaps the same matter as #4711" in cards.card(repeating, sentences.of("en")).html
    assert "perhaps the same" not in cards.card(view, sentences.of("en")).html

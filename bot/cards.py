"""The card of a ticket: what agents see of it in a chat, and the buttons by which they work on it.

Every button carries the version of the ticket that the card shows; pressed on an older card it does nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue import Verb, data
from bot.markup import Html, escaped, excerpt, line, lines, quoted
from bot.scene import Buttons
from bot.sentences import Texts
from bot.talk import Button, Said
from core.tickets import Ticket
from core.vocabulary import SETTLED, Category, Priority, Status

# What a ticket is set to by hand: deleting is no status, and `new` is what it is until somebody has looked.
STATUSES = (Status.NEW, Status.REVIEWED, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.RESOLVED, Status.DISCARDED)
# Telegram takes so many bytes for a button (Bot API, InlineKeyboardButton).
MOST_DATA = 64
SNOOZES = ("1h", "4h", "1d", "3d", "1w")
# The fields and acts that cards have a button for.
BUTTONS = (
    Verb.TAKE, Verb.RELEASE, Verb.REPLY, Verb.NOTE, Verb.STATUS, Verb.PRIORITY, Verb.CATEGORY, Verb.SNOOZE, Verb.ASSIGN,
    Verb.CLOSE, Verb.REOPEN, Verb.HISTORY, Verb.CANNED,
)  # fmt: skip
_MARKS = {Priority.URGENT: "🔴", Priority.HIGH: "🟠", Priority.MEDIUM: "🟡", Priority.LOW: "🟢"}


@dataclass(frozen=True, slots=True)
class View:
    """A ticket with what a card shows beside it. `agents` are those it may be given to, by number and name; empty:
    nobody may be given it by whoever looks. `answering` is who is writing an answer, `canned` the names of prepared ones."""

    ticket: Ticket
    last: str = ""
    snoozed_until: datetime | None = None
    answering: str = ""
    agents: Sequence[tuple[int, str]] = ()
    files: int = 0
    canned: Sequence[str] = ()
    is_away: bool = False


def card(view: View, texts: Texts, picker: Verb | None = None) -> Said:
    """The card without a place; `picker` shows the values that a field may get in place of the buttons."""
    ticket = view.ticket
    buttons = _PICKERS[picker](view, texts) if picker in _PICKERS else _buttons(view, texts)
    return Said("", _content(view, texts), buttons=buttons, card_of=ticket.id, card_version=ticket.version)


def _content(view: View, texts: Texts) -> Html:
    ticket = view.ticket
    assignee = ticket.assigned_to or texts("nobody")
    facts = texts(
        "card",
        mark=_MARKS[ticket.priority],
        priority=texts.word("priority", ticket.priority),
        status=texts.word("status", ticket.status),
        category=texts.word("category", ticket.category),
        customer=ticket.requester.name or "–",
        channel=ticket.channel,
        assignee=f"{assignee} 💤" if view.is_away else assignee,
    )
    return lines(
        Html(f"<b>#{ticket.number} {escaped(line(ticket.subject, 200))}</b>"),
        facts,
        texts("card_tags", tags=", ".join(ticket.tags)) if ticket.tags else "",
        texts("card_snoozed", until=f"{view.snoozed_until:%Y-%m-%d %H:%M} UTC") if view.snoozed_until else "",
        texts("card_answering", name=view.answering) if view.answering else "",
        quoted(excerpt(view.last or ticket.description)),
    )


def listed(ticket: Ticket, texts: Texts) -> Html:
    """The ticket as one line of a list."""
    return texts(
        "queue_line",
        mark=_MARKS[ticket.priority],
        number=ticket.number,
        subject=line(ticket.subject),
        status=texts.word("status", ticket.status),
        assignee=ticket.assigned_to or "–",
        unread="✉" * bool(ticket.unread),
    )


def _buttons(view: View, texts: Texts) -> Buttons:
    ticket = view.ticket
    settled = ticket.status in SETTLED

    def button(verb: Verb, name: str = "") -> Button:
        return Button(texts(f"button_{name or verb}"), data(verb, ticket.number, ticket.version))

    return (
        (button(Verb.RELEASE if ticket.assignee_id else Verb.TAKE), button(Verb.REPLY), button(Verb.NOTE)),
        (button(Verb.STATUS), button(Verb.PRIORITY), button(Verb.CATEGORY)),
        (
            button(Verb.SNOOZE),
            *((button(Verb.ASSIGN),) if view.agents else ()),
            button(Verb.REOPEN if settled else Verb.CLOSE),
        ),
        (
            *((Button(f"📎 {view.files}", data(Verb.FILES, ticket.number)),) if view.files else ()),
            button(Verb.CANNED),
            button(Verb.HISTORY),
            button(Verb.SHOW, "refresh"),
        ),
    )


def _picker(
    verb: Verb, options: Callable[[View, Texts], Sequence[tuple[str, str]]]
) -> Callable[[View, Texts], Buttons]:
    """The options, two in a row, and the way back."""

    def buttons(view: View, texts: Texts) -> Buttons:
        ticket = view.ticket
        each = [Button(label, data(verb, ticket.number, ticket.version, word)) for label, word in options(view, texts)]
        each = [one for one in each if len(one.data.encode()) <= MOST_DATA]
        rows = tuple(tuple(each[start : start + 2]) for start in range(0, len(each), 2))
        back = Button(texts("button_back"), data(Verb.SHOW, ticket.number, ticket.version))
        return (*rows, (back,))

    return buttons


_PICKERS: Mapping[Verb | None, Callable[[View, Texts], Buttons]] = {
    Verb.STATUS: _picker(Verb.STATUS, lambda _, texts: [(texts.word("status", one), one.value) for one in STATUSES]),
    Verb.PRIORITY: _picker(
        Verb.PRIORITY,
        lambda _, texts: [(f"{_MARKS[one]} {texts.word('priority', one)}", one.value) for one in Priority],
    ),
    Verb.CATEGORY: _picker(
        Verb.CATEGORY, lambda _, texts: [(texts.word("category", one), one.value) for one in Category]
    ),
    Verb.SNOOZE: _picker(
        Verb.SNOOZE, lambda _, texts: [(one, one) for one in SNOOZES] + [(texts("button_wake"), "off")]
    ),
    Verb.ASSIGN: _picker(Verb.ASSIGN, lambda view, _: [(name, f"{number}") for number, name in view.agents]),
    Verb.CANNED: _picker(Verb.CANNED, lambda view, _: [(name, name) for name in view.canned]),
}

"""What a card offers to choose from in place of its buttons: the values of a field, and the second page. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.dialogue import PROMPTED, Verb, data
from bot.markup import line
from bot.scene import Buttons
from bot.sentences import Texts
from bot.talk import Button
from core.tickets import Ticket
from core.vocabulary import SETTLED, Category, Priority, Status

# What a ticket is set to by hand: deleting is no status, and `new` is what it is until somebody has looked.
STATUSES = (Status.NEW, Status.REVIEWED, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, Status.RESOLVED, Status.DISCARDED)
# Telegram takes so many bytes for a button (Bot API, InlineKeyboardButton).
MOST_DATA = 64
SNOOZES = ("1h", "4h", "1d", "3d", "1w")
BLOCKS = ("1d", "1w", "4w")
MARKS = {Priority.URGENT: "🔴", Priority.HIGH: "🟠", Priority.MEDIUM: "🟡", Priority.LOW: "🟢"}


@dataclass(frozen=True, slots=True)
class View:
    """A ticket with what a card shows beside it. `agents` are those it may be given to, by number and name; empty:
    nobody may be given it by whoever looks. `answering` is who is writing an answer, `canned` the names of prepared ones,
    `tags` those that the desk uses most, `siblings` other tickets of its customer, by number and subject, `parts` messages
    that may become a ticket of their own, by id and words. `blocked` is until when nothing is taken from the customer, empty:
    it is. `unsure` counts messages of the customer's of which nobody knows whether agents were shown them."""

    ticket: Ticket
    last: str = ""
    snoozed_until: datetime | None = None
    answering: str = ""
    agents: Sequence[tuple[int, str]] = ()
    files: int = 0
    canned: Sequence[str] = ()
    is_away: bool = False
    tags: Sequence[str] = ()
    siblings: Sequence[tuple[int, str]] = ()
    parts: Sequence[tuple[str, str]] = ()
    blocked: str = ""
    unsure: int = 0
    can_undo: bool = False


Options = Callable[[View, Texts], Sequence[tuple[str, str]]]


def button(view: View, texts: Texts, verb: Verb, name: str = "", words: str = "") -> Button:
    """One of the card, with the version that it shows."""
    ticket = view.ticket
    return Button(texts(f"button_{name or verb}"), data(verb, ticket.number, ticket.version, words))


def more(view: View, texts: Texts) -> Buttons:
    """The second page: what is needed less often, and what is not about this ticket."""
    settled = view.ticket.status in SETTLED
    silently = () if settled else (button(view, texts, Verb.CLOSE, "silently", "silently"),)
    unblock = button(view, texts, Verb.BLOCK, "unblock", "off")
    return (
        (button(view, texts, Verb.TAG), *silently),
        (button(view, texts, Verb.MERGE), button(view, texts, Verb.SPLIT)),
        (unblock if view.blocked else button(view, texts, Verb.BLOCK), button(view, texts, Verb.UNDO)),
        at_large(texts),
        (_back(view, texts),),
    )


def at_large(texts: Texts) -> tuple[Button, ...]:
    """What an agent does that is about no ticket."""
    return (
        Button(texts("button_queue"), data(Verb.QUEUE)),
        Button(texts("button_mine"), data(Verb.MINE)),
        Button(texts("button_find"), data(Verb.ASK, None, None, Verb.FIND)),
        Button(texts("button_away"), data(Verb.AWAY, None, None, "toggle")),
    )


def _back(view: View, texts: Texts) -> Button:
    return button(view, texts, Verb.SHOW, "back")


def _picker(verb: Verb, options: Options) -> Callable[[View, Texts], Buttons]:
    """The options, two in a row, the question for another one where a word will do, and the way back."""

    def buttons(view: View, texts: Texts) -> Buttons:
        other = (button(view, texts, Verb.ASK, "other", verb),) if verb in PROMPTED else ()
        return (*_rows(view, verb, options(view, texts)), (*other, _back(view, texts)))

    return buttons


def _rows(view: View, verb: Verb, options: Sequence[tuple[str, str]]) -> Buttons:
    ticket = view.ticket
    each = [Button(label, data(verb, ticket.number, ticket.version, word)) for label, word in options]
    each = [one for one in each if len(one.data.encode()) <= MOST_DATA]
    return tuple(tuple(each[start : start + 2]) for start in range(0, len(each), 2))


def categories(view: View, texts: Texts) -> Buttons:
    """Which of them it is, by one tap; the one that the desk took for it stands first."""
    found = view.ticket.category
    mark = {found: "✓ "}
    each = sorted(Category, key=lambda one: one is not found)
    return _rows(view, Verb.CATEGORY, [(mark.get(one, "") + texts.word("category", one), one.value) for one in each])


def _statuses(_: View, texts: Texts) -> Sequence[tuple[str, str]]:
    return [(texts.word("status", one), one.value) for one in STATUSES]


def _priorities(_: View, texts: Texts) -> Sequence[tuple[str, str]]:
    return [(f"{MARKS[one]} {texts.word('priority', one)}", one.value) for one in Priority]


def _categories(_: View, texts: Texts) -> Sequence[tuple[str, str]]:
    return [(texts.word("category", one), one.value) for one in Category]


def _tags(view: View, _: Texts) -> Sequence[tuple[str, str]]:
    """Those that it has go, the others come."""
    has = view.ticket.tags
    return [(f"✓ {tag}", f"-{tag}") for tag in has] + [(tag, f"+{tag}") for tag in view.tags if tag not in has]


PAGES: Mapping[Verb | None, Callable[[View, Texts], Buttons]] = {
    Verb.MORE: more,
    Verb.STATUS: _picker(Verb.STATUS, _statuses),
    Verb.PRIORITY: _picker(Verb.PRIORITY, _priorities),
    Verb.CATEGORY: _picker(Verb.CATEGORY, _categories),
    Verb.SNOOZE: _picker(
        Verb.SNOOZE, lambda _, texts: [(one, one) for one in SNOOZES] + [(texts("button_wake"), "off")]
    ),
    Verb.ASSIGN: _picker(Verb.ASSIGN, lambda view, _: [(name, f"{number}") for number, name in view.agents]),
    Verb.CANNED: _picker(Verb.CANNED, lambda view, _: [(name, name) for name in view.canned]),
    Verb.TAG: _picker(Verb.TAG, _tags),
    Verb.MERGE: _picker(
        Verb.MERGE,
        lambda view, _: [(f"→ #{number} {line(subject, 30)}", f"{number}") for number, subject in view.siblings],
    ),
    Verb.SPLIT: _picker(Verb.SPLIT, lambda view, _: [(line(body, 30), part) for part, body in view.parts]),
    Verb.BLOCK: _picker(Verb.BLOCK, lambda *_: [(one, one) for one in BLOCKS]),
}

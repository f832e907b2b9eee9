"""The card of a ticket: what agents see of it in a chat, and the buttons by which they work on it.

Every button carries the version of the ticket that the card shows; pressed on an older card it does nothing.
"""

from bot import choices
from bot.choices import MARKS, PAGES, View, button
from bot.dialogue import Verb, data
from bot.markup import Html, escaped, excerpt, line, lines, quoted
from bot.scene import Buttons
from bot.sentences import Texts
from bot.talk import Button, Said
from core.tickets import Ticket
from core.vocabulary import SETTLED

# The fields and acts that cards have a button for, on their two pages.
BUTTONS = (
    Verb.TAKE, Verb.RELEASE, Verb.REPLY, Verb.NOTE, Verb.STATUS, Verb.PRIORITY, Verb.CATEGORY, Verb.SNOOZE, Verb.ASSIGN,
    Verb.CLOSE, Verb.REOPEN, Verb.HISTORY, Verb.CANNED, Verb.MORE, Verb.TAG, Verb.MERGE, Verb.SPLIT, Verb.BLOCK, Verb.UNDO,
)  # fmt: skip


def card(view: View, texts: Texts, page: Verb | None = None) -> Said:
    """The card without a place; `page` shows what there is to choose from in place of the first page's buttons."""
    ticket = view.ticket
    buttons = PAGES.get(page, _buttons)(view, texts)
    return Said("", _content(view, texts), buttons=buttons, card_of=ticket.id, card_version=ticket.version)


def _content(view: View, texts: Texts) -> Html:
    ticket = view.ticket
    assignee = ticket.assigned_to or texts("nobody")
    facts = texts(
        "card",
        mark=MARKS[ticket.priority],
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
        texts("card_blocked", until=view.blocked) if view.blocked else "",
        texts("card_answering", name=view.answering) if view.answering else "",
        texts("card_unsure", count=view.unsure) if view.unsure else "",
        texts("card_duplicate", number=ticket.possible_duplicate_of) if ticket.possible_duplicate_of else "",
        _doubt(ticket, texts),
        quoted(excerpt(view.last or ticket.description)),
    )


def _doubt(ticket: Ticket, texts: Texts) -> Html | str:
    sure = ticket.classification_confidence
    return texts("card_doubt", percent=round(100 * sure)) if ticket.needs_review and sure is not None else ""


def listed(ticket: Ticket, texts: Texts) -> Html:
    """The ticket as one line of a list."""
    return texts(
        "queue_line",
        mark=MARKS[ticket.priority],
        number=ticket.number,
        subject=line(ticket.subject),
        status=texts.word("status", ticket.status),
        assignee=ticket.assigned_to or "–",
        unread="✉" * bool(ticket.unread),
    )


def _buttons(view: View, texts: Texts) -> Buttons:
    """The first page."""
    ticket = view.ticket

    def one(verb: Verb) -> Button:
        return button(view, texts, verb)

    return (
        (one(Verb.RELEASE if ticket.assignee_id else Verb.TAKE), one(Verb.REPLY), one(Verb.NOTE)),
        (one(Verb.STATUS), one(Verb.PRIORITY), one(Verb.CATEGORY)),
        (
            one(Verb.SNOOZE),
            *((one(Verb.ASSIGN),) if view.agents else ()),
            one(Verb.REOPEN if ticket.status in SETTLED else Verb.CLOSE),
        ),
        (
            *((Button(f"📎 {view.files}", data(Verb.FILES, ticket.number)),) if view.files else ()),
            one(Verb.CANNED),
            one(Verb.HISTORY),
            one(Verb.MORE),
        ),
        *(((one(Verb.UNDO),),) if view.can_undo else ()),
        *(choices.categories(view, texts) if ticket.needs_review else ()),
    )

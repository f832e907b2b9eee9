"""What somebody means: pure. What was heard, and what is known of who said it, become an intention.

Commands are tables. What cannot be understood becomes a `Refusal`: the key of a sentence that says what to do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from bot.flood import Pressure
from bot.talk import Heard, Place
from core.chat.talks import Talk

# So long a choice among tickets, or what the next line is to answer, is remembered.
REMEMBERED = timedelta(minutes=10)
_COMMAND = re.compile(r"/([A-Za-z_]{1,32})(?:@[A-Za-z0-9_]{1,64})?(?:\s+(.*))?", re.DOTALL)
_NUMBER = re.compile(r"#?([0-9]{1,15})(?:\s+|$)")
# A ticket by its number, where it answers a question: a number alone may be anything.
_NAMED = re.compile(r"#([0-9]{1,15})")


class Verb(StrEnum):
    """What can be asked for by name; the name of the command, too."""

    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    # Customers'.
    NEW = "new"
    TICKETS = "tickets"
    LINK = "link"
    MYDATA = "mydata"
    DELETEME = "deleteme"
    WHICH = "which"
    WITHDRAW = "withdraw"
    # Everybody's.
    STATUS = "status"
    CLOSE = "close"
    REOPEN = "reopen"
    # Agents'.
    QUEUE = "queue"
    MINE = "mine"
    FIND = "find"
    SHOW = "show"
    HISTORY = "history"
    FILES = "files"
    TAKE = "take"
    ASSIGN = "assign"
    RELEASE = "release"
    REPLY = "reply"
    NOTE = "note"
    PRIORITY = "priority"
    CATEGORY = "category"
    TAG = "tag"
    SNOOZE = "snooze"
    MERGE = "merge"
    CANNED = "canned"
    UNDO = "undo"
    AWAY = "away"
    SPLIT = "split"
    BLOCK = "block"
    # Buttons only: the second page of a card, and asking for what a command takes.
    MORE = "more"
    ASK = "ask"


class Need(StrEnum):
    """Whether a command takes something."""

    NO = "no"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows a command: the number of a ticket, and words."""

    verb: Verb
    number: Need = Need.NO
    words: Need = Need.NO


def _rules(*rules: Rule) -> dict[str, Rule]:
    return {rule.verb.value: rule for rule in rules}


_NO, _MAY, _MUST = Need
CUSTOMERS = _rules(
    Rule(Verb.START, words=_MAY),
    Rule(Verb.HELP),
    Rule(Verb.NEW, words=_MAY),
    Rule(Verb.TICKETS),
    Rule(Verb.STATUS, _MAY),
    Rule(Verb.CLOSE, _MAY),
    Rule(Verb.REOPEN, _MAY),
    Rule(Verb.WITHDRAW),
    Rule(Verb.LANGUAGE, words=_MAY),
    Rule(Verb.LINK, words=_MAY),
    Rule(Verb.MYDATA),
    Rule(Verb.DELETEME),
)
AGENTS = _rules(
    Rule(Verb.START, words=_MAY),
    Rule(Verb.HELP),
    Rule(Verb.LANGUAGE, words=_MAY),
    Rule(Verb.QUEUE, words=_MAY),
    Rule(Verb.MINE, words=_MAY),
    Rule(Verb.FIND, words=_MUST),
    Rule(Verb.SHOW, _MUST),
    Rule(Verb.HISTORY, _MUST),
    Rule(Verb.FILES, _MUST),
    Rule(Verb.TAKE, _MUST),
    Rule(Verb.ASSIGN, _MUST, _MUST),
    Rule(Verb.RELEASE, _MUST),
    Rule(Verb.REPLY, _MUST, _MUST),
    Rule(Verb.NOTE, _MUST, _MUST),
    Rule(Verb.STATUS, _MUST, _MUST),
    Rule(Verb.PRIORITY, _MUST, _MUST),
    Rule(Verb.CATEGORY, _MUST, _MUST),
    Rule(Verb.TAG, _MUST, _MUST),
    Rule(Verb.CLOSE, _MUST, _MAY),
    Rule(Verb.REOPEN, _MUST),
    Rule(Verb.SNOOZE, _MUST, _MUST),
    Rule(Verb.MERGE, _MUST, _MUST),
    Rule(Verb.SPLIT, _MUST),
    Rule(Verb.BLOCK, _MUST, _MUST),
    Rule(Verb.CANNED, words=_MAY),
    Rule(Verb.UNDO),
    Rule(Verb.AWAY, words=_MAY),
) | {"r": Rule(Verb.REPLY, _MUST, _MUST), "n": Rule(Verb.NOTE, _MUST, _MUST)}


@dataclass(frozen=True, slots=True)
class Order:
    """`version` is what a pressed button was made for: with another one nothing is done. None: it was written."""

    verb: Verb
    number: int | None = None
    words: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The key of a sentence of `bot/texts`, and what stands in its places."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """What was said becomes a message on the ticket; None: it opens one. `words` None: all of it."""

    ticket_id: UUID | None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Amend:
    """What was said is another wording of that message, or more of it."""

    message_id: UUID
    is_edit: bool


@dataclass(frozen=True, slots=True)
class AskWhich:
    """Several tickets may be meant: what was said waits. `question` is already asked; empty: ask."""

    question: str = ""


@dataclass(frozen=True, slots=True)
class Speak:
    """An agent says something on a ticket, to the customer or among agents."""

    number: int
    is_public: bool
    text: str


@dataclass(frozen=True, slots=True)
class Reword:
    """An agent edits what they said."""

    message_id: UUID


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is not for us."""


def order(text: str, rules: Mapping[str, Rule], about: int | None = None) -> Order | Refusal | None:
    """What a line asks for; `about` is the ticket that is meant where none is named. None: it is no command."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return None
    name, rest = found[1].lower(), (found[2] or "").strip()
    rule = rules.get(name)
    if rule is None:
        return Refusal("unknown_command", {"command": f"/{name}"})
    number: int | None = None
    if rule.number is not Need.NO:
        named = _NUMBER.match(rest)
        number = int(named[1]) if named else about
        rest = rest[named.end() :].strip() if named else rest
        if number is None and (rule.number is Need.MUST or rest):
            return Refusal("which_number", {"command": f"/{name}"})
    if rule.words is Need.MUST and not rest:
        return Refusal(f"usage_{rule.verb}")
    if rule.words is Need.NO and rest:
        return Refusal("too_much", {"command": f"/{name}", "rest": rest[:60]})
    return Order(rule.verb, number, rest)


def pressed(data: str) -> Order | None:
    """What the data of a button asks for: `verb:number:version:words`, of which the last two may be missing."""
    verb, _, rest = data.partition(":")
    number, _, rest = rest.partition(":")
    version, _, words = rest.partition(":")
    if verb not in set(Verb) or not all(part == "" or part.isdecimal() for part in (number, version)):
        return None
    return Order(Verb(verb), int(number) if number else None, words, int(version) if version else 0)


def data(verb: Verb, number: int | None = None, version: int | None = None, words: str = "") -> str:
    """The data of a button, at most 64 bytes."""
    parts = (verb.value, "" if number is None else str(number), "" if version is None else str(version), words)
    return ":".join(parts) if words else ":".join(parts).rstrip(":")


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of a customer who speaks. `open` are their open tickets; `replied` the one whose message they
    answer; `amended` their own message that they edit; `question` what they were asked and have not answered."""

    talk: Talk
    open: Sequence[UUID] = ()
    replied: UUID | None = None
    amended: UUID | None = None
    question: str = ""


def customer(heard: Heard, known: Customer, grouping: timedelta) -> "CustomersIntention":
    """Where a customer's line belongs."""
    if heard.pressure is not Pressure.NONE:
        return _flooding(heard, known)
    if heard.pressed:
        return pressed(heard.pressed) or Refusal("stale")
    if heard.edited:
        return _edited(heard, known)
    asked = order(heard.text, CUSTOMERS)
    if asked is not None and not heard.files:
        return asked
    if known.question and not heard.files and (named := _NAMED.fullmatch(heard.text.strip())):
        return Order(Verb.WHICH, int(named[1]), known.question)
    talk = known.talk
    if heard.album and heard.album == talk.album and talk.album_message_id:
        return Amend(talk.album_message_id, is_edit=False)
    return _awaited(heard, talk) or _belongs(heard, known, grouping)


def _flooding(heard: Heard, known: Customer) -> "CustomersIntention":
    """Their words are kept where they wrote last; what they ask for is not done."""
    if heard.edited:
        return _edited(heard, known)
    if heard.pressed:
        return Nothing()
    asked = order(heard.text, CUSTOMERS)
    words = asked.words if isinstance(asked, Order) and asked.verb is Verb.NEW else heard.text
    if ((asked is not None and words == heard.text) or not words) and not heard.files:
        return Nothing()
    latest = known.talk.ticket_id if known.talk.ticket_id in known.open else next(iter(known.open), None)
    return File(latest, words)


def _edited(heard: Heard, known: Customer) -> "CustomersIntention":
    if known.amended:
        return Amend(known.amended, is_edit=True)
    # Of a command, or of what waits for a choice.
    return Nothing()


def _awaited(heard: Heard, talk: Talk) -> Order | None:
    """A mail address or a code, where that is what we asked for."""
    if "link" not in talk.awaiting or not _is_before(heard.at, talk.awaiting_until):
        return None
    word = heard.text.strip()
    is_code = len(word) == 6 and word.isascii() and word.isdigit()
    return Order(Verb.LINK, words=word) if is_code or ("@" in word and len(word.split()) == 1) else None


def _belongs(heard: Heard, known: Customer, grouping: timedelta) -> File | AskWhich:
    talk = known.talk
    if known.replied:
        return File(known.replied)
    if "new" in talk.awaiting and _is_before(heard.at, talk.awaiting_until):
        return File(None)
    if known.question:
        return AskWhich(known.question)
    if talk.ticket_id and talk.ticket_at and heard.at <= talk.ticket_at + grouping:
        return File(talk.ticket_id)
    if talk.ticket_id in known.open and _is_before(heard.at, talk.chosen_until):
        return File(talk.ticket_id)
    if len(known.open) > 1:
        return AskWhich()
    return File(known.open[0] if known.open else None)


def _is_before(moment: datetime, end: datetime | None) -> bool:
    return end is not None and moment < end


@dataclass(frozen=True, slots=True)
class Agent:
    """What is known when an agent speaks. `about` is the ticket of the topic, or of what they reply to; `answers_customer`
    says that this is something of the customer's, or a card; `own` is the message of theirs that they edit; `asked` is
    what the message that they reply to asks for (`tag:42`)."""

    talk: Talk
    about: int | None = None
    in_topic: bool = False
    answers_customer: bool = False
    own: UUID | None = None
    asked: str = ""


def agent(heard: Heard, known: Agent) -> "AgentsIntention":
    """What an agent's line asks for. In a topic plain words are a note: only a reply to the customer goes out."""
    if heard.pressed:
        return pressed(heard.pressed) or Refusal("stale")
    if heard.edited:
        return Reword(known.own) if known.own else Nothing()
    if (asked := order(heard.text, AGENTS, known.about)) is not None:
        return asked
    if not heard.text.strip() and not heard.files:
        return Nothing()
    if known.asked:
        verb, _, number = known.asked.partition(":")
        return _answered(verb, number, heard.text)
    if known.about is not None and (known.answers_customer or known.in_topic):
        return Speak(known.about, known.answers_customer, heard.text)
    if heard.place is not Place.PRIVATE:
        # Agents talk among themselves in their group.
        return Nothing()
    talk = known.talk
    for verb, number in talk.awaiting.items():
        if verb in ASKED and _is_before(heard.at, talk.awaiting_until):
            return _answered(verb, number, heard.text)
    return Refusal("agent_without_ticket")


# What a button can ask an agent for, and what their next line may be, or what answers the question.
PROMPTED = frozenset({Verb.TAG, Verb.MERGE, Verb.SNOOZE, Verb.FIND})
ASKED = PROMPTED | {Verb.REPLY, Verb.NOTE}


def _answered(verb: str, number: str, text: str) -> "AgentsIntention":
    """What was asked for, as if the command had been written."""
    if verb in (Verb.REPLY, Verb.NOTE):
        return Speak(int(number), verb == Verb.REPLY, text)
    if not text.strip():
        return Refusal(f"usage_{verb}")
    return Order(Verb(verb), int(number) if number else None, text.strip())


CustomersIntention = Order | Refusal | File | Amend | AskWhich | Nothing
AgentsIntention = Order | Refusal | Speak | Reword | Nothing

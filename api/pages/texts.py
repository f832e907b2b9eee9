"""Every sentence of the public pages, by language. To add one, add a table with the same keys; a test compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from core.vocabulary import Status


@dataclass(frozen=True, slots=True)
class Notice:
    """A page that only says something."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A status in plain words. `step` is how far that is, from 1 to the number of `Texts.steps`."""

    name: str
    meaning: str
    step: int


@dataclass(frozen=True, slots=True)
class Texts:
    language: str
    ticket: str
    opened: str
    updated: str
    just_opened: Notice
    keep: str
    another: str
    write: str
    chat: str
    progress_label: str
    steps: tuple[str, ...]
    statuses: Mapping[Status, Progress]
    months: tuple[str, ...]
    date: str
    not_found: Notice
    too_often: Notice
    thanks: Notice


ENGLISH = Texts(
    language="en",
    ticket="Ticket {number}",
    opened="Opened",
    updated="Last change",
    just_opened=Notice(
        "We have your message. Keep this link.",
        "Bookmark this page to follow your ticket. We answer at the address that you gave or wrote from.",
    ),
    keep="Whoever has the address of this page can see what it shows, and nothing else of your ticket.",
    another="Write another message",
    write="Write to us",
    chat="Continue in Telegram",
    progress_label="Progress",
    steps=("Received", "In progress", "Done"),
    statuses={
        Status.NEW: Progress("Received", "Your message has arrived and will be read soon.", 1),
        Status.REVIEWED: Progress("Read", "We have read your message and will take it up.", 1),
        Status.IN_PROGRESS: Progress("In progress", "Somebody is working on it.", 2),
        Status.WAITING_CUSTOMER: Progress(
            "Waiting for you", "We have written to you and need your answer to go on. Please look for our message.", 2
        ),
        Status.RESOLVED: Progress(
            "Solved", "We think that this is solved. If it is not, answer our last message and we take it up again.", 3
        ),
        Status.CLOSED: Progress("Closed", "This is finished. Write to us again if something is left to do.", 3),
        Status.DISCARDED: Progress("Closed", "This is finished. Write to us again if something is left to do.", 3),
    },
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    date="{day} {month} {year}, {hour:02}:{minute:02} UTC",
    not_found=Notice(
        "There is nothing here",
        "No page has this address. If you copied it from a message, check that all of it was copied.",
    ),
    too_often=Notice("Please wait a moment", "This page was asked for too often. Try again in a minute."),
    thanks=Notice("Thank you", "We have received your message."),
)  # fmt: skip

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH}


def of(language: str) -> Texts:
    """The texts in `language` (`de-AT` is served by `de`), or in English."""
    return LANGUAGES.get(language) or LANGUAGES.get(language.partition("-")[0]) or ENGLISH


def date(at: datetime, texts: Texts) -> str:
    at = at.astimezone(UTC)
    return texts.date.format(day=at.day, month=texts.months[at.month - 1], year=at.year, hour=at.hour, minute=at.minute)

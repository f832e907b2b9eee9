"""What somebody wrote into the form → one message for the desk, or everything that is wrong with it. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from core import addresses, archive
from core.errors import Invalid, Problem
from core.messages import InboundFile, InboundMessage, Sender
from core.policy import TRAPPED
from core.text import NAME_LENGTH, SUBJECT_LENGTH, clean_line, clean_text
from core.vocabulary import Channel
from ingest import upload
from ingest.form_texts import Texts
from ingest.upload import Rules, Upload

# Longer than anybody types; more than that is a file.
MESSAGE_LENGTH = 50_000
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)\b")


@dataclass(frozen=True, slots=True)
class Entry:
    """The fields of a form that is right."""

    name: str
    email: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a form came from. `rendering` is the random part of its token; `trapped`: the hidden field was filled in."""

    ip: str
    user_agent: str
    language: str
    rendering: bytes
    trapped: bool = False


def read(
    values: Mapping[str, str], uploads: Sequence[Upload], *, ours: frozenset[str], rules: Rules, texts: Texts
) -> Entry:
    """The fields as the desk keeps them. Raises Invalid with every problem, of the files too."""
    fields = _Fields(values, texts)
    entry = Entry(
        name=fields.line("name", NAME_LENGTH),
        email=fields.email(ours),
        subject=fields.required("subject", SUBJECT_LENGTH),
        message=fields.text("message", MESSAGE_LENGTH),
    )
    problems = [*fields.problems, *(Problem("files", problem) for problem in upload.problems(uploads, rules, texts))]
    if problems:
        raise Invalid(problems)
    return entry


def message(entry: Entry, files: Sequence[InboundFile], origin: Origin) -> InboundMessage:
    """The message for the desk; hashes the files, so for large ones in a thread."""
    envelope: dict[str, object] = {"ip": origin.ip, "user_agent": clean_line(origin.user_agent)}
    if origin.trapped:
        envelope[TRAPPED] = True
    return archive.built(
        Sender(Channel.EMAIL, entry.email, entry.name),
        files=tuple(files),
        channel=Channel.WEB_FORM,
        subject=entry.subject,
        text=entry.message,
        dedupe_key=_dedupe_key(entry, files, origin.rendering),
        language=_language(origin.language),
        envelope=envelope,
        # The page shows the link; a mail to an address that anybody can type in would be a weapon.
        acknowledge=False,
    )


def _dedupe_key(entry: Entry, files: Sequence[InboundFile], rendering: bytes) -> str:
    """One for both clicks of a double click; another for what somebody corrected after going back to the form."""
    sent = [(file.filename, file.content_type, hashlib.sha256(file.data).hexdigest()) for file in files]
    return hashlib.sha256(b"form" + rendering + orjson.dumps((entry, sent))).hexdigest()


class _Fields:
    """Reads the fields one by one, and gathers what is wrong with them."""

    def __init__(self, values: Mapping[str, str], texts: Texts) -> None:
        self.problems: list[Problem] = []
        self._values = values
        self._texts = texts

    def line(self, name: str, most: int) -> str:
        # Read a good deal further than it may go, to be able to say how much too long it is.
        return self._short_enough(name, clean_line(self._values.get(name, ""), most=10 * most), most)

    def required(self, name: str, most: int) -> str:
        return self.line(name, most) or self._wrong(name, "missing")

    def text(self, name: str, most: int) -> str:
        text = clean_text(self._values.get(name, "")).strip()
        return self._short_enough(name, text, most) or self._wrong(name, "missing")

    def email(self, ours: frozenset[str]) -> str:
        typed = clean_line(self._values.get("email", ""))
        address = addresses.normal(typed)
        if address is None:
            return self._wrong("email", "wrong" if typed else "missing")
        # Our answer would come back to us, and be taken for a loop.
        return self._wrong("email", "ours") if addresses.is_ours(address, ours) else address

    def _short_enough(self, name: str, text: str, most: int) -> str:
        if len(text) > most:
            self._wrong(name, "long", most=most, has=len(text))
        return text

    def _wrong(self, name: str, what: str, **numbers: int) -> str:
        self.problems.append(Problem(name, self._texts[f"{name}_{what}"].format(**numbers)))
        return ""


def _language(accepted: str) -> str:
    """The first language of an Accept-Language header; empty when it names none."""
    first = _LANGUAGE.match(accepted)
    return first[1].lower() if first else ""

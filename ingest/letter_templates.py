"""The texts of our mails, and how an operator puts their own in the place of ours.

A template is a text file, named after what it is for and, if wanted, its language: `answer.txt`, `answer.de.txt`,
`acknowledgement.txt`, `acknowledgement.de.txt`. `{name}` is replaced by what it stands for, `{{` and `}}` are curly
brackets. A paragraph in which something that has nothing to say stands is left out, so that no link is promised where
there is none. An acknowledgement begins with a line `Subject: …`; the subject of an answer is the customer's.
`answer.html` is the frame of an answer's HTML, with `{content}` in it.

A file that is wrong is not used: our own text takes its place, and the doctor says what is wrong.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import structlog

from core.config import Settings
from core.errors import Invalid, Problem
from core.text import clean_text
from core.vocabulary import DeliveryKind
from ingest.wording import WORDINGS, wording

log = structlog.get_logger()

FOLDER = "templates"
LONGEST = 64 * 1024

# What may stand in which, and what must. Nothing that came from outside gets into an acknowledgement: whoever forges a
# sender would make us deliver their words (reflected spam).
KNOWN: Mapping[DeliveryKind, frozenset[str]] = {
    DeliveryKind.ACKNOWLEDGEMENT: frozenset({"number", "link", "desk"}),
    DeliveryKind.ANSWER: frozenset(
        {"number", "link", "desk", "text", "author", "signature", "ticket", "name", "files", "conversation"}
    ),
}
REQUIRED: Mapping[DeliveryKind, frozenset[str]] = {
    DeliveryKind.ACKNOWLEDGEMENT: frozenset({"number"}),
    DeliveryKind.ANSWER: frozenset({"text"}),
}
CONTENT = "content"
_PIECE = re.compile(r"\{\{|\}\}|\{([a-z_]{1,20})\}|[{}]")
_NAME = re.compile(r"(acknowledgement|answer)(?:\.([a-z]{2}))?\.txt")
_SUBJECT = "Subject:"

_ANSWER = "{text}\n\n{files}\n\n{signature}\n\n{conversation}\n\n-- \n{ticket}\n"
_FRAME = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>'
    '<body style="font-family:sans-serif;font-size:14px;line-height:1.4">\n{content}\n</body></html>\n'
)


@dataclass(frozen=True, slots=True)
class Template:
    """`subject` is empty where the mail has one of its own. `paragraphs` is the text, cut at its empty lines."""

    subject: str
    paragraphs: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text. What is put in is not looked at again: a customer's `{link}` stays what it is."""
        shown = [_put_in(one, values) for one in self.paragraphs if all(values[name] for name in _names(one))]
        return _put_in(self.subject, values), "\n\n".join(shown) + "\n"


@dataclass(frozen=True, slots=True)
class Templates:
    """By kind and language; the language "" is for all that have none of their own."""

    own: Mapping[tuple[DeliveryKind, str], Template] = field(default_factory=dict)
    frame: str = _FRAME

    def of(self, kind: DeliveryKind, language: str) -> Template:
        code = language[:2].lower()
        return self.own.get((kind, code)) or self.own.get((kind, "")) or _ours(kind, code if code in WORDINGS else "en")

    def framed(self, content: str) -> str:
        return _put_in(self.frame, {CONTENT: content})


BUILT_IN = Templates()


def folder(settings: Settings) -> Path:
    return settings.mail.templates or settings.desk.data_dir / FOLDER


def read(settings: Settings) -> Templates:
    """The operator's templates, where they are good; what is wrong with the others goes to the log."""
    own: dict[tuple[DeliveryKind, str], Template] = {}
    frame = _FRAME
    for file, found in _files(folder(settings)):
        if isinstance(found, Invalid):
            log.error("template_not_used", file=str(file), reason="; ".join(p.message for p in found.problems))
        elif isinstance(found, str):
            frame = found
        else:
            own[_meant(file.name)] = found
    return Templates(own, frame)


def problems(settings: Settings) -> list[Problem]:
    """What is wrong with the operator's templates, each by its file. A folder that was named and is not there is one."""
    where = folder(settings)
    if settings.mail.templates and not _is_folder(where):
        return [Problem(str(where), "is no folder: correct mail.templates, or make it")]
    return [
        Problem(str(file), problem.message)
        for file, found in _files(where)
        if isinstance(found, Invalid)
        for problem in found.problems
    ]


def built_in() -> Iterator[tuple[str, str]]:
    """(name of the file, its text) of all of ours, for an operator to begin with."""
    for language in WORDINGS:
        yield f"acknowledgement.{language}.txt", _acknowledgement(language)
    yield "answer.txt", _ANSWER
    yield "answer.html", _FRAME


def parsed(kind: DeliveryKind, text: str) -> Template:
    """Raises Invalid with all that is wrong, in words for who wrote it."""
    lines = clean_text(text, most=LONGEST).strip("\n").split("\n")
    subject, found = "", list[str]()
    if kind is DeliveryKind.ACKNOWLEDGEMENT:
        if lines[0].startswith(_SUBJECT) and lines[0].removeprefix(_SUBJECT).strip():
            subject = lines.pop(0).removeprefix(_SUBJECT).strip()
        else:
            found.append(f"must begin with a line `{_SUBJECT} …`")
    elif lines[0].startswith(_SUBJECT):
        found.append(f"has a line `{_SUBJECT} …`: an answer keeps the customer's subject, leave it out")
    body = "\n".join(lines).strip("\n")
    found += _wrong_names(f"{subject}\n{body}", KNOWN[kind])
    used = {name for part in (subject, body) for name in _names(part)}
    found += [f"lacks {{{name}}}" for name in sorted(REQUIRED[kind] - used)]
    if found:
        raise Invalid([Problem("template", one) for one in found])
    return Template(subject, tuple(re.split(r"\n[ \t]*\n\s*", body)))


def parsed_frame(text: str) -> str:
    """Raises Invalid. A frame is HTML, in which only `{content}` is replaced; other brackets are CSS."""
    if text.count("{" + CONTENT + "}") != 1:
        raise Invalid([Problem("template", "must have {content} once")])
    return text


def _is_folder(where: Path) -> bool:
    # Path.is_dir raises where the way there is closed to us, and a doctor must say so instead.
    return os.path.isdir(where)  # noqa: PTH112


def _files(where: Path) -> Iterator[tuple[Path, Template | str | Invalid]]:
    for file in sorted(where.glob("*")) if _is_folder(where) else ():
        if file.is_file() and not file.name.startswith("."):
            try:
                yield file, _parsed_file(file)
            except Invalid as error:
                yield file, error


def _parsed_file(file: Path) -> Template | str:
    if file.name != "answer.html" and not _NAME.fullmatch(file.name):
        names = "answer.txt, answer.de.txt, answer.html, acknowledgement.txt, acknowledgement.de.txt"
        raise Invalid([Problem("template", f"is no name of a template, such as {names}")])
    try:
        with file.open("rb") as opened:
            text = opened.read(LONGEST + 1).decode()
    except OSError as error:
        raise Invalid([Problem("template", f"cannot be read ({error.strerror})")]) from None
    except UnicodeDecodeError:
        raise Invalid([Problem("template", "is not UTF-8: save it in UTF-8")]) from None
    if len(text) > LONGEST:
        raise Invalid([Problem("template", f"is longer than {LONGEST // 1024} KB")])
    return parsed_frame(text) if file.name == "answer.html" else parsed(_meant(file.name)[0], text)


def _meant(name: str) -> tuple[DeliveryKind, str]:
    kind, _, rest = name.removesuffix(".txt").partition(".")
    return DeliveryKind(kind), rest


@cache
def _ours(kind: DeliveryKind, language: str) -> Template:
    return parsed(kind, _ANSWER if kind is DeliveryKind.ANSWER else _acknowledgement(language))


def _acknowledgement(language: str) -> str:
    words = wording(language)
    return f"{_SUBJECT} {words.received}\n\n{words.thanks}\n\n{words.follow}\n{{link}}\n\n{words.add}\n"


def _wrong_names(text: str, known: frozenset[str]) -> list[str]:
    found = []
    for match in _PIECE.finditer(text):
        if match[0] in "{}":
            found.append(f"has a lone {match[0]}: write {match[0] * 2} for a curly bracket")
        elif match[1] and match[1] not in known:
            found.append(f"has {match[0]}, which is not known here: {', '.join(sorted(known))} are")
    return list(dict.fromkeys(found))


def _names(text: str) -> Iterator[str]:
    return (match[1] for match in _PIECE.finditer(text) if match[1])


def _put_in(text: str, values: Mapping[str, str]) -> str:
    def piece(match: re.Match[str]) -> str:
        return values[match[1]] if match[1] in values else match[0][:1]

    return _PIECE.sub(piece, text)

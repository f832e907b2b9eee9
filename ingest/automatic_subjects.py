"""Whether a subject is that of a machine's answer: out of office, received, on vacation. Pure, linear.

Only the subject is asked here, of mails whose header does not say it. People write about automatic answers, absence and
holidays too, and what is wrongly called a machine's opens no ticket: so a new mail must have the form that machines give
it, the words and behind them a colon, a date or the like. What answers one of ours may go on otherwise, unless as
people do.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from core.mail.subjects import REPLY_PREFIXES
from ingest.headers import Headers
from ingest.machine_words import (
    ANSWERS,
    ASKED_ABOUT,
    ASKED_ABOUT_A,
    ASKED_ABOUT_UNSPACED,
    ASKED_AT_THE_END,
    AUTO_SUBJECTS,
    AWAY_AT_THE_END,
    AWAY_SUBJECTS,
    FROM_YOURS,
    GOES_ON,
    MESSAGES,
    OF_ANSWERS,
    REFERRING,
    REQUESTS,
    UNTIL,
)

_FROM_OUTSIDE = re.compile(r"[\[(*]{0,3}(?:ext(?:ern(?:al|e|o)?)?|spam)[\])*]{0,3}[:\s-]{0,3}", re.IGNORECASE)
# Not Spanish RV, which hands on as well, nor Swedish Ang and French Réf, which begin what people ask about too.
_OTHERS_TOO = frozenset({"rv", "ang", "réf"})
_REPLY = re.compile(
    r"^\s*(?:(?:\[[^\]\n]{1,60}\]|\*{2,5}[\w ]{1,20}\*{2,5}|\((?:external|extern|ext)\)|(?:external|extern|ext|spam)\s?:)\s*){0,3}"
    rf"(?:{'|'.join(sorted((re.escape(word) for word in REPLY_PREFIXES if word not in _OTHERS_TOO), key=len, reverse=True))})"
    r"\.?\s*(?:\[\d+\]|\(\d+\)|\^\d+|-\d{1,2})?\s*[:：]",
    re.IGNORECASE,
)
# Notes: AUTO: Ann Lee is out of the office (returning 03/12/2026)
_NOTES_AWAY = re.compile(r"\([^()]{0,40}\d{1,4}[./-]\d{1,2}[./-]\d{1,4}[^()]{0,10}\)$")
# The rest of the last word, as in acknowledg-ement; East Asian writing has no spaces to end a word by.
_WORD_END = re.compile(r"^[a-z'ß-ɏͰ-ԯ-]*+")
_SPACE = r"[\s,*\"'»”]*+"


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


# What a machine's subject has behind its words: nothing, a colon or another sign, a figure, or a word of time or origin.
_SIGNS = r"$|[:：;.!…|/(\[\])>」】』~～–—您你\d-]"
_MACHINES, _MACHINES_ANSWER = (
    re.compile(rf"(?:{_SPACE}(?:{_either(MESSAGES)}))*+{_SPACE}(?:{_SIGNS}|(?:{_either(words)})(?!\w))")
    for words in (GOES_ON, ANSWERS)
)
# In one language: Su and Vos are names too.
_YOURS = "|".join(rf"(?:{_either(words)})\s+(?:{_either(yours)})" for words, yours in FROM_YOURS)
_FROM_YOU = re.compile(rf"(?:{_SPACE}(?:{_either(MESSAGES)}))*+\s+(?:{_YOURS})(?!\w)(?!\.\w)")
_TIMES = re.compile(rf"\s*+(?:{_either(UNTIL)})(?!\w)")
_REQUESTS = re.compile(rf"(?<!\w)(?:{_either(REQUESTS)})(?!\w)")
_REFERRING = re.compile(_either(REFERRING))
_LOOKED_AT = 200


def _by_first_letter(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The words by their first letter, the longest that fits first."""
    folded = sorted((word.casefold() for word in words), key=lambda word: (word[0], -len(word)))
    return {first: tuple(found) for first, found in groupby(folded, key=itemgetter(0))}


# Whatever follows.
_WITH_COLON = frozenset({"ooo:", "ooo]", "away:", "autoresponder:"})
# Names of the thing in several words, which people go on writing about: "Vacation notice for my team".
_NAMES = frozenset(
    {
        "maternity leave",
        "paternity leave",
        "parental leave",
        "sick leave",
        "vacation notice",
        "mensaje de ausencia",
        "aviso de ausencia",
        "mensagem de ausência",
        "messaggio di assenza",
    }
)
_AWAY_ENDS = tuple(word.casefold() for word in AWAY_AT_THE_END)  # ß is ss
_AUTO, _AWAY = _by_first_letter(AUTO_SUBJECTS), _by_first_letter(AWAY_SUBJECTS)


def is_reply(subject: str) -> bool:
    return (":" in subject or "：" in subject) and _REPLY.match(subject) is not None


def is_automatic(subject: str, headers: Headers) -> bool:
    """Whether a machine answers so; of `headers` only counts whether they say that the mail answers one."""
    # Gateways write `[EXTERNAL]` in front of what comes from outside.
    outside = _FROM_OUTSIDE.match(subject)
    bare = (
        subject[outside.end() if outside else 0 :]
        .lstrip("[(<*\"' 【「『")
        .casefold()[:_LOOKED_AT]
        .replace("\u0307", "")
    )
    answers = "in-reply-to" in headers
    if said := _beginning(bare, _AUTO):
        rest = bare[len(said) :]
        return not _is_asked_about(rest) and (answers or _is_machines(said, rest))
    # In capitals: an Auto is a car, of some year too.
    if "AUTO:" in subject and bare.startswith("auto:") and _NOTES_AWAY.search(bare):
        return True
    if answers and ":" not in bare and bare.rstrip(" .").endswith(_AWAY_ENDS):
        return True
    if not (said := _beginning(bare, _AWAY)):
        return False
    rest = bare[len(said) :]
    if _REPLY.match(bare.partition(":")[2]):
        return True
    # Not "Re: Absence", which is what a person answers about it, nor a subject of which it is the first word.
    whatever = said in _WITH_COLON or (" " in said and said not in _NAMES)
    alone = whatever or not rest.lstrip()[:1].isalnum() or _TIMES.match(rest) is not None
    return answers and alone and not _is_asked_about(rest)


def _is_machines(said: str, rest: str) -> bool:
    """Whether a machine goes on so behind the words, some of which have their colon with them."""
    if said.endswith(":"):
        return True
    if _FROM_YOU.match(rest):
        return False
    if re.match(r"\s+\w", rest) and rest.partition(":")[0].rstrip(" .!").rpartition(" ")[2] in ASKED_AT_THE_END:
        return False
    form = _MACHINES_ANSWER if any(map(said.__contains__, OF_ANSWERS)) else _MACHINES
    return form.match(_WORD_END.sub("", rest, count=1)) is not None


def _beginning(bare: str, table: dict[str, tuple[str, ...]]) -> str:
    begins = table.get(bare[:1], ())
    # Told at once of nearly all subjects.
    return next(words for words in begins if bare.startswith(words)) if bare.startswith(begins) else ""


def _is_asked_about(rest: str) -> bool:
    """Whether a person goes on so behind the words of an automatic answer, which has its own subject behind a colon."""
    ours = re.split("[:：]", rest, maxsplit=1)[0]
    if ours == rest and rest.endswith(("?", "？")):
        return True
    if ours.lstrip().startswith(ASKED_ABOUT_UNSPACED):
        return True
    if _REQUESTS.search(ours) and not _REFERRING.search(ours):
        return True
    following = _WORD_END.sub("", ours, count=1)
    words = [word.strip("?!.,") for word in following.split(" ", 3)[1:3]] if following.startswith(" ") else []
    return any(word in ASKED_ABOUT for word in (words[1:] if words[:1] and words[0] in ASKED_ABOUT_A else words[:1]))

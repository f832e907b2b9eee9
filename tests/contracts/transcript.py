"""Transcripts of a document's examples, replayed to the letter.

    ## a heading of the document            a remark
    @@ 2025-02-08T10:30:00Z                 what the desk's clock says from here on
    >>> POST /tickets                       a request: its line, headers, an empty line, its body
    ~~~ confidence, reasoning               the desk's own judgement: these fields are only of the same type
    <<< 201                                 what must be answered: status, headers, an empty line, the body

A body of parts (`boundary=`) is sent with the line ends that MIME wants.

Ids are the document's. The first time one is answered, it stands for the id that the desk gave; from there on it is
sent and expected as that one. `{access_token}` is the last that was answered. JSON must be equal down to the order of
its names.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.builders import Clock
from tests.contracts.conftest import exchange, require_as_documented

# A UUID; `healthcare` calls a ticket INC123456, and stores a file as 20250115_143022_a1b2c3d4.
_ID = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:INC|SUG)[0-9]{6}|[0-9]{8}_[0-9]{6}_[0-9a-z]{8}|\{access_token\}"
)


@dataclass
class Turn:
    """One request and what must be answered."""

    at: datetime | None
    request: str
    judged: frozenset[str] = frozenset()
    sent: str = ""
    expected: str = ""

    @property
    def name(self) -> str:
        return self.request


@dataclass
class Replay:
    """A client that speaks from a transcript."""

    contract: str
    port: int
    clock: Clock
    prefix: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    async def __call__(self, file: Path) -> int:
        """Say all of it; how many requests that were."""
        turns = list(parsed(file.read_text("utf-8")))
        for turn in turns:
            await self._say(turn)
        return len(turns)

    async def _say(self, turn: Turn) -> None:
        self.clock.now = turn.at or self.clock.now
        method, path = turn.request.split(" ", 1)
        headers, body = _parts(self._ours(turn.sent))
        if "boundary=" in headers.get("Content-Type", ""):
            body = body.replace("\n", "\r\n") + "\r\n"
        path = self._ours(path)
        answer = await exchange(self.port, method, self.prefix + path, headers, body.encode())
        require_as_documented(self.contract, method, path, answer)
        status, _, rest = turn.expected.partition("\n")
        told, shown = _parts(rest)
        assert answer.status == int(status.split()[0]), (turn.name, answer.body)
        assert {name: answer.headers.get(name) for name in told} == told, turn.name
        if shown:
            expected, answered = json.loads(shown), json.loads(answer.body)
            self._learn(expected, answered)
            if isinstance(answered, dict) and "access_token" in answered:
                self.ids["{access_token}"] = answered["access_token"]
            expected = json.loads(self._ours(json.dumps(expected)))
            assert json.dumps(_unjudged(answered, turn.judged), indent=1) == json.dumps(
                _unjudged(expected, turn.judged), indent=1
            ), turn.name

    def _learn(self, expected: object, answered: object) -> None:
        """Pair the document's ids with the desk's, wherever both have one in the same place."""
        match expected, answered:
            case dict(), dict():
                for name in expected.keys() & answered.keys():
                    self._learn(expected[name], answered[name])
            case list(), list():
                for one, other in zip(expected, answered, strict=False):
                    self._learn(one, other)
            case str(), str():
                for one, other in zip(_ID.findall(expected), _ID.findall(answered), strict=False):
                    self.ids.setdefault(one, other)

    def _ours(self, text: str) -> str:
        return _ID.sub(lambda found: self.ids.get(found[0], found[0]), text)


def parsed(text: str) -> Iterator[Turn]:
    at: datetime | None = None
    judged: frozenset[str] = frozenset()
    turn: Turn | None = None
    into = ""
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        match mark:
            case "##":
                continue
            case "@@":
                at = datetime.fromisoformat(rest)
            case "~~~":
                judged = frozenset(re.split(r",\s*", rest))
            case ">>>":
                if turn:
                    yield turn
                turn, into, judged = Turn(at, rest), "sent", frozenset()
            case "<<<" if turn:
                turn.judged, turn.expected, into = judged, rest + "\n", "expected"
            case _ if turn:
                setattr(turn, into, getattr(turn, into) + line + "\n")
    if turn:
        yield turn


def _parts(text: str) -> tuple[dict[str, str], str]:
    """Headers, and the body behind the first empty line."""
    head, _, body = text.partition("\n\n") if not text.startswith("\n") else ("", "", text[1:])
    headers = dict(line.split(": ", 1) for line in head.splitlines() if line)
    return headers, body.strip("\n")


def _unjudged(value: object, judged: frozenset[str]) -> object:
    """With the type instead of the value where the value is the desk's own judgement."""
    match value:
        case dict():
            return {
                name: type(inner).__name__ if name in judged else _unjudged(inner, judged)
                for name, inner in value.items()
            }
        case list():
            return [_unjudged(inner, judged) for inner in value]
        case _:
            return value

"""XML → records: `<tickets><ticket><subject>…</subject>…</ticket>…</tickets>`.

Tags may be a text (`login,urgent`) or elements of their own; attributes and namespaces say nothing. There is no DTD in
a file of ours, so one with a DTD is refused before an entity could be declared, let alone grow. A tag or comment that
never ends is given up, because the parser looks at it anew with every piece (CVE-2023-52425).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingest.import_records import CHUNK, MOST_ROW, MOST_VALUES, BadFile, Broken, Record, encoding_of

# The list, its tickets, their fields.
_TICKET, _FIELD = 2, 3
_MOST_DEPTH = 8
# Whose elements have names that mean something; those of other fields are a list.
_METADATA = "metadata"


def records(file: IO[bytes]) -> Iterator[Record]:
    """Raises BadFile."""
    encoding_of(file)
    gatherer = _Gatherer()
    parser = DefusedXMLParser(target=gatherer, forbid_dtd=True)
    silent = 0
    try:
        while chunk := file.read(CHUNK):
            before = gatherer.steps
            parser.feed(chunk)
            silent = 0 if gatherer.steps > before else silent + len(chunk)
            if silent > MOST_ROW:
                raise BadFile(f"one of its tags or comments has more than {MOST_ROW} octets")
            yield from gatherer.taken()
        parser.close()
    except DefusedXmlException:
        raise BadFile("the file declares a document type, which is not read: remove its <!DOCTYPE …>") from None
    except (ParseError, ValueError, LookupError) as error:  # the last two: an encoding that nobody knows
        # What was whole before it counts.
        yield from gatherer.taken()
        raise BadFile(f"the file is no well-formed XML: {error}") from None
    yield from gatherer.taken()


@dataclass(slots=True)
class _Gatherer:
    """What the parser tells, as records."""

    steps: int = 0
    done: list[Record] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    record: dict[str, object] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    # The elements within a field, by name.
    parts: list[tuple[str, str]] = field(default_factory=list)
    values: int = 0
    size: int = 0

    def taken(self) -> list[Record]:
        done, self.done = self.done, []
        return done

    def start(self, tag: str, _: object) -> None:
        self.steps += 1
        self.path.append(tag.rpartition("}")[2])
        if self.path == ["ticket"]:
            raise BadFile("the file holds one <ticket> by itself: put <tickets> around it")
        if len(self.path) > _MOST_DEPTH:
            raise BadFile(f"its elements are nested more than {_MOST_DEPTH} levels deep: it is no list of tickets")
        self.values += 1
        self.text.clear()

    def data(self, text: str) -> None:
        self.steps += 1
        self.size += len(text)
        if len(self.path) >= _FIELD and self.size <= MOST_ROW:
            self.text.append(text)

    def end(self, _: str) -> None:
        self.steps += 1
        depth, name = len(self.path), self.path.pop()
        if depth == _TICKET:
            self._end_ticket(name)
        elif depth > _FIELD and self.values <= MOST_VALUES:
            self.parts.append((name, "".join(self.text)))
        elif depth == _FIELD and self.values <= MOST_VALUES:
            self.record[name] = self._field(name)
        self.text.clear()

    def close(self) -> None:
        """Asked for by the parser; every record is told already."""

    def _field(self, name: str) -> object:
        if not self.parts:
            return "".join(self.text)
        parts, self.parts = self.parts, []
        return dict(parts) if name == _METADATA else [text for _, text in parts]

    def _end_ticket(self, name: str) -> None:
        self.done.append(self._judged(name))
        self.record, self.parts, self.values, self.size = {}, [], 0, 0

    def _judged(self, name: str) -> Record:
        if name != "ticket":
            return Broken(f"is <{name[:64]}> and no <ticket>")
        if self.values > MOST_VALUES:
            return Broken(f"says more than {MOST_VALUES} things")
        if self.size > MOST_ROW:
            return Broken(f"has more than {MOST_ROW} characters")
        return self.record

"""What became different, said in Catalan as the document says it: `El títol s'ha canviat per "…"`.

Pure. A change may come from any channel and carries the desk's words, or is written by hand with the document's own
field names: both read the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from api.contracts.healthcare.words import CRIT, PATHWAY, STATUS
from core.vocabulary import Category, TicketType

# A description may be as long as a book; its sentence is a line of a list.
LONGEST = 500


class Changed(Protocol):
    """What of an audit row is said."""

    @property
    def field(self) -> str: ...
    @property
    def old(self) -> str | None: ...
    @property
    def new(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Labels:
    """What an entry of each reference list is called, by its id as text; of a centre by its code."""

    status: Mapping[str, str]
    crit: Mapping[str, str]
    tool: Mapping[str, str]
    center: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Field:
    """How a field is called with its verb, and how its values are."""

    subject: str
    verb: str
    value: Callable[[str, Labels], str]


def sentence(change: Changed, labels: Labels) -> str:
    if change.field in _FILES:
        return _file(change)
    field = _FIELDS.get(change.field) or _Field(f"El camp «{change.field}»", "s'ha canviat", _itself)
    if not change.new:
        return f"{field.subject} {_EMPTIED[field.verb]}"
    return f'{field.subject} {field.verb} per "{_short(field.value(change.new, labels))}"'


def _file(change: Changed) -> str:
    return f'S\'ha afegit el fitxer "{change.new}"' if change.new else f'S\'ha eliminat el fitxer "{change.old}"'


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"


def _itself(value: str, labels: Labels) -> str:
    return value


def _status(value: str, labels: Labels) -> str:
    return labels.status.get(_STATUS_NUMBERS.get(value, value), value)


def _crit(value: str, labels: Labels) -> str:
    return labels.crit.get(_CRIT_NUMBERS.get(value, value), value)


def _tool(value: str, labels: Labels) -> str:
    return labels.tool.get(value, value)


def _center(value: str, labels: Labels) -> str:
    return labels.center.get(value, value)


def _named(names: Mapping[str, str]) -> Callable[[str, Labels], str]:
    return lambda value, labels: names.get(value, value)


_STATUS_NUMBERS = {status.value: str(number) for status, number in STATUS.outward.items()}
_CRIT_NUMBERS = {priority.value: str(number) for priority, number in CRIT.outward.items()}
_TYPES: Mapping[str, str] = {TicketType.INCIDENCE: "Incidència", TicketType.SUGGESTION: "Suggeriment"}
_WAYS = {"web": "Web", "mobile": "Mòbil", "email": "Correu electrònic", "phone": "Telèfon", "in_person": "En persona"}
_PATHWAYS: Mapping[str, str] = {**_WAYS, **{channel: _WAYS[word] for channel, word in PATHWAY.outward.items()}}
_CATEGORIES: Mapping[str, str] = {
    Category.ACCOUNT_ACCESS: "Accés al compte",
    Category.TECHNICAL_ISSUE: "Problema tècnic",
    Category.BILLING_QUESTION: "Facturació",
    Category.FEATURE_REQUEST: "Petició de millora",
    Category.BUG_REPORT: "Error de programari",
    Category.OTHER: "Altres",
}

_ONE, _MANY = "s'ha canviat", "s'han canviat"
_EMPTIED = {_ONE: "s'ha deixat en blanc", _MANY: "s'han deixat en blanc"}
_TITLE = _Field("El títol", _ONE, _itself)
_DESCRIPTION = _Field("La descripció", _ONE, _itself)
_STATE = _Field("L'estat", _ONE, _status)
_PRIORITY = _Field("La prioritat", _ONE, _crit)
_PATHWAY = _Field("La via d'entrada", _ONE, _named(_PATHWAYS))

# The desk's name of a field and the document's stand beside each other.
_FIELDS: Mapping[str, _Field] = {
    "subject": _TITLE,
    "title": _TITLE,
    "description": _DESCRIPTION,
    "type": _Field("El tipus", _ONE, _named(_TYPES)),
    "status": _STATE,
    "status_id": _STATE,
    "priority": _PRIORITY,
    "crit_id": _PRIORITY,
    "tool_id": _Field("L'eina", _ONE, _tool),
    "center_id": _Field("El centre", _ONE, _center),
    "people": _Field("Les persones implicades", _MANY, _itself),
    "channel": _PATHWAY,
    "pathway": _PATHWAY,
    "notifier": _Field("El notificador", _ONE, _itself),
    "url": _Field("L'enllaç", _ONE, _itself),
    "category": _Field("La categoria", _ONE, _named(_CATEGORIES)),
    "tags": _Field("Les etiquetes", _MANY, _itself),
    "assigned_to": _Field("La persona assignada", _ONE, _itself),
    "needs_review": _Field("La revisió pendent", _ONE, _named({"true": "sí", "false": "no"})),
    "possible_duplicate_of": _Field("El possible duplicat", _ONE, _itself),
    "requester": _Field("El sol·licitant", _ONE, _itself),
    "merged_into": _Field("El tiquet de destinació", _ONE, _itself),
    "merged": _Field("El tiquet incorporat", _ONE, _itself),
    "split": _Field("El tiquet separat", _ONE, _itself),
    "split_from": _Field("El tiquet d'origen", _ONE, _itself),
    "blocked": _Field("El bloqueig del sol·licitant", _ONE, _itself),
    "message_id": _Field("L'identificador del missatge", _ONE, _itself),
    "snoozed_until": _Field("La data de represa", _ONE, _itself),
    "participants": _Field("Les persones que hi participen", _MANY, _itself),
    "held": _Field(
        "El missatge retingut",
        _ONE,
        _named({"allow": "admès", "new_ticket": "convertit en un altre tiquet", "ignore": "ignorat"}),
    ),
    "comment": _Field(
        "Un comentari", _ONE, _named({"edited": "corregit", "deleted": "eliminat", "withdrawn": "retirat"})
    ),
    "embed_token": _Field(
        "L'enllaç públic", _ONE, _named({"made": "creat", "renewed": "renovat", "revoked": "anul·lat"})
    ),
}
_FILES = ("attachment", "attached")

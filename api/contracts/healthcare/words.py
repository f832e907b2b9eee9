"""Contract `healthcare`: its words and ids, and the desk's words for the same things."""

import re
from collections.abc import Mapping

from api.contracts.contract import Words
from core.reference import Entry, Lists
from core.vocabulary import Channel, Priority, Role, Status, TicketType

# Under this name the fields that only this document has are kept (`ticket.extra`, `users.extra`).
NAME = "healthcare"

STATUS: Words[int, Status] = Words(
    {
        1: Status.NEW,
        2: Status.REVIEWED,
        3: Status.DISCARDED,
        4: Status.IN_PROGRESS,
        5: Status.WAITING_CUSTOMER,
        6: Status.RESOLVED,
        7: Status.CLOSED,
        8: Status.DELETED,
    }
)
CRIT: Words[int, Priority] = Words({1: Priority.LOW, 2: Priority.MEDIUM, 3: Priority.HIGH, 4: Priority.URGENT})
LEVEL: Words[int, Role] = Words({1: Role.ADMIN, 2: Role.AGENT, 3: Role.CUSTOMER})
TYPE: Words[str, TicketType] = Words({"incidence": TicketType.INCIDENCE, "suggestion": TicketType.SUGGESTION})
PATHWAY: Words[str, Channel] = Words(
    {
        "web": Channel.WEB_FORM,
        "mobile": Channel.MOBILE,
        "email": Channel.EMAIL,
        "phone": Channel.PHONE,
        "in_person": Channel.IN_PERSON,
    },
    seen_as={Channel.TELEGRAM: "mobile", Channel.API: "web", Channel.IMPORT: "web", Channel.CONSOLE: "web"},
    # A way out only: no ticket comes by it.
    hidden={Channel.WEBHOOK},
)

_PREFIXES: Mapping[TicketType, str] = {TicketType.INCIDENCE: "INC", TicketType.SUGGESTION: "SUG"}
_OURS = re.compile(r"(?:INC|SUG)([0-9]{1,18})")
# A number of the client's own. It becomes part of a shown path, so it has no slash and begins with no dot.
CUSTOM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"


def ticket_id(type_: TicketType, number: int) -> str:
    """`INC000042`."""
    return f"{_PREFIXES[type_]}{number:06}"


def number_of(wire_id: str) -> int | None:
    """42 of `INC000042`, None where it is no id of ours. The type may change; the number says which ticket it is."""
    found = _OURS.fullmatch(wire_id)
    return int(found[1]) if found else None


DOCUMENTED: Lists = {
    "status": (
        Entry(1, "created", "Creada"),
        Entry(2, "reviewed", "Revisada"),
        Entry(3, "discarted", "Descartada"),
        Entry(4, "resolving", "En resolució"),
        Entry(5, "notified", "Notificada"),
        Entry(6, "solved", "Resolta"),
        Entry(7, "closed", "Tancada"),
        Entry(8, "deleted", "Eliminada"),
    ),
    "crit": (
        Entry(1, "low", "Baixa"),
        Entry(2, "mid", "Mitja"),
        Entry(3, "high", "Alta"),
        Entry(4, "critical", "Crítica"),
    ),
    "tool": (
        Entry(1, "ECAP", "ECAP"),
        Entry(2, "PXM", "Programació per motius - HES"),
        Entry(3, "AIN", "Alertes i Notificacions - HES"),
        Entry(4, "CAM", "Centre d'Ajuda - HES"),
        Entry(5, "AXIA", "Axia | Suport clínic - HES"),
        Entry(6, "LAND_MED", "Pàgina d'inici Medicina"),
        Entry(7, "LAND_INF", "Pàgina d'inici Infermeria"),
        Entry(8, "LAND_GIS", "Pàgina d'inici Administratiu"),
    ),
    "center": (
        Entry(1, "305", "EAP St. Andreu de Llavaneres"),
        Entry(2, "273", "EAP Arenys de Mar"),
        Entry(3, "302", "EAP Mataró- 3 (Perú)"),
    ),
}

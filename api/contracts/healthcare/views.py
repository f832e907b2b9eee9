"""What seed 004's document shows: the desk's values in its fields, and no others. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from api.contracts.healthcare.sentences import Labels, sentence
from api.contracts.healthcare.words import CRIT, LEVEL, NAME, PATHWAY, STATUS, number_of, ticket_id
from core.accounts.users import User
from core.conversation import Attachment
from core.history import Change
from core.reference import Entry
from core.tickets import Ticket
from core.vocabulary import Status
from ingest.upload import extension_of

Json = dict[str, object]

# Of whoever writes without an account (by mail, say): never an account's, those count from 1.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What tickets are shown with: the reference lists, whose accounts are meant, and the files of each ticket."""

    lists: Mapping[str, Sequence[Entry]]
    creators: Mapping[UUID, User]
    files: Mapping[UUID, Sequence[Attachment]]


def own(extra: Mapping[str, object]) -> Mapping[str, object]:
    """The fields that only this document has."""
    found = extra.get(NAME)
    return found if isinstance(found, dict) else {}


def wire_id(shown: Ticket) -> str:
    """`INC000042`, or the client's own number. One that looks like ours is never shown: it may be another ticket's."""
    custom = own(shown.extra).get("ticket_num")
    return custom if isinstance(custom, str) and number_of(custom) is None else ticket_id(shown.type, shown.number)


def ticket(shown: Ticket, known: Known) -> Json:
    """As it is answered to whoever opens it. What it lacks because it came by mail has the nearest thing, or null."""
    fields, who = own(shown.extra), shown.requester.name or shown.requester.email
    return {
        "id": wire_id(shown),
        "type": shown.type,
        "title": shown.subject,
        "description": shown.description,
        "status_id": STATUS.outward[shown.status],
        "crit_id": CRIT.outward[shown.priority],
        "tool_id": fields.get("tool_id"),
        "center_id": fields.get("center_id"),
        "people": fields.get("people", [who] if who else []),
        "pathway": PATHWAY.outward[shown.channel],
        "notifier": fields.get("notifier", None if "people" in fields else who),
        "url": fields.get("url"),
        "creator": _number(known.creators.get(shown.id)),
        "creation_date": shown.created_at.date().isoformat(),
        "supports": fields.get("supports", 0),
        "attached": [path(shown, file) for file in known.files.get(shown.id, ())],
    }


def detail(shown: Ticket, known: Known, *, deleted_at: datetime | None = None) -> Json:
    """With its dates, and what its ids stand for."""
    found = ticket(shown, known)
    settled = shown.status is not Status.DISCARDED and shown.resolved_at
    dates = {
        "modify_date": moment(shown.updated_at) if shown.version > 1 else None,
        "resolution_date": moment(shown.resolved_at) if settled and shown.resolved_at else None,
        "delete_date": moment(deleted_at) if deleted_at else None,
    }
    last = {name: found.pop(name) for name in ("supports", "attached")}
    return {
        **found,
        **dates,
        **last,
        "created_by_user": creator(shown, known),
        "status": _entry(known, "status", found["status_id"]),
        "crit": _entry(known, "crit", found["crit_id"]),
        "center": _center(known, found["center_id"]),
        "tool": _entry(known, "tool", found["tool_id"]),
    }


def creator(shown: Ticket, known: Known) -> Json:
    account = known.creators.get(shown.id)
    if account:
        return {**person(account), "permission_level": LEVEL.outward[account.role], "is_active": account.active}
    email = shown.requester.email
    who = {"id": NOBODY, "username": email or shown.requester.name, "email": email}
    return {**who, "permission_level": 3, "is_active": False}


def person(account: User | None, name: str = "") -> Json:
    if account is None:
        return {"id": NOBODY, "username": name, "email": ""}
    return {"id": account.number, "username": account.username, "email": account.email}


def user(account: User) -> Json:
    fields = own(account.extra)
    return {
        **person(account),
        "name": account.name,
        "surnames": fields.get("surnames", ""),
        "permission_level": LEVEL.outward[account.role],
        "default_center_id": fields.get("default_center_id"),
        "is_active": account.active,
    }


def entry(shown: Entry) -> Json:
    return {"id": shown.id, "value": shown.value, "desc": shown.label}


def stored_name(file: Attachment) -> str:
    """`20250115_143022_a1b2c3d4.pdf`: made of when it came and of its id, never of a name that somebody chose."""
    return f"{file.created_at:%Y%m%d_%H%M%S}_{file.id.hex[-8:]}{extension_of(file.filename)}"


def path(shown: Ticket, file: Attachment) -> str:
    """A name to show and to ask for. Nothing lies there: the desk keeps bytes by what they are."""
    return f"tickets/{wire_id(shown)}/attachments/{file.created_at:%Y/%m}/{stored_name(file)}"


def attachment(shown: Ticket, file: Attachment, accounts: Mapping[UUID, User]) -> Json:
    account = accounts.get(file.user_id) if file.user_id else None
    return {
        "filename": file.filename,
        "original_name": file.filename,
        "path": path(shown, file),
        "size": file.size,
        "hash": file.sha256,
        "uploaded_by": account.username if account else file.uploaded_by,
        "uploaded_at": moment(file.created_at),
        "file_type": extension_of(file.filename),
        "content_type": file.content_type,
        "ticket_id": wire_id(shown),
    }


def directory(files: Iterable[Attachment]) -> dict[str, dict[str, list[str]]]:
    """The stored names by year and month."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in files:
        year, month = f"{file.created_at:%Y}", f"{file.created_at:%m}"
        found.setdefault(year, {}).setdefault(month, []).append(stored_name(file))
    return found


def modifications(changes: Iterable[Change], accounts: Mapping[UUID, User], labels: Labels) -> list[Json]:
    """One for each act. That a ticket was opened is no modification."""
    told = [change for change in changes if change.field != "ticket"]
    return [modification(list(rows), accounts, labels) for _, rows in groupby(told, key=lambda change: change.act_id)]


def modification(act: Sequence[Change], accounts: Mapping[UUID, User], labels: Labels) -> Json:
    """`act` holds at least one change, and all were made at once by the same person."""
    first = act[0]
    who = person(accounts.get(first.user_id) if first.user_id else None, first.actor)
    sentences = [sentence(change, labels) for change in act]
    return {
        "id": first.id,
        "user_id": who["id"],
        "date": moment(first.at),
        "user": who,
        "changes": sentences,
        "total_changes": len(sentences),
    }


def labels(lists: Mapping[str, Sequence[Entry]]) -> Labels:
    by_id = {name: {str(entry.id): entry.label for entry in entries} for name, entries in lists.items()}
    centers = {entry.value: entry.label for entry in lists["center"]}
    return Labels(by_id["status"], by_id["crit"], by_id["tool"], centers)


def moment(at: datetime) -> str:
    """UTC without saying so, as the document writes times."""
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def _number(account: User | None) -> int:
    return account.number if account else NOBODY


def _entry(known: Known, name: str, number: object) -> Json | None:
    return next((entry(one) for one in known.lists[name] if one.id == number), None)


def _center(known: Known, code: object) -> Json | None:
    """A ticket names a centre by its code, and so does the document where it shows the centre of a ticket."""
    found = next((one for one in known.lists["center"] if one.value == str(code)), None)
    return {"id": code, "value": found.value, "desc": found.label} if found else None

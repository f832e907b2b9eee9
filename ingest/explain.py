"""How a mail is understood: as one JSON object, for measuring, and as a page of text, for people who wonder."""

from collections.abc import Callable, Mapping, Sequence

from core.addresses import normal
from core.messages import Forwarded, InboundFile
from core.vocabulary import MessageKind
from ingest import mail_in, mailboxes, mime
from ingest.envelope import Envelope
from ingest.headers import Headers
from ingest.mail_in import Understood
from ingest.mime import Part

Classify = Callable[[str, str], Mapping[str, object]]


def explain(raw: bytes, classify: Classify | None = None) -> dict[str, object]:
    """`classify(subject, text)` adds what the desk would make of it; of a bounce it makes nothing.

    `from` is who the mail says that it is from, `requester` who the desk takes for its writer: the ladder of
    `mail_in` may find a better address. Of an attachment, `filename` is what the mail calls it (nothing where it does
    not), by the letter of RFC 5322 3.2.1, where a backslash only quotes what follows; `stored_as` is what the desk
    calls it, which takes the backslashes of an old Windows program for those of a path. `remarks` are the lines that
    the desk adds to the text, which says what the mail says. `charsets` are those that the text was read in.
    """
    root = mime.parse(raw)
    read = mail_in.understood(raw, root)
    remarks = read.body.remarks
    return {
        **_people(root, read),
        "subject": read.subject,
        "date": read.sent_at,
        "text": _without(read.text, remarks),
        "remarks": list(remarks),
        "html": read.body.html,
        "new_text": None if read.new_text is None else _without(read.new_text, remarks),
        "attachments": [_attachment(file) for file in read.files],
        "kind": read.kind.value,
        "automatic": read.automatic,
        "bounced": list(read.bounced),
        "forward": _forward(read.forwarded),
        "message_id": read.message_id or mail_in.made_up_id(raw),
        "in_reply_to": list(read.in_reply_to),
        "references": list(read.references),
        "charsets": list(read.body.charsets),
        # Of a report no ticket comes, so the desk reads none for what it is about (core.policy.bounce).
        "classification": classify(read.subject, read.text)
        if classify and read.kind is not MessageKind.BOUNCE
        else None,
    }


def _without(text: str, remarks: Sequence[str]) -> str:
    """What the mail says, without the lines that the desk adds to it."""
    for remark in reversed(remarks):
        text = text.removesuffix(remark).rstrip("\n")
    return text


def _attachment(file: InboundFile) -> dict[str, object]:
    return {
        "filename": file.called or (file.filename if file.named else ""),
        "stored_as": file.filename,
        "size": len(file.data),
        "type": file.content_type,
    }


def _forward(found: Forwarded | None) -> dict[str, object] | None:
    if found is None or not (found.address or found.name or found.text):
        return None  # nothing, or only the order to look for it
    return {
        "from": {"address": found.address, "name": found.name},
        "subject": found.subject,
        "date": found.date,
        "to": list(found.to),
        "cc": list(found.cc),
        "message": found.remark,
        "body": found.text,
    }


def page(explained: Mapping[str, object]) -> str:
    """What `explain` found, for a person to read."""
    lines = [f"{label + ':':<12} {said}" for label, said in _facts(explained) if said]
    new, text = explained["new_text"], explained["text"]
    remarks = [str(remark) for remark in _items(explained["remarks"])]
    lines += ["", "\n\n".join(filter(None, (str(text or ""), *remarks))) or "(no text)"]
    if new is not None:
        lines += ["", "Of it, what is new:", "", str(new)]
    return "\n".join(lines)


def _facts(explained: Mapping[str, object]) -> list[tuple[str, str]]:
    kind, automatic = str(explained["kind"]), explained["automatic"]
    requester = _address(explained["requester"])
    return [
        ("From", _address(explained["from"])),
        ("Requester", requester if requester != _address(explained["from"]) else ""),
        ("Sender", _address(explained.get("sender"))),
        ("Subject", str(explained["subject"] or "(no subject)")),
        ("Date", str(explained["date"] or "")),
        ("Kind", f"{kind} ({automatic})" if automatic else kind),
        ("Bounced", _listed(explained["bounced"])),
        ("Answers", _listed(explained["in_reply_to"])),
        ("Forwards", _forwarded(explained["forward"])),
        *(("File", _file(file)) for file in _items(explained["attachments"])),
        ("Read in", _listed(explained["charsets"])),
        ("Classified", _classified(explained["classification"])),
    ]


def _address(said: object) -> str:
    if not isinstance(said, Mapping):
        return ""
    name, address = said["name"], said["address"]
    return f"{name} <{address}>" if name and address else str(name or address)


def _forwarded(said: object) -> str:
    return (
        f"{_address(said['from']) or 'somebody'}: {said['subject'] or '(no subject)'}"
        if isinstance(said, Mapping)
        else ""
    )


def _file(said: object) -> str:
    return f"{said['stored_as']} ({said['type']}, {said['size']} bytes)" if isinstance(said, Mapping) else ""


def _classified(said: object) -> str:
    return f"{said['category']}, {said['priority']}" if isinstance(said, Mapping) else ""


def _items(said: object) -> list[object]:
    return list(said) if isinstance(said, list | tuple) else []


def _listed(said: object) -> str:
    return ", ".join(map(str, _items(said)))


def _people(root: Part, read: Understood) -> dict[str, object]:
    """Who wrote; an address that the desk cannot use is still shown to whoever asks what the mail says."""
    name, said = _said_from(root.headers, read.hint)
    if not said:
        name, said = mail_in.said_sender(root.headers, Envelope())
    people: dict[str, object] = {
        "from": {"address": normal(said) or said, "name": name or read.sender.name},
        "requester": {"address": read.sender.address, "name": read.sender.name},
    }
    for shown, address in mailboxes.addresses(root.headers, "sender")[:1]:
        people["sender"] = {"address": address, "name": shown}
    return people


def _said_from(fields: Headers, hint: str) -> tuple[str, str]:
    """The first of From that has an address, of whatever form: `root` is one on its own machine."""
    pairs = mailboxes.addresses(fields, "from", hint)
    usable = (pair for pair in pairs if normal(pair[1]))
    return next(usable, None) or next((pair for pair in pairs if pair[1]), ("", ""))

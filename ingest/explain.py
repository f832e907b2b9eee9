"""How a mail is understood, as one JSON object: for people who wonder, and for measuring."""

from collections.abc import Callable, Mapping

from core.messages import InboundMessage
from ingest import mail_in, mailboxes, mime
from ingest.envelope import Envelope

Classify = Callable[[str, str], Mapping[str, object]]


def explain(raw: bytes, classify: Classify | None = None) -> dict[str, object]:
    """`classify(subject, text)` adds what the desk would make of it."""
    message = mail_in.parse(raw, Envelope())
    return {
        **_people(raw, message),
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "new_text": message.new_text,
        "attachments": [
            {"filename": file.filename, "size": len(file.data), "type": file.content_type} for file in message.files
        ],
        "kind": message.kind.value,
        "bounced": list(message.bounced),
        "forward": None,
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "classification": classify(message.subject, message.text) if classify else None,
    }


def _people(raw: bytes, message: InboundMessage) -> dict[str, object]:
    """Who wrote; an address that the desk cannot use is still shown to whoever asks what the mail says."""
    fields = mime.parse(raw).headers
    address = message.sender.address or mail_in.said_sender(fields, Envelope())[1]
    people: dict[str, object] = {"from": {"address": address, "name": message.sender.name}}
    for name, said in mailboxes.addresses(fields, "sender")[:1]:
        people["sender"] = {"address": said, "name": name}
    return people

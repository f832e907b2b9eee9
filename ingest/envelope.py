"""What is known of a mail beside its bytes: who handed it over, for whom, and how."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """The SMTP side of one mail; everything empty when it came as a file.

    An empty `mail_from` together with recipients is the null sender `<>` of RFC 5321 4.5.5. `trusted` means that a
    relay of our own handed the mail over, so that what it wrote into the header may be believed.
    """

    mail_from: str = ""
    recipients: tuple[str, ...] = ()
    peer: str = ""
    helo: str = ""
    tls: bool = False
    received_at: datetime | None = None
    trusted: bool = False


def dedupe_key(envelope: Envelope, raw: bytes) -> str:
    """The same for the same delivery, and for nothing else.

    Never the Message-ID: whoever sends a victim's Message-ID first would have the real mail swallowed. Every field
    is framed by its length, so that no byte can move from one into the next without changing the key.
    """
    senders = [one.encode("utf-8", "surrogatepass") for one in (envelope.mail_from, *sorted(envelope.recipients))]
    frames = [b"%d:%b" % (len(octets), octets) for octets in senders]
    digest = hashlib.sha256(b"%b%d;%d:" % (b"".join(frames), len(senders), len(raw)))
    digest.update(raw)
    return digest.hexdigest()


def as_mapping(envelope: Envelope) -> dict[str, object]:
    """The envelope for the ledger: nothing in it but what JSON knows."""
    return {
        "mail_from": envelope.mail_from,
        "recipients": list(envelope.recipients),
        "peer": envelope.peer,
        "helo": envelope.helo,
        "tls": envelope.tls,
        "received_at": envelope.received_at.isoformat() if envelope.received_at else None,
        "trusted": envelope.trusted,
    }


def from_mapping(stored: Mapping[str, object]) -> Envelope:
    """The envelope that `as_mapping` wrote; what is missing or odd in an old row is as if it was not known."""
    recipients, received_at = stored.get("recipients"), stored.get("received_at")
    return Envelope(
        mail_from=str(stored.get("mail_from") or ""),
        recipients=tuple(str(one) for one in recipients) if isinstance(recipients, list) else (),
        peer=str(stored.get("peer") or ""),
        helo=str(stored.get("helo") or ""),
        tls=stored.get("tls") is True,
        received_at=datetime.fromisoformat(received_at) if isinstance(received_at, str) else None,
        trusted=stored.get("trusted") is True,
    )

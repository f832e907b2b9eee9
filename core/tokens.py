"""The tokens we hand out: reply tags in our addresses and Message-IDs, and embed tokens.

A reply tag reads `42-1-mfrggzdfmztwq2lk`: ticket number, participant, and 80 bits of HMAC-SHA256 over the ticket,
the participant and the version of their token. Lower-case base32, because mail systems fold the case of local parts.

A bounce address is where a mail server reports that it could not deliver one mail of ours (VERP): a `b` behind the
plus, and 42 characters that are the delivery's id and 80 bits of HMAC over it.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from uuid import UUID

import uuid_utils

_TAG = re.compile(r"(\d{1,18})-(\d{1,6})-([a-z2-7]{16})")
# Our Message-IDs: the tag, and a name of the delivery that makes them unique.
_MESSAGE_ID = re.compile(r"<?(\d{1,18}-\d{1,6}-[a-z2-7]{16})\.([0-9a-f]{32})@[^<>@\s]+>?")
# The tag as it stands in the line of ours above a quoted conversation, however a mail program broke that line.
_IN_TEXT = re.compile(
    r"##-.{0,300}?-##\s{1,3}(?:[>|*]\s{0,3}){0,5}\[(\d{1,18}-\d{1,6}-[a-z2-7]{16})\]", re.IGNORECASE | re.DOTALL
)
_BOUNCE = re.compile(r"b[a-z2-7]{42}")
_LINE_OF_OURS = 500
# RFC 5321 4.5.3.1.1.
_LOCAL_PART = 64


@dataclass(frozen=True, slots=True)
class ReplyTag:
    """What a tag claims. It proves nothing until `proves` has been asked."""

    number: int
    seq: int
    mac: str


def new_embed_token() -> str:
    """122 random bits, as seed 003 has them: a UUID, unguessable and unique.

    From a generator in this process that the system seeds (rand's ThreadRng, a CSPRNG): no call of the system each time.
    """
    return str(uuid_utils.uuid4())


def new_embed_tokens(count: int) -> list[str]:
    """The same for many tickets at once. They share 12 of their bits, so that they lie together in their index."""
    beginning = new_embed_token()[:3]
    return [beginning + new_embed_token()[3:] for _ in range(count)]


def reply_tag(key: bytes, number: int, seq: int, *, ticket_id: UUID, person_id: UUID, version: int) -> str:
    return f"{number}-{seq}-{_mac(key, ticket_id, person_id, version)}"


def parse_tag(text: str) -> ReplyTag | None:
    match = _TAG.fullmatch(text.lower())
    return ReplyTag(int(match[1]), int(match[2]), match[3]) if match else None


def tag_of_message_id(message_id: str) -> ReplyTag | None:
    """The tag inside a Message-ID that has the shape of ours."""
    match = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return parse_tag(match[1]) if match else None


def in_text(tag: str) -> str:
    """How a tag is written into the text of a mail, behind our line `##- … -##`."""
    return f"[{tag}]"


def tag_of_text(text: str) -> ReplyTag | None:
    """The tag in the newest mail of ours that is quoted in `text`."""
    begin = text.find("##-")
    match = _IN_TEXT.search(text, begin, begin + _LINE_OF_OURS) if begin >= 0 else None
    return parse_tag(match[1]) if match else None


def proves(key: bytes, tag: ReplyTag, *, ticket_id: UUID, person_id: UUID, version: int) -> bool:
    """Whether we made this tag for that participant of that ticket, and have not revoked it. Constant time."""
    return hmac.compare_digest(tag.mac, _mac(key, ticket_id, person_id, version))


def message_id(tag: str, delivery_id: UUID, host: str) -> str:
    return f"<{tag}.{delivery_id.hex}@{host}>"


def reply_address(mailbox: str, tag: str) -> str:
    local, _, host = mailbox.rpartition("@")
    return f"{local}+{tag}@{host}"


def delivery_of_message_id(message_id: str) -> UUID | None:
    """The delivery that a Message-ID of the shape of ours names. It proves nothing by itself."""
    match = _MESSAGE_ID.fullmatch(message_id.strip().lower())
    return UUID(match[2]) if match else None


def bounce_address(key: bytes, delivery_id: UUID, mailbox: str) -> str:
    """MAIL FROM of one delivery, so that a report of its failure names it and nobody else can.

    The mailbox itself where its name is so long that there is no room for more: such a report is known by the mail
    that it returns.
    """
    local, _, host = mailbox.rpartition("@")
    tagged = f"{local}+{_bounce_tag(key, delivery_id)}"
    return f"{tagged}@{host}" if len(tagged.encode()) <= _LOCAL_PART else mailbox


def bounced_delivery(key: bytes, tag: str) -> UUID | None:
    """The delivery whose bounce address has `tag` behind its plus, if we made it. Constant time."""
    said = tag.lower()
    if not _BOUNCE.fullmatch(said):
        return None
    delivery_id = UUID(bytes=base64.b32decode(f"{said[1:].upper()}======")[:16])
    # The whole tag: the last two bits of its 210 carry nothing, and would otherwise be anybody's to choose.
    return delivery_id if hmac.compare_digest(said, _bounce_tag(key, delivery_id)) else None


def _bounce_tag(key: bytes, delivery_id: UUID) -> str:
    mac = hmac.digest(key, b"bounce" + delivery_id.bytes, hashlib.sha256)[:10]
    return "b" + base64.b32encode(delivery_id.bytes + mac).decode().rstrip("=").lower()


def _mac(key: bytes, ticket_id: UUID, person_id: UUID, version: int) -> str:
    digest = hmac.digest(key, b"reply" + ticket_id.bytes + person_id.bytes + version.to_bytes(4, "big"), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().lower()

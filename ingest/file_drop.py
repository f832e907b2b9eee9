"""A mail that comes as a file, or through a pipe: no SMTP told its envelope, so its own header has to."""

from collections.abc import Collection
from datetime import datetime

from core import addresses
from core.messages import InboundMessage
from ingest import headers, mail_in, mime
from ingest.envelope import Envelope


def parse(raw: bytes, *, sender: str = "", recipient: str, at: datetime, forms: Collection[str] = ()) -> InboundMessage:
    """The mail as if `sender` had sent it to `recipient` by SMTP; by default whoever its header names."""
    envelope = Envelope(mail_from=sender or _said_sender(raw), recipients=(recipient,), peer="file", received_at=at)
    return mail_in.parse(raw, envelope, forms=forms)


def _said_sender(raw: bytes) -> str:
    """Return-Path is what a delivering server wrote of the envelope (RFC 5321 4.4); `<>` there is a bounce's."""
    fields = mime.parse(raw).headers
    if "return-path" in fields:
        return addresses.normal(headers.said(fields, "return-path").strip(" <>")) or ""
    return mail_in.said_sender(fields, Envelope())[1] or "unknown@localhost"

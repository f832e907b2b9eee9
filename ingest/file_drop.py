"""A mail that comes as a file, or through a pipe: no SMTP told its envelope, so its own header has to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from core import addresses
from core.messages import InboundMessage
from ingest import headers, mail_in, mime
from ingest.envelope import Envelope


def parse(
    raw: bytes,
    *,
    sender: str | None = None,
    recipients: Sequence[str],
    at: datetime,
    authserv_id: str = "",
    forms: Collection[str] = (),
) -> InboundMessage:
    """The mail as if `sender` ("": the null sender) had sent it by SMTP; by default whoever its header names.

    Whoever may hand it in here may read and write the whole desk: the server before them is one of ours.
    """
    mail_from = _said_sender(raw) if sender is None else sender
    envelope = Envelope(mail_from, tuple(recipients), peer="file", received_at=at, trusted=True)
    return mail_in.parse(raw, envelope, authserv_id=authserv_id, forms=forms)


def _said_sender(raw: bytes) -> str:
    """Return-Path is what a delivering server wrote of the envelope (RFC 5321 4.4); `<>` there is a bounce's."""
    fields = mime.parse(raw).headers
    if "return-path" in fields:
        return addresses.normal(headers.said(fields, "return-path").strip(" <>")) or ""
    return mail_in.said_sender(fields, Envelope())[1] or "unknown@localhost"

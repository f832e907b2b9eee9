"""How mail is read: bytes and envelope → InboundMessage. Pure, never raises, bounded in time.

Structure. The mail is taken apart by `mime`: at most 256 KiB and 1000 fields of header, 500 parts, 20 levels. What
lies beyond is kept as a file. Line ends may be CRLF, LF or CR; an mbox "From " line is skipped.

Sender (`mailboxes` reads the fields). The first of From, Reply-To, Return-Path or MAIL FROM, and Sender that holds a usable address. The name is the
one that stands beside it. Where none does, the address is empty: a ticket of nobody, not a lost mail. Reply-To never
replaces a From that can be read, because it says where to answer and not who wrote; but see `writers` for forms and
lists that send in somebody's name.

Words. Encoded words (RFC 2047) are decoded also where they cut a character in two; raw 8-bit headers by the character
set of the body. Character sets: escapes that only one kind of text has, then what is declared, by what it really means
(but not a Western one for a text that is mostly foreign letters, or whose letters are those of one other language; and
a page's own word before a program's default), then UTF-8 if it fits, then what is declared in spite of a few odd bytes, then a detector, then cp1252; the ledger's
envelope says which was used. All text is cleaned: NFC, one kind of line end, no control characters, no bidirectional
overrides.

Date. As it is said, for whoever looks: the desk goes by when a mail arrived. Nothing where it cannot be read.

Text. All text parts in order. Of two versions the plain one, unless it is empty or a stub; format=flowed lines are
joined; HTML is laid out as text with link targets in brackets and quotes marked by `> `. The HTML is kept beside it.
An invitation adds one line (what, when, where, who, METHOD). A mail that is wrapped in its signature is unwrapped (and
not believed for it); one that we cannot open says so. A mail that says nothing
itself shows what it carries: the mail that it forwards, or the report of a mail server (see `stand_in`).

Files. Every other part, under a safe name: attachments, pictures shown inside the HTML (`inline`, with content_id;
they may also be named by Content-Location or be written out as data: URIs), forwarded mails (.eml, and of the one
that is handed on its own files too), invitations (.ics), what Outlook hid in a winmail.dat, uuencoded and yEnc files
out of the text, encrypted mails whole, signatures (`inline`: they belong to the sending, not to what was sent).

Forward. The mail inside, if a person hands one on: in the text (see `forwarded`) or as the one attached mail; and
whether the first line orders to open the ticket for whoever wrote it (`@fwd`).

Kind. bounce, then auto, then reply, then new (see `automatic`). Only of a reply that is no forward the quoted part is
told from the new one, and nothing is ever cut from `text` (see `quoting`).

Identity. Message-ID, or `<sha256@no-message-id.invalid>` made from the bytes where there is none. In-Reply-To and
References at most 50, the newest. `recipients` are the envelope's; only a mail without envelope is asked for its own
Delivered-To and To. `acknowledge` is False for whatever an automatic answer must not go to.

Signs. Verdicts of spam by our own front server, copies, another address for answers (see `signs`); and if the mail is a
report about one of ours, what it says (see `reports`).
"""

import hashlib
import logging
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from core.addresses import normal
from core.messages import Forwarded, InboundFile, InboundMessage, Sender
from core.vocabulary import Channel, MessageKind
from ingest import (
    authentication,
    bodies,
    forwarded,
    headers,
    html_marks,
    mailboxes,
    mime,
    quoting,
    reports,
    signs,
    writers,
)
from ingest import automatic as machines
from ingest.envelope import Envelope, as_mapping, dedupe_key
from ingest.headers import Headers
from ingest.html_text import unmarked
from ingest.mime import Part

log = logging.getLogger(__name__)

UNREADABLE = "This mail could not be read. It is attached as it came."
_WRITTEN_BY = ("from", "reply-to", "return-path", "", "sender")  # "" is MAIL FROM
_SENT_TO = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")


def parse(raw: bytes, envelope: Envelope, *, authserv_id: str = "", forms: Collection[str] = ()) -> InboundMessage:
    """The mail as the desk takes it. `authserv_id` is the front server that may vouch for its From; `forms` are
    addresses and domains of programs that name the writer in Reply-To."""
    try:
        return _message(raw, mime.parse(raw), envelope, authserv_id, forms)
    except Exception:  # whatever a mail does to us, it must still become a ticket (reliability, row 15)
        log.exception("a mail could not be read, it goes on as a file")
        return unreadable(raw, envelope)


def unreadable(raw: bytes, envelope: Envelope) -> InboundMessage:
    """The mail as a file, for a person to look at: it is never lost, and nothing automatic answers it."""
    return InboundMessage(
        channel=Channel.EMAIL,
        sender=Sender(Channel.EMAIL, normal(envelope.mail_from) or ""),
        subject="",
        text=UNREADABLE,
        raw=raw,
        dedupe_key=dedupe_key(envelope, raw),
        files=(_as_file(raw),),
        message_id=made_up_id(raw),
        recipients=envelope.recipients,
        envelope=as_mapping(envelope),
        acknowledge=False,
    )


def _as_file(raw: bytes) -> InboundFile:
    return InboundFile("message.eml", "message/rfc822", raw)


def said_sender(fields: Headers, envelope: Envelope, hint: str = "") -> tuple[str, str]:
    """(name, address) of who wrote, by the ladder; an address that the desk cannot use stays as it was written."""
    best = ("", "")
    for field in _WRITTEN_BY:
        pairs = mailboxes.addresses(fields, field, hint) if field else (("", envelope.mail_from),)
        for name, address in pairs:
            if normal(address):
                # A From without a usable address still says how they are called.
                return name or best[0] or best[1], address
            best = best if any(best) else (name, address)
    return best


class Understood(NamedTuple):
    """What a mail says, as far as anybody reads it. The rest of `InboundMessage` is for the desk's books."""

    sender: Sender
    subject: str
    text: str
    new_text: str | None
    body: bodies.Body
    files: tuple[InboundFile, ...]
    kind: MessageKind = MessageKind.NEW
    automatic: str = ""
    bounced: tuple[str, ...] = ()
    forwarded: Forwarded | None = None
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sent_at: str | None = None
    hint: str = ""


def understood(raw: bytes, root: Part) -> Understood:
    """How `parse` understands a mail of which nothing but its bytes is known. `message_id` is empty where it has none."""
    try:
        return _understood(root, Envelope(), "", ())
    except Exception:  # as in `parse`: whoever asks how a mail is read gets an answer about every mail
        log.exception("a mail could not be read")
        body = bodies.Body(UNREADABLE, None, (_as_file(raw),))
        return Understood(Sender(Channel.EMAIL, ""), "", UNREADABLE, None, body, body.files)


def _understood(root: Part, envelope: Envelope, authserv_id: str, forms: Collection[str]) -> Understood:
    fields, hint = root.headers, likely_charset(root)
    subject, body = headers.text(fields, "subject", hint), bodies.read(root)
    sender = _sender(fields, envelope, hint, authserv_id, forms)
    shown = machines.automatic(fields, envelope)
    if shown.startswith("from:") and forms and sender.address not in shown:
        # The form's own address is a machine's; whom it names is a person.
        shown = ""
    kind = machines.kind(root, envelope, shown)
    text = body.with_remarks(body.text)
    forward = _forwarded(root, kind, subject, text, stands_in=body.stands_in)
    sent_at = headers.moment(fields, "date")
    return Understood(
        sender=sender,
        subject=subject,
        text=text,
        new_text=_new_text(kind, subject, body),
        body=body,
        files=(*body.files, *forward.files) if forward and forward.files else body.files,
        kind=kind,
        automatic=shown,
        bounced=machines.failed_recipients(root) if kind is MessageKind.BOUNCE else (),
        forwarded=forward,
        message_id=next(iter(headers.ids(fields, "message-id")), ""),
        in_reply_to=headers.ids(fields, "in-reply-to"),
        references=headers.ids(fields, "references"),
        sent_at=sent_at.isoformat() if sent_at else None,
        hint=hint,
    )


def _message(raw: bytes, root: Part, envelope: Envelope, authserv_id: str, forms: Collection[str]) -> InboundMessage:
    read, fields = _understood(root, envelope, authserv_id, forms), root.headers
    return InboundMessage(
        channel=Channel.EMAIL,
        sender=read.sender,
        subject=read.subject,
        text=read.text,
        raw=raw,
        dedupe_key=dedupe_key(envelope, raw),
        kind=read.kind,
        new_text=read.new_text,
        html=read.body.html,
        files=read.files,
        message_id=read.message_id or made_up_id(raw),
        in_reply_to=read.in_reply_to,
        references=read.references,
        recipients=envelope.recipients or recipients(fields),
        automatic=read.automatic,
        bounced=read.bounced,
        envelope=as_mapping(envelope) | _reading(read),
        acknowledge=machines.may_answer(fields, read.automatic) and read.kind is not MessageKind.BOUNCE,
        forwarded=read.forwarded,
        signs=signs.read(
            fields, envelope, read.sender.address, reports.read(root, read.kind, read.bounced, read.in_reply_to),
            (read.message_id, read.subject, read.text, read.body.files), read.hint,
        ),
    )  # fmt: skip


def _sender(fields: Headers, envelope: Envelope, hint: str, authserv_id: str, forms: Collection[str]) -> Sender:
    name, said = said_sender(fields, envelope, hint)
    sender = normal(said) or ""
    name, address = writers.real_writer(fields, name, sender, forms, hint)
    if address != sender:
        # Nobody vouches for what a form or a list says of somebody else.
        return Sender(Channel.EMAIL, address, name)
    verified = authentication.vouches(fields, envelope, address, authserv_id)
    return Sender(Channel.EMAIL, address, name, verified=verified)


def likely_charset(root: Part) -> str:
    """What raw 8-bit header bytes are likely in: programs that write them use the character set of their text."""
    for part in mime.walk(root) if root.children else (root,):
        charset = part.parameters.get("charset", "")
        if charset and charset.lower() != "us-ascii":
            return charset
    return ""


def _reading(read: Understood) -> dict[str, object]:
    """For the ledger: when it was sent, as far as the mail says so, in which character sets it was read, and what of
    its text are our own words."""
    found: dict[str, object] = {"sent_at": read.sent_at, "charsets": list(read.body.charsets)}
    return {**found, "remarks": list(read.body.remarks)} if read.body.remarks else found


def _new_text(kind: MessageKind, subject: str, body: bodies.Body) -> str | None:
    """A first mail is never cut (it may be a forward), and a forward never: what it quotes is what it is about. What a
    machine answers is, as what people do."""
    if kind not in (MessageKind.REPLY, MessageKind.AUTO) or forwarded.is_subject(subject):
        return None
    if body.marked:
        new = quoting.new_text(html_marks.as_lines(body.marked))
        new = new and unmarked(new)
    else:
        new = quoting.new_text(body.text)
    return None if new is None else body.with_remarks(new)


def _forwarded(root: Part, kind: MessageKind, subject: str, text: str, *, stands_in: bool) -> Forwarded | None:
    """What a person hands on, in the text or as an attached mail; what a program returns is no forward."""
    if kind not in (MessageKind.NEW, MessageKind.REPLY):
        return None
    found = attached = forwarded.attached(root, subject, text, stands_in=stands_in)
    if (attached is None or attached.remark) and forwarded.may_begin(text, subject):
        found = forwarded.outermost(text, subject=subject, recipients=recipients(root.headers)) or attached
    return replace(found or Forwarded("", ""), ordered=True) if forwarded.is_command(text) else found


def recipients(fields: Headers) -> tuple[str, ...]:
    """Whom the mail says that it was for, those first that a delivering server wrote down."""
    found = (normal(address) for field in _SENT_TO for _, address in mailboxes.addresses(fields, field))
    return tuple(dict.fromkeys(address for address in found if address))


def made_up_id(raw: bytes) -> str:
    return f"<{hashlib.sha256(raw).hexdigest()}@no-message-id.invalid>"

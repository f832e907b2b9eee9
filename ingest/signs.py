"""What a mail says beside its text, as far as it matters to what becomes of it. Pure.

Everything here is the word of whoever wrote the header. What only our own front server may say (a verdict of spam) is
read only where a trusted relay handed the mail over.
"""

import hashlib
import re

from core.addresses import normal
from core.messages import InboundFile, Report, Signs
from core.text import clean_line
from ingest import headers, mailboxes
from ingest.envelope import Envelope
from ingest.headers import Headers

COPIES = 30
# By field, what a filter writes where it takes a mail for spam: SpamAssassin, Amazon SES, rspamd, Exchange, and what
# Postfix filters of many makers share.
_SPAM = (
    ("x-spam-flag", re.compile(r"^\s*yes\b", re.IGNORECASE)),
    ("x-spam-status", re.compile(r"^\s*yes\b", re.IGNORECASE)),
    ("x-spam", re.compile(r"^\s*(?:yes|spam)\b", re.IGNORECASE)),
    ("x-ses-spam-verdict", re.compile(r"^\s*fail\b", re.IGNORECASE)),
    ("x-spamd-result", re.compile(r"^[^;]{0,40}:\s*true\b", re.IGNORECASE)),
    # Spam confidence level: 5 and above goes to the junk folder.
    ("x-ms-exchange-organization-scl", re.compile(r"^\s*[5-9]\b")),
    ("x-forefront-antispam-report", re.compile(r"\bSFV:SPM\b")),
)
# The same of viruses: Amazon SES, ClamAV's milter, Amavis (which alerts of banned files and bad headers too).
_VIRUS = (
    ("x-ses-virus-verdict", re.compile(r"^\s*fail\b", re.IGNORECASE)),
    ("x-virus-status", re.compile(r"^\s*(?:infected|yes)\b", re.IGNORECASE)),
    ("x-amavis-alert", re.compile(r"^\s*infected\b", re.IGNORECASE)),
)


def read(
    fields: Headers, envelope: Envelope, sender: str, report: Report | None, said: "Said", hint: str = ""
) -> Signs:
    """`sender` is the address that counts as the writer's, `said` what identifies the text of the mail."""
    virus = _verdict(fields, _VIRUS) if envelope.trusted else ""
    return Signs(
        report=report,
        spam=virus or (_verdict(fields, _SPAM) if envelope.trusted else ""),
        loop=clean_line(headers.said(fields, "x-deskbell"), most=254).lower() if "x-deskbell" in fields else "",
        copied=_copied(fields, envelope, hint),
        reply_to=_reply_to(fields, sender),
        content=content_key(sender, *said),
        infected=bool(virus),
    )


# Message-ID, subject, text, files.
Said = tuple[str, str, str, tuple[InboundFile, ...]]


def content_key(sender: str, message_id: str, subject: str, text: str, files: tuple[InboundFile, ...]) -> str:
    """The same for two copies of one mail that took different ways (to two addresses of ours, or again after a move).

    Not of the Message-ID alone: devices write one into all their mails, and strangers write others'.
    """
    if not message_id or not sender:
        return ""
    names = [f"{len(file.data)}:{file.filename}" for file in files]
    parts = [part.encode("utf-8", "surrogatepass") for part in (sender, message_id, subject, text, *names)]
    return hashlib.sha256(b"".join([b"%d:%b" % (len(octets), octets) for octets in parts])).hexdigest()


def _verdict(fields: Headers, verdicts: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
    """The first of the verdicts as it is written, shortened; empty where nobody says so."""
    for name, says_so in verdicts:
        if name in fields and says_so.search(headers.said(fields, name)[:2_000]):
            return clean_line(f"{name}: {headers.said(fields, name)}", most=120)
    return ""


def _copied(fields: Headers, envelope: Envelope, hint: str) -> tuple[tuple[str, str], ...]:
    """(name, address) of those the writer sent a copy to, or wrote to beside us: answers to all have them in To."""
    said = _beside_us(fields, envelope, hint) + (mailboxes.addresses(fields, "cc", hint) if "cc" in fields else ())
    found: dict[str, str] = {}
    for name, written in said[:COPIES]:
        if address := normal(written):
            found.setdefault(address, name)
    return tuple((name, address) for address, name in found.items())


def _beside_us(fields: Headers, envelope: Envelope, hint: str) -> tuple[tuple[str, str], ...]:
    """All of To, where it names an address that the mail was handed over for: else an alias of ours may be among them."""
    if b"," not in fields.get("to", (b"",))[0]:
        return ()
    to = mailboxes.addresses(fields, "to", hint)
    return to if any(normal(written) in envelope.recipients for _, written in to) else ()


def _reply_to(fields: Headers, sender: str) -> str:
    """Where answers are asked for, when that is not the writer."""
    if "reply-to" not in fields:
        return ""
    asked = [found for _, said in mailboxes.addresses(fields, "reply-to")[:5] if (found := normal(said))]
    return asked[0] if asked and sender not in asked else ""

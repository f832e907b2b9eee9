"""Parts that are files: under which name, and with which bytes, they reach the desk."""

import mimetypes
import re
from functools import lru_cache
from urllib.parse import unquote

from core.messages import InboundFile
from core.text import clean_line
from ingest import headers, mime
from ingest.mime import Part

NAME_LENGTH = 255
_SUFFIX_LENGTH = 20
# Where a mail names no file, the type tells how one would be called.
_SUFFIXES = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "application/ics": ".ics",
    "text/csv": ".csv",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "application/json": ".json",
    "text/rtf": ".rtf",
    "application/rtf": ".rtf",
    "text/x-amp-html": ".html",
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/pjpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/amr": ".amr",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/gzip": ".gz",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
}
# Parts that have one customary name, whoever sends them.
_NAMES = {
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "message/feedback-report": "feedback-report.txt",
    "text/rfc822-headers": "headers.txt",
    "text/rfc822-header": "headers.txt",
    "text/rfc822": "headers.txt",
    "message/rfc822-headers": "headers.txt",
    "text/calendar": "calendar.ics",
    "application/ics": "calendar.ics",
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pgp-signature": "signature.asc",
    "application/pgp-keys": "key.asc",
    "application/pgp-encrypted": "version.asc",
}
_STEMS = {"image": "image", "audio": "audio", "video": "video", "text": "document"}
_TYPES = {suffix: kind for kind, suffix in reversed(_SUFFIXES.items())}
# What belongs to how the mail was sent and not to what the customer wanted to send (RFC 8551, RFC 3156).
SIGNATURES = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"},
)
# A description (RFC 2045 8) that can only be a name: Lotus Notes and some Java programs write it there alone.
_FILE_NAME = re.compile(r"\w[^<>:*?|]{0,200}\.[A-Za-z][A-Za-z0-9]{1,4}")
_PATH = re.compile(r"[/\\]")


def file_of(part: Part, *, related: bool = False) -> InboundFile:
    """The part as a file. `inline` are the pictures of an HTML text and signatures: no files the customer attached."""
    content_id = headers.said(part.headers, "content-id").strip("<> ")
    inline = part.content_type in SIGNATURES or _belongs_to_text(part, content_id, related=related)
    said = _said_name(part)
    return InboundFile(
        filename=said or _made_up_name(part, content_id),
        content_type=clean_line(part.content_type, most=120),
        data=mime.content(part),
        inline=inline,
        content_id=clean_line(content_id),
        named=bool(said),
        called=_called(part) if said and "\\" in part.filename else "",
    )


def type_of(name: str) -> str:
    """The type that a name speaks of, for files that come without one."""
    return _TYPES.get(f".{name.lower().rpartition('.')[2]}", "application/octet-stream")


def safe_name(name: str) -> str:
    """The last part of a path, without anything invisible, no longer than the table's column; empty if none is left."""
    if not name:
        return ""
    name = clean_line(name, most=4 * NAME_LENGTH)
    if "/" in name or "\\" in name:
        name = clean_line(_PATH.split(name)[-1], most=4 * NAME_LENGTH)
    name = name.strip("\"' ")
    if not name.strip(". "):
        return ""
    if len(name) > NAME_LENGTH:
        stem, dot, suffix = name.rpartition(".")
        if dot and len(suffix) < _SUFFIX_LENGTH:
            return f"{stem[: NAME_LENGTH - len(suffix) - 1]}.{suffix}"
    return name[:NAME_LENGTH]


def _said_name(part: Part) -> str:
    """The name that the mail gives the part, as one that is safe; empty where it gives none."""
    if part.whole:
        return ""
    if (name := safe_name(part.filename)) or part.content_type in _NAMES:
        return name
    described = safe_name(headers.text(part.headers, "content-description"))
    return described if described and _FILE_NAME.fullmatch(described) else ""


def _called(part: Part) -> str:
    """The name by the letter of RFC 5322 3.2.1: of the path of a Windows program all but its backslashes."""
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        for value in part.headers.get(field, ())[:1]:
            if name := safe_name(headers.by_the_letter(value).get(parameter, "")):
                return name
    return ""


def _made_up_name(part: Part, content_id: str) -> str:
    if part.whole:
        return "unread-rest-of-mail.eml"
    if part.content_type in ("message/rfc822", "message/global") and (subject := _subject_inside(part)):
        return safe_name(f"{subject.replace('/', '-')[:200]}.eml") or "message.eml"
    if part.content_type in _NAMES:
        return _NAMES[part.content_type]
    suffix = _SUFFIXES.get(part.content_type) or _further().guess_extension(part.content_type, strict=False) or ".bin"
    place = safe_name(unquote(headers.said(part.headers, "content-location")).partition("?")[0])
    if place.lower().endswith(suffix):
        return place
    stem = safe_name(content_id.partition("@")[0])
    if not stem:
        stem = _STEMS.get(part.content_type.partition("/")[0], "attachment")
    return stem if stem.endswith(suffix) else f"{stem}{suffix}"


@lru_cache(maxsize=1)
def _further() -> mimetypes.MimeTypes:
    """The standard library's own table: what a machine has in /etc/mime.types differs from one to the next."""
    return mimetypes.MimeTypes()


def _subject_inside(part: Part) -> str:
    inside = mime.content(part, mime.HEADER_OCTETS)
    end = min((at for mark in (b"\n\n", b"\n\r\n") if (at := inside.find(mark)) >= 0), default=len(inside))
    found, _, _ = headers.fields(inside, 0, end)
    return headers.text(found, "subject")


def _belongs_to_text(part: Part, content_id: str, *, related: bool) -> bool:
    """RFC 2387: what the HTML shows by its Content-ID. Outlook gives an id to real attachments too, but says so."""
    if part.disposition == "attachment" or not part.content_type.startswith("image/"):
        return False
    return bool(content_id) and (related or part.disposition == "inline")

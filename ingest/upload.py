"""Files that strangers choose: a name that is safe to show, and content that is what the name says.

The name never becomes a path: it is shown, and offered as a name when the file is saved. The first bytes are compared
with the extension, so that neither a program nor a web page comes in under an innocent name. Nothing is unpacked.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from core.config import Settings
from core.messages import InboundFile
from core.text import clean_line
from ingest.form_texts import Texts

# As much of a file as the checks look at.
HEAD = 4096
_NAME_LENGTH = 120
_MEGABYTE = 1024 * 1024
# A browser writes these three for `"`, CR and LF (HTML, "multipart/form-data encoding algorithm") and nothing else so.
_BROWSER_ESCAPES = {"%22": "'", "%0D": " ", "%0A": " "}
_NOT_IN_WINDOWS_NAMES = re.compile(r'[<>:"|?*]')
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: the name unchecked, `size` as counted, `file` with all of it unless that was too much."""

    filename: str
    size: int
    head: bytes
    file: IO[bytes]


@dataclass(frozen=True, slots=True)
class Rules:
    """What this desk takes. `most_bytes` holds for one file and for all files of a message together."""

    most_files: int
    most_bytes: int
    extensions: tuple[str, ...]

    @property
    def kinds(self) -> str:
        return ", ".join(extension.removeprefix(".") for extension in self.extensions)

    @property
    def size(self) -> str:
        return f"{self.most_bytes // _MEGABYTE} MB"


def rules_of(settings: Settings) -> Rules:
    extensions = tuple(extension.lower() for extension in settings.attachments.extensions)
    return Rules(settings.form.max_files, settings.attachments.max_mb * _MEGABYTE, extensions)


def problems(uploads: Sequence[Upload], rules: Rules, texts: Texts) -> list[str]:
    """Everything that is wrong with the files, in words."""
    found = [problem for upload in uploads if (problem := _problem(upload, rules, texts))]
    if uploads and not rules.most_files:
        return [texts["files_none"]]
    if len(uploads) > rules.most_files:
        found.append(texts["files_many"].format(most=rules.most_files, has=len(uploads)))
    if not any(upload.size > rules.most_bytes for upload in uploads) and too_large(uploads, rules):
        found.append(texts["files_total"].format(most=rules.size))
    return found


def too_large(uploads: Sequence[Upload], rules: Rules) -> bool:
    return sum(upload.size for upload in uploads) > rules.most_bytes


def accepted(upload: Upload) -> InboundFile:
    """The file for the desk. Reads all of it: for large ones, in a thread."""
    name = clean_name(upload.filename)
    upload.file.seek(0)
    # What the browser says of the type is the stranger's word; the extension has been checked.
    return InboundFile(name, CONTENT_TYPES.get(extension_of(name), "application/octet-stream"), upload.file.read())


def clean_name(sent: str) -> str:
    """The name without folders and without anything that deceives; empty when nothing is left of it."""
    for escape, meaning in _BROWSER_ESCAPES.items():
        sent = sent.replace(escape, meaning)
    # Zero-width characters hide a second extension, or split one so that a check does not see it.
    visible = "".join(c for c in clean_line(sent, most=1024) if unicodedata.category(c) not in ("Cf", "Co", "Cn"))
    # Old browsers send the whole path, with the separators of their system.
    name = _NOT_IN_WINDOWS_NAMES.sub("_", re.split(r"[/\\]", visible)[-1]).strip(" .")
    if _WINDOWS_DEVICES.match(name):
        name = f"_{name}"
    extension = extension_of(name)
    return (
        name[: _NAME_LENGTH - len(extension)].removesuffix(extension) + extension if len(name) > _NAME_LENGTH else name
    )


def extension_of(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if len(suffix) <= 16 else ""


def _problem(upload: Upload, rules: Rules, texts: Texts) -> str | None:
    name = clean_name(upload.filename)
    if not name:
        return texts["file_nameless"]
    if extension_of(name) not in rules.extensions:
        return texts["file_kind"].format(name=name)
    if upload.size > rules.most_bytes:
        return texts["file_large"].format(name=name, most=rules.size)
    if disguised(extension_of(name), upload.head):
        return texts["file_program"].format(name=name)
    if upload.head and not _is_what_it_says(extension_of(name), upload.head):
        return texts["file_content"].format(name=name)
    return None


def disguised(extension: str, head: bytes) -> bool:
    """Whether a program or a web page hides behind an extension that promises something else."""
    return any(extension not in open_about_it and looks_like(head) for looks_like, open_about_it in _DANGEROUS)


def _is_what_it_says(extension: str, head: bytes) -> bool:
    fits = _FITS.get(extension)
    return fits is None or fits(head)


def _program(head: bytes) -> bool:
    # A text may begin with MZ; an executable has NULs right behind it.
    return (head.startswith(b"MZ") and b"\0" in head[:256]) or head.startswith(_EXECUTABLES)


def _script(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"#!") or b"<?php" in head[:1024].lower()


def _page(head: bytes) -> bool:
    text = _as_text(head).lstrip().lower()
    # A comment or a declaration in front of it does not make it less of a page to a browser that guesses.
    return bool(_MARKUP.match(text)) or (text.startswith(("<?xml", "<!--")) and bool(_MARKUP_ANYWHERE.search(text)))


def _as_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _text(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in head


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(starts)


def _picture(head: bytes) -> bool:
    # Phones and chats name pictures by habit, not by format: any picture may stand behind any picture's name.
    return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM")) or (
        head[8:12] == b"WEBP" or head[4:8] == b"ftyp"
    )


def _pdf(head: bytes) -> bool:
    # ISO 32000 readers accept it within the first 1,024 bytes; scanners do put something in front.
    return b"%PDF-" in head[:1024]


_EXECUTABLES = (
    b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"dex\n", b"\0asm",
    # A Windows shortcut starts what it points to.
    b"L\0\0\0\x01\x14\x02\0",
)  # fmt: skip
_MARKUP = re.compile(
    r"<(!doctype\s+(html|svg)|html|head|body|script|svg|iframe|object|embed|img|meta|link|style|base)\b"
)
_MARKUP_ANYWHERE = re.compile(r"<(html|script|svg|iframe)\b|xmlns\s*=\s*[\"']http://www\.w3\.org/(1999/xhtml|2000/svg)")
_PAGES = frozenset({".html", ".htm", ".xhtml", ".svg", ".xml", ".mht"})
_PROGRAMS = frozenset({".exe", ".dll", ".msi", ".com", ".so", ".bin", ".lnk", ".class", ".wasm"})
_SCRIPTS = frozenset({".sh", ".py", ".pl", ".rb", ".js", ".php"})
_DANGEROUS: tuple[tuple[Callable[[bytes], bool], frozenset[str]], ...] = (
    (_program, _PROGRAMS),
    (_script, _SCRIPTS),
    (_page, _PAGES),
)

_zip = _begins(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# What calls itself .doc may be the old container, the new one, or rich text: word processors open all three.
_office = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04", b"{\\rtf")
_FITS: Mapping[str, Callable[[bytes], bool]] = {
    ".pdf": _pdf, ".png": _picture, ".jpg": _picture, ".jpeg": _picture, ".gif": _picture, ".bmp": _picture,
    ".doc": _office, ".xls": _office, ".ppt": _office, ".docx": _office, ".xlsx": _office, ".pptx": _office,
    ".rtf": _begins(b"{\\rtf"), ".zip": _zip, ".rar": _begins(b"Rar!\x1a\x07"), ".7z": _begins(b"7z\xbc\xaf\x27\x1c"),
    ".gz": _begins(b"\x1f\x8b"), ".txt": _text, ".csv": _text,
}  # fmt: skip

_OPEN_XML = "application/vnd.openxmlformats-officedocument"
CONTENT_TYPES: Mapping[str, str] = {
    ".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".rtf": "application/rtf",
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp",
    ".doc": "application/msword", ".xls": "application/vnd.ms-excel", ".ppt": "application/vnd.ms-powerpoint",
    ".docx": f"{_OPEN_XML}.wordprocessingml.document", ".xlsx": f"{_OPEN_XML}.spreadsheetml.sheet",
    ".pptx": f"{_OPEN_XML}.presentationml.presentation", ".zip": "application/zip", ".rar": "application/vnd.rar",
    ".7z": "application/x-7z-compressed", ".tar": "application/x-tar", ".gz": "application/gzip",
}  # fmt: skip

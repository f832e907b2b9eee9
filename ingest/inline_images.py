"""Pictures inside an HTML text: which file each one is. Pure, linear, bounded.

A picture is named by its Content-ID (RFC 2392; with or without brackets, percent-encoded or not), by its
Content-Location (RFC 2557, as old Outlook and Lotus Notes write it), or stands in the text itself as a data: URI
(RFC 2397; Thunderbird, web forms). Afterwards all three are `cid:` in the HTML and `inline` files beside it.
"""

import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote, unquote_to_bytes

from core.messages import InboundFile

_PICTURES = 100
_CID = re.compile(r"\bcid:([^\s\"'<>()]{1,300})", re.IGNORECASE)
_SOURCE = re.compile(r"(\b(?:src|background)\s{0,5}=\s{0,5}[\"']?)([^\s\"'<>]{1,1000})", re.IGNORECASE)
_DATA = re.compile(
    r"\bdata:(image/[\w.+-]{1,40})((?:;[\w=.-]{1,60}){0,4}),([\w+/=%.~!$&*:@-]{1,4000000}+)", re.IGNORECASE
)


def resolved(html: str, files: Sequence[InboundFile], locations: Sequence[str]) -> tuple[str, tuple[InboundFile, ...]]:
    """The HTML with every picture as `cid:`, and the files with those pictures marked; `locations` go with `files`."""
    html, embedded = _without_data(html)
    shown = {_plain_id(found) for found in _CID.findall(html)}
    by_location = {place: number for number, place in enumerate(locations) if place}
    found = list(files)
    if by_location:
        html = _SOURCE.sub(lambda source: _named(source, found, by_location, shown), html)
    return html, (*(_marked(file, shown) for file in found), *embedded)


def _marked(file: InboundFile, shown: set[str]) -> InboundFile:
    if not file.content_id or not file.content_type.startswith("image/") or _plain_id(file.content_id) not in shown:
        return file
    return file if file.inline else replace(file, inline=True)


def _plain_id(said: str) -> str:
    return unquote(said).strip("<> ").lower()


def _named(source: re.Match[str], files: list[InboundFile], by_location: dict[str, int], shown: set[str]) -> str:
    """The attribute with the `cid:` of the file that it names by its place, if it does."""
    number = by_location.get(source[2], by_location.get(unquote(source[2])))
    if number is None:
        return source[0]
    file = files[number]
    content_id = file.content_id or _made_up_id(file.data)
    files[number] = replace(file, content_id=content_id)
    shown.add(_plain_id(content_id))
    return f"{source[1]}cid:{content_id}"


def _without_data(html: str) -> tuple[str, list[InboundFile]]:
    """The HTML without the pictures that are written out in it, and those pictures as files."""
    pieces: list[str] = []
    files: list[InboundFile] = []
    position = 0
    for uri in _DATA.finditer(html) if "data:" in html else ():
        data = _octets(uri[2], uri[3])
        if data is None or len(files) >= _PICTURES:
            continue
        suffix = uri[1].lower().removeprefix("image/").partition("+")[0].replace("jpeg", "jpg")
        content_id = _made_up_id(data)
        files.append(InboundFile(f"picture-{len(files) + 1}.{suffix}", uri[1].lower(), data, True, content_id, False))
        pieces.append(f"{html[position : uri.start()]}cid:{content_id}")
        position = uri.end()
    return "".join(pieces) + html[position:], files


def _octets(attributes: str, content: str) -> bytes | None:
    data = unquote_to_bytes(content)
    if ";base64" not in attributes.lower():
        return data
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return None


def _made_up_id(data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()[:32]}@inline.invalid"

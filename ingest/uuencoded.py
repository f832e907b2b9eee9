"""Files that stand inside a text: uuencode (POSIX), as people mailed them before MIME and old gateways still do, and
yEnc (yenc-draft 1.3), as news readers post them. Linear; what cannot be read stays in the text.
"""

import binascii
import re

_FILES = 100
_UU_BEGIN = re.compile(r"^begin(-base64)? [0-7]{3,4}(?: ([^\n]{0,255}))?\n", re.MULTILINE)
_YENC_BEGIN = re.compile(rb"^=ybegin [^\r\n]{0,200}?name=([^\r\n]{1,255})\r?\n", re.MULTILINE)
_YENC_PART = re.compile(rb"=ypart [^\r\n]{0,200}\r?\n")
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_YENC_SHIFT = bytes((value - 42) % 256 for value in range(256))


def taken_out(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text without its files, and (name, bytes) of each; the name is as it was written, or empty."""
    pieces: list[str] = []
    files: list[tuple[str, bytes]] = []
    position = 0
    while len(files) < _FILES and (begin := _UU_BEGIN.search(text, position)):
        mark = "\n====" if begin[1] else "\nend"
        end = text.find(mark, begin.end() - 1)
        if end < 0:
            break
        data = _decoded(text[begin.end() : end], base64=bool(begin[1]))
        if data is None:
            pieces.append(text[position : end + len(mark)])
        else:
            pieces.append(text[position : begin.start()])
            files.append(((begin[2] or "").strip(), data))
        position = end + len(mark)
    return "".join(pieces) + text[position:], files


def content(data: bytes) -> bytes | None:
    """The file in a part that says it is uuencoded (`Content-Transfer-Encoding: x-uuencode`); None when it is not."""
    _, files = taken_out(data.decode("latin-1").replace("\r\n", "\n"))
    return files[0][1] if files else None


def yenc(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """`data` without its yEnc files, and (name, bytes) of each."""
    pieces: list[bytes] = []
    files: list[tuple[bytes, bytes]] = []
    position = 0
    while len(files) < _FILES and (begin := _YENC_BEGIN.search(data, position)):
        end = data.find(b"\n=yend ", begin.end() - 1)
        if end < 0:
            break
        part = _YENC_PART.match(data, begin.end())
        lines = data[part.end() if part else begin.end() : end].replace(b"\r", b"").replace(b"\n", b"")
        plain = _YENC_ESCAPE.sub(lambda escape: bytes(((escape[1][0] - 64) % 256,)), lines)
        pieces.append(data[position : begin.start()])
        files.append((begin[1].strip(), plain.translate(_YENC_SHIFT)))
        after = data.find(b"\n", end + 1)
        position = after + 1 if after >= 0 else len(data)
    return b"".join(pieces) + data[position:], files


def _decoded(lines: str, *, base64: bool) -> bytes | None:
    try:
        octets = lines.encode("ascii")
        if base64:
            return binascii.a2b_base64(octets)
        return b"".join(_line(line) for line in octets.split(b"\n") if line.strip())
    except (binascii.Error, UnicodeEncodeError):
        return None


def _line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line.rstrip())
    except binascii.Error:
        # Some encoders (Notes) pad the last group of a line with junk: take the signs for the octets that are announced.
        return binascii.a2b_uu(line[: 1 + ((line[0] - 32) % 64 * 4 + 2) // 3])

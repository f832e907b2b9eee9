"""Rich Text Format: as Outlook compresses it ([MS-OXRTFCP]), and the plain text in it. Linear, bounded, never raises."""

import re
import struct

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_RAW_LENGTH = 1024 * 1024
# What the dictionary holds before the first byte ([MS-OXRTFCP] 2.1.2.1).
_BEFORE = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbol"
    rb"ArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_RING = 4096

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.IGNORECASE | re.DOTALL
)
# Groups that hold no text of the document.
_UNSEEN = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "generator", "listtable", "themedata"}
)
_SIGNS = {
    "par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t", "emdash": "—",
    "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•",
}  # fmt: skip


def decompressed(data: bytes) -> bytes:
    """The RTF in a PR_RTF_COMPRESSED; what could be read of it where it is broken."""
    if len(data) < 16:
        return b""
    raw_length = min(struct.unpack_from("<I", data, 4)[0], _RAW_LENGTH)
    if data[8:12] == _PLAIN:
        return data[16 : 16 + raw_length]
    return bytes(_unpacked(data, raw_length)) if data[8:12] == _COMPRESSED else b""


def _unpacked(data: bytes, raw_length: int) -> bytearray:
    """LZ77 with a ring of 4096 bytes: a byte of flags, then eight literals or references."""
    written = bytearray(_BEFORE)
    begin, position = len(_BEFORE), 16
    while position < len(data) and len(written) - begin < raw_length:
        flags = data[position]
        position += 1
        for bit in range(8):
            if flags >> bit & 1:
                if position + 2 > len(data):
                    return written[begin:]
                offset, length = data[position] << 4 | data[position + 1] >> 4, (data[position + 1] & 15) + 2
                position += 2
                back = (len(written) - offset) % _RING
                if back == 0:
                    return written[begin:]  # a reference to where we stand is the end
                for _ in range(length):
                    written.append(written[-back] if back <= len(written) else 0)
            elif position < len(data):
                written.append(data[position])
                position += 1
    return written[begin : begin + raw_length]


def to_text(rtf: bytes) -> str:
    """The text of the document, without its formats; HTML that Outlook wrapped in RTF loses its tags."""
    source = rtf.decode("latin-1")
    code_page = re.search(r"\\ansicpg(\d{3,5})", source[:500])
    reading = _Reading(f"cp{code_page[1]}" if code_page else "cp1252")
    for token in _TOKEN.finditer(source):
        reading.take(token)
    reading.flush()
    return "\n".join(line.rstrip() for line in "".join(reading.pieces).split("\n")).strip()


class _Reading:
    """Where the reader stands: groups open, what of them is hidden, and bytes that wait to become characters."""

    def __init__(self, charset: str) -> None:
        self.charset = charset
        self.pieces: list[str] = []
        self._groups: list[bool] = []
        self._hidden = False
        self._octets = bytearray()
        self._skip = 0

    def take(self, token: re.Match[str]) -> None:
        word, number, octet, sign, brace, text = token.groups()
        if octet:
            self._add_octet(int(octet, 16))
            return
        if text or word or sign or brace:
            self.flush()
        if brace == "{":
            self._groups.append(self._hidden)
        elif brace:
            self._hidden = self._groups.pop() if self._groups else False
        elif word:
            self._take_word(word, number)
        elif sign:
            self._hidden = self._hidden or sign == "*"  # \* begins a group that may be ignored
            self._add({"~": " ", "_": "-", "\n": "\n", "\r": "\n"}.get(sign, sign if sign in "\\{}" else ""))
        elif text:
            kept, self._skip = text[self._skip :], max(0, self._skip - len(text))
            self._add(kept)

    def flush(self) -> None:
        if self._octets:
            from ingest.charsets import decode

            self._add(decode(bytes(self._octets), self.charset))
            self._octets.clear()

    def _take_word(self, word: str, number: str | None) -> None:
        if word in _UNSEEN:
            self._hidden = True
        elif word == "htmlrtf":
            self._hidden = number != "0"
        elif word == "u" and number:
            self._add(chr(int(number) % 0x10000))
            self._skip = 1  # the sign for readers that know no Unicode
        else:
            self._add(_SIGNS.get(word, ""))

    def _add_octet(self, value: int) -> None:
        if self._skip:
            self._skip -= 1
        elif not self._hidden:
            self._octets.append(value)

    def _add(self, text: str) -> None:
        if not self._hidden and text:
            self.pieces.append(text)

"""ISO-2022-JP as Microsoft and the Japanese phone companies write it (CP50220): what Python has no codec for.

It is ISO-2022-JP with the NEC and IBM rows: circled digits, `No.` in one sign, joined company names. Those stand at the
same places in cp932, so each two-byte character is moved there (the arithmetic of Shift JIS) and read by that codec.
"""

import re

NAME = "iso-2022-jp-ms"

_ESCAPE = re.compile(rb"\x1b(\$[@B]|\$\([@BDOQ]|\([BJHI])")
_TWO_BYTES = re.compile(rb"[\x21-\x7e]{2}")
_HALF_WIDTH = bytes(range(0x80, 0x100))
_RAISED = bytes(range(0x80)).translate(
    bytes((value | 0x80) if 0x21 <= value <= 0x5F else value for value in range(256))
)


def decode(data: bytes) -> str:
    """`data` as text; what fits no character becomes U+FFFD. Linear, never raises."""
    pieces: list[str] = []
    position, mode = 0, b"(B"
    for escape in _ESCAPE.finditer(data):
        pieces.append(_run(data[position : escape.start()], mode))
        position, mode = escape.end(), escape[1]
    pieces.append(_run(data[position:], mode))
    return "".join(pieces)


def _run(octets: bytes, mode: bytes) -> str:
    if mode == b"(I":  # half-width katakana: JIS X 0201 in seven bits
        return octets.translate(_RAISED + _HALF_WIDTH).decode("cp932", "replace")
    if mode.startswith(b"$"):
        return _TWO_BYTES.sub(_as_shift_jis, octets).decode("cp932", "replace")
    return octets.decode("cp932", "replace")


def _as_shift_jis(pair: re.Match[bytes]) -> bytes:
    row, cell = pair[0]
    lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
    trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
    return bytes((lead, trail))

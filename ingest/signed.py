"""Mail that is wrapped in its own signature (S/MIME, RFC 8551 3.5.2): what was signed, for people to read. Pure, bounded.

The content of a CMS SignedData (RFC 5652 5) stands in it as it is, in one piece or in several, in DER or in BER. It is
only taken out: whether the signature is right, nobody here says.
"""

# SEQUENCE { OID signedData … SEQUENCE { OID data, [0] { OCTET STRING …: what comes behind the second OID is the content.
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_WITHIN = 4096
_PIECES = 100_000
_EXPLICIT, _OCTETS, _OCTETS_IN_PIECES = 0xA0, 0x04, 0x24
_INDEFINITE = -1


def content(data: bytes) -> bytes | None:
    """The bytes that were signed; None where there are none that we can take out (an encrypted or a broken mail)."""
    begin = data.find(_SIGNED_DATA, 0, _WITHIN)
    inner = data.find(_DATA, begin, begin + _WITHIN) if begin >= 0 else -1
    if inner < 0:
        return None
    try:
        tag, _, position = _head(data, inner + len(_DATA))
        if tag != _EXPLICIT:
            return None  # the signature of something that is elsewhere
        tag, length, position = _head(data, position)
        if tag == _OCTETS and length != _INDEFINITE:
            return data[position : position + length]
        return _joined(data, position, length) if tag == _OCTETS_IN_PIECES else None
    except IndexError:
        return None


def _head(data: bytes, position: int) -> tuple[int, int, int]:
    """(tag, length, where the value begins) of one BER element (X.690 8.1)."""
    tag, length = data[position], data[position + 1]
    position += 2
    if length == 0x80:
        return tag, _INDEFINITE, position
    if length > 0x80:
        octets = length & 0x7F
        length = int.from_bytes(data[position : position + octets], "big")
        position += octets
    return tag, length, position


def _joined(data: bytes, position: int, length: int) -> bytes:
    end = len(data) if length == _INDEFINITE else position + length
    pieces: list[bytes] = []
    while position < end and len(pieces) < _PIECES:
        tag, length, position = _head(data, position)
        if tag != _OCTETS or length == _INDEFINITE:
            break
        pieces.append(data[position : position + length])
        position += length
    return b"".join(pieces)

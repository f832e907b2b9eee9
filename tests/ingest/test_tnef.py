"""winmail.dat, built here byte by byte as [MS-OXTNEF] has it."""

import struct
import time

from hypothesis import given
from hypothesis import strategies as st

from ingest import tnef


def attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    packed = b"".join(
        struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)
        for kind, number, value in values
    )
    return struct.pack("<I", len(values)) + packed


def stream(*attributes: bytes) -> bytes:
    return tnef.SIGNATURE + b"\x01\x00" + b"".join(attributes)


CODE_PAGE = attribute(1, 0x69007, struct.pack("<II", 1251, 0))
BEGIN = attribute(2, 0x69002, b"\0" * 14)


def test_files_have_their_long_names_and_their_bytes() -> None:
    found = tnef.read(
        stream(
            CODE_PAGE,
            BEGIN,
            attribute(2, 0x18010, b"REPORT~1.PDF\0"),
            attribute(2, 0x6800F, b"%PDF-1.7"),
            attribute(2, 0x69005, properties((0x1F, 0x3707, "Отчёт 2026.pdf\0".encode("utf-16-le")), (0x1E, 0x370E, b"application/pdf\0"))),
            BEGIN,
            attribute(2, 0x18010, "Счёт.txt\0".encode("cp1251")),
            attribute(2, 0x6800F, b"abc"),
        )
    )  # fmt: skip

    assert found is not None
    assert [(file.name, file.content_type, file.data) for file in found.files] == [
        ("Отчёт 2026.pdf", "application/pdf", b"%PDF-1.7"),
        ("Счёт.txt", "", b"abc"),
    ]


def test_the_text_is_in_the_code_page_of_the_stream() -> None:
    found = tnef.read(stream(CODE_PAGE, attribute(1, 0x2800C, "Привет\0".encode("cp1251"))))

    assert found is not None
    assert found.text == "Привет"


def test_html_and_named_properties_are_found_among_others() -> None:
    named = struct.pack("<HH", 3, 0x8001) + b"g" * 16 + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0" + b"\1\0\0\0"
    html = struct.pack("<HHII", 0x102, 0x1013, 1, 9) + b"<p>Hi</p>\0\0\0"
    found = tnef.read(stream(attribute(1, 0x69003, struct.pack("<I", 2) + named + html)))

    assert found is not None
    assert found.html == b"<p>Hi</p>"


def test_rich_text_is_the_text_where_there_is_no_other() -> None:
    rich = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    found = tnef.read(stream(attribute(1, 0x69003, properties((0x102, 0x1009, rich)))))

    assert found is not None
    assert found.text == "hello world"


def test_a_hostile_stream_is_unpacked_once_and_only_so_far() -> None:
    # References of 17 bytes each to what stands before: the most that two bytes can ask for.
    rich = struct.pack("<II", 0, 2**32 - 1) + b"LZFu" + b"\0" * 4 + b"\xff" * 600_000
    whole = stream(*[attribute(1, 0x69003, properties((0x102, 0x1009, rich))) for _ in range(20)])
    begin = time.process_time()

    found = tnef.read(whole)

    assert time.process_time() - begin < 2
    assert found is not None


def test_what_stands_before_the_break_is_kept() -> None:
    whole = stream(BEGIN, attribute(2, 0x18010, b"a.txt\0"), attribute(2, 0x6800F, b"abc"), BEGIN)

    found = tnef.read(whole + b"\2\x10\x80\x01\x00\xff\xff\xff\xff")

    assert found is not None
    assert [(file.name, file.data) for file in found.files] == [("a.txt", b"abc")]


def test_other_bytes_are_no_tnef() -> None:
    assert tnef.read(b"PK\x03\x04") is None


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_raise(data: bytes, cut: int) -> None:
    whole = stream(
        CODE_PAGE, BEGIN, attribute(2, 0x69005, properties((0x102, 0x3701, data))), attribute(1, 0x69003, data)
    )

    tnef.read(whole[:cut] + data + whole[cut:])
    tnef.read(tnef.SIGNATURE + data)

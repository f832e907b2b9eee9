"""What a form post may look like on the wire: malformed, endless, slow or compressed, it is a page and never a fault."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.desk import Desk
from ingest.form_body import FIELDS, MOST_PARTS, Pace
from tests.builders import Clock
from tests.ingest.form_visitor import Visitor, ticket_count, visiting

MULTIPART = "multipart/form-data; boundary=b"


@pytest.fixture
async def visitor(desk: Desk, clock: Clock) -> AsyncIterator[Visitor]:
    async with visiting(desk, clock) as visitor:
        yield visitor


def part(headers: str, content: str = "x") -> bytes:
    return f"--b\r\n{headers}\r\n\r\n{content}\r\n".encode()


SUBJECT = part('Content-Disposition: form-data; name="subject"', "Worth keeping")
END = b"--b--\r\n"

MALFORMED: dict[str, bytes] = {
    "nothing at all": b"",
    "no boundary in it": b"hello",
    "another boundary": SUBJECT.replace(b"--b", b"--c") + b"--c--",
    "never ended": SUBJECT,
    "cut in the middle of a part": SUBJECT + b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nhal',
    "cut in the middle of a header": SUBJECT + b"--b\r\nContent-Dispo",
    "a part without a name": SUBJECT + part("Content-Disposition: form-data") + END,
    "a part without a disposition": SUBJECT + part("X-Nothing: 1") + END,
    "a header that is none": SUBJECT + part("not a header") + END,
    "an unknown transfer encoding": SUBJECT
    + part('Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: bogus')
    + END,
    "base64 that hides a file": SUBJECT
    + part(
        'Content-Disposition: form-data; name="files"; filename="a.txt"\r\nContent-Transfer-Encoding: base64', "TVo="
    )
    + END,
    "compressed inside": SUBJECT + part('Content-Disposition: form-data; name="a"\r\nContent-Encoding: gzip') + END,
    "a form inside the form": SUBJECT
    + part('Content-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed; boundary=i', "--i--")
    + END,
    "a form inside without a boundary": SUBJECT
    + part('Content-Disposition: form-data; name="a"\r\nContent-Type: multipart/mixed')
    + END,
    "an endless header": SUBJECT + part(f'Content-Disposition: form-data; name="{"n" * 20_000}"', "x" * 100) + END,
    "too many headers": SUBJECT + part("\r\n".join(f"X-{n}: 1" for n in range(5000))) + END,
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_post_is_answered_with_the_form(visitor: Visitor, desk: Desk, body: bytes) -> None:
    answer = await visitor.send_raw(body, MULTIPART)

    assert answer.status == 400
    assert answer.alert
    assert answer.value("subject") in ("Worth keeping", "")
    assert await ticket_count(desk) == 0


async def test_what_was_read_before_a_post_broke_off_is_kept(visitor: Visitor) -> None:
    answer = await visitor.send_raw(MALFORMED["cut in the middle of a part"], MULTIPART)

    assert answer.value("subject") == "Worth keeping"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 500}",
    ],
)
async def test_a_post_without_a_usable_boundary_is_malformed(visitor: Visitor, content_type: str) -> None:
    assert (await visitor.send_raw(SUBJECT + END, content_type)).status == 400


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "multipart/mixed; boundary=b", "nonsense", "text/html; charset=bogus"],
)
async def test_only_forms_are_taken(visitor: Visitor, content_type: str) -> None:
    assert (await visitor.send_raw(SUBJECT + END, content_type)).status == 415


async def test_a_compressed_post_is_refused_before_it_can_unfold(visitor: Visitor) -> None:
    answer = await visitor.send_raw(gzip.compress(b"a" * 1_000_000), MULTIPART, Content_Encoding="gzip")

    assert answer.status == 415


@pytest.mark.parametrize("charset", ["bogus", "utf-16", "rot13", "unknown-8bit"])
async def test_a_claimed_charset_changes_nothing(visitor: Visitor, charset: str) -> None:
    disposition = f'Content-Disposition: form-data; name="subject"\r\nContent-Type: text/plain; charset={charset}'

    answer = await visitor.send_raw(part(disposition, "Worth keeping") + END, MULTIPART)

    assert answer.status == 422
    assert answer.value("subject") == "Worth keeping"


async def test_octets_that_are_no_utf_8_are_shown_as_such(visitor: Visitor) -> None:
    answer = await visitor.send_raw(SUBJECT.replace(b"Worth", b"\xff\xfe") + END, MULTIPART)

    assert answer.status == 422
    assert answer.value("subject") == "\ufffd\ufffd keeping"


async def test_a_field_without_end_is_too_large(visitor: Visitor) -> None:
    answer = await visitor.send_raw(
        part('Content-Disposition: form-data; name="message"', "m" * (FIELDS + 1)), MULTIPART
    )

    assert answer.status == 413


async def test_fields_without_number_are_too_large(visitor: Visitor) -> None:
    parts = b"".join(part(f'Content-Disposition: form-data; name="n{n}"') for n in range(MOST_PARTS + 1))

    assert (await visitor.send_raw(SUBJECT + parts + END, MULTIPART)).status == 413


@pytest.mark.parametrize("body", [b"a" * (FIELDS + 1), b"&".join(b"n%d=1" % n for n in range(MOST_PARTS + 1))])
async def test_an_urlencoded_post_is_bounded_too(visitor: Visitor, body: bytes) -> None:
    assert (await visitor.send_raw(body, "application/x-www-form-urlencoded")).status in (400, 413)


@pytest.fixture
async def strict_visitor(desk: Desk, clock: Clock) -> AsyncIterator[Visitor]:
    """A visitor of a desk that takes 1 MB and waits for a fifth of a second."""
    attachments = desk.settings.attachments.model_copy(update={"max_mb": 1})
    desk.settings = desk.settings.model_copy(update={"attachments": attachments})
    async with visiting(desk, clock, pace=Pace(idle=0.2)) as visitor:
        yield visitor


async def test_files_over_the_limit_are_told_and_cost_nothing_that_was_typed(strict_visitor: Visitor) -> None:
    filled = await strict_visitor.fill_in(message="Worth keeping")

    answer = await strict_visitor.send(filled, [("large.txt", b"a" * 1_100_000), ("small.txt", b"a")])

    assert answer.status == 413
    assert answer.problems == [("#files", "“large.txt” is too large: a file may have 1 MB.")]
    assert answer.value("message") == "Worth keeping"


async def test_files_that_are_too_large_only_together_are_told_so(strict_visitor: Visitor) -> None:
    answer = await strict_visitor.send(await strict_visitor.fill_in(), [("a.txt", b"a" * 600_000)] * 2)

    assert answer.status == 413
    assert answer.problems == [("#files", "Choose fewer or smaller files: together they may have 1 MB.")]


async def test_what_never_ends_is_cut(strict_visitor: Visitor) -> None:
    endless = SUBJECT + part('Content-Disposition: form-data; name="files"; filename="a.txt"', "a" * 12_000_000)

    assert (await strict_visitor.send_raw(endless, MULTIPART)).status == 413


async def test_a_preamble_that_never_ends_is_cut(strict_visitor: Visitor) -> None:
    assert (await strict_visitor.send_raw(b"preamble\r\n" * 2_000_000, MULTIPART)).status in (400, 413)


async def test_more_files_than_allowed_are_not_kept_and_all_of_it_is_said(visitor: Visitor) -> None:
    answer = await visitor.send(await visitor.fill_in(), [("a.txt", b"a")] * 11)

    assert answer.status == 422
    assert answer.problems == [("#files", "Choose at most 10 files: there are 11.")]


async def test_large_files_leave_nothing_behind_in_the_data_folder(
    visitor: Visitor, desk: Desk, tmp_path: Path
) -> None:
    before = {file for file in tmp_path.rglob("*") if "blobs" not in file.parts}

    answer = await visitor.send(await visitor.fill_in(), [("large.txt", b"a" * 3_000_000)])

    assert answer.status == 303
    assert {file for file in tmp_path.rglob("*") if "blobs" not in file.parts} == before


async def raw_post(visitor: Visitor, head: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the head of a post was sent, and on which the form waits for the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", visitor.client.port)
    writer.write(
        b"POST / HTTP/1.1\r\nHost: desk.test\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Expect: 100-continue\r\n" + head
    )
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    return reader, writer


@pytest.mark.parametrize("pace", [Pace(idle=0.2), Pace(start=0.2), Pace(total=0.2)])
async def test_a_sender_who_is_too_slow_is_told_so_and_loses_nothing(desk: Desk, clock: Clock, pace: Pace) -> None:
    async with visiting(desk, clock, pace=pace) as visitor:
        reader, writer = await raw_post(visitor, b"Content-Length: 1000\r\n\r\n")
        writer.write(SUBJECT)

        head = await reader.readuntil(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"Connection: close" in head
        assert b"Worth keeping" in await reader.readuntil(b"</form>")
        writer.close()


async def test_without_room_for_a_file_what_was_typed_is_kept(desk: Desk, clock: Clock, tmp_path: Path) -> None:
    elsewhere = desk.settings.desk.model_copy(update={"data_dir": tmp_path / "gone"})
    desk.settings = desk.settings.model_copy(update={"desk": elsewhere})
    async with visiting(desk, clock) as visitor:
        answer = await visitor.send(await visitor.fill_in(), [("large.txt", b"a" * 1_000_000)])

    assert answer.status == 503
    assert answer.value("subject") == "Printer on fire"


async def test_broken_chunks_are_the_senders_fault(strict_visitor: Visitor) -> None:
    reader, writer = await raw_post(strict_visitor, b"Transfer-Encoding: chunked\r\n\r\n")
    writer.write(b"5\r\n--b\r\n\r\nnonsense\r\n")

    status = await reader.readline()

    assert status.split()[1] in (b"400", b"408")
    writer.close()


async def test_a_sender_who_hangs_up_disturbs_nobody(visitor: Visitor, desk: Desk) -> None:
    _, writer = await raw_post(visitor, b"Content-Length: 1000\r\n\r\n")
    writer.write(SUBJECT)
    writer.transport.abort()

    assert (await visitor.send(await visitor.fill_in())).status == 303
    assert await ticket_count(desk) == 1

"""Files over the API: to be saved, never to be run."""

import asyncio
import gc
import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from api import uploads
from api.native.attachments import disposition
from core import desk as desks
from core import tables
from core.config import Settings
from core.messages import InboundFile
from tests.api.conftest import ON_ITS_LOOP, Api, served
from tests.builders import Clock, a_form, a_mail
from tests.stored import rows, with_section

MISSING = "01890000-0000-7000-8000-000000000000"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50


async def a_ticket_with(api: Api, *files: InboundFile) -> tuple[str, list[Any]]:
    receipt = await api.desk.receive(replace(a_mail("alice@people.test"), files=files))
    listed = await api("GET", f"/tickets/{receipt.ticket_id}/attachments", "alice")
    return str(receipt.ticket_id), listed.json["attachments"]


async def test_a_file_comes_back_as_it_was(api: Api) -> None:
    large = bytes(range(256)) * 8192

    ticket, [small_file, large_file] = await a_ticket_with(
        api, InboundFile("shot.png", "image/png", PNG), InboundFile("dump.bin", "application/x-core", large)
    )

    first = await api("GET", f"/tickets/{ticket}/attachments/{small_file['id']}", "alice")
    second = await api("GET", f"/tickets/{ticket}/attachments/{large_file['id']}", "bob")
    assert (first.body, second.body) == (PNG, large)
    assert (small_file["filename"], small_file["size"]) == ("shot.png", len(PNG))


async def test_what_a_large_file_is_can_be_asked_without_taking_it(sqlite_api: Api) -> None:
    large = b"x" * (2 * 1024 * 1024)
    ticket, [file] = await a_ticket_with(sqlite_api, InboundFile("dump.bin", "", large))

    answer = await sqlite_api("HEAD", f"/tickets/{ticket}/attachments/{file['id']}", "alice")
    # A file that nobody has closed would be told now.
    gc.collect()

    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(large)))


@pytest.mark.parametrize(
    ("declared", "served"),
    [
        ("image/png", "image/png"),
        ("application/pdf", "application/pdf"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/plain", "application/octet-stream"),
        ("image/png; charset=x", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
@ON_ITS_LOOP
async def test_nothing_is_served_as_what_could_run(standing: Api, declared: str, served: str) -> None:
    ticket, [file] = await a_ticket_with(standing, InboundFile("x", declared, b"<script>alert(1)</script>"))

    answer = await standing("GET", f"/tickets/{ticket}/attachments/{file['id']}", "alice")

    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
        ("Pläne 1.pdf", "attachment; filename=\"Pl_ne 1.pdf\"; filename*=UTF-8''Pl%C3%A4ne%201.pdf"),
        ('a"b\\c;d%41.txt', "attachment; filename=\"a_b_c_d_41.txt\"; filename*=UTF-8''a%22b_c%3Bd%2541.txt"),
        ("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''.._.._etc_passwd"),
        ("a\r\nX-Evil: 1", "attachment; filename=\"a X-Evil: 1\"; filename*=UTF-8''a%20X-Evil%3A%201"),
        ("fdp\u202eexe", "attachment; filename=\"fdpexe\"; filename*=UTF-8''fdpexe"),
        ("\x00\x07", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
    ],
)
def test_no_name_breaks_out_of_its_header(name: str, header: str) -> None:
    assert disposition(name) == header


def test_a_long_name_is_cut() -> None:
    assert len(disposition("\U0001f525" * 1000)) < 2500


async def test_a_file_that_is_not_there_is_not_found(sqlite_api: Api) -> None:
    ticket, _ = await a_ticket_with(sqlite_api)

    for name in ("01890000-0000-7000-8000-000000000000", "..%2f..%2fetc%2fpasswd", "1"):
        assert (await sqlite_api("GET", f"/tickets/{ticket}/attachments/{name}", "bob")).is_problem(404)


async def test_files_are_uploaded_and_come_back_as_they_were(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    large = b"%PDF-1.7\n" + bytes(range(256)) * 8192

    made = await api.upload(ticket, "alice", ("shot.png", PNG), ("manual.pdf", large))

    assert made.status == 201
    small_file, large_file = made.json["attachments"]
    assert (small_file["filename"], small_file["content_type"], small_file["size"]) == (
        "shot.png",
        "image/png",
        len(PNG),
    )
    assert (small_file["uploaded_by"], small_file["comment_id"]) == ("Alice", None)
    assert (await api("GET", f"/tickets/{ticket}/attachments/{small_file['id']}", "alice")).body == PNG
    assert (await api("GET", f"/tickets/{ticket}/attachments/{large_file['id']}", "bob")).body == large
    listed = (await api("GET", f"/tickets/{ticket}/attachments", "bob")).json
    assert listed["attachments"] == made.json["attachments"]
    assert listed["pagination"]["total"] == 2
    changes = (await api("GET", f"/tickets/{ticket}/changes", "bob")).json["changes"]
    assert [(c["field"], c["new"]) for c in changes[1:]] == [("attachment", "shot.png"), ("attachment", "manual.pdf")]
    assert (await api("GET", f"/tickets/{ticket}", "bob")).json["unread"] == 2


async def test_a_customer_sees_files_of_public_comments_and_their_own(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    comments = f"/tickets/{ticket}/comments"
    public = (await api("POST", comments, "bob", json={"body": "See the file."})).json["id"]
    note = (await api("POST", comments, "bob", json={"body": "See too.", "internal": True})).json["id"]
    await api.upload(ticket, "bob", ("public.txt", b"1"), comment_id=public)
    await api.upload(ticket, "bob", ("note.txt", b"2"), comment_id=note)
    await api.upload(ticket, "bob", ("loose.txt", b"3"))
    await api.upload(ticket, "alice", ("own.txt", b"4"))

    seen = {
        by: {a["filename"] for a in (await api("GET", f"/tickets/{ticket}/attachments", by)).json["attachments"]}
        for by in ("alice", "erin")
    }

    assert seen["alice"] == {"public.txt", "own.txt"}
    assert seen["erin"] == {"public.txt", "note.txt", "loose.txt", "own.txt"}
    shown = (await api("GET", comments, "alice")).json["comments"]
    assert [[a["filename"] for a in comment["attachments"]] for comment in shown] == [[], ["public.txt"]]


async def test_nobody_hangs_a_file_on_anothers_comment(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    answer = (await api("POST", f"/tickets/{ticket}/comments", "bob", json={"body": "Hello."})).json["id"]
    own = (await api("POST", f"/tickets/{ticket}/comments", "alice", json={"body": "Hello?"})).json["id"]

    for by, comment in (("alice", answer), ("erin", answer), ("bob", own), ("alice", MISSING), ("alice", "7")):
        refused = await api.upload(ticket, by, ("a.txt", b"x"), comment_id=comment)
        assert refused.is_problem(400), (by, comment)
        assert refused.wrong_fields == {"comment_id"}
    assert (await api.upload(ticket, "alice", ("a.txt", b"x"), comment_id=own)).status == 201


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("run.exe", b"MZ\0\0", "another format"),
        ("page.html", b"<html>", "another format"),
        ("plan.pdf", b"MZ\x90\0\0\0", "program"),
        ("plan.pdf", b"just text", "not what its name says"),
        ("note.txt", b"<script>alert(1)</script>", "web page"),
        ("x.txt\u200b.exe", b"MZ\0\0", "another format"),
        ("..", b"x", "no usable name"),
        ("", b"x", "no usable name"),
    ],
)
@ON_ITS_LOOP
async def test_a_file_that_is_not_accepted_is_named_with_a_way_out(
    standing: Api, name: str, data: bytes, says: str
) -> None:
    ticket = (await standing.ticket("alice"))["id"]

    refused = await standing.upload(ticket, "alice", ("good.txt", b"fine"), (name, data))

    assert refused.is_problem(400)
    [error] = refused.json["errors"]
    assert says in error["message"]
    assert (await standing("GET", f"/tickets/{ticket}/attachments", "alice")).json["attachments"] == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\\\Users\\\\ann\\\\plan.txt", "plan.txt"),
        ("con.txt", "_con.txt"),
        ("a%22b%0D%0AX-Evil: 1.txt", "a'b X-Evil_ 1.txt"),
        ("fdp\u202etxt.txt", "fdptxt.txt"),
        ("e\u0301" * 200 + ".txt", "\u00e9" * 116 + ".txt"),
    ],
)
@ON_ITS_LOOP
async def test_a_hostile_name_becomes_a_harmless_one(standing: Api, sent: str, kept: str) -> None:
    ticket = (await standing.ticket("alice"))["id"]

    [file] = (await standing.upload(ticket, "alice", (sent, b"x"))).json["attachments"]

    assert file["filename"] == kept


async def test_too_many_and_unknown_parts_are_refused(sqlite_api: Api) -> None:
    ticket = (await sqlite_api.ticket("alice"))["id"]

    many = await sqlite_api.upload(ticket, "alice", *[(f"{n}.txt", b"x") for n in range(uploads.MOST_FILES + 1)])
    flood = await sqlite_api.upload(ticket, "alice", *[(f"{n}.txt", b"x") for n in range(uploads.MOST_PARTS + 1)])
    none = await sqlite_api.upload(ticket, "alice")
    unknown = await sqlite_api.upload(ticket, "alice", ("a.txt", b"x"), color="red")
    long = await sqlite_api.upload(ticket, "alice", ("a.txt", b"x"), comment_id="7" * 100_000)

    assert many.is_problem(400)
    assert flood.is_problem(413)
    assert none.is_problem(400)
    assert unknown.wrong_fields == {"color"}
    assert long.is_problem(413)


BAD_FORMS = {
    "no boundary": (b"--x--", "multipart/form-data", 400),
    "an empty boundary": (b"--x--", "multipart/form-data; boundary=", 400),
    "a boundary that is none": (b"--x--", 'multipart/form-data; boundary="\u00e4\u00f6"', 400),
    "nothing at all": (b"", "multipart/form-data; boundary=x", 400),
    "a field twice": (
        b'--x\r\nContent-Disposition: form-data; name="comment_id"\r\n\r\n\r\n' * 2
        + b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        400,
    ),
    "no end": (
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhalf',
        "multipart/form-data; boundary=x",
        400,
    ),
    "a part without a name": (
        b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
        400,
    ),
    "an encoded part": (
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--x--\r\n"
        ),
        "multipart/form-data; boundary=x",
        400,
    ),
    "a form in the form": (
        b'--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
        400,
    ),
    "headers without an end": (b"--x\r\n" + b"A: b\r\n" * 4000, "multipart/form-data; boundary=x", 400),
    "JSON": (b"{}", "application/json", 415),
    "another multipart": (b"--x--", "multipart/mixed; boundary=x", 415),
}


@pytest.mark.parametrize(("data", "content_type", "status"), BAD_FORMS.values(), ids=BAD_FORMS.keys())
@ON_ITS_LOOP
async def test_a_form_that_cannot_be_read_is_refused(
    standing: Api, data: bytes, content_type: str, status: int
) -> None:
    path = f"/tickets/{(await standing.ticket('alice'))['id']}/attachments"

    answer = await standing("POST", path, "alice", data=io.BytesIO(data), headers={"Content-Type": content_type})

    assert answer.is_problem(status)
    assert (await standing("GET", path, "alice")).json["attachments"] == []


async def test_a_compressed_form_is_refused(sqlite_api: Api) -> None:
    form = a_form(("a.txt", b"x"))
    path = f"/tickets/{(await sqlite_api.ticket('alice'))['id']}/attachments"

    answer = await sqlite_api(
        "POST", path, "alice", data=io.BytesIO(form.body), headers={**form.headers, "Content-Encoding": "gzip"}
    )

    assert answer.is_problem(415)


async def test_files_for_which_the_disk_has_no_room_come_later(
    sqlite_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = (await sqlite_api.ticket("alice"))["id"]
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 64 * 2**20))

    answer = await sqlite_api.upload(ticket, "alice", ("a.txt", b"x"))

    assert answer.is_problem(503)
    assert answer.headers["Retry-After"] == "60"


async def test_files_beyond_the_limit_are_refused_while_they_come(desk_settings: Settings, clock: Clock) -> None:
    async with (
        desks.opened(with_section(desk_settings, "attachments", max_mb=1), clock=clock) as desk,
        served(desk) as api,
    ):
        ticket = (await api.ticket("alice"))["id"]
        form = a_form(("a.txt", b"x" * 700_000), ("b.txt", b"y" * 700_000))
        path = f"/tickets/{ticket}/attachments"

        announced = await api("POST", path, "alice", data=io.BytesIO(form.body), headers=form.headers)
        streamed = await api("POST", path, "alice", data=_in_pieces(form.body), headers=form.headers)
        listed = (await api("GET", path, "alice")).json["attachments"]

    assert announced.is_problem(413)
    assert streamed.is_problem(413)
    assert listed == []


async def _in_pieces(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 65536):
        yield data[start : start + 65536]


async def test_files_that_stop_coming_are_not_waited_for(sqlite_api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "IDLE_SECONDS", 0.05)
    ticket, never = (await sqlite_api.ticket("alice"))["id"], asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield a_form(("a.txt", b"x")).body[:40]
        await never.wait()

    sending = asyncio.create_task(
        sqlite_api("POST", f"/tickets/{ticket}/attachments", "alice", data=stuck(), headers=a_form().headers)
    )
    answer = await asyncio.wait_for(sending, 10)

    assert answer.is_problem(408)


async def test_who_may_not_see_the_ticket_need_not_send_the_files(sqlite_api: Api) -> None:
    ticket, never = (await sqlite_api.ticket("alice"))["id"], asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"--"
        await never.wait()

    answer = await asyncio.wait_for(
        sqlite_api("POST", f"/tickets/{ticket}/attachments", "dora", data=endless(), headers=a_form().headers), 10
    )

    assert answer.is_problem(404)


async def test_a_deleted_file_is_gone_for_everybody(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    [hers] = (await api.upload(ticket, "alice", ("own.txt", b"x"))).json["attachments"]
    public = (await api("POST", f"/tickets/{ticket}/comments", "bob", json={"body": "See."})).json["id"]
    [his] = (await api.upload(ticket, "bob", ("bobs.txt", b"y"), comment_id=public)).json["attachments"]
    path = f"/tickets/{ticket}/attachments"

    assert (await api("DELETE", f"{path}/{his['id']}", "alice")).is_problem(403)
    assert (await api("DELETE", f"{path}/{hers['id']}", "dora")).is_problem(404)
    assert (await api("DELETE", f"{path}/{hers['id']}", "alice")).status == 204

    assert (await api("DELETE", f"{path}/{hers['id']}", "alice")).is_problem(404)
    assert (await api("GET", f"{path}/{hers['id']}", "bob")).is_problem(404)
    assert [file["id"] for file in (await api("GET", path, "alice")).json["attachments"]] == [his["id"]]
    last = (await api("GET", f"/tickets/{ticket}/changes", "bob")).json["changes"][-1]
    assert (last["field"], last["old"], last["new"], last["actor"]) == ("attachment", "own.txt", None, "alice")


async def test_the_same_file_twice_is_kept_once(api: Api) -> None:
    ticket = (await api.ticket("alice"))["id"]
    large = b"%PDF-" + b"x" * 2_000_000

    for name in ("one.pdf", "two.pdf"):
        assert (await api.upload(ticket, "alice", (name, large))).status == 201

    stored = [row for row in await rows(api.desk, tables.blobs) if row.size == len(large)]
    assert len(stored) == 1
    assert [path.stat().st_size for path in api.desk.blob_folder.rglob("*") if path.is_file()] == [len(large)]

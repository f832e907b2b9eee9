"""Contract `healthcare`: files, of which a bad one fails alone, and none of which leads out of its folder."""

import asyncio
import hashlib
import re
import resource
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from core.config import Settings
from core.messages import InboundFile
from core.storage import blobs
from tests.api.conftest import Answer
from tests.builders import Clock, a_mail
from tests.contracts.conftest import Served
from tests.contracts.healthcare import Client, is_error
from tests.stored import with_section

MOST = 1024 * 1024


@pytest.fixture
def desk_settings(desk_settings: Settings) -> Settings:
    """Files of at most 1 MB, so that a test need not send 50."""
    return with_section(desk_settings, "attachments", max_mb=1)


@pytest.fixture
def client(ask: Served) -> Client:
    return Client(ask)


async def test_what_is_uploaded_is_described_to_the_byte(ask_any: Served, clock: Clock) -> None:
    client = Client(ask_any)
    made = await client.ticket("alice", type="suggestion")
    clock.forward(timedelta(days=60))
    small, large = b"%PDF-1.7 small", b"\xff\xd8\xff" + b"x" * blobs.IN_ROW

    answer = (await client.upload(made["id"], ("Informe Gener.PDF", small), ("foto.jpg", large), by="alice")).json

    one, other = answer["uploaded_files"]
    assert {**one, "path": ""} == {
        "filename": "Informe Gener.PDF", "original_name": "Informe Gener.PDF", "path": "", "size": len(small),
        "hash": hashlib.sha256(small).hexdigest(), "uploaded_by": "alice", "uploaded_at": "2026-05-01T12:00:00",
        "file_type": ".pdf", "content_type": "application/pdf", "ticket_id": "SUG000001",
    }  # fmt: skip
    assert re.fullmatch(r"tickets/SUG000001/attachments/2026/05/20260501_120000_[0-9a-f]{8}\.pdf", one["path"])
    assert (other["size"], other["hash"]) == (len(large), hashlib.sha256(large).hexdigest())
    listed = (await client("GET", "/tickets/SUG000001/attachments", "alice")).json
    assert listed["attachments"] == answer["uploaded_files"]
    assert (listed["total_attachments"], listed["total_size"]) == (2, len(small) + len(large))
    names = [file["path"].rpartition("/")[2] for file in (one, other)]
    assert listed["directory_structure"] == {"2026": {"05": names}}
    shown = (await client("GET", "/tickets/SUG000001", "alice")).json
    assert shown["attached"] == [one["path"], other["path"]]
    assert shown["modify_date"] == "2026-05-01T12:00:00"


async def test_each_bad_file_fails_alone_and_says_why(client: Client) -> None:
    made = await client.ticket()
    files = [
        ("good.txt", b"fine"), ("large.pdf", b"x" * (MOST + 1)), ("run.exe", b"MZ"), ("page.svg", b"<svg>"),
        ("noextension", b"x"), ("invoice.pdf.exe", b"x"), ("evil.txt", b"#!/bin/sh\nrm -rf /"),
        ("picture.png", b"<html><script>alert(1)</script>"), ("exact.csv", b"y" * MOST), ("", b"nameless"),
    ]  # fmt: skip

    answer = (await client.upload(made["id"], *files)).json

    assert [file["filename"] for file in answer["uploaded_files"]] == ["good.txt", "exact.csv"]
    assert answer["message"] == "Upload completed. 2 files uploaded successfully."
    assert (answer["total_uploaded"], answer["total_failed"]) == (2, 8)
    reasons = {failed["filename"]: failed["reason"] for failed in answer["failed_uploads"]}
    assert reasons["large.pdf"] == "file too large: it may have 1 MB"
    for name in ("run.exe", "page.svg", "noextension", "invoice.pdf.exe"):
        assert reasons[name].startswith("unsupported format: send one of pdf, doc"), name
    for name in ("evil.txt", "picture.png"):
        assert reasons[name] == "a program or a web page stands behind this name"
    assert reasons["(no name)"] == "the file has no usable name"


async def test_every_extension_of_the_document_is_taken_and_no_other(client: Client) -> None:
    made = await client.ticket()
    known = (
        "pdf doc docx txt rtf jpg jpeg png gif bmp xls xlsx csv ppt pptx zip rar 7z tar gz".split()  # noqa: SIM905
    )

    taken = (await client.upload(made["id"], *((f"f.{ending}", b"some content") for ending in known))).json
    others = ("f.html", "f.js", "f.mp4", "f.tgz", "f.pdf ", "f.PDF")
    rest = (await client.upload(made["id"], *((name, b"some content") for name in others))).json

    assert (taken["total_uploaded"], taken["total_failed"]) == (20, 0)
    # A space behind it is nobody's intention.
    assert [file["filename"] for file in rest["uploaded_files"]] == ["f.pdf", "f.PDF"]


HOSTILE = {
    "../../../etc/passwd.txt": "passwd.txt",
    "..\\..\\windows\\system.txt": "system.txt",
    "/etc/shadow.txt": "shadow.txt",
    "C:\\boot.txt": "boot.txt",
    "..%2f..%2fetc.txt": "%2f..%2fetc.txt",
    "a\x00b.txt": "ab.txt",
    "con.txt": "_con.txt",
    "\u202etxt.exe.txt": "txt.exe.txt",
    "<img src=x>.txt": "_img src=x_.txt",
    "x" * 300 + ".txt": "x" * 116 + ".txt",
    "....txt": "txt",
}


async def test_no_name_leads_out_of_the_folder(client: Client) -> None:
    made = await client.ticket()

    for sent, kept in HOSTILE.items():
        answer = (await client.upload(made["id"], (sent, b"content"))).json
        if not answer["uploaded_files"]:
            assert kept == "txt"
            continue
        [file] = answer["uploaded_files"]
        assert file["filename"] == file["original_name"] == kept
        assert re.fullmatch(r"tickets/INC000001/attachments/2026/03/[0-9]{8}_[0-9]{6}_[0-9a-f]{8}\.txt", file["path"])

    settings = client.served.desk.settings
    assert {
        file.name for file in settings.desk.data_dir.iterdir() if "passwd" in file.name or "etc" in file.name
    } == set()


async def test_a_file_is_taken_off_by_its_path_its_stored_name_or_its_own(ask_any: Served) -> None:
    client = Client(ask_any)
    made = await client.ticket()
    files = [("a b.txt", b"1"), ("é.txt", b"2"), ("c.txt", b"3"), ("c.txt", b"4")]
    one, _, three, _ = (await client.upload(made["id"], *files)).json["uploaded_files"]
    folder = f"/tickets/{made['id']}/attachments"

    ambiguous = await client("DELETE", f"{folder}/c.txt")
    assert is_error(ambiguous, 400)
    assert "path" in ambiguous.json["detail"]
    for left, name in enumerate(
        (quote(one["path"], safe=""), quote("é.txt"), quote(three["path"].rpartition("/")[2]), "c.txt")
    ):
        answer = await client("DELETE", f"{folder}/{name}")
        assert answer.json["message"] == "Attachment deleted successfully", (name, answer.body)
        assert answer.json["remaining_attachments"] == 3 - left
    assert (await client("GET", folder)).json == {
        "ticket_id": made["id"], "total_attachments": 0, "total_size": 0, "attachments": [], "directory_structure": {},
    }  # fmt: skip
    assert is_error(await client("DELETE", f"{folder}/c.txt"), 404)


async def test_a_path_with_its_slashes_as_they_are_means_the_same(client: Client) -> None:
    made = await client.ticket()
    [file] = (await client.upload(made["id"], ("a.txt", b"1"))).json["uploaded_files"]

    assert (await client("DELETE", f"/tickets/{made['id']}/attachments/{file['path']}")).json["deleted_file"] == "a.txt"


async def test_a_file_is_asked_for_through_its_own_ticket_only(client: Client) -> None:
    mine, other = await client.ticket("alice"), await client.ticket("dora")
    [file] = (await client.upload(other["id"], ("a.txt", b"1"), by="dora")).json["uploaded_files"]
    path = quote(file["path"], safe="")

    for ticket, by in ((mine, "alice"), (other, "alice"), (mine, "carol")):
        assert is_error(await client("DELETE", f"/tickets/{ticket['id']}/attachments/{path}", by), 404)
    for name in ("..", "%2e%2e%2f%2e%2e%2fdeskbell.sqlite3", "..%2Fa.txt", "%00", "a.txt%00", "%ff", "*", "a.%74xt%20"):
        assert is_error(await client("DELETE", f"/tickets/{other['id']}/attachments/{name}"), 404), name
    assert (await client("GET", f"/tickets/{other['id']}/attachments", "dora")).json["total_attachments"] == 1


async def test_a_customer_takes_back_their_own_file(client: Client) -> None:
    made = await client.ticket("alice")
    await client.upload(made["id"], ("mine.txt", b"1"), by="alice")
    await client.upload(made["id"], ("staffs.txt", b"2"), by="bob")

    assert (await client("GET", f"/tickets/{made['id']}/attachments", "alice")).json["total_attachments"] == 1
    assert is_error(await client("DELETE", f"/tickets/{made['id']}/attachments/staffs.txt", "alice"), 404)
    assert (await client("DELETE", f"/tickets/{made['id']}/attachments/mine.txt", "alice")).status == 200


async def test_files_of_a_mail_are_attachments_as_well(ask: Served) -> None:
    client = Client(ask)
    file = InboundFile("scan", "application/pdf", b"%PDF-1.7")
    await ask.desk.receive(replace(a_mail(acknowledge=False), files=(file,)))

    listed = (await client("GET", "/tickets/INC000001/attachments")).json

    [shown] = listed["attachments"]
    assert (shown["filename"], shown["file_type"], shown["uploaded_by"]) == ("scan", "", "ann@customer.test")
    assert shown["path"].startswith("tickets/INC000001/attachments/2026/03/20260302_120000_")


async def test_one_file_by_itself_is_taken_or_refused(client: Client) -> None:
    made = await client.ticket()

    async def upload(*files: tuple[str, bytes]) -> Answer:
        return await client.upload(made["id"], *files, path="upload-single", field="file")

    taken = await upload(("a.txt", b"1"))
    wrong = await upload(("a.exe", b"1"))
    two = await upload(("b.txt", b"1"), ("c.txt", b"1"))

    assert (taken.json["total_uploaded"], taken.json["uploaded_files"][0]["filename"]) == (1, "a.txt")
    assert is_error(wrong, 400)
    assert wrong.json["detail"].startswith("a.exe: unsupported format")
    assert is_error(two, 400)
    assert (await client("GET", f"/tickets/{made['id']}/attachments")).json["total_attachments"] == 1


async def test_more_at_once_than_there_may_be_fail_alone(client: Client) -> None:
    made = await client.ticket()

    answer = (await client.upload(made["id"], *((f"{n}.txt", b"x") for n in range(22)))).json

    assert (answer["total_uploaded"], answer["total_failed"]) == (20, 2)
    assert answer["failed_uploads"][-1] == {"filename": "21.txt", "reason": "too many files at once: send at most 20"}


FORM = "multipart/form-data; boundary=b"
PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhello\r\n'
MALFORMED: tuple[tuple[bytes, dict[str, str], int], ...] = (
    (b"", {"Content-Type": FORM}, 400),
    (b"--b--\r\n", {"Content-Type": FORM}, 400),
    (PART, {"Content-Type": FORM}, 400),
    (PART + b"--b--\r\n", {"Content-Type": "multipart/form-data"}, 400),
    (PART + b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=" + "x" * 100}, 400),
    (PART + b"--b--\r\n", {"Content-Type": "multipart/mixed; boundary=b"}, 415),
    (PART + b"--b--\r\n", {"Content-Type": FORM, "Content-Encoding": "gzip"}, 415),
    (b"files=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    (b"{}", {"Content-Type": "application/json"}, 415),
    (b"--b\r\n\r\nx\r\n--b--\r\n", {"Content-Type": FORM}, 400),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", {"Content-Type": FORM}, 400),
    (PART.replace(b'"files"', b'"other"') + b"--b--\r\n", {"Content-Type": FORM}, 400),
    (PART * 101 + b"--b--\r\n", {"Content-Type": FORM}, 400),
    (PART + b"--b--\r\n", {"Content-Type": FORM, "Content-Length": str(10**12)}, 413),
)


async def test_what_is_no_form_of_files_is_refused(client: Client) -> None:
    made = await client.ticket()

    for data, headers, status in MALFORMED:
        answer = await client("POST", f"/tickets/{made['id']}/upload", data=data, headers=headers)
        assert is_error(answer, status), (data[:60], headers, answer.status, answer.body)
    assert (await client("GET", f"/tickets/{made['id']}/attachments")).json["total_attachments"] == 0


async def test_too_much_at_once_is_cut_off_while_it_comes(client: Client) -> None:
    """Nothing bounds a body that is read in pieces but what we count ourselves."""
    made = await client.ticket()
    reader, writer = await asyncio.open_connection("127.0.0.1", client.served.ports["healthcare"])
    token = await client.token("carol")
    writer.write(
        f"POST /tickets/{made['id']}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    piece = b"x" * 65_536
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answered = asyncio.create_task(reader.readuntil(b"\r\n"))
    writer.write(b"%x\r\n%s\r\n" % (len(PART) - 2, PART[:-2]))
    for _ in range(40 * 1024 * 1024 // len(piece)):
        if answered.done():
            break
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        try:
            await writer.drain()
        except ConnectionError:
            break
    status = await asyncio.wait_for(answered, 10)
    writer.close()

    assert status == b"HTTP/1.1 413 Request Entity Too Large\r\n"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024
    assert (await client("GET", f"/tickets/{made['id']}/attachments")).json["total_attachments"] == 0

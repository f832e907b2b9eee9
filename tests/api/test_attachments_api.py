"""Files over the API: to be saved, never to be run."""

from dataclasses import replace
from typing import Any

import pytest

from api.native.attachments import disposition
from core.messages import InboundFile
from tests.api.conftest import Api
from tests.builders import a_mail

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
async def test_nothing_is_served_as_what_could_run(sqlite_api: Api, declared: str, served: str) -> None:
    ticket, [file] = await a_ticket_with(sqlite_api, InboundFile("x", declared, b"<script>alert(1)</script>"))

    answer = await sqlite_api("GET", f"/tickets/{ticket}/attachments/{file['id']}", "alice")

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

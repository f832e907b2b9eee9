"""What strangers call their files, and what they put into them."""

import io
import zipfile

import pytest

from ingest import form_texts, upload
from ingest.upload import Rules, Upload

RULES = Rules(3, 1024 * 1024, (".txt", ".csv", ".pdf", ".png", ".jpg", ".doc", ".docx", ".zip", ".gz", ".tar"))


def an_upload(name: str, content: bytes = b"") -> Upload:
    return Upload(name, len(content), content[: upload.HEAD], io.BytesIO(content))


def problems(*uploads: Upload, rules: Rules = RULES) -> list[str]:
    return upload.problems(uploads, rules, form_texts.ENGLISH)


def a_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")
    return file.getvalue()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("Bericht März 2026.PDF", "Bericht März 2026.PDF"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\fire.png", "fire.png"),
        ("..%2F..%2Fa.txt", "..%2F..%2Fa.txt".strip(" .")),
        ("a%22b.txt", "a'b.txt"),
        ("a\x00b\x1b.txt", "ab.txt"),
        ("gnp.\u202etxt", "gnp.txt"),
        ("virus.e\u200bxe", "virus.exe"),
        ("pic\ufeff.png", "pic.png"),
        (" .hidden.txt. ", "hidden.txt"),
        ('<img src=x onerror="x">.png', "_img src=x onerror=_x__.png"),
        ("NUL.txt", "_NUL.txt"),
        ("com1", "_com1"),
        ("...", ""),
        ("/", ""),
        ("\ud800.txt", "txt"),
        ("a" * 300 + ".txt", "a" * 116 + ".txt"),
        ("two\r\nlines.txt", "two lines.txt"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_harmless(sent: str, kept: str) -> None:
    assert upload.clean_name(sent) == kept


GOOD = {
    "notes.txt": "Grüße".encode(),
    "utf16.txt": "\ufeffGrüße".encode("utf-16-le"),
    "MZ list.txt": b"MZ-123 is the part number",
    "about html.txt": b"We write <html> in the middle of a text",
    "table.csv": b"a;b\r\n1;2\r\n",
    "paper.pdf": b"%PDF-1.7\n...",
    "scan.pdf": b"\0\0scanner header\n%PDF-1.4",
    "a.png": b"\x89PNG\r\n\x1a\n...",
    "really a png.jpg": b"\x89PNG\r\n\x1a\n...",
    "from the phone.jpg": b"\0\0\0\x18ftypheic",
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...",
    "rich.doc": b"{\\rtf1 ...}",
    "new.docx": b"PK\x03\x04...",
    "logs.tar": b"anything",
    "EMPTY.TXT": b"",
    "archive.tar.gz": b"\x1f\x8b...",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_people_send_is_taken(name: str) -> None:
    assert problems(an_upload(name, GOOD[name])) == []


BAD = {
    "setup.exe": b"MZ\x90\0",
    "no extension": b"text",
    ".txt": b"text",
    "setup.txt": b"MZ\x90\0\x03",
    "setup.pdf": b"\x7fELF\x02",
    "paper.pdf.exe": b"%PDF-1.7",
    "script.txt": b"#!/bin/sh\nrm -rf /",
    "bom script.txt": b"\xef\xbb\xbf#!/bin/sh",
    "page.txt": b"  \n<!DOCTYPE html><html>",
    "page.png": b"<html><script>",
    "utf16 page.txt": "\ufeff<html>".encode("utf-16-le"),
    "drawing.png": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="x"/>',
    "commented.txt": b"<!-- hello --><script>alert(1)</script>",
    "php.txt": b"GIF89a<?php system($_GET[0]); ?>",
    "shortcut.doc": b"L\0\0\0\x01\x14\x02\0",
    "class.zip": b"\xca\xfe\xba\xbe",
    "not a picture.png": b"hello",
    "not a paper.pdf": b"PK\x03\x04",
    "binary.txt": b"a\0b",
    "zip.gz": b"PK\x03\x04",
    "": b"x",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_what_it_says_is_refused_in_words(name: str) -> None:
    (problem,) = problems(an_upload(name, BAD[name]))

    assert problem.endswith((".", "again."))


def test_an_operator_may_allow_what_is_refused_otherwise() -> None:
    rules = Rules(3, 1000, (".svg", ".exe", ".sh"))

    assert (
        problems(
            an_upload("a.svg", b"<svg>"), an_upload("a.exe", b"MZ\0"), an_upload("a.sh", b"#!/bin/sh"), rules=rules
        )
        == []
    )


def test_the_type_is_told_by_the_name_and_never_by_the_sender() -> None:
    known, unknown = upload.accepted(an_upload("a.ZIP", a_zip())), upload.accepted(an_upload("a.xyz", b"x"))

    assert (known.content_type, unknown.content_type) == ("application/zip", "application/octet-stream")
    assert known.data == a_zip()


def test_every_problem_of_every_file_is_told() -> None:
    many = [an_upload(f"{n}.txt", b"a" * 300_000) for n in range(4)]

    assert problems(*many, an_upload("a.exe")) == [
        "“a.exe” is of a kind that we do not accept.",
        "Choose at most 3 files: there are 5.",
        "Choose fewer or smaller files: together they may have 1 MB.",
    ]


def test_a_desk_that_takes_no_files_says_just_that() -> None:
    assert problems(an_upload("a.exe"), rules=Rules(0, 1000, (".txt",))) == [form_texts.ENGLISH["files_none"]]

"""The mails that are sent: an everyday one of 5 KB, text and HTML, and the same with a file of 100 KB.

Each has a mark of its own in subject and Message-ID, by which it is found again.
"""

import base64
import random
from dataclasses import dataclass
from functools import cache

RECIPIENT = "support@localhost"
# So many customers write: none of them is a flood, and most are known by the time of their next mail.
CUSTOMERS = 400
KINDS = ("5 KB", "100 KB file")

_TEXT = (
    "Hello,\n\nsince the update on Monday the export of our monthly list stops at line 4,000 with the words\n"
    '"The file could not be written". It happens on both machines, also when nobody else is signed in.\n'
    "We have tried it in another browser and with a smaller list, which works.\n\n"
)


@dataclass(frozen=True, slots=True)
class Mail:
    mark: str
    sender: str
    content: bytes


def mail(number: int, *, run: str, kind: str = KINDS[0]) -> Mail:
    mark = f"{run}-{number:07d}"
    sender = f"customer{number % CUSTOMERS}@example.test"
    head = (
        f"Return-Path: <{sender}>\r\nReceived: from mx.example.test by mail.example.test; Mon, 2 Mar 2026 12:00:00 +0000\r\n"
        f"From: Customer {number % CUSTOMERS} <{sender}>\r\nTo: {RECIPIENT}\r\nSubject: The export stops [{mark}]\r\n"
        f"Date: Mon, 2 Mar 2026 12:00:00 +0000\r\nMessage-ID: <{mark}@example.test>\r\nMIME-Version: 1.0\r\n"
    )
    return Mail(mark, sender, head.encode() + _body(kind))


@cache
def _body(kind: str) -> bytes:
    text = _TEXT * 7
    html = "".join(f"<p style='margin:0 0 1em 0'>{part}</p>\n" for part in text.split("\n\n") if part)
    both = (
        'Content-Type: multipart/alternative; boundary="alternative"\n\n'
        f"--alternative\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--alternative\nContent-Type: text/html; charset=utf-8\n\n<html><body>\n{html}</body></html>\n--alternative--\n"
    )
    whole = both if kind == KINDS[0] else _with_file(both)
    return whole.replace("\n", "\r\n").encode()


def _with_file(both: str) -> str:
    # Seeded and incompressible, like the pictures that people attach.
    file = base64.encodebytes(random.Random(1).randbytes(100 * 1024)).decode()
    return (
        'Content-Type: multipart/mixed; boundary="mixed"\n\n'
        f"--mixed\n{both}\n--mixed\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n"
        f'Content-Disposition: attachment; filename="screen.png"\n\n{file}\n--mixed--\n'
    )

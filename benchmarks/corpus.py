"""Real mails through the real door: `python -m benchmarks.corpus FOLDER…`, every file under them a mail.

Each is sent twice by a real SMTP client to a real `deskbell serve --only smtp` on a new SQLite desk: as its file has it
(bare LF, bare CR, NUL and whatever else programs write) and with the line ends that RFC 5321 wants. *Refused* is what
was not answered 250, *lost* what was and is not in the ledger, *unread* what could only be kept as a file. Exits 0 when
nothing was refused or lost. The mails themselves belong to other projects and are no part of this one.
"""

import argparse
import asyncio
import re
import smtplib
import socket
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from benchmarks import running, stored
from core import tables
from core.storage import database
from core.vocabulary import Disposition

SETTINGS = {"DESKBELL_LIMITS__ENABLED": "false", "DESKBELL_MAIL__ACKNOWLEDGE": "none"}
TO = "support@localhost"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_DOTS = re.compile(rb"(?m)^\.")
# A server that takes longer than this for one mail has lost it.
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Sending:
    """One mail in one form. `sender` is different for each: by it the ledger row is found again."""

    path: Path
    sender: str
    data: bytes


@dataclass(slots=True)
class Found:
    sent: int = 0
    refused: list[str] = field(default_factory=list)
    answered: dict[str, Path] = field(default_factory=dict)


def sendings(files: Iterable[Path]) -> Iterator[Sending]:
    for number, path in enumerate(files):
        raw = path.read_bytes()
        yield Sending(path, f"file-{number}@corpus.example", raw)
        proper = _BARE.sub(b"\r\n", raw)
        if proper != raw:
            yield Sending(path, f"proper-{number}@corpus.example", proper)


def send_all(port: int, mails: Iterable[Sending]) -> Found:
    found = Found()
    client = _client(port)
    for mail in mails:
        found.sent += 1
        try:
            client.mail(mail.sender)
            client.rcpt(TO)
            code, said = _data(client, mail.data)
        except (smtplib.SMTPException, OSError) as error:
            code, said = 0, str(error).encode()
            client = _client(port)
        if code == 250:
            found.answered[mail.sender] = mail.path
        else:
            found.refused.append(f"{mail.path}: {code} {said.decode(errors='replace')}")
            client.rset()
    client.quit()
    return found


def _client(port: int) -> smtplib.SMTP:
    client = smtplib.SMTP(running.HOST, port, local_hostname="corpus.example", timeout=PATIENCE)
    client.ehlo()
    return client


def _data(client: smtplib.SMTP, data: bytes) -> tuple[int, bytes]:
    """smtplib would make a file with bare line ends proper; here the file is what is tried."""
    code, said = client.docmd("DATA")
    if code != 354:
        return code, said
    assert isinstance(client.sock, socket.socket)
    client.sock.sendall(_DOTS.sub(b"..", data) + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n")
    return client.getreply()


async def read_ledger(url: str) -> dict[str, str]:
    """The disposition of each mail by its envelope's sender."""
    columns = (tables.ledger.c.envelope, tables.ledger.c.disposition)
    async with database.connected(url) as base, base.reading() as connection:
        return {str(envelope["mail_from"]): str(word) for envelope, word in await connection.execute(select(*columns))}


def report(found: Found, ledger: dict[str, str]) -> int:
    lost = [str(path) for sender, path in found.answered.items() if sender not in ledger]
    unread = sorted({str(found.answered[who]) for who, word in ledger.items() if word == Disposition.QUARANTINED})
    print(f"{found.sent} sent, {len(found.refused)} refused, {len(lost)} lost, {len(unread)} unread")
    print(", ".join(f"{count} {word}" for word, count in Counter(ledger.values()).most_common()))
    for line in (
        *found.refused[:20],
        *(f"lost: {path}" for path in lost[:20]),
        *(f"unread: {path}" for path in unread[:20]),
    ):
        print(f"  {line}")
    return 1 if found.refused or lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--only", default="*", help="a pattern for the names of the files")
    given = parser.parse_args()
    files = sorted(path for folder in given.folders for path in folder.rglob(given.only) if path.is_file())
    if not files:
        print(f"no mails under {', '.join(map(str, given.folders))}: name a folder with one mail in each file")
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running.serving(folder, "smtp", settings=SETTINGS) as server:
            found = send_all(server.port, sendings(files))
        ledger = asyncio.run(read_ledger(stored.sqlite_url(folder)))
        crashes = (folder / "log").read_text(errors="replace").count("Traceback")
    print(f"{crashes} tracebacks in the log")
    return report(found, ledger)


if __name__ == "__main__":
    sys.exit(main())

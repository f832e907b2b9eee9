"""How fast a file of tickets becomes durable tickets, and how much memory that takes: `python -m benchmarks.importing`.

100,000 rows of CSV as the customer's document shows them, each with category and priority, by `deskbell import` and by
`POST /api/v1/tickets/import`, each on a new SQLite file; with `--bare` without the two, so that every row is
classified. Seconds are of the whole command, and of the request from its first byte to the answer; processor time and
peak memory are those of the process and, behind a plus, of the one that reads for it. Afterwards the same file must be duplicates only.
"""

import argparse
import csv
import http.client
import json
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks import running
from benchmarks.running import DESKBELL, HOST, Server

ROWS = 100_000
FLOOR, AIM, MOST_MIB = 5_000, 15_000, 200
COLUMNS = (
    "customer_id", "customer_email", "customer_name", "subject", "description", "category", "priority", "status", "tags",
)  # fmt: skip
_CATEGORIES = ("account_access", "technical_issue", "billing_question", "feature_request", "bug_report", "other")
_WORDS = [
    "i",
    "have",
    "been",
    "trying",
    "to",
    "log",
    "in",
    "for",
    "the",
    "past",
    "hour",
    "and",
    "keep",
    "getting",
    "an",
    "error",
    "when",
    "opening",
    "the",
    "invoice",
    "page",
    "please",
    "refund",
    "or",
    "fix",
    "it",
    "as",
    "soon",
    "as",
    "possible",
    "printer",
    "network",
    "password",
    "reset",
    "thank",
    "you",
]
PASSWORD = "a long enough password"


@dataclass(frozen=True, slots=True)
class Run:
    """What one import took, the processor time of both processes. `result` is what it answered."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    beside_mib: float
    result: dict[str, int]


def write(file: Path, rows: int, *, bare: bool) -> None:
    """The same rows each time. Three tickets a customer."""
    chance = random.Random(1)
    with file.open("w", newline="") as text:
        table = csv.writer(text)
        table.writerow(COLUMNS)
        table.writerows(_row(chance, rows, bare=bare) for _ in range(rows))


def _row(chance: random.Random, rows: int, *, bare: bool) -> list[str]:
    customer = chance.randrange(1 + rows // 3)
    subject, description = (" ".join(chance.choices(_WORDS, k=words)) for words in (5, 30))
    judged = ("", "") if bare else (chance.choice(_CATEGORIES), chance.choice(("urgent", "high", "medium", "low")))
    tags = ";".join(chance.sample(sorted(set(_WORDS)), 2))
    return [
        f"CUST-{customer}", f"john{customer}@example.com", f"John Doe {customer}", subject, description, *judged, "new",
        tags,
    ]  # fmt: skip


def by_command(folder: Path, file: Path) -> Run:
    began = perf_counter()
    process = subprocess.Popen(
        (*DESKBELL, "import", str(file), "--json"), cwd=folder, env=running.environment(folder, {}),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    with running.peaks_of_children(process.pid) as peaks:
        result = json.loads(process.stdout.read())
    # Its most memory is that of whichever process had more, which is never the one that reads.
    _, _, used = os.wait4(process.pid, 0)
    return Run(
        perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, sum(peaks.values()), result
    )


def by_request(server: Server, port: int, token: str, file: Path) -> Run:
    cpu, began = server.cpu_seconds(), perf_counter()
    line = http.client.HTTPConnection(HOST, port, timeout=3600)
    around = (
        b'--bound\r\nContent-Disposition: form-data; name="file"; filename="tickets.csv"\r\n\r\n', b"\r\n--bound--\r\n"
    )  # fmt: skip
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/form-data; boundary=bound",
        "Content-Length": str(file.stat().st_size + sum(map(len, around))),
    }
    with running.peaks_of_children(server.process.pid) as peaks:
        line.request("POST", "/api/v1/tickets/import", _chunks(file, *around), headers)
        answer = line.getresponse()
        result = json.loads(answer.read())
    if answer.status != 200:
        raise SystemExit(f"the import was refused: {result}")
    seconds, used = perf_counter() - began, server.cpu_seconds() - cpu
    return Run(seconds, used, server.peak_mib(), sum(peaks.values()), result)


def _chunks(file: Path, before: bytes, after: bytes) -> Iterator[bytes]:
    yield before
    with file.open("rb") as content:
        while chunk := content.read(64 * 1024):
            yield chunk
    yield after


def _token(folder: Path, port: int) -> str:
    add = (*DESKBELL, "user", "add", "carol", "--role", "admin", "--password-stdin")
    subprocess.run(
        add, cwd=folder, env=running.environment(folder, {}), input=f"{PASSWORD}\n".encode(), check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    line = http.client.HTTPConnection(HOST, port, timeout=60)
    line.request(
        "POST", "/api/v1/auth/token", f"username=carol&password={PASSWORD}",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    return str(json.loads(line.getresponse().read())["access_token"])


def measure(rows: int, *, bare: bool) -> dict[str, Run]:
    found: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "tickets.csv"
        write(file, rows, bare=bare)
        for folder in (Path(name) / "command", Path(name) / "request"):
            folder.mkdir()
        found["deskbell import"] = by_command(Path(name) / "command", file)
        found["the same again"] = by_command(Path(name) / "command", file)
        port = running.free_port()
        folder = Path(name) / "request"
        with running.serving(folder, "api,smtp", settings={"DESKBELL_API__PORT": str(port)}) as server:
            token = _token(folder, port)
            found["POST …/import"] = by_request(server, port, token, file)
            found["and again"] = by_request(server, port, token, file)
    return found


def report(found: dict[str, Run], rows: int) -> None:
    print(f"{'':18}{'rows/s':>9}{'us cpu':>9}{'peak MiB':>11}{'floor':>8}{'aim':>8}{'most MiB':>10}")
    for number, (name, run) in enumerate(found.items()):
        expected = ("successful", "duplicates")[number % 2]
        if run.result[expected] != rows or run.result["total"] != rows:
            raise SystemExit(f"{name}: {rows} rows became {run.result}")
        print(
            f"{name:18}{rows / run.seconds:9.0f}{1e6 * run.cpu_seconds / rows:9.0f}{run.peak_mib:7.0f}+{run.beside_mib:<3.0f}"
            f"{FLOOR:8}{AIM:8}{MOST_MIB:10}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--bare", action="store_true", help="without category and priority: every row is classified")
    given = parser.parse_args()
    report(measure(given.rows, bare=given.bare), given.rows)


if __name__ == "__main__":
    main()

"""An import that is killed in the middle: whole rows only, and the second run makes no ticket twice."""

import json
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import importing, running
from benchmarks.running import DESKBELL
from core.batches import BATCH_ROWS

# A batch and a half.
ROWS = BATCH_ROWS * 3 // 2
# Rows that the database has when the process is killed.
KILLS = (1,)


def test_kill_9_in_the_middle_of_an_import_leaves_whole_rows_and_a_second_run_finishes(tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    importing.write(file, ROWS, bare=False)
    command = (*DESKBELL, "import", str(file), "--json")

    counts = [killed(tmp_path, command, after) for after in KILLS]
    done = subprocess.run(
        command, cwd=tmp_path, env=running.environment(tmp_path, {}), capture_output=True, check=True, timeout=100
    )

    # It was killed in the middle, and between two batches or within one: never within a row.
    assert all(after <= count < ROWS for after, count in zip(KILLS, counts, strict=True)), counts
    result = json.loads(done.stdout)
    assert (result["total"], result["failed"]) == (ROWS, 0)
    assert (result["duplicates"], result["successful"]) == (counts[-1], ROWS - counts[-1])
    assert whole_rows(tmp_path) == ROWS


def killed(folder: Path, command: Sequence[str], after: int) -> int:
    """Start it, kill it when so many tickets are there, and tell how many there are then."""
    process = subprocess.Popen(
        command, cwd=folder, env=running.environment(folder, {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert running.until(lambda: tickets(folder) >= after, 60)
    finally:
        process.kill()
        process.wait()
    return whole_rows(folder)


def tickets(folder: Path) -> int:
    try:
        return asked(folder, "SELECT count(*) FROM tickets")
    except sqlite3.OperationalError:
        # Not made yet.
        return 0


def whole_rows(folder: Path) -> int:
    """How many tickets there are. Each has all that it is made of, and nothing is there without its ticket."""
    parts = ("messages", "changes", "participants", "ledger")
    counts = {table: asked(folder, f"SELECT count(DISTINCT ticket_id) FROM {table}") for table in parts}
    rows = {table: asked(folder, f"SELECT count(*) FROM {table}") for table in parts}
    found = tickets(folder)
    assert counts == rows == dict.fromkeys(parts, found)
    assert asked(folder, "SELECT count(*) FROM ticket_tags") == 2 * found
    assert asked(folder, "SELECT count(*) FROM ledger WHERE raw_sha256 NOT IN (SELECT sha256 FROM blobs)") == 0
    return found


def asked(folder: Path, question: str) -> int:
    database = f"file:{folder / 'var' / 'deskbell.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        return int(connection.execute(question).fetchone()[0])

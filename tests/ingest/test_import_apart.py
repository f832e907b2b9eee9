"""A large file is read in a process of its own: the same rows, whatever becomes of that process."""

import io
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from subprocess import Popen, run
from typing import IO
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from api.contracts.customer_support.kept_rows import kept
from core import batches
from core.batches import Batch
from core.origin import Origin, Plan
from ingest import file_import, import_apart
from ingest.file_import import Format
from ingest.import_records import BadFile

HOME = Path(import_apart.__file__).parents[1]
HEAD = "customer_email,subject,description,category,priority,assigned_to\n"
GOOD = "ann{n}@customer.test,Printer {n},It burns.,other,low,bob\n"
BAD = "no address,Printer,It burns.,other,low,\n"
# Two rows that say the same, far from each other: the second is told from the first by how often it was there before.
TWICE = GOOD.format(n="x")
LINES = [TWICE, *(GOOD.format(n=n) for n in range(40)), BAD, TWICE]
IN_TENS = "import sys; sys.path[:] = sys.argv[1:]; from core import batches; batches.BATCH_ROWS = 10; "
CHILD = IN_TENS + "from ingest import import_apart as child; {}child.read_for_parent()"
# What a process does that is killed, or goes mad, after its second batch.
DIES = "import os; tell, told = child._answer, []; child._answer = lambda x: told[1:] and os._exit(9) or told.append(tell(x)); "
LIES = "child._answer = lambda x: (sys.stdout.buffer.write(b'nonsense'), os._exit(0)); import os; "


@pytest.fixture(autouse=True)
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(import_apart, "_PROGRAM", CHILD.format(""))
    monkeypatch.setattr(batches, "BATCH_ROWS", 10)


def a_file(tmp_path: Path, text: str = HEAD + "".join(LINES)) -> IO[bytes]:
    path = tmp_path / "tickets.csv"
    path.write_text(text)
    return path.open("rb")


def a_plan() -> Plan:
    # As a contract has it, whose own part is made where the file is read.
    keeps = partial(kept, contract="customer_support", ours=frozenset({"bob"}))
    return Plan(Origin("old", keeps=keeps), {"bob": UUID(int=7)}, "carol")


def said(found: Sequence[Batch]) -> list[object]:
    """All that is not made anew each time."""
    return [(one.bad, one.keys, one.rows, one.bundle and one.bundle.raws, len(one)) for one in found]


def read(file: IO[bytes]) -> list[Batch]:
    with file, closing(import_apart.reading(file, Format.CSV)(a_plan())) as found:
        return list(found)


def here(file: IO[bytes]) -> list[Batch]:
    with file:
        return list(batches.of(file_import.rows(file, Format.CSV), a_plan()))


def test_another_process_reads_the_same_rows(tmp_path: Path) -> None:
    with capture_logs() as logs:
        found = read(a_file(tmp_path))

    assert logs == []
    assert said(found) == said(here(a_file(tmp_path)))
    assert [len(one) for one in found] == [10, 10, 10, 10, 3]
    bundle = found[0].bundle
    assert bundle
    assert (bundle.assignee_ids[0], bundle.envelopes[0]) == (UUID(int=7).hex, {"source": "old", "user": "carol"})
    # What was the same object is the same one again: it is written as JSON once.
    assert len(set(map(id, bundle.envelopes))) == 1


@pytest.mark.parametrize("fault", [DIES, LIES], ids=["dies", "lies"])
def test_what_a_process_that_fails_has_not_read_is_read_by_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(import_apart, "_PROGRAM", CHILD.format(fault))

    with capture_logs() as logs:
        found = read(a_file(tmp_path))

    assert [line["event"] for line in logs] == ["import_reads_by_itself"]
    assert said(found) == said(here(a_file(tmp_path)))


def test_what_a_process_says_as_it_breaks_is_told_in_one_line_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(import_apart, "_PROGRAM", CHILD.format("child.file_import.rows = None; "))

    with capture_logs() as logs:
        found = read(a_file(tmp_path))

    [line] = logs
    assert (line["event"], line["reason"]) == ("import_reads_by_itself", "it ended early")
    assert line["told"].startswith("Traceback")
    assert line["told"].endswith("TypeError: 'NoneType' object is not callable")
    assert "report" in line["advice"]
    assert capfd.readouterr().err == ""
    assert said(found) == said(here(a_file(tmp_path)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORTH_A_PROCESS", 1_000_000),
        ("os.sched_getaffinity", lambda _: {0}),
        ("sys.executable", ""),
    ],
)
def test_a_small_file_or_one_core_takes_no_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    monkeypatch.setattr(f"ingest.import_apart.{name}", value)
    monkeypatch.setattr(import_apart, "Popen", None)

    assert said(read(a_file(tmp_path))) == said(here(a_file(tmp_path)))


def test_a_file_in_memory_is_read_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_apart, "Popen", None)
    text = (HEAD + "".join(LINES)).encode()

    assert said(read(io.BytesIO(text))) == said(here(io.BytesIO(text)))


def test_what_is_wrong_with_the_whole_file_is_told_by_its_parent(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="workbook"):
        read(a_file(tmp_path, "PK\x03\x04" + json.dumps([])))


def test_a_process_ends_when_nobody_wants_more_and_the_next_file_may_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Popen[bytes]] = []

    def recorded(*asked: object, **how: object) -> Popen[bytes]:
        made.append(Popen(*asked, **how))  # type: ignore[call-overload]  # as it was asked
        return made[-1]

    monkeypatch.setattr(import_apart, "Popen", recorded)

    with a_file(tmp_path) as file, closing(import_apart.reading(file, Format.CSV)(a_plan())) as found:
        next(found)
        # A second one meanwhile is read by the desk.
        assert said(read(a_file(tmp_path))) == said(here(a_file(tmp_path)))
    read(a_file(tmp_path))

    assert len(made) == 2
    assert all(one.returncode is not None for one in made)


def test_a_process_that_reads_loads_neither_database_nor_server() -> None:
    modules = "ingest.import_apart, ingest.import_csv, api.contracts.customer_support.kept_rows"
    look = f"import {modules}, sys; print(*sys.modules)"

    loaded = run((sys.executable, "-c", look), capture_output=True, check=True, text=True, cwd=HOME).stdout.split()

    assert "ingest.import_apart" in loaded
    assert not {"sqlalchemy", "aiohttp", "pydantic", "asyncio"} & set(loaded)

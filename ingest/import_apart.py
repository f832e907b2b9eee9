"""A large file of tickets is read in a process of its own, while its parent files what has been read.

Reading, checking and putting together what is written of a row takes about as long as SQLite takes to write it, and in
one process the two wait for each other's interpreter. The child loads neither database nor server (some 17 MB) and
writes pickled batches to a pipe; when its parent wants no more, or is gone, it ends. What a child cannot do is done in
the parent: a small file, a machine with one core, and the rest of the file if the child fails.
"""

import fcntl
import gc
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from io import UnsupportedOperation
from subprocess import PIPE, Popen
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, TYPE_CHECKING, cast

from core import batches
from core.batches import Batch, Reading
from ingest import file_import, import_fields
from ingest.file_import import Format
from ingest.import_fields import Rules
from ingest.import_records import BadFile

if TYPE_CHECKING:
    from core.origin import Plan

# Bytes below which a file is read before another process has begun.
WORTH_A_PROCESS = 1024 * 1024
# As much as the system gives to anybody: with its usual 64 KiB the two would wait for each other fifty times a batch.
_PIPE_BYTES = 1024 * 1024
# Each takes memory: while one is at work, the next file is read by its desk.
_ONE = Lock()
# Of a traceback the end says what it was.
_TOLD_BYTES = 2_000
_ADVICE = (
    "the rest of the file is read all the same, only slower: see that there is memory left, and report what was told"
)
# The child's modules are where ours are.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from ingest import import_apart; import_apart.read_for_parent()"


class _Failed(Exception):
    """The child has ended before its file has. `told` is what it said of it."""

    def __init__(self, reason: str, told: str = "") -> None:
        super().__init__(reason)
        self.told = told


def reading(file: IO[bytes], kind: Format, rules: Rules = import_fields.NATIVE) -> Reading:
    """The file, which is read from its beginning and stays open. Its batches raise BadFile as its rows do."""
    return partial(_batches, file, kind, rules)


def _batches(file: IO[bytes], kind: Format, rules: Rules, plan: "Plan") -> Generator[Batch]:
    done = 0
    if _is_worth_it(file) and _ONE.acquire(blocking=False):
        try:
            with closing(_apart(file, kind, rules, plan)) as found:
                for batch in found:
                    done += len(batch)
                    yield batch
            return
        except _Failed as failure:
            _tell(failure)
        finally:
            _ONE.release()
    yield from batches.of(file_import.rows(file, kind, rules), plan, after=done)


def _is_worth_it(file: IO[bytes]) -> bool:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if cores < 2 or not sys.executable or file.seek(0, os.SEEK_END) < WORTH_A_PROCESS:
        return False
    try:
        file.fileno()
    except UnsupportedOperation:
        # It is in memory.
        return False
    # What its writer has not handed on the child would not see.
    file.flush()
    return True


def _apart(file: IO[bytes], kind: Format, rules: Rules, plan: "Plan") -> Generator[Batch]:
    """Raises BadFile, and _Failed."""
    try:
        told = TemporaryFile()  # noqa: SIM115 - the block below closes it
    except OSError as error:
        raise _Failed("no temporary file can be made") from error
    with told, _child(file.fileno(), kind, rules, plan, told) as answers:
        while True:
            try:
                found = pickle.load(answers)  # noqa: S301 - a process of our own wrote it
            except (EOFError, OSError, pickle.UnpicklingError) as error:
                raise _Failed("it ended early", _end_of(told)) from error
            if isinstance(found, BadFile):
                raise found
            if found is None:
                return
            yield found


@contextmanager
def _child(handle: int, kind: Format, rules: Rules, plan: "Plan", told: IO[bytes]) -> Iterator[IO[bytes]]:
    command = (sys.executable, "-c", _PROGRAM, *sys.path)
    try:
        child = Popen(command, _PIPE_BYTES, stdin=PIPE, stdout=PIPE, stderr=told, pass_fds=(handle,))  # noqa: S603 - this program
    except OSError as error:
        raise _Failed("no process can be made") from error
    # It has both, as PIPE says.
    asked, answers = cast("IO[bytes]", child.stdin), cast("IO[bytes]", child.stdout)
    try:
        _widen(answers)
        with suppress(BrokenPipeError), asked:
            pickle.dump((handle, kind, rules, plan), asked)
        yield answers
    finally:
        child.kill()
        answers.close()
        child.wait()


def _widen(pipe: IO[bytes]) -> None:
    if sys.platform == "linux":
        # Where the system allows less, it stays as it is.
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def read_for_parent() -> None:
    """What the child does: its task from stdin, batches to stdout; then a BadFile, or None at the end."""
    # Whoever presses Ctrl-C means the parent, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Hardly anything of a row is in a cycle: looking for that took a tenth of the time.
    gc.set_threshold(100_000, 50, 100)
    handle, kind, rules, plan = pickle.load(sys.stdin.buffer)  # noqa: S301 - the parent wrote it
    with suppress(BrokenPipeError), os.fdopen(handle, "rb") as file:
        try:
            # By `map`, no name keeps a batch while the next one is made.
            deque(map(_answer, batches.of(file_import.rows(file, kind, rules), plan)), maxlen=0)
        except BadFile as problem:
            _answer(problem)
        else:
            _answer(None)


def _answer(found: Batch | BadFile | None) -> None:
    pickle.dump(found, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


def _end_of(told: IO[bytes]) -> str:
    told.seek(max(0, told.seek(0, os.SEEK_END) - _TOLD_BYTES))
    return told.read().decode("utf-8", "replace").strip()


def _tell(failure: _Failed) -> None:
    # The command line has it loaded; a child need not.
    import structlog

    structlog.get_logger().warning("import_reads_by_itself", reason=str(failure), told=failure.told, advice=_ADVICE)

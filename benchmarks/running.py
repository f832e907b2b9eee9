"""The real command as a process of its own: started in a folder of its own, measured from outside, killed on demand."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep

HOME = Path(__file__).resolve().parent.parent
DESKBELL = (sys.executable, str(HOME / "deskbell.py"))
HOST = "127.0.0.1"
# A start that takes longer than this has failed, on the slowest machine too.
START_SECONDS = 60.0
STOP_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers on `port`. Figures come from /proc, because the process must not measure itself."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_seconds(self) -> float:
        """With that of its own processes that have ended."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        return self._memory("VmRSS:")

    def peak_mib(self) -> float:
        """The most memory it ever had."""
        return self._memory("VmHWM:")

    def _memory(self, which: str) -> float:
        return _memory(self.process.pid, which)

    def kill(self) -> None:
        """What a power cut or the kernel's out-of-memory killer does: no last words."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop, and answer its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def _memory(pid: int, which: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    found = next(line for line in lines if line.startswith(which))
    return int(found.split()[1]) / 1024


@contextmanager
def peaks_of_children(pid: int) -> Iterator[dict[int, float]]:
    """While the block lasts, and after it: the most memory (MiB) that each process had which this one made."""
    found: dict[int, float] = {}
    over = Event()

    def look() -> None:
        while not over.wait(0.05):
            # One that has just ended has no memory any more; or its parent has ended.
            with suppress(OSError, StopIteration):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    for child in (task / "children").read_text().split():
                        found[int(child)] = _memory(int(child), "VmHWM:")

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        return int(listening.getsockname()[1])


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting of whoever runs this, and with these instead."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DESKBELL_")}
    chosen = {"DESKBELL_DESK__DATA_DIR": str(folder / "var"), **settings}
    path = os.pathsep.join(filter(None, (str(HOME), kept.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, **chosen}


def started(folder: Path, command: Sequence[str], port: int, settings: Mapping[str, str]) -> Server:
    """The process, not yet answering. What it says goes to `folder/log`."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder, settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    return Server(process, port)


@contextmanager
def serving(
    folder: Path, parts: str = "", *, command: Sequence[str] = DESKBELL, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """`deskbell serve` with SMTP on a free port, answering; stopped at the end."""
    port = free_port()
    chosen = {"DESKBELL_SMTP__PORT": str(port), "DESKBELL_API__PORT": "0", **(settings or {})}
    server = started(folder, (*command, "serve", *(("--only", parts) if parts else ())), port, chosen)
    try:
        wait_until_it_greets(server, folder)
        yield server
    finally:
        if server.process.poll() is None:
            server.resume()
            server.stop()


def wait_until_it_greets(server: Server, folder: Path) -> None:
    def greeted_or_ended() -> bool:
        return greets(server.port) or server.process.poll() is not None

    if not until(greeted_or_ended, START_SECONDS) or server.process.poll() is not None:
        raise SystemExit(f"the server did not start:\n{(folder / 'log').read_text()[-4000:]}")


def until(happened: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Look at another process from outside until something has happened there, or the time is over."""
    end = monotonic() + seconds
    while not happened():
        if monotonic() > end:
            return False
        sleep(0.01)
    return True


def accepts(port: int) -> bool:
    """Whether a server is there."""
    try:
        with socket.create_connection((HOST, port), timeout=5):
            return True
    except OSError:
        return False


def greets(port: int) -> bool:
    """Whether an SMTP server is there, by its first bytes."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as line:
            return line.recv(512).startswith(b"220")
    except OSError:
        return False

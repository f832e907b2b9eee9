"""The load: 20 connections at a time, one mail each, with as little work as possible: `python -m benchmarks.sender`.

A process of its own, sockets and a selector, mails that are mostly made beforehand; prints one line of JSON.
"""

import argparse
import json
import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from benchmarks import samples
from benchmarks.samples import Mail

CONNECTIONS = 20
# The replies in their order: greeting, EHLO, MAIL, RCPT, DATA, the mail itself, QUIT.
EXPECTED = (b"220", b"250", b"250", b"250", b"354", b"250", b"221")
ACCEPTED = 5
# What is answered after the end of the round is still waited for, so that every answer can be checked.
LAST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The marks of all mails that were answered 250, and how many of them within the time."""

    marks: tuple[str, ...]
    in_time: int
    seconds: float


class Line:
    """One connection with one mail on it."""

    def __init__(self, port: int, mail: Mail, selector: selectors.BaseSelector) -> None:
        self.mail = mail
        self.accepted = False
        self._says = (
            b"EHLO sender.example.test\r\n",
            f"MAIL FROM:<{mail.sender}> SIZE={len(mail.content)}\r\n".encode(),
            f"RCPT TO:<{samples.RECIPIENT}>\r\n".encode(),
            b"DATA\r\n",
            mail.content + b".\r\n",
            b"QUIT\r\n",
        )
        self._heard = 0
        self._buffer = b""
        self._unsent = memoryview(b"")
        self._selector = selector
        self._watched = selectors.EVENT_READ
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        selector.register(self._socket, self._watched, self)

    def go_on(self, events: int) -> bool:
        """Do what can be done without waiting; False when all has been said."""
        if events & selectors.EVENT_WRITE:
            self._send()
            return True
        data = self._socket.recv(4096)
        if not data:
            raise SystemExit(f"the server hung up after {self._heard} replies")
        self._buffer += data
        # The last line of a reply has a space behind its code.
        if self._buffer[-2:] == b"\r\n" and self._buffer[self._buffer.rfind(b"\n", 0, -1) + 4 :][:1] == b" ":
            return self._answer()
        return True

    def _answer(self) -> bool:
        reply, self._buffer = self._buffer, b""
        if not reply.startswith(EXPECTED[self._heard]):
            raise SystemExit(f"unexpected reply to step {self._heard}: {reply!r}")
        self.accepted = self.accepted or self._heard == ACCEPTED
        self._heard += 1
        if self._heard == len(EXPECTED):
            self._selector.unregister(self._socket)
            self._socket.close()
            return False
        self._unsent = memoryview(self._says[self._heard - 1])
        self._send()
        return True

    def _send(self) -> None:
        self._unsent = self._unsent[self._socket.send(self._unsent) :]
        # Only a mail larger than the socket's buffer ever waits to be written.
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        if wanted != self._watched:
            self._selector.modify(self._socket, wanted, self)
            self._watched = wanted


def send(port: int, mails: Iterator[Mail], seconds: float) -> Sent:
    """Keep all connections busy for so long, then let the last ones end."""
    selector = selectors.DefaultSelector()
    started = perf_counter()
    marks: list[str] = []
    in_time = 0
    for _ in range(CONNECTIONS):
        Line(port, next(mails), selector)
    while selector.get_map():
        for key, events in selector.select(LAST_SECONDS):
            line: Line = key.data
            before = line.accepted
            going_on = line.go_on(events)
            elapsed = perf_counter() - started
            if line.accepted and not before:
                marks.append(line.mail.mark)
                in_time += elapsed < seconds
            if not going_on and elapsed < seconds:
                Line(port, next(mails), selector)
            if elapsed > seconds + LAST_SECONDS:
                raise SystemExit("the server does not answer")
    return Sent(tuple(marks), in_time, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--run", required=True, help="what the marks of this round begin with")
    parser.add_argument("--kind", choices=samples.KINDS, default=samples.KINDS[0])
    parser.add_argument("--seconds", type=float, default=3.0)
    given = parser.parse_args()
    numbers = iter(range(10**7))
    sent = send(given.port, (samples.mail(n, run=given.run, kind=given.kind) for n in numbers), given.seconds)
    print(json.dumps({"marks": sent.marks, "in_time": sent.in_time, "seconds": sent.seconds}))


if __name__ == "__main__":
    main()

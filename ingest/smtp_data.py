"""The bytes after DATA: found, bounded and undone in bulk (RFC 5321 4.1.1.4, 4.5.2), never line by line.

Line by line costs an object a line: 30 MiB of empty lines were 2.6 GiB of memory. Here a chunk is whatever has come.
"""

import asyncio
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

# Only this ends a message. Whoever takes `\n.\n` for it too can be sent two mails as one (CVE-2023-51764 and kin).
END = b"\r\n.\r\n"
# What one connection may hold in memory while it is sending; beyond, all of it is in an anonymous file.
IN_MEMORY = 1024 * 1024


class Wire(asyncio.StreamReader):
    """The stream of a connection, to which something can be put back."""

    _buffer: bytearray

    def unread(self, data: bytes) -> None:
        self._buffer[:0] = data


class TooMuch(Exception):
    """Twice the limit has come and no end is in sight."""


class Transfer:
    """One message on its way in: kept up to the limit, then only counted. Closed by whoever has it last."""

    def __init__(self, most: int, folder: Path | None) -> None:
        self._most = most
        # The line with the dot is on the wire, not in the message.
        self.size = -len(b".\r\n")
        self.fault: OSError | None = None
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder) if folder else None)  # noqa: SIM115 - it outlives this function
        # A message may end in its very first line: the CRLF of the DATA command counts as what stands before it.
        self._tail = b"\r\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def too_large(self) -> bool:
        return self.size > self._most

    def add(self, chunk: bytes) -> bytes | None:
        """Take the next bytes. When the message has ended: what came after its end. Until then: None."""
        seam = self._tail + chunk
        found = seam.find(END)
        if found < 0:
            self._tail = seam[1 - len(END) :]
            self._keep(chunk)
            return None
        end = found + len(END) - len(self._tail)
        self._keep(chunk[:end])
        return chunk[end:]

    def content(self) -> bytes:
        """The message as it was before it was made transparent for the wire (RFC 5321 4.5.2)."""
        self._file.seek(0)
        return self._file.read(self.size).replace(b"\r\n.", b"\r\n").removeprefix(b".")

    def _keep(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size > 2 * self._most:
            raise TooMuch
        if self.too_large or self.fault is not None:
            return
        try:
            self._file.write(chunk)
        except OSError as error:
            # A full disk is told when the message has ended: until then the client does not listen.
            self.fault = error


def has_bare_newlines(content: bytes) -> bool:
    pairs = content.count(b"\r\n")
    return content.count(b"\n") != pairs or content.count(b"\r") != pairs


def with_normal_newlines(content: bytes) -> bytes:
    """Every CR, LF and CRLF as CRLF: a bare one is the tool of smuggling, and a line end to whoever sends it in earnest."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")

"""A mailbox over IMAP (RFC 9051), as far as fetching mail needs it. Blocking: for a thread.

The standard library's client, which has what is needed. What it lacks is made up for here: it quotes no names, takes
whatever size a server announces, and raises three unrelated kinds of errors.
"""

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.mail.mail_settings import ImapSection
from core.text import clean_line

# Seconds to wait for a connection, and for each answer.
CONNECTING, ANSWER = 10.0, 30.0
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})")
_BODY = re.compile(rb"BODY\[(?:HEADER)?\](?: \{\d+\})?$", re.IGNORECASE)


class Away(Exception):
    """The mailbox cannot be used now; `reason` in words, `advice` where the operator can do something."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice


class Unfetched(Exception):
    """This one mail cannot be had. The mailbox itself is well."""


class Line:
    """A connection to a mailbox; `enter` before anything else."""

    def __init__(self, imap: imaplib.IMAP4, settings: ImapSection) -> None:
        self._imap = imap
        self._settings = settings
        self._can: frozenset[str] = frozenset()
        # Which numbering of the mails holds (UIDVALIDITY).
        self.numbering = ""

    def enter(self) -> None:
        """Sign in and open the mailbox. Raises Away."""
        _sign_in(self._imap, self._settings)
        _select(self._imap, self._settings)
        self.numbering = _said(self._imap.untagged_responses.get("UIDVALIDITY", []))
        # Some servers say only now all that they can.
        with _as_away():
            _, found = self._imap.capability()
        self._can = frozenset(_said(found).upper().split())
        self._imap.sock.settimeout(ANSWER)

    def waiting(self) -> list[int]:
        """The UIDs of what nobody has read or deleted, the oldest first. Raises Away."""
        try:
            found = self._done("SEARCH", "UNSEEN UNDELETED")
        except Unfetched as error:
            raise Away(f"the mailbox cannot be searched ({error})", "ask whoever runs the mail server") from None
        return sorted(int(uid) for part in found if isinstance(part, bytes) for uid in part.split())

    def size(self, uid: int) -> int | None:
        """In bytes; None: it is not there any more."""
        found = b" ".join(part for part in self._done("FETCH", str(uid), "(RFC822.SIZE)") if isinstance(part, bytes))
        match = _SIZE.search(found)
        return int(match[1]) if match else None

    def whole(self, uid: int) -> bytes:
        return self._literal(uid, "(BODY.PEEK[])")

    def header(self, uid: int) -> bytes:
        return self._literal(uid, "(BODY.PEEK[HEADER])")

    def mark_seen(self, uid: int) -> None:
        self._done("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def set_aside(self, uid: int) -> None:
        """Read, and flagged for whoever looks into the mailbox: the desk has not got it, and will not ask again."""
        self._done("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Flagged)")

    def put_away(self, uid: int) -> None:
        """Do with a mail that the desk has what the operator wants done."""
        _AFTER[self._settings.after](self, uid)

    def close(self) -> None:
        """Say goodbye. What is marked as deleted stays, also what others have marked (no CLOSE, no EXPUNGE)."""
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()
        _hang_up(self._imap)

    def break_off(self) -> None:
        """From another thread: whoever waits for an answer waits no longer."""
        with contextlib.suppress(OSError):
            self._imap.sock.shutdown(socket.SHUT_RDWR)

    def _delete(self, uid: int) -> None:
        self._done("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)")
        # EXPUNGE without UIDs would remove what somebody else has marked as well.
        if "UIDPLUS" in self._can:
            self._done("EXPUNGE", str(uid))

    def _move(self, uid: int) -> None:
        folder = _quoted(self._settings.move_to)
        self.mark_seen(uid)
        if "MOVE" in self._can:
            self._done("MOVE", str(uid), folder)
        else:
            self._done("COPY", str(uid), folder)
            self._delete(uid)

    def _literal(self, uid: int, what: str) -> bytes:
        for part in self._done("FETCH", str(uid), what):
            if isinstance(part, tuple) and _BODY.search(part[0]):
                return bytes(part[1])
        raise Unfetched("the server did not send it")

    def _done(self, command: str, *words: str) -> list[object]:
        with _as_away():
            try:
                answer, found = self._imap.uid(command, *words)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as error:
                raise Unfetched(_said(error)) from None
        if answer != "OK":
            raise Unfetched(_said(found))
        return list(found)


_AFTER: dict[str, Callable[[Line, int], None]] = {"seen": Line.mark_seen, "delete": Line._delete, "move": Line._move}


def connected(settings: ImapSection) -> Line:
    """A line on which nothing has been said yet. Raises Away."""
    with _as_away():
        return Line(_connected(settings), settings)


def _connected(settings: ImapSection) -> imaplib.IMAP4:
    # Verified, always: the password of the mailbox goes over this line.
    context = ssl.create_default_context()
    if settings.tls == "implicit":
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            settings.host, settings.port_or_default, ssl_context=context, timeout=CONNECTING
        )
    else:
        imap = imaplib.IMAP4(settings.host, settings.port_or_default, timeout=CONNECTING)
    if settings.tls == "starttls":
        try:
            imap.starttls(context)
        except BaseException:
            _hang_up(imap)
            raise
    return imap


def _hang_up(imap: imaplib.IMAP4) -> None:
    # What `logout` leaves open when it finds the line broken.
    with contextlib.suppress(OSError):
        imap.shutdown()


def _sign_in(imap: imaplib.IMAP4, settings: ImapSection) -> None:
    with _as_away():
        try:
            imap.login(_quoted(settings.user), settings.password.get_secret_value())
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            said = _said(error).replace(settings.password.get_secret_value(), "…")
            raise Away(f"the sign-in is refused ({said})", "correct imap.user and imap.password") from None


def _select(imap: imaplib.IMAP4, settings: ImapSection) -> None:
    advice = "correct imap.mailbox, and let imap.user change what is in it"
    with _as_away():
        try:
            answer, found = imap.select(_quoted(settings.mailbox))
        except imaplib.IMAP4.readonly:
            answer, found = "NO", [b"it is read-only"]
    if answer != "OK" or imap.is_readonly:
        raise Away(f"the mailbox {settings.mailbox} cannot be used ({_said(found)})", advice)


@contextmanager
def _as_away() -> Iterator[None]:
    """A broken line, in one kind of error."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError, EOFError) as error:  # ssl.SSLError is an OSError
        advice = "check imap.host, imap.port, imap.tls and the firewall"
        raise Away(_said(error), advice) from error


def _quoted(name: str) -> str:
    """RFC 9051, 4.3; the settings let no line break and nothing outside ASCII through."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(what: object) -> str:
    parts = what if isinstance(what, list) else [what]
    words = " ".join(part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in parts)
    return clean_line(words, most=300) or type(what).__name__

"""DKIM (RFC 6376): our mails signed by us, for those whose relay does not do it. An extra: dkimpy, loaded when it is used.

A mail goes out signed or not at all: where the key cannot be used, the desk does not start.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core import addresses
from core.config import Settings
from core.errors import Invalid, Problem

# What a reader goes by (RFC 6376, 5.4.1). One that is not there is signed as missing, so that nobody can add it.
_SIGNED = (
    b"from", b"to", b"cc", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"reply-to",
    b"mime-version", b"content-type", b"content-transfer-encoding", b"auto-submitted", b"x-deskbell",
)  # fmt: skip
_SAMPLE = b"From: <%b>\r\nTo: <%b>\r\nSubject: sample\r\n\r\nsample\r\n"

Sign = Callable[[bytes], bytes]
# Asked for the name of a record, it answers its text; None: there is none.
Look = Callable[..., bytes | None]


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose signature it is: the key lies in the DNS at `selector._domainkey.domain`."""

    selector: str
    domain: str
    key: Path

    @property
    def record(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"


def identity(settings: Settings) -> Identity | None:
    """None: mails are not signed here."""
    mail = settings.mail
    if mail.dkim_key is None:
        return None
    return Identity(mail.dkim_selector, mail.dkim_domain or addresses.domain(settings.from_address), mail.dkim_key)


def signer(settings: Settings) -> Sign | None:
    """What puts a signature before a mail. Raises Invalid where the key cannot be used, with what to do."""
    found = identity(settings)
    if found is None:
        return None
    try:
        import dkim
    except ModuleNotFoundError:
        advice = "needs dkimpy: run `pip install 'deskbell[dkim]'`, or let your relay sign"
        raise Invalid([Problem("mail.dkim_key", advice)]) from None
    selector, domain, key = found.selector.encode(), _in_ascii(found.domain), _read(found.key)

    def sign(mail: bytes) -> bytes:
        # The body "simple": what stands between us and the relay changes no white space, and a large one takes its time.
        return bytes(dkim.sign(mail, selector, domain, key, include_headers=_SIGNED)) + mail

    try:
        sign(_sample(settings))
    except Exception as error:  # of a dozen kinds, none of which the library documents
        said = f"cannot be used ({error or type(error).__name__}): it must be an RSA key in PEM, without a password"
        raise Invalid([Problem("mail.dkim_key", f"{found.key} {said}")]) from None
    return sign


def published(settings: Settings, look: Look | None = None) -> bool:
    """Whether the DNS has the key that belongs to ours. Blocking. Raises OSError where it cannot be asked."""
    import dkim

    sign = signer(settings)
    if sign is None:
        return False
    asked = {"dnsfunc": look} if look else {}
    # It logs what is wrong with every signature it meets.
    silent = logging.getLogger("deskbell.dkim")
    silent.setLevel(logging.CRITICAL)
    try:
        return bool(dkim.verify(sign(_sample(settings)), logger=silent, **asked))
    except dkim.DnsTimeoutError as error:
        raise OSError(str(error)) from error
    except dkim.DKIMException:
        return False


def _sample(settings: Settings) -> bytes:
    address = settings.from_address.encode("ascii", "replace")
    return _SAMPLE % (address, address)


def _in_ascii(domain: str) -> bytes:
    try:
        return domain.encode("idna")
    except UnicodeError:
        raise Invalid([Problem("mail.dkim_domain", f"{domain} cannot be written in ASCII")]) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"{path} cannot be read ({error.strerror}): check the path, and that this user may read it"
        raise Invalid([Problem("mail.dkim_key", problem)]) from None

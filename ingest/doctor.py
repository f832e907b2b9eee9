"""What is wrong at the edges: certificate, ports, relay, and accounts of the demo where strangers can reach them."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException

from core import addresses
from core.accounts import passwords, users
from core.config import Settings
from core.desk import utc_now
from core.errors import Invalid
from core.mail.mail_settings import ImapSection
from core.running.doctor import UNUSABLE, database_file, is_there
from core.running.doubts import is_loopback
from core.running.findings import Finding, Level
from core.storage import database, schema
from core.text import clean_line
from ingest import demo, letter_templates, signing
from ingest.relay import Relay
from ingest.smtp import LOOPBACK

SECONDS = 5
EXPIRES_SOON = timedelta(days=14)
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which `ssl` has no name for: how old it is, we want to say ourselves.
_ANY_TIME = 0x200000
_UNREACHED = (SMTPException, OSError, TimeoutError)


async def examine(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> list[Finding]:
    """All findings, also those that all is well. Connects to the relay, and signs in there."""
    found = [finding async for finding in _ports(settings)]
    if settings.smtp.tls_cert and settings.smtp.tls_key:
        found.append(certificate(settings.smtp.tls_cert, settings.smtp.tls_key, clock()))
    found.append(await _relay(settings))
    if settings.imap.host:
        found.append(await asyncio.to_thread(_mailbox, settings.imap))
    found += _templates(settings)
    found += await asyncio.to_thread(signature, settings)
    found += await _demo_accounts(settings)
    return found


async def _ports(settings: Settings) -> AsyncIterator[Finding]:
    api, smtp = settings.api, settings.smtp
    yield await _port("api.port", api.host, api.port, _GREETINGS["api"])
    if smtp.enabled:
        yield await _port("smtp.port", smtp.host, smtp.port, _GREETINGS["smtp"])
    if smtp.lmtp_port is not None:
        yield await _port("smtp.lmtp_port", LOOPBACK, smtp.lmtp_port, _GREETINGS["lmtp"])
    if smtp.lmtp_socket and not os.access(smtp.lmtp_socket.parent, os.W_OK | os.X_OK):
        what = f"no socket can be made in {smtp.lmtp_socket.parent}"
        yield Finding(Level.FAULT, what, "make the folder, owned by this user and the group of your mail server")


# What to say to a port in use, and what of the answer shows that it is Deskbell. SMTP servers speak first.
_GREETINGS = {
    "api": (b"GET /health HTTP/1.1\r\nHost: doctor\r\nConnection: close\r\n\r\n", b'{"status":"ok"}'),
    "smtp": (b"", b"ESMTP Deskbell"),
    "lmtp": (b"", b" LMTP Deskbell"),
}


async def _port(key: str, host: str, port: int, greeting: tuple[bytes, bytes]) -> Finding:
    where = f"{key.partition('.')[0]}: {host}:{port}"
    fault = await asyncio.to_thread(_listen_fault, host, port)
    if fault is None:
        return Finding(Level.OK, f"{where} is free")
    if fault.errno == errno.EADDRINUSE:
        if await _is_deskbell(host, port, greeting):
            return Finding(Level.OK, f"{where} is served by Deskbell already")
        advice = f"stop what listens there (`ss -ltnp`), or set {key} to another"
        return Finding(Level.FAULT, f"{where} is taken by another program", advice)
    advice = _PORT_ADVICE.get(fault.errno or 0, "set {1}.host to an address of this machine")
    return Finding(
        Level.FAULT, f"{where} cannot be listened on ({fault.strerror})", advice.format(key, key.partition(".")[0])
    )


_PORT_ADVICE = {
    errno.EACCES: "below 1024 a port needs the capability CAP_NET_BIND_SERVICE (docs/operations.md), or set {0}",
}


def _listen_fault(host: str, port: int) -> OSError | None:
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as listener:
                # As the servers do: a port is free although old connections of it linger.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(address)
    except OSError as error:  # a name that cannot be looked up is one
        return error
    return None


async def _is_deskbell(host: str, port: int, greeting: tuple[bytes, bytes]) -> bool:
    said, expected = greeting
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(_EVERYWHERE.get(host, host), port)
            try:
                writer.write(said)
                # Both answers come in one piece, and are small; a stranger's may be anything.
                return expected in await reader.readuntil(expected)
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return False


# Where to knock when something listens on all addresses.
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def certificate(cert: Path, key: Path, now: datetime) -> Finding:
    """Whether the pair can be used, and for how long. Blocking, but for files and a handshake in memory only."""
    try:
        left = _end_of(cert, key) - now
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return Finding(
            Level.FAULT,
            f"{cert} cannot be used together with {key}: {error}",
            "both must be readable for this user, PEM, unencrypted, and belong together; the own certificate comes first",
        )
    renew = "renew it, then restart Deskbell (docs/operations.md)"
    if left <= timedelta():
        return Finding(Level.FAULT, f"the certificate {cert} expired {-left.days} days ago", renew)
    if left < EXPIRES_SOON:
        return Finding(Level.WARNING, f"the certificate {cert} expires in {left.days} days", renew)
    if key.stat().st_mode & 0o007:
        return Finding(Level.WARNING, f"everybody on this machine can read {key}", f"run `chmod o-rwx {key}`")
    return Finding(Level.OK, f"the certificate {cert} is good for {left.days} days")


def _end_of(cert: Path, key: Path) -> datetime:
    """The standard library reads a certificate's dates in a handshake alone, so one takes place, in memory."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    # It vouches for itself here: who signed it is the senders' question.
    asking.load_verify_locations(cafile=cert)
    asking.verify_flags = ssl.VerifyFlags(ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _ANY_TIME)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = asking.wrap_bio(back, there), serving.wrap_bio(there, back, server_side=True)
    for _ in range(3):
        for end in ends:
            _shake(end)
    shown = (ends[0].getpeercert() or {}).get("notAfter", "")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown)), UTC)


def _shake(end: ssl.SSLObject) -> None:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return


def _mailbox(settings: ImapSection) -> Finding:
    from ingest import imap_line

    where = f"the mailbox {settings.mailbox} at {settings.host}:{settings.port_or_default}"
    try:
        line = imap_line.connected(settings)
        try:
            line.enter()
            waiting = line.waiting()
        finally:
            line.close()
    except imap_line.Away as away:
        return Finding(Level.FAULT, f"{where} cannot be used: {away.reason}", away.advice)
    return Finding(Level.OK, f"{where} is open to us, {len(waiting)} unread")


def signature(settings: Settings, look: signing.Look | None = None) -> list[Finding]:
    """Whether mails can be signed, and others can tell that the signature is ours. Blocking: it asks the DNS."""
    ours = signing.identity(settings)
    if ours is None:
        return []
    record = f"the DNS record {ours.record}"
    try:
        there = signing.published(settings, look)
    except ModuleNotFoundError:
        advice = "run `pip install 'deskbell[dkim]'`, or let your relay sign"
        return [Finding(Level.FAULT, "mails cannot be signed: dkimpy is not installed", advice)]
    except Invalid as error:
        return [Finding(Level.FAULT, f"mail.dkim_key {error.problems[0].message}", "until then nothing is sent")]
    except OSError as error:
        return [Finding(Level.WARNING, f"{record} cannot be looked up ({_said(error)})", "check the name servers")]
    found = []
    if not there:
        advice = (
            "publish the public key there (docs/operations.md): until then every signature of ours counts as forged"
        )
        found.append(Finding(Level.FAULT, f"{record} does not have the key that belongs to {ours.key}", advice))
    if ours.key.stat().st_mode & 0o077:
        found.append(Finding(Level.WARNING, f"others can read {ours.key}", f"run `chmod 600 {ours.key}`"))
    host = addresses.domain(settings.from_address)
    if not f".{host}".endswith(f".{ours.domain}"):
        what = f"mails from {host} are signed for {ours.domain}, which is not above it"
        found.append(Finding(Level.WARNING, what, "set mail.dkim_domain to it, or DMARC will not count the signature"))
    return found or [Finding(Level.OK, f"mails are signed, and {record} proves it")]


def _templates(settings: Settings) -> list[Finding]:
    return [
        Finding(Level.FAULT, f"{problem.field} {problem.message}", "correct it; until then our own text is used")
        for problem in letter_templates.problems(settings)
    ]


async def _relay(settings: Settings) -> Finding:
    url = settings.mail.relay.get_secret_value()
    if not url:
        folder = settings.desk.data_dir / "outbox"
        return Finding(
            Level.WARNING, f"no mail leaves: answers are written to {folder}", "set mail.relay to your mail server"
        )
    try:
        relay = Relay.parse(url, hostname=settings.smtp.hostname)
    except Invalid as error:
        return Finding(Level.FAULT, f"mail.relay {error.problems[0].message}", "correct it")
    where = f"the relay {relay.host}:{relay.port}"
    try:
        return await _visited(relay, where)
    except SMTPAuthenticationError as error:
        return Finding(
            Level.FAULT, f"{where} refuses our sign-in ({_said(error)})", "correct user and password in mail.relay"
        )
    except _UNREACHED as error:
        advice = "check host, port and firewall; smtps:// is TLS from the first byte (465), smtp:// is not (587, 25)"
        return Finding(Level.FAULT, f"{where} cannot be used ({_said(error)})", advice)


async def _visited(relay: Relay, where: str) -> Finding:
    line = SMTP(
        hostname=relay.host,
        port=relay.port,
        use_tls=relay.wrapped,
        start_tls=False,
        tls_context=relay.tls,
        local_hostname=relay.hostname,
        timeout=SECONDS,
    )
    try:
        await line.connect()
        await line.ehlo()
        if not relay.user:
            return Finding(Level.OK, f"{where} answers")
        if not relay.wrapped:
            if not line.supports_extension("starttls"):
                advice = "use smtps:// (465), or its submission port (587): a password goes over TLS or not at all"
                return Finding(Level.FAULT, f"{where} offers no STARTTLS to protect the password", advice)
            await line.starttls()
        await line.login(relay.user, relay.password)
        return Finding(Level.OK, f"{where} answers and knows us")
    finally:
        line.close()


def _said(error: Exception) -> str:
    return clean_line(str(error), most=200) or type(error).__name__


async def _demo_accounts(settings: Settings) -> list[Finding]:
    file = database_file(settings)
    if is_loopback(settings.api.host) or (file and not is_there(file)):
        return []
    try:
        stored = await _stored_passwords(settings)
    except UNUSABLE:
        # `core.running.doctor` says what is wrong with the database.
        return []
    return [
        Finding(
            Level.FAULT,
            f"{account.username} has the password of the demo, which everybody knows, and strangers can reach the API",
            f"run `deskbell user passwd {account.username}`, or `deskbell user disable {account.username}`",
        )
        for account, password_hash in stored
        if await passwords.matches(account.password, password_hash)
    ]


async def _stored_passwords(settings: Settings) -> list[tuple[demo.Account, str]]:
    """For each account of the demo that is there and can sign in, the hash of its password."""
    async with database.connected(settings.database_url) as base:
        if await schema.version(base) != schema.HEAD:
            return []
        async with base.reading() as connection:
            found = [(account, await users.password_hash(connection, account.username)) for account in demo.ACCOUNTS]
    return [(account, known[1]) for account, known in found if known]

"""STARTTLS with a certificate of our own making."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from core.errors import Invalid
from ingest.smtp_limits import Limits
from tests.ingest.smtp_client import A_MAIL, Client, Door, a_door, strangers


@pytest.fixture
async def door(certificate: Path) -> AsyncIterator[Door]:
    async with a_door(strangers(tls_cert=certificate / "cert.pem", tls_key=certificate / "key.pem")) as door:
        yield door


async def test_a_mail_over_tls_is_received_and_marked_as_such(door: Door, certificate: Path) -> None:
    client = await door.greeted()
    await secure(client, certificate)
    offer = await client.say("EHLO client.example")

    replies = [await client.mail(A_MAIL * 50_000), await client.mail(), await client.say("QUIT")]

    assert replies == ["250 2.0.0 Ticket 1 opened", "250 2.0.0 Ticket 2 opened", "221 2.0.0 Bye"]
    assert [mail.envelope["tls"] for mail in door.mails] == [True, True]
    assert door.mails[0].raw == A_MAIL * 50_000
    assert "STARTTLS" not in offer
    assert "AUTH" not in offer


async def test_what_was_said_before_tls_is_forgotten(door: Door, certificate: Path) -> None:
    client = await door.greeted()
    await client.say("MAIL FROM:<ann@example.net>")

    await secure(client, certificate)

    assert (await client.say("RCPT TO:<support@example.com>")).startswith("503 ")
    assert (await client.say("MAIL FROM:<ann@example.net>")).startswith("503 ")


async def test_commands_injected_before_the_handshake_are_never_run(door: Door, certificate: Path) -> None:
    client = await door.greeted()

    await secure(client, certificate, inject=b"EHLO evil.example\r\nMAIL FROM:<evil@example.net>\r\n")

    assert (await client.say("RCPT TO:<support@example.com>")).startswith("503 5.5.1 Please send MAIL")
    assert await client.say("NOOP") == "250 2.0.0 OK"


async def test_there_is_one_tls_in_a_session(door: Door, certificate: Path) -> None:
    client = await door.greeted()
    await secure(client, certificate)

    assert await client.say("STARTTLS") == "503 5.5.1 TLS is on already"
    assert await client.say("NOOP") == "250 2.0.0 OK"


async def test_the_end_of_a_session_is_the_end_of_its_tls(door: Door, certificate: Path) -> None:
    def talk() -> bytes:
        context = ssl.create_default_context(cafile=certificate / "cert.pem")
        with socket.create_connection(("127.0.0.1", door.room.port), timeout=10) as plain:
            plain.recv(1000)
            plain.sendall(b"STARTTLS\r\n")
            plain.recv(1000)
            # An end without a goodbye could be anybody's: where it is not suppressed it raises.
            with context.wrap_socket(plain, server_hostname="mx.example.com", suppress_ragged_eofs=False) as secure:
                secure.sendall(b"QUIT\r\n")
                return secure.recv(1000) + secure.recv(1000)

    assert await asyncio.to_thread(talk) == b"221 2.0.0 Bye\r\n"


async def test_a_client_that_leaves_without_a_word_frees_its_place(
    door: Door, certificate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = await door.greeted()
    await secure(client, certificate)

    client.writer.close()

    await door.until(lambda: door.room.counts.open == 0)
    assert caplog.records == []


async def test_a_broken_handshake_frees_its_place_and_is_no_error_of_ours(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    client = await door.greeted(address="127.0.0.2")
    await client.say("STARTTLS")

    await client.send(b"this is no ClientHello\r\n" * 9)

    await door.until(lambda: door.room.counts.open == 0)
    assert caplog.records == []


@pytest.mark.parametrize(
    "leave", [Client.abort, lambda client: client.writer.close(), lambda client: client.writer.write_eof()]
)
async def test_a_client_that_leaves_during_the_handshake_frees_its_place(
    door: Door, leave: Callable[[Client], None]
) -> None:
    client = await door.greeted(address="127.0.0.2")
    await client.say("STARTTLS")

    leave(client)

    await door.until(lambda: door.room.counts.open == 0)


async def test_a_handshake_that_never_comes_is_cut(certificate: Path) -> None:
    settings = strangers(tls_cert=certificate / "cert.pem", tls_key=certificate / "key.pem")
    async with a_door(settings, limits=Limits(idle=0.05)) as door:
        client = await door.greeted(address="127.0.0.2")
        await client.say("STARTTLS")

        assert "" in [await client.reply(), await client.reply()]
        await door.until(lambda: door.room.counts.open == 0)


async def test_where_tls_is_required_nothing_is_taken_without(certificate: Path) -> None:
    settings = strangers(tls_cert=certificate / "cert.pem", tls_key=certificate / "key.pem", require_tls=True)
    async with a_door(settings) as door:
        client = await door.greeted()

        refused = await client.say("MAIL FROM:<ann@example.net>")
        await secure(client, certificate)
        await client.say("EHLO client.example")
        taken = await client.mail()

    assert refused == "530 5.7.0 Please send STARTTLS first"
    assert taken == "250 2.0.0 Ticket 1 opened"


async def test_a_certificate_that_cannot_be_used_is_told_at_the_start(certificate: Path, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("no key")

    with pytest.raises(Invalid, match="tls_cert"):
        async with a_door(strangers(tls_cert=certificate / "cert.pem", tls_key=tmp_path / "key.pem")):
            pass


async def secure(client: Client, certificate: Path, *, inject: bytes = b"") -> None:
    context = ssl.create_default_context(cafile=certificate / "cert.pem")
    await client.send(b"STARTTLS\r\n" + inject)
    assert await client.reply() == "220 Ready to start TLS"
    await client.writer.start_tls(context, server_hostname="mx.example.com")

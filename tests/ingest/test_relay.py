"""Handing mails over: to a relay on a real socket that behaves as told, and to a folder."""

import errno
import ssl
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from core import outbox
from core.errors import Invalid
from core.outbox import Failed, Result, Sent, TryAgain
from ingest.mail_out import Mail
from ingest.relay import Away, Folder, Patience, Relay, chosen
from tests.builders import settings
from tests.relay_server import Arrived, Behaviour, BreaksOff, Hangs, RelayServer, Says, a_relay
from tests.synced import Syncs

IMPATIENT = Patience(opening=5, answer=0.2, writing=0.2, final=0.2, round=5)
PATIENT = Patience(opening=5, answer=5, writing=5, final=5, round=5)


def a_letter(text: bytes = b"hello", rcpt: str = "ann@customer.test", mail_from: str = "support@desk.test") -> Mail:
    delivery_id = uuid4()
    data = b"Message-ID: <%s@desk.test>\r\n\r\n%s\r\n" % (delivery_id.hex.encode(), text)
    return Mail(delivery_id, 42, mail_from, rcpt, data)


def relay_at(server: RelayServer, patience: Patience = PATIENT) -> Relay:
    return Relay.parse(server.url, patience=patience)


def named(result: Result) -> str:
    return type(result).__name__


@pytest.fixture
async def server() -> AsyncIterator[RelayServer]:
    async with a_relay() as running:
        yield running


async def test_a_mail_that_the_relay_takes_is_sent(server: RelayServer) -> None:
    mail = a_letter(b"one\r\n.\r\n..two\r\n.three")

    [result] = await relay_at(server).send([mail])

    assert result == Sent(mail.delivery_id)
    assert server.arrived == [
        Arrived("MAIL FROM:<support@desk.test>", "ann@customer.test", mail.data, secure=False, signed_in="")
    ]


async def test_automatic_mail_has_an_empty_sender(server: RelayServer) -> None:
    await relay_at(server).send([a_letter(mail_from="")])

    assert server.arrived[0].mail_from == "MAIL FROM:<>"


async def test_a_few_mails_share_one_connection(server: RelayServer) -> None:
    mails = [a_letter() for _ in range(4)]

    results = await relay_at(server).send(mails)

    assert results == [Sent(mail.delivery_id) for mail in mails]
    assert (server.connections, server.commands["QUIT"]) == (1, 1)


async def test_a_full_round_goes_over_four_connections_at_most(server: RelayServer) -> None:
    mails = [a_letter() for _ in range(20)]

    results = await relay_at(server).send(mails)

    assert {result.delivery_id for result in results} == {mail.delivery_id for mail in mails}
    assert all(isinstance(result, Sent) for result in results)
    assert len(server.arrived) == 20
    assert server.most_at_once <= server.connections <= 4


REFUSALS: list[tuple[Behaviour, str, str]] = [
    (Says("MAIL", "550 5.7.1 not from you"), "Failed", "refused the sender: 550 5.7.1 not from you"),
    (Says("RCPT", "550 5.1.1 no such user"), "Failed", "refused the recipient: 550 5.1.1 no such user"),
    (Says("DATA", "554 no"), "Failed", "refused the mail: 554 no"),
    (Says("DOT", "552 5.3.4 too big"), "Failed", "refused the mail: 552 5.3.4 too big"),
    (Says("RCPT", "450 4.2.0 greylisted"), "TryAgain", "does not take the recipient now: 450 4.2.0 greylisted"),
    (Says("DOT", "451 4.3.0 disk full"), "TryAgain", "does not take the mail now: 451 4.3.0 disk full"),
    (Says("MAIL", "530 5.7.0 sign in first"), "TryAgain", "does not take the sender now: 530"),
    (Says("MAIL", "421 closing"), "TryAgain", "does not take the sender now: 421 closing"),
    (Says("DATA", "250 what?"), "TryAgain", "does not take the mail now: 250"),
    (Says("MAIL", "gibberish"), "TryAgain", "went away: "),
    (Hangs("MAIL"), "TryAgain", "went away: Timed out"),
    (Hangs("RCPT"), "TryAgain", "went away: Timed out"),
    (Hangs("DATA"), "TryAgain", "went away: Timed out"),
    (BreaksOff("RCPT"), "TryAgain", "went away: "),
    (BreaksOff("DATA"), "TryAgain", "went away: "),
    (Hangs("DOT"), "Unknown", "took the mail and did not answer (Timed out"),
    (BreaksOff("DOT"), "Unknown", "took the mail and did not answer ("),
    (Says("DOT", "gibberish"), "Unknown", "took the mail and did not answer (Malformed"),
    (Says("DOT", "354 go on"), "Unknown", "makes no sense (354 go on)"),
]


@pytest.mark.parametrize(("behaviour", "outcome", "reason"), REFUSALS, ids=[repr(one[0]) for one in REFUSALS])
async def test_what_the_relay_does_decides_what_becomes_of_the_mail_and_of_no_other(
    server: RelayServer, behaviour: Behaviour, outcome: str, reason: str
) -> None:
    server.once = [behaviour]
    first, second = a_letter(), a_letter()

    results = await relay_at(server, IMPATIENT).send([first, second])

    told, after = results
    assert (named(told), told.delivery_id) == (outcome, first.delivery_id)
    assert not isinstance(told, Sent)
    assert reason in told.reason
    assert getattr(told, "dead", False) == ("recipient: 550 5.1.1" in reason)
    assert after == Sent(second.delivery_id)


async def test_after_a_refusal_the_connection_serves_the_next_mail(server: RelayServer) -> None:
    server.once = [Says("RCPT", "550 no such user"), Says("DOT", "451 later")]

    await relay_at(server).send([a_letter(), a_letter(), a_letter()])

    assert (server.connections, server.commands["RSET"], len(server.arrived)) == (1, 2, 1)


async def test_a_connection_that_breaks_in_the_middle_of_the_text_has_delivered_nothing(server: RelayServer) -> None:
    server.always = BreaksOff("TEXT")
    large = a_letter(b"x" * 70 + b"\r\n" + (b"y" * 998 + b"\r\n") * 20_000)

    [result] = await relay_at(server).send([large])

    assert isinstance(result, TryAgain)
    assert server.arrived == []


async def test_a_large_mail_arrives_whole(server: RelayServer) -> None:
    large = a_letter((b"." * 998 + b"\r\n") * 5_000)

    [result] = await relay_at(server).send([large])

    assert result == Sent(large.delivery_id)
    assert server.arrived[0].data == large.data


async def test_a_relay_that_is_down_is_asked_once_and_not_for_every_mail(server: RelayServer) -> None:
    await server.down()

    with pytest.raises(Away, match=f"the relay localhost:{server.port} cannot be used: .*"):
        await relay_at(server).send([a_letter() for _ in range(20)])


@pytest.mark.parametrize(
    "behaviour",
    [Says("CONNECT", "421 too busy"), Says("CONNECT", "554 go away"), Hangs("CONNECT"), BreaksOff("CONNECT")],
    ids=repr,
)
async def test_a_relay_that_does_not_greet_is_away(server: RelayServer, behaviour: Behaviour) -> None:
    server.always = behaviour

    with pytest.raises(Away):
        await relay_at(server, IMPATIENT).send([a_letter() for _ in range(20)])

    assert server.connections == 1


async def test_a_relay_that_goes_away_in_a_round_keeps_what_it_took(server: RelayServer) -> None:
    server.once = [Says("CONNECT", "220 welcome"), Says("CONNECT", "421 no more")]
    first, lost, never = a_letter(), a_letter(rcpt="lost@customer.test"), a_letter()
    server.to = {"lost@customer.test": BreaksOff("DATA")}

    results = await relay_at(server).send([first, lost, never])

    assert results[0] == Sent(first.delivery_id)
    assert [named(result) for result in results[1:]] == ["TryAgain", "TryAgain"]
    assert len(server.arrived) == 1


async def test_a_relay_that_allows_one_connection_gets_all_mails_over_it(server: RelayServer) -> None:
    server.once = [Says("CONNECT", "220 welcome"), *[Says("CONNECT", "421 one is enough")] * 3]
    mails = [a_letter() for _ in range(20)]

    results = await relay_at(server).send(mails)

    assert all(isinstance(result, Sent) for result in results)
    assert len(results) == len(server.arrived) == 20


async def test_a_round_begins_no_mail_after_its_time(server: RelayServer) -> None:
    mails = [a_letter() for _ in range(3)]

    results = await relay_at(server, replace(PATIENT, round=0)).send(mails)

    assert [named(result) for result in results] == ["TryAgain"] * 3
    assert server.arrived == []


def test_a_round_ends_before_its_leases() -> None:
    assert Patience().at_most < outbox.LEASE.total_seconds() - 60


async def test_international_addresses_need_a_relay_that_takes_them() -> None:
    mail = a_letter(rcpt="zoë@customer.test")
    async with a_relay() as plain, a_relay(extensions=("SMTPUTF8", "8BITMIME")) as modern:
        [refused] = await relay_at(plain).send([mail])
        [sent] = await relay_at(modern).send([mail])

    assert isinstance(refused, Failed)
    assert "SMTPUTF8" in refused.reason
    assert isinstance(sent, Sent)
    assert modern.arrived[0].rcpt == "zoë@customer.test"


@pytest.fixture
async def secure_server(certificate: Path) -> AsyncIterator[RelayServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    async with a_relay(tls=context, password="p@ss/word") as running:
        yield running


def signing_in(server: RelayServer, password: str = "p%40ss%2Fword") -> Relay:
    return Relay.parse(f"smtp://desk:{password}@localhost:{server.port}", patience=PATIENT)


async def test_a_password_is_never_sent_without_tls() -> None:
    async with a_relay(password="secret") as server:
        with pytest.raises(Away, match="STARTTLS"):
            await Relay.parse(f"smtp://desk:secret@localhost:{server.port}").send([a_letter()])

    assert server.commands["AUTH"] == 0


async def test_a_password_is_never_sent_to_a_relay_that_nobody_vouches_for(secure_server: RelayServer) -> None:
    with pytest.raises(Away, match="certificate verify failed"):
        await signing_in(secure_server).send([a_letter()])

    assert secure_server.commands["AUTH"] == 0


async def test_a_password_is_used_over_tls(
    secure_server: RelayServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    large = a_letter((b"x" * 998 + b"\r\n") * 3_000)

    results = await signing_in(secure_server).send([a_letter(), large])

    assert [named(result) for result in results] == ["Sent", "Sent"]
    assert {(mail.secure, mail.signed_in) for mail in secure_server.arrived} == {(True, "desk")}
    assert secure_server.arrived[1].data == large.data


async def test_a_wrong_password_is_the_operators_fault_and_fails_no_mail(
    secure_server: RelayServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))

    with pytest.raises(Away, match="535"):
        await signing_in(secure_server, "wrong").send([a_letter()])


async def test_without_a_password_tls_is_taken_when_offered_whoever_signed_it(secure_server: RelayServer) -> None:
    [result] = await relay_at(secure_server).send([a_letter()])

    assert isinstance(result, Sent)
    assert secure_server.arrived[0].secure


@pytest.mark.parametrize(
    ("url", "host", "port", "wrapped", "user", "password"),
    [
        ("smtp://mail.test", "mail.test", 25, False, "", ""),
        ("smtp://ann:x@mail.test", "mail.test", 587, False, "ann", "x"),
        ("smtps://ann%40a.test:p%3Aw@mail.test/", "mail.test", 465, True, "ann@a.test", "p:w"),
        ("smtp://[::1]:2525", "::1", 2525, False, "", ""),
    ],
)
def test_a_relay_is_named_by_a_url(url: str, host: str, port: int, wrapped: bool, user: str, password: str) -> None:
    relay = Relay.parse(url)

    assert (relay.host, relay.port, relay.wrapped, relay.user, relay.password) == (host, port, wrapped, user, password)


@pytest.mark.parametrize(
    "url", ["", "mail.test", "http://mail.test", "smtp://", "smtp://:25", "smtp://h:x", "smtp://h:99999", "smtp://:pw@h",
            "smtp://h/path", "smtp://h?x=1", "smtp://a..b", "smtp://[::1"],
)  # fmt: skip
def test_what_names_no_relay_is_told_at_the_start(url: str) -> None:
    with pytest.raises(Invalid, match=r"mail\.relay"):
        Relay.parse(url)


def test_a_password_is_not_shown() -> None:
    assert "hush" not in repr(Relay.parse("smtp://ann:hush@mail.test"))


def test_without_a_relay_mails_go_to_the_data_folder(tmp_path: Path) -> None:
    assert chosen(settings(tmp_path)) == Folder(tmp_path / "outbox")
    relay = chosen(settings(tmp_path, mail={"relay": "smtp://mail.test:2525"}, smtp={"hostname": "desk.test"}))
    assert isinstance(relay, Relay)
    assert (relay.host, relay.port, relay.hostname) == ("mail.test", 2525, "desk.test")


async def test_the_folder_keeps_each_mail_as_a_private_file(tmp_path: Path) -> None:
    mail = replace(a_letter(), delivery_id=UUID("0198f000-0000-7000-8000-a1b2c3d4e5f6"))

    [result] = await Folder(tmp_path / "outbox").send([mail])

    [file] = (tmp_path / "outbox").iterdir()
    assert result == Sent(mail.delivery_id)
    assert file.name == "42-a1b2c3d4e5f6.eml"
    assert file.read_bytes() == mail.data
    assert message_from_bytes(file.read_bytes()).keys() == ["Message-ID"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_mails_in_the_folder_are_on_the_disk_before_they_count_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)
    mails = [a_letter(b"mail %d" % number) for number in range(5)]

    results = await Folder(tmp_path / "outbox").send(mails)

    files = list((tmp_path / "outbox").iterdir())
    assert results == [Sent(mail.delivery_id) for mail in mails]
    assert sorted(file.read_bytes() for file in files) == sorted(mail.data for mail in mails)
    assert all(syncs.kept(file) and syncs.named(file, below=tmp_path / "outbox") for file in files)


async def test_a_mail_has_its_name_in_the_folder_only_when_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(Away, match="No space left"):
        await Folder(tmp_path / "outbox").send([a_letter(), a_letter()])

    # Nor does what has none take room on a disk that is full.
    assert list((tmp_path / "outbox").iterdir()) == []


async def test_a_file_system_that_takes_no_hints_keeps_mails_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("os.posix_fadvise", unknown, raising=False)

    await Folder(tmp_path / "outbox").send([mail := a_letter()])

    assert [file.read_bytes() for file in (tmp_path / "outbox").iterdir()] == [mail.data]


async def test_a_repeated_delivery_is_one_file(tmp_path: Path) -> None:
    folder, mail = Folder(tmp_path / "outbox"), a_letter()

    await folder.send([mail])
    await folder.send([replace(mail, data=b"Message-ID: <x@y>\r\n\r\nagain\r\n")])

    [file] = (tmp_path / "outbox").iterdir()
    assert file.read_bytes().endswith(b"again\r\n")


async def test_a_folder_that_cannot_be_written_to_is_away(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")

    with pytest.raises(Away, match="cannot be written to"):
        await Folder(tmp_path / "outbox").send([a_letter()])

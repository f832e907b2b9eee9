"""The doctor at the edges: ports, certificate, relay, and accounts of the demo."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import app as api_app
from core import desk as desks
from core.accounts import passwords, users
from core.accounts.users import NewUser
from core.config import Settings
from core.desk import Desk
from core.running.findings import Finding, Level
from core.vocabulary import Role
from ingest import doctor as edges
from ingest import smtp
from tests.builders import FAST_ROUNDS, NOON, Clock, settings
from tests.nobody import as_nobody
from tests.relay_server import RelayServer, a_relay

PUBLIC = "0.0.0.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as Deskbell makes it."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def told(findings: list[Finding], part: str) -> Finding:
    """The one finding that says `part`."""
    found = [finding for finding in findings if part in finding.what]
    assert len(found) == 1, [finding.what for finding in findings]
    return found[0]


def faults(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level is Level.FAULT]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where something listens that never says a word."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


async def looked_at(chosen: Settings, now: datetime = NOON) -> list[Finding]:
    return await edges.examine(chosen, clock=Clock(now))


async def test_free_ports_are_fine(folder: Path) -> None:
    found = await looked_at(settings(folder))

    assert faults(found) == []
    assert {told(found, f"{part}: 127.0.0.1").level for part in ("api", "smtp")} == {Level.OK}


async def test_a_port_of_another_program_is_a_fault(folder: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "SECONDS", 0.05)

    found = await looked_at(settings(folder, api={"port": taken}, smtp={"port": taken}))

    assert len(faults(found)) == 2
    assert told(found, "api: ").advice.endswith("set api.port to another")
    assert told(found, "smtp: ").advice.endswith("set smtp.port to another")


async def test_ports_that_deskbell_serves_are_fine(desk: Desk) -> None:
    chosen = desk.settings
    http = api_app.serving(api_app.build_app(desk), "127.0.0.1", 0, chosen)
    mail = smtp.serving(chosen.smtp, desk.receive, ours=chosen.our_addresses, clock=desk.clock)
    async with http as port, mail as mailroom:
        serving = settings(chosen.desk.data_dir, api={"port": port}, smtp={"port": mailroom.port})

        found = await looked_at(serving)

    assert told(found, f"api: 127.0.0.1:{port} is served by Deskbell already").level is Level.OK
    assert told(found, f"smtp: 127.0.0.1:{mailroom.port} is served by Deskbell already").level is Level.OK


async def test_the_doors_for_lmtp_are_looked_at_too(
    desk: Desk, folder: Path, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(folder, smtp={"enabled": False, "lmtp_port": 0})
    async with smtp.serving(chosen.smtp, desk.receive, ours=chosen.our_addresses, clock=desk.clock) as mailroom:
        port = mailroom.lmtp_port
        served = await looked_at(settings(folder, smtp={"lmtp_port": port, "lmtp_socket": folder / "here.sock"}))
        monkeypatch.setattr(edges, "SECONDS", 0.05)
        other = await looked_at(
            settings(folder, smtp={"lmtp_port": taken, "lmtp_socket": folder / "no" / "where.sock"})
        )

    assert told(served, f"smtp: 127.0.0.1:{port} is served by Deskbell already").level is Level.OK
    assert faults(served) == []
    assert told(other, f"smtp: 127.0.0.1:{taken} is taken").advice.endswith("set smtp.lmtp_port to another")
    assert told(other, "no socket can be made in").level is Level.FAULT


async def test_a_text_of_an_operators_own_that_is_wrong_is_a_fault(folder: Path) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "answer.txt").write_text("Hello {nmae}")

    found = faults(await looked_at(settings(folder)))

    assert len(found) == 2
    assert all("answer.txt" in str(one) for one in found)


async def test_a_folder_to_which_the_way_is_closed_is_no_fault_of_the_templates(folder: Path) -> None:
    folder.chmod(0o000)

    with as_nobody():
        found = await looked_at(settings(folder / "below"))
    folder.chmod(0o700)

    assert not [finding.what for finding in found if "template" in finding.what]


async def test_an_address_of_another_machine_is_a_fault(folder: Path) -> None:
    finding = told(await looked_at(settings(folder, smtp={"host": "192.0.2.1"})), "cannot be listened on")

    assert finding.advice == "set smtp.host to an address of this machine"


async def test_without_smtp_its_port_is_nobodys_business(folder: Path, taken: int) -> None:
    found = await looked_at(settings(folder, smtp={"enabled": False, "port": taken}))

    assert [finding.what for finding in found if finding.what.startswith("smtp")] == []


async def test_without_a_relay_answers_stay_here(folder: Path) -> None:
    assert told(await looked_at(settings(folder)), "no mail leaves").level is Level.WARNING


async def test_a_relay_that_answers_is_fine(folder: Path) -> None:
    async with a_relay() as relay:
        found = await looked_at(settings(folder, mail={"relay": relay.url}))

    assert told(found, f"the relay localhost:{relay.port} answers").level is Level.OK
    assert relay.arrived == []


async def test_a_relay_that_is_down_is_a_fault(folder: Path) -> None:
    finding = told(await looked_at(settings(folder, mail={"relay": "smtp://127.0.0.1:1"})), "cannot be used")

    assert (finding.level, "firewall" in finding.advice) == (Level.FAULT, True)


async def test_a_relay_that_never_answers_is_a_fault(folder: Path, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "SECONDS", 0.05)

    found = await looked_at(settings(folder, mail={"relay": f"smtp://127.0.0.1:{taken}"}))

    assert "cannot be used" in faults(found)[0]


async def test_a_password_without_tls_is_a_fault_and_never_sent(folder: Path) -> None:
    async with a_relay(password="hunter2") as relay:
        found = await looked_at(settings(folder, mail={"relay": f"smtp://desk:hunter2@localhost:{relay.port}"}))

    assert "offers no STARTTLS" in faults(found)[0]
    assert relay.commands["AUTH"] == 0
    assert "hunter2" not in str(found)


async def test_a_relay_address_that_is_none_is_a_fault(folder: Path) -> None:
    assert faults(await looked_at(settings(folder, mail={"relay": "smtp://host:port"})))[0].startswith("mail.relay ")


@pytest.fixture
async def secure_relay(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> RelayServer:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return RelayServer(tls=context, password="hunter2")


@pytest.mark.parametrize(
    ("password", "level", "part"), [("hunter2", Level.OK, "knows us"), ("wrong", Level.FAULT, "refuses our sign-in")]
)
async def test_a_sign_in_is_tried(
    password: str, level: Level, part: str, folder: Path, secure_relay: RelayServer
) -> None:
    await secure_relay.up()

    found = await looked_at(settings(folder, mail={"relay": f"smtp://desk:{password}@localhost:{secure_relay.port}"}))

    await secure_relay.down()
    assert told(found, part).level is level


@pytest.mark.parametrize(
    ("days", "level", "part"),
    [
        (0, Level.OK, "is good for 19 days"),
        (10, Level.WARNING, "expires in 9 days"),
        (22, Level.FAULT, "expired"),
    ],
)
async def test_a_certificate_is_watched(days: int, level: Level, part: str, folder: Path, certificate: Path) -> None:
    tls = {"tls_cert": certificate / "cert.pem", "tls_key": certificate / "key.pem"}

    found = await looked_at(settings(folder, smtp=dict(tls)), datetime.now(UTC) + timedelta(days=days))

    assert told(found, part).level is level


async def test_a_key_that_everybody_can_read_is_a_warning(folder: Path, certificate: Path, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    shutil.copy(certificate / "key.pem", key)
    key.chmod(0o644)

    found = await looked_at(settings(folder, smtp={"tls_cert": certificate / "cert.pem", "tls_key": key}))

    assert told(found, "can read").advice == f"run `chmod o-rwx {key}`"


async def test_a_certificate_without_its_key_is_a_fault(folder: Path, certificate: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(other)]
    await asyncio.to_thread(subprocess.run, make, check=True, capture_output=True)

    for key in (other, tmp_path / "missing.pem"):
        found = await looked_at(settings(folder, smtp={"tls_cert": certificate / "cert.pem", "tls_key": key}))
        assert "cannot be used together" in faults(found)[0]


@pytest.mark.parametrize(("host", "count"), [("127.0.0.1", 0), (PUBLIC, 1)])
async def test_passwords_of_the_demo_are_a_fault_where_strangers_come(host: str, count: int, tmp_path: Path) -> None:
    async with desks.opened(settings(tmp_path)) as desk, desk.writing() as connection:
        for name, password in (("carol", "carol123"), ("bob", "another password")):
            password_hash = await passwords.hashed(password, rounds=FAST_ROUNDS)
            await users.add(connection, NewUser(name, Role.ADMIN), password_hash, NOON)

    found = await looked_at(settings(tmp_path, api={"host": host}))

    assert len([what for what in faults(found) if what.startswith("carol has the password")]) == count
    assert not [what for what in faults(found) if what.startswith("bob")]

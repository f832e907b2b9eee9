"""The doctor: what it finds wrong, what it advises, and what `serve` must refuse."""

import asyncio
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import app as api_app
from core import desk as desks
from core import doctor, passwords, users
from core.config import Settings
from core.desk import Desk
from core.doctor import Finding, Level
from core.users import NewUser
from core.vocabulary import Role
from ingest import demo, smtp
from ingest import doctor as edges
from tests.builders import FAST_ROUNDS, NOON, Clock, a_mail, settings
from tests.conftest import Postgres
from tests.relay_server import RelayServer, a_relay

PUBLIC = "0.0.0.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as Deskbell makes it."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


async def examined(chosen: Settings, now: datetime = NOON) -> list[Finding]:
    return await doctor.examine(chosen, clock=Clock(now))


def told(findings: list[Finding], part: str) -> Finding:
    """The one finding that says `part`."""
    found = [finding for finding in findings if part in finding.what]
    assert len(found) == 1, [finding.what for finding in findings]
    return found[0]


def faults(findings: list[Finding]) -> list[str]:
    return [finding.what for finding in findings if finding.level is Level.FAULT]


def test_the_defaults_may_be_served(tmp_path: Path) -> None:
    assert doctor.refusals(settings(tmp_path)) == []


@pytest.mark.parametrize(
    ("sections", "part"),
    [
        ({"api": {"host": PUBLIC}}, "without TLS in front"),
        ({"api": {"host": "::"}}, "without TLS in front"),
        ({"api": {"host": "desk.example.com"}}, "without TLS in front"),
        ({"api": {"trusted_proxies": ["nginx"]}}, "lists 'nginx'"),
        ({"smtp": {"trusted_relays": ["10.0.0.0/99"]}}, "lists '10.0.0.0/99'"),
        ({"desk": {"data_dir": "x/var-demo"}, "smtp": {"host": PUBLIC}}, "whose passwords everybody knows"),
        (
            {"desk": {"data_dir": "var-demo", "public_url": "https://desk.example.com"}, "api": {"host": PUBLIC}},
            "whose passwords everybody knows",
        ),
    ],
)
def test_what_must_not_be_served_is_refused_with_what_to_do(
    sections: dict[str, dict[str, object]], part: str, tmp_path: Path
) -> None:
    [finding] = doctor.refusals(settings(tmp_path, **sections))

    assert part in finding.what
    assert finding.advice


@pytest.mark.parametrize(
    "sections",
    [
        {"api": {"host": "127.0.0.1"}},
        {"api": {"host": "::1"}},
        {"api": {"host": "localhost"}},
        {"api": {"host": PUBLIC}, "desk": {"public_url": "https://desk.example.com"}},
        {"api": {"host": PUBLIC, "trusted_proxies": ["10.0.0.2"]}},
        {"smtp": {"host": PUBLIC}},
        {"desk": {"data_dir": "var-demo"}},
    ],
)
def test_what_is_private_or_behind_tls_may_be_served(sections: dict[str, dict[str, object]], tmp_path: Path) -> None:
    assert doctor.refusals(settings(tmp_path, **sections)) == []


def test_python_without_assertions_is_refused() -> None:
    program = "from core import config, doctor; print(doctor.refusals(config.Settings())[0].what)"

    ended = subprocess.run([sys.executable, "-O", "-c", program], capture_output=True, text=True, check=True)

    assert "-O" in ended.stdout


def test_the_demo_folder_is_known_by_its_name() -> None:
    assert demo.FOLDER.name == doctor.DEMO_FOLDER


@pytest.mark.parametrize(
    ("sections", "part"),
    [
        ({"smtp": {"host": PUBLIC, "addresses": ["support@localhost"]}}, "an address that nobody can write to"),
        ({"smtp": {"host": PUBLIC}}, "bare CR or LF"),
        ({"smtp": {"host": PUBLIC}, "limits": {"enabled": False}}, "nothing limits"),
        ({"mail": {"acknowledge": "authenticated"}}, "nobody gets any"),
        ({"smtp": {"authserv_id": "mx.test", "trusted_relays": []}}, "no relay is trusted"),
        ({"smtp": {"trusted_relays": ["0.0.0.0/0"]}}, "trusts everybody"),
        ({"mail": {"relay": "smtp://mail.test"}}, "which customers cannot open"),
        (
            {"mail": {"relay": "smtp://mail.test"}, "smtp": {"addresses": ["support@localhost"]}},
            "nobody can answer",
        ),
    ],
)
async def test_what_is_doubtful_is_a_warning(sections: dict[str, dict[str, object]], part: str, folder: Path) -> None:
    finding = told(await examined(settings(folder, **sections)), part)

    assert finding.level is Level.WARNING
    assert finding.advice


async def test_a_mail_limit_below_the_file_limit_is_mentioned(folder: Path) -> None:
    finding = told(await examined(settings(folder)), "a mail may have 25 MB")

    assert (finding.level, finding.advice.split()[-3:]) == (Level.OK, ["70", "or", "more"])


async def test_a_sound_desk_has_no_fault_on_either_database(any_desk: Desk) -> None:
    any_desk.settings.desk.data_dir.chmod(0o700)
    await any_desk.receive(a_mail())

    found = await examined(any_desk.settings)

    assert faults(found) == []
    assert told(found, "can be read").level is Level.OK
    assert told(found, "can be written, synced and read").level is Level.OK


async def test_the_doctor_leaves_nothing_behind(desk: Desk) -> None:
    def everything() -> tuple[set[Path], int]:
        with closing(sqlite3.connect(desk.settings.desk.data_dir / "deskbell.sqlite3")) as connection:
            [[rows]] = connection.execute("SELECT count(*) FROM blobs")
        return {path for path in desk.settings.desk.data_dir.rglob("*") if path.is_file()}, rows

    await desk.receive(a_mail())
    before = everything()

    await examined(desk.settings)

    assert everything() == before


async def test_a_desk_not_yet_started_is_looked_at_and_not_made(tmp_path: Path) -> None:
    found = await examined(settings(tmp_path / "not" / "yet"))

    assert faults(found) == []
    assert not (tmp_path / "not").exists()


def _no_folder(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("")


def _short_secret(folder: Path) -> None:
    (folder / "secret").touch(mode=0o600)


def _open_secret(folder: Path) -> None:
    (folder / "secret").write_text("x" * 64)
    (folder / "secret").chmod(0o644)


def _garbage(folder: Path) -> None:
    (folder / "deskbell.sqlite3").write_bytes(b"no database at all" * 100)


def _file_for_blobs(folder: Path) -> None:
    (folder / "blobs").write_text("")


@pytest.mark.parametrize(
    ("harm", "part"),
    [
        (_no_folder, "is no folder"),
        (lambda folder: folder.chmod(0o755), "others can look into"),
        (_short_secret, "cannot be used"),
        (_open_secret, "cannot be used"),
        (_garbage, "the database cannot be used"),
        (_file_for_blobs, "cannot be written to"),
    ],
)
async def test_what_is_wrong_in_the_folder_is_a_fault(harm: Callable[[Path], object], part: str, folder: Path) -> None:
    harm(folder)

    finding = told(await examined(settings(folder)), part)

    assert finding.level is Level.FAULT
    assert finding.advice


async def test_a_lost_secret_is_noticed(desk: Desk) -> None:
    (desk.settings.desk.data_dir / "secret").unlink()

    assert "restore it from a backup" in told(await examined(desk.settings), "but no secret").advice


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_written_is_a_fault(folder: Path) -> None:
    folder.chmod(0o500)

    assert told(await examined(settings(folder)), "is not ours to write").level is Level.FAULT


async def test_a_full_disk_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The one thing that no test may bring about for real.
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 30 * 2**20))

    assert "mail is turned away" in told(await examined(settings(folder)), "30 MB are free").advice


async def test_a_clock_behind_what_was_received_is_a_fault(desk: Desk) -> None:
    await desk.receive(a_mail())

    a_little = await examined(desk.settings, NOON - timedelta(hours=23))
    too_much = await examined(desk.settings, NOON - timedelta(hours=25))

    assert faults(a_little) == []
    assert "something was received on 2026-03-02 12:00" in faults(too_much)[0]


async def test_a_clock_of_another_age_is_a_fault(folder: Path) -> None:
    assert faults(await examined(settings(folder), datetime(1970, 1, 1, tzinfo=UTC))) == ["the clock says 1970-01-01"]


@pytest.mark.parametrize(
    ("version", "level", "advice"),
    [("9999", Level.FAULT, "install the newer"), ("0000", Level.WARNING, "db upgrade")],
)
async def test_another_schema_is_told(version: str, level: Level, advice: str, desk_settings: Settings) -> None:
    with closing(sqlite3.connect(desk_settings.desk.data_dir / "deskbell.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])

    finding = told(await examined(desk_settings), f"has schema {version}")

    assert finding.level is level
    assert advice in finding.advice


async def test_a_postgresql_that_lets_us_not_in_is_a_fault(folder: Path, postgres: Postgres) -> None:
    gone = settings(folder, database={"url": postgres.url("no_such_database")})
    down = settings(folder, database={"url": "postgresql+asyncpg://desk:s3cret@127.0.0.1:1/desk"})

    for chosen in (gone, down):
        found = await examined(chosen)
        assert told(found, "the database cannot be used").level is Level.FAULT
        assert "s3cret" not in str(found)


# The edges


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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that is good for twenty days."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-out", "cert.pem"]
    request = ["openssl", "req", "-x509", "-days", "20", *names, *key, *leaf]
    subprocess.run(request, cwd=folder, check=True, capture_output=True)
    return folder


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

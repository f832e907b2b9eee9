"""Mails that we sign ourselves: checked by a verifier on the other side of the relay."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.config import Settings
from core.desk import Desk
from core.errors import Invalid
from core.running.findings import Level
from ingest import doctor, signing
from ingest.courier import deliver
from ingest.mail_out import Letterhead
from tests.builders import a_mail, settings
from tests.deliveries import a_ticket, an_agent, say
from tests.ingest.test_courier import post_to
from tests.relay_server import a_relay
from tests.stored import with_section

dkim = pytest.importorskip("dkim")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a key with")
    folder = tmp_path_factory.mktemp("dkim")
    for name in ("ours", "other"):
        subprocess.run(
            ["openssl", "genrsa", "-out", f"{name}.pem", "2048"], cwd=folder, check=True, capture_output=True
        )
        (folder / f"{name}.pem").chmod(0o600)
        public = ["openssl", "rsa", "-in", f"{name}.pem", "-pubout", "-out", f"{name}.pub"]
        subprocess.run(public, cwd=folder, check=True, capture_output=True)
    return folder


def signing_desk(folder: Path, keys: Path, **keys_of_mail: object) -> Settings:
    wanted = {"dkim_selector": "desk2026", "dkim_key": keys / "ours.pem", **keys_of_mail}
    return settings(folder, mail=wanted)


def dns_with(public: Path) -> signing.Look:
    """A name server that knows one key."""
    key = re.sub(r"-----[A-Z ]+-----|\n", "", public.read_text())

    def look(name: bytes, timeout: int = 5) -> bytes | None:
        return f"v=DKIM1; k=rsa; p={key}".encode() if name == b"desk2026._domainkey.desk.test." else None

    return look


async def test_what_arrives_is_signed_and_whole(desk: Desk, keys: Path) -> None:
    bob = await an_agent(desk)
    await desk.receive(a_mail())
    await a_ticket(desk, "bea@customer.test")
    await say(desk, 2, "Grüße\n.\n..\nFrom here " + "x" * 3000, by=bob)
    section = desk.settings.mail.model_copy(update={"dkim_selector": "desk2026", "dkim_key": keys / "ours.pem"})
    sign = signing.signer(desk.settings.model_copy(update={"mail": section}))
    head = Letterhead("Support", "support@desk.test", sign=sign)
    async with a_relay() as server:
        await deliver(desk, post_to(server), head)

        assert len(server.arrived) == 2
        for mail in server.arrived:
            assert dkim.verify(mail.data, dnsfunc=dns_with(keys / "ours.pub"))
            assert not dkim.verify(mail.data, dnsfunc=dns_with(keys / "other.pub"))
            for change in (
                (b"Subject: ", b"Subject: x"),
                (b"\r\n\r\n", b"\r\n\r\nx"),
                (b"To: ", b"Cc: <eve@evil.test>\r\nTo: "),
            ):
                assert not dkim.verify(mail.data.replace(*change, 1), dnsfunc=dns_with(keys / "ours.pub"))


def test_without_a_key_nothing_is_signed(tmp_path: Path) -> None:
    assert signing.signer(settings(tmp_path)) is None
    assert doctor.signature(settings(tmp_path)) == []


@pytest.mark.parametrize(("content", "words"), [(None, "cannot be read"), ("no key", "cannot be used")])
def test_a_key_that_cannot_be_used_is_told_and_nothing_leaves_unsigned(
    tmp_path: Path, keys: Path, content: str | None, words: str
) -> None:
    if content:
        (tmp_path / "key.pem").write_text(content)
    wrong = signing_desk(tmp_path, keys, dkim_key=tmp_path / "key.pem")

    with pytest.raises(Invalid, match="dkim_key"):
        signing.signer(wrong)
    [found] = doctor.signature(wrong)
    assert found.level is Level.FAULT
    assert words in found.what


def test_the_doctor_looks_for_our_key_where_others_will(tmp_path: Path, keys: Path) -> None:
    good, dns = signing_desk(tmp_path, keys), dns_with(keys / "ours.pub")

    [well] = doctor.signature(good, dns)
    [other] = doctor.signature(good, dns_with(keys / "other.pub"))
    [missing] = doctor.signature(with_section(good, "mail", dkim_selector="old"), dns)

    assert (well.level, other.level, missing.level) == (Level.OK, Level.FAULT, Level.FAULT)
    assert "desk2026._domainkey.desk.test" in other.what


def test_the_doctor_warns_of_a_signature_that_does_not_count_and_of_an_open_key(tmp_path: Path, keys: Path) -> None:
    shutil.copy(keys / "ours.pem", tmp_path / "open.pem")
    (tmp_path / "open.pem").chmod(0o644)
    odd = signing_desk(
        tmp_path, keys, dkim_key=tmp_path / "open.pem", from_address="support@else.test", dkim_domain="desk.test"
    )

    found = doctor.signature(odd, dns_with(keys / "ours.pub"))

    assert [one.level for one in found] == [Level.WARNING, Level.WARNING]
    assert "others can read" in found[0].what
    assert "else.test are signed for desk.test" in found[1].what

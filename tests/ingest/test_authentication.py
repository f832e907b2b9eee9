"""Who vouches for a From: only our own front server, and only for the address that is there."""

import pytest

from core.vocabulary import Channel
from ingest import mail_in
from ingest.envelope import Envelope

RELAY = Envelope(mail_from="ann@customer.test", recipients=("support@desk.test",), trusted=True)
STRANGER = Envelope(mail_from="ann@customer.test", recipients=("support@desk.test",))
OURS = "mx.desk.test"


def a_mail(*results: str, sender: str = "Ann <ann@customer.test>") -> bytes:
    lines = [f"Authentication-Results: {result}" for result in results]
    return "\r\n".join([*lines, f"From: {sender}", "Subject: Hello", "", "Text"]).encode()


@pytest.mark.parametrize(
    "results",
    [
        ("mx.desk.test; dmarc=pass header.from=customer.test",),
        ("MX.desk.test 1; spf=pass smtp.mailfrom=x.test; dmarc=pass (p=reject) header.from=customer.test",),
        ("mx.desk.test; dmarc=pass",),
        ("mx.desk.test;\r\n\tdkim=pass header.d=customer.test;\r\n\tdmarc=pass header.from=customer.test",),
        ("mx.desk.test; dmarc=pass header.from=customer.test", "evil.test; dmarc=fail"),
    ],
)
def test_a_pass_that_our_front_server_wrote_vouches_for_the_sender(results: tuple[str, ...]) -> None:
    message = mail_in.parse(a_mail(*results), RELAY, authserv_id=OURS)

    assert message.sender.verified


@pytest.mark.parametrize(
    "results",
    [
        (),
        ("evil.test; dmarc=pass header.from=customer.test",),
        ("evil.test; dmarc=pass", "mx.desk.test; dmarc=pass header.from=customer.test"),
        ("mx.desk.test.evil.test; dmarc=pass",),
        ("mx.desk.test; dmarc=fail header.from=customer.test",),
        ("mx.desk.test; dmarc=pass header.from=other.test",),
        ("mx.desk.test; spf=pass; dkim=pass",),
        ("mx.desk.test; none (dmarc=pass)",),
        ("(mx.desk.test;) evil.test; dmarc=pass",),
        ("mx.desk.test; reason=xdmarc=pass",),
        ("mx.desk.test; spf=fail (sender said (x); dmarc=pass)",),
        ("mx.desk.test; spf=fail (a (b) ; dmarc=pass ; c)",),
        ('mx.desk.test; spf=fail reason="x; dmarc=pass; y"',),
        ('mx.desk.test; spf=fail reason="x; dmarc=pass',),
        ("mx.desk.test; spf=fail smtp.mailfrom=x dmarc=pass",),
        ("mx.desk.test; spf=fail (x; dmarc=pass",),
    ],
)
def test_anything_else_vouches_for_nobody(results: tuple[str, ...]) -> None:
    message = mail_in.parse(a_mail(*results), RELAY, authserv_id=OURS)

    assert not message.sender.verified


def test_a_stranger_who_writes_our_header_is_not_believed() -> None:
    raw = a_mail("mx.desk.test; dmarc=pass header.from=customer.test")

    assert not mail_in.parse(raw, STRANGER, authserv_id=OURS).sender.verified


def test_without_a_configured_server_nobody_is_believed() -> None:
    raw = a_mail("mx.desk.test; dmarc=pass header.from=customer.test")

    message = mail_in.parse(raw, RELAY)

    assert (message.channel, message.sender.verified) == (Channel.EMAIL, False)

"""What MAIL and RCPT may say: strict in what could be turned against us, patient with printers."""

import string
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import smtp_grammar
from ingest.smtp_grammar import Refusal
from tests.ingest.smtp_client import OURS

MEGABYTE = 1024 * 1024
# Every trick to have mail passed on to somebody who is not ours.
RELAY = [
    "ann@elsewhere.example",
    "ann%elsewhere.example@example.com",
    "support%example.com@elsewhere.example",
    "elsewhere.example!ann",
    "elsewhere.example!ann@example.com",
    "example.com!support@elsewhere.example",
    "@example.com:ann@elsewhere.example",
    "@elsewhere.example:support@example.com",
    "@elsewhere.example,@example.com:support@example.com",
    '"ann@elsewhere.example"@example.com',
    '"support"@example.com',
    '"support@example.com"',
    "support@example.com@elsewhere.example",
    "ann@elsewhere.example@example.com",
    "support@example.com.elsewhere.example",
    "support@notexample.com",
    "support@sub.example.com",
    "support@example.comm",
    "support@[127.0.0.1]",
    "support@[IPv6:::1]",
    "support@example.com:25",
    "support@example.com\x00.elsewhere.example",
    "support@example.com\r\nRCPT TO:<ann@elsewhere.example>",
    "support",
    "support@",
    "@example.com",
    "",
    "help@example.com",
    "ann+support@example.com",
    "postmaster@elsewhere.example",
    "suppоrt@example.com",  # a Cyrillic о
]


@pytest.mark.parametrize("address", RELAY)
@pytest.mark.parametrize("form", ["TO:<{}>", "TO: <{}>", "TO:{}"])
def test_mail_for_others_is_refused(address: str, form: str) -> None:
    with pytest.raises(Refusal) as refused:
        smtp_grammar.recipient(form.format(address), OURS)

    assert refused.value.reply.startswith((b"550 5.1.1 ", b"501 ", b"555 "))
    assert b"elsewhere" not in refused.value.reply


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("TO:<support@example.com>", "support@example.com"),
        ("to:<Support@EXAMPLE.com>", "support@example.com"),
        ("TO: <support@example.com>", "support@example.com"),
        ("TO:support@example.com", "support@example.com"),
        ("TO:<support@example.com.>", "support@example.com"),
        ("TO:<support+42.k3y@example.com>", "support+42.k3y@example.com"),
        ("TO:<help@example.org>", "help@example.org"),
        ("TO:<postmaster@example.org>", "postmaster@example.org"),
        ("TO:<PostMaster@Example.com>", "postmaster@example.com"),
        ("TO:<Postmaster>", "postmaster@example.com"),
    ],
)
def test_mail_for_us_is_taken(argument: str, address: str) -> None:
    assert smtp_grammar.recipient(argument, OURS) == address


@pytest.mark.parametrize(
    ("argument", "address"),
    [
        ("FROM:<>", ""),
        ("FROM: <>", ""),
        ("FROM:<Ann@Example.NET>", "ann@example.net"),
        ("from:<ann@example.net> SIZE=1048576 BODY=8BITMIME SMTPUTF8", "ann@example.net"),
        ("FROM:<ann@example.net> body=7bit size=1", "ann@example.net"),
        ("FROM:<anna.müller@exämple.net> SMTPUTF8", "anna.müller@exämple.net"),
        ("FROM:<scanner@printserver>", "scanner@printserver"),
        ("FROM:scanner@printserver SIZE=5", "scanner@printserver"),
        ("FROM:<bounce+a=b/c#d@example.net>", "bounce+a=b/c#d@example.net"),
    ],
)
def test_a_sender_is_read_with_its_parameters(argument: str, address: str) -> None:
    assert smtp_grammar.sender(argument, most=MEGABYTE) == address


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("", "501"),
        ("ann@example.net", "501"),
        ("TO:<ann@example.net>", "501"),
        ("FROM:", "501"),
        ("FROM:<ann@example.net", "501"),
        ("FROM:<ann@example.net>x", "501"),
        ("FROM:<ann@example.net> SIZE=", "501"),
        ("FROM:<ann@example.net> =5", "501"),
        ("FROM:<ann@example.net> SIZE=a", "555"),
        ("FROM:<ann@example.net> SIZE=-1", "555"),
        ("FROM:<ann@example.net> SIZE=" + "9" * 500, "555"),
        ("FROM:<ann@example.net> BODY=BINARYMIME", "555"),
        ("FROM:<ann@example.net> SMTPUTF8=1", "555"),
        ("FROM:<ann@example.net> AUTH=<>", "555"),
        ("FROM:<ann@example.net> RET=HDRS", "555"),
        ("FROM:<ann@example.net> SIZE=1048577", "552"),
        ("FROM:<ann>", "553"),
        ("FROM:< >", "553"),
        ("FROM:<a\rb@example.net>", "553"),
        ("FROM:<a\nb@example.net>", "553"),
        ("FROM:<a\x00b@example.net>", "553"),
        ("FROM:<a\x1b[2Jb@example.net>", "553"),
        ("FROM:<a\x85b@example.net>", "553"),
        ('FROM:<"a b"@example.net>', "553"),
        ("FROM:<a@b@example.net>", "553"),
        ("FROM:<" + "a" * 65 + "@example.net>", "553"),
        ("FROM:<ann@" + "a." * 140 + "net>", "553"),
    ],
)
def test_a_sender_that_cannot_be_used_is_refused_for_good(argument: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        smtp_grammar.sender(argument, most=MEGABYTE)

    assert refused.value.reply[:3].decode() == code


@given(st.text(alphabet=st.sampled_from('<>@:;,."\\ \t\r\n\x00%!=+[]()' + string.ascii_letters + "é�"), max_size=60))
def test_nothing_but_an_address_or_a_refusal_comes_of_anything(text: str) -> None:
    for answer in (
        outcome(lambda: smtp_grammar.sender("FROM:" + text, most=MEGABYTE)),
        outcome(lambda: smtp_grammar.recipient("TO:" + text, OURS)),
    ):
        assert answer.isprintable()
        assert " " not in answer or answer.isascii()


def outcome(read: Callable[[], str]) -> str:
    """The address, or the reply without its line end."""
    try:
        return read()
    except Refusal as refusal:
        return refusal.reply.decode().removesuffix("\r\n")

"""The conversation without a socket: what may follow what, and how many mistakes are one too many."""

import pytest

from ingest import smtp_talk
from ingest.smtp_limits import Limits
from ingest.smtp_talk import Talk, Terms
from tests.ingest.smtp_client import OURS, US

MAIL, RCPT = "MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>"


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["HELO me"], "250"),
        (["EHLO"], "501"),
        (["EHLO  "], "501"),
        (["ehlo me", "noop", "NOOP with words", "rset", "help", "quit"], "250 250 250 250 214 221"),
        (["MAIL FROM:<a@example.net>"], "503"),
        (["EHLO me", RCPT], "250 503"),
        (["EHLO me", MAIL, "DATA"], "250 250 503"),
        (["EHLO me", MAIL, RCPT, "DATA now"], "250 250 250 501"),
        (["EHLO me", MAIL, RCPT, "DATA"], "250 250 250 354"),
        (["HELO me", MAIL, RCPT, "DATA"], "250 250 250 354"),
        (["EHLO me", MAIL, MAIL], "250 250 503"),
        (["EHLO me", "MAIL FROM:<>", "MAIL FROM:<>"], "250 250 503"),
        (["EHLO me", "MAIL FROM:<>", RCPT, "DATA"], "250 250 250 354"),
        (["EHLO me", MAIL, "RSET", RCPT], "250 250 250 503"),
        (["EHLO me", MAIL, "EHLO me", RCPT], "250 250 250 503"),
        (["EHLO me", MAIL, "RCPT TO:<x@example.net>", "DATA"], "250 250 550 503"),
        (["VRFY root", "EXPN all", "VRFY"], "252 502 252"),
        (["AUTH PLAIN AGFubgBwYXNz", "BDAT 5 LAST", "ETRN x", "XYZZY", ""], "500 500 500 500 500"),
        (["STARTTLS"], "502"),
        (["GET / HTTP/1.1"], "421"),
        (["POST / HTTP/1.1"], "421"),
        (["NOOP " + "x" * 1020], "500"),
        (["EHLO me", "MAIL FROM:<ann@example.net>" + " " * 500], "250 250"),
    ],
)
def test_each_command_has_its_place(said: list[str], codes: str) -> None:
    assert hear(Talk(Terms("mx", OURS, Limits())), said) == codes.split()


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (["LHLO me", MAIL, RCPT, "DATA"], "250 250 250 354"),
        (["EHLO me", "HELO me", MAIL], "500 500 503"),
        (["LHLO", "LHLO me", MAIL, "DATA"], "501 250 250 503"),
        (["LHLO me", MAIL, "RCPT TO:<x@example.net>", "DATA"], "250 250 550 503"),
        (["LHLO me", "STARTTLS"], "250 502"),
    ],
)
def test_lmtp_is_greeted_by_lhlo_and_by_nothing_else(said: list[str], codes: str) -> None:
    assert hear(Talk(Terms("mx", OURS, Limits(), lmtp=True)), said) == codes.split()


def test_without_room_on_the_disk_no_mail_begins_and_that_is_nobodys_mistake() -> None:
    talk = Talk(Terms("mx", OURS, Limits()), has_room=False)

    assert hear(talk, ["EHLO me", *[MAIL] * 20, RCPT]) == ["250", *["452"] * 20, "503"]
    assert talk.errors == 1


@pytest.mark.parametrize(("lmtp", "answers"), [(True, 3), (False, 1)])
def test_lmtp_hears_an_answer_for_every_recipient_that_was_agreed_to(lmtp: bool, answers: int) -> None:
    talk = Talk(Terms("mx", OURS, Limits(), lmtp=lmtp))
    other = "RCPT TO:<help@example.org>"

    hear(talk, ["LHLO me" if lmtp else "EHLO me", MAIL, RCPT, "RCPT TO:<x@example.net>", other, RCPT, "DATA"])

    assert smtp_talk.answers(talk) == answers
    assert talk.recipients == [US, "help@example.org"]


@pytest.mark.parametrize("line", [b"NOOP\n", b"NOOP \n", b"NOOP", b"\n", b"NOOP\r", b"RSET\nMAIL FROM:<a@b>\n"])
def test_a_command_ends_with_crlf(line: bytes) -> None:
    talk = Talk(Terms("mx", OURS, Limits()))

    assert smtp_talk.answer(talk, line) == b"500 5.5.2 A command must end with CRLF\r\n"
    assert talk.errors == 1


def test_a_command_is_text() -> None:
    talk = Talk(Terms("mx", OURS, Limits()))

    assert smtp_talk.answer(talk, b"EHLO \xff\r\n") == b"500 5.5.2 A command must be ASCII or UTF-8\r\n"


def test_the_offer_names_what_we_can() -> None:
    talk = Talk(Terms("mx.example.com", OURS, Limits(), offer_tls=True))

    offer = smtp_talk.answer(talk, b"EHLO me\r\n").decode()

    assert offer.splitlines()[0] == "250-mx.example.com"
    assert offer.splitlines()[-1] == "250 HELP"
    assert {line[4:] for line in offer.splitlines()} >= {
        "PIPELINING",
        "SIZE 26214400",
        "8BITMIME",
        "SMTPUTF8",
        "STARTTLS",
    }
    assert "AUTH" not in offer


def test_without_tls_nothing_is_taken_where_tls_is_required() -> None:
    talk = Talk(Terms("mx", OURS, Limits(), offer_tls=True, require_tls=True))

    assert hear(talk, ["EHLO me", MAIL, "DATA", "VRFY x", "NOOP", "STARTTLS"]) == "250 530 530 530 250 220".split()  # noqa: SIM905


def test_what_was_said_before_tls_is_forgotten() -> None:
    talk = Talk(Terms("mx", OURS, Limits(), offer_tls=True))
    hear(talk, ["EHLO me", MAIL, RCPT, "STARTTLS"])

    smtp_talk.forget_everything(talk)

    assert (talk.helo, talk.sender, talk.recipients, talk.secure) == ("", None, [], True)
    assert hear(talk, [MAIL, "EHLO me", "STARTTLS"]) == ["503", "250", "503"]
    assert b"STARTTLS" not in smtp_talk.answer(talk, b"EHLO me\r\n")


def test_fifty_recipients_are_enough_for_one_mail() -> None:
    talk = Talk(Terms("mx", OURS, Limits()))

    codes = hear(talk, ["EHLO me", MAIL, *[f"RCPT TO:<support+{n}@example.com>" for n in range(51)]])

    assert codes == ["250"] * 52 + ["452"]
    assert talk.errors == 0


def test_an_address_named_twice_is_one_recipient() -> None:
    talk = Talk(Terms("mx", OURS, Limits()))

    hear(talk, ["EHLO me", MAIL, RCPT, RCPT.upper()])

    assert talk.recipients == [US]


def test_ten_mistakes_end_the_conversation() -> None:
    assert hear(Talk(Terms("mx", OURS, Limits())), ["NONSENSE"] * 10) == ["500"] * 9 + ["421"]


def test_guessing_addresses_is_a_mistake_of_a_stranger_but_not_of_a_relay() -> None:
    terms = Terms("mx", OURS, Limits())
    guesses = ["EHLO me", MAIL, *["RCPT TO:<guess@example.com>"] * 12]

    assert "421" in hear(Talk(terms), guesses)
    assert "421" not in hear(Talk(smtp_talk.for_trusted(terms)), guesses)


def test_commands_without_a_mail_are_counted() -> None:
    talk = Talk(Terms("mx", OURS, Limits()))

    assert hear(talk, ["NOOP"] * 400) == ["250"] * 400
    smtp_talk.mail_done(talk)
    assert hear(talk, ["NOOP"] * 501) == ["250"] * 500 + ["421"]


@pytest.mark.parametrize(("trusted", "most"), [(False, 50), (True, 10_000)])
def test_mails_are_counted_and_after_fifty_a_stranger_connects_again(trusted: bool, most: int) -> None:
    terms = Terms("mx", OURS, Limits())
    talk = Talk(smtp_talk.for_trusted(terms) if trusted else terms)
    hear(talk, ["EHLO me"])

    for _ in range(most):
        assert hear(talk, [MAIL, RCPT, "DATA"]) == ["250", "250", "354"]
        smtp_talk.mail_done(talk)

    assert hear(talk, [MAIL]) == ["421"]


def hear(talk: Talk, said: list[str]) -> list[str]:
    return [smtp_talk.answer(talk, line.encode() + b"\r\n")[:3].decode() for line in said]

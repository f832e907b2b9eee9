"""The token in a rendered form: it says when that was, and nobody else can make one that says otherwise."""

import base64
from datetime import timedelta

import pytest

from ingest import form_token
from tests.builders import NOON

KEY, OTHER = b"k" * 32, b"o" * 32
RANDOM = b"r" * form_token.RANDOM


def test_a_token_says_when_its_form_was_rendered_and_which_one_it_was() -> None:
    token = form_token.issue(KEY, NOON, RANDOM)

    assert form_token.read(KEY, token) == form_token.Rendering(NOON, RANDOM)


def test_a_token_of_another_desk_is_none() -> None:
    assert form_token.read(KEY, form_token.issue(OTHER, NOON, RANDOM)) is None


@pytest.mark.parametrize("octet", range(len(base64.urlsafe_b64decode(form_token.issue(KEY, NOON, RANDOM)))))
def test_every_octet_of_a_token_counts(octet: int) -> None:
    octets = bytearray(base64.urlsafe_b64decode(form_token.issue(KEY, NOON, RANDOM)))
    octets[octet] ^= 1

    assert form_token.read(KEY, base64.urlsafe_b64encode(octets).decode()) is None


def test_a_token_cannot_be_dated_anew() -> None:
    old, new = (form_token.issue(OTHER, at, RANDOM) for at in (NOON, NOON + timedelta(days=1)))
    said, mac = base64.urlsafe_b64decode(new)[:-16], base64.urlsafe_b64decode(old)[-16:]

    assert form_token.read(OTHER, base64.urlsafe_b64encode(said + mac).decode()) is None


@pytest.mark.parametrize("token", ["", "x", "é", "AAAA", "=" * 56, "A" * 10_000, "A" * 55 + "\n"])
def test_whatever_else_is_sent_is_no_token(token: str) -> None:
    assert form_token.read(KEY, token) is None

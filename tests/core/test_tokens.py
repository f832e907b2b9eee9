"""The tokens we hand out: what they look like, what they prove, and that nothing near them proves it too."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import tokens
from core.accounts import secrets
from core.accounts.secrets import Keys
from core.addresses import normal, without_tag
from core.tables import new_id
from core.tokens import ReplyTag
from tests.builders import settings

KEY = b"k" * 32
TICKET, PERSON = UUID(int=1), UUID(int=2)


def tag(number: int = 42, seq: int = 1, version: int = 1) -> str:
    return tokens.reply_tag(KEY, number, seq, ticket_id=TICKET, person_id=PERSON, version=version)


def proves(
    text: str, *, key: bytes = KEY, ticket_id: UUID = TICKET, person_id: UUID = PERSON, version: int = 1
) -> bool:
    parsed = tokens.parse_tag(text)
    assert parsed is not None
    return tokens.proves(key, parsed, ticket_id=ticket_id, person_id=person_id, version=version)


def test_a_tag_proves_its_ticket_participant_and_version_and_nothing_else() -> None:
    assert proves(tag())
    assert proves(tag().upper())
    assert not proves(tag(), key=b"x" * 32)
    assert not proves(tag(), ticket_id=PERSON)
    assert not proves(tag(), person_id=TICKET)
    assert not proves(tag(), ticket_id=PERSON, person_id=TICKET)
    assert not proves(tag(), version=2)


def test_every_character_of_the_proof_counts() -> None:
    whole = tag()
    for index in range(len(whole) - 16, len(whole)):
        for other in "a7":
            changed = whole[:index] + other + whole[index + 1 :]
            assert proves(changed) is (changed == whole)


@given(st.integers(0, 10**18 - 1), st.integers(0, 10**6 - 1))
def test_a_tag_is_read_back_from_an_address_and_from_a_message_id(number: int, seq: int) -> None:
    made = tag(number, seq)
    address = tokens.reply_address("support@desk.test", made)
    name = tokens.message_id(made, new_id(), "desk.test")

    expected = ReplyTag(number, seq, made[-16:])
    assert tokens.parse_tag(made) == expected
    assert tokens.parse_tag(without_tag(address)[1]) == expected
    assert tokens.tag_of_message_id(name) == tokens.tag_of_message_id(name.upper()) == expected
    assert tokens.tag_of_message_id(name.strip("<>")) == expected


def test_the_longest_reply_address_is_one_that_mail_can_carry() -> None:
    address = tokens.reply_address("support@desk.test", tag(10**18 - 1, 10**6 - 1))

    assert normal(address) == address
    assert len(address.rpartition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1


@pytest.mark.parametrize(
    "text",
    ["", "42", "42-1", "42-1-", "42-1-abc", "-1-" + "a" * 16, "42--" + "a" * 16, "42-1-" + "a" * 15, "42-1-" + "a" * 17,
     "42-1-" + "a" * 15 + "1", "42-1-" + "a" * 15 + "-", " 42-1-" + "a" * 16, "42-1-" + "a" * 16 + "\n",
     "1" * 19 + "-1-" + "a" * 16, "42-1234567-" + "a" * 16, "4 2-1-" + "a" * 16],
)  # fmt: skip
def test_what_has_not_the_shape_of_a_tag_is_none(text: str) -> None:
    assert tokens.parse_tag(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "<>", "<a@b>", f"<{tag()}@desk.test>", f"<{tag()}.1234@desk.test>", f"<{tag()}.{'g' * 32}@desk.test>",
     f"<{tag()}.{'a' * 32}>", f"<x{tag()}.{'a' * 32}@desk.test>", f"<{tag()}.{'a' * 32}@a b>",
     f"<{tag()}.{'a' * 32}@a>b>"],
)  # fmt: skip
def test_what_has_not_the_shape_of_our_message_ids_is_none(text: str) -> None:
    assert tokens.tag_of_message_id(text) is None


def test_a_bounce_address_names_its_delivery_in_whatever_case_it_comes_back() -> None:
    delivery_id = new_id()
    address = tokens.bounce_address(KEY, delivery_id, "support@desk.test")

    box, bounce = without_tag(address)
    assert normal(address) == address
    assert box == "support@desk.test"
    assert tokens.bounced_delivery(KEY, bounce) == tokens.bounced_delivery(KEY, bounce.upper()) == delivery_id
    assert tokens.parse_tag(bounce) is None


def test_every_character_of_a_bounce_address_counts() -> None:
    whole = without_tag(tokens.bounce_address(KEY, new_id(), "support@desk.test"))[1]
    for index in range(len(whole)):
        for other in "ab27":
            changed = whole[:index] + other + whole[index + 1 :]
            assert (tokens.bounced_delivery(KEY, changed) is not None) is (changed == whole)
    for wrong in ("", "b", whole[:-1], whole + "a", whole[1:], f"{whole}\n"):
        assert tokens.bounced_delivery(KEY, wrong) is None
    assert tokens.bounced_delivery(b"x" * 32, whole) is None


def test_a_reply_tag_is_no_proof_for_a_bounce() -> None:
    """Both are made with one key: what a customer holds must not stand in for what only their mail server was told."""
    assert tokens.bounced_delivery(KEY, tag()) is None


@pytest.mark.parametrize(("length", "tagged"), [(20, True), (21, False), (64, False)])
def test_a_bounce_address_fits_into_mail_or_is_the_mailbox(length: int, tagged: bool) -> None:
    mailbox = f"{'s' * length}@desk.test"
    address = tokens.bounce_address(KEY, new_id(), mailbox)

    assert (address != mailbox) is tagged
    assert len(address.partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1


def test_our_message_ids_name_their_delivery() -> None:
    delivery_id = new_id()
    name = tokens.message_id(tag(), delivery_id, "desk.test")

    assert tokens.delivery_of_message_id(name) == tokens.delivery_of_message_id(name.upper()) == delivery_id
    assert tokens.delivery_of_message_id("<x@y.test>") is None


@given(st.text(max_size=200))
def test_anything_at_all_can_be_asked_for_its_tag(text: str) -> None:
    tokens.parse_tag(text)
    tokens.tag_of_message_id(text)
    assert tokens.bounced_delivery(KEY, text) is None
    assert tokens.delivery_of_message_id(text) is None


def test_embed_tokens_are_uuids_that_cannot_be_guessed() -> None:
    made = {tokens.new_embed_token() for _ in range(1000)}

    assert len(made) == 1000
    assert {UUID(token).version for token in made} == {4}
    assert {len(token) for token in made} == {36}


def test_embed_tokens_of_many_tickets_share_three_digits_and_nothing_else() -> None:
    made, others = tokens.new_embed_tokens(500), tokens.new_embed_tokens(500)

    assert len({*made, *others}) == 1000
    assert {UUID(token).version for token in made} == {4}
    assert len({token[:3] for token in made}) == 1
    # Of the fourth digit on all are by chance.
    assert all(len({token[place] for token in made}) > 1 for place in (3, 4, 5, 6, 7, 9, 35))


def test_each_use_has_a_key_of_its_own() -> None:
    keys = secrets.derive(b"master")

    assert len({keys.tokens, keys.replies, keys.forms}) == 3
    assert {len(key) for key in (keys.tokens, keys.replies, keys.forms)} == {32}
    assert secrets.derive(b"master") == keys != secrets.derive(b"other")
    assert "\\x" not in repr(keys)
    assert isinstance(keys, Keys)


async def test_of_many_processes_that_start_at_once_all_have_the_same_secret(tmp_path: Path) -> None:
    found = await asyncio.gather(*(asyncio.to_thread(secrets.of, settings(tmp_path)) for _ in range(12)))

    assert len({keys.tokens for keys in found}) == 1
    [file] = list(tmp_path.iterdir())
    assert (file.name, file.stat().st_mode & 0o777) == ("secret", 0o600)

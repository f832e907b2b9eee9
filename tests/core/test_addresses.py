"""What is a mail address, when two are the same, and which are ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import addresses

ACCEPTED = {
    "ann@example.com": "ann@example.com",
    " Ann@Example.COM ": "ann@example.com",
    "ann@example.com.": "ann@example.com",
    "ann@printserver": "ann@printserver",
    "a.b+c@x-y.example": "a.b+c@x-y.example",
    "o'neil@example.com": "o'neil@example.com",
    "ann..dots.@example.com": "ann..dots.@example.com",
    "#$&*-/=?^_`{|}~@example.com": "#$&*-/=?^_`{|}~@example.com",
    "jörg@müller.example": "jörg@müller.example",
    "用户@例子.example": "用户@例子.example",
    "ann@xn--mller-kva.example": "ann@xn--mller-kva.example",
    "a" * 64 + "@example.com": "a" * 64 + "@example.com",
    "ann@1.example": "ann@1.example",
    # What is white around it is none of its 254 octets.
    "\u3000" * 120 + "ann@example.com": "ann@example.com",
}

REFUSED = [
    "", " ", "ann", "@", "ann@", "@example.com", "ann@@example.com", "ann@a@b", "ann@example..com", "ann@.example.com",
    "ann@-example.com", "ann@example-.com", "ann@exa mple.com", "an n@example.com", "ann@example.com\n x",
    "ann@example.com\r\nBcc: eve@evil.test", "an\nn@example.com", "ann\x00@example.com", "ann@exam\x00ple.com",
    '"ann"@example.com', '"a b"@example.com', "<ann@example.com>", "ann@[192.0.2.1]", "ann@example.com, eve@evil.test",
    "@relay.test:ann@example.com", "ann%evil.test@example.com", "evil.test!ann@example.com", "ann(x)@example.com",
    "ann;x@example.com", "ann\\x@example.com", "a" * 65 + "@example.com", "ann@" + "a" * 64 + ".com",
    "ann@" + ".".join(["a" * 60] * 5), "ann@example_.com", "ann\u2028@example.com", "ann\x85@example.com",
    "ann\u00a0@example.com", "ann@example.com..", "ann@exam\u202eple.com", "an\u202en@example.com",
    "ann\u2066@example.com",
]  # fmt: skip


@pytest.mark.parametrize(("given_", "normal"), ACCEPTED.items())
def test_an_address_is_kept_in_one_form(given_: str, normal: str) -> None:
    assert addresses.normal(given_) == normal
    assert addresses.normal(normal) == normal


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_or_could_be_turned_against_us_is_refused(text: str) -> None:
    assert addresses.normal(text) is None


@given(st.text(max_size=300))
def test_anything_at_all_can_be_asked(text: str) -> None:
    found = addresses.normal(text)

    assert found is None or (len(found.encode()) <= 254 and addresses.normal(found) == found)


OURS = frozenset({"support@desk.test", "sales+eu@desk.test"})


@pytest.mark.parametrize(
    "address",
    ["support@desk.test", "Support@DESK.test", "support@desk.test.", "support+42-1-abc@desk.test", "support+@desk.test",
     "support+a+b@desk.test", "sales+eu@desk.test"],
)  # fmt: skip
def test_our_addresses_are_ours_with_and_without_a_tag(address: str) -> None:
    assert addresses.is_ours(address, OURS)


@pytest.mark.parametrize(
    "address",
    ["xsupport@desk.test", "support@desk.test.evil.test", "support@evil.desk.test", "support@desk.tes",
     "support@xdesk.test", "x+support@desk.test", "support-x@desk.test", "support@desk.test@evil.test",
     "evil.test!support@desk.test", "support%desk.test@evil.test", "sales@desk.test", "sales+us@desk.test",
     "+support@desk.test", "support+x@evil.test", "@desk.test", "support", "", "<support@desk.test>",
     "support@desk.test\n", "support@dеsk.test"],
)  # fmt: skip
def test_what_only_looks_like_ours_is_not(address: str) -> None:
    assert addresses.is_ours(address, OURS) is (address == "support@desk.test\n")


@pytest.mark.parametrize(
    ("address", "parts"),
    [("a+b@x.test", ("a@x.test", "b")), ("a@x.test", ("a@x.test", "")), ("a+b+c@x.test", ("a@x.test", "b+c"))],
)
def test_a_tag_is_what_stands_behind_the_first_plus(address: str, parts: tuple[str, str]) -> None:
    assert addresses.without_tag(address) == parts
    assert addresses.domain(address) == "x.test"

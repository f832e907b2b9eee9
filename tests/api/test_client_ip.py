"""Whose address counts when there are proxies, and when somebody pretends that there are."""

from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from api import client_ip
from core.errors import Invalid

TRUSTED = ("10.0.0.0/8", "192.0.2.1", "fd00::/8")


def a_request(peer: str, *forwarded: str) -> web.Request:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (peer, 1234) if name == "peername" else default
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    return make_mocked_request("GET", "/", headers=headers, transport=transport)


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.1.1.1, 198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        ("10.1.1.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["198.51.100.1, nonsense"], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1, nonsense, 10.3.3.3"], "10.3.3.3"),
        ("10.1.1.1", ["10.2.2.2, 10.3.3.3"], "10.2.2.2"),
        ("10.1.1.1", [""], "10.1.1.1"),
        ("::ffff:10.1.1.1", ["2001:db8::5"], "2001:db8::5"),
        ("fd00::1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["127.0.0.1\x00"], "10.1.1.1"),
    ],
)
def test_the_right_most_stranger_is_the_client(peer: str, forwarded: list[str], seen: str) -> None:
    assert client_ip.reader(TRUSTED)(a_request(peer, *forwarded)) == seen


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_ip.reader(())(a_request("10.1.1.1", "198.51.100.1")) == "10.1.1.1"


def test_what_is_no_network_is_refused_with_its_name() -> None:
    with pytest.raises(Invalid, match=r"api\.trusted_proxies"):
        client_ip.reader(["proxy.example.com"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "local"),
    [
        ("127.0.0.1", [], True),
        ("127.8.8.8", [], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("127.0.0.1", ["127.0.0.1"], False),
        ("203.0.113.9", [], False),
    ],
)
def test_only_this_machine_itself_is_local(peer: str, forwarded: list[str], local: bool) -> None:
    assert client_ip.is_local(a_request(peer, *forwarded)) is local


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.2", False),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_a_network_of_one_customer_counts_as_one(one: str, other: str, same: bool) -> None:
    assert (client_ip.bucket(one) == client_ip.bucket(other)) is same

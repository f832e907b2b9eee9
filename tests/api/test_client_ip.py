"""Whose address counts when there are proxies, and when somebody pretends that there are."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from multidict import CIMultiDict

from api import client_ip
from core.errors import Invalid

TRUSTED = ("10.0.0.0/8", "192.0.2.1", "fd00::/8")

Answer = TypeVar("Answer")


async def asked(question: Callable[[web.Request], Answer], peer: str, *forwarded: str) -> Answer:
    """What `question` answers for a request that came over a socket, as if `peer` had been at its other end."""
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    answers: list[Answer] = []

    async def page(request: web.Request) -> web.Response:
        answers.append(question(request.clone(remote=peer, headers=headers)))
        return web.Response()

    app = web.Application()
    app.router.add_get("/", page)
    async with TestClient(TestServer(app)) as client, client.get("/") as response:
        assert response.status == 200
    return answers[0]


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
async def test_the_right_most_stranger_is_the_client(peer: str, forwarded: list[str], seen: str) -> None:
    assert await asked(client_ip.reader(TRUSTED), peer, *forwarded) == seen


async def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert await asked(client_ip.reader(()), "10.1.1.1", "198.51.100.1") == "10.1.1.1"


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
async def test_only_this_machine_itself_is_local(peer: str, forwarded: list[str], local: bool) -> None:
    assert await asked(client_ip.is_local, peer, *forwarded) is local


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

"""What reaches an API without sign-in and shall not: pages of other sites, and the Internet through a web server."""

import pytest

from api.contracts.table import CONTRACTS
from core import desk as desks
from core import tables
from core.config import Settings
from tests.builders import Clock
from tests.contracts.conftest import Served, exchange, served
from tests.contracts.examples import EXAMPLES
from tests.stored import count, with_section

OPEN = sorted(name for name, contract in CONTRACTS.items() if contract.is_open)


STRANGERS = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://evil.test:99999"},
    {"Host": "evil.test"},
    {"Host": "evil.test:8000"},
    {"Host": "127.0.0.1.evil.test"},
    {"Host": "rebound.test", "Origin": "http://rebound.test"},
    {"Host": ""},
    {"Host": "a:b:c"},
]
OURS: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:5000", "Host": "127.0.0.1:5000"},
    {"Sec-Fetch-Site": "none"},
    {"Host": "localhost:5000"},
    {"Host": "[::1]:5000"},
    {"Host": "desk.example.com"},
]
FORWARDED = [{"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=203.0.113.7"}]


@pytest.mark.parametrize("contract", OPEN)
async def test_a_page_of_another_site_is_refused(ask: Served, contract: str) -> None:
    for headers in STRANGERS:
        read = await ask(contract, "GET", "/tickets", headers=headers)
        written = await ask(contract, "POST", "/tickets", json=EXAMPLES[contract].good, headers=headers)
        assert EXAMPLES[contract].is_error(read, 403), headers
        assert EXAMPLES[contract].is_error(written, 403), headers
    assert await count(ask.desk, tables.tickets) == 0


@pytest.mark.parametrize("contract", OPEN)
async def test_a_program_and_what_somebody_types_may_go_on(
    desk_settings: Settings, clock: Clock, contract: str
) -> None:
    public = with_section(desk_settings, "desk", public_url="https://desk.example.com")
    async with desks.opened(public, clock=clock) as desk, served(desk) as ask:
        answers = [await ask(contract, "GET", "/tickets", headers=headers) for headers in OURS]

    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize("contract", OPEN)
async def test_a_web_server_in_front_brings_nobody_to_what_is_under_contracts(ask: Served, contract: str) -> None:
    for headers in FORWARDED:
        under = await exchange(ask.native.port, "GET", f"/contracts/{contract}/tickets", headers, b"")
        alone = await ask(contract, "GET", "/tickets", headers=headers)
        assert EXAMPLES[contract].is_error(under, 403)
        assert alone.status == 200

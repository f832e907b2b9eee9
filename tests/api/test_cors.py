"""Browsers: which pages of other sites may ask what; and HEAD and OPTIONS of every path."""

import pytest

from api.native import table
from core import desk as desks
from core.config import Settings, load
from core.errors import Invalid
from tests.api.conftest import ON_ITS_LOOP, Api, served
from tests.builders import Clock
from tests.stored import with_section

SHOP = "https://shop.example.com"
EMBED = "/tickets/embed/9f40cb91-0000-4000-8000-000000000000"


async def test_no_page_of_another_site_may_use_the_api(sqlite_api: Api) -> None:
    answers = [
        await sqlite_api("GET", "/tickets", "bob", headers={"Origin": SHOP}),
        await sqlite_api("POST", "/auth/token", json={}, headers={"Origin": SHOP}),
        await sqlite_api("OPTIONS", "/tickets", headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"}),
    ]

    assert [answer.status for answer in answers] == [200, 400, 204]
    assert not any(name.startswith("Access-Control") for answer in answers for name in answer.headers)


async def test_every_page_may_ask_the_embed_look_up(sqlite_api: Api) -> None:
    asked = await sqlite_api("GET", EMBED, headers={"Origin": SHOP})
    before = await sqlite_api("OPTIONS", EMBED, headers={"Origin": SHOP, "Access-Control-Request-Method": "GET"})

    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert (before.status, before.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert before.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


async def test_a_site_that_is_named_may_use_the_api_and_no_other(desk_settings: Settings, clock: Clock) -> None:
    named = with_section(desk_settings, "api", cors_origins=(SHOP,))
    async with desks.opened(named, clock=clock) as desk, served(desk) as api:
        shops = await api("GET", "/tickets", "bob", headers={"Origin": SHOP})
        refused = await api("GET", "/users", "bob", headers={"Origin": SHOP})
        others = await api("GET", "/tickets", "bob", headers={"Origin": SHOP + ".evil.test"})
        programs = await api("GET", "/tickets", "bob")
        before = await api("OPTIONS", "/tickets", headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"})
        others_before = await api("OPTIONS", "/tickets", headers={"Origin": "null"})
        embed = await api("GET", EMBED, headers={"Origin": SHOP})
        health = await api("GET", "/health", headers={"Origin": SHOP})

    for answer in (shops, refused, before):
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "ETag" in shops.headers["Access-Control-Expose-Headers"]
    assert before.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST"
    assert "Idempotency-Key" in before.headers["Access-Control-Allow-Headers"]
    for answer in (others, programs, others_before, health):
        assert "Access-Control-Allow-Origin" not in answer.headers
    for answer in (shops, refused, others, programs, before, others_before):
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert embed.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "origin", ["*", "shop.example.com", "https://shop.example.com/path", "https://*.example.com", ""]
)
def test_an_origin_is_written_in_full(origin: str) -> None:
    with pytest.raises(Invalid, match="cors_origins"):
        load(environment={"DESKBELL_API__CORS_ORIGINS": f'["{origin}"]'})


async def test_every_path_says_what_it_answers_to(sqlite_api: Api) -> None:
    methods: dict[str, set[str]] = {}
    for route in table.routes():
        methods.setdefault(route.path, set()).add(route.method)

    for path, known in methods.items():
        filled = _filled(path)
        answer = await sqlite_api("OPTIONS", filled)
        assert answer.status == 204, path
        assert answer.body == b""
        assert set(answer.headers["Allow"].split(", ")) == known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())
        assert (await sqlite_api("OPTIONS", filled + "/")).headers["Allow"] == answer.headers["Allow"]


def _filled(path: str) -> str:
    names = {
        "{ticket:": "1", "{username:": "bob", "{token}": "x", "{contract:": "healthcare", "{list:": "tool", "{number:": "1",
    }  # fmt: skip
    parts = path.replace("[0-9]{1,18}|", "").replace("(?!me/?$)", "").split("/")
    given = [next((value for name, value in names.items() if part.startswith(name)), part) for part in parts]
    return "/".join("01890000-0000-7000-8000-000000000000" if part.startswith("{") else part for part in given)


@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/tickets/1/comments", "/users/me", "/nope", "/tickets/7"])
@ON_ITS_LOOP
async def test_head_is_get_without_its_body(standing: Api, path: str) -> None:
    await standing.ticket("alice")

    got, head = await standing("GET", path, "bob"), await standing("HEAD", path, "bob")

    assert head.status == got.status
    assert head.body == b""
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers.get(name) == got.headers.get(name), name

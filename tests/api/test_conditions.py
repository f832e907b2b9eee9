"""Conditional requests: nobody overwrites what they have not seen, and nobody is sent what they have."""

import pytest

from core import desk as desks
from core.config import Settings
from tests.api.conftest import ON_ITS_LOOP, Api, served
from tests.builders import Clock
from tests.stored import with_section


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"1"', 200),
        ("*", 200),
        ('"7", "1"', 200),
        ('"7"', 412),
        ('W/"1"', 412),
        ("1", 412),
        ('"1-0badcafe"', 200),
        ('"7-0badcafe"', 412),
        ('"1-x"', 412),
    ],
)
@ON_ITS_LOOP
async def test_a_change_is_made_only_to_the_version_that_was_read(standing: Api, condition: str, status: int) -> None:
    opened = await standing.ticket()

    answer = await standing(
        "PATCH", f"/tickets/{opened['id']}", "bob", json={"priority": "low"}, headers={"If-Match": condition}
    )

    assert answer.status == status
    assert status == 200 or answer.is_problem(412)


@pytest.mark.parametrize("by", ["alice", "bob"])
async def test_who_has_a_ticket_already_is_told_so(api: Api, by: str) -> None:
    path = f"/tickets/{(await api.ticket('alice'))['id']}"
    first = await api("GET", path, by)
    tag = first.headers["ETag"]

    for named in (tag, f"W/{tag}", f'"x", {tag}'):
        again = await api("GET", path, by, headers={"If-None-Match": named})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert (await api("HEAD", path, by, headers={"If-None-Match": tag})).status == 304
    assert (await api("GET", path, "dora", headers={"If-None-Match": tag})).is_problem(404)

    changed = await api("PATCH", path, "bob", json={"priority": "low"})
    fresh = await api("GET", path, by, headers={"If-None-Match": tag})
    assert fresh.status == 200
    assert by == "alice" or fresh.headers["ETag"] == changed.headers["ETag"]


async def test_a_desk_may_want_every_change_to_name_its_version(desk_settings: Settings, clock: Clock) -> None:
    strict = with_section(desk_settings, "api", require_if_match=True)
    async with desks.opened(strict, clock=clock) as desk, served(desk) as api:
        opened = await api.ticket("alice")
        path = f"/tickets/{opened['id']}"
        changes = (
            ("PATCH", path, {"priority": "low"}),
            ("PUT", path, {"priority": "low"}),
            ("PATCH", f"{path}/assign", {"agent": "carol"}),
            ("DELETE", path, None),
        )
        blind = [await api(method, where, "carol", json=sent) for method, where, sent in changes]
        others = await api("PATCH", path, "dora", json={"priority": "low"})
        commented = await api("POST", f"{path}/comments", "carol", json={"body": "Seen."})
        tag = (await api("GET", path, "carol")).headers["ETag"]
        seen = await api("DELETE", path, "carol", headers={"If-Match": tag})

    assert all(answer.is_problem(428) for answer in blind)
    assert "If-Match" in blind[0].json["detail"]
    assert others.is_problem(404)
    assert (commented.status, seen.status) == (201, 204)

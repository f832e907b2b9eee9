"""Webhooks from end to end: made over the API, told over a real socket, signed, tried again, switched off, replayed."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from yarl import URL

from api import webhook_courier, webhook_post
from core import desk as desks
from core import outbox, tables, webhook_tables, webhooks
from core.config import Settings, WebhooksSection
from core.desk import Desk
from core.vocabulary import Channel, DeliveryState, EventType
from tests.api.conftest import Api, served
from tests.builders import Clock, a_mail
from tests.stored import count, rows, with_section
from tests.webhook_receiver import Heard, Receiver, receiving

ALL = [str(one) for one in EventType]


@pytest.fixture
async def hooked(any_settings: Settings, clock: Clock) -> AsyncIterator[Api]:
    """A desk that may tell its own machine."""
    settings = with_section(any_settings, "webhooks", allow_private=True, disable_after_hours=2)
    settings = with_section(settings, "api", token_minutes=1440)
    async with desks.opened(settings, clock=clock) as desk, served(desk) as api:
        yield api


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def a_webhook(api: Api, url: str, events: Collection[str] = ALL) -> Any:
    answer = await api("POST", "/webhooks", "carol", json={"url": url, "events": list(events)})
    assert answer.status == 201, answer.body
    return answer.json


async def tell(desk: Desk) -> None:
    """Rounds until nothing is due."""
    while (await webhook_courier.deliver(desk)).taken:
        pass


async def log(api: Api, hook: Any) -> Any:
    return (await api("GET", f"/webhooks/{hook['id']}/deliveries", "carol")).json["deliveries"]


def from_the_docs() -> Any:
    """The function that docs/webhooks.md gives to receivers, as it stands there."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_genuine"]


DOCS = Path(__file__).parents[2] / "docs" / "webhooks.md"
is_genuine = from_the_docs()


def verified(secret: str, heard: Heard, after: float = 0) -> bool:
    header = heard.headers["Deskbell-Signature"]
    return bool(is_genuine(secret, header, heard.body, heard.at.timestamp() + after))


# What is judged already is filed as a set, and what is not as every message.
@pytest.mark.parametrize(
    ("query", "priority", "told"), [("", "low", 0), ("&events=true", "low", 2), ("&events=true", "", 2)]
)
async def test_an_import_is_told_where_that_is_wanted(
    hooked: Api, receiver: Receiver, query: str, priority: str, told: int
) -> None:
    await a_webhook(hooked, receiver.url)
    file = f"subject,customer_name,category,priority\nOne,Ann,other,{priority}\nTwo,Ann,other,{priority}\n".encode()

    answer = await hooked("POST", f"/tickets/import?format=csv{query}", "carol", data=file)
    await tell(hooked.desk)

    assert answer.json["successful"] == 2
    assert receiver.types == ["ticket.created"] * told


async def test_everything_that_happens_to_a_ticket_is_told(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    ticket = await hooked.ticket("alice", tags=["fire"])
    path = f"/tickets/{ticket['id']}"
    await hooked("POST", f"{path}/comments", "alice", json={"body": "Hurry!"})
    await hooked("POST", f"{path}/comments", "bob", json={"body": "A liar?", "internal": True})
    await hooked("PATCH", f"{path}/assign", "bob", json={"agent": "bob"})
    await hooked("PATCH", path, "bob", json={"status": "resolved"})
    await tell(hooked.desk)

    assert sorted(receiver.types) == sorted(
        [
            "ticket.created", "ticket.commented", "ticket.commented", "ticket.updated", "ticket.updated",
            "ticket.resolved",
        ]
    )  # fmt: skip
    assert all(verified(hook["secret"], one) for one in receiver.heard)
    by_type = {one.type: one.json for one in receiver.heard}
    created = by_type["ticket.created"]
    assert created["ticket"]["id"] == ticket["id"]
    assert created["ticket"]["tags"] == ["fire"]
    assert created["ticket"]["client"]["email"] == "alice@people.test"
    assert created["comment"]["body"] == ticket["description"]
    assert by_type["ticket.resolved"]["ticket"]["status"] == "resolved"
    assert by_type["ticket.resolved"]["changes"] == [{"field": "status", "old": "new", "new": "resolved"}]
    assert {one.json["comment"]["internal"] for one in receiver.heard if one.type == "ticket.commented"} == {
        True,
        False,
    }
    first = receiver.heard[0]
    assert first.headers["Deskbell-Event"] == first.type
    assert first.headers["Deskbell-Event-Id"] == first.json["id"]
    assert {one["state"] for one in await log(hooked, hook)} == {"sent"}


async def test_mail_is_told_of_too_and_each_webhook_hears_what_it_asked_for(hooked: Api, receiver: Receiver) -> None:
    await a_webhook(hooked, receiver.url, ["ticket.created"])
    await a_webhook(hooked, receiver.url + "/other", ["ticket.created", "ticket.resolved"])
    await hooked.desk.receive(a_mail())
    await tell(hooked.desk)

    assert receiver.types == ["ticket.created", "ticket.created"]
    assert len({one.json["id"] for one in receiver.heard}) == 1
    assert len({one.headers["Deskbell-Signature"] for one in receiver.heard}) == 2


async def test_where_nobody_listens_nothing_is_queued(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    await hooked("PATCH", f"/webhooks/{hook['id']}", "carol", json={"active": False})

    await hooked.ticket("alice")

    assert await count(hooked.desk, tables.deliveries) == 0


async def test_what_is_rolled_back_is_told_to_nobody(hooked: Api, receiver: Receiver) -> None:
    await a_webhook(hooked, receiver.url)
    ticket = await hooked.ticket("alice")
    stale = {"If-Match": '"99"'}

    answer = await hooked("PATCH", f"/tickets/{ticket['id']}", "bob", json={"status": "closed"}, headers=stale)
    await tell(hooked.desk)

    assert answer.status == 412
    assert receiver.types == ["ticket.created"]


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_what_does_not_arrive_is_tried_again_in_the_same_words(
    hooked: Api, receiver: Receiver, clock: Clock, status: int
) -> None:
    hook = await a_webhook(hooked, receiver.url)
    receiver.status, receiver.location = status, receiver.url if status == 302 else ""
    await hooked.ticket("alice")
    await tell(hooked.desk)
    [waiting] = await log(hooked, hook)
    failing = (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).json["failing_since"]

    receiver.status = 204
    clock.forward(timedelta(minutes=5))
    await tell(hooked.desk)

    assert (waiting["state"], waiting["attempts"]) == ("retrying", 1)
    assert str(status) in waiting["reason"]
    assert failing is not None
    first, second = receiver.heard
    assert first.body == second.body
    assert first.headers["Deskbell-Signature"] != second.headers["Deskbell-Signature"]
    assert (await log(hooked, hook))[0]["state"] == "sent"
    assert (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).json["failing_since"] is None


async def test_a_receiver_that_is_away_is_asked_once_a_round_and_holds_nobody_up(
    hooked: Api, receiver: Receiver, clock: Clock
) -> None:
    async with receiving() as away:
        broken = await a_webhook(hooked, away.url)
        await a_webhook(hooked, receiver.url)
        away.status = 503
        for _ in range(5):
            await hooked.ticket("alice")

        await tell(hooked.desk)

        assert len(away.heard) == 1
        assert len(receiver.heard) == 5
        assert {one["state"] for one in await log(hooked, broken)} == {"retrying"}


async def test_after_long_failing_a_webhook_is_switched_off_and_says_why(
    hooked: Api, receiver: Receiver, clock: Clock
) -> None:
    hook = await a_webhook(hooked, receiver.url)
    receiver.status = 500
    for _ in range(5):
        await hooked.ticket("alice")
        await tell(hooked.desk)
        clock.forward(timedelta(minutes=40))
    off = (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).json
    told = {one["state"] for one in await log(hooked, hook)}

    receiver.status = 200
    on = await hooked("PATCH", f"/webhooks/{hook['id']}", "carol", json={"active": True})
    await hooked.ticket("alice")
    await tell(hooked.desk)

    assert not off["active"]
    assert "nothing has arrived there for 2 hours: the receiver answered 500" in off["disabled_reason"]
    assert told == {"failed"}
    assert (on.json["active"], on.json["disabled_reason"]) == (True, "")
    assert (await log(hooked, hook))[0]["state"] == "sent"


async def test_a_receiver_that_is_gone_is_left_alone_at_once(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    receiver.status = 410
    await hooked.ticket("alice")
    await tell(hooked.desk)

    found = (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).json
    assert (found["active"], found["disabled_reason"]) == (False, "the receiver answered 410 Gone")


async def test_an_event_can_be_told_once_more(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    await hooked.ticket("alice")
    [queued] = await log(hooked, hook)
    path = f"/webhooks/{hook['id']}/deliveries"

    early = await hooked("POST", f"{path}/{queued['id']}/replay", "carol")
    await tell(hooked.desk)
    again = await hooked("POST", f"{path}/{queued['id']}/replay", "carol")
    await tell(hooked.desk)
    unknown = await hooked("POST", f"{path}/{UUID(int=1)}/replay", "carol")

    assert early.is_problem(409)
    assert again.status == 204
    assert unknown.is_problem(404)
    assert len(receiver.heard) == 2
    assert len({one.body for one in receiver.heard}) == 1


async def test_a_new_secret_signs_from_then_on_and_is_shown_once(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    renewed = (await hooked("POST", f"/webhooks/{hook['id']}/secret", "carol")).json
    await hooked.ticket("alice")
    await tell(hooked.desk)

    [heard] = receiver.heard
    assert verified(renewed["secret"], heard)
    assert not verified(renewed["secret"], heard, after=301)
    assert not verified(renewed["secret"], replace(heard, body=heard.body + b" "))
    assert not verified(hook["secret"], heard)
    shown = (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).json
    assert "secret" not in shown
    for row in await rows(hooked.desk, webhook_tables.webhooks):
        assert renewed["secret"] not in repr(row)


async def test_a_deleted_webhook_hears_nothing_more(hooked: Api, receiver: Receiver) -> None:
    hook = await a_webhook(hooked, receiver.url)
    await hooked.ticket("alice")

    gone = await hooked("DELETE", f"/webhooks/{hook['id']}", "carol")
    await tell(hooked.desk)

    assert gone.status == 204
    assert receiver.heard == []
    assert (await hooked("GET", f"/webhooks/{hook['id']}", "carol")).is_problem(404)
    async with hooked.desk.reading() as connection:
        assert [one.state for one in await outbox.entries(connection)] == [DeliveryState.FAILED]


async def test_a_crash_between_telling_and_writing_it_down_tells_it_again(
    hooked: Api, receiver: Receiver, clock: Clock
) -> None:
    hook = await a_webhook(hooked, receiver.url)
    await hooked.ticket("alice")
    async with hooked.desk.writing() as connection:
        await outbox.claim(connection, Channel.WEBHOOK, clock(), limit=10)

    clock.forward(outbox.LEASE)
    await tell(hooked.desk)

    assert receiver.types == ["ticket.created"]
    assert (await log(hooked, hook))[0]["state"] == "sent"


async def test_the_courier_tells_by_itself_and_stops_when_asked(hooked: Api, receiver: Receiver) -> None:
    await a_webhook(hooked, receiver.url)
    task = asyncio.create_task(webhook_courier.courier(hooked.desk))
    try:
        await hooked.ticket("alice")
        await receiver.until(lambda one: bool(one.heard))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert receiver.types == ["ticket.created"]


HOSTILE = [
    "http://example.com/hook", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/",
    "https://172.16.5.4/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/",
    "https://0.0.0.0/", "https://[::]/", "https://[fe80::1]/", "https://[fd00::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/",
    "https://[ff02::1]/", "https://255.255.255.255/", "https://192.0.2.1/", "https://198.18.0.1/", "https://240.0.0.1/",
    "https://user:secret@example.com/", "ftp://example.com/", "file:///etc/passwd", "https://", "javascript:alert(1)",
    "https://exa mple.com/", "https://example.com:99999/", "//example.com", "https://[01b:]/",
    "https://[1::2::3]/", "https://[fec0::1]/",
]  # fmt: skip


async def test_an_address_within_is_refused_when_it_is_given(sqlite_api: Api) -> None:
    for url in HOSTILE:
        answer = await sqlite_api("POST", "/webhooks", "carol", json={"url": url, "events": ALL})

        assert answer.is_problem(400), url
        assert answer.wrong_fields == {"url"}


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
async def test_a_name_that_leads_within_is_never_asked(host: str) -> None:
    """Whatever a name leads to today: here, this machine, on which somebody listens."""
    async with receiving() as canary:
        url = URL(canary.url).with_scheme("https").with_host(host)
        settings = WebhooksSection()
        assert webhook_post.refusal(url, settings) == ""
        async with webhook_post.opened(settings) as post:
            told = await post.tell(a_telling(str(url)), "secret", Clock()())

        assert told is not None
        # Some spellings aiohttp refuses before anybody looks them up.
        assert "leads into a private network" in told.reason or "not a canonical IPv4" in told.reason
        assert canary.heard == []


async def test_no_proxy_of_the_environment_hears_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as hook, receiving() as proxy:
        for name, value in (("http_proxy", proxy.url), ("no_proxy", ""), ("NO_PROXY", "")):
            monkeypatch.setenv(name, value)

        async with webhook_post.opened(WebhooksSection(allow_private=True)) as post:
            told = await post.tell(a_telling(hook.url), "secret", Clock()())

        assert (told, len(hook.heard), proxy.heard) == (None, 1, [])


def a_telling(url: str) -> webhooks.Telling:
    now = Clock()()
    hook = webhooks.Webhook(UUID(int=1), url, (EventType.CREATED,), True, 1, None, "", now, now)
    return webhooks.Telling(UUID(int=2), hook, "3", EventType.CREATED, b"{}")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8", "2002:808:808::"]
)
def test_public_addresses_may_be_asked(address: str) -> None:
    assert not webhook_post.forbidden(address)


async def test_a_receiver_that_never_answers_is_not_waited_for(clock: Clock) -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with webhook_post.opened(WebhooksSection(allow_private=True, timeout_seconds=1)) as post:
        told = await post.tell(a_telling(url), "secret", clock())
    await left.wait()
    server.close()

    assert told == webhook_post.NotTold("no answer within 1 seconds")


async def test_nobody_but_admins_knows_of_webhooks(sqlite_api: Api) -> None:
    for by, status in [(None, 401), ("alice", 403), ("bob", 403), ("carol", 200)]:
        assert (await sqlite_api("GET", "/webhooks", by)).status == status

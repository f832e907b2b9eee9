"""The end of the door: what is under way is answered, the rest is told to come again."""

import asyncio
from contextlib import AsyncExitStack

from core.messages import InboundMessage, Receipt
from ingest.smtp_limits import Limits
from tests.ingest.smtp_client import A_MAIL, US, a_door, on_the_wire, opened

CLOSING = "421 4.3.2 The service is closing, please try again later"


async def test_a_client_between_mails_is_told_to_come_again() -> None:
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door())
        client = await door.greeted()
        await client.say("MAIL FROM:<ann@example.net>")
        door.clients.clear()

        async with asyncio.timeout(5):
            await stack.aclose()

        assert await client.reply() == CLOSING
        assert await client.reply() == ""
        client.abort()


async def test_a_commit_in_flight_is_answered() -> None:
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def answer(message: InboundMessage) -> Receipt:
        under_way.set()
        await go_on.wait()
        return opened(1)

    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door(answer=answer))
        client = await door.greeted()
        door.clients.clear()
        sending = asyncio.create_task(client.mail())
        await under_way.wait()

        closing = asyncio.create_task(stack.aclose())
        await refused(door.room.port)
        go_on.set()

        assert await sending == "250 2.0.0 Ticket 1 opened"
        assert await client.reply() == CLOSING
        await closing
        client.abort()


async def test_a_transfer_in_flight_may_end() -> None:
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door())
        client = await door.greeted()
        door.clients.clear()
        for command in ("MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>", "DATA"):
            await client.say(command)

        closing = asyncio.create_task(stack.aclose())
        await refused(door.room.port)
        await client.send(on_the_wire(A_MAIL))

        assert await client.reply() == "250 2.0.0 Ticket 1 opened"
        assert await client.reply() == CLOSING
        await closing
        client.abort()


async def test_a_transfer_that_does_not_end_in_time_is_told_to_come_again() -> None:
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door(limits=Limits(drain=0.05)))
        client = await door.greeted()
        door.clients.clear()
        for command in ("MAIL FROM:<ann@example.net>", f"RCPT TO:<{US}>", "DATA"):
            await client.say(command)

        await stack.aclose()

        assert await client.reply() == CLOSING
        client.abort()
    assert door.mails == []


async def test_a_commit_that_does_not_end_in_time_is_not_answered() -> None:
    under_way = asyncio.Event()

    async def answer(message: InboundMessage) -> Receipt:
        under_way.set()
        await asyncio.Event().wait()
        return opened(1)

    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(a_door(limits=Limits(drain=0.05), answer=answer))
        client = await door.greeted()
        door.clients.clear()
        sending = asyncio.create_task(client.mail())
        await under_way.wait()

        await stack.aclose()

        assert await sending == CLOSING
        client.abort()


async def refused(port: int) -> None:
    """Knock until nobody opens any more."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.transport.abort()

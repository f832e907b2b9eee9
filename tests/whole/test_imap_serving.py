"""A desk that fetches its mail: as `serve` puts it together."""

import asyncio

import aiohttp

import deskbell
from core import desk as desks
from core import tables
from core.config import Settings
from tests.imap_server import ImapServer, a_mailbox
from tests.ingest.test_imap import mail, section
from tests.stored import count


async def test_a_serving_desk_fetches_mail_and_says_so_when_it_is_asked(desk_settings: Settings) -> None:
    async with a_mailbox() as server:
        server.put(mail(1))
        fetching = desk_settings.model_copy(update={"imap": section(server)})
        async with desks.opened(fetching) as desk, deskbell._serving(desk, frozenset({"imap", "api"})) as running:
            await marked(server)
            tickets = await count(desk, tables.tickets)
            async with aiohttp.ClientSession() as session:
                answer = await session.get(f"http://127.0.0.1:{running.api_port}/ready")
                ready = await answer.json()

        assert "imap" in ready["checks"]
        assert running.mailroom is None
        assert server.flags() == {1: {r"\Seen"}}
        assert tickets == 1
        assert running.imap is not None
        assert running.imap.cancelled()


async def marked(server: ImapServer) -> None:
    """Until the mail is marked as read, which is after its commit."""
    async with asyncio.timeout(20):
        while not server.flags()[1]:
            server.stirred.clear()
            await server.stirred.wait()

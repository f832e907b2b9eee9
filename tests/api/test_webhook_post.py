"""Where an event may be told, whatever a name server says."""

import asyncio
import socket

import pytest

from api import webhook_post


async def test_a_name_that_leads_within_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("8.8.8.8", "169.254.169.254")]

    # What a name server of the attacker's own would answer.
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)

    with pytest.raises(webhook_post.Refused, match="leads into a private network"):
        await webhook_post.Guard(allow_private=False).resolve("both.test", 443)
    assert len(await webhook_post.Guard(allow_private=True).resolve("both.test", 443)) == 2

"""Fetching the files that came with a message, as far as they may be had."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.api import TELEGRAM, Api, Away, Refused, TooLarge
from bot.remote import RemoteFile
from core.config import Settings
from core.messages import InboundFile

log = structlog.get_logger()

MIB = 1024 * 1024
# A minute in all, in which the chat waits.
TRIES = 6
# Telegram gives larger files to nobody but a server of one's own (Bot API, getFile).
MOST_AT_TELEGRAM = 20 * MIB


def most_bytes(settings: Settings) -> int:
    kept = settings.attachments.max_mb * MIB
    return min(kept, MOST_AT_TELEGRAM) if settings.telegram.api_base_url == TELEGRAM else kept


async def fetched(
    api: Api, wanted: Sequence[RemoteFile], settings: Settings
) -> tuple[tuple[InboundFile, ...], tuple[str, ...]]:
    """The files, and the names of those that cannot be had."""
    files: list[InboundFile] = []
    missing: list[str] = []
    most = most_bytes(settings)
    for one in wanted:
        data = None if one.size > most else await _data(api, one, most)
        if data is None:
            missing.append(one.filename)
        else:
            files.append(InboundFile(one.filename, one.content_type, data))
    return tuple(files), tuple(missing)


async def _data(api: Api, wanted: RemoteFile, most: int) -> bytes | None:
    for tried in range(TRIES):
        try:
            return await api.file(wanted.file_id, most)
        except TooLarge:
            return None
        except (Away, Refused) as error:
            if isinstance(error, Refused) and error.code in (400, 404):
                # "file is too big", or it is not kept any longer: it will not be had tomorrow either.
                log.warning("telegram_file_refused", reason=error.reason)
                return None
            log.warning("telegram_file_delayed", reason=str(error), tried=tried + 1)
            await asyncio.sleep(getattr(error, "seconds", 0) or 2**tried)
    # The words that came with it are worth more than waiting longer; its sender is told.
    return None

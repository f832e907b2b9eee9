"""The status page of a ticket, for whoever holds its embed token: what became of it, and nothing that is private."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aiohttp import hdrs, web

from api.pages import house, static, texts
from api.pages.house import House
from core.desk import Desk
from core.links import EmbedView

_TOKEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# For so long after it was opened the page says that the message has arrived. Told by the ticket, not by the address of
# the page, in which anybody could write it.
JUST_OPENED = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Pages:
    """What the handlers need. `allow` tells how many seconds an address has to wait before it may ask, if any."""

    desk: Desk
    client_ip: Callable[[web.Request], str]
    allow: Callable[[str], float | None]
    house: House


PAGES = web.AppKey("pages", Pages)


def mount(
    app: web.Application,
    desk: Desk,
    *,
    client_ip: Callable[[web.Request], str],
    allow: Callable[[str], float | None],
) -> None:
    """Serve `/t/{embed token}`, `/thanks`, and the files that the pages and the form link to."""
    app[PAGES] = Pages(desk, client_ip, allow, house.of(desk.settings))
    app.add_routes(
        [
            web.get("/t/{embed_token}", status),
            web.get("/t/{embed_token}/", status),
            web.get("/thanks", thanks),
            *static.routes(),
        ]
    )


async def status(request: web.Request) -> web.Response:
    pages = request.config_dict[PAGES]
    if (wait := pages.allow(pages.client_ip(request))) is not None:
        return too_often(pages, wait)
    token = request.match_info["embed_token"]
    # What cannot be a token is looked up nowhere, and answered like one that does not exist.
    view = await pages.desk.embeds.get(token) if _TOKEN.fullmatch(token) else None
    if view is None or view.status not in pages.house.texts.statuses:
        return house.notice(pages.house, pages.house.texts.not_found, 404)
    return _status(pages, view, token)


async def thanks(request: web.Request) -> web.Response:
    """Where a post leads that has no ticket to show."""
    pages = request.config_dict[PAGES]
    return house.notice(pages.house, pages.house.texts.thanks, 200)


def _status(pages: Pages, view: EmbedView, token: str) -> web.Response:
    words, bot = pages.house.texts, pages.desk.settings.telegram.bot_name
    progress = words.statuses[view.status]
    return house.page(
        pages.house,
        "status.html",
        view=view,
        progress=progress,
        opened=texts.date(view.created_at, words),
        updated=texts.date(view.updated_at, words),
        # The bot then asks the requester's mailbox: this page may have been passed on.
        chat=f"https://t.me/{bot}?start={token}" if bot else "",
        just_opened=progress.step == 1 and pages.desk.clock() - view.created_at < JUST_OPENED,
    )


def too_often(pages: Pages, wait: float) -> web.Response:
    response = house.notice(pages.house, pages.house.texts.too_often, 429)
    response.headers[hdrs.RETRY_AFTER] = str(max(1, math.ceil(wait)))
    return response

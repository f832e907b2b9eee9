"""A file that was too large for a mail, for whoever holds the link that the mail had instead of it."""

from aiohttp import web

from api.native.attachments import download
from api.pages import house
from api.pages.status import PAGES, too_often
from core import attachments
from core.errors import NotFound
from core.mail import file_links


def mount(app: web.Application) -> None:
    """Serve `/f/{token}`; the status pages are mounted before, whose allowance counts for these too."""
    app.add_routes([web.get("/f/{token}", file)])


async def file(request: web.Request) -> web.Response:
    pages = request.config_dict[PAGES]
    if (wait := pages.allow(pages.client_ip(request))) is not None:
        return too_often(pages, wait)
    desk = pages.desk
    try:
        async with desk.reading() as connection:
            found = await file_links.opened(connection, desk.keys.files, request.match_info["token"], desk.clock())
            data = await attachments.opened(connection, desk.blob_folder, found)
    except NotFound:
        return house.notice(pages.house, pages.house.texts.not_found, 404)
    response = download(data, found.filename, found.content_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response

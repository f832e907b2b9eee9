"""Files of a ticket: what there is, and their bytes, which no browser may take for a page of ours."""

from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from api import respond
from api.native import finding, views
from api.routes import Call
from core import attachments
from core.text import clean_line

# What a browser shows without running anything. All else is bytes.
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "application/pdf"})


async def many(call: Call) -> web.Response:
    ticket = await finding.now(call)
    async with call.desk.reading() as connection:
        files = await attachments.of_ticket(connection, ticket, call.actor)
    return respond.json({"attachments": [views.attachment(file) for file in files]})


async def one(call: Call) -> web.Response:
    ticket = await finding.now(call)
    wanted = UUID(call.request.match_info["attachment"])
    async with call.desk.reading() as connection:
        file = await attachments.one(connection, ticket, wanted, call.actor)
        data = await attachments.content(connection, call.desk.blob_folder, file)
    return download(data, file.filename, file.content_type)


def download(data: bytes, filename: str, content_type: str = "") -> web.Response:
    """Bytes of somebody else's making, to be saved and never to be run."""
    return web.Response(
        body=data,
        headers={
            "Content-Type": content_type if content_type in _SHOWN else "application/octet-stream",
            "Content-Disposition": disposition(filename),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


def disposition(filename: str) -> str:
    """RFC 6266: a plain name for old readers, the real one in RFC 5987's form. No name can end the header."""
    name = clean_line(filename.replace("/", "_").replace("\\", "_"), most=150) or "file"
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"%;' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

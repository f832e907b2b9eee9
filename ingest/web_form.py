"""The web form: shows it, takes what was posted, and leads to the status page of the ticket.

`GET /` shows it. `POST /` answers 303 to `/t/{embed token}`, or shows the form again with everything that is wrong
with it and everything that was typed. Works without JavaScript. The style sheet, the status page and the page behind
`/thanks` are the API's pages; this module knows only where they are.
"""

import asyncio
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from aiohttp import hdrs, web

from core.desk import Desk
from core.errors import Invalid, Problem, Unavailable
from core.messages import InboundMessage, Receipt
from core.storage import room
from core.vocabulary import Outcome
from ingest import form_body, form_fields, form_texts, form_token, upload
from ingest.form_body import Pace, Posted, Terms
from ingest.form_fields import Entry, Origin
from ingest.form_texts import Texts
from ingest.form_token import Rendering
from ingest.upload import Rules

if TYPE_CHECKING:
    from jinja2 import Template

# A form left open over night may still be sent; older ones are rendered anew.
OPEN_FOR = timedelta(hours=24)
# Above this the files are read and hashed in a thread, a few messages at a time.
LARGE = 256 * 1024
LARGE_AT_ONCE = 2

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# The trap has the name of something that robots like to fill in. People do not see it.
TRAP = "website"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Form:
    """What the handlers need. `allow` tells how many seconds an address has to wait before it may post, if any."""

    desk: Desk
    client_ip: Callable[[web.Request], str]
    allow: Callable[[str], float | None]
    texts: Texts
    rules: Rules
    terms: Terms
    base: str
    large: asyncio.Semaphore


FORM = web.AppKey("form", Form)


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown: what was typed, what is wrong with it, and what is wrong with the whole."""

    token: str
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    notice: str = ""
    files_lost: bool = False


def mount(
    app: web.Application,
    desk: Desk,
    *,
    client_ip: Callable[[web.Request], str],
    allow: Callable[[str], float | None],
    pace: Pace | None = None,
) -> None:
    """Serve the form at `/`, unless it is switched off."""
    if not desk.settings.form.enabled:
        return
    rules = upload.rules_of(desk.settings)
    app[FORM] = Form(
        desk=desk,
        client_ip=client_ip,
        allow=allow,
        texts=form_texts.of(desk.settings.desk.language),
        rules=rules,
        terms=Terms(rules.most_bytes, rules.most_files, desk.settings.desk.data_dir, pace or Pace()),
        base=urlsplit(desk.settings.public_url).path,
        large=asyncio.Semaphore(LARGE_AT_ONCE),
    )
    app.add_routes([web.get("/", show), web.post("/", submit)])


async def show(request: web.Request) -> web.Response:
    form = request.config_dict[FORM]
    response = _page(form, 200, Page(_new_token(form)))
    # Not "no-store": a browser that goes back to the form shall find in it what was typed.
    response.headers[hdrs.CACHE_CONTROL] = "private, no-cache"
    return response


async def submit(request: web.Request) -> web.Response:
    form = request.config_dict[FORM]
    ip = form.client_ip(request)
    wait = form.allow(ip)
    has_room = room.is_there(form.desk.settings.desk.data_dir, min(request.content_length or 0, form.terms.most_bytes))
    # What is turned away anyway keeps its text, but brings no files.
    terms = form.terms if wait is None and has_room else replace(form.terms, most_bytes=0, most_files=0)
    async with form_body.reading(request, terms) as posted:
        if wait is not None:
            return _too_often(form, posted, wait)
        return await _judge(form, request, posted, ip) if has_room else _unavailable(form, posted)


async def _judge(form: Form, request: web.Request, posted: Posted, ip: str) -> web.Response:
    """What becomes of a post, in the order in which that is decided."""
    if posted.trouble is not None:
        return _again(form, posted, posted.trouble.status, notice=form.texts[posted.trouble.text])
    if posted.values.get(TRAP, "").strip():
        return await _trapped(form, request, posted, ip)
    rendering = form_token.read(form.desk.keys.forms, posted.values.get("token", ""))
    problem = _problem_with_rendering(form, request, rendering)
    try:
        entry = _entry(form, posted)
    except Invalid as invalid:
        status = 413 if upload.too_large(posted.files, form.rules) else 422
        return _again(form, posted, status, notice=problem, problems=invalid.problems)
    if rendering is None or problem:
        return _again(form, posted, 422, notice=problem)
    return await _receive(form, posted, entry, _origin(request, ip, rendering.random))


async def _trapped(form: Form, request: web.Request, posted: Posted, ip: str) -> web.Response:
    """A robot is thanked like anybody, and what it wrote lies in the ledger: now and then it was somebody's browser."""
    log.info("a form was filled in by a robot", ip=ip)
    try:
        entry = _entry(form, posted)
    except Invalid:
        return _see_other(form, "/thanks")
    return await _receive(form, posted, entry, replace(_origin(request, ip, secrets.token_bytes(16)), trapped=True))


def _origin(request: web.Request, ip: str, rendering: bytes) -> Origin:
    said = request.headers
    return Origin(ip, said.get(hdrs.USER_AGENT, ""), said.get(hdrs.ACCEPT_LANGUAGE, ""), rendering)


def _entry(form: Form, posted: Posted) -> Entry:
    ours = form.desk.settings.our_addresses
    return form_fields.read(posted.values, posted.files, ours=ours, rules=form.rules, texts=form.texts)


def _problem_with_rendering(form: Form, request: web.Request, rendering: Rendering | None) -> str:
    age = form.desk.clock() - rendering.at if rendering else None
    # Browsers say whose page a form was on. One of another site can only have been prepared by somebody else.
    foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if age is None or age > OPEN_FOR or foreign:
        return form.texts["stale"].format(send=form.texts["send"])
    if age < timedelta(seconds=form.desk.settings.form.min_seconds):
        return form.texts["too_fast"].format(send=form.texts["send"])
    return ""


async def _receive(form: Form, posted: Posted, entry: Entry, origin: Origin) -> web.Response:
    """Hand the message to the desk. The one place where what goes wrong there becomes HTTP."""
    try:
        receipt = await _receipt(form, posted, entry, origin)
    except Unavailable as unavailable:
        log.warning("the desk is unavailable to the form", reason=unavailable.reason)
        return _unavailable(form, posted)
    except Exception:
        log.exception("fault while receiving a form", ip=origin.ip)
        return _unavailable(form, posted)
    if receipt.outcome in (Outcome.DEFERRED, Outcome.REFUSED):
        return _unavailable(form, posted)
    # What was set aside has no ticket to show, and whoever was blocked need not be told so.
    return _see_other(form, f"/t/{receipt.embed_token}" if receipt.embed_token else "/thanks")


async def _receipt(form: Form, posted: Posted, entry: Entry, origin: Origin) -> Receipt:
    def message() -> InboundMessage:
        return form_fields.message(entry, [upload.accepted(one) for one in posted.files], origin)

    if sum(one.size for one in posted.files) <= LARGE:
        return await form.desk.receive(message())
    async with form.large:
        return await form.desk.receive(await asyncio.to_thread(message))


def _unavailable(form: Form, posted: Posted) -> web.Response:
    response = _again(form, posted, 503, notice=form.texts["unavailable"])
    response.headers[hdrs.RETRY_AFTER] = "60"
    return response


def _too_often(form: Form, posted: Posted, wait: float) -> web.Response:
    minutes = math.ceil(wait / 60)
    words = form.texts["wait_one"] if minutes <= 1 else form.texts["wait"].format(minutes=minutes)
    notice = form.texts["too_often"].format(wait=words, send=form.texts["send"])
    response = _again(form, posted, 429, notice=notice)
    response.headers[hdrs.RETRY_AFTER] = str(max(1, math.ceil(wait)))
    return response


def _again(
    form: Form, posted: Posted, status: int, *, notice: str = "", problems: Sequence[Problem] = ()
) -> web.Response:
    page = Page(_token_again(form, posted), posted.values, problems, notice, files_lost=bool(posted.files))
    response = _page(form, status, page)
    if posted.trouble is not None:
        response.force_close()
    return response


def _token_again(form: Form, posted: Posted) -> str:
    """The same token as long as it is good: then a post that did arrive, and is sent again, is one ticket."""
    token = posted.values.get("token", "")
    rendering = form_token.read(form.desk.keys.forms, token)
    fresh = rendering is not None and form.desk.clock() - rendering.at <= OPEN_FOR
    return token if fresh else _new_token(form)


def _new_token(form: Form) -> str:
    return form_token.issue(form.desk.keys.forms, form.desk.clock(), secrets.token_bytes(form_token.RANDOM))


def _page(form: Form, status: int, page: Page) -> web.Response:
    body = _template().render(
        texts=form.texts,
        desk=form.desk.settings.desk.name,
        base=form.base,
        rules=form.rules,
        trap=TRAP,
        page=page,
        problem_of={problem.field: problem.message for problem in reversed(page.problems)},
    )
    headers = {**HEADERS, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(status=status, text=body, content_type="text/html", headers=headers)


def _see_other(form: Form, path: str) -> web.Response:
    headers = {**HEADERS, hdrs.CACHE_CONTROL: "no-store", hdrs.LOCATION: form.base + path}
    return web.Response(status=303, headers=headers)


@cache
def _template() -> "Template":
    # Loaded with the first page: many desks serve none in this process.
    import jinja2

    # Beside this module wherever that was installed: the wheel keeps our folders in a private one.
    loader = jinja2.FileSystemLoader(Path(__file__).with_name("templates"))
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("form.html")

"""How every public page looks and is sent: the template, the words, the headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from api.pages import texts
from api.pages.texts import Notice, Texts
from core.config import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

# Beside this module wherever that was installed: the wheel keeps our folders in a private one.
FOLDER = Path(__file__).parent

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # The address of a status page is the key to it: it goes to nobody else, into no index and into no cache.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    hdrs.CACHE_CONTROL: "no-store",
}


@dataclass(frozen=True, slots=True)
class House:
    """What every page needs. `base` is the path under which the desk is reached, empty for most."""

    desk: str
    base: str
    has_form: bool
    texts: Texts


def of(settings: Settings) -> House:
    base = urlsplit(settings.public_url).path
    return House(settings.desk.name, base, settings.form.enabled, texts.of(settings.desk.language))


def page(house: House, template: str, status: int = 200, **values: object) -> web.Response:
    body = _templates().get_template(template).render(house=house, texts=house.texts, base=house.base, **values)
    return web.Response(status=status, text=body, content_type="text/html", headers=HEADERS)


@cache
def _templates() -> "Environment":
    # Loaded with the first page: many desks serve none in this process.
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def notice(house: House, what: Notice, status: int) -> web.Response:
    """A page that only says something: an error, a refusal, thanks."""
    return page(house, "notice.html", status, notice=what)

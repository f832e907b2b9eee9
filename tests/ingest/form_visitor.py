"""Somebody at the web form: asks for the page, fills it in, sends it, and reads what comes back."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO

from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from lxml import html
from lxml.html import HtmlElement
from sqlalchemy import func, select

from api.pages import status
from core import tables
from core.desk import Desk
from ingest import web_form
from ingest.form_body import Pace
from tests.builders import Clock

File = tuple[str, bytes]


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    tree: HtmlElement | None = field(default=None)

    @property
    def page(self) -> HtmlElement:
        if self.tree is None:
            self.tree = html.document_fromstring(self.text)
        return self.tree

    @property
    def token(self) -> str:
        return self.value("token")

    def value(self, name: str) -> str:
        """What stands in a field of the form."""
        (found,) = self.page.xpath(f"//*[@name='{name}']")
        return str(found.value or "")

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each link of the summary: the field it leads to, and what it says."""
        links = self.page.xpath("//div[@role='alert']//a")
        return [(str(link.get("href")), str(link.text_content())) for link in links]

    @property
    def alert(self) -> str:
        return " ".join(str(one.text_content()) for one in self.page.xpath("//div[@role='alert']"))


@dataclass
class Visitor:
    client: TestClient[web.Request, web.Application]
    clock: Clock

    async def open(self, path: str = "/") -> Answer:
        return await self._answer("GET", path)

    async def fill_in(self, **fields: str) -> dict[str, str]:
        """The fields of a form that was opened a minute ago; what is not named is filled in sensibly."""
        token = (await self.open()).token
        self.clock.forward(timedelta(minutes=1))
        return {
            "token": token,
            "name": "Ann Archer",
            "email": "ann@customer.test",
            "subject": "Printer on fire",
            "message": "The printer on the second floor is on fire.",
            "website": "",
            **fields,
        }

    async def send(self, fields: Mapping[str, str], files: Sequence[File] = (), **headers: str) -> Answer:
        form = FormData(default_to_multipart=True, quote_fields=False)
        for name, value in fields.items():
            form.add_field(name, value)
        for filename, content in files or [("", b"")]:
            form.add_field("files", BytesIO(content), filename=filename, content_type="application/octet-stream")
        return await self._answer("POST", "/", data=form, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def send_raw(self, body: bytes, content_type: str, **headers: str) -> Answer:
        sent = {"Content-Type": content_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return await self._answer("POST", "/", data=BytesIO(body), headers=sent)

    async def _answer(
        self,
        method: str,
        path: str,
        *,
        data: FormData | BytesIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        async with self.client.request(method, path, data=data, headers=headers, allow_redirects=False) as response:
            return Answer(response.status, response.headers, await response.text())


@asynccontextmanager
async def visiting(
    desk: Desk, clock: Clock, *, allow: Callable[[str], float | None] = lambda ip: None, pace: Pace | None = None
) -> AsyncIterator[Visitor]:
    """A visitor of the form and the pages of this desk, served on a real socket."""
    app = web.Application()
    web_form.mount(app, desk, client_ip=lambda request: request.remote or "", allow=allow, pace=pace)
    status.mount(app, desk, client_ip=lambda request: request.remote or "", allow=allow)
    async with TestClient(TestServer(app)) as client:
        yield Visitor(client, clock)


async def ticket_count(desk: Desk) -> int:
    async with desk.reading() as connection:
        return (await connection.execute(select(func.count()).select_from(tables.tickets))).scalar_one()

"""The public pages: the status of a ticket and nothing private, and the files that the pages need."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from lxml import html
from sqlalchemy import update

from api.pages import files, status, texts
from core import attachments, tables
from core.attachments import NewFile
from core.desk import Desk
from core.mail import file_links
from core.messages import Receipt
from core.storage import blobs
from core.vocabulary import Status
from tests.builders import Clock, a_mail
from tests.deliveries import an_agent, say
from tests.stored import numbered, rows

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def waits() -> dict[str, float]:
    """How long which address has to wait; a test puts somebody in."""
    return {}


@pytest.fixture
async def client(desk: Desk, waits: dict[str, float]) -> AsyncIterator[Client]:
    async with served(desk, waits) as client:
        yield client


def served(desk: Desk, waits: dict[str, float]) -> Client:
    app = web.Application()
    status.mount(app, desk, client_ip=lambda request: request.remote or "", allow=waits.get)
    files.mount(app)
    return TestClient(TestServer(app))


async def a_ticket(desk: Desk, subject: str = "Printer on fire") -> Receipt:
    return await desk.receive(a_mail("secret@customer.test", "Secret Name", subject=subject, text="Secret body."))


async def test_the_page_tells_what_became_of_the_ticket(any_desk: Desk) -> None:
    receipt = await a_ticket(any_desk)
    async with served(any_desk, {}) as client, client.get(f"/t/{receipt.embed_token}") as response:
        page = html.document_fromstring(await response.text())

    assert response.status == 200
    assert page.xpath("//h1/text()") == ["Printer on fire"]
    assert f"Ticket {receipt.ticket_number}" in page.xpath("//title/text()")[0]
    assert page.xpath("//time/@datetime") == ["2026-03-02T12:00:00+00:00"] * 2
    assert page.xpath("//time/text()") == ["2 March 2026, 12:00 UTC"] * 2
    assert page.xpath("//li[@aria-current='step']/text()") == ["Received"]


async def test_the_page_tells_nothing_that_is_private(desk: Desk, client: Client) -> None:
    receipt = await a_ticket(desk)

    async with client.get(f"/t/{receipt.embed_token}") as response:
        text = await response.text()

    assert "ecret" not in text
    assert "customer.test" not in text
    assert str(receipt.ticket_id) not in text


async def test_the_page_is_kept_and_passed_on_by_nobody(desk: Desk, client: Client) -> None:
    receipt = await a_ticket(desk)

    async with client.get(f"/t/{receipt.embed_token}") as response:
        page = html.document_fromstring(await response.text())

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response.headers["X-Robots-Tag"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]
    assert not page.xpath("//script|//@style")


async def test_right_after_opening_the_page_says_what_happens_next(desk: Desk, client: Client, clock: Clock) -> None:
    receipt = await a_ticket(desk)

    async with client.get(f"/t/{receipt.embed_token}") as response:
        fresh = await response.text()
    clock.forward(timedelta(minutes=16))
    async with client.get(f"/t/{receipt.embed_token}") as response:
        later = await response.text()

    assert "We have your message. Keep this link." in fresh
    assert "Keep this link" not in later


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DELETED])
async def test_every_status_is_told_in_plain_words(desk: Desk, client: Client, status: Status) -> None:
    receipt = await a_ticket(desk)
    async with desk.writing() as connection:
        await connection.execute(update(tables.tickets).values(status=status))

    async with client.get(f"/t/{receipt.embed_token}") as response:
        page = html.document_fromstring(await response.text())

    assert page.xpath("//strong[contains(@class, 'badge')]/text()") == [texts.ENGLISH.statuses[status].name]
    assert status not in page.text_content() or "_" not in status


async def test_every_address_without_a_ticket_looks_the_same(desk: Desk, client: Client) -> None:
    revoked, deleted = await a_ticket(desk), await a_ticket(desk)
    async with desk.writing() as connection:
        tickets = tables.tickets
        await connection.execute(update(tickets).where(tickets.c.id == revoked.ticket_id).values(embed_token=None))
        await connection.execute(
            update(tickets).where(tickets.c.id == deleted.ticket_id).values(deleted_at=desk.clock(), status="deleted")
        )
    misses = [
        revoked.embed_token,
        deleted.embed_token,
        uuid4(),
        "1",
        "x" * 3000,
        "..%2f..%2fsecret",
        "%00",
        "%ff",
        "'--",
    ]

    answers = set()
    for miss in misses:
        async with client.get(f"/t/{miss}") as response:
            answers.add((response.status, await response.read(), response.headers["Cache-Control"]))

    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


@pytest.mark.parametrize("subject", ["<script>alert(1)</script>", "</h1><img src=x onerror=alert(1)>", "{{ 7 * 7 }}"])
async def test_markup_in_a_subject_is_only_ever_text(desk: Desk, client: Client, subject: str) -> None:
    receipt = await a_ticket(desk, subject)

    async with client.get(f"/t/{receipt.embed_token}") as response:
        page = html.document_fromstring(await response.text())

    assert page.xpath("//h1/text()") == [subject]
    assert not page.xpath("//script|//@onerror")


async def test_who_asks_too_often_is_asked_to_wait(desk: Desk, client: Client, waits: dict[str, float]) -> None:
    receipt = await a_ticket(desk)
    waits["127.0.0.1"] = 12.3

    async with client.get(f"/t/{receipt.embed_token}") as response:
        text = await response.text()

    assert (response.status, response.headers["Retry-After"]) == (429, "13")
    assert "Printer" not in text


async def test_where_the_form_is_switched_off_nothing_leads_to_it(desk: Desk) -> None:
    receipt = await a_ticket(desk)
    off = desk.settings.form.model_copy(update={"enabled": False})
    desk.settings = desk.settings.model_copy(update={"form": off})

    async with served(desk, {}) as client:
        for path in (f"/t/{receipt.embed_token}", "/thanks", "/t/nothing"):
            async with client.get(path) as response:
                assert not html.document_fromstring(await response.text()).xpath("//a")


async def test_the_style_sheet_is_asked_for_once(client: Client) -> None:
    async with client.get("/static/deskbell.css") as first:
        sheet = await first.text()
    async with client.get("/static/deskbell.css", headers={"If-None-Match": first.headers["ETag"]}) as again:
        nothing = await again.read()
    async with client.get("/static/deskbell.css", headers={"If-None-Match": '"old"'}) as changed:
        pass

    assert (first.status, first.content_type, again.status, nothing, changed.status) == (200, "text/css", 304, b"", 200)
    assert not first.headers["ETag"].startswith("W/")
    assert "public" in first.headers["Cache-Control"]
    # Nothing in it leads anywhere else, and it serves both kinds of eyes.
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert "prefers-color-scheme: dark" in sheet


@pytest.mark.parametrize(
    "path", ["/static/", "/static/../status.py", "/static/deskbell.css.gz", "/static/%2e%2e/status.py"]
)
async def test_nothing_else_can_be_asked_for(client: Client, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 404


async def test_every_page_has_its_picture(client: Client) -> None:
    async with client.get("/static/bell.svg") as response:
        assert (response.status, response.content_type) == (200, "image/svg+xml")
        assert "sandbox" in response.headers["Content-Security-Policy"]


async def test_a_link_to_a_file_gives_the_file_to_be_saved_and_no_other(
    desk: Desk, client: Client, waits: dict[str, float]
) -> None:
    await a_ticket(desk)
    bob = await an_agent(desk)
    await say(desk, 1, "See the file.", by=bob)
    [answer] = [row for row in await rows(desk, tables.messages) if row.direction == "outbound"]
    kept = blobs.keep(desk.blob_folder, io.BytesIO(b"<script>alert(1)</script>"))
    async with desk.writing() as connection:
        ticket = await numbered(desk, 1)
        [plan, _] = await attachments.add(
            connection, ticket, [NewFile(name, "text/html", kept) for name in ("plan.html", "b.html")],
            by=bob, now=desk.clock(), comment_id=answer.id,
        )  # fmt: skip
    link = f"/f/{file_links.token(desk.keys.files, plan, desk.clock())}"

    async with client.get(link) as response:
        assert response.status == 200
        assert await response.read() == b"<script>alert(1)</script>"
        assert response.headers["Content-Type"] == "application/octet-stream"
        assert response.headers["Content-Disposition"].startswith('attachment; filename="plan.html"')
        assert response.headers["Cache-Control"] == "private, no-store"
    for wrong in (f"{link[:-1]}7", "/f/nothing", f"/f/{answer.id}"):
        async with client.get(wrong) as response:
            assert response.status == 404
    waits["127.0.0.1"] = 3.0
    async with client.get(link) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "3")

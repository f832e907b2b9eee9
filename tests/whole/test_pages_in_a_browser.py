"""A person at the form, in a real browser and without JavaScript: mistakes, a file, corrections, the status page."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright
from sqlalchemy import select

from api.pages import status
from core import tables
from core.desk import Desk
from ingest import form_texts, web_form
from tests.builders import Clock

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)

pytestmark = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is installed")


@pytest.fixture
async def address(desk: Desk) -> AsyncIterator[str]:
    app = web.Application()
    web_form.mount(app, desk, client_ip=lambda request: request.remote or "", allow=lambda ip: None)
    status.mount(app, desk, client_ip=lambda request: request.remote or "", allow=lambda ip: None)
    async with TestServer(app) as server:
        yield str(server.make_url("/")).rstrip("/")


@pytest.fixture
def requested() -> list[str]:
    """Every address that the page asked for."""
    return []


@pytest.fixture
async def page(requested: list[str]) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
        page = await context.new_page()
        page.on("request", lambda request: requested.append(request.url))
        yield page
        await browser.close()


async def test_a_person_corrects_a_form_and_follows_the_ticket(
    page: Page, address: str, requested: list[str], desk: Desk, clock: Clock
) -> None:
    await page.goto(f"{address}/")
    clock.forward(timedelta(minutes=1))
    await page.get_by_label("Your email address").fill("ann@")
    await page.get_by_label("Message").fill("It burns.\n\n<b>Help!</b>")
    await page.get_by_label("Files").set_input_files({"name": "fire.exe", "mimeType": "image/png", "buffer": PNG})
    await page.get_by_role("button", name="Send message").click()

    problems = await page.get_by_role("alert").get_by_role("link").all_inner_texts()
    assert problems == [
        form_texts.ENGLISH["email_wrong"],
        form_texts.ENGLISH["subject_missing"],
        form_texts.ENGLISH["file_kind"].format(name="fire.exe"),
    ]
    assert await page.get_by_text(form_texts.ENGLISH["files_again"]).is_visible()
    assert await page.get_by_label("Message").input_value() == "It burns.\n\n<b>Help!</b>"

    await page.get_by_role("alert").get_by_role("link").first.click()
    await page.get_by_label("Your email address").fill("ann@customer.test")
    await page.get_by_label("Subject").fill("Fire on the 2nd floor")
    await page.get_by_label("Files").set_input_files({"name": "fire.png", "mimeType": "image/png", "buffer": PNG})
    await page.get_by_role("button", name="Send message").click()

    assert page.url.startswith(f"{address}/t/")
    assert await page.get_by_role("heading", level=1).inner_text() == "Fire on the 2nd floor"
    assert await page.get_by_text("We have your message. Keep this link.").is_visible()
    assert all(url.startswith(address) for url in requested)
    async with desk.reading() as connection:
        ticket = (await connection.execute(select(tables.tickets))).one()
        file = (await connection.execute(select(tables.attachments))).one()
    assert ticket.description == "It burns.\n\n<b>Help!</b>"
    assert (file.filename, file.size) == ("fire.png", len(PNG))


async def test_styled_as_its_own_policy_lets_it_nothing_is_wider_than_a_phone_and_the_trap_is_out_of_sight(
    page: Page, address: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    await page.goto(f"{address}/")

    assert complaints == []
    trap = await page.locator("[name=website]").bounding_box()
    assert trap is not None
    assert trap["x"] < -1000
    for box in [await one.bounding_box() for one in await page.locator("form, h1, textarea, button").all()]:
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    button = await page.get_by_role("button", name="Send message").bounding_box()
    assert button is not None
    assert button["height"] > 40

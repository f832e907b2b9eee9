"""The page /docs in a real browser: it shows the API, asks nobody else, and keeps its own policy."""

import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, async_playwright

from api.app import build_app, serving
from api.native import table
from core.desk import Desk

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for name in BROWSERS if (found := shutil.which(name))), None)
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

needs_a_browser = pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is installed")


@pytest.fixture
async def address(desk: Desk) -> AsyncIterator[str]:
    async with serving(build_app(desk), "127.0.0.1", 0, desk.settings) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def heard() -> list[str]:
    """Every address that the page asked for, and every complaint of the browser."""
    return []


@pytest.fixture
async def page(heard: list[str]) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        page = await browser.new_page()
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error: {error}"))
        yield page
        await browser.close()


@needs_a_browser
async def test_the_page_shows_every_route_and_asks_nobody_else(page: Page, address: str, heard: list[str]) -> None:
    await page.goto(f"{address}/docs")
    await page.get_by_text("The queue: tickets that you may see").wait_for()

    assert await page.locator(".opblock").count() == len(table.routes())
    await page.locator("#operations-tickets-post_tickets .opblock-summary-control").click()
    await page.get_by_text("A customer opens their own.").wait_for()
    await page.get_by_role("button", name="Authorize").click()
    await page.get_by_text("The access_token of POST /auth/token").first.wait_for()

    assert [one for one in heard if not one.startswith((address, "data:"))] == []


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
async def test_the_page_may_run_no_script_within_it(address: str, path: str) -> None:
    # Under this same policy the test above sees the page at work.
    async with ClientSession() as client, client.get(address + path) as answer:
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))

    assert answer.status == 200
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["default-src"] == "'none'"

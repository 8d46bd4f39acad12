"""The running stack as people meet it: its addresses and logins, a client that is logged in, a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from streams.settings import Settings

CHROMIUM = "/usr/bin/chromium"
LOGIN_ATTEMPTS = 3
LANDING = "/superset/dashboard/overview/"
"""Where a leader comes to."""
Logins = dict[str, dict[str, str]]
Client = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def logins() -> Logins:
    """`credentials.json` of the running stack: superset.leader -> url, user, password."""
    return dict(json.loads((Settings.load().home / "credentials.json").read_text()))


@pytest.fixture(scope="session")
def client(logins: Logins) -> Iterator[Client]:
    """`client("superset.leader")`: an HTTP client with that person's session, one for the whole test run."""
    opened: dict[str, httpx.Client] = {}

    def logged_in(name: str) -> httpx.Client:
        if name not in opened:
            opened[name] = log_in(logins[name])
        return opened[name]

    yield logged_in
    for one in opened.values():
        one.close()


def enter(page: Page, login: dict[str, str], until: str) -> None:
    """Log in by the form, as a person does, as far as a page whose address matches `until` (a pattern).

    A busy machine draws the form before it listens: what is typed then is forgotten, and typed again.
    """
    for _ in range(LOGIN_ATTEMPTS):
        page.goto(f"{login['url'].rstrip('/')}/login/", wait_until="networkidle")
        if re.search(until, page.url):
            return
        page.fill("#username", login["user"])
        page.fill("#password", login["password"])
        page.keyboard.press("Enter")
        try:
            page.wait_for_url(re.compile(until), timeout=30_000)
        except PlaywrightTimeoutError:
            continue
        return
    raise AssertionError(f"{login['user']} was let in at none of {LOGIN_ATTEMPTS} attempts")


def log_in(login: dict[str, str]) -> httpx.Client:
    """A client with a new session of that person's."""
    client = httpx.Client(base_url=login["url"].rstrip("/"), follow_redirects=True, timeout=60)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login/").text)
    assert found, "the login page holds no CSRF token"
    form = {"username": login["user"], "password": login["password"], "csrf_token": found[1]}
    assert client.post("/login/", data=form).status_code == 200
    assert client.get("/api/v1/me/").json()["result"]["username"] == login["user"]
    return client


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()

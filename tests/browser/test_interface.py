"""What a leader reads and does around the dashboard: Chinese everywhere, an own password, a chart as a file."""

from __future__ import annotations

import csv
import io
import re
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest
from playwright.sync_api import Browser, Page

from streams.settings import CHECKOUT, Settings
from streams.stack import credentials, superset
from tests.browser.conftest import LANDING, Logins, enter, log_in

pytestmark = pytest.mark.stack

PATIENCE_MS = 180_000
TAKEN_OVER = {"CSV", "Excel", "PDF", "leader", "citybrain", "local", "UTC"}
"""What stays in Latin letters on purpose: kinds of files, the user's own name and address, the clock's name."""


def english(text: str) -> set[str]:
    """Words in Latin letters that a reader would meet; codes such as R02 or petition/Z0999 are none."""
    words = re.sub(r"＝[\w.-]+/[A-Z]?\d+", "", text)
    return set(re.findall(r"(?<![\w@])[A-Za-z]{3,}(?![\w@])", words)) - TAKEN_OVER


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1600, "height": 2600}, locale="zh-CN", accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


@pytest.fixture
def leader_page(page: Page, logins: Logins) -> Page:
    """The leader's dashboard, as far as its table of sources is drawn."""
    enter(page, logins["superset.leader"], LANDING)
    page.locator('[data-test-chart-name="来源汇总"] tbody tr').first.wait_for()
    return page


def test_the_check_for_english_finds_it() -> None:
    assert english("登录 Sign in，R02、CSV，leader@citybrain.local") == {"Sign"}
    assert english("未登记代码：类别＝petition/Z0999（3条）；petition") == {"petition"}


def test_the_login_page_speaks_chinese_also_when_it_refuses(page: Page, logins: Logins) -> None:
    page.goto(f"{logins['superset.leader']['url'].rstrip('/')}/login/")
    page.locator("#username").wait_for()
    assert "请输入用户名和密码" in page.inner_text("body")
    assert english(page.inner_text("body")) == set()
    page.click('[data-test="login-button"]')
    page.get_by_text("请输入密码", exact=True).wait_for()
    page.fill("#username", "leader")
    page.fill("#password", "not the password")
    page.click('[data-test="login-button"]')
    page.get_by_text("用户名或密码不正确").first.wait_for()
    assert english(page.inner_text("body")) == set()
    assert english(page.title()) == set()


def test_the_dashboard_and_its_menus_speak_chinese(leader_page: Page) -> None:
    chart = leader_page.locator('[data-test-chart-name="来源汇总"]')
    chart.locator('[aria-label="更多操作"], [data-test$="-controls"]').first.click()
    leader_page.get_by_text("下载", exact=True).first.hover()
    leader_page.get_by_text("下载CSV").wait_for()
    menu = leader_page.locator(".ant-dropdown:visible, .ant-menu-submenu-popup:visible")
    said = " ".join(menu.nth(place).inner_text() for place in range(menu.count()))
    assert "重新查询" in said
    assert english(said) == set()
    leader_page.keyboard.press("Escape")
    assert english(leader_page.inner_text("body")) == set()


def download(page: Page, kind: str) -> Path:
    chart = page.locator('[data-test-chart-name="来源汇总"]')
    chart.locator('[aria-label="更多操作"], [data-test$="-controls"]').first.click()
    page.get_by_text("下载", exact=True).first.hover()
    with page.expect_download() as taken:
        page.get_by_text(kind, exact=True).click()
    return Path(taken.value.path())


def shown(page: Page) -> list[list[str]]:
    """The table of sources as it is drawn: its head and its rows."""
    chart = page.locator('[data-test-chart-name="来源汇总"]')
    head = [text.strip() for text in chart.locator("thead th").all_inner_texts()]
    cells = [text.strip() for text in chart.locator("tbody td").all_inner_texts()]
    return [head, *(cells[place : place + len(head)] for place in range(0, len(cells), len(head)))]


def test_a_chart_is_taken_along_as_csv_as_it_is_shown(leader_page: Page) -> None:
    text = download(leader_page, "下载CSV").read_text(encoding="utf-8-sig")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text))]
    assert len(rows) > 5
    assert rows == shown(leader_page)


def test_a_chart_is_taken_along_as_excel_as_it_is_shown(leader_page: Page) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(download(leader_page, "下载Excel").read_bytes())).active
    assert sheet is not None
    rows = [["" if cell is None else str(cell).strip() for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert len(rows) > 5
    assert rows == shown(leader_page)


@pytest.fixture
def own_password(logins: Logins) -> Iterator[str]:
    """A password that the leader is about to choose; afterwards the one of `credentials.json` holds again."""
    chosen = secrets.token_urlsafe(12)
    yield chosen
    known = logins["superset.leader"]
    for password in (chosen, known["password"]):
        try:
            person = log_in({**known, "password": password})
        except (AssertionError, KeyError, httpx.HTTPError):
            continue
        set_password(person, known["password"])
        person.close()
        return


def set_password(person: httpx.Client, password: str) -> httpx.Response:
    page = person.get("/superset/dashboard/overview/").text
    token = re.search(r'id="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    return person.put(
        "/api/v1/me/",
        json={"password": password},
        headers={"X-CSRFToken": token[1], "Referer": str(person.base_url)},
    )


def may_log_in(login: dict[str, str], password: str) -> bool:
    try:
        log_in({**login, "password": password}).close()
    except (AssertionError, KeyError):
        return False
    return True


def test_a_leader_changes_the_own_password_and_it_stays(page: Page, logins: Logins, own_password: str) -> None:
    leader = logins["superset.leader"]
    enter(page, leader, LANDING)
    page.goto(f"{leader['url'].rstrip('/')}/user_info/")
    page.get_by_text("修改密码").first.click()
    boxes = page.locator('input[type="password"]:visible')
    boxes.nth(0).fill("short")
    boxes.nth(1).fill("other")
    page.get_by_text("两次输入的密码不一致").wait_for()
    assert english(page.inner_text("body")) == set()
    boxes.nth(0).fill(own_password)
    boxes.nth(1).fill(own_password)
    page.get_by_role("button", name=re.compile("保 ?存")).click()
    page.get_by_text("密码已修改").wait_for()
    assert english(page.inner_text("body")) == set()

    assert may_log_in(leader, own_password)
    assert not may_log_in(leader, leader["password"])
    bootstrap_again()
    assert may_log_in(leader, own_password)


def bootstrap_again() -> None:
    """What `citybrain up` does after an upgrade: users and roles once more, with the passwords of the file."""
    settings = Settings.load()
    known = credentials.ensure(settings)
    passwords = {
        f"CITYBRAIN_SUPERSET_{name.upper()}_PASSWORD": known[f"superset.{name}"]["password"]
        for name in ("admin", "leader")
    }
    done = subprocess.run(
        [str(superset.PYTHON), str(CHECKOUT / "infra/superset/bootstrap.py")],
        env=superset.environment(settings) | passwords,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]


def test_a_short_password_is_refused(logins: Logins) -> None:
    person = log_in(logins["superset.leader"])
    answer = set_password(person, "elf-letters")
    person.close()
    assert answer.status_code == 400
    assert answer.json()["message"]["password"] == ["密码至少12个字符"]
    assert may_log_in(logins["superset.leader"], logins["superset.leader"]["password"])

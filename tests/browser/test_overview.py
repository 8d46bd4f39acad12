"""The leadership dashboard on the running stack, as a leader's browser draws it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Response

from streams.dashboards import written
from streams.dashboards.render import parts
from streams.settings import CHECKOUT
from tests.browser.conftest import LANDING, Logins, enter

pytestmark = pytest.mark.stack

PICTURE = CHECKOUT / "superset/overview.png"
DRAWN_SECONDS = 120
TELEMETRY = "https://apachesuperset.gateway.scarf.sh/"
"""Superset's front end has this pixel built in; the policy must stop it before it leaves the machine."""

EMPTY_OR_BROKEN = (
    "没有数据",
    "没有这项数据",
    "无数据",
    "意外错误",
    "发生错误",
    "Unexpected error",
    "No results",
    "尚无发布",
)
ROOM = written.read()
PLACED = [part["chart"] for part in parts(ROOM.dashboards["overview"]["rows"]) if "chart" in part]
TITLES = sorted(ROOM.all_charts[name]["title"] for name in PLACED)
CHARTS = len(TITLES)


@dataclass
class Visit:
    """A drawn dashboard and what went over the wire to draw it."""

    page: Page
    own: str
    answers: dict[int, tuple[int, Any]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    documents: list[Response] = field(default_factory=list)
    foreign: list[Request] = field(default_factory=list)
    foreign_answers: list[str] = field(default_factory=list)

    def hear(self) -> None:
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.own, "data:", "blob:")):
            self.foreign.append(request)

    def _response(self, response: Response) -> None:
        if not response.url.startswith((self.own, "data:", "blob:")):
            self.foreign_answers.append(response.url)
        if response.request.resource_type == "document":
            self.documents.append(response)
        if "/api/v1/chart/data" in response.url:
            asked = (response.request.post_data_json or {}).get("form_data") or {}
            self.texts.append(response.text())
            if "slice_id" in asked:
                self.answers[asked["slice_id"]] = (response.status, response.json())

    def is_drawn(self) -> bool:
        return len(self.answers) == CHARTS and self.page.locator('[data-test="loading-indicator"]').count() == 0


@pytest.fixture(scope="module")
def visit(chromium: Browser, logins: Logins) -> Iterator[Visit]:
    """The leader logs in and waits until the dashboard he lands on is drawn."""
    leader = logins["superset.leader"]
    context = chromium.new_context(viewport={"width": 1600, "height": 2080}, locale="zh-CN")
    page = context.new_page()
    visit = Visit(page, leader["url"].rstrip("/"))
    visit.hear()
    enter(page, leader, LANDING)
    for _ in range(DRAWN_SECONDS * 2):
        page.wait_for_timeout(500)
        if visit.is_drawn():
            break
    page.wait_for_timeout(3000)  # the last canvas animates after its data came
    yield visit
    context.close()


def test_every_chart_gets_data(visit: Visit) -> None:
    assert len(visit.answers) == CHARTS
    for slice_id, (status, answer) in visit.answers.items():
        assert status == 200, (slice_id, answer)
        for result in answer["result"]:
            assert result["error"] is None, (slice_id, result["error"])
            assert result["rowcount"] > 0, (slice_id, result["query"])


def test_every_chart_is_drawn(visit: Visit) -> None:
    charts = visit.page.locator('[data-test="chart-grid-component"]')
    names = [charts.nth(place).get_attribute("data-test-chart-name") for place in range(charts.count())]
    assert sorted(str(name) for name in names) == TITLES
    for place, name in enumerate(names):
        chart = charts.nth(place)
        drawn = chart.locator("canvas").count() + chart.locator("tbody td").count()
        assert drawn > 0, f"{name} has drawn nothing"
        said = chart.inner_text()
        assert not [word for word in EMPTY_OR_BROKEN if word in said], f"{name} says {said!r}"


def test_the_cards_show_figures(visit: Visit) -> None:
    def card(name: str) -> str:
        return visit.page.locator(f'[data-test-chart-name="{name}"] tbody').last.inner_text()

    for name in ("解决率", "满意率", "按期办结率", "办结率"):
        assert re.search(r"^\d{1,3}\.\d%", card(name)), card(name)
    assert "有效回访率" in card("解决率")
    assert "有效回访率" in card("满意率")
    assert re.search(r"^[\d,.]+万?\s", card("网格事件总数")), card("网格事件总数")
    assert re.search(r"^\d\d月\d\d日 \d\d:\d\d\s+\d{4}年 当地时间 · 第 \d+ 号发布", card("数据截至")), card("数据截至")


def test_the_map_is_painted(visit: Visit) -> None:
    picture = visit.page.locator('[data-test-viz-type="deck_polygon"]').screenshot()
    colours = visit.page.evaluate(
        """async (data) => {
            const image = new Image();
            image.src = "data:image/png;base64," + data;
            await image.decode();
            const canvas = document.createElement("canvas");
            canvas.width = image.width; canvas.height = image.height;
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const pixels = context.getImageData(0, 0, image.width, image.height).data;
            const counts = {};
            for (let i = 0; i < pixels.length; i += 4) {
                const colour = [pixels[i], pixels[i + 1], pixels[i + 2]].map(x => x >> 4).join();
                counts[colour] = (counts[colour] || 0) + 4 / pixels.length;
            }
            return Object.values(counts).sort((a, b) => b - a);
        }""",
        base64.b64encode(picture).decode(),
    )
    white, *painted = colours
    assert white < 0.95, "the map is blank"  # grids without an incident are nearly white
    assert len([share for share in painted if share > 0.002]) >= 3, painted[:8]


def test_the_page_reaches_no_other_host(visit: Visit) -> None:
    assert visit.foreign_answers == []
    assert {request.url for request in visit.foreign if not request.url.startswith(TELEMETRY)} == set()
    assert all(request.failure == "csp" for request in visit.foreign), [r.failure for r in visit.foreign]


def test_the_policy_names_no_other_host(visit: Visit) -> None:
    assert len(visit.documents) >= 2
    for document in visit.documents:
        if document.status in (301, 302, 303):
            continue
        headers = document.headers
        policy = headers["content-security-policy"]
        assert "://" not in policy
        assert "nonce-" in policy
        assert headers["x-frame-options"] == "SAMEORIGIN"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


PERSONAL = re.compile(r"(?<![0-9a-f.])(1[3-9]\d{9}|\d{17}[\dXx])(?![0-9a-f])")
"""A mobile or an identity number; digits in the middle of a cache's hash are none."""


def test_nothing_the_charts_were_sent_looks_like_a_phone_or_an_identity_number(visit: Visit) -> None:
    assert len(visit.texts) >= CHARTS
    assert [PERSONAL.search(text) for text in visit.texts] == [None] * len(visit.texts)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("电话13800138000，请回", True),
        ('"110101199003070134"', True),
        ("身份证11010119900307013X", True),
        ('"a8bb16819911993ec"', False),
        ("0.13800138000", False),
    ],
)
def test_a_number_is_told_from_a_hash(text: str, is_found: bool) -> None:
    assert bool(PERSONAL.search(text)) == is_found


def test_the_picture_for_the_readme_is_taken(visit: Visit) -> None:
    assert visit.is_drawn()
    visit.page.screenshot(path=PICTURE)
    assert PICTURE.stat().st_size > 100_000


def test_the_other_city_is_one_choice_away_and_says_what_it_has_not(visit: Visit) -> None:
    page, before = visit.page, len(visit.texts)
    page.locator('[data-test="form-item-value"]').first.click()
    page.wait_for_timeout(1000)
    page.keyboard.type("芝加哥")
    page.wait_for_timeout(1000)
    page.keyboard.press("Enter")
    apply = page.locator('[data-test="filter-bar__apply-button"]')
    closing = page.locator('[data-test-chart-name="办结率"] tbody').last
    for _ in range(DRAWN_SECONDS):
        page.wait_for_timeout(1000)
        if apply.is_enabled():  # lit again when the month has followed the city
            apply.click()
        elif closing.count() and "本市没有办理时限" in closing.inner_text():
            break
    assert re.search(r"^不适用\s+本市没有办理时限 · 按受理口径 \d{1,3}\.\d%", closing.inner_text()), (
        closing.inner_text()
    )
    assert "本市没有回访数据" in page.locator('[data-test-chart-name="解决率"] tbody').last.inner_text()
    assert len(visit.texts) > before

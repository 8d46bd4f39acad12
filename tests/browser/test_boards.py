"""All ten boards on the running stack, one after the other in one browser, as the person who is to read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Locator, Page, Response

from streams.dashboards import written
from streams.dashboards.render import parts
from streams.settings import Settings
from tests.browser.conftest import Logins, enter
from tests.browser.test_interface import english
from tests.browser.test_overview import EMPTY_OR_BROKEN

pytestmark = pytest.mark.stack

ROOM = written.read()
BOARDS = list(ROOM.access)
DRAWN_SECONDS = 60
NEVER_EMPTY = {
    name: [part["chart"] for part in parts(board["rows"]) if "chart" in part] for name, board in ROOM.dashboards.items()
}
"""Board -> its charts, each of which has rows in the demo's city."""


@pytest.fixture(scope="module")
def people(chromium: Browser, logins: Logins) -> Iterator[dict[str, Page]]:
    """A page of the leader's and one of the administrator's, both logged in."""
    pages = {}
    for name in ("leader", "admin"):
        page = chromium.new_context(viewport={"width": 1366, "height": 3200}, locale="zh-CN").new_page()
        enter(page, logins[f"superset.{name}"], r"/dashboard/|/welcome/")
        pages[name] = page
    yield pages
    for page in pages.values():
        page.context.close()


def open_board(people: dict[str, Page], logins: Logins, board: str) -> tuple[Page, list[dict[str, Any]]]:
    """A board, drawn, in the browser of its reader, and what its charts were answered."""
    reader = "leader" if "leader" in ROOM.access[board]["roles"] else "admin"
    page, answers = people[reader], []

    def hear(response: Response) -> None:
        if "/api/v1/chart/data" in response.url and "slice_id" in (response.request.post_data_json or {})["form_data"]:
            answers.append({"status": response.status, **response.json()})

    page.on("response", hear)
    page.goto(f"{logins[f'superset.{reader}']['url'].rstrip('/')}/superset/dashboard/{board}/")
    for _ in range(DRAWN_SECONDS * 4):
        page.wait_for_timeout(250)
        if len(answers) >= len(NEVER_EMPTY[board]) and page.locator('[data-test="loading-indicator"]').count() == 0:
            break
    page.wait_for_timeout(500)
    page.remove_listener("response", hear)
    return page, answers


def of_chart(page: Page, name: str) -> Locator:
    return page.locator(f'[data-test-chart-name="{ROOM.all_charts[name]["title"]}"]')


@pytest.fixture(scope="module")
def shown_figures() -> Iterator[psycopg.Connection[Any]]:
    """The published door, as the read-only role sees it."""
    with psycopg.connect(Settings.load().role_url("reader"), autocommit=True) as connection:
        yield connection


def published(door: psycopg.Connection[Any], indicator: str) -> str:
    """What the newest publication says of the city with the most requests in its newest final month."""
    row = door.execute(
        "select value_zh from published.current_indicator_value where indicator_id = %s and variant = 'raw'"
        " and period_type = 'month' and is_latest_final and area_level = 'city' and unit_code = ''"
        " and city_code = (select city_code from published.current_source_summary order by requests desc limit 1)",
        (indicator,),
    ).fetchone()
    assert row is not None, indicator
    return str(row[0])


def tiles(board: str) -> dict[str, str]:
    """Chart -> the indicator whose figure it shows large, of the tiles of a board."""
    found = {}
    for name in NEVER_EMPTY[board]:
        chart = ROOM.all_charts[name]
        if chart.get("metrics") == ["tile_value", "tile_note"]:
            found[name] = chart["where"]["indicator_id"]
        for metric in chart.get("own_metrics", ()):
            if metric["metric_name"].endswith("_value") and (
                said := re.search(r"indicator_id = '(\w+)'", metric["expression"])
            ):
                found[name] = said[1]
    return found


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_drawn_whole_in_chinese_and_says_what_is_published(
    people: dict[str, Page], logins: Logins, shown_figures: psycopg.Connection[Any], board: str
) -> None:
    page, answers = open_board(people, logins, board)
    assert len(answers) >= len(NEVER_EMPTY[board]) > 2
    for answer in answers:
        assert answer["status"] == 200, answer
        for result in answer["result"]:
            assert result["error"] is None, result["error"]
            assert result["rowcount"] > 0, result["query"]
    for name in NEVER_EMPTY[board]:
        chart = of_chart(page, name)
        assert chart.locator("canvas").count() + chart.locator("tbody td").count() > 0, f"{name} has drawn nothing"
        said = chart.inner_text()
        assert not [word for word in EMPTY_OR_BROKEN if word in said], f"{name} says {said!r}"
    assert page.locator('[data-test="toast-container"] [role="alert"]').count() == 0
    assert english(" ".join(page.locator(".grid-container, .header-title").all_inner_texts())) <= PUBLISHED_WORDS
    for name, indicator in tiles(board).items():
        assert of_chart(page, name).locator("tbody td").first.inner_text().strip() == published(
            shown_figures, indicator
        )


PUBLISHED_WORDS = {"CloudEvents", "JSON", "NUL", "petition", "shuifu", "service", "dispute", "manual", "MPa"}
"""What data says in Latin letters: names of fields, schemes and runs, units of signs."""


def test_the_boards_have_tiles_to_compare() -> None:
    assert {board: len(tiles(board)) for board in ("overview", "hotline", "grid")} == {
        "overview": 5,
        "hotline": 5,
        "grid": 5,
    }


def test_the_ranking_board_ranks_as_published(
    people: dict[str, Page], logins: Logins, shown_figures: psycopg.Connection[Any]
) -> None:
    page, _ = open_board(people, logins, "ranking")
    wanted = shown_figures.execute(
        "select peer_group_zh, rank_zh, member_name_zh, value_zh from published.current_ranking"
        " where variant = 'raw' and is_headline and (city_code, month_zh) in (select distinct city_code, month_zh from"
        " published.current_indicator_value where is_latest_final and period_type = 'month')"
    ).fetchall()
    rows = of_chart(page, "ranked").locator("tbody tr")
    shown = [
        tuple(text.strip() for text in rows.nth(place).locator("td").all_inner_texts()) for place in range(rows.count())
    ]
    assert len(shown) == 10
    assert set(shown) <= set(wanted)


def test_no_part_of_a_board_reaches_beyond_a_phone_a_pc_or_a_wall(people: dict[str, Page], logins: Logins) -> None:
    page, _ = open_board(people, logins, "hotline")
    for width in (390, 3840, 1366):
        page.set_viewport_size({"width": width, "height": 3200})
        page.wait_for_timeout(1500)
        boxes = [box.bounding_box() for box in page.locator(".dashboard-component-chart-holder").all()]
        seen = [box for box in boxes if box is not None]
        assert len(seen) >= len(NEVER_EMPTY["hotline"])
        assert [box for box in seen if box["x"] < 0 or box["x"] + box["width"] > width + 1] == [], width

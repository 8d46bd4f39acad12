"""A leader's login opens the boards of leaders and their data, and no other door of Superset."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from streams.dashboards import written
from streams.dashboards.render import parts
from tests.browser.conftest import Client, Logins, log_in

pytestmark = pytest.mark.stack

CLOSED = (
    "/sqllab/",
    "/api/v1/sqllab/",
    "/api/v1/query/",
    "/api/v1/database/",
    "/api/v1/dataset/",
    "/api/v1/dataset/1",
    "/tablemodelview/list/",
    "/explore/?slice_id=1",
    "/api/v1/explore/?slice_id=1",
    "/api/v1/dashboard/export/?q=!(1)",
    "/api/v1/chart/export/?q=!(1)",
    "/api/v1/security/users/",
    "/api/v1/security/roles/",
    "/api/v1/log/",
    "/users/list/",
)


@pytest.fixture
def leader(client: Client) -> httpx.Client:
    return client("superset.leader")


@pytest.fixture
def admin(client: Client) -> httpx.Client:
    return client("superset.admin")


@pytest.mark.parametrize("door", CLOSED)
def test_the_door_is_closed_to_a_leader_and_open_to_the_administrator(
    leader: httpx.Client, admin: httpx.Client, door: str
) -> None:
    assert leader.get(door).status_code == 403
    assert admin.get(door).status_code in (200, 404)  # 404: no object of that number, but the door is open


def test_a_leader_cannot_run_sql(leader: httpx.Client, admin: httpx.Client) -> None:
    query = {"database_id": 1, "sql": "select 1 as one", "runAsync": False}
    assert run_sql(admin, query).json()["data"] == [{"one": 1}]
    assert run_sql(leader, query).status_code == 403


@pytest.mark.parametrize(
    "statement",
    [
        "create table published.mine (a int)",
        "insert into published.publication (publication_id) values (999)",
        "select pg_read_file('/etc/passwd')",
        "select * from ops.dead_letter",
        "select * from raw.hotline_ticket",
    ],
)
def test_even_the_administrators_sql_only_reads_what_is_published(admin: httpx.Client, statement: str) -> None:
    answer = run_sql(admin, {"database_id": 1, "sql": statement, "runAsync": False})
    assert answer.status_code >= 400, answer.text
    assert "errors" in answer.json()


def run_sql(client: httpx.Client, query: dict[str, Any]) -> httpx.Response:
    """Run a statement as SQL Lab does, with the CSRF token of a page that this session may see."""
    page = client.get("/superset/dashboard/overview/").text
    token = re.search(r'id="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, "the page holds no CSRF token"
    return client.post(
        "/api/v1/sqllab/execute/", json=query, headers={"X-CSRFToken": token[1], "Referer": str(client.base_url)}
    )


ROOM = written.read()
OPEN = sorted(name for name, entry in ROOM.access.items() if "leader" in entry["roles"])


def boards_of(person: httpx.Client) -> list[str]:
    found = person.get("/api/v1/dashboard/", params={"q": "(page_size:100)"}).json()["result"]
    return sorted(dashboard["slug"] for dashboard in found)


def test_a_leader_finds_the_boards_of_leaders(leader: httpx.Client) -> None:
    assert boards_of(leader) == OPEN
    assert len(OPEN) == 9


def test_the_engineers_board_and_its_data_are_closed_to_a_leader(leader: httpx.Client, admin: httpx.Client) -> None:
    assert leader.get("/api/v1/dashboard/data_health").status_code in (403, 404)
    assert leader.get("/superset/dashboard/data_health/").status_code in (403, 404)
    board = admin.get("/api/v1/dashboard/data_health").json()["result"]["id"]
    charts = admin.get("/api/v1/dashboard/data_health/charts").json()["result"]
    rejects = next(item for item in charts if item["slice_name"] == ROOM.all_charts["rejects"]["title"])
    source = int(str(rejects["form_data"]["datasource"]).split("__")[0])
    through = {"dashboardId": board, "slice_id": rejects["id"]}
    assert ask(admin, source, through).status_code == 200
    assert ask(leader, source, through).status_code == 403


@pytest.fixture
def other_dashboard(admin: httpx.Client) -> Iterator[dict[str, Any]]:
    """A published dashboard of the administrator's with one of our charts on it; removed at the end."""
    token = {
        "X-CSRFToken": admin.get("/api/v1/security/csrf_token/").json()["result"],
        "Referer": str(admin.base_url),
    }
    made = admin.post(
        "/api/v1/dashboard/", headers=token, json={"dashboard_title": "内部", "slug": "internal", "published": True}
    )
    assert made.status_code == 201, made.text
    dashboard = made.json()["id"]
    chart = admin.get("/api/v1/chart/").json()["result"][0]
    copy = admin.post(
        "/api/v1/chart/",
        headers=token,
        json={
            "slice_name": "内部图表",
            "viz_type": "table",
            "params": "{}",
            "datasource_id": chart["datasource_id"],
            "datasource_type": "table",
            "dashboards": [dashboard],
        },
    )
    assert copy.status_code == 201, copy.text
    yield {"id": dashboard, "chart": copy.json()["id"], "datasource": chart["datasource_id"]}
    assert admin.delete(f"/api/v1/chart/{copy.json()['id']}", headers=token).status_code == 200
    assert admin.delete(f"/api/v1/dashboard/{dashboard}", headers=token).status_code == 200


def test_another_published_dashboard_and_its_data_stay_closed(
    leader: httpx.Client, admin: httpx.Client, other_dashboard: dict[str, Any]
) -> None:
    assert admin.get("/api/v1/dashboard/internal").status_code == 200
    assert leader.get("/api/v1/dashboard/internal").status_code in (403, 404)
    assert leader.get("/api/v1/dashboard/internal/charts").status_code in (403, 404)
    assert leader.get("/superset/dashboard/internal/").status_code in (403, 404)
    assert boards_of(leader) == OPEN
    through = {"dashboardId": other_dashboard["id"], "slice_id": other_dashboard["chart"]}
    assert ask(leader, other_dashboard["datasource"], through).status_code == 403


def ask(client: httpx.Client, datasource: int, form_data: dict[str, Any] | None, kind: str = "json") -> httpx.Response:
    """Rows of a dataset, as a chart of some dashboard or as nobody's; `kind` is json, csv or xlsx."""
    query = {"columns": ["city_code"], "metrics": [], "row_limit": 5}
    body: dict[str, Any] = {"datasource": {"id": datasource, "type": "table"}, "queries": [query]}
    body["result_format"] = kind
    if form_data is not None:
        body["form_data"] = form_data
    return client.post("/api/v1/chart/data", json=body)


@pytest.mark.parametrize("kind", ["json", "csv", "xlsx"])
def test_data_comes_through_the_dashboard_only(leader: httpx.Client, kind: str) -> None:
    charts = leader.get("/api/v1/dashboard/overview/charts").json()["result"]
    dashboard = leader.get("/api/v1/dashboard/overview").json()["result"]["id"]
    placed = [part["chart"] for part in parts(ROOM.dashboards["overview"]["rows"]) if "chart" in part]
    assert len(charts) == len(placed) > 0
    chart = next(item for item in charts if item["slice_name"] == "来源汇总")
    datasource = int(str(chart["form_data"]["datasource"]).split("__")[0])
    through = {"dashboardId": dashboard, "slice_id": chart["id"]}
    assert ask(leader, datasource, through, kind).status_code == 200
    assert ask(leader, datasource, None, kind).status_code == 403
    assert ask(leader, datasource, {"slice_id": chart["id"]}, kind).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"columns": ["city_code"], "extras": {"where": "1 = 1) union select passwd from pg_shadow --"}},
        {"columns": [{"label": "x", "expressionType": "SQL", "sqlExpression": "(select 1 from pg_roles limit 1)"}]},
        {
            "columns": ["city_code"],
            "extras": {"where": "city_code = '{{ 1 + 1 }}' or (select true from pg_roles limit 1)"},
        },
        {"columns": [{"label": "x", "expressionType": "SQL", "sqlExpression": "pg_read_file('/etc/passwd')"}]},
    ],
)
def test_a_crafted_query_does_not_leave_its_dataset(leader: httpx.Client, query: dict[str, Any]) -> None:
    charts = leader.get("/api/v1/dashboard/overview/charts").json()["result"]
    dashboard = leader.get("/api/v1/dashboard/overview").json()["result"]["id"]
    chart = next(item for item in charts if item["slice_name"] == "来源汇总")
    body = {
        "datasource": {"id": int(str(chart["form_data"]["datasource"]).split("__")[0]), "type": "table"},
        "queries": [{"metrics": [], "row_limit": 5, **query}],
        "form_data": {"dashboardId": dashboard, "slice_id": chart["id"]},
    }
    answer = leader.post("/api/v1/chart/data", json=body)
    assert answer.status_code >= 400, answer.text


def test_logging_out_kills_a_copied_cookie(logins: Logins) -> None:
    person = log_in(logins["superset.leader"])
    copied = dict(person.cookies)
    base = str(person.base_url)
    assert httpx.get(f"{base}/api/v1/me/", cookies=copied).status_code == 200
    person.get("/logout/")
    assert httpx.get(f"{base}/api/v1/me/", cookies=copied).status_code == 401
    person.close()


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(logins: Logins) -> None:
    cookie = httpx.get(f"{logins['superset.leader']['url'].rstrip('/')}/login/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" in cookie


def test_the_interface_speaks_chinese(leader: httpx.Client) -> None:
    page = leader.get("/superset/dashboard/overview/").text
    found = re.search(r'data-bootstrap="([^"]*)"', page) or re.search(r"data-bootstrap='([^']*)'", page)
    assert found, "the page holds no bootstrap data"
    common = json.loads(html.unescape(found[1]))["common"]
    assert common["locale"] == "zh"
    assert common["theme"]["default"]["token"]["brandAppName"] == "城市大脑"
    assert common["d3_time_format"]["shortMonths"][0] == "1月"
    words = leader.get("/superset/language_pack/zh/").json()["locale_data"]["superset"]
    assert words[""]["lang"] == "zh"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/citybrain/tiles/10/809/426.png", "image/png"),
        ("/citybrain/static/logo.svg", "image/svg+xml"),
        ("/citybrain/static/icon.svg", "image/svg+xml"),
    ],
)
def test_the_empty_map_tile_and_the_logo_come_from_our_own_origin(leader: httpx.Client, path: str, kind: str) -> None:
    answer = leader.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert len(answer.content) > 60


def test_guessing_passwords_is_slowed_down(logins: Logins) -> None:
    with httpx.Client(base_url=logins["superset.leader"]["url"].rstrip("/"), timeout=60) as guesser:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', guesser.get("/login/").text)
        assert token
        form = {"username": "nobody", "password": "wrong", "csrf_token": token[1]}
        codes = [guesser.post("/login/", data=form).status_code for _ in range(20)]
        assert 429 in codes, codes
        for _ in range(30):  # the door opens again, and the next test may go through it
            time.sleep(1)
            if guesser.post("/login/", data=form).status_code != 429:
                return
    pytest.fail("the login form still answers 429 half a minute later")

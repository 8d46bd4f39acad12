"""The static chain dashboard -> chart -> dataset -> published contract -> column, and each of its guards firing."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.published import PublishedTable, published_tables
from streams.dashboards import written
from streams.dashboards.check import CHARTS_AT_MOST, check, columns_of
from streams.dashboards.render import asset_uuid, indicators_of, metrics, parts, render
from streams.dashboards.written import Room
from streams.errors import CityBrainError

Edit = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A copy of `superset/` to break."""
    shutil.copytree(written.ROOM, tmp_path / "superset")
    return tmp_path / "superset"


@pytest.fixture
def edit(room: Path) -> Edit:
    """Change one YAML file of the copy in place; the path is relative to `superset/`."""

    def change(path: str, by: Callable[[dict[str, Any]], None]) -> None:
        content = yaml.safe_load((room / path).read_text())
        by(content)
        (room / path).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))

    return change


@cache
def committed() -> Room:
    return written.read()


@cache
def rendered() -> dict[str, Any]:
    """What Superset imports of the committed files; nobody changes it."""
    return render(committed())


def faults(room: Path, about: str) -> list[str]:
    found = [fault for fault in check(written.read(room)) if about in fault]
    assert found, f"no fault tells of {about!r}"
    return found


CHART = "charts/hotline/unit_table.yaml"
CARD = "charts/overview/resolution.yaml"
MAP = "charts/overview/grid_map.yaml"
DASHBOARD = "dashboards/overview.yaml"
ACCESS = "semantics/dashboards.yaml"
DATASET = "semantics/current_indicator_value.yaml"
HEALTH = "dashboards/data_health.yaml"
LOOKS = "semantics/looks.yaml"
TREND = "charts/overview/trend.yaml"
BOARDS = [
    "overview", "hotline", "grid", "city_management", "petition", "supervision", "ranking", "sensing", "data_health",
    "live",
]  # fmt: skip
"""The promised slugs, in the promised order."""


def test_the_committed_chain_is_whole() -> None:
    found = committed()
    assert len(found.all_charts) >= 80
    assert list(found.access) == BOARDS
    assert check(found) == []


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_has_its_slug_and_shows_each_of_its_charts_once(name: str) -> None:
    found = committed()
    board = rendered()[f"dashboards/{name}.yaml"]
    places = [part["meta"] for part in board["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
    assert board["slug"] == name
    assert 3 <= len(places) <= CHARTS_AT_MOST
    assert {place["uuid"] for place in places} >= {asset_uuid("charts", one) for one in found.charts[name]}
    assert len({place["uuid"] for place in places}) == len({place["chartId"] for place in places}) == len(places)


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_says_what_it_is_for_how_good_its_data_is_and_leads_to_the_others(name: str) -> None:
    found = committed()
    board = rendered()[f"dashboards/{name}.yaml"]
    nodes = [part for part in board["position"].values() if isinstance(part, dict)]
    said = [part["meta"]["code"] for part in nodes if "code" in part.get("meta", {})]
    assert found.dashboards[name]["description"] in said[0]
    assert "CHART-status" in board["position"]
    open_to_leaders = [other for other in BOARDS if "leader" in found.access[other]["roles"]]
    wanted = open_to_leaders if name in open_to_leaders else BOARDS
    assert re.findall(r"/superset/dashboard/(\w+)/", said[0]) == [other for other in wanted if other != name]
    assert f"**{found.dashboards[name]['title']}**" in said[0]


def test_a_board_defines_every_indicator_that_it_shows() -> None:
    found = committed()
    files = rendered()
    counted = 0
    for name in BOARDS:
        written_parts = list(parts(found.dashboards[name]["rows"]))
        charts = [found.all_charts[part["chart"]] for part in written_parts if "chart" in part]
        shown = {one for chart in charts for one in indicators_of(found, chart)}
        nodes = [part for part in files[f"dashboards/{name}.yaml"]["position"].values() if isinstance(part, dict)]
        text = "".join(part["meta"].get("code", "") for part in nodes if "meta" in part)
        for one in shown:
            assert f"**{found.catalogue[one]['name_zh']}**" in text, (name, one)
        counted += len(shown)
    assert counted > 60


def test_a_filter_reaches_every_chart_that_has_its_column() -> None:
    board = rendered()["dashboards/grid.yaml"]
    left_out = {
        one["name"]: {
            node["id"].removeprefix("CHART-")
            for node in board["position"].values()
            if isinstance(node, dict) and node.get("meta", {}).get("chartId") in one["scope"]["excluded"]
        }
        for one in board["metadata"]["native_filter_configuration"]
    }
    assert left_out == {"城市": {"status"}, "月份": {"status", "as_of", "grid_trend"}}


def test_one_indicator_has_one_colour_and_the_live_board_alone_refreshes_itself() -> None:
    files = rendered()
    metadata = {name: files[f"dashboards/{name}.yaml"]["metadata"] for name in BOARDS}
    assert len({str(one["label_colors"]) for one in metadata.values()}) == 1
    assert metadata["overview"]["label_colors"]["解决率"] == "#1554ad"
    assert {name: one["refresh_frequency"] for name, one in metadata.items() if one["refresh_frequency"]} == {"live": 5}
    assert files["datasets/citybrain/live.source_hour.yaml"]["schema"] == "live"
    assert files["datasets/citybrain/current_ranking.yaml"]["schema"] == "published"


def test_every_part_of_a_layout_stands_in_the_one_above_it() -> None:
    position = rendered()["dashboards/overview.yaml"]["position"]
    nodes = {key: node for key, node in position.items() if isinstance(node, dict) and "parents" in node}
    assert len(nodes) > 20
    for key, node in nodes.items():
        assert key in position[node["parents"][-1]]["children"]
        assert all(child in position for child in node["children"])


def test_names_of_assets_never_change() -> None:
    assert asset_uuid("charts", "unit_table") == "98864694-76b7-53ea-bb90-a98d49094bee"
    assert asset_uuid("dashboards", "overview") == "9c0de119-64c6-50a4-ba87-271fb401a73f"
    assert asset_uuid("datasets", "data_health") == "3ed7bde0-0d8c-5847-8691-3d94eaf1352f"
    assert asset_uuid("databases", "citybrain") == "b752539b-7c82-542d-a899-a66f6f4a2004"


def test_a_chart_is_two_files(room: Path, edit: Edit) -> None:
    """One for what it is, with a metric of its own, and its place."""
    (room / "charts/overview/closed_cases.yaml").write_text(
        """
title: 办结件数
dataset: current_indicator_value
look: card
cells: whole_city
where: {indicator_id: T04b}
own_metrics:
  - metric_name: closed_value
    verbose_name: 办结件数
    expression: coalesce(to_char(sum(numerator), 'FM999,999,990'), '—')
"""
    )
    place = {"chart": "closed_cases", "width": 12, "height": 17}
    edit("dashboards/city_management.yaml", lambda board: board["rows"].append([place]))
    found = written.read(room)
    assert check(found) == []
    files = render(found)
    chart = files["charts/overview/closed_cases.yaml"]
    assert chart["params"]["metrics"] == ["closed_value"]
    assert {"subject": "indicator_id", "comparator": "T04b"}.items() <= chart["params"]["adhoc_filters"][-1].items()
    dataset = files["datasets/citybrain/current_indicator_value.yaml"]
    assert "closed_value" in {metric["metric_name"] for metric in dataset["metrics"]}
    assert "CHART-closed_cases" in files["dashboards/city_management.yaml"]["position"]


def test_a_new_city_changes_no_file_of_the_dashboards() -> None:
    said = "".join(path.read_text() for path in written.ROOM.rglob("*.yaml"))
    assert len(said) > 10_000
    assert not [name for name in ("shuifu", "水富", "chicago", "芝加哥") if name in said]


def test_a_column_dropped_from_the_contract_breaks_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_unit_name(table: PublishedTable) -> PublishedTable:
        return dataclasses.replace(table, columns=tuple(one for one in table.columns if one.name != "unit_name_zh"))

    tables = tuple(without_unit_name(table) for table in published_tables())
    monkeypatch.setattr(written, "published_tables", lambda: tables)
    assert "chart unit_table uses column unit_name_zh, which current_indicator_value has not" in check(written.read())


@pytest.mark.parametrize(
    ("path", "change", "fault"),
    [
        (CHART, lambda c: c["params"].update(groupby=["unit_nickname"]), "chart unit_table uses column unit_nickname"),
        (CHART, lambda c: c["params"].update(groupby=[{"label": "made up"}]), "chart unit_table uses column made up"),
        (CHART, lambda c: c.update(where={"variety": "raw"}), "chart unit_table uses column variety"),
        (CHART, lambda c: c["params"].update(adhoc_filters=[]), "chart unit_table says adhoc_filters under params"),
        (CHART, lambda c: c.update(cells="by_moon"), "chart unit_table has cells by_moon"),
        (CHART, lambda c: c.update(look="pie"), "chart unit_table has look pie"),
        (CHART, lambda c: c.update(metrics=["no_such_metric"]), "chart unit_table uses metric no_such_metric"),
        (CHART, lambda c: c.update(metrics=[{"label": "ad hoc"}]), "chart unit_table uses metric ad hoc"),
        (CHART, lambda c: c.update(colours=[{"columns": ["t99_text"]}]), "chart unit_table colours t99_text"),
        (CHART, lambda c: c.update(unfiltered=["town"]), "chart unit_table is unfiltered by town"),
        (CHART, lambda c: c["params"].update(percent_metrics=["n_order"]), "chart unit_table says percent_metrics"),
        (TREND, lambda c: c["params"].update(contributionMode="row"), "chart trend says contributionMode"),
        (TREND, lambda c: c["params"].update(showTooltipTotal=True), "chart trend says showTooltipTotal"),
        (CHART, lambda c: c.update(dataset="raw.hotline_ticket"), "chart unit_table reads raw.hotline_ticket"),
        (MAP, lambda c: c["params"]["tooltip_contents"][0].update(column_name="tel"), "grid_map uses column tel"),
        (MAP, lambda c: c.pop("steps"), "has a legend of grid_map, a chart without steps"),
        (CARD, lambda c: c["own_metrics"][0].pop("verbose_name"), "resolution_value has no Chinese name"),
        (CARD, lambda c: c["own_metrics"][0].update(expression="sum(pop)"), "resolution_value uses pop, no such"),
        (CARD, lambda c: c["own_metrics"][0].update(expression="sum(("), "resolution_value is not SQL"),
        (CARD, lambda c: c["own_metrics"].append(c["own_metrics"][0]), "resolution_value is there twice"),
        (DATASET, lambda d: d["metrics"][0].pop("verbose_name"), "month_order has no Chinese name"),
        (DASHBOARD, lambda b: b["rows"].pop(1), "chart coverage is on no dashboard"),
        (DASHBOARD, lambda b: b["rows"].append(b["rows"][0]), "dashboard overview shows status twice"),
        (DASHBOARD, lambda b: b["rows"][0][0].update(chart="lost"), "dashboard overview shows lost, no such chart"),
        (DASHBOARD, lambda b: b["rows"][0][0].update(width=2), "dashboard overview: row 1 is 5 wide, not 12"),
        (DASHBOARD, lambda b: b["rows"].append([{"chart": "unit_table", "width": 12, "height": 9}]), "has 16 charts"),
        (DASHBOARD, lambda b: b["filters"].append("moon"), "has filter moon, which looks.yaml does not know"),
        (HEALTH, lambda b: b["filters"].extend(["city", "month"]), "filter 月份 reaches no chart"),
        (DASHBOARD, lambda b: b["filters"].reverse(), "filter 月份 follows city_name_zh, no filter before it"),
        (LOOKS, lambda k: k["filters"]["city"].update(dataset="lost"), "filter 城市 asks lost"),
        (LOOKS, lambda k: k["filters"]["city"].update(column="town"), "filter 城市 uses column town"),
        (LOOKS, lambda k: k["filters"]["city"].update(first_by="newest"), "filter 城市 sorts by metric newest"),
        (ACCESS, lambda a: a.pop("overview"), "dashboard overview is not in both"),
        (ACCESS, lambda a: a.update(lost={"roles": ["leader"]}), "dashboard lost is not in both"),
        (ACCESS, lambda a: a["overview"].update(roles=[]), "dashboard overview has no role that may open it"),
        (ACCESS, lambda a: a.update(more=a["overview"]), "user leader has two first pages"),
        ("database.yaml", lambda d: d.update(sqlalchemy_uri="postgresql://me:secret@host/db"), "holds a login"),
        ("database.yaml", lambda d: d.update(allow_dml=True), "must say allow_dml: false"),
    ],
)  # fmt: skip
def test_a_broken_link_is_named(
    room: Path, edit: Edit, path: str, change: Callable[[dict[str, Any]], None], fault: str
) -> None:
    edit(path, change)
    assert faults(room, fault)


def test_a_place_without_its_chart_is_named(room: Path) -> None:
    (room / CHART).unlink()
    assert faults(room, "dashboard hotline shows unit_table, no such chart")


def test_a_folder_of_charts_without_its_board_is_named(room: Path) -> None:
    (room / "dashboards/hotline.yaml").unlink()
    assert faults(room, "charts/hotline is the folder of no dashboard")


OWN_FIGURES = [
    "sum(numerator) / nullif(sum(denominator), 0)",
    "avg(value)",
    "sum(numerator) * 100",
    "mod(sum(n), 100)",
    "percentile_cont(0.5) within group (order by value)",
]


@pytest.mark.parametrize("expression", OWN_FIGURES)
@pytest.mark.parametrize("place", ["chart", "metric", "column"])
def test_a_figure_of_a_charts_own_is_named(edit: Edit, room: Path, expression: str, place: str) -> None:
    """A rate is the catalogue's value: whoever divides, averages or scales in a chart makes another one."""
    part = {"verbose_name": "自算", "expression": expression}
    if place == "chart":
        edit(CARD, lambda chart: chart["own_metrics"].append({"metric_name": "own_value", **part}))
    elif place == "metric":
        edit(DATASET, lambda dataset: dataset["metrics"].append({"metric_name": "own", **part}))
    else:
        edit(DATASET, lambda dataset: dataset["columns"].append({"column_name": "own", "type": "text", **part}))
    assert faults(room, "reckons with")


def test_figures_of_the_catalogue_are_its_values_and_no_others() -> None:
    found = committed()
    made = {one["metric_name"]: one for one in metrics(found, "current_indicator_value")}
    assert len(found.catalogue) > 60
    for name, row in found.catalogue.items():
        figure = made[f"{name.lower()}_figure"]
        assert columns_of(figure["expression"]) == {"indicator_id", "value"}
        assert columns_of(made[f"{name.lower()}_text"]["expression"]) == {"indicator_id", "value_zh"}
        assert row["name_zh"].startswith(figure["verbose_name"])


def test_a_dataset_that_nobody_describes_is_named(room: Path) -> None:
    (room / "semantics/current_ranking.yaml").unlink()
    assert faults(room, "chart ranked reads current_ranking, which superset/semantics does not describe")


@pytest.mark.parametrize(
    ("path", "key"),
    [(CHART, "sql"), (DATASET, "sql"), (DATASET, "schema"), (DASHBOARD, "roles"), (ACCESS, "users")],
)
def test_a_word_that_nobody_reads_is_refused_so_no_dataset_can_be_virtual(
    room: Path, edit: Edit, path: str, key: str
) -> None:
    def add(file: dict[str, Any]) -> None:
        (file["overview"] if path == ACCESS else file)[key] = "select * from raw.hotline_ticket"

    edit(path, add)
    with pytest.raises(CityBrainError, match=f"says {key}, which nobody reads"):
        written.read(room)


def test_semantics_of_a_view_that_no_contract_promises_are_refused(room: Path) -> None:
    (room / "semantics/current_secrets.yaml").write_text("title: 秘密\n")
    with pytest.raises(CityBrainError, match=r"current_secrets\.yaml describes no view"):
        written.read(room)


def test_two_charts_of_one_name_are_refused(room: Path) -> None:
    (room / "charts/more").mkdir()
    shutil.copy(room / CHART, room / "charts/more/unit_table.yaml")
    with pytest.raises(CityBrainError, match="two charts are called unit_table"):
        written.read(room)


@pytest.mark.parametrize(("text", "fault"), [("a: [", "is not readable YAML"), ("- a\n", "is not a YAML mapping")])
def test_a_file_that_cannot_be_read_is_named(room: Path, text: str, fault: str) -> None:
    (room / CHART).write_text(text)
    with pytest.raises(CityBrainError, match=f"unit_table.yaml {fault}"):
        written.read(room)


def test_columns_are_read_from_sql_and_not_from_its_words() -> None:
    sql = """case when bool_and(status = 'final, not n') filter (where indicator_id = 'R02') then
        to_char(max(period_start at time zone 'UTC'), 'YYYY"年"') || lpad(cast(n as text), 4) end"""
    assert columns_of(sql) == {"status", "indicator_id", "period_start", "n"}


def test_suppressed_grids_have_a_colour_that_no_count_has() -> None:
    steps = committed().charts["overview"]["grid_map"]["steps"]
    assert len({step["colour"] for step in steps}) == len(steps) > 2
    assert {-1, 0} <= {step["from"] for step in steps}
    assert [step["label"] for step in steps if step["from"] == -1] == ["隐去（为保护小样本）"]
    ends = sorted((step["from"], step["to"]) for step in steps)
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ends))


def test_the_legend_says_what_the_map_paints() -> None:
    files = rendered()
    board = files["dashboards/overview.yaml"]
    steps = committed().charts["overview"]["grid_map"]["steps"]
    painted = [
        tuple(point["color"].values())[:3]
        for point in files["charts/overview/grid_map.yaml"]["params"]["color_breakpoints"]
    ]
    legend = board["position"]["MARKDOWN-grid_map"]["meta"]["code"]
    for number, step in enumerate(steps):
        assert f'cb-{number}"></span>{step["label"]}' in legend
        assert f".cb-{number} {{ background: {step['colour']}; }}" in board["css"]
        assert "#" + bytes(painted[number]).hex() == step["colour"]


def test_no_tooltip_adds_rates() -> None:
    drawn = [
        file["params"]
        for path, file in rendered().items()
        if path.startswith("charts/") and file["viz_type"].startswith("echarts_timeseries")
    ]
    assert len(drawn) >= 15
    assert {params["y_axis_format"] for params in drawn} == {".1%", ",d"}
    for params in drawn:
        assert params["showTooltipTotal"] is False
        assert params["showTooltipPercentage"] is False


def test_the_city_filter_knows_every_city_that_has_cases() -> None:
    """Also one of petitions alone, which has no indicator: its boards say what is there."""
    city = committed().looks["filters"]["city"]
    assert (city["dataset"], city["column"]) == ("current_source_summary", "city_name_zh")


@pytest.mark.parametrize("card", ["resolution", "satisfaction"])
def test_a_rate_of_answers_is_never_shown_without_the_response_rate(card: str) -> None:
    chart = committed().charts["overview"][card]
    said = {metric["metric_name"]: metric["expression"] for metric in chart["own_metrics"]}
    assert list(said) == [f"{card}_value", f"{card}_note", f"{card}_change_note"]
    assert "'R05'" in said[f"{card}_note"]
    assert "R05" in chart["where"]["indicator_id"]

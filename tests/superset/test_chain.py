"""The static chain dashboard -> chart -> dataset -> published contract -> column, and each of its guards firing."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.published import PublishedTable, published_tables
from streams.dashboards import written
from streams.dashboards.check import check, columns_of
from streams.dashboards.render import asset_uuid, render
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


def faults(room: Path, about: str) -> list[str]:
    found = [fault for fault in check(written.read(room)) if about in fault]
    assert found, f"no fault tells of {about!r}"
    return found


CHART = "charts/overview/unit_table.yaml"
CARD = "charts/overview/resolution.yaml"
MAP = "charts/overview/grid_map.yaml"
DASHBOARD = "dashboards/overview.yaml"
ACCESS = "semantics/dashboards.yaml"
DATASET = "semantics/current_indicator_value.yaml"


def test_the_committed_chain_is_whole() -> None:
    found = written.read()
    assert len(found.all_charts) >= 8
    assert "overview" in found.dashboards
    assert check(found) == []


def test_every_dashboard_has_its_slug_and_shows_each_of_its_charts_once() -> None:
    found = written.read()
    for name, charts in found.charts.items():
        board = render(found)[f"dashboards/{name}.yaml"]
        places = [part for part in board["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
        assert board["slug"] == name
        assert sorted(place["meta"]["uuid"] for place in places) == sorted(asset_uuid("charts", one) for one in charts)
        assert len({place["meta"]["chartId"] for place in places}) == len(charts)


def test_every_part_of_a_layout_stands_in_the_one_above_it() -> None:
    position = render(written.read())["dashboards/overview.yaml"]["position"]
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
    edit(DASHBOARD, lambda board: board["rows"].append([{"chart": "closed_cases", "width": 2, "height": 17}]))
    found = written.read(room)
    assert check(found) == []
    files = render(found)
    chart = files["charts/overview/closed_cases.yaml"]
    assert chart["params"]["metrics"] == ["closed_value"]
    assert {"subject": "indicator_id", "comparator": "T04b"}.items() <= chart["params"]["adhoc_filters"][-1].items()
    dataset = files["datasets/citybrain/current_indicator_value.yaml"]
    assert "closed_value" in {metric["metric_name"] for metric in dataset["metrics"]}
    assert "CHART-closed_cases" in files["dashboards/overview.yaml"]["position"]


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
        (CHART, lambda c: c["colours"][0].update(columns=["t99_text"]), "chart unit_table colours t99_text"),
        (CHART, lambda c: c.update(dataset="raw.hotline_ticket"), "chart unit_table reads raw.hotline_ticket"),
        (MAP, lambda c: c["params"]["tooltip_contents"][0].update(column_name="tel"), "grid_map uses column tel"),
        (MAP, lambda c: c.pop("steps"), "has a legend of grid_map, a chart without steps"),
        (CARD, lambda c: c["own_metrics"][0].pop("verbose_name"), "resolution_value has no Chinese name"),
        (CARD, lambda c: c["own_metrics"][0].update(expression="sum(pop)"), "resolution_value uses pop, no such"),
        (CARD, lambda c: c["own_metrics"][0].update(expression="sum(("), "resolution_value is not SQL"),
        (CARD, lambda c: c["own_metrics"].append(c["own_metrics"][0]), "resolution_value is there twice"),
        (DATASET, lambda d: d["metrics"][0].pop("verbose_name"), "month_order has no Chinese name"),
        (DASHBOARD, lambda b: b["rows"].pop(0), "chart status is on no dashboard"),
        (DASHBOARD, lambda b: b["rows"].append(b["rows"][0]), "dashboard overview shows status twice"),
        (DASHBOARD, lambda b: b["rows"][0][0].update(chart="lost"), "dashboard overview shows lost, no such chart"),
        (DASHBOARD, lambda b: b["filters"][0].update(dataset="lost"), "filter 城市 asks lost"),
        (DASHBOARD, lambda b: b["filters"][0].update(column="town"), "filter 城市 uses column town"),
        (DASHBOARD, lambda b: b["filters"][0].update(first_by="newest"), "filter 城市 sorts by metric newest"),
        (DASHBOARD, lambda b: b["filters"][0].update(not_on=["lost"]), "filter 城市 leaves out lost"),
        (DASHBOARD, lambda b: b["filters"].reverse(), "filter 月份 follows city_name_zh, no filter before it"),
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
    assert faults(room, "dashboard overview shows unit_table, no such chart in charts/overview")


def test_a_dataset_that_nobody_describes_is_named(room: Path) -> None:
    (room / "semantics/current_ranking.yaml").unlink()
    assert faults(room, "chart unit_ranking reads current_ranking, which superset/semantics does not describe")


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


@pytest.mark.parametrize(("text", "fault"), [("a: [", "is not YAML"), ("- a\n", "is not a mapping")])
def test_a_file_that_cannot_be_read_is_named(room: Path, text: str, fault: str) -> None:
    (room / CHART).write_text(text)
    with pytest.raises(CityBrainError, match=f"unit_table.yaml {fault}"):
        written.read(room)


def test_columns_are_read_from_sql_and_not_from_its_words() -> None:
    sql = """case when bool_and(status = 'final, not n') filter (where indicator_id = 'R02') then
        to_char(max(period_start at time zone 'UTC'), 'YYYY"年"') || lpad(cast(n as text), 4) end"""
    assert columns_of(sql) == {"status", "indicator_id", "period_start", "n"}


def test_suppressed_grids_have_a_colour_that_no_count_has() -> None:
    steps = written.read().charts["overview"]["grid_map"]["steps"]
    assert len({step["colour"] for step in steps}) == len(steps) > 2
    assert {-1, 0} <= {step["from"] for step in steps}
    assert [step["label"] for step in steps if step["from"] == -1] == ["隐去（为保护小样本）"]
    ends = sorted((step["from"], step["to"]) for step in steps)
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(ends))


def test_the_legend_says_what_the_map_paints() -> None:
    files = render(written.read())
    board = files["dashboards/overview.yaml"]
    steps = written.read().charts["overview"]["grid_map"]["steps"]
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
        for path, file in render(written.read()).items()
        if path.startswith("charts/") and file["viz_type"].startswith("echarts_timeseries")
    ]
    assert len(drawn) >= 2
    for params in drawn:
        assert params["y_axis_format"].endswith("%")
        assert params["showTooltipTotal"] is False
        assert params["showTooltipPercentage"] is False


def test_the_city_filter_knows_every_city_that_has_cases() -> None:
    """Also one of petitions alone, which has no indicator: its boards say what is there."""
    city = next(one for one in written.read().dashboards["overview"]["filters"] if one["name"] == "城市")
    assert (city["dataset"], city["column"]) == ("current_source_summary", "city_name_zh")


@pytest.mark.parametrize("card", ["resolution", "satisfaction"])
def test_a_rate_of_answers_is_never_shown_without_the_response_rate(card: str) -> None:
    chart = written.read().charts["overview"][card]
    metrics = {metric["metric_name"]: metric["expression"] for metric in chart["own_metrics"]}
    assert list(metrics) == [f"{card}_value", f"{card}_note"]
    assert "'R05'" in metrics[f"{card}_note"]
    assert "R05" in chart["where"]["indicator_id"]

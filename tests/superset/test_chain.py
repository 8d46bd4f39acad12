"""The static chain dashboard -> chart -> dataset -> published contract -> column, and each of its guards firing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.published import PublishedTable, published_tables
from streams.errors import CityBrainError
from streams.stack import dashboards

Edit = Callable[[str, Callable[[dict[str, Any]], None]], None]


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A copy of `superset/` to break."""
    shutil.copytree(dashboards.ROOM, tmp_path / "superset")
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
    found = [fault for fault in dashboards.check(room) if about in fault]
    assert found, f"no fault tells of {about!r}"
    return found


CHART = "assets/charts/overview/unit_table.yaml"
MAP = "assets/charts/overview/grid_map.yaml"
DASHBOARD = "assets/dashboards/overview.yaml"
DATASET = "assets/datasets/citybrain/current_indicator_value.yaml"


def test_the_committed_chain_is_whole() -> None:
    assets = dashboards.read_assets()
    assert len(assets.charts) == 16
    assert set(assets.dashboards) == {"overview"}
    assert len(assets.datasets) == 7
    assert dashboards.check() == []


def test_the_overview_has_its_slug_and_shows_every_chart() -> None:
    assets = dashboards.read_assets()
    overview = assets.dashboards["overview"]
    shown = {
        part["meta"]["uuid"]
        for part in overview["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    }
    assert overview["slug"] == "overview"
    assert overview["dashboard_title"] == "城市运行总览"
    assert shown == {chart["uuid"] for chart in assets.charts.values()}


def test_a_dataset_edited_by_hand_is_stale(room: Path, edit: Edit) -> None:
    edit(DATASET, lambda dataset: dataset.update(description="edited"))
    assert faults(room, "current_indicator_value.yaml is not what the contracts render")


def test_a_column_dropped_from_the_contract_breaks_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_unit_name(table: PublishedTable) -> PublishedTable:
        columns = tuple(column for column in table.columns if column.name != "unit_name_zh")
        return PublishedTable(table.name, table.description, columns, table.primary_key, table.from_dbt)

    tables = tuple(without_unit_name(table) for table in published_tables())
    monkeypatch.setattr(dashboards, "published_tables", lambda: tables)
    found = dashboards.check()
    assert "dataset current_indicator_value: column unit_name_zh is not in both the dataset and the contract" in found


def test_a_chart_that_reads_a_column_nobody_promises_is_named(room: Path, edit: Edit) -> None:
    edit(CHART, lambda chart: chart["params"].update(groupby=["unit_nickname"]))
    assert faults(room, "chart unit_table uses column unit_nickname")


def test_a_filter_of_a_chart_is_followed_to_its_column(room: Path, edit: Edit) -> None:
    edit(CHART, lambda chart: chart["params"]["adhoc_filters"][0].update(subject="variety"))
    assert faults(room, "chart unit_table uses column variety")


def test_sql_in_a_filter_of_a_chart_is_followed_to_its_columns(room: Path, edit: Edit) -> None:
    condition = {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": "secret_code = 'x' and unit_code <> ''"}
    edit(CHART, lambda chart: chart["params"]["adhoc_filters"].append(condition))
    assert faults(room, "chart unit_table uses column secret_code")


def test_a_tooltip_is_followed_to_its_columns(room: Path, edit: Edit) -> None:
    edit(MAP, lambda chart: chart["params"]["tooltip_contents"][0].update(column_name="owner_phone"))
    assert faults(room, "chart grid_map uses column owner_phone")


@pytest.mark.parametrize("metric", ["no_such_metric", {"label": "ad hoc", "expressionType": "SQL"}])
def test_a_chart_may_use_saved_metrics_only(room: Path, edit: Edit, metric: Any) -> None:
    edit(CHART, lambda chart: chart["params"].update(metrics=[metric]))
    assert faults(room, "chart unit_table uses metric")


def test_a_chart_without_its_dataset_is_named(room: Path, edit: Edit) -> None:
    edit(CHART, lambda chart: chart.update(dataset_uuid="00000000-0000-0000-0000-000000000000"))
    assert faults(room, "chart unit_table points to a dataset that is not there")


def test_a_chart_that_says_two_kinds_is_named(room: Path, edit: Edit) -> None:
    edit(CHART, lambda chart: chart.update(viz_type="pie"))
    assert faults(room, "chart unit_table says two viz_types")


def test_a_place_without_its_chart_is_named(room: Path) -> None:
    (room / CHART).unlink()
    assert faults(room, "CHART-unit_table shows a chart that is not there")


def test_a_chart_without_a_place_is_named(room: Path, edit: Edit) -> None:
    def remove(dashboard: dict[str, Any]) -> None:
        del dashboard["position"]["CHART-unit_table"]
        dashboard["position"]["ROW-units"]["children"].remove("CHART-unit_table")

    edit(DASHBOARD, remove)
    assert faults(room, "chart unit_table is on no dashboard")


def test_a_part_that_no_row_holds_is_named(room: Path, edit: Edit) -> None:
    edit(DASHBOARD, lambda board: board["position"]["ROW-units"]["children"].remove("CHART-unit_table"))
    assert faults(room, "CHART-unit_table is placed nowhere")


def test_a_row_that_holds_a_lost_part_is_named(room: Path, edit: Edit) -> None:
    edit(DASHBOARD, lambda board: board["position"]["ROW-units"]["children"].append("CHART-lost"))
    assert faults(room, "ROW-units holds CHART-lost, which is not there")


def test_a_chart_id_used_twice_is_named(room: Path, edit: Edit) -> None:
    edit(DASHBOARD, lambda board: board["position"]["CHART-unit_table"]["meta"].update(chartId=1))
    assert faults(room, "a chartId is used twice")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda f: f["targets"][0].update(datasetUuid="gone"), "filter 城市 asks a dataset that is not there"),
        (lambda f: f["targets"][0].update(column={"name": "town"}), "filter 城市 uses column town"),
        (lambda f: f.update(sortMetric="newest"), "filter 城市 sorts by metric newest"),
        (lambda f: f["scope"].update(excluded=[999]), "filter 城市 excludes chartId 999"),
    ],
)
def test_a_dashboard_filter_is_followed_to_its_column(
    room: Path, edit: Edit, change: Callable[[dict[str, Any]], None], fault: str
) -> None:
    edit(DASHBOARD, lambda board: change(board["metadata"]["native_filter_configuration"][0]))
    assert faults(room, fault)


def test_a_virtual_dataset_is_refused(room: Path, edit: Edit) -> None:
    edit(DATASET, lambda dataset: dataset.update(sql="select * from raw.hotline_ticket"))
    assert faults(room, "dataset current_indicator_value is virtual")


def test_a_dataset_outside_schema_published_is_refused(room: Path, edit: Edit) -> None:
    edit(DATASET, lambda dataset: dataset.update(schema="raw"))
    assert faults(room, "reads raw.current_indicator_value, promised by no contract")


def test_an_expression_that_reads_an_unknown_column_is_named(room: Path, edit: Edit) -> None:
    edit(
        "semantics/current_grid_map.yaml",
        lambda semantics: semantics["metrics"][0].update(expression="max(map_value) + sum(population)"),
    )
    dashboards.write_rendered(room)
    assert faults(room, "dataset current_grid_map: map_value uses population, no such column")


def test_a_metric_without_a_chinese_name_is_named(room: Path, edit: Edit) -> None:
    edit("semantics/current_grid_map.yaml", lambda semantics: semantics["metrics"][0].pop("verbose_name"))
    dashboards.write_rendered(room)
    assert faults(room, "dataset current_grid_map: map_value has no Chinese name")


def test_a_dataset_that_nobody_describes_is_named(room: Path) -> None:
    (room / "semantics/current_ranking.yaml").unlink()
    assert faults(room, "dataset current_ranking.yaml has no file in superset/semantics")


def test_semantics_of_a_view_that_no_contract_promises_are_refused(room: Path) -> None:
    (room / "semantics/current_secrets.yaml").write_text("title: 秘密\n")
    with pytest.raises(CityBrainError, match=r"current_secrets\.yaml describes no view"):
        dashboards.render(room)


def test_a_uuid_that_does_not_follow_from_the_name_is_refused(room: Path, edit: Edit) -> None:
    edit(CHART, lambda chart: chart.update(uuid="11111111-1111-1111-1111-111111111111"))
    assert faults(room, "charts/unit_table must have uuid")


def test_a_login_in_the_database_file_is_refused(room: Path, edit: Edit) -> None:
    edit("assets/databases/citybrain.yaml", lambda base: base.update(sqlalchemy_uri="postgresql://me:secret@host/db"))
    assert faults(room, "database citybrain holds a login")


def test_a_database_that_may_write_is_refused(room: Path, edit: Edit) -> None:
    edit("assets/databases/citybrain.yaml", lambda base: base.update(allow_dml=True))
    assert faults(room, "database citybrain must say allow_dml: false")


def test_fewer_than_eight_charts_are_too_few(room: Path) -> None:
    for path in sorted((room / "assets/charts/overview").glob("*.yaml"))[7:]:
        path.unlink()
    assert faults(room, "only 7 charts")


def test_two_charts_of_one_name_are_refused(room: Path) -> None:
    (room / "assets/charts/more").mkdir()
    shutil.copy(room / CHART, room / "assets/charts/more/unit_table.yaml")
    with pytest.raises(CityBrainError, match="two charts are called unit_table"):
        dashboards.check(room)


@pytest.mark.parametrize(("text", "fault"), [("a: [", "is not YAML"), ("- a\n", "is not a mapping")])
def test_a_file_that_cannot_be_read_is_named(room: Path, text: str, fault: str) -> None:
    (room / CHART).write_text(text)
    with pytest.raises(CityBrainError, match=f"unit_table.yaml {fault}"):
        dashboards.check(room)


def test_suppressed_grids_have_a_colour_that_no_count_has() -> None:
    params = dashboards.read_assets().charts["grid_map"]["params"]
    by_value = {point["minValue"]: tuple(point["color"].values()) for point in params["color_breakpoints"]}
    assert len(by_value) == 7
    assert len(set(by_value.values())) == 7
    assert -1 in by_value
    assert 0 in by_value
    assert params["mapbox_style"] == "blank"


@pytest.mark.parametrize("card", ["resolution", "satisfaction"])
def test_a_rate_of_answers_is_never_shown_without_the_response_rate(card: str) -> None:
    assets = dashboards.read_assets()
    params = assets.charts[card]["params"]
    metrics = {metric["metric_name"]: metric for metric in assets.datasets["current_indicator_value"]["metrics"]}
    assert params["metrics"] == [f"{card}_value", f"{card}_note"]
    assert "'R05'" in metrics[f"{card}_note"]["expression"]
    asked = {item for condition in params["adhoc_filters"] for item in condition.get("comparator", ())}
    assert "R05" in asked

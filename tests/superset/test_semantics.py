"""The SQL of the datasets on a real PostgreSQL: every expression runs on its view, and says what it should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from streams.dashboards import render, written
from streams.settings import Settings
from tests.fixtures.warehouse import own_warehouse

COLUMNS = "indicator_id, numerator, denominator, n, value_zh, month_zh, period_start, status, value, change_zh"


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A warehouse that has its schemas and no rows."""
    with own_warehouse(postgres, "dashboards", tmp_path_factory.mktemp("lake")) as own:
        yield own


@pytest.fixture(scope="module")
def reader(warehouse: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the read-only role."""
    with psycopg.connect(warehouse.role_url("reader"), autocommit=True) as connection:
        yield connection


ROOM = written.read()
DATASETS = sorted(ROOM.semantics)


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_exactly_the_columns_of_its_view(reader: psycopg.Connection[Any], name: str) -> None:
    view = reader.execute(f"select * from {'.'.join(render.relation(name))}".encode())
    assert view.description is not None
    assert sorted(ROOM.views[name]) == sorted(column.name for column in view.description)


@pytest.mark.parametrize("name", DATASETS)
def test_every_expression_of_a_dataset_runs_on_its_view(reader: psycopg.Connection[Any], name: str) -> None:
    calculated = [column["expression"] for column in render.columns(ROOM, name) if column.get("expression")]
    aggregated = metrics(name).values()
    view = ".".join(render.relation(name))
    for expression in calculated:
        reader.execute(f"select {expression} from {view}".encode()).fetchall()
    if aggregated:
        assert len(reader.execute(f"select {', '.join(aggregated)} from {view}".encode()).fetchall()) == 1


def metrics(dataset: str) -> dict[str, str]:
    """Metric of a dataset -> its SQL."""
    return {item["metric_name"]: item["expression"] for item in render.metrics(ROOM, dataset)}


def metric_over(reader: psycopg.Connection[Any], metric: str, *rows: str) -> str:
    """Value of a metric of indicator values, or of their changes, over hand-made rows."""
    expression = (metrics("indicator_change") | metrics("current_indicator_value"))[metric]
    source = f"(values {', '.join(rows)}) as t ({COLUMNS})"
    answer = reader.execute(f"select {expression} from {source}".encode()).fetchone()
    assert answer is not None
    return str(answer[0])


def row(indicator: str, numerator: object = "null", denominator: object = "null", **other: object) -> str:
    """One cell of July; a rate that says itself in percent unless `value_zh` is given."""
    said = f"'{numerator / denominator:.1%}'" if isinstance(numerator, int) and isinstance(denominator, int) else "null"
    values = {
        "n": denominator,
        "value_zh": said,
        "month_zh": "'2026年07月'",
        "period_start": "date '2026-07-01'",
        "status": "'final'",
        "value": "null",
        "change_zh": "null",
        **other,
    }
    cells = [f"'{indicator}'", numerator, denominator, *values.values()]
    types = ("text", "float8", "float8", "bigint", "text", "text", "date", "text", "float8", "text")
    return f"({', '.join(f'cast({cell} as {kind})' for cell, kind in zip(cells, types, strict=True))})"


HIDDEN = row("R02", value_zh="'隐去'")
NO_CALLBACKS = row("R02", value_zh="'不适用'")


@pytest.mark.parametrize(
    ("metric", "rows", "said"),
    [
        ("resolution_value", [row("R02", 893, 1000), row("R05", 1, 2)], "89.3%"),
        ("resolution_value", [HIDDEN], "隐去"),
        ("resolution_value", [NO_CALLBACKS], "不适用"),
        ("resolution_value", [row("R05", 1, 2)], "—"),
        ("resolution_note", [row("R02", 60, 80), row("R05", 80, 100)], "有效回访率 80.0% · 有效回访 80 件"),
        ("resolution_note", [NO_CALLBACKS], "本市没有回访数据"),
        ("resolution_note", [HIDDEN, row("R05", 8, 11)], "有效回访率 72.7% · 有效回访 不足10 件"),
        ("on_time_note", [row("T03a", 3688, 3851)], "应办结 3,851 件，按期 3,688 件"),
        ("on_time_note", [row("T03a", value_zh="'不适用'")], "本市没有办理时限"),
        ("closing_note", [row("T04a", value_zh="'不适用'"), row("T04b", 9, 10)], "本市没有办理时限 · 按受理口径 90.0%"),
        ("closing_note", [row("T04a", 8, 10), row("T04b", 9, 10)], "按受理口径 90.0%"),
        ("incidents_value", [row("G01a", 12345, value_zh="'1.23万'")], "1.23万"),
        ("incidents_note", [row("T04b", 9, 10), row("G12", value_zh="'不适用'")], "受理诉求 10 件 · 本市未划网格"),
        ("incidents_note", [row("T04b", 9, 10), row("G12", 8, 10)], "受理诉求 10 件 · 网格定位率 80.0%"),
        ("r02_text", [row("R02", 91, 1000)], "    9.1%"),
        ("r02_text", [row("R05", 1, 2)], "       —"),
        ("r02_figure", [row("R02", 91, 1000, value="0.091"), row("R05", 1, 2, value="0.5")], "0.091"),
        ("tile_value", [row("R02", 91, 1000)], "9.1%"),
        ("tile_note", [row("R02", 91, 1000, change_zh="'环比 持平 · 同比 —'")], "环比 持平 · 同比 —"),
        ("tile_note", [NO_CALLBACKS], "本市不适用"),
        (
            "resolution_change_note",
            [row("R02", 9, 10, value="0.9", change_zh="'环比 +1.0个百分点'"), row("R05", 1, 2)],
            "环比 +1.0个百分点",
        ),
        ("resolution_change_note", [HIDDEN], ""),
        ("month_line", [row("R02", 1, 20)], "2026年07月 · 已定数据"),
        ("month_line", [row("R02", 1, 20, status="'provisional'")], "2026年07月 · 初步数据，会变化"),
    ],
)
def test_a_card_says_its_figure_in_words(
    reader: psycopg.Connection[Any], metric: str, rows: list[str], said: str
) -> None:
    assert metric_over(reader, metric, *rows) == said


TWO_MONTHS = [row("R02", 10, 10), row("R02", 45, 90, period_start="date '2026-08-01'")]


def test_a_figure_of_several_cells_is_none_rather_than_made_up(reader: psycopg.Connection[Any]) -> None:
    assert metric_over(reader, "r02_figure", *TWO_MONTHS) == "None"


def test_a_text_over_months_repeats_them_all_and_adds_nothing_up(reader: psycopg.Connection[Any]) -> None:
    assert metric_over(reader, "resolution_value", *TWO_MONTHS) == "100.0% / 50.0%"
    assert metric_over(reader, "r02_text", *TWO_MONTHS) == "多项"


PETITIONS_ALONE = "指标卡与走势只统计：无。其他来源各有口径，不能相加：信访事项（见“各来源主要指标”与“来源汇总”）。"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ["('12345工单', true)", "('信访事项', false)", "('矛盾纠纷', false)"],
            "指标卡与走势只统计：12345工单。其他来源各有口径，不能相加：信访事项、矛盾纠纷（见“各来源主要指标”与“来源汇总”）。",
        ),
        (
            ["('信访事项', false)"],
            "指标卡与走势只统计：无。其他来源各有口径，不能相加：信访事项（见“各来源主要指标”与“来源汇总”）。",
        ),
        (["('12345工单', true)"], "指标卡与走势统计本市全部来源。"),
    ],
)
def test_the_overview_says_which_sources_its_rates_cover(
    reader: psycopg.Connection[Any], rows: list[str], said: str
) -> None:
    expression = metrics("current_source_summary")["coverage_line"]
    source = f"(values {', '.join(rows)}) as t (source_name_zh, is_in_rates)"
    assert reader.execute(f"select {expression} from {source}".encode()).fetchone() == (said,)


@pytest.mark.parametrize("metric", ["resolution", "satisfaction", "on_time", "closing", "incidents"])
def test_a_card_without_a_publication_says_so(reader: psycopg.Connection[Any], metric: str) -> None:
    expressions = metrics("indicator_change")
    said = ", ".join(expressions[f"{metric}_{part}"] for part in ("value", "note", "change_note"))
    query = f"select {said} from published.indicator_change"
    assert reader.execute(query.encode()).fetchone() == ("—", "尚无数据", "")


@pytest.fixture
def petitions_alone(warehouse: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Where one city is published that has petitions and nothing else: no indicator, no grid, no category."""
    with psycopg.connect(warehouse.role_url("publisher")) as connection:
        connection.execute(
            "insert into published.publication (publication_id, run_id, published_at_utc, data_as_of_utc, data_as_of,"
            " data_version, code_version, cause, value_rows, restated_cells, checksum)"
            " values (1, 'r', '2026-08-01', '2026-08-01', '{}', '{}', 'c', 'late_data', 0, 0, 'x')"
        )
        connection.execute(
            "insert into frozen.source_summary (from_publication_id, city_code, source, requests, completed, open,"
            " cancelled, duplicates, information_only, events_count, closed_before_receipt, corrected, conflicting,"
            " published_as, small_cell_k, data_as_of_utc, city_name_zh, source_name_zh, is_in_rates, data_as_of_zh)"
            " values (1, 'petitions_only', 'petition.matter', 4821, 4000, 800, 21, 0, 0, 9000, 0, 0, 0, 'counts', 20,"
            " '2026-08-01', '信访市', '信访事项', false, '2026年08月01日 08:00')"
        )
        yield connection
        connection.rollback()


def ask(connection: psycopg.Connection[Any], name: str, city: str) -> list[tuple[Any, ...]]:
    """Rows of a chart of the overview, as its query asks for them with the city chosen."""
    chart = ROOM.charts["overview"][name]
    view, params = chart["dataset"], render.render(ROOM)[f"charts/overview/{name}.yaml"]["params"]
    known = {column["column_name"]: column.get("expression") or column["column_name"]
             for column in render.columns(ROOM, view)}  # fmt: skip
    groups = [known[column] for column in [*params.get("groupby", ()), *params.get("all_columns", ())]]
    groups += [known[params[key]] for key in ("x_axis", "line_column") if key in params]
    chosen = [metrics(view)[metric] for metric in params.get("metrics", ()) or filter(None, [params.get("metric")])]
    wanted = render.conditions(ROOM, chart)
    where = [f"{column} = '{value}'" for column, value in wanted.items() if isinstance(value, str)]
    where += [f"city_name_zh = '{city}'"] * render.reaches(ROOM, "city", name)
    query = f"select {', '.join([*groups, *chosen])} from published.{view} where {' and '.join(where) or 'true'}"
    grouped = f" group by {', '.join(str(place) for place in range(1, len(groups) + 1))}" if groups and chosen else ""
    return connection.execute((query + grouped).encode()).fetchall()


def test_a_city_of_petitions_alone_is_on_the_filter_and_its_boards_say_what_there_is(
    petitions_alone: psycopg.Connection[Any],
) -> None:
    city = ROOM.looks["filters"]["city"]
    options = petitions_alone.execute(f"select distinct {city['column']} from published.{city['dataset']}".encode())
    assert options.fetchall() == [("信访市",)]
    said = {name: ask(petitions_alone, name, "信访市") for name in ROOM.charts["overview"]}
    assert said["source_summary"][0][0] == "信访事项"
    assert "4,821" in said["source_summary"][0]
    assert said["coverage"] == [
        ("指标卡与走势只统计：无。其他来源各有口径，不能相加：信访事项（见“各来源主要指标”与“来源汇总”）。",)
    ]
    assert said["resolution"] == said["on_time"] == said["incidents"] == [("—", "尚无数据", "")]
    assert said["month_status"] == [("尚无数据",)]
    assert said["as_of"] == [("08月01日 08:00", "2026年 当地时间 · 第 1 号发布")]


def put(connection: psycopg.Connection[Any], table: str, **values: object) -> None:
    """A row of a frozen table; what is not given is empty text where the table wants some."""
    wanted = connection.execute(
        "select column_name from information_schema.columns where table_schema = 'frozen' and table_name = %s"
        " and is_nullable = 'NO' and data_type = 'text'",
        (table,),
    ).fetchall()
    row = {name: "" for (name,) in wanted} | values
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"insert into frozen.{table} ({', '.join(row)}) values ({marks})".encode(), list(row.values()))


@pytest.fixture
def months(petitions_alone: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A share and a count of one city: a year, its end final but for the last month, and one of another definition."""
    common = {"from_publication_id": 1, "indicator_version": 1}
    for name, unit in (("R02", "fraction"), ("X03a", "notices")):
        put(petitions_alone, "indicator_definition", **common, indicator_id=name, unit=unit, scale=1,
            valid_from="2020-01-01")  # fmt: skip
    cells = [
        ("R02", "2025-08-01", 0.80, "final", False), ("R02", "2026-07-01", 0.78, "final", False),
        ("R02", "2026-08-01", 0.795, "final", False), ("R02", "2026-09-01", 0.60, "provisional", False),
        ("X03a", "2025-08-01", None, "final", True), ("X03a", "2026-07-01", 80, "final", False),
        ("X03a", "2026-08-01", 84, "final", False),
    ]  # fmt: skip
    for indicator, start, value, status, suppressed in cells:
        put(petitions_alone, "indicator_value", **common, city_code="c", indicator_id=indicator, variant="raw",
            period_type="month", period_start=start, period_end=start, area_level="city", value=value, status=status,
            suppressed=suppressed, suppression_reason="small_cell" if suppressed else "", is_latest_month=False,
            is_latest_final=False, month_zh=start)  # fmt: skip
    return petitions_alone


def test_changes_are_percentage_points_of_shares_and_per_cent_of_counts_between_final_months(
    months: psycopg.Connection[Any],
) -> None:
    rows = months.execute(
        "select indicator_id, month_zh, previous_change_zh, last_year_change_zh, change_zh"
        " from published.indicator_change where month_zh >= '2026-08' order by 1, 2"
    ).fetchall()
    assert rows == [
        ("R02", "2026-08-01", "+1.5个百分点", "-0.5个百分点", "环比 +1.5个百分点 · 同比 -0.5个百分点"),
        ("R02", "2026-09-01", "—", "—", "初步数据，暂不比较"),
        ("X03a", "2026-08-01", "+5.0%", "—", "环比 +5.0% · 同比 —"),
    ]

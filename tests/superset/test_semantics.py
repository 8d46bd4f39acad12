"""The SQL of the datasets on a real PostgreSQL: every expression runs on its view, and says what it should."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from streams.settings import Settings
from streams.stack import dashboards
from tests.fixtures.warehouse import own_warehouse

COLUMNS = "indicator_id, numerator, denominator, n, value, suppressed, na_reason, period_start, status"


@pytest.fixture(scope="module")
def reader(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the read-only role to a warehouse that has its schemas and no rows."""
    with (
        own_warehouse(postgres, "dashboards", tmp_path_factory.mktemp("lake")) as warehouse,
        psycopg.connect(warehouse.role_url("reader"), autocommit=True) as connection,
    ):
        yield connection


DATASETS = sorted(dashboards.read_assets().datasets)


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_exactly_the_columns_of_its_view(reader: psycopg.Connection[Any], name: str) -> None:
    dataset = dashboards.read_assets().datasets[name]
    view = reader.execute(f"select * from published.{name}".encode())
    assert view.description is not None
    physical = [column["column_name"] for column in dataset["columns"] if not column.get("expression")]
    assert sorted(physical) == sorted(column.name for column in view.description)


@pytest.mark.parametrize("name", DATASETS)
def test_every_expression_of_a_dataset_runs_on_its_view(reader: psycopg.Connection[Any], name: str) -> None:
    dataset = dashboards.read_assets().datasets[name]
    calculated = [column["expression"] for column in dataset["columns"] if column.get("expression")]
    metrics = [metric["expression"] for metric in dataset["metrics"]]
    assert calculated or metrics
    for expression in calculated:
        reader.execute(f"select {expression} from published.{name}".encode()).fetchall()
    for expression in metrics:
        assert len(reader.execute(f"select {expression} from published.{name}".encode()).fetchall()) == 1


def metric_over(reader: psycopg.Connection[Any], metric: str, *rows: str) -> str:
    """Value of a metric of current_indicator_value over hand-made rows."""
    dataset = dashboards.read_assets().datasets["current_indicator_value"]
    expression = {item["metric_name"]: item["expression"] for item in dataset["metrics"]}[metric]
    source = f"(values {', '.join(rows)}) as t ({COLUMNS})"
    answer = reader.execute(f"select {expression} from {source}".encode()).fetchone()
    assert answer is not None
    return str(answer[0])


def row(indicator: str, numerator: object = "null", denominator: object = "null", **other: object) -> str:
    """One cell; a rate unless `value` is given."""
    values = {
        "n": denominator,
        "value": "null",
        "suppressed": "false",
        "na_reason": "''",
        "period_start": "date '2026-07-01'",
        "status": "'final'",
        **other,
    }
    cells = [f"'{indicator}'", numerator, denominator, *values.values()]
    types = ("text", "float8", "float8", "bigint", "float8", "boolean", "text", "date", "text")
    return f"({', '.join(f'cast({cell} as {kind})' for cell, kind in zip(cells, types, strict=True))})"


HIDDEN = row("R02", suppressed="true")
NO_CALLBACKS = row("R02", na_reason="'no_callbacks'")


@pytest.mark.parametrize(
    ("metric", "rows", "said"),
    [
        ("resolution_value", [row("R02", 893, 1000)], "89.3%"),
        ("resolution_value", [row("R02", 8, 8)], "100.0%"),
        ("resolution_value", [row("R02", 0, 50)], "0.0%"),
        ("resolution_value", [HIDDEN], "隐去"),
        ("resolution_value", [NO_CALLBACKS], "不适用"),
        ("resolution_value", [row("R02", 0, 0, na_reason="'empty_denominator'")], "—"),
        ("resolution_note", [row("R02", 60, 80), row("R05", 80, 100)], "有效回访率 80.0% · 有效回访 80 件"),
        ("resolution_note", [NO_CALLBACKS], "本市没有回访数据"),
        ("resolution_note", [HIDDEN, row("R05", 8, 11)], "有效回访率 72.7% · 有效回访 不足10 件"),
        ("on_time_note", [row("T03a", 3688, 3851)], "应办结 3,851 件，按期 3,688 件"),
        ("on_time_note", [row("T03a", na_reason="'no_time_limit'")], "本市没有办理时限"),
        ("closing_note", [row("T04a", na_reason="'no_time_limit'"), row("T04b", 9, 10)], None),
        ("incidents_value", [row("G01a", 9999, value=9999)], "9,999"),
        ("incidents_value", [row("G01a", 12345, value=12345)], "1.23万"),
        ("incidents_value", [row("G01a", 234567890, value=234567890)], "2.35亿"),
        ("incidents_value", [row("G01a", na_reason="'no_grids'")], "不适用"),
        ("incidents_value", [row("G01a", suppressed="true")], "隐去"),
        ("r02_text", [row("R02", 91, 1000)], "  9.1%"),
        ("month_line", [row("R02", 1, 20)], "2026年07月 · 已定数据"),
        ("month_line", [row("R02", 1, 20, status="'provisional'")], "2026年07月 · 初步数据，会变化"),
    ],
)
def test_a_card_says_its_figure_in_words(
    reader: psycopg.Connection[Any], metric: str, rows: list[str], said: str | None
) -> None:
    assert metric_over(reader, metric, *rows) == (said or "本市没有办理时限 · 按受理口径 90.0%")


def test_a_rate_over_months_is_the_ratio_of_sums_not_the_mean_of_ratios(reader: psycopg.Connection[Any]) -> None:
    months = [row("R02", 10, 10), row("R02", 45, 90, period_start="date '2026-08-01'")]
    assert metric_over(reader, "resolution_value", *months) == "55.0%"


@pytest.mark.parametrize("metric", ["resolution", "satisfaction", "on_time", "closing", "incidents"])
def test_a_card_without_a_publication_says_so(reader: psycopg.Connection[Any], metric: str) -> None:
    dataset = dashboards.read_assets().datasets["current_indicator_value"]
    expressions = {item["metric_name"]: item["expression"] for item in dataset["metrics"]}
    both = f"{expressions[f'{metric}_value']}, {expressions[f'{metric}_note']}"
    query = f"select {both} from published.current_indicator_value"
    assert reader.execute(query.encode()).fetchone() == ("—", "尚无数据")

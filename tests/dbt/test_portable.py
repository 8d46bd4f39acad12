"""Dispatched macros mean the same on both engines, proved on the engines themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import jinja2
import psycopg
import pytest

from streams.builds.dbt import PROJECT
from streams.settings import Settings

INSTANTS = [
    (datetime(2021, 3, 14, 7, 59, 59), "America/Chicago"),  # last second of winter time
    (datetime(2021, 3, 14, 8, 0, 0), "America/Chicago"),  # first second of summer time
    (datetime(2021, 11, 7, 6, 30, 0), "America/Chicago"),  # 01:30, the first of two
    (datetime(2021, 11, 7, 7, 30, 0), "America/Chicago"),  # 01:30, the second of two
    (datetime(2026, 1, 31, 16, 0, 0), "Asia/Shanghai"),  # midnight of a new month
    (datetime(1989, 7, 1, 0, 0, 0), "Asia/Shanghai"),  # China had summer time then
]
LOCAL = [
    datetime(2021, 3, 14, 1, 59, 59),
    datetime(2021, 3, 14, 3, 0, 0),
    datetime(2021, 11, 7, 1, 30, 0),
    datetime(2021, 11, 7, 1, 30, 0),
    datetime(2026, 2, 1, 0, 0, 0),
    datetime(1989, 7, 1, 9, 0, 0),
]
SPANS = [
    (datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 45), 0.75),  # seconds count
    (datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 1), 1.0),
    (datetime(2026, 1, 1), datetime(2025, 12, 31, 23, 59, 45), -0.25),
    (datetime(2021, 3, 14, 7), datetime(2021, 3, 14, 9), 120.0),  # natural minutes: no clock change is seen
]


def macro(name: str, *arguments: str) -> str:
    source = (PROJECT / "macros/time.sql").read_text(encoding="utf-8")
    module: Any = jinja2.Environment(autoescape=False).from_string(source).module  # noqa: S701
    return str(getattr(module, name)(*arguments)).strip()


def instant(at: datetime) -> str:
    return f"cast('{at}' as timestamp)"


def queries(engine: str) -> list[tuple[str, Any]]:
    """Query -> what it must answer."""
    found: list[tuple[str, Any]] = []
    for (at, zone), expected in zip(INSTANTS, LOCAL, strict=True):
        found.append((macro(f"{engine}__to_local", instant(at), f"'{zone}'"), expected))
    for earlier, later, minutes in SPANS:
        found.append((macro(f"{engine}__minutes_between", instant(earlier), instant(later)), minutes))
    return [(f"select {expression} as answer", expected) for expression, expected in found]


def test_the_clock_macros_are_right_on_postgresql(postgres: Settings) -> None:
    with psycopg.connect(postgres.role_url("owner"), options="-c timezone=UTC") as connection:
        for query, expected in queries("default"):
            assert connection.execute(query.encode()).fetchone() == (expected,), query


def test_the_clock_macros_are_right_on_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.sql import SparkSession

    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[1]").appName("portable-macros")
    for key, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    try:
        for query, expected in queries("spark"):
            row = spark.sql(f"select cast(answer as string) from ({query})").first()
            assert row is not None
            assert row[0] == str(expected), query
    finally:
        spark.stop()

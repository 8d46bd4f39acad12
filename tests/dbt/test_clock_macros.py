"""The clocks as SQL say what they say as Python, on the engines themselves; Python is held by the minute oracle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from streams.builds import calendars as loaded
from streams.builds.clock_macros import clock_macros
from streams.clocks import calendars, lookup
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.clock_cases import CASES, KEY, PAUSES, Cases, answered, generated
from tests.fixtures.warehouse import fetch, own_warehouse

COUNT = 6_000


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_clock", tmp_path_factory.mktemp("lake")) as settings:
        loaded.load(settings)
        yield settings


def told(connection: psycopg.Connection[Any], cases: Cases) -> None:
    """Put them into temporary tables `cases` and `pauses`."""
    for table, columns, rows in (("cases", CASES, cases.rows()), ("pauses", PAUSES, cases.pause_rows())):
        connection.execute(f"create temporary table {table} ({columns})".encode())
        with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(f"analyze {table}".encode())


def test_sql_and_python_agree_on_every_generated_case(warehouse: Settings) -> None:
    cases = generated(COUNT, 20261130)
    expected = answered(cases, calendars.of_city)
    macros = clock_macros()
    with connect(warehouse, "owner") as connection:
        told(connection, cases)
        connection.execute(macros.by_hash_alone())
        dues = connection.execute(
            "select case_id, coalesce((extract(epoch from due_at_utc) * 1000000)::bigint, -1), is_paused,"
            f" is_provisional from ({macros.due_at('cases', 'pauses', KEY)}) as found order by 1".encode()
        ).fetchall()
        worked = connection.execute(
            "select case_id, worked_minutes, paused_minutes"
            f" from ({macros.worked_minutes('cases', 'pauses', KEY)}) as found order by 1".encode()
        ).fetchall()
    found = dict(
        zip(("case", "due_us", "is_paused", "is_provisional"), map(np.array, zip(*dues, strict=True)), strict=True)
    )
    assert found.pop("case").tolist() == list(range(COUNT))
    for name, values in found.items():
        wrong = np.flatnonzero(values != expected[name])
        assert not len(wrong), (name, len(wrong), wrong[:3], values[wrong[:3]], expected[name][wrong[:3]])
    minutes = [
        (case, done / 60e6, held / 60e6)
        for case, (done, held) in enumerate(
            zip(expected["worked_us"].tolist(), expected["paused_us"].tolist(), strict=True)
        )
    ]
    assert worked == minutes
    for name in ("is_paused", "is_provisional", "paused_us"):
        assert expected[name].any(), f"no case has {name}"


def test_a_case_outside_the_calendar_has_no_due_time_and_none_is_lost(warehouse: Settings) -> None:
    macros = clock_macros()
    with connect(warehouse, "owner") as connection:
        connection.execute(f"create temporary table cases ({CASES})".encode())
        connection.execute(f"create temporary table pauses ({PAUSES})".encode())
        connection.execute(
            "insert into cases values ('shuifu', 1, 0, 'work_day', 5, false, '1999-01-01', '1999-02-01'),"
            " ('shuifu', 2, 0, 'work_day', 60000, false, '2026-01-01', null)"
        )
        dues = connection.execute(macros.due_at("cases", "pauses", KEY)).fetchall()
        worked = connection.execute(macros.worked_minutes("cases", "pauses", KEY)).fetchall()
    assert sorted(dues) == [("shuifu", 1, None, False, False), ("shuifu", 2, None, False, False)]
    assert worked == []


def test_loading_the_calendars_again_changes_nothing_and_a_damaged_one_is_made_anew(warehouse: Settings) -> None:
    assert loaded.load(warehouse) == 0
    with connect(warehouse, "owner") as connection:
        connection.execute("update raw.ref_clock_calendar set fingerprint = 'x' where city_code = 'chicago'")
        connection.execute("delete from raw.ref_clock_end where city_code = 'chicago'")
    assert loaded.load(warehouse) == 1
    assert fetch(warehouse, "select count(distinct city_code) from raw.ref_clock_end") == [(2,)]


def test_buckets_are_as_wide_in_sql_as_in_python() -> None:
    macros = clock_macros()
    assert int(macros.clock_bucket_us()) == lookup.HOUR_BUCKET_US
    assert int(macros.clock_day_us()) == lookup.DAY_US


@pytest.mark.parametrize("city", ["shuifu", "chicago"])
def test_pieces_of_time_follow_each_other_without_a_gap(city: str) -> None:
    calendar = calendars.of_city(city)
    pieces = lookup.instants(calendar)
    assert (pieces["start_us"][1:] == pieces["end_us"][:-1]).all()
    assert (pieces["start_us"] // lookup.DAY_US == (pieces["end_us"] - 1) // lookup.DAY_US).all()
    done = np.where(pieces["is_worked"], pieces["end_us"] - pieces["start_us"], 0)
    assert (pieces["worked_before_us"] == np.cumsum(done) - done).all()
    ends = lookup.ends(calendar)
    for count_by in np.unique(ends["count_by"]):
        mine = ends["count_by"] == count_by
        assert (ends["after"][mine][1:] == ends["until"][mine][:-1]).all(), count_by


def test_the_macros_say_the_same_on_spark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pandas as pd
    from pyspark.sql import SparkSession

    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[1]").appName("portable-clocks")
    for key, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path),
    }.items():
        builder = builder.config(key, value)
    cases = generated(1_000, 7)
    expected = answered(cases, calendars.of_city)
    tables = {"clock_instants": lookup.instants, "clock_ends": lookup.ends}
    macros = clock_macros("spark", {f"stg_ref__{name}": name for name in tables})
    spark = builder.getOrCreate()
    try:
        for name, made in tables.items():
            frames = [
                pd.DataFrame({"city_code": city, "calendar_version": 0} | made(calendars.of_city(city)))
                for city in ("shuifu", "chicago")
            ]
            frame = pd.concat(frames)
            frame.to_parquet(tmp_path / f"{name}.parquet")
            spark.read.parquet(str(tmp_path / f"{name}.parquet")).createOrReplaceTempView(name)
        for name, columns, rows in (("cases", CASES, cases.rows()), ("pauses", PAUSES, cases.pause_rows())):
            schema = columns.replace(" text", " string")
            spark.createDataFrame(list(rows), schema).createOrReplaceTempView(name)
        dues = spark.sql(macros.due_at("cases", "pauses", KEY)).selectExpr(
            "case_id", "coalesce(unix_micros(due_at_utc), -1)", "is_paused", "is_provisional"
        )
        found = np.array(sorted(tuple(row) for row in dues.collect()))
        for column, name in enumerate(("due_us", "is_paused", "is_provisional"), 1):
            assert found[:, column].tolist() == expected[name].astype(np.int64).tolist(), name
        worked = spark.sql(macros.worked_minutes("cases", "pauses", KEY)).selectExpr(
            "case_id", "worked_minutes", "paused_minutes"
        )
        minutes = sorted(tuple(row) for row in worked.collect())
        assert minutes == [
            (case, done / 60e6, held / 60e6)
            for case, (done, held) in enumerate(zip(expected["worked_us"], expected["paused_us"], strict=True))
        ]
    finally:
        spark.stop()

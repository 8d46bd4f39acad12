"""The three steps of a run on real parts: dbt builds, Great Expectations judges, one transaction publishes.

The broker, PostgreSQL and the Delta files are real; landing is done by hand here, the streams have their own tests.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.books import ledger
from streams.builds import build as builder
from streams.builds.build import build
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.publications.publish import publish
from streams.quality import measures
from streams.quality.gate import judge
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import built_and_judged, fetch, frozen, good_rows, hide, own_warehouse, run_sql

HOTLINE = "city.hotline.ticket.v1"

COLUMNS = (
    "event_id, event_source, event_type, event_at_utc, recorded_at_utc, ingested_at_utc, known_at_utc, event_date,"
    " city_code, case_id, stage, unit_code, category_scheme, category_code, due_at_utc, callback_result, resolution,"
    " satisfaction, grid_code, community_code, street_code, locate_method, is_late, late_by_minutes, content_hash,"
    " kafka_partition, kafka_offset"
)

GRID = ("530681001001001", "530681001001", "530681001", "polygon")

Event = tuple[Any, ...]


def life(number: int, month: int, first_offset: int) -> list[Event]:
    """A ticket that is accepted, closed in two days and answered for by its reporter."""
    accepted = datetime(2026, month, 1 + number % 20, 9)
    stages = {"accepted": 0, "dispatched": 1, "closed": 48, "callback_attempted": 60}
    return [
        (
            *(f"{month}-{number}-{stage}", "/shuifu/12345", f"city.hotline.ticket.{stage}.v1"),
            *(at := accepted + timedelta(hours=hours), at, at, at, at.date()),
            *("shuifu", f"T{month}{number:03}", stage, "urban_management", "shuifu-12345", "0101"),
            accepted + timedelta(days=5),
            *(("answered", "resolved", "satisfied") if stage == "callback_attempted" else (None, None, None)),
            *(*GRID, False, 0, f"hash {number} {stage}", 0, first_offset + step),
        )
        for step, (stage, hours) in enumerate(stages.items())
    ]


def land(settings: Settings, batch: int, events: list[Event], *, in_books: bool = True, in_lake: bool = True) -> None:
    """Produce, load and keep the events the way a landed batch leaves them, or not quite."""
    import polars as pl
    from confluent_kafka import Producer
    from deltalake import write_deltalake

    from streams.lake.tables import table_uri

    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap_servers})
    for event in events:
        producer.produce(HOTLINE, key=event[9], value=event[0], partition=0)
    producer.flush()
    first, last = events[0][-1], events[-1][-1]
    with connect(settings, "loader") as connection:
        for day in sorted({event[7] for event in events}):
            connection.execute("select ops.ensure_month_partition('hotline_ticket', %s)", (day,))
        with connection.cursor() as cursor, cursor.copy(f"copy raw.hotline_ticket ({COLUMNS}) from stdin") as out:
            for event in events:
                out.write_row(event)
        if in_books:
            span = ledger.Span(HOTLINE, 0, first, last, len(events))
            ledger.begin(connection, {(HOTLINE, 0): first})
            ledger.finish(connection, "land", batch, [ledger.Tally(span, len(events), 0, 0, 0, "")])
        if in_lake:
            ledger.note_lake(connection, {(HOTLINE, 0): last})
    if in_lake:
        frame = pl.DataFrame({"kafka_offset": [event[-1] for event in events]})
        for layer in ("bronze", "silver"):
            write_deltalake(table_uri(settings, layer, HOTLINE), frame.to_arrow(), mode="append")


def month(number: int, first_offset: int, cases: int = 30) -> list[Event]:
    return [event for case in range(cases) for event in life(case, number, first_offset + 4 * case)]


def broken_rules(settings: Settings, run_id: str, severity: str = "critical") -> list[tuple[str, str]]:
    return fetch(
        settings,
        f"select dataset, rule from ops.quality_result where not passed and severity = '{severity}'"
        f" and run_id = '{run_id}' order by 1, 2",
    )  # type: ignore[return-value]


def health(settings: Settings) -> dict[str, Any]:
    with connect(settings, "reader") as connection:
        cursor = connection.execute("select * from published.data_health where source = 'hotline.ticket'")
        names = [column.name for column in cursor.description or ()]
        return dict(zip(names, cursor.fetchall()[0], strict=True))


@pytest.fixture(scope="module")
def warehouse(kafka: Settings, postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    from streams.bus.admin import ensure_topics

    lake: Path = tmp_path_factory.mktemp("lake")
    ensure_topics(kafka)
    with own_warehouse(postgres, "test_build", lake) as settings:
        land(settings, 1, month(8, 0))
        yield settings


@pytest.fixture(scope="module")
def first(warehouse: Settings) -> Settings:
    """The first whole run: built, judged green, published as number 1."""
    done = build(warehouse, "r1")
    assert done.rules_tested
    verdict = judge(warehouse, "r1")
    assert verdict.passed, broken_rules(warehouse, "r1")
    assert publish(warehouse, "r1").publication_id == 1
    return warehouse


def test_a_run_goes_from_events_to_figures(first: Settings) -> None:
    assert fetch(first, "select requests, completed, data_as_of_utc from published.current_source_summary") == [
        (30, 30, datetime(2026, 8, 22, 21))
    ]
    shown = fetch(
        first,
        "select indicator_id, value, n from published.current_indicator_value where variant = 'raw'"
        " and area_level = 'city' and unit_code = '' and period_start = '2026-08-01'"
        " and indicator_id in ('G01b', 'R02', 'T04a') order by 1",
        role="reader",
    )
    assert shown == [("G01b", 30.0, 30), ("R02", 1.0, 30), ("T04a", 1.0, 30)]


def test_the_books_say_what_was_done_with_which_data(first: Settings) -> None:
    runs = fetch(
        first,
        "select kind, state, ended_at_utc is not null, detail::jsonb -> 'data_version' from ops.pipeline_run"
        " where run_id = 'r1' order by started_at_utc",
    )
    assert [row[:3] for row in runs] == [
        ("build", "succeeded", True),
        ("gate", "succeeded", True),
        ("publish", "succeeded", True),
    ]
    assert runs[0][3] == {HOTLINE: {"0": 119}}


def test_a_green_verdict_counts_what_it_looked_at(first: Settings) -> None:
    rows = fetch(first, "select dataset, count(*), bool_and(owner <> '') from ops.quality_result group by 1 order by 1")
    found = {name: count for name, count, _ in rows}
    assert set(found) == {*good_rows(), "arrivals", "cells", "flow", "freshness", "fusion"}
    assert (found.pop("cells"), found.pop("fusion")) == (1, 1)
    assert min(found.values()) >= 3
    assert all(has_owner for _, _, has_owner in rows)
    assert health(first)["gate_verdict"] in ("green", "warning")
    assert health(first)["reason_zh"] == "正常"


def test_rules_of_unchanged_code_are_tested_once(first: Settings) -> None:
    passed = (first.home / "dbt" / "rules_passed").read_text()
    assert passed == builder.project_hash()


def test_a_build_has_its_runs_name_once_it_is_whole(first: Settings) -> None:
    names = fetch(first, "select nspname from pg_namespace where nspname like 'wap\\_%'")
    assert ("wap_r1",) in names
    assert (builder.BUILDING,) not in names


def test_judging_again_gives_the_same_verdict(first: Settings) -> None:
    before = broken_rules(first, "r1")
    assert judge(first, "r1").passed
    assert broken_rules(first, "r1") == before == []


def test_a_lake_that_stays_behind_is_told_and_stops_nothing(first: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "LAKE_WAIT_SECONDS", 0.0)
    run_sql(first, "update ops.progress set lake_reached = lake_reached - 1000")
    try:
        assert judge(first, "r1").passed
        assert ("flow", "lake_covers_the_build") in broken_rules(first, "r1", "warning")
    finally:
        run_sql(first, "update ops.progress set lake_reached = lake_reached + 1000")


def test_a_red_gate_leaves_the_last_publication_and_says_why(first: Settings) -> None:
    before = frozen(first)
    land(first, 2, month(9, 120)[:40], in_books=False)  # rows that no ledger knows
    build(first, "r2")
    verdict = judge(first, "r2")
    assert not verdict.passed
    assert ("flow", "raw_holds_what_landed") in broken_rules(first, "r2")
    with pytest.raises(CityBrainError) as caught:
        publish(first, "r2")
    assert caught.value.exit_code == 3
    assert frozen(first) == before
    shown = health(first)
    assert (shown["gate_verdict"], shown["gate_verdict_zh"], shown["publication_id"]) == ("red", "未通过", 1)
    assert f"原始表行数应等于台账落地数：{len(contracts())}行中1行不符" in shown["failed_rules_zh"]
    assert shown["reason_zh"].startswith("质检未通过，沿用上一次发布")


def test_a_red_gate_exits_with_three(first: Settings) -> None:
    command = [str(Path(sys.executable).parent / "citybrain"), "gate", "--run-id", "r2"]
    environment = os.environ | {"WAREHOUSE_URL": first.warehouse_url, "LAKE_URI": first.lake_uri}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 3, done.stderr
    assert "flow.raw_holds_what_landed" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failing_model_is_named_and_nothing_else_changes(first: Settings) -> None:
    before = frozen(first)
    run_sql(first, "alter table raw.hotline_ticket rename column status_native to status_own")
    try:
        with pytest.raises(CityBrainError, match="stg_hotline__ticket_events") as caught:
            build(first, "r3")
    finally:
        run_sql(first, "alter table raw.hotline_ticket rename column status_own to status_native")
    assert "status_native" in caught.value.why
    assert frozen(first) == before
    assert fetch(first, "select state from ops.pipeline_run where run_id = 'r3'") == [("failed",)]
    assert health(first)["reason_zh"] == "最近一次构建失败，沿用上一次发布"
    with pytest.raises(CityBrainError, match="no finished build"):
        judge(first, "r3")


def test_two_builds_at_once_are_refused(first: Settings) -> None:
    with connect(first, "dbt") as other:
        other.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (builder.LOCK,))
        with pytest.raises(CityBrainError, match="another build is running"):
            build(first, "r4")


def chicago(events: list[Event], first_offset: int) -> list[Event]:
    """The same lives as another city's."""
    return [
        (
            *(f"c-{event[0]}", "/chicago/311", *event[2:8], "chicago", *event[9:18]),
            *(None, None, None, "none", *event[22:26], offset),
        )
        for offset, event in enumerate(events, first_offset)
    ]


def at(event: Event, moment: datetime) -> Event:
    return (*event[:3], moment, moment, moment, event[6], moment.date(), *event[8:])


@pytest.fixture(scope="module")
def two_cities(kafka: Settings, postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A sound city, and one with an event of 1970, a closing before its receipt and a code that the wire forbids."""
    from streams.bus.admin import ensure_topics

    ensure_topics(kafka)
    with own_warehouse(postgres, "test_two_cities", tmp_path_factory.mktemp("lake")) as settings:
        theirs = chicago(month(8, 0), 120)
        theirs[0] = at(theirs[0], datetime(1970, 1, 1, 12))
        closing = next(n for n, event in enumerate(theirs) if event[10] == "closed" and n > 40)
        theirs[closing] = at(theirs[closing], datetime(2026, 7, 1))
        land(settings, 1, month(8, 0) + theirs)
        run_sql(settings, "update raw.hotline_ticket set exclusion_code = 'X9' where event_id = 'c-8-5-accepted'")
        yield settings


def test_a_city_s_own_data_never_stops_another_city_s_publication(two_cities: Settings) -> None:
    done = build(two_cities, "r1")
    assert {(one.city_code, one.source, one.rows, one.first_day) for one in done.faults} == {
        ("chicago", "hotline.ticket", 1, "2026-08-06")
    }
    assert "accepted_values_fct_case_exclusion_code" in " ".join(one.rule for one in done.faults)
    verdict = judge(two_cities, "r1")
    assert verdict.passed
    assert [(one.city_code, one.source) for one in verdict.held] == [("chicago", "hotline.ticket")]
    assert publish(two_cities, "r1").state == "published"
    for table in ("indicator_value", "source_summary", "case_fact"):
        assert fetch(two_cities, f"select distinct city_code from published.current_{table}") == [("shuifu",)]
    reasons = dict(fetch(two_cities, "select city_code, reason_zh from published.data_health where landed > 0"))
    assert reasons["shuifu"] == "正常"
    assert reasons["chicago"].startswith("质检未通过，沿用上一次发布。数据检查未通过：1行不符，2026-08-06至2026-08-06")
    words = fetch(two_cities, "select held_back_zh from published.publication")[0][0]
    assert words.startswith("芝加哥市") and "数据检查未通过" in words


def test_once_mended_the_city_is_published_and_what_is_old_says_so(two_cities: Settings) -> None:
    run_sql(two_cities, "update raw.hotline_ticket set exclusion_code = null where exclusion_code = 'X9'")
    before = frozen(two_cities)
    # No event told of it: what somebody changed by hand in the event log, only a build of all sees.
    assert build(two_cities, "r2", full=True).faults == ()
    verdict = judge(two_cities, "r2")
    assert verdict.passed and not verdict.held, broken_rules(two_cities, "r2")
    assert publish(two_cities, "r2").state == "published"
    assert [row for row in frozen(two_cities) if row[0] == 1] == before
    assert fetch(
        two_cities,
        "select distinct na_reason, value, suppressed from published.current_indicator_value"
        " where period_start = '1970-01-01'",
    ) == [("before_definition", None, False)]
    shown = "select value from published.current_indicator_value where city_code = 'chicago' and variant = 'raw'"
    of_month = " and indicator_id = 'G01b' and area_level = 'city' and unit_code = '' and period_start = '2026-08-01'"
    assert fetch(two_cities, shown + of_month) == [(29.0,)]
    counts = "select requests, completed, closed_before_receipt from published.current_source_summary where city_code ="
    assert fetch(two_cities, f"{counts} 'chicago'") == [(30, 30, 1)]
    assert fetch(two_cities, f"{counts} 'shuifu'") == [(30, 30, 0)]
    assert "办结时间早于受理时间" in fetch(two_cities, "select warnings_zh from published.data_health")[0][0]


def test_two_systems_with_one_number_are_two_cases(two_cities: Settings) -> None:
    with connect(two_cities, "dbt") as connection:
        rows = connection.execute(
            "select case_id from wap_r2.fct_case where case_id like '%/T8007' order by 1"
        ).fetchall()
    assert rows == [("/chicago/311/T8007",), ("/shuifu/12345/T8007",)]


@pytest.fixture
def empty(postgres: Settings, kafka: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_build_empty", tmp_path / "lake") as settings:
        yield settings


def test_only_the_newest_hidden_schemas_are_kept(empty: Settings) -> None:
    for name in ("a", "b", "c"):
        built_and_judged(empty, name, good_rows())
    hide(empty, "left over", good_rows())
    with connect(empty, "dbt", autocommit=True) as connection:
        builder._drop_old(connection, "wap_c")
    left = fetch(empty, "select nspname from pg_namespace where nspname like 'wap%' order by 1")
    assert left == [("wap_b",), ("wap_c",)]


def test_a_verdict_on_nothing_is_no_verdict(empty: Settings) -> None:
    built_and_judged(empty, "r1", good_rows(), verdict="failed")
    with pytest.raises(CityBrainError, match="no case event has landed"):
        judge(empty, "r1")
    assert fetch(empty, "select state from ops.pipeline_run where kind = 'gate'") == [("failed",)]
    with pytest.raises(CityBrainError, match="no green verdict"):
        publish(empty, "r1")


def test_freshness_is_measured_by_the_citys_own_clock(empty: Settings) -> None:
    run_sql(
        empty,
        """
        insert into raw.ref_city (city_code, name_zh, name_en, time_zone, mode, clock, admin_code, has_time_limits,
            has_callbacks, has_grids, count_basically_resolved, small_cell_k)
        values ('shuifu', '水富', 'Shuifu', 'Asia/Shanghai', 'live', 'recorded', '1', true, true, true, true, 10),
            ('chicago', '芝加哥', 'Chicago', 'America/Chicago', 'historical', 'recorded', '2', false, false, false,
            false, 10);
        insert into ops.source_progress values
            ('city.hotline.ticket.v1', 'shuifu', 5, 0, '2020-01-01', '2020-01-10', '2020-01-10', '2020-01-10'),
            ('city.camera.detection.v1', 'shuifu', 5, 0, '2020-01-01', '2020-01-08', '2020-01-08', '2020-01-08'),
            ('city.hotline.ticket.v1', 'chicago', 5, 0, '2010-01-01', '2010-01-10', '2010-01-10', '2020-01-10')
        """,
    )
    found = {(row.city_code, row.source): row.silence for row in measures.freshness(empty).itertuples()}
    limit = contracts()["city.camera.detection.v1"].silent_after_days
    heard = {("shuifu", "hotline.ticket"): 0.0, ("shuifu", "camera.detection"): 2 / limit}
    assert {source: silence for source, silence in found.items() if not math.isnan(silence)} == heard
    assert found.keys() == {("shuifu", one.source_key) for one in contracts().values()}, "the others are still unheard"

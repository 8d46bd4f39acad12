"""A fault of one city or source holds back that one: whose it is, is found for every kind of rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from streams.builds.faults import Fault
from streams.contracts.published import published_table
from streams.publications.publish import publish
from streams.quality import gate
from streams.quality.gate import RuleResult, gather, hidden_source, judge_frame, judge_table, quiet_context
from streams.quality.suites import arrivals, freshness
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import Rows, built_and_judged, good_rows, hide, load_reference, own_warehouse, run_sql

OTHER = "chicago"
TABLES = ("indicator_value", "ranking", "source_summary", "case_fact", "case_count")


def two_cities() -> Rows:
    """The good build, and the same figures once more as another city's."""
    rows = good_rows()
    for table in TABLES:
        rows[table] += [{**row, "city_code": OTHER} for row in good_rows()[table]]
    return rows


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_held_back", lake) as settings:
        load_reference(settings)
        run_sql(
            settings,
            """
            insert into raw.ref_city (city_code, name_zh, name_en, time_zone, mode, clock, admin_code,
                has_time_limits, has_callbacks, has_grids, count_basically_resolved, small_cell_k)
            values ('chicago', '芝加哥市', 'Chicago', 'America/Chicago', 'historical', 'recorded', '2', true, true,
                false, false, 10);
            insert into ops.source_progress values ('city.hotline.ticket.v1', 'chicago', 12, 0, '2026-08-01',
                '2026-09-30', '2026-10-01', '2026-10-01')
            """,
        )
        built_and_judged(settings, "r0", two_cities())
        publish(settings, "r0")
        yield settings


def judged(settings: Settings, table: str, statement: str, rule: str = "") -> list[RuleResult]:
    """Critical failures of one table, or of one of its rules, after the statement, told apart."""
    schema = hide(settings, "r1", two_cities())
    run_sql(settings, f"set search_path = {schema}; {statement}", role="dbt")
    with connect(settings, "publisher") as connection:
        facts = gather(connection, schema)
    with quiet_context() as context:
        source, one = hidden_source(context, settings), published_table(table)
        results = gate.told_apart_table(settings, source, one, facts, judge_table(source, one, facts, rule))
    return [one for one in results if not one.passed and one.severity == "critical"]


SPOILED = {
    "a query over values": (
        "indicator_value",
        "no_small_cell_is_shown",
        "update indicator_value set n = 3 where indicator_id = 'R03' and city_code = 'chicago'",
        {(OTHER, "hotline.ticket")},
    ),
    "a range": (
        "source_summary",
        "open_not_negative",
        "update source_summary set open = -1 where source = 'petition.matter' and city_code = 'chicago'",
        {(OTHER, "petition.matter")},
    ),
    "a required value": (
        "case_fact",
        "state_present",
        "update case_fact set state = null where city_code = 'chicago'",
        {(OTHER, "hotline.ticket")},
    ),
    "a key": (
        "case_count",
        "key_unique",
        "insert into case_count select * from case_count where city_code = 'chicago'",
        {(OTHER, "petition.matter")},
    ),
    "a city that is missing": (
        "source_summary",
        "every_city_is_there",
        "delete from source_summary where city_code = 'chicago'",
        {(OTHER, "")},
    ),
    "a collapse": (
        "indicator_value",
        "volume_has_not_collapsed",
        "delete from indicator_value where city_code = 'chicago' and (unit_code <> '' or indicator_id = 'R03')",
        {(OTHER, "hotline.ticket")},
    ),
    "a sum that is off": (
        "source_summary",
        "requests_are_the_published_cases",
        "delete from case_fact where city_code = 'chicago' and case_key = 'k001-1'",
        {(OTHER, "hotline.ticket")},
    ),
    "both cities": (
        "indicator_value",
        "no_small_cell_is_shown",
        "update indicator_value set n = 3 where indicator_id = 'R03'",
        {(OTHER, "hotline.ticket"), ("shuifu", "hotline.ticket")},
    ),
    "nobody's": ("source_summary", "columns_as_contracted", "alter table source_summary add surprise text", {("", "")}),
}
"""Kind of fault -> table, rule, what breaks it, whose fault it is."""


@pytest.mark.parametrize("kind", SPOILED)
def test_a_fault_is_told_of_those_whose_it_is_and_of_nobody_else(warehouse: Settings, kind: str) -> None:
    table, rule, statement, whose = SPOILED[kind]
    found = judged(warehouse, table, statement, rule)
    assert {one.rule for one in found} == {rule}
    assert {(one.city_code, one.source) for one in found} == whose
    assert all("不符" in one.detail or one.city_code == "" for one in found)


def test_a_good_build_of_two_cities_holds_nobody_back(warehouse: Settings) -> None:
    assert [one for table in TABLES for one in judged(warehouse, table, "select 1")] == []


def figures(name: str, suite: Any, rows: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    frame = pd.DataFrame(rows)
    with quiet_context() as context:
        rules = suite()
        results = gate.told_apart_frame(context, name, frame, rules, judge_frame(context, name, frame, rules))
    return {(one.rule, one.city_code, one.source) for one in results if not one.passed and one.severity == "critical"}


def test_a_source_that_is_rejected_as_a_whole_holds_back_itself() -> None:
    shares = {"late_share": 0.0, "unknown_share": 0.0, "extra_share": 0.0, "recent_records": 500}
    shares |= {"adapter_reject_share": 0.0, "recent_adapter_rows": 0}
    rows = [
        {"city_code": city, "whose": whose, "source": source, "reject_share": share, **shares}
        for city, whose, source, share in (
            (OTHER, OTHER, "hotline.ticket", 0.9),
            (OTHER, OTHER, "grid.report", 0.0),
            ("shuifu", "shuifu", "hotline.ticket", 0.1),
            ("", "", "hotline.ticket", 0.9),  # nobody's rejects are no city's fault
            ("", "shuifu", "camera.detection", 0.9),  # but those of a source that one city alone sends
        )
    ]
    rule = "no_source_is_rejected_as_a_whole"
    assert figures("arrivals", arrivals.suite, rows) == {
        (rule, OTHER, "hotline.ticket"),
        (rule, "shuifu", "camera.detection"),
    }


def test_a_silent_source_holds_back_itself() -> None:
    rows = [
        {"city_code": "shuifu", "source": source, "landed": 5, "silence": silence}
        for source, silence in (("hotline.ticket", 0.1), ("sign.observation", 9.0))
    ]
    assert figures("freshness", freshness.suite, rows) == {("no_source_is_silent", "shuifu", "sign.observation")}


SOURCES = [("shuifu", "hotline.ticket"), ("shuifu", "petition.matter"), (OTHER, "hotline.ticket")]


def of_fault(city: str, source: str) -> RuleResult:
    return gate._of_fault(Fault("accepted_values_fct_case", city, source, 3, "1999-01-01", "2026-08-01"))


def test_what_is_held_back_is_told_once_with_all_its_reasons_and_days() -> None:
    twice = [of_fault(OTHER, "hotline.ticket"), of_fault(OTHER, "hotline.ticket")]
    verdict = gate._verdict("r", twice, SOURCES, 1, 0.0)
    assert verdict.passed
    [held] = verdict.held
    assert (held.city_code, held.source) == (OTHER, "hotline.ticket")
    assert held.reason_zh.startswith("芝加哥市")
    assert held.reason_zh.count("3行不符，1999-01-01至2026-08-01") == 2


def test_with_nothing_left_to_publish_the_gate_is_red() -> None:
    all_of_them = [of_fault("shuifu", ""), of_fault(OTHER, "hotline.ticket")]
    assert not gate._verdict("r", all_of_them, SOURCES, 1, 0.0).passed
    assert gate._verdict("r", all_of_them[:1], SOURCES, 1, 0.0).passed


def test_a_fault_of_the_whole_run_is_red_for_all() -> None:
    assert not gate._verdict("r", [of_fault("", "")], SOURCES, 1, 0.0).passed

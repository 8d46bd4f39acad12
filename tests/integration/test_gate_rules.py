"""Each rule over published tables fires on a build that breaks it, and stays quiet on one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.contracts.published import published_table
from streams.publications.content import model_tables
from streams.publications.publish import publish
from streams.quality.gate import JUDGEMENT, RuleResult, gather, hidden_source, judge_table, quiet_context
from streams.quality.suites import contract
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.fixtures.warehouse import built_and_judged, good_rows, hide, load_reference, own_warehouse, run_sql

SUPPRESS = "suppressed = true, suppression_reason = 'small_cell', numerator = null, denominator = null, n = null"

BREAKS = {
    "indicator_value": {
        "every_city_is_there": "update indicator_value set city_code = 'atlantis'",
        "numerator_not_negative": "update indicator_value set numerator = -1 where indicator_id = 'R05'",
        "denominator_not_negative": "update indicator_value set denominator = -1 where indicator_id = 'R05'",
        "n_not_negative": "update indicator_value set n = -1 where indicator_id = 'R05'",
        "value_not_negative": "update indicator_value set value = -1 where indicator_id = 'G01a'",
        "every_computed_indicator_has_values": "delete from indicator_value where indicator_id = 'G01a'",
        "every_value_is_defined": "update indicator_value set indicator_version = 2 where indicator_id = 'G01a'",
        "rates_are_shares": "update indicator_value set value = 1.5, numerator = 75 where indicator_id = 'R03'",
        "value_is_the_quotient": "update indicator_value set value = 0.81 where indicator_id = 'R03'",
        "counts_have_no_denominator": "update indicator_value set denominator = 1 where indicator_id = 'G01a'",
        "suppressed_cells_hold_no_number": (
            "update indicator_value set suppressed = true, suppression_reason = 'small_cell' where indicator_id = 'R03'"
        ),
        "no_small_cell_is_shown": "update indicator_value set n = 9 where indicator_id = 'R03'",
        "every_null_has_a_reason": "update indicator_value set value = null where indicator_id = 'R03'",
        "satisfaction_never_without_response_rate": (
            f"update indicator_value set {SUPPRESS}, value = null where indicator_id = 'R05' and unit_code = ''"
        ),
        "final_only_when_matured": ("update indicator_value set period_end = '2026-10-01' where indicator_id = 'R03'"),
        "rates_differ_between_cells": (
            "insert into indicator_value select v.* from indicator_value as v, generate_series(1, 10)"
            " where indicator_id = 'R03'"
        ),
        "volume_has_not_collapsed": "delete from indicator_value where unit_code <> '' or indicator_id = 'R03'",
    },
    "source_summary": {
        "every_city_is_there": "update source_summary set city_code = 'atlantis'",
        **{
            f"{column}_not_negative": f"update source_summary set {column} = -1"
            for column in ("requests", "completed", "open", "cancelled", "duplicates", "information_only")
        },
        "requests_add_up": "update source_summary set completed = 11",
        "requests_are_the_published_cases": "delete from case_fact where case_key = 'k001-1'",
        "no_event_after_the_as_of": "update source_summary set last_event_at_utc = '2026-10-01 00:11'",
        "no_case_closes_before_it_came": "update source_summary set closed_before_receipt = 1",
        "no_stage_is_told_twice": "update source_summary set conflicting = 1",
    },
    "case_fact": {
        "state_known": "update case_fact set state = 'lost'",
        "area_level_known": "update case_fact set area_level = 'grid'",
        "cases_come_from_events": "update case_fact set events_count = 0",
        "closed_cases_have_their_time": "update case_fact set closed_date = null",
        "no_small_cell_can_be_rebuilt": "update case_fact set area_code = 's2' where case_key < 'k003'",
        "no_grade_stands_alone": "update case_fact set satisfaction = 'satisfied' where case_key < 'k003'",
        "categories_are_known": "update case_fact set category_code = 'unclassified' where case_key = 'k001-1'",
        "units_are_known": "update case_fact set unit_code = 'u9'",
    },
    "case_count": {
        "no_small_month_is_shown": "update case_count set cases = 19, completed = 19",
        "months_add_up": "update case_count set open = 1",
    },
    "sign_summary": {
        "signs_are_registered": "update sign_summary set measure_code = ''",
    },
    "indicator_definition": {
        **{
            f"{column}_written": f"update indicator_definition set {column} = ''"
            for column in (
                *("name_zh", "name_en", "question_zh", "unit", "numerator_zh", "time_basis_zh", "owner"),
                "description_zh",
            )
        },
        **{
            f"{column}_known": f"update indicator_definition set {column} = 'odd'"
            for column in ("formula", "direction", "state", "requires", "finest_area_level")
        },
        "scale_above_zero": "update indicator_definition set scale = 0",
        "rates_say_their_denominator": "update indicator_definition set denominator_zh = '' where indicator_id = 'R03'",
    },
    "grid_map": {
        "suppressed_grids_hold_no_number": "update grid_map set suppressed = true",
        "the_map_shows_the_published_values": "update grid_map set incidents = 13, map_value = 13",
        "every_grid_is_drawn": "update grid_map set grid_code = 'g2'",
        "rings_are_closed": "update grid_map set ring = '[[1,2],[1,3],[2,3],[2,2]]'",
    },
    "ranking": {
        "peer_groups_are_large_enough": "delete from ranking where member_code = 'u1'",
        "places_are_possible": "update ranking set rank = 6 where member_code = 'u1'",
        "ranked_values_are_published": "update ranking set value = 0.99 where member_code = 'u1'",
    },
}
"""Table -> rule -> what breaks it. Other rules may fire too; this one must."""

CONTRACT_BREAKS = {
    "columns_as_contracted": "alter table {} add column surprise text",
    "key_unique": "insert into {0} select * from {0}",
    "not_empty": "delete from {}",
}

WARNINGS = {
    "rates_differ_between_cells",
    "no_case_closes_before_it_came",
    "categories_are_known",
    "no_stage_is_told_twice",
    "signs_are_registered",
    "units_are_known",
}

WITHOUT_RULE = {(table, "not_empty") for table in ("ranking", "case_fact", "case_count", "sign_summary")}
"""A city may have no peer group of five, petitions alone, no petitions, no signs."""


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    lake: Path = tmp_path_factory.mktemp("lake")
    with own_warehouse(postgres, "test_gate_rules", lake) as settings:
        load_reference(settings)
        built_and_judged(settings, "r0", good_rows())
        publish(settings, "r0")
        yield settings


def judge(settings: Settings, table: str, statement: str = "select 1", rule: str = "") -> dict[str, RuleResult]:
    """Results of all rules of one table, or of one, on the good build after the statement; each was evaluated."""
    schema = hide(settings, "r1", good_rows())
    run_sql(settings, f"set search_path = {schema}; {statement}", role="dbt")
    with connect(settings, "publisher") as connection:
        facts = gather(connection, schema)
    with quiet_context() as context:
        results = judge_table(hidden_source(context, settings), published_table(table), facts, rule)
    expected = len(contract.suite(published_table(table), facts)) + len(JUDGEMENT[table](facts))
    assert len(results) == (1 if rule else expected)
    return {one.rule: one for one in results}


def broken(results: dict[str, RuleResult]) -> set[str]:
    return {name for name, one in results.items() if not one.passed}


@pytest.mark.parametrize("table", BREAKS)
def test_a_good_build_breaks_no_rule(warehouse: Settings, table: str) -> None:
    results = judge(warehouse, table)
    assert results
    assert [one for one in results.values() if not one.passed] == []


@pytest.mark.parametrize(("table", "rule"), [(table, rule) for table, rules in BREAKS.items() for rule in rules])
def test_a_rule_fires_on_what_it_forbids(warehouse: Settings, table: str, rule: str) -> None:
    results = judge(warehouse, table, BREAKS[table][rule], rule)
    assert rule in broken(results)
    assert results[rule].severity == ("warning" if rule in WARNINGS else "critical")
    assert "规则无法执行" not in results[rule].detail


@pytest.mark.parametrize(
    ("table", "rule"),
    [(table, rule) for table in BREAKS for rule in CONTRACT_BREAKS if (table, rule) not in WITHOUT_RULE],
)
def test_a_contract_is_held(warehouse: Settings, table: str, rule: str) -> None:
    assert rule in broken(judge(warehouse, table, CONTRACT_BREAKS[rule].format(table), rule))


@pytest.mark.parametrize("table", BREAKS)
def test_a_required_value_may_not_be_missing(warehouse: Settings, table: str) -> None:
    contracted = published_table(table)
    required = {one.name for one in contracted.columns if one.required and one.name != "publication_id"}
    results = judge(warehouse, table, f"insert into {table} select")
    assert required
    assert {f"{name}_present" for name in required} <= broken(results)


def test_the_gate_holds_each_source_to_its_own_k(warehouse: Settings) -> None:
    strict = "update source_summary set small_cell_k = 20 where source = 'hotline.ticket'"
    assert "no_small_cell_can_be_rebuilt" in broken(judge(warehouse, "case_fact", strict))
    counted = "update source_summary set published_as = 'counts'"
    assert "no_small_cell_can_be_rebuilt" in broken(judge(warehouse, "case_fact", counted))


def test_every_rule_is_fired_here(warehouse: Settings) -> None:
    for table in BREAKS:
        names = {name for name in judge(warehouse, table) if not name.endswith("_present")}
        assert names - set(BREAKS[table]) == {one for one in CONTRACT_BREAKS if (table, one) not in WITHOUT_RULE}, table
    assert set(BREAKS) == {table.name for table in model_tables()} & set(JUDGEMENT)


def test_verdicts_hold_counts_and_never_values(warehouse: Settings) -> None:
    results = judge(warehouse, "case_fact", "update case_fact set state = 'call 13812345678'")
    text = " ".join(f"{one.observed} {one.detail} {one.expected}" for one in results.values())
    assert "12行中12行不符" in text
    assert "13812345678" not in text

"""The whole build on a real PostgreSQL: figures against an oracle that never saw an event, and guards that fire."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from typer.testing import CliRunner

from streams.books.ledger import copy_rows
from streams.builds.build import build
from streams.builds.case_life import case_life
from streams.builds.dbt import PROJECT
from streams.builds.kept import SCHEMA as KEPT
from streams.cli.main import app
from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.publications.flow import events_in_marts
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.dbt import stories as told
from tests.dbt.manifest_rules import models, seeds
from tests.dbt.test_manifest import PUBLISHED
from tests.dbt.test_vocabulary import ATOM_MODELS, atom_columns, seed
from tests.fixtures.warehouse import fetch, own_warehouse, run_sql

SCHEMA = "wap_oracle"


@pytest.fixture(scope="module")
def warehouse(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_dbt", tmp_path_factory.mktemp("lake")) as settings:
        yield settings


@pytest.fixture(scope="module")
def stories(warehouse: Settings) -> list[told.Story]:
    from streams.reference import load as reference

    reference.load(warehouse)
    grids = [
        told.Place(*row)
        for row in fetch(
            warehouse, "select grid_code, community_code, street_code from raw.ref_grid order by 1 limit 40"
        )
    ]
    communities = [
        row[0]
        for row in fetch(
            warehouse,
            "select area_code from raw.ref_area where city_code = 'chicago' and area_level = 'community'"
            " order by 1 limit 6",
        )
    ]
    units = {
        city: [
            row[0]
            for row in fetch(warehouse, f"select unit_code from raw.ref_unit where city_code = '{city}' order by 1")
        ][:8]
        for city in told.ZONES
    }
    return told.tell(20261122, grids, communities, units)


@pytest.fixture(scope="module")
def others(stories: list[told.Story]) -> tuple[dict[str, list[dict[str, Any]]], dict[str, told.Summary]]:
    return told.other_sources(*told.busiest(stories))


def land(warehouse: Settings, source: str, rows: list[dict[str, Any]]) -> None:
    table = source.replace(".", "_")
    columns = sorted({name for row in rows for name in row})
    with connect(warehouse, "owner") as connection:
        for day in sorted({row["event_date"] for row in rows}):
            connection.execute("select ops.ensure_month_partition(%s, %s)", (table, day))
        copy_in = f"copy raw.{table} ({', '.join(columns)}) from stdin"
        with connection.cursor() as cursor, cursor.copy(copy_in.encode()) as copy:
            for row in rows:
                copy.write_row([row.get(name) for name in columns])


@pytest.fixture(scope="module")
def built(
    warehouse: Settings,
    stories: list[told.Story],
    others: tuple[dict[str, list[dict[str, Any]]], dict[str, told.Summary]],
) -> Settings:
    land(warehouse, "hotline.ticket", list(told.events(stories)))
    for source, rows in others[0].items():
        numbered = [row | {"kafka_partition": 0, "kafka_offset": offset} for offset, row in enumerate(rows)]
        land(warehouse, source, numbered)
    with connect(warehouse, "loader") as connection:
        copy_rows(connection, "raw.incident_link", pl.DataFrame(list(told.links())))
    done = build(warehouse, "oracle", test_rules=True)
    assert done.schema == SCHEMA
    assert done.rules_tested
    return warehouse


def test_every_published_value_equals_what_the_stories_say(built: Settings, stories: list[told.Story]) -> None:
    expected = told.count(stories)
    keys = "city_code, indicator_id, variant, period_start, area_level, area_code, unit_code"
    published = {
        row[:7]: row[7:]
        for row in fetch(
            built,
            f"select {keys}, numerator, denominator, n, value, suppression_reason, na_reason from"
            f" {SCHEMA}.indicator_value where period_type = 'month'",
        )
    }
    assert len(expected) > 1_500
    assert set(expected) <= set(published)
    shown = hidden = besides = 0
    for cell, (hit, base, people) in expected.items():
        found = published[cell]
        if 0 < people < told.K:
            hidden += 1
            assert found == (None, None, None, None, "small_cell", ""), cell
        elif base == 0:
            assert found == (0, 0, 0, None, "", "empty_denominator"), cell
        elif found[4]:
            besides += 1
            assert found == (None, None, None, None, "complementary", ""), cell
        else:
            shown += 1
            value = hit if base is None else pytest.approx(hit / base)
            assert found == (hit, base, people, value, "", ""), cell
    assert shown > 700
    assert hidden > 300
    assert besides > 0
    known = {indicator for _, indicator, *_ in expected}
    untold = {cell for cell in published if cell[1] in known} - set(expected)
    assert len(untold) > 1_000
    for cell in untold:
        numerator, denominator, n, value, reason, na_reason = published[cell]
        if reason and cell[4] == "grid":  # a grid shows both of its counts or none, be one of them zero
            assert (numerator, n, value, reason) == (None, None, None, "complementary"), cell
            continue
        assert not numerator, f"{cell} counts what no story tells"
        assert (denominator or 0, n, reason) == (0, 0, ""), cell
        assert value == (None if na_reason else 0), cell
        assert bool(na_reason) == (not cell[1].startswith("G01")), cell


def test_a_city_without_limits_or_call_backs_says_so_in_each_cell(built: Settings) -> None:
    found = fetch(
        built,
        f"select indicator_id, na_reason, count(value), bool_and(n = 0) from {SCHEMA}.indicator_value"
        " where city_code = 'chicago' group by 1, 2 having na_reason like 'no\\_%' order by 1",
    )
    lacking = {"limits": "no_time_limit", "callbacks": "no_callbacks", "grids": "no_grids"}
    # All that the city has: tickets, and the incidents that they tell of.
    theirs = {
        row["atom_id"] for row in seed("atom") if row["source"] == "hotline.ticket" or row["entity"] == "incident"
    }
    asking = {
        row["indicator_id"]: row["requires"]
        for row in seed("indicator_catalogue")
        if row["requires"] and row["n_atom"] in theirs
    }
    assert set(asking.values()) == set(lacking)
    assert found == [(indicator, lacking[requires], 0, True) for indicator, requires in sorted(asking.items())]


def test_a_case_is_shown_with_its_clocks_pauses_findings_and_incident(built: Settings) -> None:
    life = case_life(built, "/shuifu/department.case/X026")
    assert [one["native_stage"] for one in life["stages"]] == told.TURNS[26]
    began = told.START["shuifu"] + timedelta(hours=26)  # Monday, 10:00 in the city
    assert [(one["paused_at_utc"], one["resumed_at_utc"], one["worked_minutes"]) for one in life["pauses"]] == [
        (began + timedelta(minutes=3), began + timedelta(minutes=4), 1.0)
    ]
    assert [one["worked_minutes"] for one in life["stages"]] == [1.0] * 7 + [None]
    assert life["clock"]["paused_minutes"] == 1.0
    assert life["findings"] == [] and life["extensions"] == []
    incident = life["incident"]
    assert (incident["incident_id"], incident["cases_count"], incident["state"]) == (f"{26:032d}", 3, "closed")
    assert [(one["source"], one["owns_incident"], one["reasons_zh"]) for one in incident["reports"]] == [
        (source, source == "department.case", "事项相符") for source in told.TELL_INCIDENTS
    ]
    assert [one["subject"] for one in incident["reports"]] == [
        "/shuifu/department.case/X026", "/shuifu/grid.report/X026", None
    ], "a petition's number is told of itself only"  # fmt: skip
    own = case_life(built, "/shuifu/petition.matter/X026")["incident"]["reports"][2]
    assert own["subject"] == "/shuifu/petition.matter/X026"


def test_a_case_is_shown_with_what_its_source_told_and_can_not_be(built: Settings) -> None:
    (finding,) = case_life(built, "/shuifu/department.case/X028")["findings"]
    assert (finding["finding"], finding["stage"]) == ("illegal_transition", "handled")
    assert case_life(built, "/shuifu/department.service/X026")["incident"] is None


def test_a_case_is_shown_with_both_deadlines_and_its_extension(built: Settings, stories: list[told.Story]) -> None:
    story = next(one for one in stories if one.extended and one.closed and one.counted and not one.reopenings)
    life = case_life(built, story.case_id)
    assert life["case"]["case_id"] == f"/shuifu/hotline.ticket/{story.case_id}"
    found = (life["clock"]["due_at_utc"], life["clock"]["declared_due_at_utc"], life["clock"]["extensions"])
    assert found == (story.deadline, story.extended, 1)
    assert [(one["stage"], one["due_at_utc"]) for one in life["extensions"]] == [("extension_approved", story.extended)]
    assert life["incident"]["reports"][0]["awaits_fusion"], "no link of it was made"


def test_a_case_that_nobody_knows_or_several_have_is_a_clear_error(built: Settings) -> None:
    with pytest.raises(CityBrainError, match="knows no case 'X_26'") as unknown:
        case_life(built, "X_26")
    assert unknown.value.exit_code == 2 and "citybrain build" in str(unknown.value.remedy)
    with pytest.raises(CityBrainError, match="5 cases have the number") as several:
        case_life(built, "X026")
    assert "/shuifu/grid.report/X026 (grid.report)" in several.value.why


def test_the_command_prints_a_case_for_people_and_programs(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "load", classmethod(lambda _: built))
    shown = CliRunner().invoke(app, ["case", "show", "/shuifu/department.case/X026"])
    assert shown.exit_code == 0, shown.output
    for words in ("2026-03-02 10:03:00", "suspended", "due by our clock", "due by its source", "事项相符"):
        assert words in shown.output, words
    assert "petition.matter/X026" not in shown.output
    told_again = CliRunner().invoke(app, ["case", "show", "/shuifu/department.case/X026", "--json"])
    assert json.loads(told_again.output)["incident"]["cases_count"] == 3


def test_every_grid_is_on_the_map_in_each_month_hidden_zero_or_shown(built: Settings) -> None:
    months = fetch(built, f"select count(*) from {SCHEMA}.fct_covered_period where city_code = 'shuifu'")[0][0]
    grids = fetch(built, "select count(*) from raw.ref_grid")[0][0]
    found = fetch(
        built,
        f"select count(*), count(*) filter (where map_value = -1), count(*) filter (where map_value = 0),"
        f" count(*) filter (where map_value >= {told.K}) from {SCHEMA}.grid_map",
    )[0]
    assert months >= 3
    assert found[0] == months * grids == sum(found[1:])
    assert all(found)


def test_the_source_summary_is_what_the_stories_say(built: Settings, stories: list[told.Story]) -> None:
    for city in told.ZONES:
        mine = [one for one in stories if one.city == city]
        requests = [one for one in mine if not one.information_only]
        ended = told.ended(mine)
        assert any(not one.closings for one in mine if one.case_id in ended)
        expected = (
            len(requests),
            sum(not one.voided and one.case_id in ended for one in requests),
            sum(not one.voided and one.case_id not in ended for one in requests),
            sum(one.voided for one in requests),
            sum(bool(one.parent) for one in requests),
            len(mine) - len(requests),
            min(one.received for one in mine),
            told.as_of(mine, city),
        )
        found = fetch(
            built,
            "select requests, completed, open, cancelled, duplicates, information_only, first_event_at_utc,"
            f" last_event_at_utc from {SCHEMA}.source_summary where city_code = '{city}' and source = 'hotline.ticket'",
        )
        assert found == [expected]


def test_every_other_case_source_has_its_own_summary(
    built: Settings, others: tuple[dict[str, list[dict[str, Any]]], dict[str, told.Summary]]
) -> None:
    found = {
        row[0]: told.Summary(*row[1:])
        for row in fetch(
            built,
            "select source, requests, completed, open, cancelled, duplicates, information_only"
            f" from {SCHEMA}.source_summary where source <> 'hotline.ticket'",
        )
    }
    assert found == others[1]


def test_no_event_of_any_source_is_lost_on_its_way_to_a_mart(
    built: Settings, others: tuple[dict[str, list[dict[str, Any]]], dict[str, told.Summary]]
) -> None:
    assert set(others[0]) | {"hotline.ticket"} == {one.source_key for one in contracts().values()}
    with connect(built, "owner") as connection:
        for contract in contracts().values():
            landed = fetch(built, f"select count(*) from {contract.raw_table}")[0][0]
            assert landed
            assert events_in_marts(connection, SCHEMA, contract) == landed, contract.topic


def test_petitions_and_disputes_are_counts_of_the_city_and_no_single_case(
    built: Settings, others: tuple[dict[str, list[dict[str, Any]]], dict[str, told.Summary]]
) -> None:
    single = {row[0] for row in fetch(built, f"select distinct source from {SCHEMA}.case_fact")}
    assert single == {"hotline.ticket", "department.case", "department.service", "grid.report"}
    for source in ("petition.matter", "department.dispute"):
        months = fetch(
            built,
            f"select cases, completed, open, cancelled from {SCHEMA}.case_count where source = '{source}'"
            " order by received_month",
        )
        summary = others[1][source]
        assert months == [(summary.requests, summary.completed, summary.open, summary.cancelled)], source


def test_nobody_s_case_can_be_found_in_what_is_published_of_cases(built: Settings) -> None:
    numbers = {row[0].rpartition("/")[2] for row in fetch(built, f"select case_id from {SCHEMA}.fct_case")}
    assert len(numbers) > 2_000
    shown = fetch(built, f"select t::text from {SCHEMA}.case_fact as t where city_code = 'shuifu'")
    words = {word for (row,) in shown for word in row.strip("()").split(",")}
    assert len(shown) > 1_500
    assert not words & numbers, "a number of a source is published"
    kinds = fetch(
        built,
        "select data_type, array_agg(column_name::text) from information_schema.columns"
        f" where table_schema = '{SCHEMA}' and table_name = 'case_fact' group by 1",
    )
    assert not any(kind.startswith("timestamp") for kind, _ in kinds), "a time is finer than the day"
    assert not {"handled_minutes", "exclusion_code", "case_id"} & {name for _, names in kinds for name in names}


def test_a_grade_is_shown_only_where_k_answers_share_its_cell(built: Settings) -> None:
    cells = fetch(
        built,
        "select city_code, source, received_month, area_code, unit_code, category_code, count(*)"
        f" from {SCHEMA}.case_fact where satisfaction <> '' or resolution <> '' group by 1, 2, 3, 4, 5, 6",
    )
    assert cells
    assert min(row[-1] for row in cells) >= told.K
    assert (
        sum(row[-1] for row in cells)
        < fetch(built, f"select count(*) from {SCHEMA}.fct_case where satisfaction <> '' or resolution <> ''")[0][0]
    ), "some are withheld"


def test_what_is_sensitive_has_no_place(built: Settings) -> None:
    excluded = fetch(
        built,
        f"select count(*) filter (where is_excluded), count(*) filter (where is_excluded and area_level = 'street')"
        f" from {SCHEMA}.case_fact where source = 'hotline.ticket'",
    )[0]
    secret = "exclusion_code in ('E2', 'E3', 'E5', 'E7') and not is_information_only"
    open_ones = "exclusion_code not in ('', 'E2', 'E3', 'E5', 'E7') and not is_information_only"
    counts = fetch(
        built,
        f"select count(*) filter (where {secret}), count(*) filter (where {open_ones}) from {SCHEMA}.fct_case"
        " where source = 'hotline.ticket'",
    )[0]
    assert all(counts)
    assert excluded[0] == sum(counts)
    assert 0 < excluded[1] <= counts[1]


def test_every_category_is_named_beside_its_code(built: Settings) -> None:
    assert fetch(built, f"select count(*) from {SCHEMA}.case_fact where category_name_zh = ''") == [(0,)]


def test_each_indicator_is_final_when_it_has_matured(built: Settings, stories: list[told.Story]) -> None:
    matures = {row["indicator_id"]: timedelta(days=int(row["maturity_days"])) for row in seed("indicator_catalogue")}
    seen = set()
    for city, zone in told.ZONES.items():
        now = told.as_of(stories, city).replace(tzinfo=told.ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None)
        rows = fetch(
            built,
            "select distinct indicator_id, period_end, status"
            f" from {SCHEMA}.indicator_value where city_code = '{city}'",
        )
        for indicator, end, status in rows:
            is_matured = told.datetime(*end.timetuple()[:3]) + matures[indicator] <= now
            assert is_matured == (status == "final"), (city, indicator, end)
            seen.add((matures[indicator], status))
    assert len({days for days, status in seen if status == "final"}) > 1
    assert {status for _, status in seen} == {"final", "provisional"}


def test_every_column_in_the_schema_is_described(built: Settings, manifest: dict[str, Any]) -> None:
    real: dict[str, set[str]] = {}
    for table, column in fetch(
        built,
        "select table_name, column_name from information_schema.columns"
        f" where table_schema in ('{SCHEMA}', '{KEPT}') and table_name not in ('state', 'touched')",  # its own books
    ):
        real.setdefault(table, set()).add(column)
    described = {node["alias"]: set(node["columns"]) for node in models(manifest) + seeds(manifest)}
    for model, entity in ATOM_MODELS.items():
        described[model] |= atom_columns(entity)
    described["suppression"] = set(manifest["sources"]["source.citybrain.build.suppression"]["columns"])
    assert described == real


def test_the_same_events_give_the_same_figures_again(built: Settings) -> None:
    def content() -> list[tuple[Any, ...]]:
        tables = sorted(PUBLISHED)
        return [
            fetch(built, f"select count(*), sum(hashtextextended(t::text, 0)) from {SCHEMA}.{table} as t")[0]
            for table in tables
        ]

    before = content()
    build(built, "oracle")
    assert content() == before
    assert all(count for count, _ in before)


SPOILED = {
    "assert_source_summary_adds_up": "update {0}.source_summary set open = open + 1",
    "assert_satisfaction_never_without_response_rate": (
        "delete from {0}.indicator_value where indicator_id = 'R05' and area_level = 'street'"
    ),
    "assert_city_counts_equal_their_cases": "update {0}.fct_case set is_counted = true where state = 'cancelled'",
    "assert_case_fact_rebuilds_no_small_cell": (
        "update {0}.case_fact set area_level = 'street', area_code = '530681001', unit_code = 'telltale'"
        " where case_key = (select min(case_key) from {0}.case_fact where city_code = 'shuifu')"
    ),
    "assert_catalogue_names_real_atoms": (
        "update {0}.indicator_catalogue set n_atom = 'nobody_counts_this' where indicator_id = 'T04b'"
    ),
    "primary_key_fct_atom_cell": (
        "insert into {0}.fct_atom_cell select * from {0}.fct_atom_cell where atom_id = 'case_due' limit 1"
    ),
    "primary_key_fct_covered_period": "update {0}.fct_covered_period set city_code = null where is_latest_final",
    "relationships_where_fct_atom_case": "update {0}.fct_atom_case set day = '1969-12-31' where bucket = -1",
    "assert_values_keep_to_their_formula": (
        "update {0}.indicator_value set value = 1.5 where indicator_id = 'T04b' and area_level = 'city'"
    ),
    "assert_atoms_are_well_made": "update {0}.atom set measure = 'sum' where atom_id = 'case_due'",
    "relationships_where_indicator_value": "update {0}.indicator_value set indicator_version = 2"
    " where indicator_id = 'G12' and suppressed",
    "relationships_where_fct_case_unit_code": "update {0}.fct_case set unit_code = 'unheard_of' where state = 'open'",
    "relationships_where_fct_case_source": "update {0}.fct_case set source = 'unheard.of' where case_id like '%/I000'",
    "relationships_where_fct_petition": "update {0}.fct_petition set case_id = 'Z' where case_id like '%/X001'",
    "holds_fct_device_day": "update {0}.fct_device_day set online_minutes = window_minutes + 1",
    "holds_fct_inspection": "update {0}.fct_inspection set is_on_time = not is_done",
    "relationships_where_fct_case_grid_code": "update {0}.fct_case set grid_code = 'gone' where is_located",
    "accepted_range_fct_case_handled_minutes": "update {0}.fct_case set handled_minutes = -1 where state = 'closed'",
    "holds_fct_indicator_value": "update {0}.fct_indicator_value set n = -1 where na_reason <> ''",
    "holds_fct_indicator_shown": "update {0}.fct_indicator_value set value = null where na_reason = '' and n > 20",
    "holds_fct_incident_report_is_counted_or_not": (
        "update {0}.fct_incident_report set is_counted_adjusted = true where state = 'cancelled'"
    ),
    "holds_fct_incident_cases_count": "update {0}.fct_incident set cases_count = 9 where incident_id like '0000%'",
    "source_accepted_values_build_suppression": "update {0}.suppression set reason = 'mood'",
    "primary_key_fct_case_finding": "insert into {0}.fct_case_finding select city_code, source, case_id, 'corrected',"
    " 'closed', null from {0}.fct_case limit 1",
}
"""Data test (the start of its name) -> what makes it fire."""


@pytest.fixture(scope="module")
def failed_tests(built: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Names of all data tests that fail or warn on a build that was spoiled in each of the ways at once."""
    for statement in SPOILED.values():
        run_sql(built, statement.format(SCHEMA), role="dbt")
    target = tmp_path_factory.mktemp("dbt-test")
    url = urlsplit(built.role_url("dbt"))
    environment = os.environ | {
        "CITYBRAIN_DBT_HOST": str(url.hostname),
        "CITYBRAIN_DBT_PORT": str(url.port),
        "CITYBRAIN_DBT_USER": str(url.username),
        "CITYBRAIN_DBT_PASSWORD": str(url.password),
        "CITYBRAIN_DBT_DBNAME": url.path.lstrip("/"),
        "CITYBRAIN_DBT_SCHEMA": SCHEMA,
        "DO_NOT_TRACK": "1",
    }
    places = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", target, "--log-path", target]
    done = subprocess.run(
        [Path(sys.executable).parent / "dbt", "test", "--selector", "data_tests", "--exclude", "source:raw", *places],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    results = json.loads((target / "run_results.json").read_text())["results"]
    return "\n".join(str(one["unique_id"]) for one in results if one["status"] in ("fail", "warn"))


@pytest.mark.parametrize("name", SPOILED)
def test_the_guard_fires_on_a_spoiled_build(failed_tests: str, name: str) -> None:
    assert name in failed_tests

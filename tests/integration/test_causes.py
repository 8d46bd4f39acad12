"""A final figure that changes has the cause of its own cell: what came for its period, place and unit in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from streams.builds.kept import SCHEMA as KEPT
from streams.publications.publish import plan, publish
from streams.settings import Settings
from tests.fixtures.warehouse import UNITS, built_and_judged, fetch, good_rows, load_reference, own_warehouse, run_sql

AUGUST, JULY = "2026-08-10 04:00", "2026-07-10 04:00"
BEFORE, AFTER = "2026-09-01", "2026-10-02"
"""Known before and after the instant that the first publication was made as of."""

EVENTS = [
    ("e1", "c1", "handled", "source", AUGUST, BEFORE, 150, "u1", "g1"),
    ("e2", "c2", "reopened", "source", AUGUST, BEFORE, 151, "u2", "g2"),
    ("e3", "c3", "closed", "corrected", AUGUST, BEFORE, 152, "u3", "g2"),
    ("e4", "c4", "closed", "source", AUGUST, BEFORE, 50, "u4", "g2"),  # was there already
    ("e5", "c5", "closed", "source", AUGUST, AFTER, 51, "u5", "g2"),  # was there, but not known yet
    ("e6", "c6", "reopened", "source", JULY, BEFORE, 153, "u4", "g2"),  # of another month
]
"""Event, case, stage, basis, when, known, offset, unit, grid."""


@pytest.fixture
def warehouse(postgres: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_causes", tmp_path / "lake") as settings:
        load_reference(settings)
        run_sql(
            settings,
            f"create schema {KEPT}; create table {KEPT}.int_case__stage_events (city_code text, source text,"
            " case_id text, event_id text, stage text, basis text, event_at_utc timestamp, unit_code text,"
            " street_code text, community_code text, grid_code text)",
            "dbt",
        )
        for month in (7, 8):
            run_sql(settings, f"select ops.ensure_month_partition('hotline_ticket', '2026-0{month}-01')")
        for event, case, stage, basis, at, known, offset, unit, grid in EVENTS:
            run_sql(
                settings,
                "insert into raw.hotline_ticket (event_id, event_source, event_type, event_at_utc, recorded_at_utc,"
                " ingested_at_utc, known_at_utc, event_date, city_code, case_id, stage, locate_method, is_late,"
                " late_by_minutes, content_hash, kafka_partition, kafka_offset) values"
                f" ('{event}', 's', 't', '{at}', '{known}', '{known}', '{known}', '{at[:10]}', 'shuifu', '{case}',"
                f" '{stage}', 'grid', false, 0, 'h', 0, {offset})",
            )
            run_sql(
                settings,
                f"insert into {KEPT}.int_case__stage_events values ('shuifu', 'hotline.ticket', 's/{case}', '{event}',"
                f" '{stage}', '{basis}', '{at}', '{unit}', 's1', 'c1', '{grid}')",
                "dbt",
            )
        yield settings


def moved(**meaning: str) -> dict[str, list[dict[str, object]]]:
    """The good build, each unit's R05, R03 and the grid's G01a moved by one; R03 may mean something else."""
    rows = good_rows()
    for row in rows["indicator_value"]:
        if row.get("unit_code") or row["indicator_id"] == "R03":
            row |= {"numerator": row["numerator"] + 1, "value": (row["numerator"] + 1) / row["denominator"]}
        elif row["indicator_id"] == "G01a" and row["area_level"] == "grid":
            row |= {"numerator": 13.0, "n": 13, "value": 13.0}
    next(row for row in rows["indicator_definition"] if row["indicator_id"] == "R03").update(meaning)
    return rows


def publish_both(settings: Settings, rows: dict[str, list[dict[str, object]]], *, new_areas: bool) -> None:
    for run, built, offset, areas in (("r1", good_rows(), 100, "a"), ("r2", rows, 200, "b" if new_areas else "a")):
        built_and_judged(settings, run, built, offset=offset)
        run_sql(
            settings,
            "update ops.pipeline_run set detail = jsonb_set(detail::jsonb, '{reference_hash}',"
            f" '\"{areas}\"')::text where run_id = '{run}' and kind = 'build'",
        )
        planned = plan(settings, run)
        publish(settings, run)
    restated = {(one.indicator_id, one.cause): one.cells for one in planned.difference.cells if one.kind == "restated"}
    logged = fetch(settings, "select indicator_id, cause, count(*) from published.restatement group by 1, 2")
    assert restated == {(indicator, cause): cells for indicator, cause, cells in logged}, "the plan foresaw each cause"


def causes(settings: Settings) -> dict[tuple[str, str], str]:
    rows = fetch(settings, "select indicator_id, unit_code, cause from published.restatement")
    return {(indicator, unit): cause for indicator, unit, cause in rows}


def test_each_cell_has_the_cause_of_what_came_for_it(warehouse: Settings) -> None:
    publish_both(warehouse, moved(numerator_zh="回访中另一种答复"), new_areas=True)
    assert causes(warehouse) == {
        ("R05", "u1"): "late_data",
        ("R05", "u2"): "reopened",
        ("R05", "u3"): "correction",
        ("R05", "u4"): "reference_data",  # nothing new came for it in August
        ("R05", "u5"): "late_data",
        ("R03", ""): "definition",
        ("G01a", ""): "late_data",  # of all that came only e1 lies in the grid
    }
    assert fetch(warehouse, "select cause from published.publication order by publication_id") == [
        ("",),
        ("late_data, correction, definition, reference_data, reopened",),
    ]
    assert fetch(warehouse, "select distinct cause_zh from published.restatement where cause = 'reopened'") == [
        ("重办",)
    ]


def test_another_name_of_an_indicator_is_no_new_definition(warehouse: Settings) -> None:
    publish_both(warehouse, moved(name_zh="另一个名称"), new_areas=False)
    found = causes(warehouse)
    assert found["R03", ""] == "reopened", "of the whole city: the case of u2 is one of it"
    assert found["R05", "u4"] == "late_data", "nothing is found: it is what the one who publishes says"
    assert len(found) == len(UNITS) + 2


def test_a_build_of_the_past_is_not_explained_by_what_came_later(warehouse: Settings) -> None:
    """As of 1 October 12:00, e5 was not known: nothing that the build knows tells of u5."""
    built_and_judged(warehouse, "r1", good_rows())
    publish(warehouse, "r1")
    built_and_judged(warehouse, "r2", moved(), offset=200)
    run_sql(
        warehouse,
        "update ops.pipeline_run set detail = jsonb_set(detail::jsonb, '{as_of_utc}',"
        f" '\"{datetime(2026, 10, 1, 12).isoformat()}\"')::text where run_id = 'r2' and kind = 'build'",
    )
    publish(warehouse, "r2", cause="definition")
    assert causes(warehouse)["R05", "u5"] == "definition"
    assert causes(warehouse)["R05", "u1"] == "late_data"

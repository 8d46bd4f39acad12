"""An indicator of each formula is one row of the catalogue, and one of `atom` where nothing counts it yet.

Added to a copy of the seeds, built, judged and published, with values known by hand; no other file is touched.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.builds import build as builder
from streams.builds import dbt
from streams.builds.build import build
from streams.builds.runs import recorded
from streams.contracts.published import published_table
from streams.publications.content import checksum_of, hidden_content
from streams.publications.publish import publish
from streams.quality.gate import gather, hidden_source, judge_table, quiet_context
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.dbt.stories import _event
from tests.dbt.test_build import land
from tests.dbt.test_vocabulary import seed
from tests.fixtures.warehouse import fetch, own_warehouse, run_sql

CLOSED, OPEN, REPORTS, DETECTIONS = 20, 4, 12, 15
DAYS = (datetime(2026, 3, 9, 1), datetime(2026, 3, 16, 1))
"""Two Mondays, in UTC: three tickets of four come on the first."""

ATOMS: list[dict[str, str]] = [
    {"atom_id": "reports", "entity": "case", "source": "grid.report", "measure": "count", "counted_when": "is_counted"},
    {"atom_id": "detections", "entity": "detection", "source": "camera.detection", "measure": "count"},
    {
        "atom_id": "minutes",
        "entity": "case",
        "source": "hotline.ticket",
        "measure": "sum",
        "counted_when": "is_received and state = 'closed'",
        "quantity": "handled_minutes",
    },
    {
        "atom_id": "spread",
        "entity": "case",
        "source": "hotline.ticket",
        "measure": "spread",
        "counted_when": "is_received and state = 'closed'",
        "quantity": "handled_minutes",
    },
    {
        "atom_id": "busiest_day",
        "entity": "query",
        "source": "hotline.ticket",
        "measure": "query",
        "quantity": """
            select days.city_code, days.period_type, days.period_start, days.period_end, 'city' as area_level,
                cities.city_area_code as area_code, '' as unit_code, days.variant, max(days.received) as quantity
            from (
                select c.city_code, c.variant, p.period_type, p.period_start, p.period_end, c.received_on,
                    count(*) as received
                from cases as c inner join periods as p on c.city_code = p.city_code
                    and c.received_on >= p.period_start and c.received_on < p.period_end
                where c.source = 'hotline.ticket' and c.is_received
                group by 1, 2, 3, 4, 5, 6
            ) as days
            inner join cities on days.city_code = cities.city_code
            group by 1, 2, 3, 4, 6, 8
        """,
    },
]

FIGURES: list[dict[str, str]] = [
    {"formula": "share", "numerator_atom": "case_closed", "denominator_atom": "case_received", "unit": "fraction"},
    {"formula": "per", "numerator_atom": "detections", "denominator_atom": "case_received", "scale": "1000"},
    {"formula": "mean", "numerator_atom": "minutes", "denominator_atom": "case_closed", "unit": "minutes"},
    {
        "formula": "count",
        "numerator_atom": "reports",
        "n_atom": "reports",
        "period_types": "month quarter week to_date",
    },
    {"formula": "quantile", "numerator_atom": "spread", "n_atom": "case_closed", "quantile": "0.5", "unit": "minutes"},
    {"formula": "query", "numerator_atom": "busiest_day", "unit": "cases"},
]


def row_of(figure: dict[str, str]) -> dict[str, str]:
    words = ("name_zh", "name_en", "question_zh", "numerator_zh", "time_basis_zh", "exclusions_zh", "source_standard")
    texts = dict.fromkeys((*words, "owner", "description_zh", "description_en"), f"一行 {figure['formula']}")
    divided = {"denominator_zh": "分母"} if "denominator_atom" in figure else {}
    return {
        "indicator_id": f"Z_{figure['formula']}",
        "indicator_version": "1",
        **texts,
        **divided,
        "family": "T",
        "unit": "per_so_many",
        "scale": "1",
        "direction": "none",
        "state": "computed",
        "n_atom": "case_received",
        "period_types": "month",
        "finest_area_level": "street",
        "by_unit": "false",
        "small_cell_both_sides": "false",
        "valid_from": "2020-01-01",
        "maturity_days": "5",
        "maturity_zh": "期末后5日",
        **figure,
    }


def add_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        for row in rows:
            assert set(row) <= set(columns), row
            csv.DictWriter(file, columns, lineterminator="\n").writerow(row)


def told() -> dict[str, list[dict[str, Any]]]:
    """Source -> raw rows: tickets of which the i-th closes after i hours, reports, detections; all in one city."""
    rows: dict[str, list[dict[str, Any]]] = {"hotline.ticket": [], "grid.report": [], "camera.detection": []}

    def tell(source: str, subject: str, name: str, stage: str, at: datetime, **data: Any) -> None:
        data |= {subject: name, "kafka_partition": 0, "kafka_offset": len(rows[source])}
        rows[source].append(_event("shuifu", source, name, stage, at, **data))

    for number in range(CLOSED + OPEN):
        at = DAYS[number % 4 == 3]
        tell("hotline.ticket", "case_id", f"T{number}", "accepted", at)
        if number < CLOSED:
            tell("hotline.ticket", "case_id", f"T{number}", "closed", at + timedelta(hours=number + 1))
    for number in range(REPORTS):
        tell("grid.report", "case_id", f"R{number}", "reported", DAYS[0], report_kind="issue")
    for number in range(DETECTIONS):
        seen = {"device_id": "d", "detection_type": "road_damage"}
        tell("camera.detection", "detection_id", f"D{number}", "detected", DAYS[1], **seen)
    return rows


@pytest.fixture(scope="module")
def published(postgres: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    from streams.reference import load as reference

    project = tmp_path_factory.mktemp("project") / "dbt_project"
    shutil.copytree(dbt.PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    atom = {"time_rollup": "sum", "place_rollup": "sum", "unit": "cases", "name_zh": "一行", "name_en": "One row"}
    add_rows(project / "seeds/atom.csv", [atom | one for one in ATOMS])
    add_rows(project / "seeds/indicator_catalogue.csv", [row_of(one) for one in FIGURES])
    with (
        own_warehouse(postgres, "test_shapes", tmp_path_factory.mktemp("lake")) as settings,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(dbt, "PROJECT", project)
        patch.setattr(builder, "_test_rules", lambda *arguments, **options: False)  # they are of the shipped atoms
        reference.load(settings)
        for source, rows in told().items():
            land(settings, source, rows)
        assert not build(settings, "shapes").faults
        with connect(settings, "publisher") as connection:
            facts = gather(connection, "wap_shapes")
        with quiet_context() as context:
            source = hidden_source(context, settings)
            judged = [
                one
                for table in ("indicator_value", "indicator_definition", "ranking")
                for one in judge_table(source, published_table(table), facts)
            ]
        assert judged
        assert not [one.rule for one in judged if not one.passed and one.severity == "critical"]
        with recorded(settings, "shapes", "gate") as detail, connect(settings, "publisher") as connection:
            detail |= {"checksum": checksum_of(hidden_content(connection, "wap_shapes")), "state": "succeeded"}
            detail["held"] = []
        publish(settings, "shapes")
        yield settings


def figure(published: Settings, formula: str, period_type: str = "month") -> list[tuple[Any, ...]]:
    return fetch(
        published,
        "select period_start, period_end, numerator, denominator, n, value, source"
        f" from published.current_indicator_value where indicator_id = 'Z_{formula}' and variant = 'raw'"
        f" and area_level = 'city' and unit_code = '' and period_type = '{period_type}' order by 1, 2",
    )


MARCH = (date(2026, 3, 1), date(2026, 4, 1))
HOURS = range(1, CLOSED + 1)

BY_HAND: dict[str, tuple[float | None, float | None, int, float, str]] = {
    "share": (CLOSED, CLOSED + OPEN, CLOSED + OPEN, CLOSED / (CLOSED + OPEN), "hotline.ticket"),
    "per": (DETECTIONS, CLOSED + OPEN, CLOSED + OPEN, 1000 * DETECTIONS / (CLOSED + OPEN), "hotline.ticket"),
    "mean": (60 * sum(HOURS), CLOSED, CLOSED + OPEN, 60 * sum(HOURS) / CLOSED, "hotline.ticket"),
    "count": (REPORTS, None, REPORTS, REPORTS, "grid.report"),
    "query": (18, None, CLOSED + OPEN, 18, "hotline.ticket"),
}
"""Formula -> numerator, denominator, n, value, source; the busiest day had three tickets of four."""


@pytest.mark.parametrize("formula", BY_HAND)
def test_one_row_publishes_the_figure_that_one_counts_by_hand(published: Settings, formula: str) -> None:
    numerator, denominator, n, value, source = BY_HAND[formula]
    assert figure(published, formula) == [(*MARCH, numerator, denominator, n, pytest.approx(value), source)]


def test_a_median_is_at_most_two_and_a_half_percent_from_the_one_that_one_counts_by_hand(published: Settings) -> None:
    [(*period, numerator, denominator, n, value, _)] = figure(published, "quantile")
    assert (*period, numerator, denominator, n) == (*MARCH, None, CLOSED, CLOSED)
    assert value == pytest.approx(60 * HOURS[CLOSED // 2 - 1], rel=0.025)


def test_a_row_of_the_catalogue_switches_periods_on(published: Settings) -> None:
    kinds = {"quarter": [(date(2026, 1, 1), date(2026, 4, 1))], "week": [(date(2026, 3, 9), date(2026, 3, 16))]}
    kinds["to_date"] = [(date(2026, 1, 1), date(2026, 4, 1))]
    for kind, periods in kinds.items():
        found = [(start, end, value) for start, end, _, _, _, value, _ in figure(published, "count", kind) if value]
        assert found == [(*one, REPORTS) for one in periods], kind
        assert not figure(published, "share", kind), kind


def test_no_other_row_is_touched_by_the_new_ones(published: Settings) -> None:
    old = "indicator_id not like 'Z\\_%'"
    kinds = fetch(published, f"select distinct period_type, source from published.current_indicator_value where {old}")
    sources = {row["atom_id"]: row["source"] for row in seed("atom")}
    shipped = {
        (kind, sources[row["n_atom"]])
        for row in seed("indicator_catalogue")
        if row["state"] != "refused"
        for kind in row["period_types"].split()
    }
    assert ("month", "hotline.ticket") in kinds
    assert set(kinds) <= shipped


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("rates_are_shares", "update {} set value = 1.25 where indicator_id = 'Z_share'"),
        ("value_is_the_quotient", "update {} set value = 7 where indicator_id = 'Z_mean'"),
        (
            "counts_have_no_denominator",
            "update {} set denominator = 1 where indicator_id = 'Z_count'",
        ),
    ],
)
def test_the_gate_refuses_a_value_that_its_formula_cannot_make(published: Settings, rule: str, statement: str) -> None:
    run_sql(published, statement.format("wap_shapes.indicator_value"), role="dbt")
    with connect(published, "publisher") as connection:
        facts = gather(connection, "wap_shapes")
    with quiet_context() as context:
        results = judge_table(hidden_source(context, published), published_table("indicator_value"), facts)
    assert rule in {one.rule for one in results if not one.passed and one.severity == "critical"}

"""Publications side by side on a real PostgreSQL: a plan before, differences after, and how far first figures moved."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

import pytest

from streams.errors import CityBrainError
from streams.publications.compare import Difference, diff, revisions
from streams.publications.publish import plan, publish
from streams.publications.questions import question
from streams.publications.sql import ask
from streams.settings import CHECKOUT, Settings
from tests.fixtures.warehouse import (
    Rows,
    built_and_judged,
    fetch,
    good_rows,
    load_reference,
    own_warehouse,
)


def vintage(as_of: datetime, status: str, numerators: dict[str, float]) -> Rows:
    """The good build as of an instant: R05 of that status, with other numerators for some units (empty: the city)."""
    rows = good_rows()
    for row in rows["source_summary"]:
        row["data_as_of_utc"] = as_of
    cells = [row for row in rows["indicator_value"] if row["indicator_id"] == "R05"]
    for row in cells:
        row["status"] = status
        if (numerator := numerators.get(row.get("unit_code", ""))) is not None:
            row |= {"numerator": numerator, "value": numerator / row["denominator"]}
    values = {row["unit_code"]: row["value"] for row in cells if "unit_code" in row}
    for row in rows["ranking"]:
        value = values[row["member_code"]]
        row |= {"value": value, "status": status, "rank": 1 + sum(other > value for other in values.values())}
    return rows


VINTAGES = {
    "r1": vintage(datetime(2026, 9, 6), "provisional", {}),
    "r2": vintage(datetime(2026, 9, 20), "provisional", {"u1": 56.0}),
    "r3": vintage(datetime(2026, 10, 1), "final", {"u1": 56.0}),
    "r4": vintage(datetime(2026, 10, 6), "final", {"u1": 56.0, "": 64.0}),
}
[grid] = [
    row for row in VINTAGES["r4"]["indicator_value"] if row["indicator_id"] == "G01a" and row["area_level"] == "grid"
]
grid |= {"suppressed": True, "suppression_reason": "small_cell", "numerator": None, "n": None, "value": None}


@pytest.fixture(scope="module")
def warehouse(
    postgres: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, list[Difference]]]:
    """Four publications, and what `plan` had said of each."""
    with own_warehouse(postgres, "test_compare", tmp_path_factory.mktemp("lake")) as settings:
        load_reference(settings)
        planned = []
        for number, (run, rows) in enumerate(VINTAGES.items(), start=1):
            built_and_judged(settings, run, rows, offset=100 * number)
            before = fetch(settings, "select count(*) from published.publication")
            foreseen = plan(settings, run)
            assert fetch(settings, "select count(*) from published.publication") == before, "a plan writes nothing"
            assert (foreseen.published.state, foreseen.published.publication_id) == ("published", number)
            done = publish(settings, run)
            assert done.publication_id == number
            assert done.restated_cells == foreseen.difference.count("restated")
            planned.append(foreseen.difference)
        assert plan(settings, "r4").published.state == "repeated"
        yield settings, planned


def kinds(found: Difference) -> dict[tuple[str, str], tuple[int, int]]:
    return {(one.indicator_id, one.kind): (one.cells, one.newly_masked) for one in found.cells}


def test_a_plan_says_what_the_publication_then_changes(warehouse: tuple[Settings, list[Difference]]) -> None:
    settings, planned = warehouse
    assert kinds(planned[0]) == {
        ("G01a", "new"): (2, 0),
        ("G01b", "new"): (1, 0),
        ("R03", "new"): (1, 0),
        ("R05", "new"): (6, 0),
    }
    assert kinds(planned[1]) == {("R05", "revised"): (1, 0)}
    assert kinds(planned[2]) == {("R05", "matured"): (6, 0)}
    assert kinds(planned[3]) == {("R05", "restated"): (1, 0), ("G01a", "restated"): (1, 1)}
    assert [diff(settings, number, number + 1) for number in (1, 2, 3)] == planned[1:]


def test_ranks_that_move_are_named_with_both_places(warehouse: tuple[Settings, list[Difference]]) -> None:
    _, planned = warehouse
    assert [(one.member_code, one.old_rank, one.new_rank) for one in planned[1].ranks] == [
        ("u1", 5, 1),
        ("u5", 1, 2),
        ("u4", 2, 3),
        ("u3", 3, 4),
        ("u2", 4, 5),
    ]
    assert planned[2].ranks == ()


def test_over_several_publications_a_cell_is_told_once(warehouse: tuple[Settings, list[Difference]]) -> None:
    settings, _ = warehouse
    assert kinds(diff(settings, 1, 4)) == {("R05", "matured"): (6, 0), ("G01a", "restated"): (1, 1)}


@pytest.mark.parametrize(("earlier", "later"), [(2, 1), (1, 1), (1, 9)])
def test_a_difference_that_makes_no_sense_is_refused(
    warehouse: tuple[Settings, list[Difference]], earlier: int, later: int
) -> None:
    with pytest.raises(CityBrainError, match=r"no publication 9|from an earlier publication") as caught:
        diff(warehouse[0], earlier, later)
    assert caught.value.exit_code == 2


def test_revisions_are_those_of_a_reckoning_by_hand(warehouse: tuple[Settings, list[Difference]]) -> None:
    """The city goes from 60/80 to 64/80, u1 from 50 to 56 of 100, four units stay; first told 5 days after August.

    Near its final value is u1 from the second publication on (19 days), the city from the fourth (35).
    """
    settings, _ = warehouse
    [overall] = revisions(settings, by_member=False)
    assert (overall.indicator_id, overall.member_code, overall.cells) == ("R05", "", 6)
    assert overall.mean_revision == pytest.approx((0.05 + 0.06) / 6)
    assert overall.mean_absolute_revision == pytest.approx((0.05 + 0.06) / 6)
    assert overall.bias_t == pytest.approx(1.5714, abs=1e-3)
    assert overall.ranks_changed_share == 1.0
    assert overall.days_to_first_release == 5.0
    assert overall.days_to_near_final == pytest.approx((35 + 19 + 4 * 5) / 6)
    members = {one.member_code: one for one in revisions(settings, by_member=True)}
    assert set(members) == {"", "u1", "u2", "u3", "u4", "u5"}
    assert (members["u1"].mean_revision, members["u1"].bias_t) == (pytest.approx(0.06), None)
    assert members["u2"].mean_absolute_revision == 0.0


def test_one_query_answers_each_question_about_the_past(warehouse: tuple[Settings, list[Difference]]) -> None:
    settings, _ = warehouse

    def asked(name: str, then: str = "", now: str = "") -> list[tuple[object, ...]]:
        text = question(name).sql
        assert then in text
        return [tuple(row) for row in ask(settings, text.replace(then, now) if then else text).rows]

    assert len(asked("as_published_in")) == 3
    assert len(asked("as_published_in", "publication_id = 1", "publication_id = 4")) == 3
    known = {row[0] for row in asked("as_known_on", "2026-12-31", "2026-09-30")}
    assert known == {2}
    vintages = asked("vintages_of_a_cell")
    assert [(row[2], row[5], row[8]) for row in vintages] == [
        (1, 60.0, "初步"),
        (2, 60.0, "初步"),
        (3, 60.0, "已定"),
        (4, 64.0, "更正"),
    ]
    assert len(asked("changed_since")) == 1
    assert asked("changed_since", "publication_id = 1", "publication_id = 4") == []
    [same_lag] = asked("months_at_the_same_lag", "'T04a'", "'R05'")
    assert same_lag[2:] == (1, 0.75, 3, 0.75, 0.8)


def citybrain(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {
        "CITYBRAIN_HOME": str(settings.home),
        "WAREHOUSE_URL": settings.role_url("owner"),
        "LAKE_URI": settings.lake_uri,
    }
    command = [str(CHECKOUT / ".venv/bin/citybrain"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("show", "4"), ("diff", "3", "4"), ("revisions",), ("plan", "--run-id", "r4")])
def test_each_is_printed_for_people_and_as_json(
    warehouse: tuple[Settings, list[Difference]], arguments: tuple[str, ...]
) -> None:
    settings, planned = warehouse
    plain = citybrain(settings, "publication", *arguments)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout
    told = json.loads(citybrain(settings, "publication", *arguments, "--json").stdout)
    if arguments[0] == "diff":
        assert told["cells"] == [asdict(one) for one in planned[3].cells]
    assert told


def test_a_figure_is_explained_with_its_sql_and_its_history(warehouse: tuple[Settings, list[Difference]]) -> None:
    settings, _ = warehouse
    told = json.loads(citybrain(settings, "indicator", "explain", "R05", "--period", "2026-08", "--json").stdout)
    assert [(row["publication_id"], row["value"], row["cause"]) for row in told["history"]] == [
        (1, 0.75, None),
        (2, 0.75, None),
        (3, 0.75, None),
        (4, 0.8, "late_data"),
    ]
    assert "count(*) filter" in told["sql"]
    assert [row["atom_id"] for row in told["atoms"]] == [
        "callback_answered",
        "callback_attempted",
        "callback_attempted_case",
    ]
    plain = citybrain(settings, "indicator", "explain", "R05", "--unit", "u1")
    assert plain.returncode == 0, plain.stderr
    assert "callback_attempted" in plain.stdout
    for wrong in (("R05", "--period", "2026-13"), ("R05", "--area", "x'y"), ("R05", "--unit", "nobody"), ("Z99",)):
        assert citybrain(settings, "indicator", "explain", *wrong).returncode == 2, wrong

"""The city is plausible: legal lives, true places, rates in the bands that real cities publish, unequal grids."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import shapely

from streams.contracts.registry import FUTURE_TOLERANCE_MINUTES, contract
from streams.reference import registry
from streams.simulators.families import calls, city_management, detections, grid_reports, hotline
from streams.simulators.feed import truth
from streams.simulators.feed.assembly import Play
from streams.simulators.feed.noise import UNKNOWN_CODE
from streams.simulators.town.family import Family
from streams.simulators.town.world import World
from tests import oracle
from tests.unit.simulators.conftest import parameters, walked_and_legal

HOTLINE, CAMERA = "city.hotline.ticket.v1", "city.camera.detection.v1"


@pytest.fixture(scope="module")
def figures(whole: Play, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    directory = tmp_path_factory.mktemp("truth") / "shuifu"
    truth.write(whole, directory)
    return oracle.expected_values(directory)


@pytest.fixture(scope="module")
def lives() -> dict[str, Family]:
    """Whole lives, to whatever end: what the platform sees may lack an event that the source tells after the end."""
    world = World.of(parameters(seed=3, to="2026-08-15"))
    for make in (hotline.play, calls.play, detections.play, city_management.play, grid_reports.play):
        family = make(world)
        world.played[family.topic] = family
    return world.played


@pytest.mark.parametrize(
    ("topic", "family", "steps"),
    [
        (HOTLINE, "hotline", 15),
        (CAMERA, "camera", 2),
        ("city.department.case.v1", "citymgmt", 12),
        ("city.grid.report.v1", "grid", 12),
    ],
)
def test_every_life_follows_the_transitions_that_the_warehouse_calls_legal(
    topic: str, family: str, steps: int, lives: dict[str, Family]
) -> None:
    events = lives[topic].events
    assert events["case"].n_unique() > 1000
    walked, legal = walked_and_legal(events, family)
    assert walked <= legal, walked - legal
    assert len(walked) >= steps, walked


@pytest.mark.parametrize(
    "topic", [HOTLINE, CAMERA, "city.hotline.call.v1", "city.department.case.v1", "city.grid.report.v1"]
)
def test_every_stage_of_the_contract_happens(topic: str, whole: Play) -> None:
    assert set(whole.events[topic]["stage"]) == set(contract(topic).stages)


def test_no_source_knows_of_a_thing_before_it_happens(whole: Play) -> None:
    """But for clocks that run minutes fast, inside of what the wire tolerates."""
    for topic, events in whole.events.items():
        ahead = events["event_at_utc"] - events["recorded_at_utc"]
        assert events.height and ahead.max() <= timedelta(minutes=FUTURE_TOLERANCE_MINUTES), topic


def test_ends_of_lives_wait_beyond_the_end_of_the_span(whole: Play) -> None:
    tickets = whole.cases[HOTLINE].filter(~pl.col("is_duplicate"))
    last_week = tickets.filter(pl.col("received_at_utc") > pl.col("received_at_utc").max() - pl.duration(days=3))
    assert last_week["closed_at_utc"].null_count() > 0.4 * last_week.height
    first_month = tickets.filter(pl.col("received_at_utc") < pl.col("received_at_utc").min() + pl.duration(days=30))
    assert first_month["closed_at_utc"].null_count() < 0.1 * first_month.height


@pytest.mark.parametrize(
    ("topic", "outside"), [(HOTLINE, 20), (CAMERA, 0), ("city.department.case.v1", 5), ("city.grid.report.v1", 0)]
)
def test_true_grids_are_those_that_hold_the_point(topic: str, outside: int, whole: Play) -> None:
    grids = registry.grids("shuifu")
    tree = shapely.STRtree([shapely.Polygon(grid.points) for grid in grids])
    codes = np.array([grid.grid_code for grid in grids])
    placed = whole.events[topic].filter(pl.col("longitude").is_not_null())
    assert placed.height > 1000
    points = shapely.points(placed["longitude"].to_numpy(), placed["latitude"].to_numpy())
    point, polygon = tree.query(points, predicate="within")
    assert len(point) == len(set(point.tolist())), "a point lies in two grids"
    found = np.full(placed.height, "", dtype=object)
    found[point] = codes[polygon]
    assert found.tolist() == placed["true_grid_code"].fill_null("").to_list()
    assert outside <= (found == "").sum() < 0.03 * placed.height, "a few lie across the border"


def test_places_are_told_in_every_way(whole: Play) -> None:
    cases = whole.cases[HOTLINE]
    ways = {
        "point": cases["longitude"].is_not_null(),
        "code only": cases["longitude"].is_null() & cases["area_code"].is_not_null(),
        "nothing": ~cases["has_location"],
        "grid code": cases["longitude"].is_null() & (cases["area_code"].str.len_chars() == 15),
        "street only": cases["true_street_code"].is_not_null() & cases["true_community_code"].is_null(),
        "across the border": cases["longitude"].is_not_null() & cases["true_grid_code"].is_null(),
    }
    assert all(where.sum() > 20 for where in ways.values()), {name: where.sum() for name, where in ways.items()}


def city_level(figures: pd.DataFrame, indicator: str) -> pd.Series:
    kept = figures[
        (figures.indicator_id == indicator)
        & (figures.area_level == "city")
        & (figures.unit_code == "")
        & (figures.variant == "raw")
    ]
    assert len(kept) == 3, kept
    return kept.set_index("period_start").value


@pytest.mark.parametrize(
    ("indicator", "low", "high"),
    [
        ("R02", 0.75, 0.85),
        ("R03", 0.80, 0.90),
        ("R05", 0.55, 0.70),
        ("T03a", 0.85, 0.95),
        ("T03d", 0.85, 0.95),
        ("T04a", 0.93, 1.0),
        ("G12", 0.90, 0.98),
    ],
)
def test_rates_lie_where_those_of_real_cities_do(
    figures: pd.DataFrame, indicator: str, low: float, high: float
) -> None:
    found = city_level(figures, indicator)
    assert found.between(low, high).all(), found


def test_some_units_are_much_slower_than_others(figures: pd.DataFrame) -> None:
    kept = figures[
        (figures.indicator_id == "T03a")
        & (figures.area_level == "city")
        & (figures.unit_code != "")
        & (figures.variant == "raw")
        & (figures.n >= 40)
    ]
    assert kept.unit_code.nunique() > 10
    means = kept.groupby("unit_code").value.mean()
    assert means.max() - means.min() > 0.10, means.sort_values()


def test_a_third_of_the_grids_brings_most_requests_and_the_rest_stay_under_ten(figures: pd.DataFrame) -> None:
    grids = figures[(figures.indicator_id == "G01b") & (figures.area_level == "grid") & (figures.variant == "raw")]
    for month, found in grids.groupby("period_start"):
        busy = (found.value >= 10).sum()
        assert 130 < busy < 260, (month, busy)
        assert found[found.value >= 10].value.sum() > 0.7 * found.value.sum(), month


def test_duplicates_point_to_an_earlier_ticket_of_the_same_matter(whole: Play) -> None:
    known = whole.cases[HOTLINE].filter(pl.col("category_code") != UNKNOWN_CODE)
    repeats = known.filter(pl.col("is_duplicate"))
    assert repeats.height > 300
    both = repeats.join(whole.cases[HOTLINE], left_on="parent_case_id", right_on="case_id", how="left", suffix="_of")
    assert both["category_code_of"].null_count() == 0
    assert (both["true_incident"] == both["true_incident_of"]).all()
    assert 0.7 < (both["category_code"] == both["category_code_of"]).mean() < 0.95, "some are filed wrongly"
    assert (both["received_at_utc_of"] < both["received_at_utc"]).all()


def test_every_exclusion_code_and_every_answer_occurs(whole: Play) -> None:
    assert set(whole.cases[HOTLINE]["exclusion_code"].drop_nulls()) == {f"E{n}" for n in range(1, 10)}
    events = whole.events[HOTLINE].filter(pl.col("stage") == "callback_attempted")
    assert set(events["callback_result"]) == {"answered", "unreachable", "declined"}
    answered = events["callback_result"] == "answered"
    assert (events["resolution"].is_not_null() == answered).all()
    assert (events["satisfaction"].is_not_null() == answered).all()
    assert events["satisfaction"].n_unique() == 6


def test_normal_tickets_are_due_at_the_end_of_a_working_day_and_urgent_ones_within_a_day(whole: Play) -> None:
    accepted = whole.events[HOTLINE].filter(pl.col("stage") == "accepted")
    local = accepted["due_at"] + pl.duration(hours=8)
    assert (pl.select(local.dt.time() == pl.time(0, 0)).to_series()).all()
    span = accepted["due_at"] - accepted["event_at_utc"]
    urgent = accepted["urgency"] == "urgent"
    assert 0 < urgent.sum() < 0.1 * accepted.height
    assert span.filter(urgent).max() < pl.select(pl.duration(hours=28)).item()
    assert span.filter(~urgent).min() > pl.select(pl.duration(days=3)).item()


def test_canaries_are_kept_in_the_truth_and_only_there(whole: Play, tmp_path: Path) -> None:
    found = truth.write(whole, tmp_path / "truth")
    assert len(found["canaries"]) > 5000 and len(found["canary_names"]) > 1000
    assert json.loads((tmp_path / "truth/truth.json").read_text(encoding="utf-8")) == found
    assert (tmp_path / "truth").stat().st_mode & 0o077 == 0
    files = [*(tmp_path / "truth").glob("*/*.parquet"), *(tmp_path / "truth").glob("incident*.parquet")]
    assert len(files) == 2 * len(whole.events) + 2
    for path in files:
        columns = set(pl.read_parquet(path).columns)
        assert columns.isdisjoint({"text", "reporter_token", "phone"})

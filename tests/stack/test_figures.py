"""What is published equals what the truth says, cell by cell; Chicago's figures are known by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from streams.books import incidents
from streams.contracts.registry import contracts
from streams.fusion.upkeep import KEPT
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests import figures, oracle
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

K = 10


@pytest.fixture(scope="module")
def published(settings: Settings) -> pd.DataFrame:
    """Shuifu's current values, keyed like the oracle's."""
    with connect(settings, "reader") as connection:
        cursor = connection.execute(
            "select * from published.current_indicator_value where city_code = 'shuifu' and breakdown_type = ''"
            " and period_type = 'month'"
        )
        frame = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or []])
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    return frame.set_index(oracle.CELL, verify_integrity=True)


@pytest.fixture(scope="module")
def expected(truth_dir: Path) -> pd.DataFrame:
    frame = oracle.expected_values(truth_dir)
    frame["period_start"] = pd.to_datetime(frame["period_start"])
    return frame.set_index(oracle.CELL, verify_integrity=True)


def test_every_cell_of_the_truth_is_published_and_equal(published: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert len(expected) > 3000, len(expected)
    assert expected.index.isin(published.index).all(), expected[~expected.index.isin(published.index)].head()
    both = expected.join(published, lsuffix="_true")
    shown = both[~both["suppressed"]]
    assert (shown["n"] == shown["n_true"]).all(), shown[shown["n"] != shown["n_true"]].head(20)
    for name in ("numerator", "denominator", "value"):
        left, right = shown[name].astype(float), shown[f"{name}_true"].astype(float)
        wrong = ~((left - right).abs() <= 1e-9) & ~(left.isna() & right.isna())
        assert not wrong.any(), shown[wrong].head(20)


def test_small_cells_are_withheld_and_what_would_give_them_away(
    published: pd.DataFrame, expected: pd.DataFrame
) -> None:
    both = expected.join(published, lsuffix="_true")
    small = (both["n_true"] > 0) & (both["n_true"] < K)
    assert 0 < small.sum() < len(both)
    pd.testing.assert_series_equal(both["suppression_reason"] == "small_cell", small, check_names=False)
    hidden = published[published["suppressed"]]
    assert hidden[["numerator", "denominator", "n", "value"]].isna().all(axis=None)
    assert set(hidden["suppression_reason"]) == {"small_cell", "complementary"}
    raw = both.xs("raw", level="variant")
    besides = raw["suppression_reason"] == "complementary"
    assert besides.groupby(level="area_level").mean()["city"] < 0.15, "leaders lose whole units for a few small cells"


def test_what_the_truth_does_not_know_is_zero_or_not_applicable(
    published: pd.DataFrame, expected: pd.DataFrame
) -> None:
    known = expected.index.get_level_values("indicator_id").unique()
    rest = published[~published.index.isin(expected.index) & published.index.isin(known, level="indicator_id")]
    counts = ~rest.index.get_level_values("indicator_id").isin(oracle.RATES)
    # Where a grid's incidents are too few to be shown, its cases are not shown either, be they none.
    shown = counts & ~rest["suppressed"].astype(bool)
    assert shown.any()
    assert (rest[shown]["value"].astype(float) == 0).all(), rest[shown & (rest["value"].astype(float) != 0)].head()
    assert set(rest[counts & ~shown]["suppression_reason"]) <= {"complementary"}
    assert (rest[~counts]["na_reason"] == "empty_denominator").all(), rest[~counts]["na_reason"].unique()


def test_the_figures_of_every_source_are_those_of_the_truth_or_withheld(
    published: pd.DataFrame, truth_dir: Path, settings: Settings
) -> None:
    with connect(settings, "loader") as connection:
        links = incidents.kept_links(connection, KEPT).filter(pl.col("city_code") == "shuifu")
    assert links.height > 100_000
    right = figures.expected_figures(truth_dir, pd.DataFrame(links.to_dict())).query("period_type == 'month'")
    right["period_start"] = pd.to_datetime(right["period_start"])
    cells = right.set_index(oracle.CELL, verify_integrity=True).join(published, lsuffix="_true", how="left")
    assert len(cells) > 20_000, len(cells)
    assert cells["source"].notna().all(), cells[cells["source"].isna()].head()
    shown = cells[~cells["suppressed"].astype(bool)]
    assert len(set(shown.index.get_level_values("indicator_id"))) > 45
    for name in ("numerator", "denominator", "n"):
        said, told = shown[name].astype(float), shown[f"{name}_true"].astype(float)
        wrong = ~((said - told).abs() <= 1e-9) & ~(said.isna() & told.isna())
        assert not wrong.any(), shown[wrong].head(20)
    hidden = cells[cells["suppressed"].astype(bool)]
    small = hidden["suppression_reason"] == "small_cell"
    assert small.any()
    assert hidden[small]["n_true"].between(1, 19).all(), "only a small cell is called one"


def test_every_grid_has_a_place_on_the_map_each_month(settings: Settings) -> None:
    with connect(settings, "reader") as connection:
        rows = connection.execute(
            "select period_start, count(*), count(*) filter (where suppressed),"
            " count(*) filter (where suppressed and (incidents is not null or cases is not null or map_value <> -1)),"
            " count(*) filter (where incidents >= 10)"
            " from published.current_grid_map where city_code = 'shuifu' group by 1"
        ).fetchall()
    assert len(rows) == 15
    for month, grids, hidden, leaking, busy in rows:
        assert grids == 678, month
        assert hidden > 0 and leaking == 0, month
        assert busy > 100, (month, busy)


def test_each_case_source_adds_up_to_the_truth(settings: Settings, truth_dir: Path) -> None:
    expected = oracle.expected_summary(truth_dir)
    assert set(expected.index) == {one.source_key for one in contracts().values() if one.is_case_topic}
    with connect(settings, "reader") as connection:
        cursor = connection.execute("select * from published.current_source_summary where city_code = 'shuifu'")
        names = [column.name for column in cursor.description or []]
        published = pd.DataFrame(cursor.fetchall(), columns=names).set_index("source")
    columns = list(expected.columns)
    pd.testing.assert_frame_equal(
        published[columns].sort_index(), expected.sort_index(), check_dtype=False, check_names=False
    )


def test_chicago_adds_up_to_its_known_figures(citybrain: Run) -> None:
    answer = citybrain(
        "sql", "select * from published.current_source_summary where city_code = 'chicago'", "--format", "json"
    )
    (row,) = json.loads(answer.stdout)
    assert (row["source"], row["requests"], row["completed"], row["open"], row["cancelled"]) == (
        "hotline.ticket",
        2118,
        2063,
        12,
        43,
    )
    assert row["requests"] == row["completed"] + row["open"] + row["cancelled"]
    assert (row["duplicates"], row["information_only"]) == (175, 2882)
    assert row["first_event_at_utc"].startswith("2021-01-01T06:00:09") or row["first_event_at_utc"].startswith(
        "2021-01-01 06:00:09"
    )


def test_a_city_without_limits_or_call_backs_says_so_instead_of_a_figure(settings: Settings) -> None:
    with connect(settings, "reader") as connection:
        rows = connection.execute(
            "select indicator_id, na_reason, count(*), count(value) from published.current_indicator_value"
            " where city_code = 'chicago' and na_reason <> 'empty_denominator' group by 1, 2"
        ).fetchall()
        asking = connection.execute(
            "select indicator_id, requires from published.current_indicator_definition"
            " where state = 'computed' and requires <> ''"
            " and (source = 'hotline.ticket' or indicator_id in ('G02a', 'G02b'))"
        ).fetchall()
    reasons = {indicator: (reason, values) for indicator, reason, _, values in rows if reason}
    lacking = {"limits": "no_time_limit", "callbacks": "no_callbacks", "grids": "no_grids"}
    assert {requires for _, requires in asking} == set(lacking)
    assert reasons == {indicator: (lacking[requires], 0) for indicator, requires in asking}

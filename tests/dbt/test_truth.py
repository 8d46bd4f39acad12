"""Every cell of the other sources' indicators equals what the simulator's truth says, before anything is withheld."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

from streams.books import incidents
from streams.builds import calendars
from streams.builds.dbt import Dbt
from streams.contracts.registry import contract
from streams.fusion.reports import gathered
from streams.fusion.upkeep import KEPT, brought_up
from streams.reference.load import load as load_reference
from streams.settings import Settings
from streams.simulators.feed import truth
from streams.simulators.feed.assembly import Play, play
from streams.warehouse.connection import connect
from tests import oracle
from tests.dbt.test_vocabulary import seed
from tests.figures import CELL, expected_escalations, expected_figures
from tests.fixtures.town import lander, messages, on_the_broker, parameters
from tests.fixtures.warehouse import own_warehouse, run_sql

FIRST = {"G01b", *oracle.RATES}
"""What the hotline's own oracle counts."""

QUANTILES = {row["indicator_id"] for row in seed("indicator_catalogue") if row["formula"] == "quantile"}


Escalations = dict[tuple[str, str], str]


@pytest.fixture(scope="module")
def town(
    postgres: Settings, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pd.DataFrame, pd.DataFrame, Escalations, Escalations]:
    """Three months of a small town: expected figures and candidates, both by CELL; escalations expected and found."""
    played = play(parameters(11, datetime(2026, 3, 1), datetime(2026, 6, 1), 0.05))
    directory = tmp_path_factory.mktemp("truth") / "shuifu"
    truth.write(played, directory)
    with own_warehouse(postgres, "test_truth", tmp_path_factory.mktemp("lake")) as settings:
        load_reference(settings)
        calendars.load(settings)
        lander(settings).land(on_the_broker(messages(played)), "test", 0)
        links = fuse_and_keep(settings, played)
        run_sql(settings, "create schema wap_truth", "dbt")
        with Dbt(settings, "wap_truth") as dbt:
            models = [
                "build",
                "--select",
                "+fct_indicator_value",
                "+fct_escalation",
                "--exclude-resource-type",
                "test",
                "unit_test",
            ]
            dbt.run(models, lambda line: None)
        with connect(settings, "dbt") as connection:
            cursor = connection.execute("select * from wap_truth.fct_indicator_value where city_code = 'shuifu'")
            names = [column.name for column in cursor.description or []]
            found = pd.DataFrame(cursor.fetchall(), columns=names).set_index(CELL)
            rows = connection.execute("select source, case_id, outcome from wap_truth.fct_escalation").fetchall()
    escalated = {(source, case.rpartition("/")[2]): outcome for source, case, outcome in rows}
    expected = expected_figures(directory, links).set_index(CELL, verify_integrity=True)
    return expected, found, expected_escalations(directory), escalated


@pytest.fixture(scope="module")
def both(
    town: tuple[pd.DataFrame, pd.DataFrame, Escalations, Escalations],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return town[:2]


def test_what_should_have_gone_up_is_what_the_truth_says(
    town: tuple[pd.DataFrame, pd.DataFrame, Escalations, Escalations],
) -> None:
    *_, expected, found = town
    assert {"in_time", "missed", "closed_before"} <= set(expected.values())
    assert found == expected


def fuse_and_keep(settings: Settings, played: Play) -> pd.DataFrame:
    """The links of what the city tells, kept as `citybrain fuse` keeps them: source, subject and incident_id."""
    told = {contract(topic).source_key: frame for topic, frame in truth.landing(played).items()}
    change = brought_up(*gathered(told), KEPT.to_frame())
    with connect(settings, "loader") as connection:
        run = incidents.FusionRun("full", change.fresh, change.fresh, "{}", "test")
        incidents.write(connection, run, change.changed, change.gone, change.renamed)
    links = change.changed.select("source", "subject", "incident_id")
    assert links.height > 1_000
    assert links["incident_id"].n_unique() < 0.95 * links.height
    return pd.DataFrame(links.to_dict())


def test_every_indicator_with_values_is_counted_by_an_oracle(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    expected, _ = both
    computed = {row["indicator_id"] for row in seed("indicator_catalogue") if row["state"] != "refused"}
    assert expected.attrs["asked"] == computed - FIRST
    assert len(set(expected.index.get_level_values("indicator_id"))) > 0.9 * len(computed - FIRST)


def test_every_cell_is_what_the_truth_says(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    expected, found = both
    assert len(expected) > 5_000
    cells = expected.join(found, lsuffix="_true", how="left")
    assert cells["n"].notna().all(), cells[cells["n"].isna()].head(20)
    is_quantile = cells.index.get_level_values("indicator_id").isin(QUANTILES)
    for name in ("n", "numerator", "denominator", "value"):
        said, right = cells[name].astype(float), cells[f"{name}_true"].astype(float)
        # A quantile is told by the middle of a bucket that is 5 % wide; the first reaches from nothing to one.
        bound = (0.025 * right.abs() + 1e-9).clip(lower=0.5) if name == "value" else 0 * right
        wrong = ~((said - right).abs() <= bound.where(is_quantile, 1e-9)) & ~(said.isna() & right.isna())
        assert not wrong.any(), cells[wrong][[name, f"{name}_true"]].head(20)


def test_what_the_truth_does_not_know_counts_nothing(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    expected, found = both
    told = set(expected.index.get_level_values("indicator_id"))
    rest = found[found.index.isin(told, level="indicator_id") & ~found.index.isin(expected.index)]
    assert len(rest) > 1_000
    assert (rest["n"] == 0).all()
    assert (rest["numerator"].fillna(0).astype(float) == 0).all()
    is_zero = rest["value"].notna()
    assert (rest[is_zero]["value"].astype(float) == 0).all()
    assert (rest[~is_zero]["na_reason"] == "empty_denominator").all()


def test_shares_that_are_parts_of_one_thing_add_up(both: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Settled in the village, the township or the county; confirmed or rejected."""
    _, found = both
    for parts in (("M03", "M04a", "M04b"), ("C03", "C07a")):
        of = found[found["value"].notna()].loc[list(parts)]
        total = of["value"].astype(float).groupby(CELL[1:]).sum()
        assert len(total) > 2
        assert total.to_numpy() == pytest.approx(1), parts

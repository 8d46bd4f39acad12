"""Seeds against the wire contracts: every native stage has a meaning, every atom and indicator its counterpart."""

from __future__ import annotations

import csv
import re

import pytest

from streams.contracts.registry import contracts
from streams.warehouse.dbt import PROJECT


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, name
    return rows


@pytest.mark.parametrize("topic", sorted(contracts()))
def test_every_stage_of_the_contract_is_mapped_and_no_other(topic: str) -> None:
    contract = contracts()[topic]
    mapped = {row["native_stage"] for row in seed("stage_map") if row["family"] == contract.domain}
    assert mapped == set(contract.stages)


def test_transitions_run_between_stages_that_change_the_state() -> None:
    changing = {(row["family"], row["stage"]) for row in seed("stage_map") if row["changes_state"] == "true"}
    for row in seed("stage_transition"):
        assert (row["family"], row["to_stage"]) in changing, row
        assert row["from_stage"] == "none" or (row["family"], row["from_stage"]) in changing, row
    reachable = {(row["family"], row["to_stage"]) for row in seed("stage_transition")}
    assert reachable == changing


def test_stages_of_a_family_have_an_order_without_ties() -> None:
    orders = [(row["family"], row["stage_order"]) for row in seed("stage_map")]
    assert len(orders) == len(set(orders))


def test_every_atom_is_counted_in_the_model_and_nothing_else_is() -> None:
    source = (PROJECT / "models/marts/indicator/fct_atom.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"when '(\w+)'", source)) == {row["atom_id"] for row in seed("atom")}


def test_the_catalogue_holds_the_first_indicators_with_satisfaction_beside_its_response_rate() -> None:
    rows = {row["indicator_id"]: row for row in seed("indicator_catalogue")}
    assert set(rows) == {"R02", "R03", "R05", "T03a", "T04a", "T04b", "G01a", "G01b", "G12"}
    same = ("family", "finest_area_level", "by_unit", "requires", "small_cell_k", "state")
    assert {key: rows["R03"][key] for key in same} == {key: rows["R05"][key] for key in same}


def test_counts_have_no_denominator_and_rates_are_fractions() -> None:
    for row in seed("indicator_catalogue"):
        assert (row["unit"] == "fraction") == bool(row["denominator_atom"]), row["indicator_id"]
        assert bool(row["denominator_atom"]) == bool(row["denominator_zh"]), row["indicator_id"]
        assert float(row["scale"]) == 1.0, row["indicator_id"]

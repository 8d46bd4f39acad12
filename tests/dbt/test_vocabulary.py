"""Seeds against the wire contracts: every native stage has a meaning, every atom and indicator its counterpart."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from streams.builds.dbt import PROJECT
from streams.contracts.registry import Contract, contracts


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, name
    return rows


def staging() -> dict[str, str]:
    """Source -> family, as the staging models write them."""
    found = {}
    for path in (PROJECT / "models/staging").rglob("stg_*_events.sql"):
        source = path.read_text(encoding="utf-8")
        family, key = re.search(r"'(\w+)' as family", source), re.search(r"'([\w.]+)' as source", source)
        assert family, path
        assert key, path
        found[key[1]] = family[1]
    return found


def test_every_topic_has_its_staging_model_and_a_family_of_its_own() -> None:
    families = staging()
    assert set(families) == {one.source_key for one in contracts().values()}
    assert len(set(families.values())) == len(families)


@pytest.mark.parametrize("topic", sorted(contracts()))
def test_every_stage_of_the_contract_is_mapped_and_no_other(topic: str) -> None:
    contract = contracts()[topic]
    family = staging()[contract.source_key]
    mapped = {row["native_stage"] for row in seed("stage_map") if row["family"] == family}
    assert mapped == set(contract.stages)


def test_every_case_topic_and_no_other_is_a_case_source() -> None:
    cases = [one for one in contracts().values() if one.is_case_topic]
    assert {row["source"] for row in seed("case_source")} == {one.source_key for one in cases}
    events = (PROJECT / "models/intermediate/case/int_case__events.sql").read_text(encoding="utf-8")
    as_of = (PROJECT / "models/intermediate/city/int_city__as_of.sql").read_text(encoding="utf-8")
    read = set(re.findall(r"'(stg_\w+)'", events))
    assert read == {_model(one) for one in cases}
    assert set(re.findall(r"'(stg_\w+_events)'", as_of)) == {_model(one) for one in contracts().values()}


def _model(contract: Contract) -> str:
    """Name of the staging model: `city.grid.report.v1` -> `stg_grid__report_events`."""
    return f"stg_{contract.source_key.replace('.', '__')}_events"


def test_a_sensitive_source_is_told_as_counts_of_the_city_with_a_k_of_twenty() -> None:
    rows = {row["source"]: row for row in seed("case_source")}
    for source in ("petition.matter", "department.dispute"):
        found = {key: rows[source][key] for key in ("published_as", "finest_area_level", "small_cell_k")}
        assert found == {"published_as": "counts", "finest_area_level": "city", "small_cell_k": "20"}, source


LEVELS = ("grid", "community", "street", "county", "city")


def finest() -> dict[str, dict[str, str]]:
    """Family (or indicator, where it has a row of its own) -> the finest level that it may be published at."""
    path = Path(__file__).parent / "grains.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["scope"]: row for row in csv.DictReader(file)}


def test_no_indicator_is_published_finer_than_its_family_allows() -> None:
    allowed, catalogue = finest(), seed("indicator_catalogue")
    assert len(catalogue) >= 9
    for row in catalogue:
        rule = allowed.get(row["indicator_id"]) or allowed[row["family"]]
        coarse_enough = LEVELS.index(row["finest_area_level"]) >= LEVELS.index(rule["finest_area_level"])
        assert coarse_enough, f"{row['indicator_id']}: {row['finest_area_level']} is finer than {rule}"


@pytest.mark.parametrize(("indicator", "level"), [("T04a", "community"), ("R03", "community"), ("P01", "street")])
def test_the_grain_rule_would_see_a_finer_one(indicator: str, level: str) -> None:
    rule = finest()[indicator[0]]
    assert LEVELS.index(level) < LEVELS.index(rule["finest_area_level"])


def test_every_case_source_can_be_received_and_brought_to_its_end() -> None:
    steps: dict[str, dict[str, set[str]]] = {}
    for row in seed("stage_transition"):
        steps.setdefault(row["family"], {}).setdefault(row["from_stage"], set()).add(row["to_stage"])
    for source in (row["source"] for row in seed("case_source")):
        family = steps[staging()[source]]
        assert "received" in family["none"], source
        stages = {one for reached in family.values() for one in reached}
        dead_ends = {one for one in stages - {"closed", "voided"} if not family.get(one)}
        assert not dead_ends, f"{source}: nothing may follow {sorted(dead_ends)}"


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

"""Seeds against the wire contracts: every native stage has a meaning, every atom and indicator its counterpart."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streams.builds.dbt import PROJECT
from streams.clocks.calendars import instant_us, of_city
from streams.clocks.clock import due
from streams.contracts.published import project_vars
from streams.contracts.registry import contracts
from streams.fusion.evidence import CAMERAS
from streams.fusion.reports import OPENING


def seed(name: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, name
    return rows


def test_every_topic_has_a_family_of_its_own() -> None:
    families = [one.family for one in contracts().values()]
    assert all(families)
    assert len(set(families)) == len(families)


@pytest.mark.parametrize("topic", sorted(contracts()))
def test_every_stage_of_the_contract_is_mapped_and_no_other(topic: str) -> None:
    contract = contracts()[topic]
    mapped = {row["native_stage"] for row in seed("stage_map") if row["family"] == contract.family}
    assert mapped == set(contract.stages)


def test_every_case_topic_and_no_other_is_a_case_source() -> None:
    cases = [one for one in contracts().values() if one.is_case_topic]
    assert {row["source"] for row in seed("case_source")} == {one.source_key for one in cases}


def test_fusion_weighs_the_sources_that_tell_of_incidents_from_their_receipt_on() -> None:
    tell = {row["source"] for row in seed("case_source") if row["tells_incidents"] == "true"}
    assert set(OPENING) == tell | {CAMERAS}
    families = {one.source_key: one.family for one in contracts().values()}
    for source in tell:
        received = {
            row["native_stage"]
            for row in seed("stage_map")
            if row["family"] == families[source] and row["stage"] == "received"
        }
        assert set(OPENING[source]) == received, source


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
    assert catalogue
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
    families = {one.source_key: one.family for one in contracts().values()}
    for source in (row["source"] for row in seed("case_source")):
        family = steps[families[source]]
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


ATOM_MODELS = {f"fct_atom_{entity}": entity for entity in sorted({row["entity"] for row in seed("atom")} - {"query"})}
"""Wide model -> its entity, of those that have atoms."""


def atom_columns(entity: str) -> set[str]:
    """Columns of the wide model that the atoms of the entity make; what each means is said in the seed."""
    found = set()
    for row in seed("atom"):
        if row["entity"] == entity:
            kinds = project_vars()["period_types"] if row["measure"] == "distinct" else [""]
            found |= {f"{row['atom_id']}__{kind}" if kind else row["atom_id"] for kind in kinds}
    return found


def test_every_atom_counts_a_source_of_its_entity() -> None:
    cases = {one.source_key for one in contracts().values() if one.is_case_topic}
    sources = {"case": cases, "callback": cases, "call": {"hotline.call"}, "detection": {"camera.detection"}}
    sources |= {entity: {"grid.report"} for entity in ("inspection", "report", "whistle")}
    sources |= {"service": {"department.service"}, "dispute": {"department.dispute"}, "matter": {"petition.matter"}}
    sources |= dict.fromkeys(("notice", "step", "dispatch", "overdue"), cases)
    sources |= {key: {"department.record"} for key in ("record", "register")}
    sources |= {"sign": {"sign.observation"}, "ground": set(), "incident": set()}
    sources |= {"device_day": {"camera.device"}, "query": {one.source_key for one in contracts().values()}}
    entities = {row["entity"] for row in seed("atom")}
    assert len(entities & set(sources)) >= 2
    for row in seed("atom"):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", row["atom_id"]), row["atom_id"]
        assert row["source"] in {"", *sources[row["entity"]]}, row["atom_id"]
        assert row["name_zh"], row["atom_id"]
        assert row["name_en"], row["atom_id"]


def test_satisfaction_has_its_response_rate_beside_it_at_every_cell() -> None:
    rows = {(row["indicator_id"], row["indicator_version"]): row for row in seed("indicator_catalogue")}
    same = ("family", "finest_area_level", "by_unit", "requires", "small_cell_k", "state", "period_types")
    versions = [version for indicator, version in rows if indicator == "R03"]
    assert versions
    for version in versions:
        assert {key: rows["R03", version][key] for key in same} == {key: rows["R05", version][key] for key in same}


def test_what_goes_by_a_time_limit_matures_no_sooner_than_its_last_case_may_fall_due() -> None:
    """A case received in the last minute of a month, with every extension, over three years of holidays."""
    zone, calendar = ZoneInfo("Asia/Shanghai"), of_city("shuifu")
    ends = [instant_us(datetime(year, month, 1, tzinfo=zone)) for year in (2024, 2025, 2026) for month in range(1, 13)]
    needed: dict[str, float] = {}
    for limit in seed("time_limit"):
        size = int(limit["time_limit"]) + int(limit["extension_cap"])
        days = (due(calendar, limit["clock"], size, np.array(ends) - 60_000_000).due_us - np.array(ends)) / 86_400e6
        needed[limit["source"]] = max(needed.get(limit["source"], 0.0), float(days.max()))
    sources = {row["atom_id"]: row["source"] for row in seed("atom")}
    by_limit = [row for row in seed("indicator_catalogue") if row["requires"] == "limits"]
    assert by_limit
    short = {
        row["indicator_id"]: needed[sources[row["n_atom"]]]
        for row in by_limit
        if int(row["maturity_days"]) < needed[sources[row["n_atom"]]]
    }
    assert short == {}
    assert needed["hotline.ticket"] > 45, "a holiday in the way makes it longer than the limits alone"


DIVIDED = {"share", "per", "mean"}
"""Formulas that divide."""


def test_each_indicator_says_what_its_formula_needs() -> None:
    kinds = set(project_vars()["period_types"])
    for row in seed("indicator_catalogue"):
        about = row["indicator_id"]
        assert re.fullmatch(r"[A-Z]\d{2}[a-z]?", about), about
        if row["state"] == "refused":
            assert not row["numerator_atom"] + row["denominator_atom"] + row["n_atom"], about
            continue
        assert bool(row["denominator_atom"]) == (row["formula"] in DIVIDED), about
        assert bool(row["denominator_zh"]) or row["formula"] not in DIVIDED, about
        assert bool(row["quantile"]) == (row["formula"] == "quantile"), about
        assert (row["unit"] == "fraction") == (row["formula"] == "share"), about
        assert (float(row["scale"]) == 1.0) or row["formula"] != "share", about
        published = row["period_types"].split()
        assert published, about
        assert set(published) <= kinds, about
        assert row["period_types"] == " ".join(published), about


def test_every_id_of_the_specification_has_a_row_and_no_other() -> None:
    with (Path(__file__).parent.parent / "data/indicator_ids.csv").open(encoding="utf-8", newline="") as file:
        specified = {row["indicator_id"] for row in csv.DictReader(file)}
    assert len(specified) == 148
    assert {row["indicator_id"][:3] for row in seed("indicator_catalogue")} == specified


def test_what_is_refused_says_why_and_what_is_imported_says_from_where() -> None:
    rows = seed("indicator_catalogue")
    refused = [row for row in rows if row["state"] == "refused"]
    imported = [row for row in rows if row["state"] == "imported"]
    assert refused
    assert imported
    for row in refused:
        assert row["description_zh"].startswith("不发布："), row["indicator_id"]
        assert row["description_en"].startswith("Not published: "), row["indicator_id"]
    sources = {row["atom_id"]: row["source"] for row in seed("atom")}
    for row in imported:
        assert sources[row["numerator_atom"]] == "department.record", row["indicator_id"]

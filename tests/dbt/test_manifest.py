"""The dbt project as dbt parses it: layers, keys, words, tests. Every rule is shown to fire on a spoiled manifest."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from streams.contracts.published import published_tables
from tests.dbt import manifest_rules as rules

Rule = Callable[[rules.Manifest], Iterator[str]]

PUBLISHED = {
    "case_count",
    "case_fact",
    "grid_map",
    "indicator_definition",
    "indicator_value",
    "ranking",
    "sign_summary",
    "source_summary",
}


def node(manifest: rules.Manifest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in manifest["nodes"].values() if one["name"] == name)
    return found


def read_staging_from_published(manifest: rules.Manifest) -> None:
    staging = node(manifest, "stg_hotline__ticket_events")["unique_id"]
    node(manifest, "source_summary")["depends_on"]["nodes"].append(staging)


def read_events_from_a_dimension(manifest: rules.Manifest) -> None:
    staging = node(manifest, "stg_hotline__ticket_events")["unique_id"]
    node(manifest, "dim_unit")["depends_on"]["nodes"].append(staging)


def read_upwards(manifest: rules.Manifest) -> None:
    node(manifest, "int_case__lifecycle")["depends_on"]["nodes"].append(node(manifest, "fct_case")["unique_id"])


def lose_a_key(manifest: rules.Manifest) -> None:
    victim = node(manifest, "fct_atom_case")["unique_id"]
    for one in manifest["nodes"].values():
        if one["resource_type"] == "test" and one.get("attached_node") == victim:
            one["attached_node"] = None


def speak_english_only(manifest: rules.Manifest) -> None:
    node(manifest, "fct_case")["columns"]["state"]["description"] = "State of the case."


def speak_chinese_only(manifest: rules.Manifest) -> None:
    node(manifest, "dim_period")["description"] = "周期维度。"


def say_nothing_of_columns(manifest: rules.Manifest) -> None:
    node(manifest, "dim_period")["columns"] = {}


def forget_a_rule(manifest: rules.Manifest) -> None:
    manifest["unit_tests"] = {
        key: one for key, one in manifest["unit_tests"].items() if one["model"] != "int_case__incident"
    }


def drop_the_contract(manifest: rules.Manifest) -> None:
    node(manifest, "ranking")["config"]["contract"]["enforced"] = False


def drop_the_version(manifest: rules.Manifest) -> None:
    node(manifest, "ranking")["version"] = None


def show_the_version_in_the_name(manifest: rules.Manifest) -> None:
    node(manifest, "ranking")["alias"] = "ranking_v1"


SPOILED: list[tuple[Rule, Callable[[rules.Manifest], None]]] = [
    (rules.layers_one_way, read_staging_from_published),
    (rules.layers_one_way, read_events_from_a_dimension),
    (rules.layers_one_way, read_upwards),
    (rules.primary_keys, lose_a_key),
    (rules.two_languages, speak_english_only),
    (rules.two_languages, speak_chinese_only),
    (rules.two_languages, say_nothing_of_columns),
    (rules.rules_tested, forget_a_rule),
    (rules.published_is_a_promise, drop_the_contract),
    (rules.published_is_a_promise, drop_the_version),
    (rules.published_is_a_promise, show_the_version_in_the_name),
]


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _ in SPOILED), ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(manifest: rules.Manifest, rule: Rule) -> None:
    assert list(rule(manifest)) == []


@pytest.mark.parametrize(("rule", "spoil"), SPOILED, ids=lambda one: one.__name__)
def test_the_rule_fires_once_on_a_spoiled_project(
    manifest: rules.Manifest, rule: Rule, spoil: Callable[[rules.Manifest], None]
) -> None:
    spoiled = copy.deepcopy(manifest)
    spoil(spoiled)
    assert len(list(rule(spoiled))) == 1


def test_the_published_models_are_exactly_the_promised_ones(manifest: rules.Manifest) -> None:
    found = {model["name"] for model in rules.models(manifest) if rules.layer(model) == "published"}
    assert found == PUBLISHED
    assert found == {one.name for one in published_tables() if one.name in found}


def test_each_layer_has_models_so_that_no_rule_holds_of_nothing(manifest: rules.Manifest) -> None:
    counts = dict.fromkeys(rules.MAY_READ, 0)
    for model in rules.models(manifest):
        counts[rules.layer(model)] += 1
    assert all(counts.values()), counts
    assert set(rules.JOINED_ONLY) <= {model["name"] for model in rules.models(manifest)}
    assert len(manifest["unit_tests"]) >= 30

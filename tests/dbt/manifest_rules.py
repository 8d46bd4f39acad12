"""Rules over dbt's manifest: each returns its findings as sentences, Example - Reason - Remedy; none is no finding."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Manifest = dict[str, Any]

MAY_READ = {
    "staging": {"source"},
    "intermediate": {"seed", "staging", "intermediate"},
    "marts": {"seed", "intermediate", "marts", "build"},
    "published": {"seed", "marts"},
}
"""Layer -> what its models may read; `build`: what a Python step wrote in the run's own schema.

Besides, a dimension may read reference data straight from staging.
"""

IN_ORDER = "known events in order by a macro; its rules are tested at int_case__stage_events"

JOINED_ONLY = {
    **{
        f"int_{source}__events": IN_ORDER
        for source in ("call", "device", "dispute", "grid", "petition", "record", "service", "sign")
    },
    "int_case__events": "rows of the staging models under each other; how a source says a column is tested there",
    "int_city__known_event": "rows of the staging models under each other",
    "dim_category": "renames reference data; its version rule is tested at dim_area",
    "dim_city": "joins a city with its as-of instant",
    "dim_grid": "joins a grid with the names of its areas",
    "indicator_definition": "publishes the catalogue as it is",
}
"""Models above staging without a rule of their own, each with the reason why it needs no unit test."""


def models(manifest: Manifest) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def seeds(manifest: Manifest) -> list[dict[str, Any]]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]


def layer(node: dict[str, Any]) -> str:
    """Layer of a model by its folder; `seed` or `source` for those, `build` for tables of the run itself."""
    if node["resource_type"] == "model":
        return str(node["fqn"][1])
    return "build" if node.get("source_name") == "build" else str(node["resource_type"])


def layers_one_way(manifest: Manifest) -> Iterator[str]:
    known = manifest["nodes"] | manifest["sources"]
    for model in models(manifest):
        for parent in (known[one] for one in model["depends_on"]["nodes"]):
            found = layer(parent)
            of_reference = found == "staging" and parent["name"].startswith("stg_ref__")
            if model["name"].startswith("dim_") and of_reference:
                continue
            if found not in MAY_READ[layer(model)]:
                yield (
                    f"{layer(model)}/{model['name']} reads {found} {parent['name']}. A change of a source must not "
                    f"reach a reader unreviewed. Read one of: {', '.join(sorted(MAY_READ[layer(model)]))}."
                )


def primary_keys(manifest: Manifest) -> Iterator[str]:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "primary_key"
    }
    for node in models(manifest) + seeds(manifest):
        if node["unique_id"] not in tested:
            yield (
                f"{node['name']} has no primary_key test. Without a grain a join can double rows unseen. "
                "Add data_tests: - primary_key with its columns."
            )


def two_languages(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest) + seeds(manifest):
        texts = {node["name"]: node["description"]} | {
            f"{node['name']}.{name}": column["description"] for name, column in node["columns"].items()
        }
        if not node["columns"]:
            yield f"{node['name']} describes no column. Leaders and engineers read the same words. Describe each."
        for name, text in texts.items():
            if not re.search(r"[\u4e00-\u9fff]", text) or not re.search(r"[A-Za-z]{2}", text):
                yield f"{name} is described as {text!r}. Both languages are read. Write Chinese first, then English."


def rules_tested(manifest: Manifest) -> Iterator[str]:
    tested = {one["model"] for one in manifest["unit_tests"].values()}
    for model in models(manifest):
        if layer(model) == "staging" or model["name"] in JOINED_ONLY or model["name"] in tested:
            continue
        yield (
            f"{model['name']} has no unit test. A rule that no row shows is a rule that nobody keeps. "
            "Add one to the __rules.yml beside it."
        )


def published_is_a_promise(manifest: Manifest) -> Iterator[str]:
    for model in models(manifest):
        if layer(model) != "published":
            continue
        name = model["name"]
        if not model["config"]["contract"]["enforced"]:
            yield f"{name} has no enforced contract. A column could vanish unseen. Set contract: enforced."
        if model["version"] is None:
            yield f"{name} has no version. A retyped column would be a warning only. Give it versions: [v: 1]."
        if model["alias"] != name:
            yield f"{name} is built as {model['alias']}. Readers know it by its name. Set alias to {name}."

"""What changed in the contracts since a git revision, and whether somebody who reads them would break."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from streams.contracts.published import CHECKOUT
from streams.contracts.registry import Contract, Field, contract_from, read_yaml
from streams.errors import CityBrainError

TOPICS = "streams/contracts/topics"
PUBLISHED = ("dbt_project/models/published", "streams/contracts/published")


@dataclass(frozen=True)
class Change:
    """One difference. `breaking`: it fails a consumer; `excused`: a newer version of the same thing exists."""

    contract: str
    place: str
    what: str
    breaking: bool
    excused: bool = False

    @property
    def fails(self) -> bool:
        return self.breaking and not self.excused


def diff(revision: str = "HEAD", root: Path = CHECKOUT) -> list[Change]:
    """Changes of topic and published contracts from `revision` to the files under `root`.

    Raises CityBrainError when git doesn't know the revision or a file is no contract.
    """
    old, new = _topics_at(revision, root), _topics_now(root)
    changes = [change for topic in sorted({*old, *new}) for change in _topic(topic, old, new)]
    old_tables, new_tables = _published_at(revision, root), _published_now(root)
    for name in sorted({*old_tables, *new_tables}):
        changes += _table(name, old_tables.get(name), new_tables.get(name))
    return changes


# --- topics -----------------------------------------------------------------------------------------------


def _topic(topic: str, old: Mapping[str, Contract], new: Mapping[str, Contract]) -> Iterator[Change]:
    excused = any(_is_newer(other, topic) for other in new)
    if topic not in old:
        yield Change(topic, "contract", "new", False)
    elif topic not in new:
        yield Change(topic, "contract", "removed", True, excused)
    else:
        for place, what, breaking in _between(old[topic], new[topic]):
            yield Change(topic, place, what, breaking, breaking and excused)


def _is_newer(other: str, topic: str) -> bool:
    stem, _, version = topic.rpartition(".v")
    other_stem, _, other_version = other.rpartition(".v")
    return stem == other_stem and int(other_version) > int(version)


def _between(old: Contract, new: Contract) -> Iterator[tuple[str, str, bool]]:
    for name in ("key_fields", "subject_field", "partitions", "is_case_topic"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield "contract", f"{name} {_said(before)} -> {_said(after)}", True
    for name in (
        "owner",
        "contact",
        "retention_days",
        "dlq_retention_days",
        "late_after_minutes",
        "silent_after_days",
        "family",
        "case_columns",
    ):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield "contract", f"{name} {_said(before)} -> {_said(after)}", False
    fields, others = {f.name: f for f in old.fields}, {f.name: f for f in new.fields}
    added = [field for name, field in others.items() if name not in fields]
    for name, field in fields.items():
        if name in others:
            yield from ((name, what, breaking) for what, breaking in _field(field, others[name]))
            continue
        twin = next((a for a in added if (a.name_zh, a.logical_type) == (field.name_zh, field.logical_type)), None)
        yield name, f"renamed to {twin.name}" if twin else "removed", True
    for field in added:
        yield field.name, "new, required" if field.required else "new, optional", field.required


def _field(old: Field, new: Field) -> Iterator[tuple[str, bool]]:
    if old.logical_type != new.logical_type:
        yield f"type {old.logical_type} -> {new.logical_type}", True
    if old.required != new.required:
        yield ("newly required", True) if new.required else ("no longer required", True)
    gone, come = set(old.enum) - set(new.enum), set(new.enum) - set(old.enum)
    if old.enum and not new.enum:
        yield "list of values dropped", False
    elif gone:
        yield f"values removed: {', '.join(sorted(gone))}", True
    if come:
        # A first list narrows what was free; a longer one only widens.
        yield f"values added: {', '.join(sorted(come))}", not old.enum
    limits: list[tuple[str, float | None, float | None, int]] = [
        ("minimum", old.minimum, new.minimum, 1),
        ("maximum", old.maximum, new.maximum, -1),
        ("maxLength", old.max_length, new.max_length, -1),
    ]
    for label, low, high, sign in limits:
        if low != high:
            tighter = high is not None and (low is None or (high - low) * sign > 0)
            yield f"{label} {_said(low)} -> {_said(high)}", tighter
    if old.pattern != new.pattern:
        yield f"pattern {_said(old.pattern)} -> {_said(new.pattern)}", new.pattern is not None
    if old.lake_only != new.lake_only:
        yield f"lakeOnly {_said(old.lake_only)} -> {_said(new.lake_only)}", new.lake_only
    if old.drop_out_of_range != new.drop_out_of_range:
        yield f"dropOutOfRange {_said(old.drop_out_of_range)} -> {_said(new.drop_out_of_range)}", old.drop_out_of_range
    for label, before, after in (
        ("classification", old.classification, new.classification),
        ("unit", old.unit, new.unit),
    ):
        if before != after:
            yield f"{label} {_said(before)} -> {_said(after)}", label == "unit"


def _said(value: Any) -> str:
    if isinstance(value, tuple):
        return "/".join(value)
    return "none" if value is None else str(value)


# --- published tables -------------------------------------------------------------------------------------


def _table(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
    label = f"published.{name}"
    if old is None or new is None:
        yield Change(label, "contract", "new" if old is None else "removed", new is None)
        return
    excused = max(_versions(new), default=1) > max(_versions(old), default=1)
    columns, others = ({c["name"]: c for c in model["columns"]} for model in (old, new))

    def change(place: str, what: str, breaking: bool) -> Change:
        return Change(label, place, what, breaking, breaking and excused)

    if _key(old) != _key(new):
        yield change("contract", f"key {_said(_key(old))} -> {_said(_key(new))}", True)
    for column, before in columns.items():
        if column not in others:
            yield change(column, "removed", True)
        elif before["data_type"] != others[column]["data_type"]:
            yield change(column, f"type {before['data_type']} -> {others[column]['data_type']}", True)
        elif _not_null(before) != _not_null(others[column]):
            # A reader breaks when nulls appear; the frozen rows break when nulls are forbidden.
            yield change(column, "newly required" if _not_null(others[column]) else "may now be null", True)
    for column in others.keys() - columns.keys():
        # Rows of earlier publications can't have it.
        required = _not_null(others[column])
        yield change(column, "new, required" if required else "new, optional", required)


def _versions(model: Mapping[str, Any]) -> list[int]:
    return [int(item["v"]) for item in model.get("versions", ())]


def _key(model: Mapping[str, Any]) -> tuple[str, ...]:
    meta = model.get("meta") or model.get("config", {}).get("meta", {})
    return tuple(meta.get("primary_key", ()))


def _not_null(column: Mapping[str, Any]) -> bool:
    return any(item["type"] == "not_null" for item in column.get("constraints", ()))


# --- reading both sides -----------------------------------------------------------------------------------


def _topics_now(root: Path) -> dict[str, Contract]:
    paths = sorted((root / TOPICS).glob("*.yaml"))
    return {path.stem: _as_contract(read_yaml(path), path.name) for path in paths}


def _topics_at(revision: str, root: Path) -> dict[str, Contract]:
    return {
        Path(name).stem: _as_contract(_yaml(text, name), name)
        for name, text in _files_at(revision, root, TOPICS, ".yaml")
    }


def _as_contract(document: Any, name: str) -> Contract:
    try:
        return contract_from(document)
    except (KeyError, TypeError, IndexError) as error:
        raise CityBrainError(
            f"{name} is no contract",
            why=f"{type(error).__name__}: {error}",
            remedy="run `citybrain contracts check` first",
        ) from None


def _published_now(root: Path) -> dict[str, dict[str, Any]]:
    documents = [read_yaml(path) for where in PUBLISHED for path in sorted((root / where).glob("*.yml"))]
    return {model["name"]: model for document in documents for model in document.get("models", ())}


def _published_at(revision: str, root: Path) -> dict[str, dict[str, Any]]:
    files = [file for where in PUBLISHED for file in _files_at(revision, root, where, ".yml")]
    return {model["name"]: model for name, text in files for model in _yaml(text, name).get("models", ())}


def _yaml(text: str, name: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        why = str(error).replace("\n", " ")
        raise CityBrainError(
            f"{name} was no readable YAML in that revision", why=why, remedy="compare with a later one"
        ) from None


def _files_at(revision: str, root: Path, folder: str, suffix: str) -> Iterator[tuple[str, str]]:
    listed = _git(root, "ls-tree", "-r", "--name-only", revision, "--", f"{folder}/")
    for name in listed.splitlines():
        if name.endswith(suffix):
            yield name, _git(root, "show", f"{revision}:{name}")


def _git(root: Path, *arguments: str) -> str:
    if arguments[-1].startswith("-"):
        raise CityBrainError(f"{arguments[-1]} is no git revision")
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    if done.returncode:
        raise CityBrainError(
            "git can't show the earlier contracts",
            why=done.stderr.decode(errors="replace").strip(),
            remedy="give --against a branch, tag or commit of this checkout",
        )
    return done.stdout.decode()

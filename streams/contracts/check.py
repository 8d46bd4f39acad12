"""Is each contract well formed, lawful and shown by examples? Findings in words, none when all is well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from streams.contracts.published import published_tables
from streams.contracts.refusals import Finding, refused, refused_table
from streams.contracts.registry import (
    CASE_COLUMNS,
    HERE,
    TOPICS_DIR,
    City,
    Contract,
    Field,
    cities,
    contract_from,
    read_yaml,
)
from streams.contracts.validate import BEYOND_EXAMPLES, RULES, broken_rule
from streams.errors import CityBrainError

EXAMPLES_DIR = HERE / "examples"

NOW = datetime(2026, 11, 22, tzinfo=UTC)
"""The clock by which examples are judged; fixed, so that an example never changes its verdict."""

MIN_VALID = 4

UNIT_SUFFIXES = {
    "minute": "_minutes",
    "second": "_seconds",
    "day": "_days",
    "metre": "_m",
    "kilometre": "_km",
    "celsius": "_celsius",
}
"""Unit -> ending of the field's name. Degrees and fractions are said by the quantity itself (longitude, confidence)."""

BODY_WORDS = ("中心", "局", "委", "办", "部", "厅", "院", "公司", "大队", "政府", "office", "department", "centre")


def check_all(topics_dir: Path = TOPICS_DIR, examples_dir: Path = EXAMPLES_DIR) -> list[Finding]:
    """Findings over all topic contracts, their examples, the city files and the published contracts."""
    findings: list[Finding] = []
    paths = sorted(topics_dir.glob("*.yaml"))
    if not paths:
        findings.append(Finding(str(topics_dir), "no contract at all", "Add <topic>.yaml."))
    known = _readable(findings)
    for path in paths:
        try:
            document = read_yaml(path)
        except CityBrainError as error:
            findings.append(Finding(path.name, error.what, error.why))
            continue
        found = check_document(document, path.stem)
        if not found:
            found = check_examples(contract_from(document), examples_dir, known)
        findings += found
    for orphan in sorted({p.name for p in examples_dir.iterdir()} - {p.stem for p in paths}):
        findings.append(Finding(f"examples/{orphan}", "examples of no contract", "Remove them, or add it."))
    return findings


def _readable(findings: list[Finding]) -> Mapping[str, City]:
    try:
        findings += [finding for table in published_tables() for finding in refused_table(table)]
        return cities()
    except CityBrainError as error:
        findings.append(Finding(error.what, error.why, error.remedy))
        return {}


# --- the document -----------------------------------------------------------------------------------------


def check_document(document: Mapping[str, Any], stem: str) -> list[Finding]:
    """Findings of one ODCS document that stands in `<stem>.yaml`: shape first, then what the shape can't say."""
    schema = json.loads((HERE / "odcs.schema.json").read_text())
    shape = [
        Finding(f"{stem}: {error.json_path}", _said(error), "See odcs.schema.json.")
        for error in sorted(Draft202012Validator(schema).iter_errors(document), key=lambda e: e.json_path)
    ]
    if shape:
        return shape
    contract = contract_from(document)
    return [
        *_naming(document, contract, stem),
        *refused(contract),
        *_people(contract),
        *_case_columns(contract),
        *(finding for field in contract.fields for finding in _field(contract, field)),
    ]


def _said(error: ValidationError) -> str:
    if error.validator != "contains":
        return error.message[-200:]
    contained: Any = error.validator_value
    wanted = {name: rule["const"] for name, rule in contained["properties"].items()}
    return "no item with " + ", ".join(f"{name} {value}" for name, value in wanted.items())


def _naming(document: Mapping[str, Any], contract: Contract, stem: str) -> Iterator[Finding]:
    place = contract.topic
    names = {document["id"], document["schema"][0]["name"], *(s["topic"] for s in document["servers"]), stem}
    if len(names) > 1:
        yield Finding(place, f"one topic, several names: {sorted(names)}", "A name is an address: use one.")
    if contract.domain != contract.topic.split(".")[1]:
        yield Finding(place, f"domain {contract.domain} is not the topic's", "Domain = second part of the topic.")
    if contract.version.split(".")[0] != contract.major[1:]:
        yield Finding(place, f"version {contract.version} in a topic {contract.major}", "The majors must agree.")
    fields = [field.name for field in contract.fields]
    doubled = sorted({name for name in fields if fields.count(name) > 1})
    taken = {c.name for c in contract.silver_columns}
    if doubled or len(taken) < len(contract.silver_columns):
        yield Finding(place, f"names used twice: {doubled or 'with envelope columns'}", "Rename one.")
    for name in {*contract.key_fields, contract.subject_field, "city_code", "stage"}:
        if name not in fields or not contract.field(name).required:
            yield Finding(place, f"{name} is no required field", "Key, subject, city and stage need one each.")
        elif contract.field(name).logical_type != "string":
            yield Finding(place, f"{name} is no text", "Keys, subjects, cities and stages are joined as text.")
    if contract.key_fields[0] != "city_code":
        yield Finding(place, "the key does not begin with city_code", "Two cities may use the same numbers.")
    if "stage" in fields and not contract.stages:
        yield Finding(place, "stage has no list of values", "Event types are made from it.")


def _case_columns(contract: Contract) -> Iterator[Finding]:
    """Each names a shared column and a field of this topic, and speaks of values that the field can have."""
    place = contract.topic
    if contract.case_columns and not contract.is_case_topic:
        yield Finding(place, "caseColumns on a topic without cases", "Only the life of a case is told by them.")
    known = {column.name for column in CASE_COLUMNS}
    fields = {field.name: field for field in contract.fields if not field.lake_only}
    for column, said in contract.case_columns.items():
        name, values = (said, ()) if isinstance(said, str) else next(iter(said.items()))
        if column not in known:
            yield Finding(place, f"caseColumns names no shared column: {column}", f"Use one of {sorted(known)}.")
        if column in fields:
            yield Finding(place, f"caseColumns says {column} twice", "The field of that name says it already.")
        if name not in fields:
            yield Finding(place, f"caseColumns reads {name}, which is no field in the event log", "Correct the name.")
        elif strange := sorted(set(values) - set(fields[name].enum)):
            yield Finding(place, f"{name} is never {', '.join(strange)}", "Use the field's own list of values.")


def _people(contract: Contract) -> Iterator[Finding]:
    place = contract.topic
    for name in (*contract.key_fields, contract.subject_field):
        if name in [f.name for f in contract.fields] and contract.field(name).classification != "none":
            yield Finding(place, f"key {name} is personal data", "Key by the case or the device.")
    if "@" in contract.owner or not any(word in contract.owner.lower() for word in BODY_WORDS):
        yield Finding(place, f"owner {contract.owner!r} is no body", "Name an office that outlives its staff.")
    local, _, domain = contract.contact.partition("@")
    if not domain or re.fullmatch(r"[a-z]+[.][a-z]+|1[3-9]\d{9}", local):
        yield Finding(
            place,
            f"contact {contract.contact!r} is no body's mailbox",
            "Use a shared address such as hotline-data@…, not first.last@… or a phone number.",
        )


def _field(contract: Contract, field: Field) -> Iterator[Finding]:
    place = f"{contract.topic}: {field.name}"
    if field.classification == "direct":
        yield Finding(
            place, "classification direct", "Personal data stops at the adapter: drop it there, or tokenise it."
        )
    if field.classification == "quasi" and field.logical_type == "string" and not field.lake_only:
        yield Finding(place, "a quasi-identifying text that is not lakeOnly", "It may not reach PostgreSQL.")
    if field.logical_type == "timestamp" and not field.name.endswith("_at"):
        yield Finding(place, "a time whose name does not end in _at", "Call it <what>_at.")
    if field.logical_type == "boolean" and not field.name.startswith(("is_", "has_")):
        yield Finding(place, "a flag whose name does not begin with is_ or has_", "Call it is_<what>.")
    if field.name.startswith(("is_", "has_")) and field.logical_type != "boolean":
        yield Finding(place, "named like a flag but no boolean", "Rename it or retype it.")
    if field.logical_type in ("number", "integer") and field.unit is None:
        yield Finding(place, "a number without a unit", "Say customProperties unit; `count` for plain counts.")
    suffix = UNIT_SUFFIXES.get(field.unit or "")
    if suffix and not field.name.endswith(suffix):
        yield Finding(place, f"in {field.unit}s, but its name does not say so", f"End the name in {suffix}.")
    if (field.minimum is not None or field.maximum is not None) and field.logical_type not in (
        "number",
        "integer",
    ):
        yield Finding(place, f"a range on a {field.logical_type}", "Only numbers have one.")
    if field.drop_out_of_range and (field.required or field.logical_type != "number"):
        yield Finding(place, "dropOutOfRange on what is required or no number", "Only an optional number may go.")
    if field.reject_without_payload and not (field.enum and field.required):
        yield Finding(place, "rejectWithoutPayload without a list or optional", "An allow-list is required.")


# --- the examples -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """One record that shows something; `rule` is the rule that it must break, None for a valid one."""

    path: Path
    rule: str | None
    key: bytes | None
    value: bytes | None
    after: tuple[bytes, ...] = ()


def examples(contract: Contract, examples_dir: Path = EXAMPLES_DIR) -> list[Example]:
    """The contract's examples: `valid/<what>.json` and `invalid/<rule>--<what>.{json,yaml}`.

    A `.json` file is the record's value, byte for byte; its key is made from it. A `.yaml` file changes a valid
    one: `base` (its name), `set` (dotted path: value), `repeat` (times the set texts are repeated), `drop` (dotted
    paths), `key`, `value: null`, and `after`, the valid ones that came before it.
    """
    root = examples_dir / contract.topic
    found = [
        Example(path, None, _key_of(contract, path.read_bytes()), path.read_bytes())
        for path in sorted((root / "valid").glob("*.json"))
    ]
    for path in sorted((root / "invalid").iterdir()) if (root / "invalid").is_dir() else ():
        rule = path.name.split("--")[0]
        if path.suffix == ".json":
            found.append(Example(path, rule, _key_of(contract, path.read_bytes()), path.read_bytes()))
        else:
            found.append(_recipe(contract, root, path, rule))
    return found


def _recipe(contract: Contract, root: Path, path: Path, rule: str) -> Example:
    recipe = read_yaml(path)
    strange = set(recipe) - {"base", "set", "repeat", "drop", "key", "value", "after"}
    if strange or "base" not in recipe:
        raise CityBrainError(f"example {path.name} is no recipe", why=f"unknown or missing: {strange or 'base'}")
    base = _valid(root, recipe["base"])
    event = json.loads(base)
    for dotted, value in recipe.get("set", {}).items():
        node, last = _place(event, dotted)
        node[last] = value * recipe.get("repeat", 1) if isinstance(value, str) else value
    for dotted in recipe.get("drop", ()):
        node, last = _place(event, dotted)
        del node[last]
    made = json.dumps(event, ensure_ascii=False).encode() if {"set", "drop"} & set(recipe) else base
    key = recipe["key"].encode() if recipe.get("key") else _key_of(contract, made)
    return Example(
        path,
        rule,
        None if "key" in recipe and recipe["key"] is None else key,
        None if "value" in recipe else made,
        tuple(_valid(root, name) for name in recipe.get("after", ())),
    )


def _place(event: dict[str, Any], dotted: str) -> tuple[dict[str, Any], str]:
    *parents, last = dotted.split(".")
    for parent in parents:
        event = event[parent]
    return event, last


def _valid(root: Path, name: str) -> bytes:
    return (root / "valid" / f"{name}.json").read_bytes()


def _key_of(contract: Contract, value: bytes) -> bytes | None:
    try:
        data = json.loads(value)["data"]
        return "/".join(data[name] for name in contract.key_fields).encode()
    except (ValueError, KeyError, TypeError):
        return None


def check_examples(
    contract: Contract, examples_dir: Path = EXAMPLES_DIR, known: Mapping[str, City] | None = None
) -> list[Finding]:
    """Findings where an example does not do what its place and name say, or where examples are missing."""
    known = cities() if known is None else known
    place = f"examples/{contract.topic}"
    try:
        shown = examples(contract, examples_dir)
    except (CityBrainError, OSError, KeyError) as error:
        return [Finding(place, f"an example is not readable: {error}", "Mend or remove it.")]
    findings = []
    told: set[str] = set()
    for example in shown:
        seen: dict[tuple[str, str], Any] = {}
        for before in example.after:
            broken_rule(contract, _key_of(contract, before), before, now=NOW, cities=known, seen=seen)
        broken = broken_rule(contract, example.key, example.value, now=NOW, cities=known, seen=seen)
        if broken is None:
            told |= set(json.loads(example.value or b"")["data"])
        if broken != example.rule:
            findings.append(
                Finding(
                    f"{place}/{example.path.parent.name}/{example.path.name}",
                    f"must break {example.rule or 'nothing'}, but breaks {broken or 'nothing'}",
                    "Correct the example or its name.",
                )
            )
    valid = sum(example.rule is None for example in shown)
    if valid < MIN_VALID:
        findings.append(Finding(place, f"{valid} valid examples, {MIN_VALID} are wanted", "Add to valid/."))
    if unseen := [field.name for field in contract.fields if field.name not in told]:
        findings.append(Finding(place, f"no valid example has {', '.join(unseen)}", "Show each field once."))
    missing = [rule for rule in applicable_rules(contract) if rule not in {e.rule for e in shown}]
    if missing:
        findings.append(Finding(place, f"no invalid example for {', '.join(missing)}", "Add <rule>--<what>."))
    return findings


def applicable_rules(contract: Contract) -> list[str]:
    """Rules that a record of this topic can break."""
    guarded = any(field.reject_without_payload for field in contract.fields)
    ranged = any(
        field.logical_type in ("integer", "number") and not field.drop_out_of_range for field in contract.fields
    )
    skip = {BEYOND_EXAMPLES, *(() if guarded else ("type_not_allowed",)), *(() if ranged else ("out_of_range",))}
    return [rule for rule in RULES if rule not in skip]

"""`contracts check` refuses what must never be a contract, one refusal per rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.contracts.check import (
    EXAMPLES_DIR,
    applicable_rules,
    check_all,
    check_document,
    check_examples,
    examples,
)
from streams.contracts.registry import TOPICS_DIR, contract, contracts, read_yaml

HOTLINE = "city.hotline.ticket.v1"
CAMERA = "city.camera.detection.v1"
DOCUMENT = read_yaml(TOPICS_DIR / f"{HOTLINE}.yaml")


def field(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in document["schema"][0]["properties"] if item["name"] == name)


def custom(node: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in node["customProperties"] if item["property"] == name)


def take_out(entry: dict[str, Any], name: str) -> None:
    entry["customProperties"].remove(custom(entry, name))


def problems(change: Callable[[dict[str, Any]], Any], stem: str = HOTLINE) -> str:
    document = deepcopy(DOCUMENT)
    change(document)
    return "\n".join(str(finding) for finding in check_document(document, stem))


def test_the_shipped_contracts_and_examples_have_no_findings() -> None:
    assert {HOTLINE, CAMERA} < set(contracts())
    assert check_all() == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(colour="red"), "'colour' was unexpected"),
        (lambda d: field(d, "stage").update(requird=True), "'requird' was unexpected"),
        (lambda d: field(d, "stage").update(required="yes"), "'yes' is not of type 'boolean'"),
        (lambda d: field(d, "stage").update(logicalType="text"), "'text' is not one of"),
        (lambda d: field(d, "stage").pop("description"), "'description' is a required property"),
        (lambda d: field(d, "stage").update(customProperties=[]), "no item with property nameZh"),
        (lambda d: d.update(apiVersion="v2.2.2"), "'v3.1.0' was expected"),
        (lambda d: d["slaProperties"].pop(0), "no item with property latency, unit minutes"),
        (lambda d: d.pop("support"), "'support' is a required property"),
        (lambda d: field(d, "channel")["quality"][0].update(mustBeLessThan=3), "was unexpected"),
        (lambda d: field(d, "longitude")["logicalTypeOptions"].update(minimum="low"), "is not of type 'number'"),
        (lambda d: field(d, "stage").update(name="Stage Name"), "does not match"),
    ],
)
def test_an_unknown_key_a_wrong_type_or_a_missing_part_is_refused(
    change: Callable[[dict[str, Any]], Any], problem: str
) -> None:
    assert problem in problems(change)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: field(d, "text").update(classification="direct"), "classification direct"),
        (lambda d: field(d, "text")["customProperties"].pop(), "a quasi-identifying text that is not lakeOnly"),
        (lambda d: d["team"].update(name="张伟"), "owner '张伟' is no body"),
        (lambda d: d["support"][0].update(channel="wei.zhang@example.org"), "is no body's mailbox"),
        (lambda d: d["support"][0].update(channel="13912345678@example.org"), "is no body's mailbox"),
        (lambda d: d["support"][0].update(channel="ask at the desk"), "is no body's mailbox"),
        (lambda d: field(d, "case_id").update(classification="quasi"), "key case_id is personal data"),
        (lambda d: field(d, "due_at").update(name="deadline"), "a time whose name does not end in _at"),
        (lambda d: field(d, "is_duplicate").update(name="duplicate"), "does not begin with is_ or has_"),
        (lambda d: field(d, "urgency").update(name="is_urgent"), "named like a flag but no boolean"),
        (lambda d: take_out(field(d, "latitude"), "unit"), "a number without a unit"),
        (lambda d: custom(field(d, "latitude"), "unit").update(value="minute"), "does not say so. End the name in"),
        (lambda d: field(d, "urgency").update(logicalTypeOptions={"minimum": 1}), "a range on a string"),
        (lambda d: d.update(domain="grid"), "domain grid is not the topic's"),
        (lambda d: d.update(version="2.0.0"), "version 2.0.0 in a topic v1"),
        (lambda d: field(d, "urgency").update(name="channel"), "names used twice: ['channel']"),
        (lambda d: field(d, "urgency").update(name="event_id"), "names used twice"),
        (lambda d: field(d, "case_id").update(required=False), "case_id is no required field"),
        (lambda d: field(d, "stage").pop("quality"), "stage has no list of values"),
        (lambda d: field(d, "stage").update(name="step"), "stage is no required field"),
        (lambda d: field(d, "case_id").update(logicalType="integer"), "case_id is no text"),
        (lambda d: d["servers"][0].update(topic="city.other.v1"), "one topic, several names"),
    ],
)
def test_what_the_shape_can_not_say_is_refused_too(change: Callable[[dict[str, Any]], Any], problem: str) -> None:
    assert problem in problems(change)


def test_a_file_whose_name_is_not_its_topic_is_refused() -> None:
    assert "one topic, several names" in problems(lambda d: None, "city.hotline.ticket.v2")


# --- examples ---------------------------------------------------------------------------------------------


def test_each_topic_shows_every_rule_that_can_be_broken() -> None:
    for one in contracts().values():
        shown = {example.rule for example in examples(one)}
        assert shown == {None, *applicable_rules(one)}
    assert "type_not_allowed" in applicable_rules(contract(CAMERA))
    assert "type_not_allowed" not in applicable_rules(contract(HOTLINE))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES_DIR / HOTLINE, tmp_path / HOTLINE)
    return tmp_path


def findings(copied: Path) -> str:
    return "\n".join(str(finding) for finding in check_examples(contract(HOTLINE), copied))


def test_an_empty_examples_directory_is_refused(copied: Path) -> None:
    assert findings(copied) == ""
    shutil.rmtree(copied / HOTLINE)
    assert "0 valid examples" in findings(copied)
    assert "no invalid example for registry_frame, not_utf8, nul_character" in findings(copied)


def test_a_valid_example_that_breaks_a_rule_is_refused(copied: Path) -> None:
    path = copied / HOTLINE / "valid" / "information-only-call.json"
    event = json.loads(path.read_text())
    event["data"]["channel"] = "fax"
    path.write_text(json.dumps(event))
    assert "must break nothing, but breaks value_not_allowed" in findings(copied)


def test_an_invalid_example_that_is_well_or_breaks_another_rule_is_refused(copied: Path) -> None:
    invalid = copied / HOTLINE / "invalid"
    (invalid / "bad_time--without-zone.yaml").rename(invalid / "future_time--without-zone.yaml")
    assert "must break future_time, but breaks bad_time" in findings(copied)
    shutil.copy(copied / HOTLINE / "valid" / "information-only-call.json", invalid / "not_json--well.json")
    assert "must break not_json, but breaks nothing" in findings(copied)


def test_a_field_that_no_right_example_has_is_refused(copied: Path) -> None:
    for path in (copied / HOTLINE / "valid").glob("*.json"):
        event = json.loads(path.read_text())
        event["data"].pop("notice_colour", None)
        path.write_text(json.dumps(event))
    assert "no valid example has notice_colour" in findings(copied)


def test_a_recipe_changes_drops_repeats_and_rekeys_a_right_one(copied: Path) -> None:
    (copied / HOTLINE / "invalid").joinpath("missing_field--all-of-it.yaml").write_text(
        "base: information-only-call\nset: {data.unit_code: ab}\nrepeat: 3\ndrop: [data.channel, subject]\nkey: k\n"
    )
    made = next(one for one in examples(contract(HOTLINE), copied) if "all-of-it" in one.path.name)
    event = json.loads(made.value or b"")
    assert (made.rule, made.key, event["data"]["unit_code"]) == ("missing_field", b"k", "ababab")
    assert "subject" not in event and "channel" not in event["data"]


def test_a_missing_rule_and_a_broken_recipe_are_refused(copied: Path) -> None:
    (copied / HOTLINE / "invalid" / "tombstone--no-value.yaml").unlink()
    assert "no invalid example for tombstone" in findings(copied)
    (copied / HOTLINE / "invalid" / "tombstone--typo.yaml").write_text("bse: x\n")
    assert "an example is not readable" in findings(copied)


def test_no_contracts_at_all_examples_of_none_and_unreadable_yaml_are_refused(copied: Path) -> None:
    topics = copied / "topics"
    topics.mkdir()
    told = "\n".join(str(finding) for finding in check_all(topics, copied))
    assert "no contract at all" in told
    assert f"examples/{HOTLINE}: examples of no contract" in told
    (topics / f"{HOTLINE}.yaml").write_text("a: [")
    assert "not readable YAML" in "\n".join(str(finding) for finding in check_all(topics, copied))


def test_the_yaml_of_a_contract_is_what_the_registry_reads() -> None:
    one = contract(HOTLINE)
    assert yaml.safe_load((TOPICS_DIR / f"{HOTLINE}.yaml").read_text())["id"] == one.topic
    assert (one.dlq, one.raw_table, one.source_key) == (
        f"{HOTLINE}.dlq",
        "raw.hotline_ticket",
        "hotline.ticket",
    )
    assert one.event_type("closed") == "city.hotline.ticket.closed.v1"
    names = [column.name for column in one.raw_columns]
    assert {"text", "reporter_token", "reporter_token_previous", "token_key_id"}.isdisjoint(names)
    assert "due_at_utc" in names
    assert len(one.silver_columns) == len(names) + 4

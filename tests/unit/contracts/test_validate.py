"""The reference validator: order of the rules, edges of each, and what may be kept of a rejected record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.contracts.check import NOW, examples
from streams.contracts.registry import HERE, cities, contract, contracts
from streams.contracts.validate import RULES, broken_rule, parse_time, payload_may_be_kept

HOTLINE, CAMERA = contract("city.hotline.ticket.v1"), contract("city.camera.detection.v1")
BASE = json.loads((HERE / "examples" / HOTLINE.topic / "valid" / "accepted-with-every-usual-field.json").read_text())
DETECTED = json.loads((HERE / "examples" / CAMERA.topic / "valid" / "detected-with-every-usual-field.json").read_text())


def changed(base: dict[str, Any] = BASE, /, **changes: Any) -> dict[str, Any]:
    """A copy with `name=value` in the envelope and `data_name=value` in its data; ... takes a name away."""
    event = json.loads(json.dumps(base))
    for name, value in changes.items():
        node, key = (event["data"], name[5:]) if name.startswith("data_") else (event, name)
        if value is ...:
            node.pop(key)
        else:
            node[key] = value
    return event


def rule(event: Any, key: bytes | None = b"shuifu/SF20260302000017", **more: Any) -> str | None:
    value = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
    return broken_rule(HOTLINE, key, value, now=NOW, cities=cities(), **more)


def test_the_first_rule_in_order_wins() -> None:
    """Each step mends the fault found before it; the rules must come in the order that RULES has."""
    everything = {
        "specversion": "2",
        "type": "x",
        "time": "soon",
        "data_stage": ...,
        "data_longitude": "x",
        "data_channel": "fax",
        "data_city_code": "atlantis",
        "recordedtime": "1970-01-01T00:00:00Z",
    }
    mended = [
        ("specversion", "not_cloudevent"),
        ("type", "unknown_type"),
        ("data_stage", "missing_field"),
        ("data_longitude", "wrong_type"),
        ("data_channel", "value_not_allowed"),
        ("time", "bad_time"),
        ("data_city_code", "unknown_city"),
        ("recordedtime", "implausible_time"),
    ]
    assert [rule for _, rule in mended] == [rule for rule in RULES if rule in dict(mended).values()]
    for name, expected in mended:
        assert rule(changed(**everything)) == expected
        del everything[name]
    assert rule(changed()) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"\xff{", "not_utf8"),
        (b"\x00\x00\x00\x00\x07{}", "registry_frame"),
        (b"\x00\x00\x00\x9c\x07\x02\xff", "registry_frame"),
        ("已受理".encode("gbk"), "not_utf8"),
        (b'{"a": "\x00"}', "nul_character"),
        (b'{"a": "\\u0000"}', "nul_character"),
        (b'{"a": "\\\\u0000"}', "not_cloudevent"),  # a backslash and the letters u0000: no NUL
        (b"{", "not_json"),
        (b"", "not_json"),
        (b"null", "not_json"),
        (b"[]", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b'{"a": Infinity}', "not_json"),
        (b'{"a": 1e400}', "not_json"),
        (b'{"a": 1, "a": 2}', "not_json"),
        (b'{"a": {"b": 1, "b": 1}}', "not_json"),
        (b'{"a": "\\ud800"}', "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "not_json"),
        (b"{}", "not_cloudevent"),
    ],
)
def test_bytes_that_are_no_event_break_the_rule_that_says_why(value: bytes, expected: str) -> None:
    assert rule(value) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": "0F" * 16}, "not_cloudevent"),
        ({"id": 7}, "not_cloudevent"),
        ({"source": "shuifu"}, "not_cloudevent"),
        ({"subject": ""}, "not_cloudevent"),
        ({"datacontenttype": "text/plain"}, "not_cloudevent"),
        ({"data": []}, "not_cloudevent"),
        ({"type": "city.camera.detection.detected.v1"}, "unknown_type"),
        ({"data_case_id": None}, "missing_field"),
        ({"data_case_id": 5}, "wrong_type"),
        ({"data_longitude": True}, "wrong_type"),
        ({"data_is_duplicate": 1}, "wrong_type"),
        ({"data_due_at": 1772413200}, "wrong_type"),
        ({"data_stage": "closed"}, "value_not_allowed"),
        ({"data_longitude": 180}, None),
        ({"data_longitude": 180.0001}, None),
        ({"data_longitude": 10**400}, None),
        ({"data_longitude": None}, None),
        ({"time": "2026-11-22T00:10:00.000Z"}, None),
        ({"time": "2026-11-22T00:10:00.001Z"}, "future_time"),
        ({"recordedtime": "2026-11-22T00:11:00Z"}, "future_time"),
        ({"time": "2009-12-31T16:00:00Z"}, None),
        ({"time": "2009-12-31T15:59:59Z"}, "implausible_time"),
        ({"recordedtime": "0001-01-01T00:00:00Z"}, "implausible_time"),
        ({"data_due_at": "2031-01-01T00:00:00Z"}, None),
        ({"data_status_native": "受" * 64}, None),
        ({"data_status_native": "受" * 65}, "value_not_allowed"),
        ({"data_anything": {"deep": [1, None]}}, None),
        ({"traceparent": "an extension"}, None),
    ],
)
def test_each_rule_holds_at_its_edge(changes: dict[str, Any], expected: str | None) -> None:
    assert rule(changed(**changes)) == expected


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2026-03-02T01:15:00Z", True),
        ("2026-03-02T01:15:00.5Z", True),
        ("2024-02-29T23:59:59.999Z", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-03-02T01:15:00", False),
        ("2026-03-02T09:15:00+08:00", False),
        ("2026-03-02 01:15:00Z", False),
        ("2026-03-02T01:15:00.1234Z", False),
        ("2026-03-02T24:00:00Z", False),
        ("2026-03-02T01:15:60Z", False),
        ("20260302T011500Z", False),
        ("2026-03-02T01:15Z", False),
        ("２０２６-03-02T01:15:00Z", False),
        ("2026-03-02T01:15:00Z\n", False),
    ],
)
def test_a_time_is_utc_with_z_and_three_digits_of_a_second_at_most(text: str, good: bool) -> None:
    assert (parse_time(text) is not None) == good


def test_the_key_must_be_that_of_the_case() -> None:
    assert rule(BASE, b"shuifu/other") == "key_mismatch"
    assert rule(BASE, None) == "key_mismatch"


def test_a_mebibyte_is_taken_and_a_byte_more_is_not() -> None:
    value = json.dumps(BASE, ensure_ascii=False).encode()
    assert rule(value + b" " * (1_048_576 - len(value))) is None
    assert rule(value + b" " * (1_048_577 - len(value))) == "too_large"


def test_the_same_event_twice_is_no_fault_and_other_content_under_its_id_is() -> None:
    seen: dict[tuple[str, str], Any] = {}
    assert rule(BASE, seen=seen) is None
    assert rule(BASE, seen=seen) is None
    assert rule(changed(data_unit_code="OTHER"), seen=seen) == "id_conflict"
    assert rule(changed(source="/shuifu/web", data_unit_code="OTHER"), seen=seen) is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (json.dumps(DETECTED), True),
        (json.dumps(changed(DETECTED, data_detection_type="face_recognition")), False),
        (json.dumps(changed(DETECTED, data_detection_type="face_recognition", id=7)), False),
        (json.dumps(changed(DETECTED, data_detection_type="face_recognition"))[:-40], False),
        (json.dumps(changed(DETECTED, data_detection_type=7)), False),
        (json.dumps(DETECTED)[:-2], True),
        (json.dumps(changed(DETECTED, data_detection_type=...)), True),
        ("", True),
    ],
)
def test_a_payload_outside_the_allow_list_is_not_kept_whatever_else_is_wrong(value: str, kept: bool) -> None:
    assert payload_may_be_kept(CAMERA, value.encode()) is kept
    assert payload_may_be_kept(HOTLINE, value.encode())


def test_the_rendered_json_schema_agrees_with_the_validator_wherever_it_can_speak() -> None:
    """Rules of bytes, clock, key and state are beyond a schema; all others must be refused by both."""
    beyond = {
        "future_time",
        "unknown_city",
        "implausible_time",
        "key_mismatch",
        "tombstone",
        "too_large",
        "id_conflict",
    }
    said = 0
    for one in contracts().values():
        schema = json.loads((HERE / "generated" / f"{one.topic}.schema.json").read_text())
        judge = Draft202012Validator(schema)
        for example in examples(one):
            try:
                event = json.loads(example.value or b"null")
            except ValueError:
                continue
            if example.rule in beyond or example.rule in ("nul_character", "not_json"):
                continue
            if any(what in example.path.name for what in ("disagree", "30th", "beyond-all-numbers")):
                continue  # two members against each other, the calendar, and what no double holds
            assert judge.is_valid(event) == (example.rule is None), example.path
            said += 1
    assert said > 30


def test_examples_are_judged_by_a_fixed_clock() -> None:
    assert datetime(2026, 11, 22, tzinfo=UTC) == NOW
    assert Path(HERE / "examples").is_dir()

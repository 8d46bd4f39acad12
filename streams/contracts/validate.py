"""Reference validator: one record in, the first rule it breaks out. Slow and plain on purpose.

It is what the rules mean. `contracts check` runs the examples through it, and the vectorised kernel is tested
against it; the kernel asks it about the few records that it can't certify by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.contracts.registry import FUTURE_TOLERANCE_MINUTES, MAX_RECORD_BYTES, Contract, Field

RULES: Mapping[str, tuple[str, str]] = {
    "not_utf8": ("不是有效的UTF-8文本", "The bytes are no UTF-8 text."),
    "nul_character": ("含NUL字符", "It holds a NUL character, plain or escaped, which no table can store."),
    "not_json": ("不是有效的JSON对象", "No JSON object; or duplicate names, NaN, endless numbers, half characters."),
    "not_cloudevent": ("缺少或错误的CloudEvents属性", "A CloudEvents attribute is missing or of the wrong shape."),
    "unknown_type": ("未知的事件类型", "The type is not one of the topic's contract."),
    "missing_field": ("缺少必填字段", "A required field is absent, null or empty text."),
    "wrong_type": ("字段类型错误", "A field has another JSON type than the contract says."),
    "value_not_allowed": ("取值不在允许范围", "Not in the list of values, too long, or stage and type disagree."),
    "out_of_range": ("数值超出范围", "A number is outside its minimum and maximum."),
    "type_not_allowed": ("不在事物类型白名单", "Not on the allow-list of things; the payload is thrown away."),
    "bad_time": ("时间格式错误", "No RFC 3339 time in UTC (…Z) with three digits of a second at most."),
    "future_time": ("时间在未来", "Event or recorded time is over ten minutes ahead of the clock."),
    "unknown_city": ("未知城市", "city_code has no city file."),
    "key_mismatch": ("消息键不符", "The Kafka key is not that of the record's case or device."),
    "tombstone": ("空消息", "The record has no value."),
    "too_large": ("消息过大", "The value is larger than 1 MiB."),
    "id_conflict": ("同一编号内容不同", "Same source and id as an earlier event, with other content."),
}
"""Rule id -> (Chinese, English), in the order in which they are tried: the first one broken is the record's rule."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}")
_SOURCE = re.compile(r"/[a-z0-9_]+(/[A-Za-z0-9._-]+)+")
_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "timestamp": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


class _NotJsonError(ValueError):
    pass


def broken_rule(
    contract: Contract,
    key: bytes | None,
    value: bytes | None,
    *,
    now: datetime,
    cities: Collection[str],
    seen: MutableMapping[tuple[str, str], Any] | None = None,
) -> str | None:
    """The first rule of RULES that the record breaks, or None.

    `now` is an aware datetime. `seen` holds what was accepted so far, (source, id) -> content, and is added to;
    without it `id_conflict` is not tried. An exact duplicate is no fault.
    """
    if value is None:
        return "tombstone"
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return "not_utf8"
    if "\x00" in text or "\\u0000" in text.replace("\\\\", ""):
        return "nul_character"
    try:
        event = _parse(text)
    except (ValueError, RecursionError):
        return "not_json"
    if not _is_cloudevent(event):
        return "not_cloudevent"
    if event["type"] not in contract.event_types:
        return "unknown_type"
    rule = _data_rule(contract, event) or _time_rule(contract, event, now)
    if rule:
        return rule
    data = event["data"]
    if data["city_code"] not in cities:
        return "unknown_city"
    if key != "/".join(data[name] for name in contract.key_fields).encode():
        return "key_mismatch"
    if len(value) > MAX_RECORD_BYTES:
        return "too_large"
    if seen is not None and seen.setdefault((event["source"], event["id"]), event) != event:
        return "id_conflict"
    return None


def payload_may_be_kept(contract: Contract, value: bytes | None) -> bool:
    """False where an allow-listed field holds anything else, whatever other rule the record breaks first.

    Such a payload (a face, a plate) must not even reach the dead-letter topic, so the text is searched as it
    stands: a record that is cut off or no JSON is caught too.
    """
    text = (value or b"").decode("utf-8", errors="replace")
    return all(
        found in field.enum
        for field in contract.fields
        if field.reject_without_payload
        for found in re.findall(rf'"{field.name}"\s*:\s*"?([^",}}]*)', text)
    )


def parse_time(text: str) -> datetime | None:
    """Aware UTC datetime of an RFC 3339 time with Z and at most ms; None for anything else."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _parse(text: str) -> dict[str, Any]:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) != len(items):
            raise _NotJsonError("duplicate name")
        return made

    def number(digits: str) -> float:
        made = float(digits)
        if made in (float("inf"), float("-inf")):
            raise _NotJsonError("endless number")
        return made

    def constant(name: str) -> Any:
        raise _NotJsonError(name)

    event = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=constant)
    if not isinstance(event, dict):
        raise _NotJsonError("no object")
    if "\\u" in text:
        json.dumps(event, ensure_ascii=False).encode()  # half of a surrogate pair can't be stored
    return event


def _is_cloudevent(event: Mapping[str, Any]) -> bool:
    texts = ("id", "source", "type", "subject", "time", "recordedtime")
    return (
        event.get("specversion") == "1.0"
        and event.get("datacontenttype") == "application/json"
        and all(isinstance(event.get(name), str) and event[name] for name in texts)
        and _ID.fullmatch(event["id"]) is not None
        and _SOURCE.fullmatch(event["source"]) is not None
        and isinstance(event.get("data"), dict)
    )


def _data_rule(contract: Contract, event: Mapping[str, Any]) -> str | None:
    data = event["data"]
    if any(field.required and data.get(field.name) in (None, "") for field in contract.fields):
        return "missing_field"
    present = [(field, data[field.name]) for field in contract.fields if data.get(field.name) is not None]
    if not all(_has_type(field, value) for field, value in present):
        return "wrong_type"
    if contract.event_type(data["stage"]) != event["type"] or not all(
        _is_allowed(field, value) for field, value in present if not field.reject_without_payload
    ):
        return "value_not_allowed"
    if not all(_is_in_range(field, value) for field, value in present):
        return "out_of_range"
    if not all(value in field.enum for field, value in present if field.reject_without_payload):
        return "type_not_allowed"
    return None


def _has_type(field: Field, value: Any) -> bool:
    if isinstance(value, bool) and field.logical_type != "boolean":
        return False
    return isinstance(value, _JSON_TYPES[field.logical_type])


def _is_allowed(field: Field, value: Any) -> bool:
    return (
        (not field.enum or value in field.enum)
        and (field.max_length is None or len(value) <= field.max_length)
        and (field.pattern is None or re.search(field.pattern, value) is not None)
    )


def _is_in_range(field: Field, value: Any) -> bool:
    return (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)


def _time_rule(contract: Contract, event: Mapping[str, Any], now: datetime) -> str | None:
    data = event["data"]
    fields = [f.name for f in contract.fields if f.logical_type == "timestamp" and data.get(f.name) is not None]
    times = [parse_time(event["time"]), parse_time(event["recordedtime"])]
    if None in times or any(parse_time(data[name]) is None for name in fields):
        return "bad_time"
    limit = now.astimezone(UTC) + timedelta(minutes=FUTURE_TOLERANCE_MINUTES)
    # Recorded time counts too: one stamp of 2099 would push the city's as-of instant there.
    if any(time > limit for time in times if time):
        return "future_time"
    return None

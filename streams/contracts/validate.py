"""Reference validator: one record in, the first rule it breaks out. Slow and plain on purpose.

It is what the rules mean. `contracts check` runs the examples through it, and the vectorised kernel is tested
against it; the kernel asks it about the few records that it can't certify by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.contracts.registry import FUTURE_TOLERANCE_MINUTES, MAX_RECORD_BYTES, City, Contract, Field


class Rule(NamedTuple):
    """What a dead-letter rule means and what to do about its letters, in Chinese and English."""

    zh: str
    en: str
    do_zh: str
    do_en: str


RULES: Mapping[str, Rule] = {
    "registry_frame": Rule(
        "带有模式注册中心的前缀",
        "The first byte is 0: a schema registry's frame (Confluent wire format) stands before the content.",
        "发送端改用不带模式注册中心的JSON序列化(如 StringSerializer)后重发。",
        "Have the sender write plain JSON, without a serializer that asks a schema registry; then send again.",
    ),
    "not_utf8": Rule(
        "不是有效的UTF-8文本",
        "The bytes are no UTF-8 text.",
        "来源系统转为UTF-8后重发;GBK文件改由 `citybrain ingest` 接入,自动转码。",
        "Have the source send UTF-8; a GBK file goes through `citybrain ingest`, which converts it.",
    ),
    "nul_character": Rule(
        "含NUL字符",
        "It holds a NUL character, plain or escaped, which no table can store.",
        "来源系统清除字段中的NUL后重发,多为定长字段补位所致。",
        "Have the source strip it and send again; mostly the padding of a fixed-width field.",
    ),
    "not_json": Rule(
        "不是有效的JSON对象",
        "No JSON object; or duplicate names, NaN, endless numbers, half characters, over 64 levels deep.",
        "核对发送端是否截断、拼接或手工拼写JSON,修复后重发。",
        "Look for a sender that cuts, joins or hand-writes JSON; mend it and have it send again.",
    ),
    "not_cloudevent": Rule(
        "缺少或错误的CloudEvents属性",
        "A CloudEvents attribute is missing or of the wrong shape.",
        "发送端须带齐合同所列九个信封属性(id为32位十六进制,source形如 `/城市/系统`),补齐后重发。",
        "The sender must set all nine attributes (id: 32 hex digits, source: `/<city>/<system>`); then send again.",
    ),
    "unknown_type": Rule(
        "未知的事件类型",
        "The type is not one of the topic's contract.",
        "发错主题的改发正确主题;确有新环节的,先在合同 `stage` 中增加,再 `citybrain dlq replay`。",
        "Sent to the wrong topic: send it to the right one. A new stage: add it to the contract, then replay.",
    ),
    "missing_field": Rule(
        "缺少必填字段",
        "A required field is absent, null or empty text.",
        "字段改名或取消的,由来源系统恢复,或在适配映射中对应后重新接入。",
        "Renamed or removed at the source: have it restored, or map the new name in the adapter and ingest again.",
    ),
    "wrong_type": Rule(
        "字段类型错误",
        "A field has another JSON type than the contract says.",
        "数字、布尔不加引号,编号加引号;在来源系统或适配映射中改正后重发。",
        "Numbers and booleans without quotes, codes with them: mend it at the source or in the mapping, send again.",
    ),
    "value_not_allowed": Rule(
        "取值不在允许范围",
        "Not in the list of values, too long, of another pattern, or stage and type disagree.",
        "来源新增取值且有意义的,在合同列表中增加后 `citybrain dlq replay`;否则由来源改正重发。",
        "A new value that means something: add it to the contract's list, then replay. Else the source mends it.",
    ),
    "out_of_range": Rule(
        "数值超出范围",
        "A number is outside its minimum and maximum, or larger than a table can hold.",
        "多为单位(百分数与小数)或经纬度颠倒,由来源改正后重发。",
        "Mostly a unit (percent for fraction) or swapped coordinates: the source mends it and sends again.",
    ),
    "type_not_allowed": Rule(
        "不在事物类型白名单",
        "Not on the allow-list of things; the payload is thrown away.",
        "只看事物不看人:请视频平台关闭该识别算法,记录原因后 `citybrain dlq drop`;内容未留存,不能重放。",
        "Things only, never people: have the video platform switch it off, then drop; nothing is left to replay.",
    ),
    "bad_time": Rule(
        "时间格式错误",
        "No RFC 3339 time in UTC (…Z) with three digits of a second at most.",
        "按UTC并以Z结尾发送;无时区的本地时间由适配映射按城市时区换算。",
        "Send UTC with Z; local times without a zone go through an adapter, which knows the city's zone.",
    ),
    "future_time": Rule(
        "时间在未来",
        "Event or recorded time is over ten minutes ahead of the clock.",
        "校准来源系统时钟;时间本身有误的由来源改正重发,仅早到的可在该时刻后 `citybrain dlq replay`。",
        "Set the source's clock right. A wrong stamp is sent again by the source; one merely early can be replayed.",
    ),
    "unknown_city": Rule(
        "未知城市",
        "city_code has no city file.",
        "新城市先以 `streams/contracts/cities/<city_code>.yaml` 登记,再 `citybrain dlq replay`;写错的由来源改正。",
        "A new city: add streams/contracts/cities/<city_code>.yaml, then replay. A misspelt one: the source mends it.",
    ),
    "implausible_time": Rule(
        "时间早于城市最早可信日期",
        "Event or recorded time is before the city's first plausible day.",
        "多为设备时钟失电或空值被填成1970年,由来源改正后重发;"
        "确有更早数据的,先改城市文件 `first_plausible_date`,再 `citybrain dlq replay`。",
        "Mostly a clock without battery, or 1970 written for nothing: the source mends it and sends again. Where the "
        "data really is older, set first_plausible_date in the city file, then replay.",
    ),
    "key_mismatch": Rule(
        "消息键不符",
        "The Kafka key is not that of the record's case or device.",
        "发送端按合同的键(城市代码/编号)设置消息键后重发,否则同一事项会散落各分区。",
        "The sender must key by city and case or device, as the contract says; else one case is torn over partitions.",
    ),
    "tombstone": Rule(
        "空消息",
        "The record has no value.",
        "流水只增不删:更正请发送新环节(作废、更正),本条 `citybrain dlq drop`。",
        "The log only grows: to take something back send a new stage (voided, corrected), and drop this one.",
    ),
    "too_large": Rule(
        "消息过大",
        "The value is larger than 1 MiB.",
        "图片、附件不上总线:请来源去除后重发。",
        "Images and attachments don't travel on the bus: the source leaves them out and sends again.",
    ),
    "id_conflict": Rule(
        "同一编号内容不同",
        "Same source and id as an earlier event, with other content.",
        "先到者保留;内容有变的,由来源以新的时间或环节另发一条,不改旧件。",
        "The first one stays; what changed is a new event with its own time or stage, never an old one edited.",
    ),
    "unprocessable": Rule(
        "无法处理",
        "Nothing could process it, alone or with others; its bytes are unchanged.",
        "属平台缺陷:据流服务日志报告位置与错误类型,修复后 `citybrain dlq replay`。",
        "A fault of the platform: report the place and the kind of error from the streams' log; once mended, replay.",
    ),
}
"""In the order in which they are tried: the first one broken is the record's rule."""

BEYOND_EXAMPLES = "unprocessable"
"""The one rule that no record is known to break: whoever finds one mends the code."""

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


MAX_DEPTH = 64
"""Brackets inside brackets that a record may have. A limit of our own: Python's depends on who calls."""


class _NotJsonError(ValueError):
    pass


def broken_rule(
    contract: Contract,
    key: bytes | None,
    value: bytes | None,
    *,
    now: datetime,
    cities: Mapping[str, City],
    seen: MutableMapping[tuple[str, str], Any] | None = None,
) -> str | None:
    """The first rule of RULES that the record breaks, or None.

    `now` is an aware datetime. `seen` holds what was accepted so far, (source, id) -> content, and is added to;
    without it `id_conflict` is not tried. An exact duplicate is no fault.
    """
    if value is None:
        return "tombstone"
    if value.startswith(b"\x00"):
        return "registry_frame"
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
    if any(time < cities[data["city_code"]].first_plausible_at for time in _own_times(event) if time):
        return "implausible_time"
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


def out_of_range(contract: Contract, data: Mapping[str, Any]) -> list[str]:
    """Optional numbers of an event that keeps every rule which must be left out of it, by `drop_out_of_range`."""
    droppable = [field for field in contract.fields if field.drop_out_of_range]
    return [one.name for one in droppable if data.get(one.name) is not None and not _is_in_range(one, data[one.name])]


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
    if _depth(event) > MAX_DEPTH:
        raise _NotJsonError("too deep")
    if "\\u" in text:
        json.dumps(event, ensure_ascii=False).encode()  # half of a surrogate pair can't be stored
    return event


def _depth(event: Mapping[str, Any]) -> int:
    depth = 0
    level: list[Any] = [event]
    while level:
        depth += 1
        inner = [value for node in level for value in (node.values() if isinstance(node, dict) else node)]
        level = [value for value in inner if isinstance(value, dict | list)]
    return depth


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
    if not all(_is_in_range(field, value) for field, value in present if not field.drop_out_of_range):
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
        and (field.pattern is None or re.fullmatch(field.pattern, value) is not None)
    )


def _is_in_range(field: Field, value: Any) -> bool:
    if not _is_storable(field, value):
        return False
    return (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)


def _is_storable(field: Field, value: Any) -> bool:
    """JSON has endless whole numbers, tables don't; nothing may wrap, turn null or endless on the way."""
    if field.logical_type == "integer":
        return -(2**63) <= int(value) < 2**63
    if field.logical_type == "number":
        try:
            float(value)
        except OverflowError:
            return False
    return True


def _time_rule(contract: Contract, event: Mapping[str, Any], now: datetime) -> str | None:
    data = event["data"]
    fields = [f.name for f in contract.fields if f.logical_type == "timestamp" and data.get(f.name) is not None]
    times = _own_times(event)
    if None in times or any(parse_time(data[name]) is None for name in fields):
        return "bad_time"
    limit = now.astimezone(UTC) + timedelta(minutes=FUTURE_TOLERANCE_MINUTES)
    # Recorded time counts too: one stamp of 2099 would push the city's as-of instant there.
    if any(time > limit for time in times if time):
        return "future_time"
    return None


def _own_times(event: Mapping[str, Any]) -> list[datetime | None]:
    return [parse_time(event["time"]), parse_time(event["recordedtime"])]

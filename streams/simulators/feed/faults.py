"""Records broken on purpose: each way that a source can break a rule of the wire, with the rule that must reject it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from streams.contracts.registry import MAX_RECORD_BYTES, Contract
from streams.simulators.town.dice import DAY, SECOND, Dice

MALFORMED_SHARE = 0.003

Event = dict[str, Any]
Break = Callable[[Event, int], bytes | None]


@dataclass(frozen=True)
class Fault:
    """One way to break one rule, and none that is tried before it. The number makes each record its own."""

    rule: str
    name: str
    make: Break
    key: Callable[[bytes], bytes | None] = lambda key: key


def malformed(dice: Dice, contract: Contract, records: pl.DataFrame, secrets: list[str], end: int) -> pl.DataFrame:
    """Broken records (key, value, sent, rule, fault), at least one per fault; the rule is the one that must reject it.

    Each is made from a good record and sent after it, about a case of its own, so that it says nothing of a real
    one; `id_conflict` alone repeats a real id. `secrets` (canaries of their own) are written into their texts.
    """
    rng = dice.of(f"{contract.topic}.malformed")
    faults = faults_of(contract)
    common = [fault for fault in faults if fault.name not in RARE]
    wanted = max(len(faults), round(records.height * MALFORMED_SHARE))
    chosen = [*faults, *(common[i] for i in rng.integers(0, len(common), wanted - len(faults)).tolist())]
    rows = rng.integers(0, records.height, len(chosen)).tolist()
    delay = rng.integers(SECOND, DAY, len(chosen)).tolist()
    made = []
    for number, (fault, row, wait) in enumerate(zip(chosen, rows, delay, strict=True)):
        good = records.row(row, named=True)
        event: Event = json.loads(good["value"])
        key = good["key"]
        if fault.rule != "id_conflict":
            _rename(event, contract, f"X{number:05d}")
            _tell_secret(event, contract, secrets[number % len(secrets)])
            key = "/".join(event["data"][name] for name in contract.key_fields).encode()
        value = fault.make(event, number)
        made.append((fault.key(key), value, min(good["sent"] + wait, end - 1), fault.rule, fault.name))
    schema = {"key": pl.Binary, "value": pl.Binary, "sent": pl.Int64, "rule": pl.String, "fault": pl.String}
    return pl.DataFrame(made, schema=schema, orient="row")


def _rename(event: Event, contract: Contract, suffix: str) -> None:
    name = f"{event['subject']}-{suffix}"
    event["subject"] = event["data"][contract.subject_field] = name
    event["id"] = hashlib.sha256(name.encode()).hexdigest()[:32]


def _tell_secret(event: Event, contract: Contract, secret: str) -> None:
    has_text = any(field.name == "text" for field in contract.fields)
    event["data"]["text" if has_text else "remark"] = f"未经脱敏的原文：请回电{secret}。"


def _bytes(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _with(**attributes: Any) -> Break:
    return lambda event, n: _bytes({**event, **attributes})


def _data(**members: Any) -> Break:
    return lambda event, n: _bytes({**event, "data": {**event["data"], **members}})


def _without(name: str) -> Break:
    return lambda event, n: _bytes({key: value for key, value in event.items() if key != name})


def _raw(graft: bytes) -> Break:
    """A member of `data` spelt as no JSON writer would."""
    return lambda event, n: _bytes(event)[:-2] + b"," + graft + b"}}"


def _time(form: str) -> Break:
    return lambda event, n: _bytes({**event, "time": form.format(day=event["time"][:10], year=event["time"][:4])})


FAULTS = (
    Fault("registry_frame", "confluent_json", lambda event, n: b"\x00" + n.to_bytes(4) + _bytes(event)),
    Fault("not_utf8", "gbk_bytes", lambda event, n: _bytes(event).decode().encode("gb18030") + b"\xff"),
    Fault("not_utf8", "half_a_character", lambda event, n: _bytes(event).replace("脱".encode(), b"\xe8\x84", 1)),
    Fault("not_utf8", "random_bytes", lambda event, n: b"\xff\xfe" + hashlib.sha512(b"%d" % n).digest()),
    Fault("nul_character", "nul_escaped", _data(remark_of_operator="回\x00访")),
    Fault("nul_character", "nul_byte", lambda event, n: _bytes(event).replace(b"}}", b"\x00}}")),
    Fault("not_json", "byte_order_mark", lambda event, n: b"\xef\xbb\xbf" + _bytes(event)),
    Fault("not_json", "cut_off", lambda event, n: _bytes(event).decode()[: -(20 + n % 60)].encode()),
    Fault("not_json", "lone_brace", lambda event, n: b"{"),
    Fault("not_json", "no_bytes", lambda event, n: b""),
    Fault("not_json", "duplicate_name", lambda event, n: b'{"specversion":"1.0",' + _bytes(event)[1:]),
    Fault("not_json", "array", lambda event, n: b"[" + _bytes(event) + b"]"),
    Fault("not_json", "not_a_number", _raw(b'"score":NaN')),
    Fault("not_json", "endless_number", _raw(b'"score":1e400')),
    Fault("not_json", "half_a_surrogate", _raw(b'"note":"\\ud83d"')),
    Fault("not_json", "bottomless", _raw(b'"deep":' + b"[" * 100_000 + b"]" * 100_000)),
    Fault("not_cloudevent", "no_id", _without("id")),
    Fault("not_cloudevent", "no_recorded_time", _without("recordedtime")),
    Fault("not_cloudevent", "other_version", _with(specversion="0.3")),
    Fault("not_cloudevent", "empty_source", _with(source="")),
    Fault("not_cloudevent", "data_is_text", _with(data="见附件")),
    Fault("unknown_type", "type_of_no_contract", lambda event, n: _bytes({**event, "type": f"{event['type']}.again"})),
    Fault("missing_field", "city_removed", _data(city_code=None)),
    Fault("missing_field", "stage_empty", _data(stage="")),
    Fault("missing_field", "stage_renamed", lambda event, n: _bytes(event).replace(b'"stage":', b'"status":')),
    Fault("bad_time", "naive_stamp", _time("{day} 08:00:00")),
    Fault("bad_time", "other_offset", _time("{day}T08:00:00+08:00")),
    Fault("bad_time", "no_such_day", _time("{year}-02-30T08:00:00.000Z")),
    Fault("bad_time", "microseconds", _time("{day}T08:00:00.123456Z")),
    Fault("bad_time", "milliseconds_since_1970", _with(time="1782864000000")),
    Fault("future_time", "event_of_2099", _with(time="2099-01-01T00:00:00.000Z")),
    Fault("future_time", "recorded_in_2099", _with(recordedtime="2099-01-01T00:00:00.000Z")),
    Fault("implausible_time", "event_of_1970", _with(time="1970-01-01T00:00:00.000Z")),
    Fault("implausible_time", "recorded_in_year_1", _with(recordedtime="0001-01-01T00:00:00.000Z")),
    Fault("unknown_city", "city_without_file", _data(city_code="atlantis"), lambda key: b"atlantis/" + key[8:]),
    Fault("key_mismatch", "key_of_another", lambda event, n: _bytes(event), lambda key: b"shuifu/another"),
    Fault("key_mismatch", "no_key", lambda event, n: _bytes(event), lambda key: None),
    Fault("tombstone", "no_value", lambda event, n: None),
    Fault("tombstone", "neither_key_nor_value", lambda event, n: None, lambda key: None),
    Fault("too_large", "over_a_mebibyte", _data(attachment="A" * (MAX_RECORD_BYTES + 1))),
    Fault("id_conflict", "same_id_other_content", lambda event, n: _data(note=f"内容有误{n}")(event, n)),
)
"""What can befall a record of any topic."""

RARE = {"over_a_mebibyte", "bottomless", "hundred_thousand_characters"}
"""Once per topic, for they are large."""

REFUSED = ("face_match", "plate_recognition", "crowd_gathering")
"""What a camera must never tell."""


def faults_of(contract: Contract) -> list[Fault]:
    """All faults that a record of this topic can have: the common ones, and those of its fields' types and lists."""
    given = [field for field in contract.fields if not field.reject_without_payload and field.name != "stage"]
    found = list(FAULTS)
    for field in given:
        if field.required and field.name in contract.key_fields:
            continue
        if field.logical_type in ("boolean", "number", "integer"):
            found.append(Fault("wrong_type", f"{field.name}_as_text", _data(**{field.name: "0.9"})))
        if field.enum:
            found.append(Fault("value_not_allowed", f"{field.name}_not_listed", _data(**{field.name: "fax"})))
        if field.maximum is not None and not field.drop_out_of_range:
            beyond = int(field.maximum) + 1
            found.append(Fault("out_of_range", f"{field.name}_too_great", _data(**{field.name: beyond})))
            found.append(Fault("out_of_range", f"{field.name}_over_63_bits", _data(**{field.name: 2**63 + 1})))
        if field.max_length and field.name == "text":
            text = "长" * 100_000
            found.append(Fault("value_not_allowed", "hundred_thousand_characters", _data(text=text)))
    found.append(Fault("wrong_type", "number_as_subject", _data(**{contract.subject_field: 530681})))
    for field in contract.fields:
        if field.reject_without_payload:
            found += [Fault("type_not_allowed", name, _data(**{field.name: name})) for name in REFUSED]
    return found

"""What a real feed does to good data: it tells late, out of order, twice, and now and then in broken bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from streams.contracts.registry import MAX_RECORD_BYTES, Contract
from streams.simulators.dice import DAY, MINUTE, SECOND, Dice, Ints, lognormal
from streams.simulators.family import Family

DUPLICATE_SHARE = 0.02
MALFORMED_SHARE = 0.003


RESENDS = ((0.5, SECOND, 5 * MINUTE), (0.3, 10 * MINUTE, DAY), (0.2, DAY, 30 * DAY))
"""Duplicates: (share, shortest and longest time to the repetition in ms)."""


def recorded(dice: Dice, family: Family, end: int) -> Ints:
    """When the source knew of each event (ms); stages that are always known are told before `end` however late."""
    at = family.events["at"].to_numpy()
    rng, delays, n = dice.of(f"{family.topic}.recorded"), family.delays, len(at)
    delay = (lognormal(rng, delays.usual_seconds, 0.9, n) * SECOND).astype(np.int64) + 1
    luck, edge = rng.random(n), 0.0
    for share, low, high in (delays.slow, delays.late, delays.very_late):
        drawn = rng.integers(low, high, n)
        delay = np.where((luck >= edge) & (luck < edge + share), drawn, delay)
        edge += share
    is_known = family.events["stage"].is_in(list(family.always_known)).to_numpy()
    return np.where(is_known, np.minimum(at + delay, end - 1), at + delay)


def resent(dice: Dice, topic: str, records: pl.DataFrame, end: int) -> pl.DataFrame:
    """Exact repetitions of some records (key, value, sent): near and far in time, some more than once."""
    rng, n = dice.of(f"{topic}.resent"), max(1, round(records.height * DUPLICATE_SHARE))
    row = rng.integers(0, records.height, n)
    luck, delay, edge = rng.random(n), np.zeros(n, dtype=np.int64), 0.0
    for share, low, high in RESENDS:
        delay = np.where((luck >= edge) & (luck < edge + share), rng.integers(low, high, n), delay)
        edge += share
    again = records[row]
    return again.with_columns(sent=pl.min_horizontal(pl.col("sent") + pl.Series(delay), pl.lit(end - 1)))


Event = dict[str, Any]
Breaker = Callable[[Event, int], bytes | None]


def malformed(dice: Dice, contract: Contract, records: pl.DataFrame, secrets: list[str], end: int) -> pl.DataFrame:
    """Broken records (key, value, sent, rule), at least one per rule; the rule is the one that must reject it.

    Each is made from a good record and sent after it, about a case of its own, so that it says nothing of a real
    one; `id_conflict` alone repeats a real id. `secrets` (canaries of their own) are written into their texts.
    """
    rng = dice.of(f"{contract.topic}.malformed")
    breakers = breakers_of(contract)
    wanted = max(len(breakers), round(records.height * MALFORMED_SHARE))
    rules = [*breakers, *rng.choice([r for r in breakers if r != "too_large"], wanted - len(breakers)).tolist()]
    rows = rng.integers(0, records.height, len(rules)).tolist()
    delay = rng.integers(SECOND, DAY, len(rules)).tolist()
    made = []
    for number, (rule, row, wait) in enumerate(zip(rules, rows, delay, strict=True)):
        good = records.row(row, named=True)
        event: Event = json.loads(good["value"])
        key = good["key"]
        if rule != "id_conflict":
            _rename(event, contract, f"X{number:05d}")
            _tell_secret(event, contract, secrets[number % len(secrets)])
            key = "/".join(event["data"][name] for name in contract.key_fields).encode()
        value = breakers[rule](event, number)
        made.append((_key_of(rule, key), value, min(good["sent"] + wait, end - 1), rule))
    schema = {"key": pl.Binary, "value": pl.Binary, "sent": pl.Int64, "rule": pl.String}
    return pl.DataFrame(made, schema=schema, orient="row")


def _rename(event: Event, contract: Contract, suffix: str) -> None:
    name = f"{event['subject']}-{suffix}"
    event["subject"] = event["data"][contract.subject_field] = name
    event["id"] = hashlib.sha256(name.encode()).hexdigest()[:32]


def _tell_secret(event: Event, contract: Contract, secret: str) -> None:
    has_text = any(field.name == "text" for field in contract.fields)
    event["data"]["text" if has_text else "remark"] = f"未经脱敏的原文：请回电{secret}。"


def _key_of(rule: str, key: bytes) -> bytes:
    if rule == "unknown_city":
        return b"atlantis/" + key.partition(b"/")[2]
    return b"shuifu/another" if rule == "key_mismatch" else key


def _bytes(event: Event) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _with(event: Event, **attributes: Any) -> bytes:
    return _bytes({**event, **attributes})


def _with_data(event: Event, **members: Any) -> bytes:
    return _bytes({**event, "data": {**event["data"], **members}})


def _without(event: Event, name: str) -> bytes:
    return _bytes({key: value for key, value in event.items() if key != name})


def _not_json(event: Event, n: int) -> bytes:
    text = _bytes(event)
    forms = (
        text[: len(text) * 2 // 3],
        b'{"specversion":"1.0",' + text[1:],
        text[:-2] + b',"score":NaN}}',
        b"[" + text + b"]",
    )
    return forms[n % len(forms)]


def _not_cloudevent(event: Event, n: int) -> bytes:
    forms = (
        _without(event, "id"),
        _without(event, "recordedtime"),
        _with(event, specversion="0.3"),
        _with(event, source=""),
    )
    return forms[n % len(forms)]


def _bad_time(event: Event, n: int) -> bytes:
    day = event["time"][:10]
    forms = (f"{day} 08:00:00", f"{day}T08:00:00+08:00", f"{day[:4]}-02-30T08:00:00.000Z", f"{day}T08:00:00.123456Z")
    return _with(event, time=forms[n % len(forms)])


def _future_time(event: Event, n: int) -> bytes:
    return _with(event, **{("time", "recordedtime")[n % 2]: "2099-01-01T00:00:00.000Z"})


def _missing_field(event: Event, n: int) -> bytes:
    return _with_data(event, **{("city_code", "stage")[n % 2]: (None, "")[n // 2 % 2]})


BREAKERS: dict[str, Breaker] = {
    "not_utf8": lambda event, n: _bytes(event).decode().encode("gb18030") + b"\xff",
    "nul_character": lambda event, n: _with_data(event, status_note="回\x00访"),
    "not_json": _not_json,
    "not_cloudevent": _not_cloudevent,
    "unknown_type": lambda event, n: _with(event, type=event["type"].replace(".v1", "_again.v1")),
    "missing_field": _missing_field,
    "bad_time": _bad_time,
    "future_time": _future_time,
    "unknown_city": lambda event, n: _with_data(event, city_code="atlantis"),
    "key_mismatch": lambda event, n: _bytes(event),
    "tombstone": lambda event, n: None,
    "too_large": lambda event, n: _with_data(event, attachment="A" * (MAX_RECORD_BYTES + 1)),
}
"""Rule -> what makes a good event break this rule and none before it; the number chooses among the ways to do so."""


def breakers_of(contract: Contract) -> dict[str, Breaker]:
    """All rules that a record of this topic can break, with what breaks each."""
    given = [field for field in contract.fields if not field.reject_without_payload and field.name != "stage"]
    typed = [f for f in given if f.logical_type in ("boolean", "number", "integer")]
    listed = [f for f in given if f.enum]
    bounded = [f for f in given if f.maximum is not None]
    free = [f for f in given if f.logical_type == "string" and not f.enum and not f.pattern and not f.required]
    listed_things = [f for f in contract.fields if f.reject_without_payload]
    found = dict(BREAKERS)
    if typed:
        found["wrong_type"] = lambda event, n: _with_data(event, **{typed[n % len(typed)].name: "0.9"})
    elif free:
        found["wrong_type"] = lambda event, n: _with_data(event, **{free[n % len(free)].name: n})
    if listed:
        found["value_not_allowed"] = lambda event, n: _with_data(event, **{listed[n % len(listed)].name: "fax"})
    if bounded:
        found["out_of_range"] = lambda event, n: _with_data(
            event, **{(f := bounded[n % len(bounded)]).name: int(f.maximum or 0) + 1 + n}
        )
    if listed_things:
        found["type_not_allowed"] = lambda event, n: _with_data(event, **{listed_things[0].name: REFUSED[n % 3]})
    found["id_conflict"] = lambda event, n: _with_data(event, note=f"内容有误{n}")
    return found


REFUSED = ("face_match", "plate_recognition", "crowd_gathering")
"""What a camera must never tell."""

"""Rows 22-29, 41 and 42 of the fault matrix, on every topic: what comes in broken is refused with its rule, and what
only looks odd arrives as it was sent. One batch per topic, with right records between, so none takes another along."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from streams.contracts.registry import Contract, Field, cities, contracts
from streams.contracts.validate import MAX_DEPTH, broken_rule, payload_may_be_kept
from streams.transforms.kernel import Kernel
from tests.fixtures.records import READ_AT, aware, event, frame, key_of, value_of

Event = dict[str, Any]
Look = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Sent:
    """One record of the table; `rule` is what it must break, `seen` what must hold of its row where it breaks none."""

    row: int
    what: str
    key: bytes | None
    value: bytes | None
    rule: str | None = None
    seen: Look | None = None


def with_data(made: Event, **members: Any) -> Event:
    return {**copy.deepcopy(made), "data": {**made["data"], **members}}


def spliced(made: Event, member: bytes) -> bytes:
    """The event with one more member of data, spelt in bytes that no JSON writer would make."""
    return value_of(made).replace(b'"data":{', b'"data":{' + member + b",", 1)


def extra_is(name: str, value: Any) -> Look:
    return lambda row: json.loads(row["extra"])[name] == value


POISON = [b"{", b"", b"null", b"[]", b'"text"', b"\x80\x81\x82", b"}{", b"0" * 5000, b'{"data":' + b"9" * 5000 + b"}"]

BAD_BYTES: list[tuple[str, bytes, str]] = [
    ("GBK", '"note":"来源系统"'.encode("gbk"), "not_utf8"),
    ("Latin-1", '"note":"café"'.encode("latin-1"), "not_utf8"),
    ("half a character", '"note":"水'.encode()[:-1] + b'"', "not_utf8"),
    ("half a pair, encoded", b'"note":"\xed\xa0\x80"', "not_utf8"),
    ("overlong NUL", b'"note":"\xc0\x80"', "not_utf8"),
    ("NUL", b'"note":"a\x00b"', "nul_character"),
    ("escaped NUL", b'"note":"a\\u0000b"', "nul_character"),
    ("half a pair, escaped", b'"note":"\\ud842"', "not_json"),
    ("a bare line end", b'"note":"a\nb"', "not_json"),
]
GOOD_TEXTS = [
    "😀👨‍👩‍👧",
    "𠮷野家𪚥",
    "e\u0301\u200d\ufe0f",
    "\ufeff在中间",
    "\u2028\u2029\u202e",
    "\\u0000",
    "'\"\\,}]",
    "NaN, ]",
]

BAD_MEMBERS: list[tuple[str, bytes]] = [
    ("NaN", b'"odd":NaN'),
    ("Infinity", b'"odd":-Infinity'),
    ("1e400", b'"odd":1e400'),
    ("a name twice", b'"odd":1,"odd":1'),
    ("a name twice, deeper", b'"odd":{"a":[{"b":1,"b":2}]}'),
    ("the city twice", b'"city_code":"shuifu"'),
    ("a comma too many", b'"odd":[1,]'),
    ("a comment", b'/*x*/"odd":1'),
    ("a leading zero", b'"odd":01'),
    ("too deep", b'"odd":' + b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)),
    ("far too deep", b'"odd":' + b'{"a":' * 90_000 + b"1" + b"}" * 90_000),
]

FIRST_DAY = cities()["shuifu"].first_plausible_at.replace(tzinfo=None)

STAMPS: list[tuple[str, datetime | None]] = [
    ("2026-03-01T15:59:59.999Z", datetime(2026, 3, 1, 15, 59, 59, 999000)),
    ("2026-03-01T16:00:00Z", datetime(2026, 3, 1, 16)),
    ("2026-02-28T23:59:59.9Z", datetime(2026, 2, 28, 23, 59, 59, 900000)),
    ("2024-02-29T00:00:00.00Z", datetime(2024, 2, 29)),
    ("1986-05-03T18:00:00Z", datetime(1986, 5, 3, 18)),
    ("1991-09-14T17:30:00.000Z", datetime(1991, 9, 14, 17, 30)),
    ("1970-01-01T00:00:00.000Z", datetime(1970, 1, 1)),
    ("2026-03-02T01:15:00", None),
    ("2026-03-02T09:15:00+08:00", None),
    ("2026-03-02T01:15:00+00:00", None),
    ("2026-03-02T01:15:00z", None),
    ("2026-03-02 01:15:00Z", None),
    ("2026-02-29T00:00:00Z", None),
    ("2026-03-02T24:00:00Z", None),
    ("2026-06-30T23:59:60Z", None),
    ("2026-03-02T01:15:00,5Z", None),
    ("2026-03-02T01:15:00.1234Z", None),
    ("1772413200000", None),
    ("２０２６-03-02T01:15:00Z", None),
]


def table(one: Contract) -> Iterator[Sent]:
    """Every row of the matrix that concerns a record, in the shape of this topic."""
    base = event(one)
    key = key_of(base, one)

    def sent(row: int, what: str, made: Event | bytes, rule: str | None = None, seen: Look | None = None) -> Sent:
        if isinstance(made, bytes):
            return Sent(row, what, key, made, rule, seen)
        return Sent(row, what, key_of(made, one), value_of(made), rule, seen)

    for value in POISON:
        yield sent(22, f"poison {value[:12]!r}", value, "not_utf8" if b"\x80" in value else "not_json")
    yield sent(23, "a schema registry's frame", b"\x00\x00\x00\x00\x07" + value_of(base), "registry_frame")
    yield sent(23, "UTF-16", value_of(base).decode().encode("utf-16"), "not_utf8")
    yield sent(23, "byte order mark", b"\xef\xbb\xbf" + value_of(base), "not_json")
    for what, member, rule in BAD_BYTES:
        yield sent(23, what, spliced(base, member), rule)
    for text in GOOD_TEXTS:
        yield sent(23, f"note {text}", with_data(base, note=text), None, extra_is("note", text))
    yield sent(23, "a whole pair, escaped", spliced(base, b'"note":"\\ud842\\udfb7"'), None, extra_is("note", "𠮷"))

    long = "水富市民反映" * 17_000
    yield sent(24, "100k characters", with_data(base, note=long), None, extra_is("note", long))
    yield sent(24, "over 1 MiB", with_data(base, note="x" * 1_048_576), "too_large")
    yield sent(24, "over 10 MiB", with_data(base, note="x" * 10_485_760), "too_large")

    for what, member in BAD_MEMBERS:
        yield sent(25, what, spliced(base, member), "not_json")
    deep: Any = 1
    for _ in range(MAX_DEPTH - 2):
        deep = [deep]
    yield sent(25, "as deep as may be", with_data(base, odd=deep), None, extra_is("odd", deep))
    wide = {f"k{number}": number for number in range(10_000)}
    yield sent(25, "10k names", with_data(base, **wide), None, lambda row: json.loads(row["extra"]) == wide)
    for number in (2**63, -(2**63) - 1, 10**30):
        yield sent(25, f"unknown {number}", with_data(base, odd=number), None, extra_is("odd", number))

    yield sent(26, "a new member", with_data(base, new_field="x"), None, extra_is("new_field", "x"))
    yield sent(26, "a new object", with_data(base, new={"a": [None]}), None, extra_is("new", {"a": [None]}))
    for field in one.fields:
        yield from of_field(one, base, field, sent)

    yield Sent(29, "tombstone", key, None, "tombstone")
    yield Sent(29, "tombstone without key", None, None, "tombstone")
    yield Sent(29, "no key", None, value_of(base), "key_mismatch")
    yield Sent(29, "an empty key", b"", value_of(base), "key_mismatch")

    for name in ("time", "recordedtime"):
        yield sent(41, f"{name} in 2099", base | {name: "2099-01-01T00:00:00.000Z"}, "future_time")
        yield sent(41, f"{name} a day ahead", base | {name: "2026-11-23T08:00:00.000Z"}, "future_time")
    yield sent(41, "a day behind", base | {"time": "2026-11-21T08:00:00Z", "recordedtime": "2026-11-22T08:00:00Z"})
    for name in ("time", "recordedtime"):
        for day in ("0001-01-01", "1900-01-01", "1970-01-01", "2000-01-01"):
            yield sent(41, f"{name} on {day}", base | {name: f"{day}T00:00:00Z"}, "implausible_time")
    yield sent(41, "years late", base | {"time": f"{FIRST_DAY.isoformat()}Z"}, None, lambda row: row["is_late"])

    for text, instant in STAMPS:
        rule = None if instant else "bad_time"
        if instant and instant < FIRST_DAY:
            rule = "implausible_time"
        yield sent(42, f"time {text}", base | {"time": text}, rule, at("event_at_utc", instant))
        yield sent(42, f"recordedtime {text}", base | {"recordedtime": text}, rule, at("recorded_at_utc", instant))


def at(column: str, instant: datetime | None) -> Look:
    """The column holds that instant of UTC; the day is that of UTC too (the city's day is the warehouse's to find)."""
    return lambda row: row[column] == instant and row["event_date"] == row["event_at_utc"].date()


def of_field(one: Contract, base: Event, field: Field, sent: Callable[..., Sent]) -> Iterator[Sent]:
    """Removed, renamed, retyped, out of its list, larger than a table holds: each field of the contract."""
    name = field.name
    in_key = {*one.key_fields, "stage"}
    if field.required:
        rest = {key: value for key, value in base["data"].items() if key != name}
        yield sent(27, f"without {name}", {**base, "data": rest}, "missing_field")
        renamed = {**base, "data": {**rest, f"{name}_new": base["data"][name]}}
        yield sent(27, f"{name} renamed", renamed, "missing_field")
        yield sent(27, f"{name} null", with_data(base, **{name: None}), "missing_field")
    wrong: Any = "7" if field.logical_type in ("integer", "number", "boolean") else 7
    yield sent(27, f"{name} retyped", with_data(base, **{name: wrong}), "wrong_type")
    yield sent(27, f"{name} an object", with_data(base, **{name: {"value": 1}}), "wrong_type")
    if field.enum and name != "stage":
        rule = "type_not_allowed" if field.reject_without_payload else "value_not_allowed"
        yield sent(28, f"{name} off its list", with_data(base, **{name: "brand_new"}), rule)
    elif name.endswith("_code") and not field.pattern and name not in in_key:
        kept = with_data(base, **{name: "ZZ-NEW-9"})
        yield sent(28, f"{name} of no table", kept, None, lambda row: row[name] == "ZZ-NEW-9")
    if field.logical_type == "integer":
        for number in (2**63, -(2**63) - 1, 10**30, 10**400):
            yield sent(25, f"{name} {number}"[:40], with_data(base, **{name: number}), "out_of_range")
        for number in (2.5, 1e2):
            yield sent(25, f"{name} {number}", with_data(base, **{name: number}), "wrong_type")
    elif field.drop_out_of_range:
        for number in (2**64, 10**400):
            lost = with_data(base, **{name: number})
            yield sent(25, f"{name} {number}"[:40], lost, None, lambda row: row[name] is None and row["left_out"])
    elif field.logical_type == "number":
        yield sent(25, f"{name} 10**400", with_data(base, **{name: 10**400}), "out_of_range")
        whole, is_free = 2**64, field.maximum is None
        seen = (lambda row: row[name] == float(whole)) if is_free else None
        yield sent(25, f"{name} 2**64", with_data(base, **{name: whole}), None if is_free else "out_of_range", seen)
    elif field.logical_type == "timestamp":
        for text, instant in STAMPS:
            rule = None if instant else "bad_time"
            yield sent(42, f"{name} {text}", with_data(base, **{name: text}), rule, at_member(f"{name}_utc", instant))
        yield sent(42, f"{name} in 2099", with_data(base, **{name: "2099-01-01T00:00:00Z"}))
    if field.max_length and not field.enum and not field.pattern:
        yield sent(
            24, f"{name} too long", with_data(base, **{name: "字" * (field.max_length + 1)}), "value_not_allowed"
        )
        fits = "字" * field.max_length
        if name not in in_key:
            yield sent(24, f"{name} full", with_data(base, **{name: fits}), None, lambda row: row[name] == fits)
    if field.pattern:
        yield sent(25, f"{name} with a line end", with_data(base, **{name: "0" * 32 + "\n"}), "value_not_allowed")


def at_member(column: str, instant: datetime | None) -> Look:
    return lambda row: row[column] == instant


@pytest.mark.parametrize("one", contracts().values(), ids=lambda one: one.topic)
def test_every_hostile_record_has_its_rule_and_every_odd_one_arrives_whole(plain_kernel: Kernel, one: Contract) -> None:
    rows = list(table(one))
    assert {sent.row for sent in rows} == {22, 23, 24, 25, 26, 27, 28, 29, 41, 42}
    right = event(one)
    mixed = [pair for sent in rows for pair in ((sent.key, sent.value), (key_of(right, one), value_of(right)))]
    (parsed,) = plain_kernel.parse(frame(mixed, one))
    rules = dict(parsed.rejects.select("offset", "rule").iter_rows())
    landed = {row["kafka_offset"]: row for row in parsed.rows.iter_rows(named=True)}
    assert len(rules) + len(landed) == len(mixed)
    assert not [offset for offset in rules if offset % 2], "a right record was refused beside a hostile one"
    for number, sent in enumerate(rows):
        judged = broken_rule(one, sent.key, sent.value, now=aware(READ_AT), cities=cities())
        assert (judged, rules.get(2 * number)) == (sent.rule, sent.rule), (sent.row, sent.what)
        if sent.rule is None and sent.seen:
            assert sent.seen(landed[2 * number]), (sent.row, sent.what)
    kept = dict(parsed.rejects.select("offset", "value").iter_rows())
    for number, sent in enumerate(rows):
        if sent.rule:
            right_bytes = sent.value if payload_may_be_kept(one, sent.value) else None
            assert kept[2 * number] == right_bytes, f"bytes changed: {sent.what}"

"""The vectorised kernel against the one-record referee, and what only the kernel does."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.contracts.check import Example, examples
from streams.contracts.registry import Contract, cities, contracts
from streams.contracts.validate import broken_rule, parse_time
from streams.privacy.scrub import scrub_text
from streams.transforms import parse
from streams.transforms.headers import unpack
from streams.transforms.kernel import (
    REJECT_SCHEMA,
    REPLAY_HEADER,
    Kernel,
    Parsed,
    _scrubbed_json,
    is_free_text,
    row_schema,
)
from streams.transforms.points import POINT
from tests.fixtures.records import CAMERA, HOTLINE, READ_AT, aware, event, frame, frame_of, key_of, pack, value_of

BY_PREDECESSOR = "id_conflict"
"""The one rule that needs other events; the books decide it, not the kernel."""

EXAMPLES = [(one, example) for one in contracts().values() for example in examples(one)]

HOSTILE_TEXTS: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    '{"中":"文"}'.encode("gbk"),
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b'{"data":' + b"9" * 5000 + b"}",
]


def right_ones(one: Contract) -> list[bytes]:
    return [example.value for c, example in EXAMPLES if c is one and example.rule is None and example.value]


def verdicts(kernel: Kernel, records: pl.DataFrame) -> list[str | None]:
    """The rule that each record breaks by the kernel's word, in order of offsets."""
    (parsed,) = kernel.parse(records)
    return verdicts_of(parsed, records)


def verdicts_of(parsed: Parsed, records: pl.DataFrame) -> list[str | None]:
    rules = dict(parsed.rejects.select("offset", "rule").iter_rows()) | dict.fromkeys(parsed.rows["kafka_offset"])
    assert len(rules) == records.height, "a record got lost or counts twice"
    return [rules[offset] for offset in records["offset"]]


@pytest.fixture(scope="module")
def of_examples(kernel: Kernel) -> dict[Path, str | None]:
    """Example -> the rule that it breaks by the kernel's word; those of a topic come in one batch."""
    found: dict[Path, str | None] = {}
    for one in contracts().values():
        mine = [example for c, example in EXAMPLES if c is one]
        sent = frame([(example.key, example.value) for example in mine], one)
        found |= zip((example.path for example in mine), verdicts(kernel, sent), strict=True)
    return found


@pytest.mark.parametrize("example", [example for _, example in EXAMPLES], ids=lambda one: "/".join(one.path.parts[-3:]))
def test_every_example_of_a_contract_is_judged_as_it_says(
    of_examples: dict[Path, str | None], example: Example
) -> None:
    assert of_examples[example.path] == (None if example.rule == BY_PREDECESSOR else example.rule)


def test_one_broken_record_never_takes_its_batch_with_it(kernel: Kernel) -> None:
    for one in contracts().values():
        mixed = [(example.key, example.value) for c, example in EXAMPLES if c is one]
        mixed += [(b"shuifu/x", text) for text in HOSTILE_TEXTS]
        expected = [broken_rule(one, key, value, now=aware(READ_AT), cities=cities()) for key, value in mixed]
        assert verdicts(kernel, frame(mixed, one)) == expected
        assert expected.count(None) >= len(right_ones(one))


@pytest.mark.parametrize("one", contracts().values(), ids=lambda one: one.topic)
def test_the_normal_path_needs_no_referee(plain_kernel: Kernel, one: Contract) -> None:
    sent = [json.loads(value) for value in right_ones(one)]
    flat = [made for made in sent if not any(isinstance(value, dict | list) for value in made["data"].values())]
    assert len(flat) >= 5
    found = plain_kernel._extract(frame_of([*flat, event(one, data={"odd": 1, "new": "x"})], one), one)
    assert parse.certified(found, one).all()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
edge_values = st.sampled_from(
    [
        "", "\x00", "\\u0000", " ", "12", 0, -0.0, 1, 1e308, 10**30, True, False, None, "true", "阿", "𠮷", "\ud800",
        "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+08:00", "0000-01-01T00:00:00Z",
        "0999-01-01T00:00:00Z", "2026-11-22T08:10:00Z", "2026-11-22T08:10:00.001Z", "９999-01-01T00:00:00Z",
        180, 180.0000001, -90, 90.5, 2**63, 2**63 - 1, -(2**63) - 1, 2**53 + 1, 10**400, -1, 5.0,
        "shuifu", "chicago", "atlantis", "x" * 65, "f" * 32, "F" * 32, "/shuifu/a/b", "/",
    ]
)  # fmt: skip
first_members = [
    b'"stage":"accepted"', b'"longitude":NaN', b'"odd":Infinity', b'"odd":-NaN', b'"odd":1e999', b'"odd":01',
    b'"odd":"\\ud800"', b'"odd":"\\u0000"', b'"odd":"\\\\u0000"', b'"odd":"a\tb"', b'"o\\"d":1', b"'odd':1",
    b'"odd":{"a":1,"a":2}', b'"odd":[1,]', b'/*x*/"odd":1', b'"odd":1,"odd":1',
]  # fmt: skip
texts_after = st.sampled_from(
    [
        *((b'"data":{', b'"data":{' + member + b",") for member in first_members),
        *((b"{", b"{ "), (b"}", b",}"), (b":", b" :\n"), (b'"', b"'"), (b"}", b"}x")),
        *((b'{"specversion"', b'{"id":"a","specversion"'), (b'"time":', b'"trace":"t","time":')),
    ]
)


@st.composite
def records(draw: st.DrawFn, one: Contract) -> tuple[bytes | None, bytes | None]:
    """A valid record with some things done to it, or none."""
    made = json.loads(draw(st.sampled_from(right_ones(one))))
    key: bytes | None = key_of(made, one)
    names = [field.name for field in one.fields]
    for _ in range(draw(st.integers(0, 2))):
        where = draw(st.sampled_from(["data", "data", "attribute", "extra", "drop"]))
        value = draw(edge_values | json_values)
        if where == "data":
            made["data"][draw(st.sampled_from(names))] = value
        elif where == "attribute":
            made[draw(st.sampled_from(sorted(made)))] = value
        elif where == "extra" and isinstance(made.get("data"), dict):
            made["data"][draw(st.sampled_from(["odd", "a b", "中", 'q"']) | st.text(max_size=8))] = value
        elif where == "drop" and isinstance(made.get("data"), dict) and made["data"]:
            del made["data"][draw(st.sampled_from(sorted(made["data"])))]
        if not isinstance(made.get("data"), dict):
            break
    text = json.dumps(made, ensure_ascii=draw(st.booleans())).encode("utf-8", errors="surrogatepass")
    if draw(st.integers(0, 4)) == 0:
        old, new = draw(texts_after)
        text = text.replace(old, new, 1)
    if draw(st.integers(0, 9)) == 0:
        place = draw(st.integers(0, max(0, len(text) - 1)))
        text = text[:place] + draw(st.binary(max_size=3)) + text[place + 1 :]
    if draw(st.integers(0, 9)) == 0:
        key = draw(st.none() | st.just(b"") | st.just(b"shuifu/other"))
    return key, text


@pytest.mark.parametrize("one", contracts().values(), ids=lambda one: one.topic)
@given(data=st.data())
@settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_kernel_and_referee_never_disagree(plain_kernel: Kernel, one: Contract, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(records(one), min_size=1, max_size=12))
    batch = frame(pairs, one)
    expected = [broken_rule(one, key, value, now=aware(READ_AT), cities=cities()) for key, value in pairs]
    is_certified = parse.certified(plain_kernel._extract(batch, one), one)
    assert [rule for rule, sure in zip(expected, is_certified, strict=True) if sure and rule] == []
    (parsed,) = plain_kernel.parse(batch)
    assert verdicts_of(parsed, batch) == expected
    for row in parsed.rows.iter_rows(named=True):
        assert_same_content(one, row, json.loads(pairs[row["kafka_offset"]][1] or b""))


def assert_same_content(one: Contract, row: dict[str, Any], sent: dict[str, Any]) -> None:
    """The row says what was sent: nothing coerced, nothing lost but what it tells to have been left out."""
    assert (row["event_id"], row["event_source"], row["event_type"]) == (sent["id"], sent["source"], sent["type"])
    known = {field.name for field in one.fields}
    told = {said.partition("=")[0] for said in (row["left_out"] or "").split(",")}
    gone = told | set(POINT if "point" in told else ())
    for field in one.fields:
        value = None if field.name in gone else sent["data"].get(field.name)
        if field.logical_type == "timestamp" and value is not None:
            moment = parse_time(value)
            assert moment is not None
            value = moment.replace(tzinfo=None)
        elif field.logical_type == "number" and value is not None:
            value = float(value)  # the nearest double; whole numbers beyond 2**53 are the one coercion there is
        assert row[field.column] == value and isinstance(row[field.column], bool) == isinstance(value, bool), field.name
    rest = {name: value for name, value in sent["data"].items() if name not in known}
    assert (json.loads(row["extra"]) if row["extra"] else {}) == rest


def test_a_text_is_never_taken_for_a_number_or_a_boolean(kernel: Kernel) -> None:
    for member in ({"longitude": "104.4"}, {"is_duplicate": "true"}, {"is_duplicate": 1}, {"case_id": 7}):
        assert verdicts(kernel, frame([(b"shuifu/x", value_of(event(data=member)))])) == ["wrong_type"]


def test_rows_have_the_columns_of_the_contract_and_come_in_the_order_of_their_offsets(kernel: Kernel) -> None:
    odd = value_of(event(data={"case_id": "B"})).replace(b'"data":{', b'"data" : {')
    traced = event(data={"case_id": "C"}) | {"traceparent": "00-1"}
    pairs = [(key_of(one), value_of(one)) for one in (event(data={"case_id": "A"}), traced)]
    pairs.insert(1, (b"shuifu/B", odd))
    (parsed,) = kernel.parse(frame(pairs))
    assert parsed.rows.schema == row_schema(HOTLINE)
    assert parsed.rows["case_id"].to_list() == ["A", "B", "C"]
    assert parsed.rejects.schema == REJECT_SCHEMA


def test_unknown_members_are_kept_and_their_order_does_not_matter(kernel: Kernel) -> None:
    one, other = event(data={"zeta": 1, "alpha": "x"}), event(data={"alpha": "x", "zeta": 1})
    (parsed,) = kernel.parse(frame_of([one, other]))
    assert parsed.rows["extra"].to_list() == ['{"alpha":"x","zeta":1}'] * 2
    assert parsed.rows["content_hash"].n_unique() == 1


def test_content_hash_tells_other_content_and_nothing_else(kernel: Kernel) -> None:
    base = event()
    same = [base | {"recordedtime": "2026-03-02T00:00:00Z"}, event(data={"text": "另一段文字", "token_key_id": "9"})]
    other = [event(data={"unit_code": "OTHER"}), event(data={"new_member": 1}), event(data={"is_duplicate": False})]
    (parsed,) = kernel.parse(frame_of([base, *same, *other]))
    hashes = parsed.rows["content_hash"].to_list()
    assert parsed.rejects.is_empty()
    assert len(set(hashes[:3])) == 1
    assert len({hashes[0], *hashes[3:]}) == 4
    assert all(len(one) == 32 for one in hashes)


def test_personal_data_in_text_and_in_unknown_members_does_not_pass(kernel: Kernel) -> None:
    phone, plate = "13812345678", "云A12345"
    made = event(
        data={
            "text": f"请联系{phone}",
            "status_native": f"回电{phone}",
            "caller": f"电话{phone}",
            "number": int(phone),
            "deep": {"a": [f"车牌{plate}"]},
        }
    )
    (parsed,) = kernel.parse(frame_of([made]))
    content = str(parsed.rows.row(0, named=True))
    assert parsed.rows.height == 1
    assert phone not in content and plate not in content
    assert set(json.loads(parsed.rows["extra"][0])) == {"caller", "number", "deep"}


def test_what_a_member_of_that_name_holds_does_not_pass_whatever_its_shape(kernel: Kernel) -> None:
    made = event(data={"wx_openid": "plain-7", "caller": {"nickName": "小雨", "idfa": [17, None, True]}, "lane": "3-B"})
    (parsed,) = kernel.parse(frame_of([made]))
    assert json.loads(parsed.rows["extra"][0]) == {
        "wx_openid": "〔账号〕",
        "caller": {"nickName": "〔姓名〕", "idfa": ["〔账号〕", None, True]},
        "lane": "3-B",
    }


def test_one_number_among_ten_thousand_members_holds_up_nobody() -> None:
    wide = {f"member-{number}": f"value {number}" for number in range(10_000)} | {"note": ["回电13812345678"]}
    calls = []

    def counted(texts: pl.Series) -> pl.Series:
        calls.append(len(texts))
        return scrub_text(texts)

    clean = _scrubbed_json(pl.Series([json.dumps(wide, ensure_ascii=False), None, '{"a":1}']), counted)
    assert calls == [2, 2 * 10_000 + 2]  # no call for what is not there
    assert json.loads(clean[0]) == wide | {"note": ["回电〔电话〕"]}
    assert clean.to_list()[1:] == [None, '{"a":1}']


def test_codes_and_numbers_of_cases_are_not_scrubbed(kernel: Kernel) -> None:
    made = event(data={"case_id": "13812345678", "unit_code": "13812345679"})
    (parsed,) = kernel.parse(frame_of([made]))
    assert parsed.rows.select("case_id", "unit_code").row(0) == ("13812345678", "13812345679")


def test_every_text_that_a_person_may_have_typed_is_scrubbed_required_or_not() -> None:
    scrubbed = {field.name for one in contracts().values() for field in one.fields if is_free_text(field)}
    assert scrubbed == {"category_name", "status_native", "text", "reading_unit", "figure_unit"}
    assert is_free_text(replace(HOTLINE.field("text"), required=True))


def test_a_camera_event_outside_the_allow_list_loses_its_payload(kernel: Kernel) -> None:
    face = event(CAMERA, data={"detection_type": "face", "who": "someone"})
    broken = value_of(face)[:-2]
    (parsed,) = kernel.parse(frame([(key_of(face, CAMERA), value_of(face)), (None, broken)], CAMERA))
    assert parsed.rejects["rule"].to_list() == ["type_not_allowed", "not_json"]
    assert parsed.rejects.select("key", "value", "headers").null_count().row(0) == (2, 2, 2)


def test_a_reject_keeps_its_bytes_and_tells_city_and_source_only_when_they_are_real(kernel: Kernel) -> None:
    wrong = event(data={"channel": "pigeon"})
    foreign = event(data={"city_code": "13812345678"}, source="张三")
    (parsed,) = kernel.parse(frame_of([wrong, foreign]))
    assert parsed.rejects["value"].to_list() == [value_of(wrong), value_of(foreign)]
    assert parsed.rejects["city_code"].to_list() == ["shuifu", None]
    assert parsed.rejects["event_source"].to_list() == [wrong["source"], None]


def test_now_is_the_record_s_own_timestamp(kernel: Kernel) -> None:
    ahead = (READ_AT + timedelta(minutes=10, milliseconds=1)).isoformat(timespec="milliseconds") + "Z"
    made = frame_of([event(time=ahead, recordedtime=ahead)])
    later = made.with_columns(pl.col("timestamp") + pl.duration(milliseconds=1))
    assert (verdicts(kernel, made), verdicts(kernel, later)) == (["future_time"], [None])


def test_the_first_plausible_day_begins_at_the_city_s_own_midnight(kernel: Kernel) -> None:
    first = datetime(2009, 12, 31, 16)  # 2010-01-01 in 水富
    for name in ("time", "recordedtime"):
        before = event(**{name: (first - timedelta(milliseconds=1)).isoformat(timespec="milliseconds") + "Z"})
        made = [event(**{name: first.isoformat() + "Z"}), before]
        assert verdicts(kernel, frame_of(made)) == [None, "implausible_time"]


@pytest.mark.parametrize(
    ("city", "minutes", "late"), [("shuifu", 1440, False), ("shuifu", 1441, True), ("chicago", 99_999, False)]
)
def test_only_a_live_source_is_late_and_only_behind_its_limit(
    kernel: Kernel, city: str, minutes: int, late: bool
) -> None:
    happened = datetime(2026, 1, 5)
    known = (happened + timedelta(minutes=minutes)).isoformat() + "Z"
    made = event(data={"city_code": city}, time=happened.isoformat() + "Z", recordedtime=known)
    (parsed,) = kernel.parse(frame_of([made]))
    row = parsed.rows.row(0, named=True)
    assert (row["is_late"], row["late_by_minutes"]) == (late, minutes)
    assert row["known_at_utc"] == happened + timedelta(minutes=minutes)
    assert row["ingested_at_utc"] == READ_AT


def test_only_a_well_formed_origin_marks_a_replay(kernel: Kernel) -> None:
    right = f"{HOTLINE.topic}/0/17".encode()
    origins = [right, b"\xff\xff", b"no origin", None]
    headers = [None, *([(REPLAY_HEADER, one), ("x", REPLAY_HEADER.encode())] for one in origins)]
    events = [event(data={"case_id": str(i)}) for i in range(len(headers))]
    (parsed,) = kernel.parse(frame_of(events, headers=headers))
    assert parsed.rows["replay_of"].to_list() == [None, right.decode(), None, None, None]


def test_headers_come_back_byte_for_byte() -> None:
    headers = (("a", b"\x00\xff"), ("a", b""), ("空", None))
    assert unpack(pack(headers)) == headers
    assert (pack(None), unpack(None)) == (None, ())


def test_a_topic_without_a_contract_is_an_error_and_not_lost(kernel: Kernel) -> None:
    with pytest.raises(KeyError, match=r"city\.unknown\.v1"):
        kernel.parse(frame_of([event()]).with_columns(topic=pl.lit("city.unknown.v1")))


@pytest.mark.parametrize(
    ("without", "method"),
    [
        ({"longitude", "latitude"}, "declared"),
        ({"area_code"}, "polygon"),
        ({"longitude", "latitude", "area_code"}, "none"),
    ],
)
def test_a_topic_without_point_or_area_lands_and_says_how_it_was_located(
    kernel: Kernel, without: set[str], method: str
) -> None:
    poorer = replace(HOTLINE, fields=tuple(field for field in HOTLINE.fields if field.name not in without))
    made = event(data={"longitude": 104.4152, "latitude": 28.6288, "area_code": "530681001001"})
    made["data"] = {name: value for name, value in made["data"].items() if name not in without}
    (parsed,) = replace(kernel, contracts={HOTLINE.topic: poorer}).parse(frame_of([made]))
    assert parsed.rows["locate_method"].to_list() == [method]
    assert parsed.rows["extra"].to_list() == [None]
    assert parsed.rows.schema == row_schema(poorer)


def test_a_new_contract_needs_no_new_code(kernel: Kernel) -> None:
    fields = (
        *HOTLINE.fields,
        replace(
            HOTLINE.field("longitude"), name="visits", logical_type="integer", maximum=None, drop_out_of_range=False
        ),
    )
    grown = replace(HOTLINE, fields=fields)
    richer = replace(kernel, contracts={HOTLINE.topic: grown})
    values: list[Any] = [3, 2.0, 10**30, -181, None]
    made = [event(data={"case_id": str(i), "visits": value}) for i, value in enumerate(values)]
    assert verdicts(richer, frame_of(made)) == [None, "wrong_type", "out_of_range", "out_of_range", None]
    (parsed,) = richer.parse(frame_of(made))
    assert parsed.rows["visits"].to_list() == [3, None]

"""What a batch held that nobody knows is counted by city and named, unless the name may be somebody's."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from streams.jobs.service import kernel
from streams.privacy.scrub import scrub_text
from streams.reference.registry import rows
from streams.settings import CHECKOUT
from streams.transforms.dedupe import KNOWN_SCHEMA, decide, identified
from streams.transforms.findings import ARRIVALS, NAMES, OTHER, Registers, arrivals, findings
from streams.transforms.findings import REGISTERS as FIELDS
from tests.fixtures.records import CAMERA, HOTLINE, event, frame, key_of, value_of

REGISTERS = Registers.build(rows)


def decided(events: list[dict[str, Any]], one: Any = HOTLINE) -> tuple[pl.DataFrame, pl.DataFrame]:
    pairs = [(key_of(made, one), value_of(made)) for made in events]
    (parsed,) = kernel().parse(frame([*pairs, (b"x", b"{")], one))
    return decide(identified(parsed.rows, one.topic), KNOWN_SCHEMA.to_frame()), parsed.rejects


def ticket(number: int, **data: Any) -> dict[str, Any]:
    known = {"unit_code": "urban_management", "category_scheme": "shuifu-12345", "category_code": "0101"}
    return event(data={"case_id": f"find-{number}", "area_code": "530681001", **known, **data})


def told(events: list[dict[str, Any]], one: Any = HOTLINE) -> list[tuple[Any, ...]]:
    landed = decided(events, one)[0].filter(pl.col("verdict") == "landed")
    return findings(landed, REGISTERS, scrub_text).rows()


def test_every_record_of_a_batch_has_one_fate_in_its_citys_counts() -> None:
    same = ticket(1)
    other = same | {"data": same["data"] | {"unit_code": "wind_office"}}
    late = ticket(2, unit_code="moon") | {"recordedtime": "2026-11-22T07:00:00Z"}
    events = [same, same, other, late]
    counts = arrivals(*decided(events), REGISTERS)
    assert counts.columns == ["city_code", *ARRIVALS]
    assert counts.rows() == [("", 0, 0, 0, 1, 0, 0), ("shuifu", 2, 1, 1, 1, 1, 0)]


def test_codes_that_a_register_has_are_not_told() -> None:
    grid = next(rows("grid"))["grid_code"]
    assert told([ticket(1), ticket(2, area_code=grid), ticket(3, unit_code=None, category_code=None)]) == []


def test_an_unknown_code_is_told_with_its_field_and_a_category_with_its_scheme() -> None:
    found = told([ticket(1, unit_code="moon"), ticket(2, unit_code="moon"), ticket(3, category_code="9999")])
    assert found == [
        ("shuifu", "unknown_code", "category_code", "shuifu-12345/9999", 1),
        ("shuifu", "unknown_code", "unit_code", "moon", 2),
    ]
    seen = event(CAMERA, data={"device_id": "CAM-000000-0001", "unit_code": None, "area_code": None})
    assert told([seen], CAMERA) == [("shuifu", "unknown_code", "device_id", "CAM-000000-0001", 1)]


def test_a_city_without_a_register_can_have_no_unknown_code() -> None:
    assert "chicago" not in REGISTERS.cities["device_id"]
    seen = event(CAMERA, data={"city_code": "chicago", "device_id": "any"}, source="/chicago/cameras")
    assert not [one for one in told([seen], CAMERA) if one[2] == "device_id"]


def test_a_new_field_is_told_by_its_name_alone() -> None:
    found = told([ticket(1, colour="blue"), ticket(2, colour="red", _附言="好")])
    assert found == [("shuifu", "new_field", "_附言", "", 1), ("shuifu", "new_field", "colour", "", 2)]


def test_a_name_that_may_be_personal_data_is_not_shown() -> None:
    secrets = ("13812345678", "欧阳娜娜", "张三的电话", "a b")
    found = told([ticket(number, unit_code=one, **{one: 1}) for number, one in enumerate(secrets)])
    assert found == [
        ("shuifu", "new_field", OTHER, "", 4),
        ("shuifu", "unknown_code", "unit_code", OTHER, 4),
    ]


def test_noise_does_not_grow_the_tables() -> None:
    found = told([ticket(number, unit_code=f"noise-{number}") for number in range(NAMES + 20)])
    assert len(found) == NAMES + 1
    assert sum(one[4] for one in found) == NAMES + 20


@pytest.mark.parametrize("field", FIELDS)
def test_data_health_has_a_chinese_word_for_each_field_whose_codes_may_be_unknown(field: str) -> None:
    assert f"when '{field}' then '" in (CHECKOUT / "streams/warehouse/views.sql").read_text()

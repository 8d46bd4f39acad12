"""A point that can't be true costs the point, never the record, and is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from streams.contracts.registry import cities
from streams.transforms.findings import Registers, findings
from streams.transforms.kernel import Kernel
from tests.fixtures.records import HOTLINE, event, frame_of

HERE = (104.40, 28.60)


def rows_of(kernel: Kernel, points: list[tuple[Any, Any]], **data: Any) -> pl.DataFrame:
    made = [
        event(data={"case_id": f"P{number}", "longitude": x, "latitude": y, **data})
        for number, (x, y) in enumerate(points)
    ]
    (parsed,) = kernel.parse(frame_of(made))
    assert parsed.rejects.is_empty(), "a bad point is no reason to refuse the record"
    assert parsed.rows.height == len(points)
    return parsed.rows


@pytest.mark.parametrize(
    ("point", "why"),
    [
        (HERE, None),
        ((104.5, 28.7), None),  # just outside: a neighbour's street
        ((None, None), None),
        ((0, 0), "point=zero"),
        ((0.00001, -0.00001), "point=zero"),
        ((0.009, 0.009), "point=zero"),
        ((28.60, 104.40), "point=swapped"),
        ((104.40, None), "point=half"),
        ((None, 28.60), "point=half"),
        ((-87.6, 41.9), "point=far"),
        ((116.4, 39.9), "point=far"),
        ((181, 28.6), "point=out_of_range"),
        ((104.4, 286.28), "point=out_of_range"),
        ((10**400, 28.6), "point=out_of_range"),
    ],
)
def test_a_point_that_can_t_be_true_goes_and_the_case_stays(
    plain_kernel: Kernel, point: tuple[Any, Any], why: str | None
) -> None:
    rows = rows_of(plain_kernel, [point])
    told = rows.select("left_out", "longitude", "latitude").row(0)
    assert told == (why, *((None, None) if why else point))


def test_a_case_whose_point_went_is_located_by_the_area_that_it_names(plain_kernel: Kernel) -> None:
    area = event()["data"]["area_code"]
    rows = rows_of(plain_kernel, [(0, 0), (None, None)], area_code=area)
    assert rows["locate_method"].to_list() == ["declared", "declared"]
    assert rows["street_code"].n_unique() == 1


def test_the_same_event_with_another_bad_point_is_a_contradiction_all_the_same(plain_kernel: Kernel) -> None:
    assert rows_of(plain_kernel, [(0, 0), (28.6, 104.4)], case_id="one")["content_hash"].n_unique() == 2


def test_a_city_without_bounds_keeps_a_far_point_and_drops_0_0(plain_kernel: Kernel) -> None:
    unbounded = {code: replace(city, bounds=None) for code, city in cities().items()}
    rows = rows_of(replace(plain_kernel, cities=unbounded), [(116.4, 39.9), (0, 0)])
    assert rows["left_out"].to_list() == [None, "point=zero"]


def test_what_was_left_out_is_counted_by_reason(plain_kernel: Kernel) -> None:
    rows = rows_of(plain_kernel, [(0, 0), (0, 0), (28.60, 104.40), HERE])
    told = findings(rows, Registers({}, {}), lambda texts: texts)
    assert told.rows() == [
        ("shuifu", "left_out", "point", "swapped", 1),
        ("shuifu", "left_out", "point", "zero", 2),
    ]


def test_every_topic_with_optional_coordinates_lets_the_point_go() -> None:
    from streams.contracts.registry import contracts

    given = [field for one in contracts().values() for field in one.fields if field.name in ("longitude", "latitude")]
    assert len(given) >= 2 and all(field.drop_out_of_range for field in given if not field.required)
    assert HOTLINE.field("latitude") in given

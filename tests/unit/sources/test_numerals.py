"""Numbers as sources write them, and identifiers that a spreadsheet has damaged."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sources.numerals import damaged, identifiers, number, part, whole_number


def of(expression: pl.Expr, *texts: str | None) -> list[object]:
    return pl.DataFrame({"t": texts}, schema={"t": pl.String}).select(expression).to_series().to_list()


T = pl.col("t")


@pytest.mark.parametrize(
    ("decimal", "text", "value"),
    [
        (".", "52.5163", 52.5163),
        (".", "-1,234,567.5", -1234567.5),
        (".", "1,234", 1234.0),
        (".", "52,5163", None),
        (".", "1e3", 1000.0),
        (".", "12件", None),
        (",", "52,5163", 52.5163),
        (",", "-13,4", -13.4),
        (",", "1.234,5", 1234.5),
        (",", "1 234,5", 1234.5),
        (",", "1\u202f234", 1234.0),
        (",", "1.234", 1234.0),
        (",", "52.5163", None),
        (",", "7", 7.0),
        (",", None, None),
    ],
)
def test_a_number_is_read_by_the_decimals_of_its_file(decimal: str, text: str | None, value: float | None) -> None:
    assert of(number(T, decimal), text) == [value]


def test_thousands_are_believed_only_in_a_column_without_decimal_commas() -> None:
    assert of(number(T, "."), "1,234", "12") == [1234.0, 12.0]
    assert of(number(T, "."), "1,234", "2,5", "12") == [None, None, 12.0]
    assert of(number(T, ","), "1.234", "2.5", "3,5") == [None, None, 3.5]


@given(st.floats(-1e6, 1e6).map(lambda value: round(value, 4)))
def test_any_number_written_either_way_is_itself(value: float) -> None:
    english = f"{value:,.4f}"
    german = english.translate({ord(","): ".", ord("."): ","})
    assert of(number(T, "."), english) == of(number(T, ","), german) == [value]


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("12.0", 12), ("1,200", 1200), ("12.5", None), ("9007199254740993", 2**53 + 1)]
)
def test_a_whole_number_may_be_written_with_a_zero_behind_the_point(text: str, value: int | None) -> None:
    assert of(whole_number(T, "."), text) == [value]


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("(39.7, -105.0)", "39.7", "-105.0"),
        ("POINT (-105.0 39.7)", "-105.0", "39.7"),
        ("[-105.0,39.7]", "-105.0", "39.7"),
        ('["-105.0", "39.7"]', "-105.0", "39.7"),
        ("POINT EMPTY", None, None),
    ],
)
def test_the_numbers_of_a_cell_are_told_by_their_place(cell: str, first: str | None, last: str | None) -> None:
    assert of(part(T, 1, "."), cell) == [first]
    assert of(part(T, -1, "."), cell) == [last]


def test_an_address_ahead_of_a_point_and_decimal_commas_do_no_harm() -> None:
    cell = "1200 Main St 5\n(39.7, -105.0)"
    assert of(part(T, -2, "."), cell) == ["39.7"]
    assert of(part(T, 1, ","), "52,5163; 13,3777") == ["52,5163"]
    assert of(part(T, 3, "."), "1 2") == [None]


@pytest.mark.parametrize(
    ("texts", "are_damaged"),
    [
        (["2.02601E+11", "2.02601E+11"], [True, True]),
        (["2,02601E+11", "2E+11"], [True, True]),
        (["2.02601051234568E+19"], [True]),
        (["20260105123456700000", "20260105123456800000"], [True, True]),
        (["20260105123456700000", "20260105123456789001"], [False, False]),  # one that ends so by chance
        (["20260105123456700000"], [False]),
        (["202601051234567", "1E5", "A-2E+11", "7", None], [False, False, False, False, None]),
        (["20260105123456789.0"], [True]),
    ],
)
def test_an_identifier_that_lost_digits_is_known(texts: list[str | None], are_damaged: list[bool | None]) -> None:
    assert of(damaged(T), *texts) == are_damaged


def test_identifiers_written_as_numbers_lose_their_end_where_all_have_it() -> None:
    assert identifiers(pl.Series(["12.0", None, "7.0"])).to_list() == ["12", None, "7"]
    assert identifiers(pl.Series(["12.0", "7"])).to_list() == ["12.0", "7"]  # two numbers of one kind: versions
    assert identifiers(pl.Series([None], dtype=pl.String)).to_list() == [None]

"""Times as sources write them: eras, orders of day and month, midnights, serials, Chinese hours."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.sources.times import SERIAL_DAYS, Times, read, rivals

ALL = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y年%m月%d日 %H:%M:%S"),
    *("%Y年%m月%d日 %H:%M", "%Y年%m月%d日"),
)


def said(text: str | None, *formats: str, zone: str | None = "Asia/Shanghai", era: str = "common") -> str | None:
    [moment] = read(pl.Series([text], dtype=pl.String), Times(formats or ALL, zone, era=era)).to_list()
    return None if moment is None else str(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("112/05/06 08:00", None),  # 民国, unless the mapping says so
        ("2566-05-06 08:00", None),
        ("26/05/06 08:00", None),
        ("2021/2/30", None),
        ("1900-01-00 08:00", None),
        ("1899-12-30 08:00", None),
        ("3020-05-06 08:00", None),
        ("2026/1/5", "2026-01-05 00:00:00"),
        ("2026-01-05 24:00:00", "2026-01-06 00:00:00"),
        ("2024-02-28 24:00", "2024-02-29 00:00:00"),
        ("2026-01-05 12:24:00", "2026-01-05 12:24:00"),
        ("2026-01-05 25:00", None),
        ("2023年5月6日 下午3点", "2023-05-06 15:00:00"),
        ("2023年5月6日下午3点半", "2023-05-06 15:30:00"),
        ("2023年5月6日 上午12:30", "2023-05-06 00:30:00"),
        ("2023年5月6日 下午12:30", "2023-05-06 12:30:00"),
        ("2023年5月6日 中午12点", "2023-05-06 12:00:00"),
        ("2023年5月6日 中午1点", "2023-05-06 13:00:00"),
        ("2023年5月6日 凌晨2点05分", "2023-05-06 02:05:00"),
        ("2023年5月6日 晚上8点整", "2023-05-06 20:00:00"),
        ("2023年5月6日 9点05分30秒", "2023-05-06 09:05:30"),
        ("2023年5月6日 晚上12点", None),  # of which day, nobody knows
        ("2023年5月6日 上午15点", None),
        ("2026/1/5 下午 3:00", "2026-01-05 15:00:00"),
        ("２０２６-０１-０５ ０８：００", "2026-01-05 08:00:00"),
        (None, None),
        ("昨天下午", None),
    ],
)
def test_a_moment_is_read_as_it_was_meant_or_not_at_all(text: str | None, moment: str | None) -> None:
    assert said(text) == moment


@pytest.mark.parametrize(
    ("text", "form", "era", "moment"),
    [
        ("112/05/06 08:00", "%Y/%m/%d %H:%M", "roc", "2023-05-06 08:00:00"),
        ("民国113年2月29日", "%Y年%m月%d日", "roc", "2024-02-29 00:00:00"),  # 113 has no leap day, 2024 has
        ("1120506", "%Y%m%d", "roc", "2023-05-06 00:00:00"),
        ("99.1.2", "%Y.%m.%d", "roc", "2010-01-02 00:00:00"),
        ("2566-05-06 08:00", "%Y-%m-%d %H:%M", "buddhist", "2023-05-06 08:00:00"),
        ("29/02/2567", "%d/%m/%Y", "buddhist", "2024-02-29 00:00:00"),
        ("2023-05-06 08:00", "%Y-%m-%d %H:%M", "buddhist", None),
        ("2023-05-06 08:00", "%Y-%m-%d %H:%M", "roc", None),
        ("26/05/06", "%y/%m/%d", "common", "2026-05-06 00:00:00"),
    ],
)
def test_years_are_of_the_era_that_the_mapping_says(text: str, form: str, era: str, moment: str | None) -> None:
    assert said(text, form, era=era) == moment


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(1912, 1, 1), datetime(2155, 1, 1)))
def test_every_day_of_an_era_is_the_same_day_of_the_common_one(moment: datetime) -> None:
    for era, years in (("roc", -1911), ("buddhist", 543)):
        text = f"{moment.year + years}/{moment:%m/%d %H:%M}"
        if moment.year + years > 9:
            assert said(text, "%Y/%m/%d %H:%M", era=era) == str(moment.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("46027.3333333333", SERIAL_DAYS, "2026-01-05 08:00:00"),
        ("46028", SERIAL_DAYS, "2026-01-06 00:00:00"),
        ("0", SERIAL_DAYS, None),
        ("20260105", SERIAL_DAYS, None),
        ("inf", SERIAL_DAYS, None),
        ("2025", "%Y", "2025-01-01 00:00:00"),
        ("2025-03", "%Y-%m", "2025-03-01 00:00:00"),
        ("2025 3月", "%Y %m月", "2025-03-01 00:00:00"),
        ("2025-03-04 05", "%Y-%m-%d %H", "2025-03-04 05:00:00"),
    ],
)
def test_serials_and_whole_years_months_and_hours_are_moments(text: str, form: str, moment: str | None) -> None:
    assert said(text, form) == moment


@settings(max_examples=100, deadline=None)
@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)))
def test_a_serial_of_fifteen_digits_tells_each_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    assert said(f"{serial:.15g}", SERIAL_DAYS) == str(moment)


def test_values_with_an_offset_of_their_own_may_say_24_hours_too() -> None:
    assert said("2026-01-05T24:00:00+08:00", "%+", zone=None) == "2026-01-05 16:00:00"


def test_the_first_format_that_fits_reads_a_value_and_the_others_the_rest() -> None:
    values = pl.Series(["2026-01-05 08:00", "x", None, "2026/01/06 09:00", "2026-01-05 08:00:01"])
    assert [moment and f"{moment:%d %H:%M:%S}" for moment in read(values, Times(ALL, "UTC")).to_list()] == [
        "05 08:00:00", None, None, "06 09:00:00", "05 08:00:01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("formats", "are_rivals"),
    [
        (("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"), True),
        (("%d/%m/%Y %H:%M", "%m/%d/%Y"), True),
        (("%y/%m/%d", "%d/%m/%y"), True),
        (("%Y/%m/%d", "%Y/%d/%m"), True),
        (("%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d", "%d.%m.%Y"), False),
        (("%Y-%m-%d", "%d-%m-%Y"), False),
        (ALL, False),
    ],
)
def test_two_orders_of_day_and_month_are_rivals(formats: tuple[str, ...], are_rivals: bool) -> None:
    assert (rivals(formats) is not None) is are_rivals

"""Times as sources write them: texts of a column -> moments, and local ones -> UTC.

One column, one meaning: its formats never hold two orders of day and month, so no value decides for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import polars as pl

EPOCHS = {"epoch_s": 1000, "epoch_ms": 1}
"""Time formats that are counts since 1970 UTC -> milliseconds in one."""

SERIAL_DAYS = "serial_days"
"""Time format of a workbook's bare date: days, with their fraction, of the local clock since 1899-12-30."""

SERIAL_EPOCH_DAYS, DAY_MS = 25_569, 86_400_000
"""1970-01-01 as a serial; milliseconds in a day."""

ERAS = {"common": 0, "roc": 1911, "buddhist": -543}
"""Era of the years in a column -> years to add (民国, พุทธศักราช)."""

YEARS = (1900, 2199)
"""Years that a source may mean; 0026, 1899-12-30 and 3020 are slips or another era."""

_END_OF_DAY = r"(^|[\sT日])24:00((?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)$"

_TWO_DIGITS = ("%m", "%d", "%H", "%I", "%M", "%S")


@dataclass(frozen=True)
class Times:
    """How a source writes its times: `strptime` formats in the order to try, zone, era, and what a clock change does.

    A format without day, month or minutes means the first of them: `%Y` is New Year's Day.
    """

    formats: tuple[str, ...]
    zone: str | None
    """IANA name; None where the values carry their own offset."""
    twice: str = "earliest"
    skipped: str = "reject"
    era: str = "common"


def rivals(formats: tuple[str, ...]) -> tuple[str, str] | None:
    """Two formats that read one text as two days (day first, month first), if there are such."""
    seen: dict[str, tuple[str, str]] = {}
    for form in formats:
        day = re.split(r"[ T]*%[HIpTR+]", form, maxsplit=1)[0]
        first, other = seen.setdefault(re.sub("%[mdy]", "%", day), (day, form))
        if first != day:
            return other, form
    return None


def read(values: pl.Series, times: Times) -> pl.Series:
    """Datetime("ms") without zone: the clock of `times.zone`, or UTC where values carry their own offset.

    Null where no format fits or the year is none of YEARS. 24:00 is the next midnight; 下午3点 is 15:00.
    """
    texts = plain(values)
    ends_day = texts.str.contains(_END_OF_DAY).fill_null(False)
    if ends_day.any():
        texts = texts.str.replace(_END_OF_DAY, "${1}00:00${2}")
    found = pl.Series(values.name, dtype=pl.Datetime("ms")).extend_constant(None, len(values))
    for form in times.formats:
        is_open = found.is_null() & texts.is_not_null()
        if not is_open.any():
            break
        rest = texts if is_open.all() else texts.to_frame().select(pl.when(is_open).then(pl.first())).to_series()
        moments = _read(rest, form, times)
        found = moments if found.null_count() == len(found) else moments.zip_with(is_open, found)
    if ends_day.any():
        found = found.dt.offset_by("1d").zip_with(ends_day, found)
    is_meant = found.dt.year().is_between(*YEARS)
    return found if is_meant.all() else found.to_frame().select(pl.when(is_meant).then(pl.first())).to_series()


def in_utc(local: pl.Expr, times: Times, began: pl.Expr | None) -> pl.Expr:
    """Moments of `read` in UTC, without zone.

    An hour that the clocks repeat is read as `times.twice` says, but never before `began`, the local time at which
    the row's case began; one that they skip is null or read as if the clocks had not moved (`forward`).
    """
    if times.zone is None:
        return local
    early = _placed(local, times, "earliest")
    if times.twice == "reject":
        return pl.when(early == _placed(local, times, "latest")).then(early)
    late = _placed(local, times, "latest")
    if times.twice == "latest":
        return late
    if began is None:
        return early
    return pl.when(early < began).then(late).otherwise(early)


def _placed(local: pl.Expr, times: Times, twice: Any) -> pl.Expr:
    zone = str(times.zone)

    def utc(moment: pl.Expr) -> pl.Expr:
        placed = moment.dt.replace_time_zone(zone, ambiguous=twice, non_existent="null")
        return placed.dt.convert_time_zone("UTC").dt.replace_time_zone(None)

    if times.skipped == "reject":
        return utc(local)
    # The same distance from an hour before, when the old offset still held.
    return pl.coalesce(utc(local), utc(local.dt.offset_by("-1h")).dt.offset_by("1h"))


# --- one format -------------------------------------------------------------------------------------------


def _read(texts: pl.Series, form: str, times: Times) -> pl.Series:
    if form in EPOCHS:
        return (texts.cast(pl.Int64, strict=False) * EPOCHS[form]).cast(pl.Datetime("ms"))
    if form == SERIAL_DAYS:
        days = texts.cast(pl.Float64, strict=False)
        days = days.to_frame().select(pl.when(pl.first().is_between(1, 200_000)).then(pl.first())).to_series()
        return ((days - SERIAL_EPOCH_DAYS) * DAY_MS).round().cast(pl.Int64, strict=False).cast(pl.Datetime("ms"))
    if times.era != "common":
        texts = _in_common_years(texts, form, ERAS[times.era])
    missing = "".join(f" {one}" for one in ("%m", "%d") if one not in form and "%Y" in form and "%j" not in form)
    missing += " %M" if "%H" in form and "%M" not in form else ""
    if missing:
        texts, form = texts + re.sub("%[md]", "01", missing).replace("%M", "00"), form + missing
    zone = "UTC" if times.zone is None else None
    moments = texts.str.to_datetime(form, time_unit="ms", time_zone=zone, strict=False)
    return moments.dt.replace_time_zone(None)


def _in_common_years(texts: pl.Series, form: str, n_years: int) -> pl.Series:
    """The year that stands at the format's %Y, counted in common years; as text, for leap days are of these."""
    if "%Y" not in form:
        return texts
    parts = texts.str.extract_groups(_around_the_year(form)).struct.unnest()
    common = parts.to_series(1).cast(pl.Int64) + n_years
    return parts.to_series(0) + common.cast(pl.String) + parts.to_series(2)


def _around_the_year(form: str) -> str:
    """Regular expression of three groups: what stands ahead of the year, the year, what stands behind it."""
    parts = re.findall(r"%\.?.|[^%]+", form)
    found = r"^(?:民国|民國)?("
    for before, part, behind in zip(["", *parts], parts, [*parts[1:], ""], strict=False):
        if part == "%Y":
            found += r")(\d{2,4})("
        elif part in _TWO_DIGITS:  # all of them where no literal tells where they end
            found += r"\d{2}" if before.startswith("%") or behind.startswith("%") else r"\d{1,2}"
        else:
            found += ".*?" if part.startswith("%") else re.escape(part)
    return f"{found})$"


# --- texts ------------------------------------------------------------------------------------------------

_WIDE = {"：": ":", "／": "/", "－": "-", "\u3000": " ", **{chr(0xFF10 + digit): str(digit) for digit in range(10)}}

_CHINESE_HOUR = re.compile(
    r"\s*(?P<part>凌晨|早上|上午|中午|下午|晚上)?\s*(?P<hour>\d{1,2})"
    r"(?:[点點时時:](?:(?P<half>半)|(?P<minute>\d{1,2})(?:[分:](?:(?P<second>\d{1,2}(?:\.\d+)?)秒?)?)?|整)?)?\s*$"
)
_NAMES_HOUR = "凌晨|早上|上午|中午|下午|晚上|[点點]"
_AFTERNOON, _MORNING = ("中午", "下午", "晚上"), ("凌晨", "早上", "上午")


def plain(values: pl.Series) -> pl.Series:
    """Texts with digits and colons of one width, and Chinese times of day as 24-hour ones."""
    if values.str.contains("[０-９：／－\u3000]").any():
        values = values.str.replace_many(_WIDE)
    odd = values.filter(values.str.contains(_NAMES_HOUR).fill_null(False)).unique()
    if odd.is_empty():
        return values
    return values.replace(odd, pl.Series([_with_24_hours(text) for text in odd], dtype=pl.String))


def _with_24_hours(text: str) -> str:
    """`2026年1月5日 下午3点` -> `2026年1月5日 15:00`; as it is where it says no hour of a day."""
    found = _CHINESE_HOUR.search(text)
    if found is None:
        return text
    part, hour = found["part"], int(found["hour"])
    if part == "晚上" and hour == 12:
        return text  # midnight before or behind that day: nobody knows
    if part in _AFTERNOON and hour < (11 if part == "中午" else 12):
        hour += 12
    elif part in _MORNING:
        if hour > 12:
            return text
        hour %= 12
    minute = "30" if found["half"] else (found["minute"] or "0").zfill(2)
    second = f":{found['second'].zfill(2)}" if found["second"] else ""
    ahead = text[: found.start()]
    return f"{ahead}{' ' if ahead else ''}{hour:02d}:{minute}{second}"

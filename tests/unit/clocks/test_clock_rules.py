"""Each rule of the clocks, and each complaint that users of such systems made in public, with the value by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.clocks import calendars
from streams.clocks.clock import MINUTE_US, OPEN, Pauses, due, worked_us
from streams.errors import CityBrainError
from tests.unit.clocks.hours import with_hours

CHINA = calendars.of_city("shuifu")
CHICAGO = calendars.of_city("chicago")


def at(text: str, calendar: calendars.WorkCalendar = CHINA) -> int:
    return calendars.instant_us(datetime.fromisoformat(text).replace(tzinfo=calendar.zone))


def paused(*spans: tuple[str, str | None], calendar: calendars.WorkCalendar = CHINA) -> Pauses:
    return Pauses.of_one([(at(start, calendar), OPEN if end is None else at(end, calendar)) for start, end in spans])


def due_at(
    clock: str,
    limit: int,
    start: str,
    *spans: tuple[str, str | None],
    calendar: calendars.WorkCalendar = CHINA,
    **rule: Any,
) -> str | None:
    """Local due time, `~` before it where it is provisional; None while the case is paused."""
    found = due(calendar, clock, [limit], [at(start, calendar)], paused(*spans, calendar=calendar), **rule)
    if found.is_paused[0]:
        return None
    local = calendars.moment_of(int(found.due_us[0]), calendar.zone).replace(tzinfo=None)
    return "~" * bool(found.is_provisional[0]) + local.isoformat(" ", "minutes")


def worked(start: str, end: str, *spans: tuple[str, str | None], calendar: calendars.WorkCalendar = CHINA) -> int:
    found = worked_us(calendar, [at(start, calendar)], [at(end, calendar)], paused(*spans, calendar=calendar))
    return int(found[0] // MINUTE_US)


# The rules


def test_an_hour_clock_that_ends_at_a_break_is_due_at_the_break_and_not_the_next_morning() -> None:
    assert due_at("work_hour", 2, "2026-11-30 10:00") == "2026-11-30 12:00"
    assert due_at("work_hour", 4, "2026-11-30 16:00") == "2026-12-01 10:00"
    assert due_at("work_hour", 2, "2026-11-30 16:00") == "2026-11-30 18:00"


def test_an_hour_clock_that_starts_outside_the_hours_waits_for_them() -> None:
    assert due_at("work_hour", 1, "2026-11-28 03:00") == "2026-11-30 09:00"  # Saturday night
    assert due_at("work_hour", 1, "2026-11-30 12:30") == "2026-11-30 15:00"


def test_the_urgent_hour_runs_day_and_night_and_on_days_off() -> None:
    assert due_at("urgent_hour", 24, "2026-10-01 23:30") == "2026-10-02 23:30"


def test_day_one_is_the_first_counted_day_after_the_receipt() -> None:
    assert due_at("work_day", 1, "2026-11-28 10:00") == "2026-12-01 00:00"  # Saturday: all of Monday
    assert due_at("work_day", 1, "2026-11-30 10:00") == "2026-12-02 00:00"  # Monday: all of Tuesday
    assert due_at("natural_day", 1, "2026-11-28 10:00") == "2026-11-30 00:00"


def test_make_up_days_are_working_days_and_holidays_are_not() -> None:
    # 2026: 1 to 7 October off, Sunday 20 September and Saturday 10 October worked.
    assert due_at("work_day", 5, "2026-09-28 09:00") == "2026-10-11 00:00"
    assert due_at("work_hour", 3, "2026-09-30 17:00") == "2026-10-08 10:00"
    assert worked("2026-09-19 00:00", "2026-09-21 00:00") == 480
    assert due_at("natural_day", 5, "2026-09-28 09:00") == "2026-10-04 00:00"


def test_a_natural_day_deadline_moves_off_a_holiday_only_where_the_rule_says_so() -> None:
    assert due_at("natural_day", 3, "2026-09-28 09:00") == "2026-10-02 00:00"
    assert due_at("natural_day", 3, "2026-09-28 09:00", rolls_to_workday=True) == "2026-10-09 00:00"
    assert due_at("natural_day", 2, "2026-09-28 09:00", rolls_to_workday=True) == "2026-10-01 00:00"


def test_a_city_may_end_its_days_at_six() -> None:
    assert due_at("work_day", 1, "2026-11-30 10:00", day_end_minutes=18 * 60) == "2026-12-01 18:00"


def test_pauses_count_once_where_they_overlap() -> None:
    spans = (("2026-11-30 10:00", "2026-11-30 11:00"), ("2026-11-30 10:30", "2026-11-30 11:30"))
    assert due_at("work_hour", 3, "2026-11-30 09:00", *spans) == "2026-11-30 15:30"
    assert due_at("work_hour", 3, "2026-11-30 09:00", *spans[::-1]) == "2026-11-30 15:30"
    assert worked("2026-11-30 09:00", "2026-11-30 12:00", *spans) == 90


def test_a_pause_after_the_deadline_cures_nothing() -> None:
    assert due_at("work_hour", 1, "2026-11-30 09:00", ("2026-11-30 10:00", "2026-12-04 10:00")) == "2026-11-30 10:00"
    assert due_at("work_day", 1, "2026-11-26 09:00", ("2026-11-28 00:00", "2026-12-20 00:00")) == "2026-11-28 00:00"


def test_a_day_clock_is_lengthened_by_whole_counted_days_alone() -> None:
    # Tuesday noon to Friday noon holds Wednesday and Thursday.
    assert due_at("work_day", 3, "2026-11-23 09:00", ("2026-11-24 12:00", "2026-11-27 12:00")) == "2026-12-01 00:00"
    assert due_at("work_day", 3, "2026-11-23 09:00", ("2026-11-24 09:00", "2026-11-24 18:00")) == "2026-11-27 00:00"
    # Two pauses that meet at midnight hold the day between them.
    meeting = (("2026-11-24 12:00", "2026-11-25 10:00"), ("2026-11-25 10:00", "2026-11-26 00:00"))
    assert due_at("work_day", 3, "2026-11-23 09:00", *meeting) == "2026-11-28 00:00"


def test_an_open_pause_leaves_no_deadline_unless_it_was_passed_before() -> None:
    assert due_at("work_hour", 4, "2026-11-30 09:00", ("2026-11-30 10:00", None)) is None
    assert due_at("work_hour", 1, "2026-11-30 09:00", ("2026-11-30 10:00", None)) == "2026-11-30 10:00"
    # The limit ends with Monday, 30 November: a pause from then on is too late, one that begins on that day is not.
    assert due_at("work_day", 5, "2026-11-23 09:00", ("2026-12-01 00:00", None)) == "2026-12-01 00:00"
    assert due_at("work_day", 5, "2026-11-23 09:00", ("2026-11-30 17:00", None)) is None


def test_a_year_without_a_calendar_makes_provisional_what_depends_on_it() -> None:
    assert due_at("work_day", 1, "2026-12-30 10:00") == "2027-01-01 00:00"  # the whole of 31 December: still 2026
    assert due_at("work_day", 2, "2026-12-30 10:00") == "~2027-01-02 00:00"
    assert due_at("work_hour", 8, "2026-12-31 16:00") == "~2027-01-01 16:00"
    assert due_at("natural_day", 60, "2026-12-30 10:00") == "2027-03-01 00:00"  # no calendar can move it
    assert due_at("urgent_hour", 48, "2026-12-30 10:00") == "2027-01-01 10:00"


# What users of other systems complained of


def test_a_day_of_24_hours_loses_no_minute_at_midnight() -> None:
    around = calendars.lay_out(with_hours("china", "00:00-24:00"), "Asia/Shanghai", last_year=2026)
    assert worked("2026-11-30 00:00", "2026-12-05 00:00", calendar=around) == 5 * 1440
    assert due_at("work_hour", 36, "2026-11-30 12:00", calendar=around) == "2026-12-02 00:00"
    with pytest.raises(CityBrainError, match=r"23:59.*no window"):
        calendars.window("00:00-23:59")


def test_an_instant_means_the_same_in_every_zone() -> None:
    utc = datetime.fromisoformat("2026-11-30T02:00:00+00:00")
    assert calendars.instant_us(utc) == at("2026-11-30 10:00")
    assert calendars.instant_us(utc.astimezone(ZoneInfo("America/Chicago"))) == at("2026-11-30 10:00")


def test_a_local_day_and_not_the_day_in_utc_decides_what_is_counted() -> None:
    # 00:30 on Tuesday in China is Monday in UTC; the first counted day is Wednesday.
    assert due_at("work_day", 1, "2026-12-01 00:30") == "2026-12-03 00:00"


def test_a_pause_that_ends_with_the_case_itself_is_not_forgotten() -> None:
    assert worked("2026-02-02 09:00", "2026-08-03 09:00", ("2026-02-02 11:00", "2026-08-03 09:00")) == 120


def test_a_pause_that_starts_on_a_holiday_pauses() -> None:
    spans = (("2026-10-03 10:00", "2026-10-09 00:00"),)
    assert due_at("work_hour", 8, "2026-09-30 14:00", *spans) == "2026-10-09 12:00"
    assert due_at("work_day", 1, "2026-09-30 14:00", *spans) == "2026-10-10 00:00"


def test_lunch_hours_are_not_worked() -> None:
    assert worked("2026-11-30 11:00", "2026-11-30 15:00") == 120
    assert worked("2026-11-30 12:00", "2026-11-30 14:00") == 0


def test_a_night_shift_runs_over_midnight_and_belongs_to_the_day_it_began() -> None:
    nights = calendars.lay_out(with_hours("china", "22:00-30:00"), "Asia/Shanghai", last_year=2026)
    assert worked("2026-11-27 22:00", "2026-11-28 06:00", calendar=nights) == 480  # Friday's night
    assert worked("2026-11-29 22:00", "2026-11-30 06:00", calendar=nights) == 0  # Sunday's
    assert due_at("work_hour", 9, "2026-11-27 22:00", calendar=nights) == "2026-11-30 23:00"


def test_a_case_is_not_overdue_when_it_is_made() -> None:
    found = due(CHINA, "work_hour", [1], [at("2026-10-01 10:00")])
    assert found.due_us[0] > at("2026-10-01 10:00")


def test_summer_time_moves_no_deadline_by_an_hour() -> None:
    # Chicago's clocks go back on 1 November 2026 at 02:00.
    assert due_at("work_hour", 8, "2026-10-30 14:00", calendar=CHICAGO) == "2026-11-02 12:00"
    assert due_at("natural_day", 3, "2026-10-30 14:00", calendar=CHICAGO) == "2026-11-03 00:00"
    assert worked("2026-10-30 00:00", "2026-11-03 00:00", calendar=CHICAGO) == 960
    nights = calendars.lay_out(with_hours("us_federal", "22:00-30:00"), "America/Chicago", last_year=2026)
    assert worked("2026-10-31 00:00", "2026-11-01 12:00", calendar=nights) == 360  # Friday's night ends on Saturday
    assert worked("2026-03-06 12:00", "2026-03-08 12:00", calendar=nights) == 480


def test_holidays_observed_on_another_day_are_off_on_that_day() -> None:
    # 4 July 2026 is a Saturday: the Friday before is off.
    assert worked("2026-07-03 00:00", "2026-07-04 00:00", calendar=CHICAGO) == 0
    assert worked("2026-07-06 00:00", "2026-07-07 00:00", calendar=CHICAGO) == 480


def test_a_deadline_past_the_calendars_end_says_so() -> None:
    with pytest.raises(CityBrainError, match="past the end of the calendar china"):
        due_at("work_day", 60_000, "2026-11-30 10:00")
    with pytest.raises(CityBrainError, match="outside the calendar"):
        due_at("work_day", 1, "1970-01-01 00:00")


def test_an_unknown_clock_or_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(CityBrainError, match="no clock 'hours'"):
        due(CHINA, "hours", [1], [at("2026-11-30 10:00")])
    with pytest.raises(CityBrainError, match="1 or more"):
        due(CHINA, "work_day", [0], [at("2026-11-30 10:00")])


# The calendars themselves


def test_china_agrees_with_two_independent_packages_on_every_day() -> None:
    import chinese_calendar
    import holidays

    china = calendars.definitions()["china"]
    peer = holidays.country_holidays("CN", years=range(2007, 2027))
    days = [date.fromordinal(n) for n in range(date(2007, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    assert [day for day in days if china.is_worked(day) != chinese_calendar.is_workday(day)] == []
    assert [day for day in days if china.is_worked(day) != peer.is_working_day(day)] == []
    per_year = {year: sum(china.is_worked(day) for day in days if day.year == year) for year in (2024, 2025, 2026)}
    assert per_year == {2024: 251, 2025: 248, 2026: 248}


def test_the_federal_calendar_agrees_with_the_package_on_every_day() -> None:
    import holidays

    federal = calendars.definitions()["us_federal"]
    peer = holidays.country_holidays("US", years=range(2007, 2042))
    days = [date.fromordinal(n) for n in range(date(2007, 1, 1).toordinal(), date(2041, 1, 1).toordinal())]
    assert [day for day in days if federal.is_worked(day) != (day.weekday() < 5 and day not in peer)] == []


def test_every_settled_year_names_the_notice_it_follows() -> None:
    import yaml

    written = yaml.safe_load((calendars.DATA / "calendars.yaml").read_text(encoding="utf-8"))
    for code, text in written.items():
        assert text["years"], code
        for year, said in text["years"].items():
            assert said["notice"] and said["source"], (code, year)


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    written = {
        "name_zh": "甲",
        "name_en": "A",
        "windows": [{"valid_from": date(2007, 1, 1), "hours": ["08:00-12:00"]}],
        "years": {2026: {}},
    }
    with pytest.raises(CityBrainError, match="contradicts itself"):
        calendars.definition("a", written, {date(2026, 11, 30): True})  # a Monday is worked anyway
    with pytest.raises(CityBrainError, match="contradicts itself"):
        calendars.definition("a", written, {date(2027, 1, 1): False})  # nobody has said anything of 2027
    overlapping = written | {"windows": [{"valid_from": date(2007, 1, 1), "hours": ["08:00-12:00", "11:00-13:00"]}]}
    with pytest.raises(CityBrainError, match="no window"):
        calendars.definition("a", overlapping, {})


def test_hours_that_change_hold_from_their_day_on() -> None:
    written = {
        "name_zh": "甲",
        "name_en": "A",
        "windows": [
            {"valid_from": date(2007, 1, 1), "hours": ["08:00-12:00", "14:00-18:00"]},
            {"valid_from": date(2026, 12, 1), "hours": ["09:00-12:00"]},
        ],
        "years": {2026: {}},
    }
    changed = calendars.lay_out(calendars.definition("a", written, {}), "Asia/Shanghai", last_year=2027)
    assert worked("2026-11-30 00:00", "2026-12-02 00:00", calendar=changed) == 480 + 180

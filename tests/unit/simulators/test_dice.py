"""The working-time clock, against days counted by hand; the hours are 08-12 and 14-18, China's calendar."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.simulators.town.dice import DAY, HOUR, MINUTE, Dice, WorkClock, end_of_day, pick

CLOCK = WorkClock.china(date(2026, 6, 1), date(2027, 3, 31))
EPOCH = datetime(1970, 1, 1)


def at(text: str) -> np.ndarray:
    return np.array([round((datetime.fromisoformat(text) - EPOCH).total_seconds() * 1000)])


def said(instants: np.ndarray) -> str:
    return str(np.datetime64(int(instants[0]), "ms"))[:16]


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-07-06T10:00", 1, "2026-07-08T00:00"),  # Monday + 1 = Tuesday 24:00
        ("2026-07-04T10:00", 1, "2026-07-07T00:00"),  # Saturday + 1 = Monday 24:00
        ("2026-07-03T23:59", 3, "2026-07-09T00:00"),  # over a weekend
        ("2026-09-19T10:00", 1, "2026-09-21T00:00"),  # Sunday 20 September is worked instead of a holiday
        ("2026-09-30T10:00", 1, "2026-10-09T00:00"),  # over the National Day week
    ],
)
def test_day_limits_end_at_midnight_after_the_counted_days(start: str, days: int, due: str) -> None:
    assert said(CLOCK.day_limit(at(start), np.array([days]))) == due


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-07-06T08:00", 4, "2026-07-06T14:00"),
        ("2026-07-06T08:00", 3.5, "2026-07-06T11:30"),
        ("2026-07-06T11:00", 2, "2026-07-06T15:00"),
        ("2026-07-03T17:00", 2, "2026-07-06T09:00"),
        ("2026-07-04T03:00", 1, "2026-07-06T09:00"),
    ],
)
def test_working_hours_pass_only_while_offices_are_open(start: str, hours: float, end: str) -> None:
    assert said(CLOCK.add(at(start), np.array([hours * HOUR]))) == end


@given(st.integers(0, 200 * DAY // MINUTE), st.integers(0, 400 * 60))
def test_adding_work_and_measuring_it_are_inverse(start_minutes: int, work_minutes: int) -> None:
    start = at("2026-06-02T00:00") + start_minutes * MINUTE
    end = CLOCK.add(start, np.array([work_minutes * MINUTE]))
    assert end >= start
    assert CLOCK.elapsed(end) - CLOCK.elapsed(start) == work_minutes * MINUTE


def test_years_without_a_published_calendar_go_by_weekday() -> None:
    assert said(CLOCK.day_limit(at("2027-03-05T10:00"), np.array([1]))) == "2027-03-09T00:00"


def test_the_day_ends_at_midnight_also_for_midnight_itself() -> None:
    assert said(end_of_day(at("2026-07-06T00:00"))) == "2026-07-07T00:00"


def test_one_name_of_chance_does_not_move_another() -> None:
    dice = Dice(1)
    before = dice.of("a").random(3).tolist()
    dice.of("b").random(1000)
    assert dice.of("a").random(3).tolist() == before != dice.of("b").random(3).tolist()


def test_pick_never_draws_what_has_no_weight() -> None:
    drawn = pick(Dice(1).of("x"), np.array([0.0, 3.0, 0.0, 1.0, 0.0]), 4000)
    counts = np.bincount(drawn, minlength=5)
    assert counts[[0, 2, 4]].sum() == 0
    assert 0.70 < counts[1] / 4000 < 0.80

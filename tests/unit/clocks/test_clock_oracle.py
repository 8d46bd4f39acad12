"""The clocks against the minute-by-minute oracle, on generated cases; then each rule by hand in test_clock_rules."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from streams.clocks import calendars
from streams.clocks.clock import CLOCKS, MINUTE_US, Pauses, due, worked_us
from tests.unit.clocks.hours import with_hours
from tests.unit.clocks.oracle import HORIZON_DAYS, Minutes

PLACES = {
    "China, two windows": (calendars.definitions()["china"], "Asia/Shanghai"),
    "Chicago, summer time": (calendars.definitions()["us_federal"], "America/Chicago"),
    "Chicago, nights": (with_hours("us_federal", "22:00-30:00"), "America/Chicago"),
    "Havana, clocks change at midnight": (with_hours("us_federal", "00:00-24:00"), "America/Havana"),
    "Lord Howe, half an hour of summer time": (
        with_hours("china", "01:30-03:15", "09:00-17:00"),
        "Australia/Lord_Howe",
    ),
}
FIRST, DAYS = date(2023, 12, 1), 460  # two new years, a leap day, both changes of the clocks
CASES = 400


@pytest.mark.parametrize("place", PLACES)
def test_due_and_worked_agree_with_the_minute_oracle(place: str) -> None:
    definition, zone = PLACES[place]
    oracle = Minutes(definition, zone, FIRST, DAYS)
    calendar = calendars.lay_out(definition, zone, last_year=2026)
    origin = calendars.instant_us(oracle.start)
    rng = np.random.default_rng(20261130)
    latest = oracle.length - (HORIZON_DAYS + 5) * 1440
    starts = rng.integers(0, latest, CASES)
    ends = starts + rng.integers(0, 90 * 1440, CASES)
    spans = [
        [
            (int(begin), int(begin + rng.choice([0, 1, 30, 600, 1440, 3 * 1440, 20 * 1440])))
            for begin in start - 2 * 1440 + rng.integers(0, 30 * 1440, rng.integers(0, 5))
        ]
        for start in starts
    ]
    flat = [(case, *span) for case, pauses in enumerate(spans) for span in pauses]
    case, begin, stop = (np.array(column, dtype=np.int64) for column in zip(*flat, strict=True))
    order = rng.permutation(len(case))  # pauses come in any order
    pauses = Pauses(case[order], origin + begin[order] * MINUTE_US, origin + stop[order] * MINUTE_US)

    worked = worked_us(calendar, origin + starts * MINUTE_US, origin + ends * MINUTE_US, pauses) // MINUTE_US
    expected = [oracle.worked_minutes(*case) for case in zip(starts, ends, spans, strict=True)]
    assert worked.tolist() == expected
    assert len(set(expected)) > CASES / 4
    for clock in CLOCKS:
        limits = rng.integers(1, 30 if clock.endswith("day") else 100, CASES)
        found = due(calendar, clock, limits, origin + starts * MINUTE_US, pauses)
        expected = [oracle.due(clock, *case) for case in zip(limits, starts, spans, strict=True)]
        assert ((found.due_us - origin) // MINUTE_US).tolist() == expected, clock
        assert not found.is_paused.any()

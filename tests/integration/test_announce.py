"""A year is announced on a real warehouse: open cases move, closed ones and other cities never do."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from streams.builds import calendars, redate
from streams.builds.runs import recorded
from streams.clocks.announcements import FOLDER, announcements, read_notice
from streams.errors import CityBrainError
from streams.settings import Settings
from tests.fixtures.warehouse import fetch, own_warehouse, run_sql

NOTICE = """day,is_working
2027-01-01,false
2027-02-08,false
2027-02-09,false
2027-02-10,false
2027-02-14,true
"""
SCHEMA = "wap_announce"
CASES = f"""
    create schema {SCHEMA};
    create table {SCHEMA}.int_clock__due (
        city_code text, source text, case_id text, clock text, time_limit int, rolls_to_workday boolean,
        started_at_utc timestamp, due_at_utc timestamp, is_provisional boolean, is_stopped boolean
    );
    create table {SCHEMA}.int_clock__pause (
        city_code text, source text, case_id text, paused_at_utc timestamp, resumed_at_utc timestamp
    );
    insert into {SCHEMA}.int_clock__due values
    ('shuifu', 's', 'open', 'work_day', 2, false, '2026-12-30 02:00', '2027-01-01 16:00', true, false),
    ('shuifu', 's', 'closed', 'work_day', 2, false, '2026-12-30 02:00', '2027-01-01 16:00', true, true),
    ('shuifu', 's', 'paused before', 'work_hour', 8, false, '2026-12-31 00:00', '2027-01-01 02:00', true, false),
    ('shuifu', 's', 'in paused', 'work_day', 2, false, '2026-12-30 02:00', null, false, false),
    ('shuifu', 's', 'settled', 'work_day', 1, false, '2026-12-30 02:00', '2026-12-31 16:00', false, false),
    ('shuifu', 's', 'natural', 'natural_day', 3, false, '2026-12-30 02:00', '2027-01-02 16:00', false, false),
    ('chicago', 's', 'open', 'work_day', 2, false, '2026-12-30 12:00', '2027-01-05 06:00', true, false);
    insert into {SCHEMA}.int_clock__pause values
    ('shuifu', 's', 'paused before', '2026-12-31 00:00', '2026-12-31 02:00'),
    ('shuifu', 's', 'in paused', '2026-12-31 00:00', null);
"""


@pytest.fixture
def warehouse(postgres: Settings, tmp_path: Path) -> Iterator[Settings]:
    with own_warehouse(postgres, "test_announce", tmp_path / "lake") as settings:
        yield settings
    shutil.rmtree(settings.home / FOLDER, ignore_errors=True)


def test_an_announced_year_moves_open_cases_alone_and_says_how_many_and_how_far(
    warehouse: Settings, tmp_path: Path
) -> None:
    calendars.load(warehouse)
    run_sql(warehouse, CASES, role="dbt")
    run_sql(
        warehouse,
        "insert into ops.source_progress (topic, city_code, landed, late, first_event_at_utc, last_event_at_utc,"
        " last_known_at_utc, last_landed_at_utc)"
        " values ('t', 'shuifu', 1, 0, '2026-12-01', '2026-12-31', '2026-12-31', '2026-12-31')",
    )
    with recorded(warehouse, "announce", "build") as detail:
        detail["schema"] = SCHEMA
    file = tmp_path / "2027.csv"
    file.write_text(NOTICE, encoding="utf-8")
    notice = read_notice(file, 2027, "china")

    done = redate.announce(warehouse, notice)

    moved = fetch(
        warehouse, "select case_id, due_before_utc, due_after_utc, is_provisional from ops.redated_case order by 1"
    )
    assert moved == [
        # 1 January is off: the second working day is Monday, the 4th, and ends at midnight in China.
        ("open", datetime(2027, 1, 1, 16), datetime(2027, 1, 4, 16), False),
        # Two of eight hours were paused: the last two fall on Monday morning.
        ("paused before", datetime(2027, 1, 1, 2), datetime(2027, 1, 4, 2), False),
    ]
    assert (done.examined, done.moved, done.later, done.earlier, done.settled) == (4, 2, 2, 0, 2)
    assert done.shift_days == (3.0, 3.0, 3.0)
    versions = (
        "select city_code, calendar_version, known_from_utc, settled_to::text from raw.ref_clock_calendar order by 1, 2"
    )
    assert fetch(warehouse, versions)[1:] == [
        ("shuifu", 0, datetime(1970, 1, 1), "2026-12-31"),
        ("shuifu", 1, datetime(2026, 12, 31), "2027-12-31"),  # the city's own clock, not ours
    ]
    assert [one.notice for one in announcements(warehouse.home)] == [notice]

    assert redate.announce(warehouse, notice).is_known, "the same notice again does nothing"
    changed = dataclasses.replace(notice, days=dict(list(notice.days.items())[1:]))
    with pytest.raises(CityBrainError, match="has a notice already"):
        redate.announce(warehouse, changed)
    with pytest.raises(CityBrainError, match="2028 must be announced before 2030"):
        redate.announce(warehouse, dataclasses.replace(notice, year=2030))
    assert len(announcements(warehouse.home)) == 1
    again = redate.announce(warehouse, changed, amends=True)
    assert (again.moved, again.earlier) == (2, 2), "against what the first notice made of them, not against the build"


def test_an_announcement_that_fails_leaves_nothing_behind(warehouse: Settings, tmp_path: Path) -> None:
    calendars.load(warehouse)
    file = tmp_path / "2027.csv"
    file.write_text(NOTICE, encoding="utf-8")
    run_sql(warehouse, "alter table raw.ref_clock_end add constraint full_disk check (calendar_version = 0)")
    with pytest.raises(Exception, match="full_disk"):
        redate.announce(warehouse, read_notice(file, 2027, "china"))
    assert announcements(warehouse.home) == ()
    assert fetch(warehouse, "select max(calendar_version) from raw.ref_clock_calendar") == [(0,)]

"""A year's notice: what is taken, what is refused and why, and from when on a city counts by it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from streams.clocks import calendars
from streams.clocks.announcements import Announcement, announcements, newest, read_notice, versions, write
from streams.errors import CityBrainError

NOTICE = """# notice: 国务院办公厅关于2027年部分节假日安排的通知
# source: an invented notice, for tests
day,is_working,name
2027-01-01,false,元旦
2027-02-05,false,春节
2027-02-06,false,春节
2027-02-08,false,春节
2027-02-09,false,春节
2027-02-10,false,春节
2027-02-14,true,春节调休上班
2027-05-03,false,劳动节
2027-10-01,false,国庆节
"""


def noticed(place: Path, text: str = NOTICE, year: int = 2027) -> Path:
    path = place / f"{year}.csv"
    path.write_text(text, encoding="utf-8")
    return path


def announced(place: Path, number: int, since: datetime, text: str = NOTICE) -> Announcement:
    return Announcement(number, read_notice(noticed(place, text), 2027, "china"), since, {"shuifu": since})


def test_a_notice_settles_its_year_and_changes_no_other(tmp_path: Path) -> None:
    before = calendars.definitions()["china"]
    after = newest([announced(tmp_path, 1, datetime(2026, 11, 20))])["china"]
    assert after.settled_to == date(2027, 12, 31)
    assert not after.is_worked(date(2027, 2, 8))
    assert after.is_worked(date(2027, 2, 14)), "a make-up Sunday"
    assert date(2027, 2, 6) not in after.exceptions, "a Saturday off is no exception"
    assert {day: one for day, one in after.exceptions.items() if day.year != 2027} == before.exceptions


def test_what_is_kept_in_the_home_is_read_back_as_it_was(tmp_path: Path) -> None:
    one = announced(tmp_path, 1, datetime(2026, 11, 20, 8, 30))
    write(tmp_path, one)
    assert announcements(tmp_path) == (one,)
    assert one.notice.title == "国务院办公厅关于2027年部分节假日安排的通知"
    assert one.notice.source == "an invented notice, for tests"


def test_a_city_counts_by_a_notice_from_the_moment_it_knew_of_it(tmp_path: Path) -> None:
    first = announced(tmp_path, 1, datetime(2026, 11, 20))
    amended = announced(tmp_path, 2, datetime(2027, 1, 20), NOTICE.replace("2027-02-10,false", "2027-02-11,false"))
    known = versions("china", "shuifu", [first, amended])
    assert [(one.number, one.known_from_utc) for one in known] == [
        (0, datetime(1970, 1, 1)),
        (1, datetime(2026, 11, 20)),
        (2, datetime(2027, 1, 20)),
    ]
    assert [one.definition.is_worked(date(2027, 2, 10)) for one in known] == [True, False, True]
    assert [one.definition.settled_to.year for one in known] == [2026, 2027, 2027]
    assert len(versions("us_federal", "chicago", [first, amended])) == 1, "another calendar's notice"


def test_a_make_up_day_in_the_december_before_belongs_to_the_notice(tmp_path: Path) -> None:
    text = NOTICE + "2026-12-26,true,元旦调休上班\n"
    after = newest([announced(tmp_path, 1, datetime(2026, 11, 20), text)])["china"]
    assert after.is_worked(date(2026, 12, 26)), "a Saturday"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (NOTICE.replace("2027-05-03", "2027-05-33"), "line 11: '2027-05-33' is no day"),
        (NOTICE.replace("2027-05-03", "2028-05-03"), "2028-05-03 is not in 2027"),
        (NOTICE.replace("05-03,false", "05-03,perhaps"), "'perhaps' is neither worked nor off"),
        (NOTICE + "2027-10-01,true,\n", "2027-10-01 is said to be worked and to be off"),
        (NOTICE.replace("day,is_working", "date,off"), "lacks a column"),
        ("day,is_working\n2027-01-01,false\n", "takes 1 weekdays of 2027 off"),
        ("", "lacks a column"),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused_by_its_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(CityBrainError) as caught:
        read_notice(noticed(tmp_path, text), 2027, "china")
    assert what in caught.value.what


def test_a_file_that_is_not_there_or_garbled_and_an_unknown_calendar_are_said(tmp_path: Path) -> None:
    with pytest.raises(CityBrainError, match="has no file"):
        read_notice(tmp_path / "none.csv", 2027, "china")
    (tmp_path / "gbk.csv").write_bytes(NOTICE.encode("gbk"))
    with pytest.raises(CityBrainError, match="not UTF-8"):
        read_notice(tmp_path / "gbk.csv", 2027, "china")
    with pytest.raises(CityBrainError, match="no calendar 'mars'"):
        read_notice(noticed(tmp_path), 2027, "mars")


def test_a_damaged_announcement_stops_the_work_and_is_not_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path, announced(tmp_path, 1, datetime(2026, 11, 20)))
    path.write_text("number: 1\n", encoding="utf-8")
    with pytest.raises(CityBrainError, match="is not whole"):
        announcements(tmp_path)


def test_a_due_time_that_crosses_into_an_announced_year_is_provisional_no_more(tmp_path: Path) -> None:
    from streams.clocks.clock import due

    after = newest([announced(tmp_path, 1, datetime(2026, 11, 20))])
    start = calendars.instant_us(datetime.fromisoformat("2027-02-03T10:00:00+08:00"))
    for calendar, day, is_provisional in (
        (calendars.of_city("shuifu"), "2027-02-11T00:00:00+08:00", True),
        (calendars.of_city("shuifu", after), "2027-02-16T00:00:00+08:00", False),
    ):
        found = due(calendar, "work_day", [5], [start])
        assert calendars.moment_of(int(found.due_us[0]), calendar.zone).isoformat() == day
        assert found.is_provisional[0] == is_provisional

"""When past months would have been published, by the clocks of the cities."""

from __future__ import annotations

from datetime import datetime, timedelta

from streams.publications.play import Clock, due_instants

SHUIFU = Clock("Asia/Shanghai", datetime(2025, 6, 30, 16), datetime(2025, 10, 20))
"""Knows July from its first local minute on."""


def test_each_month_is_published_when_five_local_days_have_passed() -> None:
    assert due_instants([SHUIFU]) == [
        datetime(2025, 8, 5, 16),
        datetime(2025, 9, 5, 16),
        datetime(2025, 10, 5, 16),
    ]


def test_a_month_that_a_city_does_not_know_from_its_beginning_is_not_played() -> None:
    late = Clock("Asia/Shanghai", SHUIFU.first_known_utc + timedelta(days=1), SHUIFU.last_known_utc)
    assert due_instants([late])[0] == datetime(2025, 9, 5, 16)


def test_an_instant_that_a_clock_has_not_passed_is_left_to_the_present() -> None:
    assert due_instants([SHUIFU], days_after=20)[-1] == datetime(2025, 9, 20, 16)
    on_time = Clock("Asia/Shanghai", SHUIFU.first_known_utc, datetime(2025, 10, 5, 16))
    assert due_instants([on_time])[-1] == datetime(2025, 9, 5, 16)


def test_several_cities_are_published_when_the_last_of_them_has_had_its_days() -> None:
    west = Clock("America/Chicago", datetime(2025, 7, 20), datetime(2025, 10, 1))
    found = due_instants([SHUIFU, west])
    assert found[0] == datetime(2025, 8, 6, 5)
    assert found[-1] == datetime(2025, 9, 6, 5), "west has not come to October's"
    assert due_instants([]) == []

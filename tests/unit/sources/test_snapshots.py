"""Snapshots: what was sent is sent once, corrections replace, a case open again is reopened, the lost is resent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.errors import CityBrainError
from streams.sources.mapping import SourceMapping, mapping_from
from streams.sources.snapshots import Ends, Fresh, Snapshots
from streams.sources.tables import LINE

AT = datetime(2026, 3, 2, 1, 15)
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)


def rules(**changes: Any) -> SourceMapping:
    document = {
        "topic": "city.hotline.ticket.v1",
        "city": "shuifu",
        "system": "test",
        "times": {"formats": ["%Y-%m-%d"]},
        "stages": {"accepted": {"at": "opened"}, "closed": {"at": "ended"}},
        "fields": {"case_id": {"column": "n"}, "unit_code": {"column": "u"}},
    }
    return mapping_from(document | changes, "test")


def events(*rows: tuple[Any, ...], **more: Any) -> pl.DataFrame:
    """One event per (case, stage, unit, days behind AT)."""
    schema = {"case_id": pl.String, "stage": pl.String, "unit_code": pl.String, "days": pl.Int64}
    frame = pl.DataFrame([(*row, 0)[:4] for row in rows], schema=schema, orient="row")
    at = (pl.lit(AT) + pl.duration(days="days")).cast(pl.Datetime("ms"))
    return frame.with_columns(
        pl.int_range(2, pl.len() + 2).alias(LINE),
        city_code=pl.lit("shuifu"),
        event_source=pl.lit("/shuifu/test"),
        event_at_utc=at,
        recorded_at_utc=at,
        **more,
    ).drop("days")


def memory(folder: Path, ends: Ends | None = None, **changes: Any) -> Snapshots:
    return Snapshots(folder, rules(**changes), ends or {0: 0})


def downloaded(folder: Path, day: int, *rows: tuple[Any, ...], **changes: Any) -> Fresh:
    """What is sent of a file made `day` days after MONDAY; it is remembered."""
    kept = memory(folder, **changes)
    fresh = kept.fresh(events(*rows), MONDAY + day * DAY)
    kept.remember(fresh.marks, {0: 0}, MONDAY + day * DAY)
    return fresh


def told(fresh: Fresh) -> list[tuple[Any, ...]]:
    """case, stage, days from AT to the event, basis of what is sent."""
    columns = fresh.events.select("case_id", "stage", "event_at_utc", "basis").rows()
    return [(case, stage, (at - AT).days, basis) for case, stage, at, basis in columns]


def test_a_later_download_gives_only_the_stages_that_are_new(tmp_path: Path) -> None:
    first = downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("B", "accepted", "u1"))
    assert (told(first), first.n_known) == ([("A", "accepted", 0, None), ("B", "accepted", 0, None)], 0)
    rows = ("A", "accepted", "u1"), ("B", "accepted", "u1"), ("A", "closed", "u1", 1), ("C", "accepted", None)
    later = downloaded(tmp_path, 1, *rows)
    assert told(later) == [("C", "accepted", 0, None), ("A", "closed", 1, None)]
    assert (later.n_known, later.n_changed) == (2, 0)
    again = downloaded(tmp_path, 2, *rows)
    assert (told(again), again.n_known, again.findings.rows()) == ([], 4, [])


def test_a_corrected_closing_time_replaces_the_one_before_and_is_told(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "closed", "u1", 3))
    later = downloaded(tmp_path, 1, ("A", "accepted", "u1"), ("A", "closed", "u1", 2))
    assert told(later) == [("A", "closed", 2, "corrected")]
    assert later.events["recorded_at_utc"].to_list() == [(MONDAY + DAY).replace(tzinfo=None)]
    assert later.findings.select("line", "rule").rows() == [(3, "corrected")]
    back = downloaded(tmp_path, 2, ("A", "accepted", "u1"), ("A", "closed", "u1", 3))
    assert told(back) == [("A", "closed", 3, "corrected")]
    assert told(downloaded(tmp_path, 3, ("A", "accepted", "u1"), ("A", "closed", "u1", 3))) == []


def test_other_content_at_the_same_time_is_a_correction_too(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", "u1"))
    assert told(downloaded(tmp_path, 1, ("A", "accepted", "u2"))) == [("A", "accepted", 0, "corrected")]
    assert told(downloaded(tmp_path, 2, ("A", "accepted", "u2"))) == []


def test_a_case_that_is_open_again_in_a_later_download_is_reopened_by_then_at_the_latest(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "closed", "u1", 1), ("B", "accepted", "u1"))
    later = downloaded(tmp_path, 1, ("A", "accepted", "u1"))
    assert told(later) == [("A", "reopened", 8, "inferred")]
    assert later.events["event_at_utc"].to_list() == [(MONDAY + DAY).replace(tzinfo=None)]
    assert later.findings.rows() == [(2, "reopened", "it had ended and is open again")]
    assert told(downloaded(tmp_path, 2, ("A", "accepted", "u1"))) == []


def test_a_reopened_case_closes_again_at_its_new_time(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "closed", "u1", 1))
    downloaded(tmp_path, 1, ("A", "accepted", "u1"))
    assert told(downloaded(tmp_path, 3, ("A", "accepted", "u1"), ("A", "closed", "u1", 9))) == [
        ("A", "closed", 9, None)
    ]
    assert told(downloaded(tmp_path, 4, ("A", "accepted", "u1"), ("A", "closed", "u1", 9))) == []


def test_a_reopened_case_that_is_closed_with_its_old_time_closed_by_now_at_the_latest(tmp_path: Path) -> None:
    closed = ("A", "accepted", "u1"), ("A", "closed", "u1", 1)
    downloaded(tmp_path, 0, *closed)
    downloaded(tmp_path, 1, closed[0])
    assert told(downloaded(tmp_path, 2, *closed)) == [("A", "closed", 9, "inferred")]
    assert told(downloaded(tmp_path, 3, *closed)) == []
    assert told(downloaded(tmp_path, 4, closed[0])) == [("A", "reopened", 11, "inferred")]


def test_a_case_that_is_not_in_the_file_is_left_alone(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "closed", "u1", 1))
    assert told(downloaded(tmp_path, 1, ("B", "accepted", "u1"))) == [("B", "accepted", 0, None)]


def test_a_source_that_states_its_reopenings_is_believed(tmp_path: Path) -> None:
    stages = {"accepted": {"at": "opened"}, "closed": {"at": "ended"}, "reopened": {"at": "again"}}
    rows = ("A", "accepted", "u1"), ("A", "closed", "u1", 1), ("A", "reopened", "u1", 2)
    downloaded(tmp_path, 0, *rows, stages=stages)
    assert told(downloaded(tmp_path, 1, *rows, stages=stages)) == []


def test_a_topic_without_a_stage_for_it_tells_of_a_case_that_is_open_again(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "topic": "city.department.dispute.v1",
        "stages": {"found": {"at": "opened"}, "closed": {"at": "ended"}},
    }
    downloaded(tmp_path, 0, ("A", "found", "u1"), ("A", "closed", "u1", 1), **changes)
    later = downloaded(tmp_path, 1, ("A", "found", "u1"), **changes)
    assert (told(later), later.findings["rule"].to_list()) == ([], ["went_back"])


def test_of_an_older_file_only_what_was_never_sent_is_taken(tmp_path: Path) -> None:
    downloaded(tmp_path, 2, ("A", "accepted", "u1"), ("A", "closed", "u1", 1))
    older = downloaded(tmp_path, 1, ("A", "accepted", "u2"), ("B", "accepted", "u1"))
    assert told(older) == [("B", "accepted", 0, None)]
    assert (older.n_changed, older.findings.rows()) == (1, [])


def test_a_file_in_which_most_ended_cases_are_open_is_refused_as_older_unless_its_day_is_given(tmp_path: Path) -> None:
    opened = [(f"A{i}", "accepted", "u1") for i in range(20)]
    downloaded(tmp_path, 0, *opened, *((case, "closed", unit, 1) for case, _, unit in opened))
    with pytest.raises(CityBrainError, match="20 of 20 cases that had ended are open in this file"):
        downloaded(tmp_path, 1, *opened)
    sure = memory(tmp_path).fresh(events(*opened), MONDAY + DAY, is_sure=True)
    assert sure.events.height == 20


def test_a_row_that_stands_twice_in_a_file_is_sent_once(tmp_path: Path) -> None:
    found = downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "accepted", "u1"))
    assert (told(found), found.n_known, found.n_changed) == ([("A", "accepted", 0, None)], 1, 0)


def test_where_rows_are_events_a_stage_may_come_again_and_nothing_is_inferred(tmp_path: Path) -> None:
    log = {"rows": "event"}
    downloaded(tmp_path, 0, ("A", "accepted", "u1"), ("A", "closed", "u1", 1), **log)
    later = downloaded(tmp_path, 1, ("A", "accepted", "u1", 2), ("A", "accepted", "u2"), **log)
    assert told(later) == [("A", "accepted", 2, None), ("A", "accepted", 0, "corrected")]


def test_a_topic_that_knows_no_corrections_keeps_what_was_said_first(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "topic": "city.hotline.call.v1",
        "stages": {"answered": {"at": "opened"}},
        "fields": {"call_id": {"column": "n"}, "offered_at": {"column": "o"}, "channel": {"constant": "phone"}},
    }

    def call(channel: str) -> pl.DataFrame:
        named = events(("A", "answered", None)).rename({"case_id": "call_id"}).drop("unit_code")
        return named.with_columns(channel=pl.lit(channel), offered_at=pl.lit(AT).cast(pl.Datetime("ms")))

    kept = memory(tmp_path, **changes)
    kept.remember(kept.fresh(call("phone"), MONDAY).marks, {0: 0}, MONDAY)
    later = memory(tmp_path, **changes).fresh(call("web"), MONDAY + DAY)
    assert (later.events.height, later.n_changed, "basis" in later.events.columns) == (0, 1, False)


def test_a_topic_that_was_emptied_gets_everything_again(tmp_path: Path) -> None:
    one = events(("A", "accepted", None))
    kept = memory(tmp_path, {0: 0, 1: 0})
    kept.remember(kept.fresh(one, MONDAY).marks, {0: 1, 1: 0}, MONDAY)
    assert memory(tmp_path, {0: 1, 1: 0}).fresh(one, MONDAY + DAY).n_known == 1
    assert memory(tmp_path, {0: 0, 1: 9}).fresh(one, MONDAY + DAY).events.height == 1


def test_each_source_has_a_memory_of_its_own(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", None))
    assert told(downloaded(tmp_path, 0, ("A", "accepted", None), system="other")) == [("A", "accepted", 0, None)]


def test_scrubbed_text_and_tokens_are_no_change(tmp_path: Path) -> None:
    one = events(("A", "accepted", None), text=pl.lit("〔电话〕"), reporter_token=pl.lit("a" * 32))
    kept = memory(tmp_path)
    kept.remember(kept.fresh(one, MONDAY).marks, {0: 0}, MONDAY)
    rotated = one.with_columns(reporter_token=pl.lit("b" * 32))
    assert memory(tmp_path).fresh(rotated, MONDAY + DAY).events.is_empty()


def test_no_events_leave_the_memory_as_it_is(tmp_path: Path) -> None:
    downloaded(tmp_path, 0, ("A", "accepted", None))
    assert told(downloaded(tmp_path, 1)) == []
    assert downloaded(tmp_path, 2, ("A", "accepted", None)).n_known == 1


def test_a_file_is_as_of_its_last_writing_where_that_can_be(tmp_path: Path) -> None:
    now = MONDAY + 9 * DAY
    assert memory(tmp_path).as_of(MONDAY, now) == MONDAY
    assert memory(tmp_path).as_of(now + DAY, now) == now
    downloaded(tmp_path, 3, ("A", "accepted", None))
    assert memory(tmp_path).as_of(MONDAY, now) == now
    assert memory(tmp_path).as_of(MONDAY + 4 * DAY, now) == MONDAY + 4 * DAY

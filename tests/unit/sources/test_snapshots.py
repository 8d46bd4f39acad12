"""Snapshots: what was sent is sent once, at any number of downloads, and what is forgotten is sent again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from streams.contracts.registry import contract
from streams.sources.snapshots import Ends, Snapshots

HOTLINE = contract("city.hotline.ticket.v1")
AT = datetime(2026, 3, 2, 1, 15)


def events(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    """One event per (case, stage, unit)."""
    schema = {"case_id": pl.String, "stage": pl.String, "unit_code": pl.String}
    return pl.DataFrame(list(rows), schema=schema, orient="row").with_columns(
        city_code=pl.lit("shuifu"),
        event_source=pl.lit("/shuifu/test"),
        event_at_utc=pl.lit(AT),
        recorded_at_utc=pl.lit(AT),
    )


def memory(folder: Path, ends: Ends, source: str = "/shuifu/test") -> Snapshots:
    return Snapshots(folder, source, HOTLINE, ends)


def test_a_later_download_gives_only_the_stages_that_are_new(tmp_path: Path) -> None:
    first = events(("A", "accepted", "u1"), ("B", "accepted", "u1"))
    found = memory(tmp_path, {0: 0}).fresh(first)
    assert (found.events.rows(), found.n_known, found.n_changed) == (first.rows(), 0, 0)
    memory(tmp_path, {0: 0}).remember(found.events, {0: 2})
    later = events(("A", "accepted", "u1"), ("B", "accepted", "u2"), ("A", "closed", "u1"), ("C", "accepted", None))
    found = memory(tmp_path, {0: 2}).fresh(later)
    assert found.events.select("case_id", "stage").rows() == [("A", "closed"), ("C", "accepted")]
    assert (found.n_known, found.n_changed) == (1, 1)
    memory(tmp_path, {0: 2}).remember(found.events, {0: 4})
    assert memory(tmp_path, {0: 4}).fresh(first).events.is_empty()
    assert memory(tmp_path, {0: 4}).fresh(later).events.is_empty()


def test_a_row_that_stands_twice_in_a_file_is_sent_once(tmp_path: Path) -> None:
    found = memory(tmp_path, {0: 0}).fresh(
        events(("A", "accepted", "u1"), ("A", "accepted", "u1"), ("A", "accepted", "u2"))
    )
    assert found.events.select("case_id", "unit_code").rows() == [("A", "u1")]
    assert (found.n_known, found.n_changed) == (1, 1)


def test_a_topic_that_was_emptied_gets_everything_again(tmp_path: Path) -> None:
    memory(tmp_path, {0: 0, 1: 0}).remember(events(("A", "accepted", None)), {0: 1, 1: 0})
    assert memory(tmp_path, {0: 1, 1: 0}).fresh(events(("A", "accepted", None))).n_known == 1
    emptied = memory(tmp_path, {0: 0, 1: 9})
    assert emptied.fresh(events(("A", "accepted", None))).events.height == 1
    emptied.remember(events(("B", "accepted", None)), {0: 0, 1: 10})
    assert memory(tmp_path, {0: 0, 1: 10}).fresh(events(("A", "accepted", None))).events.height == 1


def test_each_source_has_a_memory_of_its_own(tmp_path: Path) -> None:
    memory(tmp_path, {0: 0}).remember(events(("A", "accepted", None)), {0: 1})
    assert memory(tmp_path, {0: 1}, "/shuifu/other").fresh(events(("A", "accepted", None))).events.height == 1


def test_scrubbed_text_and_tokens_are_no_change(tmp_path: Path) -> None:
    one = events(("A", "accepted", None)).with_columns(text=pl.lit("〔电话〕"), reporter_token=pl.lit("a" * 32))
    memory(tmp_path, {0: 0}).remember(one, {0: 1})
    rotated = one.with_columns(reporter_token=pl.lit("b" * 32))
    assert memory(tmp_path, {0: 1}).fresh(rotated).n_changed == 0


def test_no_events_leave_the_memory_as_it_is(tmp_path: Path) -> None:
    memory(tmp_path, {0: 0}).remember(events(("A", "accepted", None)), {0: 1})
    assert memory(tmp_path, {0: 1}).fresh(events()).events.is_empty()
    memory(tmp_path, {0: 1}).remember(events(), {0: 1})
    assert memory(tmp_path, {0: 1}).fresh(events(("A", "accepted", None))).n_known == 1

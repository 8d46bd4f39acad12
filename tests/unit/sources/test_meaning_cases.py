"""Small files that show what rows mean: taken by one mapping, one download after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.sources import scaffold
from streams.sources.adapter import Adapted, adapt
from streams.sources.mapping import SourceMapping, mapping_from
from streams.sources.readers import read_table
from streams.sources.snapshots import Snapshots

CASES = Path(__file__).resolve().parents[2] / "data" / "cases"
NOW = datetime(2026, 11, 30, tzinfo=UTC)

MAPPING: dict[str, Any] = {
    "topic": "city.hotline.ticket.v1",
    "city": "chicago",
    "system": "test",
    "times": {"formats": ["%Y-%m-%d %H:%M"], "zone": "UTC"},
    "status": {"column": "status", "stages": {"open": ["accepted"], "closed": ["accepted", "closed"]}},
    "stages": {"accepted": {"at": "created"}, "closed": {"at": "closed"}},
    "fields": {"case_id": {"column": "id"}, "category_name": {"column": "type"}, "text": {"scrubbed": "note"}},
    "drop": {"not needed": ["lat", "lon"]},
}


def taken(name: str, rules: SourceMapping | None = None) -> Adapted:
    rules = rules or mapping_from(MAPPING, "test")
    return adapt(read_table(CASES / name, rules.reader), rules, now=NOW)


def test_a_request_that_is_open_again_on_the_second_day_is_reopened_by_then(tmp_path: Path) -> None:
    monday, sent = datetime(2026, 1, 6, 12, tzinfo=UTC), []
    for day, name in enumerate(("reopened/day1.csv", "reopened/day2.csv")):
        made_at, made = monday + timedelta(days=day), taken(name)
        memory = Snapshots(tmp_path, made.mapping, {0: 0})
        fresh = memory.fresh(made.events, made_at)
        memory.remember(fresh.marks, {0: 0}, made_at)
        sent.append(fresh.events.select("case_id", "stage", "event_at_utc", "basis").rows())
    first, second = sent
    assert [stage for _, stage, _, _ in first] == ["accepted", "closed"]
    assert second == [("RO1", "reopened", datetime(2026, 1, 7, 12), "inferred")]


def test_the_dry_run_of_a_text_over_the_limit_says_what_the_wire_will_take() -> None:
    made = taken("long_text/long.csv")
    assert [rule for _, rule, _ in made.findings.rows()] == ["optional_value"]
    assert made.judged_by_the_wire(NOW).rows_adapted == made.rows_adapted == 1


def test_a_renamed_status_word_is_counted_under_its_rule() -> None:
    made = taken("renamed_status/renamed.csv")
    assert made.rows_read == 100
    [told] = made.tally().rows(named=True)
    assert (told["outcome"], told["rule"], told["rows"]) == ("rejected", "unknown_status", made.rows_rejected)
    assert made.rows_rejected > 90
    assert told["reason"] == "status resolved is not in the mapping"


@pytest.mark.parametrize(
    ("name", "absent", "stages"),
    [
        ("open311_optional/no_agency.jsonl", ["agency_responsible"], {"accepted"}),
        ("open311_optional/all_open.jsonl", ["updated_datetime"], {"accepted"}),
    ],
)
def test_a_field_that_is_optional_in_the_standard_may_be_absent_from_all_records(
    name: str, absent: list[str], stages: set[str]
) -> None:
    text = scaffold.open311_text(city="shuifu", system="311", endpoint="https://localhost/v2", scheme="s")
    made = taken(name, mapping_from(yaml.safe_load(text), "test"))
    assert made.rejects.is_empty()
    assert made.rows_adapted == 5
    assert made.absent_columns == absent
    assert set(made.events["stage"]) == stages


def test_an_empty_pull_is_a_quiet_day() -> None:
    text = scaffold.open311_text(city="shuifu", system="311", endpoint="https://localhost/v2", scheme="s")
    made = taken("open311_optional/empty.jsonl", mapping_from(yaml.safe_load(text), "test"))
    assert (made.rows_read, made.events.height, made.n_cases) == (0, 0, 0)

"""The real Chicago file through its mapping: every figure of its summary, counted from the events alone."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from streams.contracts.registry import cities, contract
from streams.contracts.validate import broken_rule, parse_time
from streams.reference import registry as reference
from streams.settings import CHECKOUT
from streams.sources.adapter import Adapted, adapt
from streams.sources.mapping import load_mapping
from streams.sources.readers import read_table
from tests.fixtures.hunt import hunt_texts

FILE = CHECKOUT / "streams/sources/samples/chicago_311_data.csv"


@cache
def adapted() -> Adapted:
    mapping = load_mapping("chicago_311")
    return adapt(read_table(FILE, mapping.reader), mapping)


@cache
def events() -> list[dict[str, Any]]:
    return [json.loads(value or b"") for _, _, value in adapted().records()]


@cache
def source_rows() -> dict[str, dict[str, str]]:
    """The file read another way, by the standard library."""
    with FILE.open(encoding="utf-8", newline="") as handle:
        return {row["sr_number"]: row for row in csv.DictReader(handle)}


@cache
def cases() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events():
        found[event["subject"]].append(event)
    return found


def test_every_row_is_taken_and_no_column_is_undecided() -> None:
    assert (adapted().rows_read, adapted().rows_rejected, adapted().unknown_columns) == (5000, 0, [])
    assert len(cases()) == 5000


def test_the_summary_counted_from_the_events_is_that_of_the_file() -> None:
    counts: Counter[str] = Counter()
    for found in cases().values():
        stages = {event["data"]["stage"] for event in found}
        if any(event["data"].get("is_information_only") for event in found):
            counts["information_only"] += 1
            continue
        counts["requests"] += 1
        counts["cancelled" if "voided" in stages else "completed" if "closed" in stages else "open"] += 1
        counts["duplicates"] += "merged" in stages
    assert counts == {
        "requests": 2118,
        "completed": 2063,
        "open": 12,
        "cancelled": 43,
        "duplicates": 175,
        "information_only": 2882,
    }


def test_each_stage_stands_at_its_own_column_s_local_time() -> None:
    zone = ZoneInfo("America/Chicago")
    column = {"accepted": "created_date", "merged": "created_date", "closed": "closed_date", "voided": "closed_date"}
    for event in events():
        written = source_rows()[event["subject"]][column[event["data"]["stage"]]]
        local = datetime.fromisoformat(written).replace(tzinfo=zone)
        assert parse_time(event["time"]) == local.astimezone(UTC)
        assert event["recordedtime"] == event["time"]


def test_a_canceled_request_is_voided_and_never_closed() -> None:
    canceled = [number for number, row in source_rows().items() if row["status"] == "Canceled"]
    assert len(canceled) == 43
    for number in canceled:
        assert [event["data"]["stage"] for event in cases()[number] if event["data"]["stage"] != "merged"] == [
            "accepted",
            "voided",
        ]


def test_a_duplicate_points_to_its_parent_and_nothing_else_does() -> None:
    merged = {event["subject"]: event["data"] for event in events() if event["data"]["stage"] == "merged"}
    declared = {n: row["parent_sr_number"] for n, row in source_rows().items() if row["duplicate"] == "True"}
    assert {number: data["parent_case_id"] for number, data in merged.items()} == declared
    assert all(data["is_duplicate"] is True for data in merged.values())
    assert not any("is_duplicate" in event["data"] for event in events() if event["subject"] not in merged)


def test_requests_of_zero_duration_are_accepted_first_and_closed_second() -> None:
    rows = [row for row in source_rows().values() if row["created_date"] == row["closed_date"]]
    requests = [row for row in rows if row["sr_short_code"] != "311IOC"]
    assert (len(rows), len(requests)) == (2731, 530)
    for row in rows:
        found = cases()[row["sr_number"]]
        assert [event["data"]["stage"] for event in found] == ["accepted", "closed"]
        assert found[0]["time"] == found[1]["time"]


def test_ids_differ_and_stay_the_same_on_a_second_reading() -> None:
    again = adapt(read_table(FILE, load_mapping("chicago_311").reader), load_mapping("chicago_311"))
    assert [*again.records()] == [*adapted().records()]
    assert len({event["id"] for event in events()}) == len(events()) == 10_163


def test_every_event_keeps_the_contract() -> None:
    hotline, known, now = contract("city.hotline.ticket.v1"), cities(), datetime(2026, 11, 22, tzinfo=UTC)
    broken = Counter(broken_rule(hotline, key, value, now=now, cities=known) for _, key, value in adapted().records())
    assert broken == {None: 10_163}


def test_no_street_address_leaves_the_adapter() -> None:
    sent = pl.Series([(value or b"").decode() for _, _, value in adapted().records()])
    addresses = {row["street_address"] for row in source_rows().values() if row["street_address"]}
    assert len(addresses) > 1000
    assert hunt_texts(sent, sorted(addresses)) == set()


def test_every_code_is_one_of_the_reference_data() -> None:
    areas = {area.area_code for area in reference.areas("chicago")}
    units = {unit.unit_code for unit in reference.units("chicago")}
    categories = {one.category_code for one in reference.categories("chicago")}
    data = [event["data"] for event in events()]
    assert {row["area_code"] for row in data if "area_code" in row} <= areas
    assert {row["unit_code"] for row in data} <= units
    assert {row["category_code"] for row in data} <= categories
    assert sum("area_code" not in row for row in data if row["stage"] == "accepted") == 5

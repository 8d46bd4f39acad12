"""What is sent: the same bytes for the same seed, totals that add up, each record good or broken as the truth says."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from streams.contracts.registry import cities, contract, contracts
from streams.contracts.validate import BEYOND_EXAMPLES, RULES, broken_rule
from streams.errors import CityBrainError
from streams.simulators.feed import noise, truth
from streams.simulators.feed.assembly import Play, play
from streams.simulators.feed.faults import faults_of
from streams.simulators.feed.noise import GRAFTS
from tests.fixtures.hunt import hunt_texts
from tests.unit.simulators.conftest import parameters

CAMERA, HOTLINE = "city.camera.detection.v1", "city.hotline.ticket.v1"


def values(made: Play, *outcomes: str) -> pl.Series:
    kept = made.records.filter(pl.col("outcome").is_in(outcomes))["value"].drop_nulls()
    assert not kept.is_empty()
    return pl.Series([value.decode("utf-8", errors="replace") for value in kept])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(small: Play) -> None:
    assert play(parameters(scale=0.04)).sha256 == small.sha256
    assert play(parameters(scale=0.04, seed=43)).sha256 != small.sha256


def test_two_runs_never_share_a_case(small: Play) -> None:
    other = play(parameters(scale=0.05))
    for topic, cases in small.cases.items():
        if topic in ("city.camera.device.v1", "city.sign.observation.v1", "city.department.record.v1"):
            continue  # of things that stand in registers, whatever is played
        subject = contract(topic).subject_field
        assert set(other.cases[topic][subject]).isdisjoint(cases[subject]), topic


@pytest.mark.parametrize("which", ["small", "whole"])
def test_produced_is_distinct_plus_duplicates_plus_malformed(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    made: Play = request.getfixturevalue(which)
    found = truth.write(made, tmp_path / "truth")
    sent = Counter(topic for topic, _, _ in made.messages())
    known = {
        topic: pl.read_parquet(tmp_path / f"truth/events/{contract(topic).source_key}.parquet").height for topic in sent
    }
    broken = dict(pl.read_parquet(tmp_path / "truth/malformed.parquet")["topic"].value_counts().rows())
    assert set(sent) == set(made.events) == set(found["topics"])
    for topic, n in found["topics"].items():
        assert n["produced"] == n["landed"] + n["duplicates"] + n["rejected"] == sent[topic]
        assert (n["landed"], n["rejected"]) == (known[topic], broken[topic])
        assert sum(n["rejected_by_rule"].values()) == n["rejected"]
        assert min(n["duplicates"], n["late"]) > 0


def test_fifteen_months_make_a_million_events_in_good_time(city_of_15_months: tuple[Play, float]) -> None:
    made, seconds = city_of_15_months
    assert seconds < 120  # 16 s alone on the reference machine; other tests may run beside it
    assert 950_000 < made.records.height < 1_050_000
    landed = {topic: events.height for topic, events in made.events.items()}
    assert set(landed) == set(contracts())
    assert 310_000 < landed[HOTLINE] < 360_000, landed


def test_every_record_is_accepted_or_breaks_just_the_rule_it_was_planted_for(small: Play) -> None:
    seen: dict[tuple[str, str], Any] = {}
    first: dict[str, tuple[bytes, bytes]] = {}
    rules = Counter()
    for topic, key, value, outcome, rule, sent in small.records.select(
        "topic", "key", "value", "outcome", "rule", "sent"
    ).iter_rows():
        now = sent.replace(tzinfo=UTC) + timedelta(minutes=1)
        found = broken_rule(contract(topic), key, value, now=now, cities=cities(), seen=seen)
        assert found == rule, (outcome, rule, found)
        if outcome == "valid":
            assert first.setdefault(json.loads(value)["id"], (key, value)) == (key, value)
        elif outcome == "duplicate":
            assert first[json.loads(value)["id"]] == (key, value), "a duplicate comes after its original, byte by byte"
        else:
            rules[topic, rule] += 1
    assert len(first) == sum(events.height for events in small.events.values())
    planted = {(topic, fault.rule) for topic in contracts() for fault in faults_of(contract(topic))}
    assert set(rules) == planted
    assert {rule for _, rule in planted} == set(RULES) - {BEYOND_EXAMPLES}


def test_records_are_sent_in_the_order_in_which_the_sources_know(small: Play) -> None:
    assert small.records["sent"].is_sorted()
    end = small.parameters.end.astimezone(UTC).replace(tzinfo=None)
    for topic, events in small.events.items():
        assert events["recorded_at_utc"].max() < end, topic
        is_fast = events["recorded_at_utc"] < events["event_at_utc"]
        assert is_fast.sum() == 0 or topic == CAMERA, "the wrong clocks stand at the cameras' desks"


def test_clocks_stand_in_2020_or_go_wrong_by_a_day_and_nothing_is_lost(whole: Play) -> None:
    events = whole.events[CAMERA]
    gone = events.filter(pl.col("event_at_utc").dt.year() == 2020)
    assert gone.height >= 1 and gone["is_late"].all()
    fast = (events["event_at_utc"] - events["recorded_at_utc"]).dt.total_seconds()
    assert 0 < fast.max() <= 480, "within what the platform takes, whatever the hour it runs at"
    assert events.filter(pl.col("stage") == "reviewed")["event_at_utc"].is_sorted() is False


def test_noise_is_late_by_hours_days_and_forty_days_and_out_of_order(whole: Play) -> None:
    for topic, limit in ((HOTLINE, 1440), (CAMERA, 60)):
        events = whole.events[topic].filter(pl.col("event_at_utc").dt.year() > 2020)
        delay = (events["recorded_at_utc"] - events["event_at_utc"]).dt.total_minutes()
        assert (delay > 38 * 1440).sum() >= 3, topic
        assert ((delay > 2 * limit) & (delay < 10 * 1440)).sum() > 20, topic
        assert 0.003 < events["is_late"].mean() < 0.02, topic
        assert ((delay > limit) == events["is_late"]).all()
        key = "case_id" if topic == HOTLINE else "detection_id"
        by_case = events.with_columns(before=pl.col("event_at_utc").shift().over(key))
        assert (by_case["event_at_utc"] < by_case["before"]).sum() > 10, "told out of order inside one case"


def test_duplicates_come_near_and_far(whole: Play) -> None:
    frame = whole.records.filter(pl.col("outcome") != "malformed", pl.col("topic") == HOTLINE)
    frame = frame.select("value", "sent", "outcome")
    first = frame.filter(pl.col("outcome") == "valid").select("value", pl.col("sent").alias("first"))
    gap = frame.filter(pl.col("outcome") == "duplicate").join(first, on="value")
    days = (gap["sent"] - gap["first"]).dt.total_seconds() / 86_400
    assert (days < 0.01).sum() > 100
    assert (days > 7).sum() > 50


def test_strange_but_valid_records_are_accepted_with_all_they_hold(small: Play) -> None:
    for topic, events in small.events.items():
        planted = events.filter(pl.col("graft").is_not_null())
        assert set(planted["graft"]) == set(GRAFTS), topic
    strange = {
        row["event_id"]: row["graft"]
        for events in small.events.values()
        for row in events.drop_nulls("graft").iter_rows(named=True)
    }
    sent = small.records.filter(pl.col("outcome") == "valid")["value"]
    seen = {event["id"]: event for event in map(json.loads, sent) if event["id"] in strange}
    assert seen.keys() == strange.keys()
    for event_id, name in strange.items():
        added = json.loads("{" + GRAFTS[name] + "}")
        assert added.items() <= seen[event_id]["data"].items(), name


def test_unknown_codes_are_in_events_and_truth_alike(whole: Play) -> None:
    coded = [topic for topic, events in whole.events.items() if "category_code" in events.columns]
    assert len(coded) >= 5
    found = truth.summary(whole)["topics"]
    for topic in coded:
        unknown = whole.events[topic].filter(pl.col("category_code") == noise.UNKNOWN_CODE)
        assert unknown.height == found[topic]["unknown_codes"] > 0, topic
    strange = whole.cases[HOTLINE].filter(pl.col("category_code") == noise.UNKNOWN_CODE)
    assert set(strange["case_id"]) == set(
        whole.events[HOTLINE].filter(pl.col("category_code") == noise.UNKNOWN_CODE)["case_id"]
    )


def test_nothing_personal_passes_the_adapter(whole: Play, tmp_path: Path) -> None:
    found = truth.write(whole, tmp_path / "truth")
    canaries = found["canaries"]
    assert {kind for kind, planted in whole.canaries.items() if len(planted) > 300} == set(whole.canaries)
    assert hunt_texts(values(whole, "valid", "duplicate"), canaries) == set()
    assert hunt_texts(values(whole, "valid", "duplicate"), found["canaries_in_dead_letters"]) == set()


def test_the_hunt_finds_what_malformed_records_hold(small: Play) -> None:
    found = hunt_texts(values(small, "malformed"), small.secrets)
    assert len(found) > 10
    assert found.isdisjoint(small.canaries["phone"])


def test_of_planted_names_hardly_any_passes_the_scrubber(whole: Play) -> None:
    texts = [json.loads(value)["data"].get("text") for value in values(whole, "valid")]
    kept = pl.Series([text for text in texts if text])
    assert len(kept) > 12_000
    names = [name for name in whole.canaries["name"] if len(name) == 3]
    assert len(names) > 1000
    leaked = hunt_texts(kept, names)
    assert len(leaked) <= 0.05 * len(names), sorted(leaked)[:20]


def test_truth_of_another_run_is_moved_aside(small: Play, tmp_path: Path) -> None:
    directory = tmp_path / "shuifu-42"
    truth.write(small, directory)
    truth.write(small, directory)
    assert [path.name for path in tmp_path.iterdir()] == ["shuifu-42"]
    truth.write(play(parameters(scale=0.01)), directory)
    kept = truth.read(tmp_path / small.parameters.run_name)
    assert kept is not None and kept["sha256"] == small.sha256
    now = truth.read(directory)
    assert now is not None and now["parameters"]["scale"] == 0.01


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"to": "2026-07-01"}, "--to is not after --from"),
        ({"to": "2046-07-01"}, "longer than ten years"),
        ({"scale": 0.0}, "--scale"),
        ({"scale": float("nan")}, "--scale"),
        ({"seed": -1}, "--seed"),
        ({"noise": 3.0}, "--noise"),
    ],
)
def test_parameters_that_make_no_city_are_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CityBrainError) as error:
        parameters(**change)
    assert said in error.value.why


def test_the_smallest_city_still_plants_every_rule() -> None:
    made = play(parameters(scale=0.001, to="2026-07-03"))
    planted = {(topic, fault.rule, fault.name) for topic in contracts() for fault in faults_of(contract(topic))}
    assert set(made.malformed.select("topic", "rule", "fault").rows()) == planted


def test_an_hour_in_the_middle_of_a_day_can_be_played() -> None:
    made = play(parameters(first="2026-11-21T10:15:30", to="2026-11-21T11:15:30", scale=5))
    cases = made.cases[HOTLINE]
    assert cases.height > 10
    assert cases["received_at_utc"].min() >= made.parameters.start.astimezone(UTC).replace(tzinfo=None)
    assert made.parameters.run_name == "shuifu-42-20261121T101530-20261121T111530-5"

"""Every record is accounted for, against what the simulator says it sent."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from streams.settings import Settings
from streams.warehouse.connection import connect
from streams.warehouse.flow import flows
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

CHICAGO_EVENTS = {"city.hotline.ticket.v1": 5000 + 4945 + 175 + 43, "city.camera.detection.v1": 0}
"""Accepted, closed, merged, voided: 5,000 rows, of which 12 are open, 43 cancelled and 175 duplicates."""


def test_produced_is_landed_plus_dead_lettered_plus_duplicate_and_equals_the_truth(
    settings: Settings, truth: dict[str, Any]
) -> None:
    found = flows(settings)
    assert set(found) == set(truth["topics"]) == set(CHICAGO_EVENTS)
    for topic, flow in found.items():
        expected, elsewhere = truth["topics"][topic], CHICAGO_EVENTS[topic]
        assert flow.is_balanced, flow
        assert flow.books.produced == expected["produced"] + elsewhere
        assert flow.books.landed == expected["landed"] + elsewhere
        assert flow.books.dead_lettered == expected["rejected"] > 0
        assert flow.books.duplicate == expected["duplicates"] > 0
        assert flow.in_cases == flow.books.landed


def test_each_planted_malformed_record_is_a_dead_letter_with_its_rule(citybrain: Run, truth: dict[str, Any]) -> None:
    listed = json.loads(citybrain("dlq", "list", "--limit", "0", "--format", "json").stdout)
    found = Counter((one["topic"], one["rule_id"]) for one in listed)
    expected = {
        (topic, rule): count
        for topic, truths in truth["topics"].items()
        for rule, count in truths["rejected_by_rule"].items()
    }
    assert len(expected) >= 20, expected
    assert found == expected


def test_dead_letter_topics_hold_each_origin_with_its_rule_in_the_header(
    settings: Settings, truth: dict[str, Any]
) -> None:
    for topic, truths in truth["topics"].items():
        rules = {}
        for headers in headers_of(settings, f"{topic}.dlq"):
            origin = tuple(headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset"))
            rules[origin] = headers["citybrain.rule"].decode()
        assert dict(Counter(rules.values())) == truths["rejected_by_rule"]


def test_late_events_are_flagged_and_kept(settings: Settings, truth: dict[str, Any]) -> None:
    with connect(settings, "owner") as connection:
        for topic, table in (
            ("city.hotline.ticket.v1", "raw.hotline_ticket"),
            ("city.camera.detection.v1", "raw.camera_detection"),
        ):
            rows = connection.execute(
                f"select city_code, count(*) filter (where is_late) from {table} group by 1"
            ).fetchall()
            late = dict(rows)
            assert late["shuifu"] == truth["topics"][topic]["late"] > 0
            assert late.get("chicago", 0) == 0, "history has no lateness"


def headers_of(settings: Settings, topic: str) -> list[dict[str, bytes]]:
    """Headers of every record of a topic as it stands now."""
    from confluent_kafka import Consumer, TopicPartition

    from streams.bus.admin import topic_offsets

    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "tests-headers"})
    found: list[dict[str, bytes]] = []
    for partition, (low, high) in topic_offsets(settings, topic).items():
        consumer.assign([TopicPartition(topic, partition, low)])
        left = high - low
        while left:
            message = consumer.poll(10)
            assert message is not None and message.error() is None, message
            found.append(dict(message.headers() or []))
            left -= 1
    consumer.close()
    assert found, f"{topic} is empty"
    return found

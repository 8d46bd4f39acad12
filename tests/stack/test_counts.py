"""Every record is accounted for, against what the simulator says it sent."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from streams.contracts.registry import contracts
from streams.publications.flow import flows
from streams.settings import Settings
from streams.warehouse.connection import connect
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

CHICAGO_EVENTS = {"city.hotline.ticket.v1": 5000 + 4945 + 175 + 43}
"""Accepted, closed, merged, voided: 5,000 rows, of which 12 are open, 43 cancelled and 175 duplicates."""


def test_produced_is_landed_plus_dead_lettered_plus_duplicate_and_equals_the_truth(
    settings: Settings, truth: dict[str, Any]
) -> None:
    found = flows(settings)
    assert set(found) == set(truth["topics"]) == set(contracts())
    for topic, flow in found.items():
        expected, elsewhere = truth["topics"][topic], CHICAGO_EVENTS.get(topic, 0)
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
        for topic, contract in contracts().items():
            rows = connection.execute(
                f"select city_code, count(*) filter (where is_late) from {contract.raw_table} group by 1".encode()
            ).fetchall()
            late = dict(rows)
            assert late["shuifu"] == truth["topics"][topic]["late"], topic
            assert late.get("chicago", 0) == 0, "history has no lateness"
    assert sum(one["late"] > 0 for one in truth["topics"].values()) > 5


def test_unknown_codes_and_new_fields_are_kept_and_told_per_source(settings: Settings, truth: dict[str, Any]) -> None:
    with connect(settings, "reader") as connection:
        rows = connection.execute(
            "select source, landed, late, dead_lettered, unknown_codes, new_fields, source_state_zh, owner_zh, contact"
            " from published.data_health where city_code = 'shuifu'"
        ).fetchall()
    told = {row[0]: row[1:] for row in rows}
    assert set(told) == {contract.source_key for contract in contracts().values()}
    for topic, contract in contracts().items():
        landed, late, dead, unknown, fresh, words, owner, contact = told[contract.source_key]
        planted = truth["topics"][topic]
        expected = (planted["landed"], planted["late"], planted["unknown_codes"], planted["new_fields"])
        assert (landed, late, unknown, fresh) == expected, topic
        assert dead <= planted["rejected"]
        assert ("未登记代码" in words, "合同外字段" in words) == (unknown > 0, fresh > 0)
        assert (owner, contact) == (contract.owner, contract.contact)
    for kind in ("unknown_codes", "new_fields"):
        assert any(one[kind] for one in truth["topics"].values())


def test_the_gate_warns_of_what_sources_sent_and_publishes_all_the_same(citybrain: Run) -> None:
    answer = citybrain(
        "sql", "select distinct gate_verdict, warnings_zh from published.data_health", "--format", "json"
    )
    (row,) = json.loads(answer.stdout)
    assert row["gate_verdict"] == "warning"
    assert "出现未登记代码" in row["warnings_zh"] and "出现合同外字段" in row["warnings_zh"]


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

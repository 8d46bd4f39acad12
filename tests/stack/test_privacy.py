"""No planted phone, identity number, plate or name is anywhere behind the adapter; only dead letters may hold any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from streams.contracts.registry import contracts
from streams.privacy.hunt import hunt_bytes, hunt_files, hunt_postgres, hunt_texts
from streams.settings import CHECKOUT, Settings
from streams.warehouse.connection import connect

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def canaries(truth: dict[str, Any]) -> list[str]:
    """Everything personal that was planted, before the adapter and in malformed records."""
    found = [*truth["canaries"], *truth["canaries_in_dead_letters"]]
    assert len(found) > 1000, len(found)
    return sorted(set(found))


def test_the_hunt_finds_what_is_there(settings: Settings, truth: dict[str, Any]) -> None:
    values = values_of(settings, [contract.dlq for contract in contracts().values()])
    found = set().union(*(hunt_bytes(value, truth["canaries_in_dead_letters"]) for value in values))
    assert found, "the dead letters hold planted data; a hunt that doesn't see it proves nothing"


def test_topics_hold_no_planted_data(settings: Settings, canaries: list[str], truth_dir: Path) -> None:
    broken = malformed_values(truth_dir)
    values = [v for v in values_of(settings, list(contracts())) if v not in broken]
    assert len(values) > 50_000
    texts = pl.Series([value.decode("utf-8", errors="replace") for value in values])
    assert hunt_texts(texts, canaries) == set()


def test_warehouse_and_metadata_hold_no_planted_data(settings: Settings, canaries: list[str]) -> None:
    with connect(settings, "owner") as connection:
        schemas = [
            row[0]
            for row in connection.execute(
                "select nspname from pg_namespace where nspname in ('raw', 'live', 'ops', 'published')"
                " or nspname like 'wap\\_%'"
            )
        ]
        assert len(schemas) >= 5, schemas
        assert hunt_postgres(connection, canaries, schemas) == []
    for role in ("superset", "airflow"):
        with psycopg.connect(settings.role_url(role)) as connection:
            assert hunt_postgres(connection, canaries, ["public"]) == []


@pytest.mark.parametrize("place", ["lake", "checkpoints", "logs", "spark", "superset", "airflow", "dbt"])
def test_files_hold_no_planted_data(settings: Settings, canaries: list[str], place: str) -> None:
    assert hunt_files(settings.home / place, canaries) == []


def test_build_artefacts_hold_no_planted_data(canaries: list[str]) -> None:
    for place in ("dbt_project/target", "dbt_project/logs"):
        if (CHECKOUT / place).exists():
            assert hunt_files(CHECKOUT / place, canaries) == []


def malformed_values(truth_dir: Path) -> set[bytes]:
    """Bytes that were sent round the adapter on purpose: they are on the topic as sent, and in the dead letters."""
    frame = pl.read_parquet(truth_dir / "malformed.parquet")
    return {value for value in frame["value"] if value is not None}


def values_of(settings: Settings, topics: list[str]) -> list[bytes]:
    """Values of every record of the topics as they stand now."""
    from confluent_kafka import Consumer, TopicPartition

    from streams.bus.admin import topic_offsets

    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "tests-hunt"})
    found: list[bytes] = []
    for topic in topics:
        for partition, (low, high) in topic_offsets(settings, topic).items():
            consumer.assign([TopicPartition(topic, partition, low)])
            left = high - low
            while left:
                for message in consumer.consume(min(left, 10_000), timeout=20):
                    assert message.error() is None, message.error()
                    found.append(message.value() or b"")
                    left -= 1
    consumer.close()
    return found

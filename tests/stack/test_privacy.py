"""No planted phone, identity number, plate or name is anywhere behind the adapter; only dead letters may hold any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from streams.contracts.registry import contracts
from streams.settings import CHECKOUT, Settings
from streams.warehouse.connection import connect
from tests.fixtures.hunt import Searched, hunt_files, hunt_postgres, hunt_texts
from tests.stack.conftest import Run

pytestmark = pytest.mark.stack

Tell = Callable[[str], None]

ELSEWHERE = {"kafka", "postgres", "truth", "secrets.json", "credentials.json"}
"""Not read as files: topics and tables are read as such; the truth is what was planted."""


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], canaries: list[str]) -> Tell:
    """Print what was searched into the test run's own output."""

    def say(what: str) -> None:
        with capsys.disabled():
            print(f"\nhunt for {len(canaries):,} planted pieces: none in {what}", end="")

    return say


@pytest.fixture(scope="module")
def canaries(truth: dict[str, Any]) -> list[str]:
    """Everything personal that was planted, before the adapter and in malformed records."""
    found = [*truth["canaries"], *truth["canaries_in_dead_letters"]]
    assert len(found) > 1000, len(found)
    return sorted(set(found))


def test_the_hunt_finds_what_is_there(settings: Settings, truth: dict[str, Any]) -> None:
    values = values_of(settings, [contract.dlq for contract in contracts().values()])
    found = hunt_texts(read(values), truth["canaries_in_dead_letters"])
    assert found, "the dead letters hold planted data; a hunt that doesn't see it proves nothing"


def test_topics_hold_no_planted_data(settings: Settings, canaries: list[str], truth_dir: Path, tell: Tell) -> None:
    broken = malformed_values(truth_dir)
    values = [v for v in values_of(settings, list(contracts())) if v not in broken]
    assert len(values) > 900_000
    assert hunt_texts(read(values), canaries) == set()
    tell(f"topics: {len(values):,} records, {sum(map(len, values)) / 1e6:,.1f} MB")


def test_warehouse_and_metadata_hold_no_planted_data(
    settings: Settings, canaries: list[str], truth: dict[str, Any], tell: Tell
) -> None:
    with connect(settings, "owner") as connection:
        schemas = [
            row[0]
            for row in connection.execute(
                "select nspname from pg_namespace where nspname in ('raw', 'live', 'ops', 'frozen', 'published')"
                " or nspname like 'wap\\_%'"
            )
        ]
        assert len(schemas) >= 5, schemas
        searched = Searched()
        assert hunt_postgres(connection, [*canaries, *long_names(truth)], schemas, searched) == []
        tell(f"warehouse ({', '.join(sorted(schemas))}), names too: {searched}")
    for role in ("superset", "airflow"):
        searched = Searched()
        with psycopg.connect(settings.role_url(role)) as connection:
            assert hunt_postgres(connection, canaries, ["public"], searched) == []
        tell(f"database of {role}: {searched}")


def test_no_file_of_the_installation_holds_planted_data(settings: Settings, canaries: list[str], tell: Tell) -> None:
    """Whatever room a process makes itself is searched too; the servers' own disks are read through the servers."""
    rooms = {path.name: path for path in settings.home.iterdir() if path.name not in ELSEWHERE}
    assert set(rooms) >= {"lake", "checkpoints", "logs", "spark", "superset", "airflow", "dbt", "supervisor", "runs"}
    for name, path in sorted(rooms.items()):
        searched = Searched()
        assert hunt_files(path, canaries, searched=searched) == []
        tell(f"files of {name}: {searched}")


def test_build_artefacts_hold_no_planted_data(canaries: list[str]) -> None:
    for place in ("dbt_project/target", "dbt_project/logs", "superset", "streams/contracts/generated"):
        if (CHECKOUT / place).exists():
            assert hunt_files(CHECKOUT / place, canaries) == []


def test_exports_hold_no_planted_data(settings: Settings, citybrain: Run, canaries: list[str], tell: Tell) -> None:
    with connect(settings, "reader") as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables"
            " where table_schema in ('published', 'live') order by 1"
        ).fetchall()
    assert len(tables) > 10
    exports = []
    for (table,) in tables:
        for form in ("csv", "json"):
            done = citybrain("sql", f"select * from {table}", "--format", form)
            assert done.returncode == 0, done.stderr
            exports.append(done.stdout)
    assert hunt_texts(pl.Series(exports), canaries) == set()
    tell(f"exports: {len(tables)} tables as CSV and JSON, {sum(map(len, exports)) / 1e6:,.1f} MB")


def test_what_people_see_of_dead_letters_holds_no_planted_data(citybrain: Run, canaries: list[str]) -> None:
    letters = json.loads(citybrain("dlq", "list", "--limit", "0", "--format", "json").stdout)
    by_rule = {one["rule_id"]: one for one in letters}
    assert len(by_rule) > 10
    seen = [json.dumps(letters, ensure_ascii=False)]
    for one in by_rule.values():
        done = citybrain("dlq", "show", *one["id"].split("/"))
        assert done.returncode == 0, done.stderr
        seen.append("".join(done.stdout.split()))  # the screen breaks lines inside of numbers
    assert hunt_texts(pl.Series(seen), canaries) == set()


def read(values: list[bytes]) -> pl.Series:
    return pl.Series([value.decode("utf-8", errors="replace") for value in values])


def long_names(truth: dict[str, Any]) -> list[str]:
    """Planted names of three characters or more that are no other word here; short ones happen inside of others."""
    known = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "streams").rglob("*.csv"))
    return [name for name in truth["canary_names"] if len(name) > 2 and name not in known]


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

"""`SPARK_MASTER=spark://…`: a master and two workers land what `local[2]` lands, though one of them dies on the way."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache

import pytest

from streams.books.state import reconcile
from streams.contracts.registry import contracts
from streams.lake.read import frame
from tests.fixtures.cluster import Cluster, running_cluster
from tests.fixtures.records import event, key_of, value_of
from tests.fixtures.streams import SERVICE, Pair, Room, own_room

SENT_AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""The broker's time of each record, so that both rooms hold the same bytes."""


WAVES = ("first", "second")
"""The second one comes when a part of the first has landed, so that a worker dies with work before it."""

EVENTS = 1000
"""Per topic and wave."""


@cache
def crowd(topic: str, wave: str) -> list[Pair]:
    """Events of a topic, a fiftieth of them twice, and bytes that are no JSON for each hundredth."""
    one = contracts()[topic]
    made = [event(one, data={one.subject_field: f"{wave}-{number}"}) for number in range(EVENTS)]
    pairs: list[Pair] = [(key_of(each, one), value_of(each)) for each in made]
    return [*pairs, *pairs[::50], *((key, b"{not json") for key, _ in pairs[::100])]


def fill(room: Room, *waves: str) -> None:
    for wave in waves:
        for topic in contracts():
            room.produce(topic, crowd(topic, wave), at=SENT_AT)


@contextmanager
def draining(room: Room, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The streams until they have drained; killed if they are still there at the end."""
    with (room.settings.home / "logs" / "streams.log").open("ab") as log:
        service = subprocess.Popen([*SERVICE, "--drain"], env=room.env | env, stdout=log, stderr=log)
        try:
            yield service
        finally:
            service.kill()
            service.wait()


def landed(room: Room) -> dict[str, tuple[int, str, str]]:
    """Topic -> rows, checksum over all of its rows in `raw`, and over its rows in the lake's silver layer."""
    found = {}
    for one in contracts().values():
        ((rows, checksum),) = room.query(
            "select count(*), md5(string_agg(md5(r::text), '' order by kafka_partition, kafka_offset))"
            f" from {one.raw_table} as r"
        )
        columns = [column.name for column in one.silver_columns]
        silver = frame(room.settings, "silver", one.topic, columns).sort("kafka_partition", "kafka_offset")
        found[one.topic] = (rows, checksum, hashlib.sha256(silver.write_csv().encode()).hexdigest())
    return found


@pytest.fixture(scope="module")
def local() -> Iterator[dict[str, str]]:
    with own_room() as room:
        fill(room, *WAVES)
        with draining(room) as service:
            assert service.wait(400) == 0
        yield landed(room)


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        yield made


def kill_one_at_work(cluster: Cluster, room: Room) -> None:
    """Wait until both workers run tasks and a part has landed, send the rest, and cut the first one's power."""
    deadline = time.monotonic() + 240
    while not (landed_so_far(room) and all(len(cluster.executors(worker)) > 1 for worker in cluster.workers)):
        assert time.monotonic() < deadline, "the workers were not given work"
        time.sleep(0.1)
    fill(room, WAVES[1])
    cluster.kill(cluster.workers[0])
    assert landed_so_far(room) < len(WAVES) * EVENTS * len(contracts()), "all had landed before a worker could die"


def landed_so_far(room: Room) -> int:
    return sum(one.landed for one in reconcile(room.settings).values())


@pytest.mark.heavy
def test_a_cluster_that_loses_a_worker_lands_what_one_machine_lands(
    room: Room, local: dict[str, tuple[int, str, str]]
) -> None:
    fill(room, WAVES[0])
    with (
        running_cluster(room.settings.home, room.env) as cluster,
        draining(room, SPARK_MASTER=cluster.url, SPARK_LOCAL_IP="127.0.0.1") as service,
    ):
        kill_one_at_work(cluster, room)
        assert service.wait(400) == 0
    assert landed(room) == local
    count = len(WAVES) * EVENTS
    for topic, result in reconcile(room.settings).items():
        assert result.is_balanced, result
        assert (result.landed, result.duplicate, result.dead_lettered) == (count, count // 50, count // 100), topic

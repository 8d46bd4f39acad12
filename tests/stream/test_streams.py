"""The streaming service as it runs: real Spark, real broker, real PostgreSQL, a real lake; killed, cut off, restarted.

The oracle reads the topics back and judges each record with the one-record referee and a dictionary.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from streams.books.state import reconcile
from streams.bus.admin import ensure_topics
from streams.bus.dead_letters import CONNECT, RULE_HEADER
from streams.contracts.check import examples
from streams.contracts.registry import MAX_RECORD_BYTES, Contract, cities, contracts
from streams.contracts.validate import broken_rule, payload_may_be_kept
from streams.jobs.drain import backlog, wait_drained
from streams.lake.read import frame
from tests.fixtures.records import CAMERA, HOTLINE, event, key_of, value_of
from tests.fixtures.streams import SERVICE, Pair, Room, own_room

RANDOM = random.Random(20261122)
LARGE = 300

TASK_CRASHES = ("after_dlq", "before_commit", "after_commit")
DRIVER_CRASHES = ("after_bronze_write", "after_lake_write")


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with own_room() as made:
        yield made


def crowd(one: Contract, name: str, count: int) -> list[Pair]:
    """Valid events, a tenth of them twice, a few contradicting, and each malformed example once; shuffled."""
    events = [event(one, data={one.subject_field: f"{name}-{number}"}) for number in range(count)]
    events += RANDOM.sample(events, count // 10)
    events += [e | {"data": e["data"] | {"unit_code": "OTHER"}} for e in RANDOM.sample(events, 3)]
    pairs: list[Pair] = [(key_of(made, one), value_of(made)) for made in events]
    pairs += [(example.key, example.value) for example in examples(one) if example.rule]
    RANDOM.shuffle(pairs)
    return pairs


def fates(room: Room, one: Contract) -> dict[tuple[int, int], str]:
    """(partition, offset) -> landed, duplicate or the rule broken, for every record on the topic."""
    seen: dict[tuple[str, str], Any] = {}
    found = {}
    for message in room.consume(one.topic):
        now = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
        fate = broken_rule(one, message.key(), message.value(), now=now, cities=cities())
        if fate is None:
            made = json.loads(message.value())
            private = {field.name for field in one.fields if field.lake_only}
            content = {name: value for name, value in made["data"].items() if name not in private and value is not None}
            first = seen.setdefault((made["source"], made["id"]), content)
            fate = "id_conflict" if first != content else "duplicate" if first is not content else "landed"
        found[message.partition(), message.offset()] = fate
    return found


def assert_exactly_once(room: Room) -> None:
    """Raw, silver, bronze, DLQ and books hold exactly what the oracle says, each record once."""
    for one in contracts().values():
        expected = fates(room, one)
        landed = {place for place, fate in expected.items() if fate == "landed"}
        dead = {place: fate for place, fate in expected.items() if fate not in ("landed", "duplicate")}
        assert len(landed) > 100 and len(dead) > 20
        raw = room.query(f"select kafka_partition, kafka_offset, event_id from {one.raw_table}")
        assert sorted(row[:2] for row in raw) == sorted(landed)
        places = ["kafka_partition", "kafka_offset"]
        silver = frame(room.settings, "silver", one.topic, [*places, "event_id"])
        assert sorted(silver.iter_rows()) == sorted(raw)
        bronze = sorted(frame(room.settings, "bronze", one.topic, places).iter_rows())
        kept = ("landed", "duplicate", "id_conflict")
        assert bronze == sorted(place for place, fate in expected.items() if fate in kept)
        letters = room.query('select partition, "offset", rule_id from ops.dead_letter where topic = %s', one.topic)
        assert {(p, o): rule for p, o, rule in letters} == dead
        assert_same_bytes_on_the_dlq(room, one, dead)
        result = reconcile(room.settings)[one.topic]
        assert result.is_balanced, result
        assert result.duplicate == list(expected.values()).count("duplicate") > 10
        assert result.produced == len(expected)


def assert_same_bytes_on_the_dlq(room: Room, one: Contract, dead: dict[tuple[int, int], str]) -> None:
    sent = {(message.partition(), message.offset()): message for message in room.consume(one.topic)}
    found = {}
    for message in room.consume(one.dlq):
        headers = dict(message.headers())
        place = (int(headers[CONNECT + "partition"]), int(headers[CONNECT + "offset"]))
        found[place] = headers[RULE_HEADER].decode()
        if payload_may_be_kept(one, sent[place].value()):
            assert (message.key(), message.value()) == (sent[place].key(), sent[place].value())
        else:
            assert message.value() is None
    assert found == dead


@contextlib.contextmanager
def running(room: Room, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The service; whatever is left of it at the end is killed."""
    log = room.settings.home / "logs" / "streams.log"
    with log.open("ab") as out:
        process = room.service(out, **env)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(condition: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)


def said(room: Room) -> str:
    """The service's log so far; nothing before it first ran."""
    log = Path(room.settings.home / "logs" / "streams.log")
    return log.read_text(errors="replace") if log.exists() else ""


@pytest.mark.parametrize("crash", TASK_CRASHES)
def test_a_task_dies_where_it_hurts_and_then_all_of_it(room: Room, crash: str) -> None:
    for one in contracts().values():
        room.produce(one.topic, crowd(one, crash, 150))
    before = len(said(room))
    with running(room, CITYBRAIN_CRASH_AT=crash) as service:
        wait_for(lambda: "query failed" in said(room)[before:])
        assert service.poll() is None, "a dead worker is no reason for the service to end"
        os.killpg(service.pid, signal.SIGKILL)


@pytest.mark.parametrize("crash", DRIVER_CRASHES)
def test_the_driver_dies_where_it_hurts(room: Room, crash: str) -> None:
    for one in contracts().values():
        room.produce(one.topic, crowd(one, crash, 150))
    with running(room, CITYBRAIN_CRASH_AT=crash) as service:
        assert service.wait(180) == -signal.SIGKILL, said(room)[-2000:]


def test_the_whole_group_is_killed_at_any_moment(room: Room) -> None:
    for one in contracts().values():
        room.produce(one.topic, crowd(one, "any-moment", 300))
    before = len(said(room))
    with running(room) as service:
        wait_for(lambda: "land batch" in said(room)[before:])
        time.sleep(RANDOM.uniform(0, 3))
        os.killpg(service.pid, signal.SIGKILL)
        assert service.wait(10) == -signal.SIGKILL


def test_after_all_these_kills_each_record_counts_exactly_once(room: Room) -> None:
    log = room.settings.home / "logs" / "streams.log"
    with log.open("ab") as out:
        done = subprocess.run([*SERVICE, "--drain"], env=room.env, stdout=out, stderr=out, timeout=240, check=False)
    assert done.returncode == 0, said(room)[-2000:]
    assert backlog(room.settings).is_drained
    assert_exactly_once(room)


def test_a_running_service_survives_lost_servers_and_refuses_a_second_one(room: Room) -> None:
    before = {topic: result.landed for topic, result in reconcile(room.settings).items()}
    seen = len(said(room))
    with running(room) as service:
        wait_for(lambda: holds_the_lock(room, service.pid))
        second = room.citybrain("service", "land-and-lake")
        assert second.returncode == 1
        assert "running already" in second.stderr and str(service.pid) in second.stderr
        for round_number in range(4):
            for one in contracts().values():
                room.produce(one.topic, crowd(one, f"round-{round_number}", 50))
            cut_loaders(room)
            time.sleep(1)
            if round_number == 2:
                room.restart_broker()
        wait_drained(room.settings, 120)
        service.send_signal(signal.SIGTERM)
        assert service.wait(45) == 0, said(room)[-2000:]
    assert "stopped" in said(room)[seen:]
    assert_exactly_once(room)
    after = {topic: result.landed for topic, result in reconcile(room.settings).items()}
    assert all(after[topic] == before[topic] + 200 for topic in before)


def holds_the_lock(room: Room, pid: int) -> bool:
    lock = room.settings.home / "checkpoints" / "lock"
    return lock.exists() and lock.read_text() == str(pid)


def cut_loaders(room: Room) -> None:
    """Break off every session of the loader, as a restart of PostgreSQL does."""
    with psycopg.connect(room.settings.role_url("owner")) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'cb_loader'")


def test_a_lost_checkpoint_goes_on_behind_the_ledger(room: Room) -> None:
    shutil.rmtree(room.settings.home / "checkpoints" / "land")
    shutil.rmtree(room.settings.home / "checkpoints" / "lake")
    for one in (HOTLINE, CAMERA):
        room.produce(one.topic, crowd(one, "new-checkpoint", 40))
    done = room.citybrain("service", "land-and-lake", "--drain", seconds=240)
    assert done.returncode == 0, done.stderr[-2000:]
    assert_exactly_once(room)
    again = room.query("select count(distinct app_id) from ops.load_ledger")
    assert again == [(2,)]
    assert room.query("select count(*)::int from ops.progress") == [(sum(c.partitions for c in contracts().values()),)]


def test_hundreds_of_records_beyond_the_limit_become_dead_letters_and_the_streams_go_on(room: Room) -> None:
    """As the topics once took them: 600 MB, more than the driver's whole memory."""
    admin = AdminClient({"bootstrap.servers": room.settings.kafka_bootstrap_servers})
    entry = ConfigEntry("max.message.bytes", str(4 * MAX_RECORD_BYTES), incremental_operation=AlterConfigOpType.SET)
    wider = ConfigResource(ResourceType.TOPIC, HOTLINE.topic, incremental_configs=[entry])
    admin.incremental_alter_configs([wider])[wider].result(30)
    before, seen = reconcile(room.settings)[HOTLINE.topic], len(said(room))
    for number in range(LARGE):
        made = event(data={"case_id": f"large-{number}", "attachment": "A" * (2 * MAX_RECORD_BYTES)})
        room.produce(HOTLINE.topic, [(key_of(made), value_of(made))])
    room.produce(HOTLINE.topic, crowd(HOTLINE, "beside-large", 50))
    log = room.settings.home / "logs" / "streams.log"
    with log.open("ab") as out:
        done = subprocess.run([*SERVICE, "--drain"], env=room.env, stdout=out, stderr=out, timeout=300, check=False)
    assert done.returncode == 0, said(room)[-2000:]
    after = reconcile(room.settings)[HOTLINE.topic]
    assert after.is_balanced and after.landed == before.landed + 50
    assert "OutOfMemory" not in said(room)[seen:] and "query failed" not in said(room)[seen:]
    letters = room.query(
        "select count(*)::int from ops.dead_letter where topic = %s and rule_id = 'too_large' and state = 'new'"
        " and dlq_offset is not null",
        HOTLINE.topic,
    )
    assert letters[0][0] >= LARGE
    whole = [message for message in room.consume(HOTLINE.dlq) if len(message.value() or b"") > 2 * MAX_RECORD_BYTES]
    assert len(whole) == LARGE, "each with all its bytes"
    assert ensure_topics(room.settings), "the topic gets the limit of its contract again"


def test_a_topic_made_anew_stops_the_service_instead_of_skipping(room: Room) -> None:
    admin = AdminClient({"bootstrap.servers": room.settings.kafka_bootstrap_servers})
    admin.delete_topics([HOTLINE.topic])[HOTLINE.topic].result(30)
    wait_for(lambda: HOTLINE.topic not in admin.list_topics(timeout=10).topics)
    ensure_topics(room.settings)
    room.produce(HOTLINE.topic, [(b"x", b"{")])
    done = room.citybrain("service", "land-and-lake", seconds=120)
    assert done.returncode == 1
    assert "it was made anew" in done.stderr and "Traceback" not in done.stderr.splitlines()[-4]

"""Topics from contracts and the resumable producer, against a real broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from streams.bus.admin import ensure_topics, topic_offsets
from streams.bus.producer import RUN_HEADER, SEQ_HEADER, produce_run
from streams.contracts.registry import TOPIC_MAX_BYTES, contract, contracts
from streams.errors import CityBrainError
from streams.settings import Settings
from tests.fixtures import servers

HOTLINE = "city.hotline.ticket.v1"
CAMERA = "city.camera.detection.v1"


@pytest.fixture(scope="module")
def kafka() -> Iterator[Settings]:
    """A broker of its own: what is produced here is no event, and nobody else should find it."""
    with servers.temporary_home() as home:
        settings = Settings.load(servers.temporary_environment(home))
        with servers.running_kafka(settings):
            yield settings


@pytest.fixture
def topics(kafka: Settings) -> Settings:
    ensure_topics(kafka)
    return kafka


def records(count: int, topic: str = HOTLINE) -> Iterator[tuple[str, bytes, bytes]]:
    return ((topic, f"shuifu/C{i % 997}".encode(), f'{{"n": {i}}}'.encode()) for i in range(count))


def read_run(settings: Settings, run: str, topic: str = HOTLINE) -> dict[int, list[int]]:
    """Partition -> sequence numbers of the run, as the topic has them."""
    consumer = Consumer({"bootstrap.servers": settings.kafka_bootstrap_servers, "group.id": "test"})
    found: dict[int, list[int]] = {}
    for partition, (low, high) in topic_offsets(settings, topic).items():
        consumer.assign([TopicPartition(topic, partition, low)])
        seen = low
        while seen < high:
            for message in consumer.consume(min(5000, high - seen), 5):
                headers = dict(message.headers() or ())
                if headers.get(RUN_HEADER) == run.encode():
                    found.setdefault(partition, []).append(int(headers[SEQ_HEADER]))
                seen = message.offset() + 1
    consumer.close()
    return found


def test_topics_are_made_as_the_contracts_say_and_a_second_time_nothing_changes(kafka: Settings) -> None:
    ensure_topics(kafka)
    assert ensure_topics(kafka) == []
    found = AdminClient({"bootstrap.servers": kafka.kafka_bootstrap_servers}).list_topics(timeout=10).topics
    for one in contracts().values():
        assert len(found[one.topic].partitions) == one.partitions
        assert len(found[one.dlq].partitions) == 1


def test_a_setting_changed_by_hand_is_put_back_and_said(topics: Settings) -> None:
    hotline = contract(HOTLINE)
    other = replace(hotline, retention_days=3)
    assert ensure_topics(topics, [other]) == [f"{HOTLINE}: retention.ms 2592000000 -> 259200000"]
    assert ensure_topics(topics, [hotline]) == [f"{HOTLINE}: retention.ms 259200000 -> 2592000000"]
    admin = AdminClient({"bootstrap.servers": topics.kafka_bootstrap_servers})
    resource = ConfigResource(ResourceType.TOPIC, HOTLINE)
    assert admin.describe_configs([resource])[resource].result()["max.message.bytes"].value == str(TOPIC_MAX_BYTES)


def test_a_topic_with_more_partitions_than_its_contract_is_refused_not_shrunk(topics: Settings) -> None:
    with pytest.raises(CityBrainError, match="has 4 partitions, its contract says 2"):
        ensure_topics(topics, [replace(contract(HOTLINE), partitions=2)])


def test_a_finished_run_produces_nothing_when_it_is_called_again(topics: Settings) -> None:
    first = produce_run(topics, "twice", records(5000))
    before = topic_offsets(topics, HOTLINE)
    again = produce_run(topics, "twice", records(5000))
    assert (first.produced, first.already_there) == (5000, 0)
    assert (again.produced, again.already_there) == (0, 5000)
    assert topic_offsets(topics, HOTLINE) == before


def test_an_interrupted_run_goes_on_after_its_last_record_even_behind_another_run(topics: Settings) -> None:
    def broken() -> Iterator[tuple[str, bytes, bytes]]:
        yield from records(7000)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        produce_run(topics, "broken", broken())
    produce_run(topics, "another", records(20_000))
    done = produce_run(topics, "broken", records(9000))
    assert (done.produced, done.already_there) == (2000, 7000)
    assert sorted(n for numbers in read_run(topics, "broken").values() for n in numbers) == list(range(9000))


def test_a_producer_killed_in_the_middle_leaves_no_gap_and_no_double(topics: Settings) -> None:
    script = textwrap.dedent(
        f"""
        from streams.bus.producer import produce_run
        from streams.settings import Settings
        records = (("{CAMERA}", b"shuifu/C%d" % (i % 997), b"x" * 300) for i in range(2_000_000))
        produce_run(Settings.load(), "killed", records)
        """
    )
    env = {
        **os.environ,
        "CITYBRAIN_HOME": str(topics.home),
        "CITYBRAIN_KAFKA_PORT": str(topics.kafka_port),
        "KAFKA_BOOTSTRAP_SERVERS": "",
    }

    def landed_so_far() -> int:
        return sum(high for _, high in topic_offsets(topics, CAMERA).values())

    child = subprocess.Popen([sys.executable, "-c", script], env=env, start_new_session=True)
    while landed_so_far() < 20_000:
        assert child.poll() is None
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    time.sleep(1)  # what the broker had already taken in is written
    landed = landed_so_far()
    assert 20_000 <= landed < 2_000_000
    total = landed + 25_000
    rest = ((CAMERA, b"shuifu/C%d" % (i % 997), b"x" * 300) for i in range(total))
    done = produce_run(topics, "killed", rest)
    numbers = read_run(topics, "killed", CAMERA)
    assert done.already_there == landed
    assert all(found == sorted(found) for found in numbers.values())
    assert sorted(n for found in numbers.values() for n in found) == list(range(total))


def test_two_processes_can_not_produce_the_same_run_at_once(topics: Settings) -> None:
    def meeting() -> Iterator[tuple[str, bytes, bytes]]:
        with pytest.raises(CityBrainError, match="is running already"):
            produce_run(topics, "one at a time", records(1))
        yield from records(1)

    assert produce_run(topics, "one at a time", meeting()).produced == 1


def test_a_topic_without_contract_and_a_broker_that_is_gone_are_clear_errors(topics: Settings) -> None:
    with pytest.raises(CityBrainError, match=r"city\.nothing\.v1 belongs to no contract"):
        produce_run(topics, "nowhere", [("city.nothing.v1", b"k", b"v")])
    with pytest.raises(CityBrainError, match=r"no topic city\.nothing\.v1"):
        topic_offsets(topics, "city.nothing.v1")
    gone = replace(topics, kafka_bootstrap_servers="127.0.0.1:1")
    with pytest.raises(CityBrainError, match=r"Kafka does not answer at 127\.0\.0\.1:1"):
        ensure_topics(gone)

"""Topics as the contracts say: made and corrected, never deleted. Offsets for whoever reconciles."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import MAX_RECORD_BYTES, TOPIC_MAX_BYTES, Contract, contracts
from streams.errors import CityBrainError
from streams.ownership import KAFKA, require
from streams.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

DAY_MS = 86_400_000
DLQ_MAX_BYTES = 4 * MAX_RECORD_BYTES + 65_536
"""A dead letter is the raw value with a few headers more, and topics once took four times the present limit."""

TIMEOUT_SECONDS = 15


def topic_settings(contract: Contract) -> dict[str, dict[str, str]]:
    """Topic -> broker settings, for the contract's topic and its dead-letter topic."""
    return {
        contract.topic: {
            "cleanup.policy": "delete",
            "retention.ms": str(contract.retention_days * DAY_MS),
            "max.message.bytes": str(TOPIC_MAX_BYTES),
        },
        contract.dlq: {
            "cleanup.policy": "delete",
            "retention.ms": str(contract.dlq_retention_days * DAY_MS),
            "max.message.bytes": str(DLQ_MAX_BYTES),
        },
    }


def ensure_topics(settings: Settings, only: Iterable[Contract] | None = None) -> list[str]:
    """Create missing topics, add missing partitions, correct settings; says in words what it changed.

    Nothing is ever deleted or shrunk: a topic with more partitions than its contract raises CityBrainError.
    Run again it changes nothing and returns an empty list.
    """
    admin = _admin(settings)
    cluster = _metadata(admin, settings)
    known, replication = cluster.topics, min(3, len(cluster.brokers))
    wanted = list(contracts().values() if only is None else only)
    changes: list[str] = []
    for contract in wanted:
        for topic, config in topic_settings(contract).items():
            partitions = 1 if topic == contract.dlq else contract.partitions
            if topic not in known:
                changes += _create(admin, topic, partitions, replication, config)
                continue
            changes += _add_partitions(admin, topic, len(known[topic].partitions), partitions)
            changes += _correct(admin, topic, config)
    if changes:
        _wait_until_seen(admin, settings, wanted)
    return changes


def _wait_until_seen(admin: AdminClient, settings: Settings, wanted: Iterable[Contract]) -> None:
    """A broker answers a creation before it tells of the topic; whoever comes next must find it."""
    expected = {c.topic: c.partitions for c in wanted} | {c.dlq: 1 for c in wanted}
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        seen = _metadata(admin, settings).topics
        late = [
            topic
            for topic, partitions in expected.items()
            if topic not in seen
            or len(seen[topic].partitions) < partitions
            or any(partition.leader < 0 for partition in seen[topic].partitions.values())
        ]
        if not late:
            return
        if time.monotonic() > deadline:
            raise CityBrainError(
                f"topics without a leader after {TIMEOUT_SECONDS} s: {', '.join(late)}",
                why="the cluster made them but does not serve them yet",
                remedy="look into the broker's log, then run it again",
            )
        time.sleep(0.05)


def topic_offsets(settings: Settings, topic: str) -> dict[int, tuple[int, int]]:
    """Partition -> (first offset still kept, end offset: the one the next record will get).

    Raises CityBrainError when the broker doesn't answer or is another home's, or the topic doesn't exist.
    """
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "citybrain-offsets",
            "enable.auto.commit": False,
            "logger": quiet_logger(),
        }
    )
    try:
        cluster = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS)
        require(settings, KAFKA, str(cluster.cluster_id))
        found = cluster.topics[topic]
        if found.error is not None:
            raise CityBrainError(f"no topic {topic}", why=found.error.str(), remedy="`citybrain up` creates the topics")
        return {
            partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_SECONDS)
            for partition in sorted(found.partitions)
        }
    except KafkaException as error:
        raise unreachable(settings, error) from None
    finally:
        consumer.close()


def require_own_broker(settings: Settings) -> None:
    """Raise CityBrainError when the broker doesn't answer or is another home's."""
    _metadata(_admin(settings), settings)


def unreachable(settings: Settings, error: Exception) -> CityBrainError:
    """The error for a broker that doesn't answer."""
    return CityBrainError(
        f"Kafka does not answer at {settings.kafka_bootstrap_servers}",
        why=str(error),
        remedy="start it with `citybrain up`, or set KAFKA_BOOTSTRAP_SERVERS to a running cluster",
    )


def quiet_logger() -> Any:
    """librdkafka writes its connection woes to stderr; our own error says it better."""
    import logging

    logger = logging.getLogger("streams.bus.librdkafka")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def _admin(settings: Settings) -> AdminClient:
    from confluent_kafka.admin import AdminClient

    return AdminClient({"bootstrap.servers": settings.kafka_bootstrap_servers}, logger=quiet_logger())


def _metadata(admin: AdminClient, settings: Settings) -> Any:
    from confluent_kafka import KafkaException

    try:
        cluster = admin.list_topics(timeout=TIMEOUT_SECONDS)
    except KafkaException as error:
        raise unreachable(settings, error) from None
    require(settings, KAFKA, str(cluster.cluster_id))
    return cluster


def _create(admin: AdminClient, topic: str, partitions: int, replication: int, config: dict[str, str]) -> list[str]:
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import NewTopic

    wanted = NewTopic(topic, num_partitions=partitions, replication_factor=replication, config=config)
    try:
        admin.create_topics([wanted], operation_timeout=TIMEOUT_SECONDS)[topic].result(TIMEOUT_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:  # another start was faster
            return []
        raise _failed(f"topic {topic} could not be created", error) from None
    return [f"created {topic} with {partitions} partition(s)"]


def _add_partitions(admin: AdminClient, topic: str, have: int, want: int) -> list[str]:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import NewPartitions

    if have > want:
        raise CityBrainError(
            f"topic {topic} has {have} partitions, its contract says {want}",
            why="partitions can't be taken away, and the keys' partitions would change",
            remedy=f"set partitions: {have} in the contract",
        )
    if have == want:
        return []
    try:
        admin.create_partitions([NewPartitions(topic, want)])[topic].result(TIMEOUT_SECONDS)
    except KafkaException as error:
        raise _failed(f"topic {topic} could not get {want} partitions", error) from None
    return [f"{topic}: partitions {have} -> {want}"]


def _correct(admin: AdminClient, topic: str, wanted: dict[str, str]) -> list[str]:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        have = admin.describe_configs([resource])[resource].result(TIMEOUT_SECONDS)
        differ = {name: value for name, value in wanted.items() if have[name].value != value}
        if not differ:
            return []
        changed = ConfigResource(
            ResourceType.TOPIC,
            topic,
            incremental_configs=[
                ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in differ.items()
            ],
        )
        admin.incremental_alter_configs([changed])[changed].result(TIMEOUT_SECONDS)
    except KafkaException as error:
        raise _failed(f"settings of topic {topic} could not be corrected", error) from None
    return [f"{topic}: {name} {have[name].value} -> {value}" for name, value in differ.items()]


def _failed(what: str, error: Exception) -> CityBrainError:
    return CityBrainError(what, why=str(error), remedy="look into the broker's log, then run it again")

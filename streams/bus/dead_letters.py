"""Dead letters on `<topic>.dlq`: the raw bytes unchanged, with Kafka Connect's error headers and our rule id.

Engineers only. What people see of a dead letter goes through `streams.privacy`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from streams.bus.admin import DLQ_MAX_BYTES, quiet_logger, topic_offsets, unreachable
from streams.errors import CityBrainError
from streams.settings import Settings

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

RULE_HEADER = "citybrain.rule"
CONNECT = "__connect.errors."
STAGE = "VALUE_CONVERTER"
"""Kafka Connect's name for the step that fails on a record's content."""

SECONDS = 60
"""How long the broker may take to give or take one batch."""

NEAR = 5_000
"""Offsets up to here ahead are read past; further ones are sought."""

SHOWN = 4_000
"""Characters of a dead letter that a screen shows; as many again are scrubbed, so that the cut hides no half number."""
SCANNED = 2 * SHOWN

Header = tuple[str, str | bytes | None]


@dataclass(frozen=True)
class Record:
    """A Kafka record with its place."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


@dataclass(frozen=True)
class Rejected:
    """A record as it first stood, the rule that it breaks and what that means (in words without its content)."""

    record: Record
    rule: str
    reason: str


def send(settings: Settings, letters: Sequence[Rejected]) -> list[tuple[int, int]]:
    """Write dead letters; returns partition and offset of each on its DLQ, once the broker has all of them.

    Raises CityBrainError when it doesn't: then some may have been written, and sending all again is right.
    """
    messages = [(f"{one.record.topic}.dlq", one.record.key, one.record.value, _headers(one)) for one in letters]
    return produce(settings, messages)


_clients: dict[str, Any] = {}
"""One producer per broker and process, for a new one costs half a second; thrown away after any failure, since after
an unclear one an idempotent producer must not be used again."""


def produce(
    settings: Settings, messages: Sequence[tuple[str, bytes | None, bytes | None, list[Header]]]
) -> list[tuple[int, int]]:
    """Write (topic, key, value, headers) and wait; returns (partition, offset) of each. Raises CityBrainError."""
    from confluent_kafka import KafkaException

    if not messages:
        return []
    places: dict[int, tuple[int, int]] = {}
    faults: list[str] = []

    def noted(number: int) -> Any:
        def done(error: Any, message: Message) -> None:
            if error is None:
                places[number] = (int(message.partition() or 0), int(message.offset() or 0))
            else:
                faults.append(error.str())

        return done

    producer = _clients.pop(settings.kafka_bootstrap_servers, None) or _client(settings)
    try:
        for number, (topic, key, value, headers) in enumerate(messages):
            while True:
                try:
                    producer.produce(topic, value, key, headers=headers, on_delivery=noted(number))
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush(SECONDS)
    except KafkaException as error:
        raise unreachable(settings, error) from error
    if len(places) < len(messages):
        raise unreachable(settings, RuntimeError(faults[0] if faults else f"no answer within {SECONDS} s"))
    _clients[settings.kafka_bootstrap_servers] = producer
    return [places[number] for number in range(len(messages))]


def _client(settings: Settings) -> Any:
    from confluent_kafka import Producer

    return Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "enable.idempotence": True,
            "acks": "all",
            "message.max.bytes": DLQ_MAX_BYTES,
            "message.timeout.ms": SECONDS * 1000,
            "linger.ms": 5,
        },
        logger=quiet_logger(),  # it may outlive its broker
    )


def fetch(settings: Settings, topic: str, places: Collection[tuple[int, int]]) -> Mapping[tuple[int, int], Record]:
    """The records at those (partition, offset); raises CityBrainError when one is gone or the broker is away."""
    found = kept(settings, topic, places)
    for partition, offset in places:
        if (partition, offset) not in found:
            raise CityBrainError(
                f"record {topic}/{partition}/{offset} can't be read",
                why="the topic doesn't hold it any more",
                remedy="it has outlived the topic's retention; ask its source to send it again",
            )
    return found


def kept(settings: Settings, topic: str, places: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], Record]:
    """Those of the records at (partition, offset) that the topic still holds; CityBrainError if the broker is away."""
    from confluent_kafka import Consumer, KafkaException

    wanted: dict[int, set[int]] = {}
    for partition, offset in places:
        wanted.setdefault(partition, set()).add(offset)
    if not wanted:
        return {}
    ends = topic_offsets(settings, topic)
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "citybrain-dead-letters",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": DLQ_MAX_BYTES,
            "log_level": 0,
        }
    )
    try:
        found: dict[tuple[int, int], Record] = {}
        for partition, offsets in wanted.items():
            first, end = ends.get(partition, (0, 0))
            found |= _read(consumer, topic, partition, sorted(one for one in offsets if first <= one < end))
        return found
    except KafkaException as error:
        raise unreachable(settings, error) from error
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str, partition: int, offsets: list[int]) -> dict[tuple[int, int], Record]:
    """Records at the offsets, ascending, that are still there; one that was just deleted is left out."""
    from confluent_kafka import KafkaError, TopicPartition

    found: dict[tuple[int, int], Record] = {}
    position = -NEAR
    deadline = time.monotonic() + SECONDS
    for wanted in offsets:
        if wanted - position >= NEAR:
            consumer.assign([TopicPartition(topic, partition, wanted)])
        while position < wanted:
            message = consumer.poll(1.0)
            if message is None:
                if time.monotonic() > deadline:
                    raise CityBrainError(
                        f"{topic}/{partition} can't be read at offset {wanted}",
                        why=f"nothing came within {SECONDS} s",
                        remedy="look at the broker, then run the same command again",
                    )
                continue
            error = message.error()
            if error is not None and error.code() in (KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET):
                return found
            if error is not None:
                raise CityBrainError(
                    f"{topic}/{partition} can't be read at offset {wanted}",
                    why=error.str(),
                    remedy="look at the broker, then run the same command again",
                )
            position = int(message.offset() or 0)
            deadline = time.monotonic() + SECONDS
            if position in offsets:
                headers = tuple(cast("list[Header]", message.headers() or []))
                key, value = _bytes(message.key()), _bytes(message.value())
                found[partition, position] = Record(topic, partition, position, key, value, headers)
    return found


def _headers(one: Rejected) -> list[Header]:
    record = one.record
    mine = {
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "stage": STAGE,
        "exception.class.name": f"citybrain.rule.{one.rule}",
        "exception.message": one.reason,
    }
    return [
        *record.headers,
        *((CONNECT + name, text.encode()) for name, text in mine.items()),
        (RULE_HEADER, one.rule.encode()),
    ]


def own_headers(record: Record) -> list[Header]:
    """The headers that a dead letter had before it died."""
    return [(name, value) for name, value in record.headers if name != RULE_HEADER and not name.startswith(CONNECT)]


def origin_of(record: Record) -> str | None:
    """`topic/partition/offset` where the dead letter first stood, by its headers; None if they don't say it."""
    headers = dict(record.headers)
    parts = [headers.get(CONNECT + name) for name in ("topic", "partition", "offset")]
    return "/".join((_bytes(part) or b"").decode(errors="replace") for part in parts) if all(parts) else None


def _bytes(content: bytes | str | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content


def without_personal_data(words: str) -> str:
    """What a person typed, safe to keep and to show."""
    from streams.privacy.scrub import scrub_text

    return str(scrub_text([words])[0])


def readable(content: bytes | None, known: Collection[str] = ()) -> str:
    """What people may see of a record's bytes: text without personal data, at most SHOWN characters.

    In a JSON object the values of members that are not `known` show their kind and size only.
    """
    if content is None:
        return "(none)"
    text = content.decode("utf-8", errors="replace")
    try:
        # Plain spelling first: \u escapes would hide a name from the scrubber.
        text = json.dumps(_masked(json.loads(text), known), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
    clean = without_personal_data(text[:SCANNED])
    return clean if len(clean) <= SHOWN else clean[:SHOWN] + " … (cut)"


def _masked(value: Any, known: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {
            name: _masked(item, known) if name in known else f"({type(item).__name__}, {len(str(item))} characters)"
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_masked(item, known) for item in value]
    return value

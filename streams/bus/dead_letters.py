"""Dead letters on `<topic>.dlq`: the raw bytes unchanged, with Kafka Connect's error headers and our rule id.

Engineers only. What people see of a dead letter goes through `streams.privacy`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from streams.bus.admin import DLQ_MAX_BYTES, unreachable
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


def produce(
    settings: Settings, messages: Sequence[tuple[str, bytes | None, bytes | None, list[Header]]]
) -> list[tuple[int, int]]:
    """Write (topic, key, value, headers) and wait; returns (partition, offset) of each. Raises CityBrainError."""
    from confluent_kafka import KafkaException, Producer

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

    # A client of its own for each batch: after an unclear failure an idempotent producer must not be used again.
    producer = Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "enable.idempotence": True,
            "acks": "all",
            "message.max.bytes": DLQ_MAX_BYTES,
            "message.timeout.ms": SECONDS * 1000,
            "linger.ms": 5,
            "log_level": 0,
        }
    )
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
    return [places[number] for number in range(len(messages))]


def fetch(settings: Settings, topic: str, places: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], Record]:
    """The records at those (partition, offset); raises CityBrainError when one is gone or the broker is away."""
    from confluent_kafka import Consumer, KafkaException

    wanted: dict[int, list[int]] = {}
    for partition, offset in places:
        wanted.setdefault(partition, []).append(offset)
    if not wanted:
        return {}
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "citybrain-dead-letters",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": DLQ_MAX_BYTES,
            "log_level": 0,
        }
    )
    try:
        found: dict[tuple[int, int], Record] = {}
        for partition, offsets in wanted.items():
            found |= _read(consumer, topic, partition, sorted(set(offsets)))
        return found
    except KafkaException as error:
        raise unreachable(settings, error) from error
    finally:
        consumer.close()


def _read(consumer: Consumer, topic: str, partition: int, offsets: list[int]) -> dict[tuple[int, int], Record]:
    from confluent_kafka import TopicPartition

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
                    raise _gone(topic, partition, wanted, f"not there after {SECONDS} s")
                continue
            error = message.error()
            if error is not None:
                raise _gone(topic, partition, wanted, error.str())
            position = int(message.offset() or 0)
            deadline = time.monotonic() + SECONDS
            if position == wanted:
                headers = tuple(cast("list[Header]", message.headers() or []))
                key, value = _bytes(message.key()), _bytes(message.value())
                found[partition, wanted] = Record(topic, partition, wanted, key, value, headers)
        if position != wanted:
            raise _gone(topic, partition, wanted, f"the next record there is {position}")
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


def _bytes(content: bytes | str | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content


def _gone(topic: str, partition: int, offset: int, why: str) -> CityBrainError:
    return CityBrainError(
        f"record {topic}/{partition}/{offset} can't be read",
        why=why,
        remedy="it may have outlived the topic's retention; if the broker is slow, run the same command again",
    )


def readable(content: bytes | None, known: Collection[str] = ()) -> str:
    """What people may see of a record's bytes: text without personal data, at most SHOWN characters.

    In a JSON object the values of members that are not `known` show their kind and size only.
    """
    from streams.privacy.scrub import scrub_text

    if content is None:
        return "(none)"
    text = content.decode("utf-8", errors="replace")
    try:
        # Plain spelling first: \u escapes would hide a name from the scrubber.
        text = json.dumps(_masked(json.loads(text), known), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
    clean = scrub_text([text[:SCANNED]])[0]
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

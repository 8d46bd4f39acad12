"""Bulk producer: acks from all replicas, idempotent, and resumable to the exact record after any interruption.

Each record of a run carries the run's name and its sequence number as headers. The partition is a function of
the key (Kafka's own murmur2), so for each partition the last number found there says where that partition goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from streams.bus.admin import TIMEOUT_SECONDS, quiet_logger, topic_offsets, unreachable
from streams.contracts.registry import TOPIC_MAX_BYTES, contracts
from streams.errors import CityBrainError
from streams.settings import Settings, write_private

RUN_HEADER = "citybrain-run"
SEQ_HEADER = "citybrain-seq"

Record = tuple[str, bytes | None, bytes | None]
"""Topic, key, value."""

POLL_EVERY = 1000
FLUSH_SECONDS = 60.0
SCAN_STEP = 5000
"""Records read at a time, from the end of a partition backwards, to find a run's last one."""

CLIENT = {
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 20,
    "batch.size": 262_144,
    "compression.type": "lz4",
    "queue.buffering.max.messages": 200_000,
    "queue.buffering.max.kbytes": 262_144,
    "message.max.bytes": TOPIC_MAX_BYTES,
    "delivery.report.only.error": True,
    "delivery.timeout.ms": 120_000,
}


@dataclass(frozen=True)
class Produced:
    """What a run did: `produced` records now, `already_there` from an earlier try; `seconds` it took."""

    produced: int
    already_there: int
    seconds: float


def produce_run(
    settings: Settings,
    run_name: str,
    records: Iterable[Record],
    progress: Callable[[int], None] | None = None,
) -> Produced:
    """Produce the records of a named run exactly once, in order per key.

    The same name must always mean the same records in the same order (hash the input into the name). A finished
    run that is called again produces nothing; an interrupted one goes on after the last record of each partition.
    `progress` gets the number of records passed so far, a few times a second. Ctrl-C delivers what is queued and
    then stops. Raises CityBrainError when the broker is gone, refuses a record, or the run is running already.
    """
    started = time.monotonic()
    state_path = _state_path(settings, run_name)
    with _locked(state_path, run_name):
        state = _read_state(settings, state_path, run_name)
        if state.get("finished") is not None:
            return Produced(0, state["finished"], time.monotonic() - started)
        done = _last_sequences(settings, run_name, state["topics"]) if state["known"] else {}
        sender = _Sender(settings, run_name, state["topics"], done)
        try:
            for record in records:
                sender.send(record)
                if sender.sequence % POLL_EVERY == 0:
                    sender.serve()
                    if progress:
                        progress(sender.sequence)
        finally:
            # Also on Ctrl-C and on a failing source: what is queued gets delivered, so a resume finds it.
            sender.flush()
        if progress:
            progress(sender.sequence)
        ends = {topic: _ends(settings, topic) for topic in state["topics"]}
        _write_state(state_path, run_name, state["topics"], finished=sender.sequence, ends=ends)
        return Produced(sender.produced, sender.skipped, time.monotonic() - started)


def partition_of(key: bytes | None, partitions: int, sequence: int = 0) -> int:
    """Kafka's default partition of a key (murmur2); a record without key goes by its sequence number."""
    return sequence % partitions if key is None else (_murmur2(key) & 0x7FFFFFFF) % partitions


@lru_cache(maxsize=262_144)
def _murmur2(data: bytes) -> int:
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    h = (0x9747B28C ^ length) & mask
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ (k >> 24)) * m & mask)
    if length > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


class _Sender:
    """Numbers the records, skips those that are there, hands the rest to librdkafka."""

    def __init__(
        self, settings: Settings, run_name: str, topics: dict[str, Any], done: dict[tuple[str, int], int]
    ) -> None:
        from confluent_kafka import Producer

        self.sequence = self.produced = self.skipped = 0
        self._settings = settings
        self._run = run_name.encode()
        self._partitions = {topic: len(starts) for topic, starts in topics.items()}
        self._done = done
        self._errors: list[str] = []
        self._producer = Producer(
            {**CLIENT, "bootstrap.servers": settings.kafka_bootstrap_servers}, logger=quiet_logger()
        )

    def send(self, record: Record) -> None:
        topic, key, value = record
        sequence = self.sequence
        self.sequence += 1
        if topic not in self._partitions:
            raise CityBrainError(f"topic {topic} belongs to no contract", why=f"known: {', '.join(self._partitions)}")
        partition = partition_of(key, self._partitions[topic], sequence)
        if sequence <= self._done.get((topic, partition), -1):
            self.skipped += 1
            return
        headers: list[tuple[str, str | bytes | None]] = [
            (RUN_HEADER, self._run),
            (SEQ_HEADER, b"%d" % sequence),
        ]
        while True:
            try:
                self._producer.produce(topic, value, key, partition, self._delivered, None, 0, headers)
                break
            except BufferError:  # the queue is full: wait for the broker, then again
                self.serve(0.5)
            except Exception as error:
                raise CityBrainError(f"record {sequence} of the run can't be sent to {topic}", why=str(error)) from None
        self.produced += 1

    def serve(self, seconds: float = 0) -> None:
        self._producer.poll(seconds)
        if self._errors:
            raise unreachable(self._settings, RuntimeError(self._errors[0]))

    def flush(self) -> None:
        left = self._producer.flush(FLUSH_SECONDS)
        if left or self._errors:
            why = self._errors[0] if self._errors else f"{left} records were not taken in {FLUSH_SECONDS:g} s"
            raise unreachable(self._settings, RuntimeError(why))

    def _delivered(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._errors.append(error.str())


def run_names(settings: Settings) -> list[str]:
    """Runs that were produced from this home, the newest first."""
    paths = sorted((settings.home / "runs").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [json.loads(path.read_text())["run"] for path in paths]


def run_offsets(settings: Settings, run_name: str) -> dict[tuple[str, int], list[int]]:
    """(topic, partition) -> offsets of the run's own records, ascending, told by their headers.

    Raises CityBrainError for a run that is unknown here, and where the broker no longer holds all of it.
    """
    path = _state_path(settings, run_name)
    if not path.exists():
        known = run_names(settings)
        raise CityBrainError(
            f"no run {run_name!r} was produced from this CITYBRAIN_HOME",
            why=f"known, newest first: {', '.join(known[:5])}" if known else "there was none",
            remedy="take the name that `citybrain ingest` printed",
        )
    with _locked(path, run_name):
        state = json.loads(path.read_text())
        found = {}
        for topic, starts in state["topics"].items():
            ends = state.get("ends", {}).get(topic)
            for partition, (low, high) in topic_offsets(settings, topic).items():
                first, end = starts.get(str(partition), 0), high if ends is None else ends.get(str(partition), high)
                if first < low and first < end:
                    raise CityBrainError(
                        f"{topic}/{partition} no longer holds all records of run {run_name}",
                        why=f"they begin at offset {first}, the broker's first one is {low}",
                        remedy="it has outlived the topic's retention and can't be told from other loads any more",
                    )
                if first < end:
                    found[topic, partition] = _own_offsets(settings, run_name, topic, partition, first, end)
    return found


def forget_run(settings: Settings, run_name: str) -> None:
    """Let the run be produced anew under its name."""
    _state_path(settings, run_name).unlink(missing_ok=True)


def _own_offsets(settings: Settings, run_name: str, topic: str, partition: int, first: int, end: int) -> list[int]:
    from confluent_kafka import KafkaException

    try:
        with _reader(settings) as consumer:
            wanted = run_name.encode()
            return [
                message.offset()
                for message in _messages(consumer, topic, partition, first, end)
                if dict(message.headers() or ()).get(RUN_HEADER) == wanted
            ]
    except KafkaException as error:
        raise unreachable(settings, error) from None


# --- what is known of a run -------------------------------------------------------------------------------
# `$CITYBRAIN_HOME/runs/<hash>.json` says where each partition ended before the run, so that a resume reads no
# further back than that. Without it the run is new here; were it lost, a second produce would only be duplicates.


def _state_path(settings: Settings, run_name: str) -> Path:
    return settings.home / "runs" / f"{hashlib.sha256(run_name.encode()).hexdigest()[:24]}.json"


@contextmanager
def _locked(state_path: Path, run_name: str) -> Iterator[None]:
    state_path.parent.mkdir(parents=True, exist_ok=True)
    with state_path.with_suffix(".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CityBrainError(
                f"run {run_name} is running already",
                why="another process is producing the same records",
                remedy="wait for it; then run this again, it will add nothing",
            ) from None
        yield


def _read_state(settings: Settings, path: Path, run_name: str) -> dict[str, Any]:
    """`topics`: topic -> partition -> offset before the run; `known`: it was started before; `finished`: records."""
    topics = list(contracts())
    if path.exists():
        state = json.loads(path.read_text())
        ends = {topic: topic_offsets(settings, topic) for topic in state["topics"]}
        last = state.get("ends") or state["topics"]
        intact = all(
            int(partition) in ends[topic] and ends[topic][int(partition)][1] >= offset
            for topic, offsets in last.items()
            for partition, offset in offsets.items()
        )
        if intact and set(state["topics"]) == set(topics):
            starts = {
                topic: {int(partition): offset for partition, offset in offsets.items()}
                for topic, offsets in state["topics"].items()
            }
            return {"topics": starts, "known": True, "finished": state.get("finished")}
        # The topics were emptied or re-made since: the run starts anew.
    starts = {topic: _ends(settings, topic) for topic in topics}
    _write_state(path, run_name, starts)
    return {"topics": starts, "known": False}


def _write_state(path: Path, run_name: str, topics: dict[str, Any], **more: Any) -> None:
    write_private(path, json.dumps({"run": run_name, "topics": topics, **more}) + "\n")


def _ends(settings: Settings, topic: str) -> dict[int, int]:
    return {partition: high for partition, (_, high) in topic_offsets(settings, topic).items()}


def _last_sequences(settings: Settings, run_name: str, starts: dict[str, dict[int, int]]) -> dict[tuple[str, int], int]:
    """(topic, partition) -> highest sequence number of the run that is there, for partitions that have one."""
    from confluent_kafka import KafkaException

    found = {}
    try:
        with _reader(settings) as consumer:
            for topic, offsets in starts.items():
                for partition, (low, high) in topic_offsets(settings, topic).items():
                    first = max(low, offsets.get(partition, 0))
                    last = _last_sequence(consumer, run_name, topic, partition, first, high)
                    if last is not None:
                        found[topic, partition] = last
    except KafkaException as error:
        raise unreachable(settings, error) from None
    return found


@contextmanager
def _reader(settings: Settings) -> Iterator[Any]:
    from confluent_kafka import Consumer

    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap_servers,
            "group.id": "citybrain-resume",
            "enable.auto.commit": False,
        },
        logger=quiet_logger(),
    )
    try:
        yield consumer
    finally:
        consumer.close()


def _last_sequence(consumer: Any, run_name: str, topic: str, partition: int, first: int, end: int) -> int | None:
    wanted = run_name.encode()
    while end > first:
        begin = max(first, end - SCAN_STEP)
        best: int | None = None
        for message in _messages(consumer, topic, partition, begin, end):
            headers = dict(message.headers() or ())
            if headers.get(RUN_HEADER) == wanted:
                best = int(headers[SEQ_HEADER])
        if best is not None:
            return best
        end = begin
    return None


def _messages(consumer: Any, topic: str, partition: int, first: int, end: int) -> Iterator[Any]:
    """The messages at offsets `first` to before `end`; CityBrainError where they don't come."""
    from confluent_kafka import TopicPartition

    consumer.assign([TopicPartition(topic, partition, first)])
    position, deadline = first, time.monotonic() + TIMEOUT_SECONDS
    while position < end and time.monotonic() < deadline:
        for message in consumer.consume(min(end - position, SCAN_STEP), timeout=1.0):
            if message.error() is not None or message.offset() >= end:
                continue
            yield message
            position = message.offset() + 1
            deadline = time.monotonic() + TIMEOUT_SECONDS
    if position < end:
        raise CityBrainError(
            f"{topic}/{partition} could not be read to its end",
            why=f"stopped at offset {position} of {end} after {TIMEOUT_SECONDS} s",
            remedy="look at the broker, then run the same command again",
        )

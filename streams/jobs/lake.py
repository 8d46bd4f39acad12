"""Kafka -> lake (Delta): bronze holds every parsed event, silver those that landed in the event log. Exactly once.

It parses for itself and waits until the books cover what it reads; so the event log alone decides what is new, and
the lake may lag behind it. Tasks write the files, the driver commits them: each table takes a batch once, for the
Delta log keeps the number of the last one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from streams.books import ledger, state
from streams.books.state import Place
from streams.contracts.registry import contracts
from streams.jobs import chunks
from streams.jobs.chunks import Row, Work
from streams.jobs.query import StoppedError, StopSwitch, app_id, checkpoint, log, persistently, start
from streams.jobs.task import parse_all_that_can_be, spans_of
from streams.lake.tables import LAYERS, schema_of
from streams.lake.write import File, commit_once, ensure_table, write_file
from streams.settings import Settings
from streams.transforms.kernel import Kernel
from streams.warehouse.connection import connect
from streams.warehouse.failpoint import failpoint

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

NAME = "lake"
PER_CORE = 100_000
INTERVAL = "20 seconds"
"""Each commit is a file until it is compacted; the lake takes large bites, so that they are few."""
POLL_SECONDS = 0.5
FILE_BYTES = 64 << 20
"""Rows in memory after which a task writes a file and goes on with another."""

TOLD = {
    "topic": "string",
    "partition": "int",
    "last": "bigint",
    "records": "bigint",
    "layer": "string",
    "path": "string",
    "size": "bigint",
    "rows": "bigint",
    "first_day": "string",
    "last_day": "string",
}
"""A row per partition read (up to `records`), and one per file written (from `layer` on)."""


@dataclass(frozen=True)
class Lake:
    """The slow query: all topics, two commits per batch and topic."""

    settings: Settings
    shared: Broadcast[Writer]
    switch: StopSwitch
    interval: str = INTERVAL
    name: str = NAME

    def start(self, spark: SparkSession) -> StreamingQuery:
        """Begin where the checkpoint stands; without one, behind what the lake holds by the books."""
        with connect(self.settings, "loader") as connection:
            reached = state.lake_reached(connection)
        return start(
            spark,
            self.settings,
            NAME,
            reached=reached,
            per_trigger=PER_CORE * spark.sparkContext.defaultParallelism,
            interval=self.interval,
            batch=self.switch.guard(NAME, self.batch),
        )

    def batch(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch to both layers; done again it changes nothing."""
        name, began = app_id(self.settings, NAME), time.monotonic()
        self._wait_until_landed(ends_of(self.settings, batch_id))
        landed = time.monotonic()
        ensure_tables(self.settings)
        work = _work(self.shared)
        told = persistently(self.switch, f"{NAME} batch {batch_id}", lambda: chunks.run_tasks(records, work, TOLD))
        written = time.monotonic()
        reached = commit(self.settings, told, name, batch_id)
        failpoint("after_lake_write")
        persistently(self.switch, f"{NAME} batch {batch_id}", lambda: self._note(reached))
        log.info(
            "%s batch %d: %d read; waited %.1f s, files in %.1f s, commits in %.1f s",
            *(NAME, batch_id, sum(row[3] or 0 for row in told)),
            *(landed - began, written - landed, time.monotonic() - written),
        )

    def _wait_until_landed(self, ends: Mapping[Place, int]) -> None:
        def covered() -> bool:
            with connect(self.settings, "loader") as connection:
                reached = state.reached(connection)
            return all(reached.get(place, -1) + 1 >= end for place, end in ends.items())

        # By the driver: tasks that waited would hold the cores that land needs.
        while not persistently(self.switch, f"{NAME} waits for the event log", covered):
            if self.switch.stopping.wait(POLL_SECONDS):
                raise StoppedError

    def _note(self, reached: Mapping[Place, int]) -> None:
        with connect(self.settings, "loader") as connection:
            ledger.note_lake(connection, reached)


@dataclass(frozen=True)
class Writer:
    """All that a task needs to write its part of both layers; can be sent to Spark's workers."""

    settings: Settings
    kernel: Kernel

    def write(self, frames: Iterator[pl.DataFrame]) -> Iterator[Row]:
        """Rows of TOLD for the records of `frames`, which the event log has landed already."""
        held = _Held(self.settings)
        for frame in frames:
            spans = spans_of(frame)
            for span in spans:
                yield span.topic, span.partition, span.last, span.records, *([None] * 6)
            for parsed in parse_all_that_can_be(self.kernel, frame):
                contract = self.kernel.contracts[parsed.topic]
                mine = [span for span in spans if span.topic == parsed.topic]
                with connect(self.settings, "loader") as connection:
                    landed = ledger.landed_places(connection, contract, mine)
                bronze = parsed.rows.select(column.name for column in contract.silver_columns)
                silver = bronze.join(landed, on=landed.columns, how="semi", maintain_order="left")
                yield from held.add(parsed.topic, bronze, silver)
        yield from held.flush()


@dataclass
class _Held:
    """Rows that no file holds yet, by layer and topic."""

    settings: Settings
    rows: dict[tuple[str, str], list[pl.DataFrame]] = field(default_factory=dict)
    size: int = 0

    def add(self, topic: str, *layers: pl.DataFrame) -> Iterator[Row]:
        for layer, rows in zip(LAYERS, layers, strict=True):
            self.rows.setdefault((layer, topic), []).append(rows)
            self.size += int(rows.estimated_size())
        if self.size > FILE_BYTES:
            yield from self.flush()

    def flush(self) -> Iterator[Row]:
        for (layer, topic), parts in self.rows.items():
            rows = pl.concat(parts)
            if not rows.is_empty():
                one = write_file(self.settings, layer, topic, rows)
                yield topic, None, None, None, layer, one.path, one.size, one.rows, one.first_day, one.last_day
        self.rows, self.size = {}, 0


def _work(shared: Broadcast[Writer]) -> Work:
    def work(frames: Iterator[pl.DataFrame]) -> Iterator[Row]:
        return shared.value.write(frames)

    return work


def ensure_tables(settings: Settings) -> None:
    """Both layers of every topic, with the columns of its contract."""
    for topic, contract in contracts().items():
        for layer in LAYERS:
            ensure_table(settings, layer, topic, schema_of(contract))


def commit(settings: Settings, told: list[Row], app_id: str, version: int) -> dict[Place, int]:
    """Add the files that tasks told of, once; the last offset of each partition that the lake holds now."""
    reached: dict[Place, int] = {}
    files: dict[tuple[str, str], list[File]] = {}
    for topic, partition, last, _, layer, *file in told:
        if layer is not None:
            files.setdefault((layer, topic), []).append(File(*file))
        else:
            reached[topic, partition] = max(last, reached.get((topic, partition), -1))
    for (layer, topic), found in sorted(files.items()):
        commit_once(settings, layer, topic, found, app_id, version)
        failpoint(f"after_{layer}_write")
    return reached


def ends_of(settings: Settings, batch_id: int) -> dict[Place, int]:
    """The offsets (exclusive) at which a batch ends, as its query wrote them down before it began."""
    path = checkpoint(settings, NAME) / "offsets" / str(batch_id)
    offsets = json.loads(path.read_text().splitlines()[-1])
    return {(topic, int(partition)): end for topic, ends in offsets.items() for partition, end in ends.items()}

"""Kafka -> lake (Delta): bronze holds every parsed event, silver those that landed in the event log. Exactly once.

It parses for itself and waits until the ledger covers what it read; so the event log alone decides what is new,
and the lake may lag behind it. Each table takes a batch once: Delta refuses a `txnVersion` that it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from streams.contracts.generated.spark_schemas import SILVER_ARROW, SILVER_SPARK_DDL
from streams.jobs import chunks
from streams.jobs.query import Gate, StoppedError, app_id, log, persistently, start
from streams.lake.tables import table_uri
from streams.settings import Settings
from streams.transforms.kernel import Kernel
from streams.warehouse import ledger
from streams.warehouse.connection import connect
from streams.warehouse.failpoint import failpoint

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

NAME = "lake"
PER_TRIGGER = 200_000
INTERVAL = "20 seconds"
"""A Delta commit costs about a second however small it is, so the lake takes large bites."""
POLL_SECONDS = 0.5
FILES = 1
"""Data files per commit; a batch of ours is far smaller than a good file."""


@dataclass(frozen=True)
class Lake:
    """The slow query: all topics, four commits per batch (two tables per topic)."""

    settings: Settings
    kernel: Kernel
    shared: Broadcast[Kernel]
    gate: Gate
    interval: str = INTERVAL
    name: str = NAME

    def start(self, spark: SparkSession) -> StreamingQuery:
        """Begin where the checkpoint stands; without one, behind what the lake's ledger says."""
        with connect(self.settings, "loader") as connection:
            reached = ledger.reached(connection, "lake_ledger")
        return start(
            spark,
            self.settings,
            NAME,
            reached=reached,
            per_trigger=PER_TRIGGER,
            interval=self.interval,
            batch=self.gate.guard(NAME, self.batch),
        )

    def batch(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch to both layers; done again it changes nothing."""
        name, began = app_id(self.settings, NAME), time.monotonic()
        parsed = chunks.parsed_chunks(records, self.shared).persist()
        try:
            spans = chunks.spans_of(parsed.select("topic", "spans").toArrow())
            self._wait_until_landed(spans)
            counts = []
            for topic in sorted({span.topic for span in spans}):
                counts += self._write(parsed, topic, [span for span in spans if span.topic == topic], name, batch_id)
            failpoint("after_lake_write")
        finally:
            parsed.unpersist()
        persistently(self.gate, f"{NAME} batch {batch_id}", lambda: self._note(name, batch_id, counts))
        read, seconds = sum(span.records for span in spans), time.monotonic() - began
        log.info("%s batch %d: %d read, written in %.1f s", NAME, batch_id, read, seconds)

    def _wait_until_landed(self, spans: list[ledger.Span]) -> None:
        def covered() -> bool:
            with connect(self.settings, "loader") as connection:
                reached = ledger.reached(connection)
            return all(reached.get((span.topic, span.partition), -1) >= span.last for span in spans)

        while not persistently(self.gate, f"{NAME} waits for the ledger", covered):
            if self.gate.stopping.wait(POLL_SECONDS):
                raise StoppedError

    def _write(
        self, parsed: DataFrame, topic: str, spans: list[ledger.Span], name: str, batch_id: int
    ) -> list[tuple[ledger.Span, int, int]]:
        def read() -> dict[int, list[int]]:
            with connect(self.settings, "loader") as connection:
                return ledger.landed_offsets(connection, self.kernel.contracts[topic], spans)

        landed = persistently(self.gate, f"{NAME} batch {batch_id}", read)
        mine = parsed.where(parsed["topic"] == topic).select("rows").coalesce(FILES)
        for layer, only in (("bronze", None), ("silver", landed)):
            (
                mine.mapInArrow(_decoder(topic, only), SILVER_SPARK_DDL[topic])
                .write.format("delta")
                .mode("append")
                .option("mergeSchema", "true")
                .option("txnAppId", name)
                .option("txnVersion", batch_id)
                .save(table_uri(self.settings, layer, topic))
            )
            failpoint(f"after_{layer}_write")
        return [(span, span.accepted, len(landed[span.partition])) for span in spans]

    def _note(self, name: str, batch_id: int, counts: list[tuple[ledger.Span, int, int]]) -> None:
        with connect(self.settings, "loader") as connection:
            ledger.write_lake_ledger(connection, name, batch_id, counts)


def _decoder(
    topic: str, only: dict[int, list[int]] | None
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Chunks' `rows` -> silver rows of the topic; just those at the offsets `only` (partition -> offsets), if given."""
    schema = SILVER_ARROW[topic]
    places = None
    if only is not None:
        pairs = [(partition, offset) for partition, offsets in only.items() for offset in offsets]
        types = {"kafka_partition": pl.Int32, "kafka_offset": pl.Int64}
        places = pl.DataFrame(pairs, schema=types, orient="row")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for content in batch["rows"].to_pylist():
                rows = chunks.rows_of(content)
                if places is not None:
                    rows = rows.join(places, on=places.columns, how="semi", maintain_order="left")
                yield from rows.select(schema.names).to_arrow().cast(schema).to_batches()

    return run

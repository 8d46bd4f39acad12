"""Kafka -> lake (Delta): bronze holds every parsed event, silver those that landed in the event log. Exactly once.

It parses for itself and waits until the ledger covers what it read; so the event log alone decides what is new,
and the lake may lag behind it. Each table takes a batch once: the Delta log keeps the number of the last one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.contracts.generated.spark_schemas import SILVER_ARROW
from streams.jobs import chunks
from streams.jobs.query import Gate, StoppedError, app_id, log, persistently, start
from streams.lake.write import append_once
from streams.settings import Settings
from streams.transforms.kernel import Kernel
from streams.warehouse import ledger
from streams.warehouse.connection import connect
from streams.warehouse.failpoint import failpoint

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

NAME = "lake"
PER_TRIGGER = 200_000
INTERVAL = "20 seconds"
"""Each commit is a file for ever; the lake takes large bites, so that they are few."""
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Lake:
    """The slow query: all topics, two commits per batch and topic."""

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
        read = chunks.parsed_chunks(records, self.shared).toArrow()
        parsed = time.monotonic()
        spans = chunks.spans_of(read)
        self._wait_until_landed(spans)
        landed = time.monotonic()
        counts = []
        for topic in chunks.topics_of(read):
            counts += self._write(read, topic, [span for span in spans if span.topic == topic], name, batch_id)
        failpoint("after_lake_write")
        persistently(self.gate, f"{NAME} batch {batch_id}", lambda: self._note(name, batch_id, counts))
        log.info(
            "%s batch %d: %d read, parsed in %.1f s, waited %.1f s, written in %.1f s",
            *(NAME, batch_id, sum(span.records for span in spans)),
            *(parsed - began, landed - parsed, time.monotonic() - landed),
        )

    def _wait_until_landed(self, spans: list[ledger.Span]) -> None:
        def covered() -> bool:
            with connect(self.settings, "loader") as connection:
                reached = ledger.reached(connection)
            return all(reached.get((span.topic, span.partition), -1) >= span.last for span in spans)

        while not persistently(self.gate, f"{NAME} waits for the ledger", covered):
            if self.gate.stopping.wait(POLL_SECONDS):
                raise StoppedError

    def _write(
        self, read: pa.Table, topic: str, spans: list[ledger.Span], name: str, batch_id: int
    ) -> list[tuple[ledger.Span, int, int]]:
        contract = self.kernel.contracts[topic]

        def places() -> pl.DataFrame:
            with connect(self.settings, "loader") as connection:
                return ledger.landed_places(connection, contract, spans)

        landed = persistently(self.gate, f"{NAME} batch {batch_id}", places)
        bronze = chunks.parsed_of(read, contract).rows
        silver = bronze.join(landed, on=landed.columns, how="semi", maintain_order="left")
        schema = SILVER_ARROW[topic]
        for layer, rows in (("bronze", bronze), ("silver", silver)):
            table = rows.select(schema.names).to_arrow().cast(schema)
            append_once(self.settings, layer, topic, table, name, batch_id)
            failpoint(f"after_{layer}_write")
        in_silver = dict(silver.group_by("kafka_partition").len().iter_rows())
        return [(span, span.accepted, in_silver.get(span.partition, 0)) for span in spans]

    def _note(self, name: str, batch_id: int, counts: list[tuple[ledger.Span, int, int]]) -> None:
        with connect(self.settings, "loader") as connection:
            ledger.write_lake_ledger(connection, name, batch_id, counts)

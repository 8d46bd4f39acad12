"""Kafka -> event log: each Spark task lands the records that it holds (`task`); the driver only counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.books import state
from streams.jobs import chunks
from streams.jobs.chunks import Row, Work
from streams.jobs.query import StopSwitch, app_id, log, persistently, start
from streams.jobs.task import Lander
from streams.settings import Settings
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    import polars as pl
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

NAME = "land"
PER_CORE = 25_000
"""Records per batch and core: a few seconds of backlog."""
INTERVAL = "500 milliseconds"

COUNTS = dict.fromkeys(("records", "landed", "rejected", "duplicate"), "bigint")


@dataclass(frozen=True)
class Land:
    """The fast query: all topics, a transaction per task and slice."""

    settings: Settings
    shared: Broadcast[Lander]
    switch: StopSwitch
    name: str = NAME

    def start(self, spark: SparkSession) -> StreamingQuery:
        """Begin where the checkpoint stands; without one, behind what the books say."""
        with connect(self.settings, "loader") as connection:
            reached = state.reached(connection)
        return start(
            spark,
            self.settings,
            NAME,
            reached=reached,
            per_trigger=PER_CORE * spark.sparkContext.defaultParallelism,
            interval=INTERVAL,
            batch=self.switch.guard(NAME, self.batch),
        )

    def batch(self, records: DataFrame, batch_id: int) -> None:
        """Land one micro-batch; done again it lands what is left of it."""
        began = time.monotonic()
        work = _work(self.shared, app_id(self.settings, NAME), batch_id)
        done = persistently(self.switch, f"{NAME} batch {batch_id}", lambda: chunks.run_tasks(records, work, COUNTS))
        totals = [sum(column) for column in zip(*done, strict=True)] or [0] * len(COUNTS)
        log.info(
            "%s batch %d: %d read, %d landed, %d rejected, %d duplicate in %.1f s",
            *(NAME, batch_id, *totals, time.monotonic() - began),
        )


def _work(shared: Broadcast[Lander], name: str, batch_id: int) -> Work:
    def work(frames: Iterator[pl.DataFrame]) -> Iterator[Row]:
        for frame in frames:
            for one in shared.value.land(frame, name, batch_id):
                yield one.span.records, one.landed, one.rejected, one.duplicate

    return work

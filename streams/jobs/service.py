"""The streams as one service: two queries in one Spark driver, watched, stopped between batches."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.books import ledger
from streams.bus.admin import topic_offsets
from streams.contracts.registry import cities, contracts
from streams.errors import CityBrainError
from streams.jobs import drain
from streams.jobs.lake import Lake, Writer
from streams.jobs.land import Land
from streams.jobs.query import RecordsMissingError, StopSwitch, log, only_one, session
from streams.jobs.task import Lander
from streams.reference.registry import rows
from streams.settings import Settings
from streams.transforms.findings import Registers
from streams.transforms.kernel import Kernel
from streams.transforms.locate import Places
from streams.warehouse.connection import connect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.streaming import StreamingQuery

LAG_SECONDS = 5.0
WATCH_SECONDS = 0.5
MAX_FAILURES = 5
"""Failures in a row after which the service gives up and leaves the restart to the supervisor."""
HEALTHY_SECONDS = 60.0
"""A query that ran this long is healthy: its earlier failures no longer count."""


def kernel() -> Kernel:
    """The kernel over this checkout's contracts, cities and reference data."""
    from streams.privacy.scrub import scrub_text

    def table(name: str) -> pl.DataFrame:
        return pl.DataFrame(list(rows(name))).with_columns(
            pl.col("valid_from", "valid_to").str.to_date(strict=False)  # an open end is empty text
        )

    return Kernel(contracts(), cities(), Places.build(table("area"), table("grid")), scrub_text)


def run(settings: Settings, *, until_drained: bool = False) -> None:
    """Run both queries until SIGTERM or SIGINT, or until every topic is drained. Returns after the current batches.

    Raises CityBrainError at once when another service holds the checkpoints, and when a query can't go on.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True)
    for noisy in ("py4j", "pyspark"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    switch = StopSwitch()
    with only_one(settings), _stopped_by_signals(switch):
        spark = session(settings)
        try:
            _watch(settings, spark, switch, until_drained=until_drained)
        finally:
            with switch.closed():
                _end(spark)
    log.info("stopped")


def _end(spark: SparkSession) -> None:
    from py4j.protocol import Py4JError

    try:
        for query in spark.streams.active:
            query.stop()
        spark.stop()
    except (Py4JError, OSError) as error:  # the JVM was ended before us; its checkpoints say where to go on
        log.warning("Spark is gone already: %s", type(error).__name__)


def _watch(settings: Settings, spark: SparkSession, switch: StopSwitch, *, until_drained: bool) -> None:
    made, fresh = kernel(), replace(settings)  # settings without passwords, which each worker reads for itself
    lander = spark.sparkContext.broadcast(Lander(fresh, made, Registers.build(rows)))
    writer = spark.sparkContext.broadcast(Writer(fresh, made))
    land = Land(settings, lander, switch)
    # Whoever waits for the drain should not wait for the next large bite of the lake too.
    lake = Lake(settings, writer, switch, **({"interval": "1 second"} if until_drained else {}))
    watched = [_Watched(land, spark), _Watched(lake, spark)]
    lag_due = 0.0
    while not switch.stopping.wait(WATCH_SECONDS):
        for one in watched:
            one.check()
        if time.monotonic() < lag_due:
            continue
        lag_due = time.monotonic() + LAG_SECONDS
        try:
            _write_lag(settings)
            if until_drained and drain.backlog(settings).is_drained:
                return
        except CityBrainError as error:
            log.warning("lag is unknown: %s", error.what)


class _Watched:
    """One query that is started again from its checkpoint when it fails."""

    def __init__(self, job: Land | Lake, spark: SparkSession) -> None:
        self._job, self._spark = job, spark
        self._query: StreamingQuery | None = None
        self._failures = 0
        self._due = self._since = 0.0

    def check(self) -> None:
        """Start the query if it doesn't run and its pause is over; CityBrainError after too many failures."""
        now = time.monotonic()
        if self._query is not None and self._query.isActive:
            if now - self._since > HEALTHY_SECONDS:
                self._failures = 0
            return
        if self._query is not None:
            self._note(
                self._job.switch.faults.pop(self._job.name, None) or self._query.exception() or "it stopped by itself"
            )
            self._query = None
        if now < self._due:
            return
        try:
            self._query, self._since = self._job.start(self._spark), now
        except RecordsMissingError:
            raise
        except CityBrainError as error:
            self._note(error)

    def _note(self, fault: object) -> None:
        self._failures += 1
        self._due = time.monotonic() + min(30.0, 2.0**self._failures)
        why = " ".join(str(fault).split())[:2000]
        if "failOnDataLoss" in why:
            raise RecordsMissingError(
                "records are missing on the broker that were not read yet",
                why=why[:500],
                remedy="restore them, or note the gap and remove the query's directory under checkpoints: "
                "it then goes on behind its ledger",
            )
        if self._failures >= MAX_FAILURES:
            raise CityBrainError(
                f"a streaming query failed {self._failures} times in a row",
                why=why[:500],
                remedy="read the streams' log; after a repair it goes on where it stopped",
            )
        log.error("query failed (%d): %s", self._failures, why)


def _write_lag(settings: Settings) -> None:
    import psycopg

    ends = {
        (topic, partition): end
        for topic in contracts()
        for partition, (_, end) in topic_offsets(settings, topic).items()
    }
    try:
        with connect(settings, "loader") as connection:
            ledger.write_lag(connection, ends)
    except psycopg.OperationalError as error:
        raise CityBrainError("the warehouse broke off", why=" ".join(str(error).split())) from error


@contextmanager
def _stopped_by_signals(switch: StopSwitch) -> Iterator[None]:
    """SIGTERM and SIGINT turn the switch instead of killing the driver in the middle of a batch."""

    def stop(number: int, _frame: Any) -> None:
        log.info("%s: stopping after the current batch", signal.Signals(number).name)
        switch.stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

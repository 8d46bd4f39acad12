"""What both streaming queries share: the session, the Kafka source, retries, and a stop between two batches."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.contracts.registry import contracts
from streams.errors import CityBrainError
from streams.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

log = logging.getLogger("citybrain.streams")

SLICE_BYTES = 16 << 20
"""Values that a worker takes at once, unless a single one is larger: what bounds its memory and the JVM's."""
POLL_RECORDS = 32

JARS = CHECKOUT / "infra/jars/lib/spark"

CONFIG: dict[str, bool | float | int | str | None] = {
    "spark.app.name": "citybrain",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "1g",
    # The JVM moves bytes between Kafka and Python: what its second compiler gains, its own work costs twice.
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.session.timeZone": "UTC",
    # Defaults are made for clusters: 200 tasks would cost more than a whole batch of ours.
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    # Records may be of a mebibyte each: what goes to a worker at once is bounded in bytes as well.
    "spark.sql.execution.arrow.maxBytesPerBatch": str(SLICE_BYTES),
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}

Batch = Callable[["DataFrame", int], None]


class StoppedError(Exception):
    """A batch was given up because the service stops; its query runs it again after the next start."""


class RecordsMissingError(CityBrainError):
    """The broker no longer has records that were not read yet; trying again can't help."""


class StopSwitch:
    """Stops the service between two batches: once turned none begins, and `closed` waits for those inside.

    `faults` holds the last error of each query's batches, as Python raised it: Spark's own message buries it.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.faults: dict[str, Exception] = {}
        self._inside: dict[str, threading.Lock] = {}

    def guard(self, name: str, batch: Batch) -> Batch:
        """`batch`, but refused with StoppedError once the service stops."""
        lock = self._inside.setdefault(name, threading.Lock())

        def guarded(frame: DataFrame, batch_id: int) -> None:
            with lock:
                if self.stopping.is_set():
                    raise StoppedError
                try:
                    batch(frame, batch_id)
                except Exception as error:
                    self.faults[name] = error
                    raise

        return guarded

    @contextmanager
    def closed(self) -> Iterator[None]:
        """No batch runs inside; one that waits for a server gives up, one that works finishes first."""
        self.stopping.set()
        for lock in self._inside.values():
            lock.acquire()
        try:
            yield
        finally:
            for lock in self._inside.values():
                lock.release()


def session(settings: Settings) -> SparkSession:
    """The one Spark session; raises CityBrainError when the jars are missing."""
    from pyspark.sql import SparkSession

    jars = sorted(JARS.glob("*.jar"))
    if not jars:
        raise CityBrainError("Spark's jars are missing", why=f"{JARS} is empty", remedy="make install")
    if settings.spark_master.startswith("local"):  # a cluster's workers must reach the driver
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(settings.spark_master).config(map=CONFIG)
    scratch = settings.home / "spark"
    scratch.mkdir(parents=True, exist_ok=True)
    os.environ["SPARK_LOCAL_DIRS"] = str(scratch)
    builder = builder.config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
    return builder.config("spark.jars", ",".join(map(str, jars))).getOrCreate()


def checkpoint(settings: Settings, name: str) -> Path:
    """Where the query of that name keeps its offsets."""
    return settings.home / "checkpoints" / name


def app_id(settings: Settings, name: str) -> str:
    """Name of the query's present checkpoint: a lost and newly made one counts its batches from 0 again."""
    metadata = json.loads((checkpoint(settings, name) / "metadata").read_text())
    return f"{name}-{metadata['id']}"


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the streams' lock; raises CityBrainError at once when another service has these checkpoints."""
    path = settings.home / "checkpoints" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise CityBrainError(
                "the streams are running already",
                why=f"process {held.read().strip() or 'unknown'} holds {path}; two would load each batch twice",
                remedy="nothing to do; `citybrain status` shows them, `citybrain down` stops them",
            ) from None
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


def start(
    spark: SparkSession,
    settings: Settings,
    name: str,
    *,
    reached: Mapping[tuple[str, int], int],
    per_trigger: int,
    interval: str,
    batch: Batch,
) -> StreamingQuery:
    """Start the query on all contract topics; a new checkpoint goes on behind the offsets `reached`."""
    from streams.bus.admin import require_own_broker

    require_own_broker(settings)
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        .option("subscribe", ",".join(contracts()))
        .option("startingOffsets", starting_offsets(settings, reached))
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", per_trigger)
        # A consumer holds what one poll gave: with the default of 500, that many of the largest are 2 GB of heap.
        .option("kafka.max.poll.records", POLL_RECORDS)
        .option("kafka.fetch.max.bytes", SLICE_BYTES)
        .load()
    )
    return (
        records.writeStream.queryName(name)
        .foreachBatch(batch)
        .option("checkpointLocation", str(checkpoint(settings, name)))
        .trigger(processingTime=interval)
        .start()
    )


def starting_offsets(settings: Settings, reached: Mapping[tuple[str, int], int]) -> str:
    """Spark's startingOffsets for a new checkpoint (an old one goes by its own).

    Raises RecordsMissingError when a topic ends before what was read of it: it was deleted and made again.
    """
    from streams.bus.admin import topic_offsets

    if not reached:
        return "earliest"
    earliest = -2
    places: dict[str, dict[str, int]] = {}
    for topic in contracts():
        for partition, (_, end) in topic_offsets(settings, topic).items():
            last = reached.get((topic, partition))
            if last is not None and last >= end:
                raise RecordsMissingError(
                    f"topic {topic} ends before what was read of it",
                    why=f"partition {partition} ends at {end}, but offset {last} was landed: it was made anew",
                    remedy="restore the broker's data, or start from an empty CITYBRAIN_HOME (`make clean-state`)",
                )
            places.setdefault(topic, {})[str(partition)] = earliest if last is None else last + 1
    return json.dumps(places)


def persistently(switch: StopSwitch, what: str, work: Callable[[], Any]) -> Any:
    """Run `work` until it succeeds, with growing pauses while a server is away; StoppedError when it stops."""
    import psycopg
    import tenacity

    def say(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        log.warning("%s: attempt %d failed: %s", what, state.attempt_number, " ".join(str(error).split()))

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((psycopg.OperationalError, psycopg.InterfaceError, CityBrainError)),
        wait=tenacity.wait_exponential(multiplier=0.25, max=10),
        stop=tenacity.stop_when_event_set(switch.stopping),
        sleep=tenacity.sleep_using_event(switch.stopping),
        before_sleep=say,
    )
    try:
        return retrying(work)
    except tenacity.RetryError:
        raise StoppedError from None

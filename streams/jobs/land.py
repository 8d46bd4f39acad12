"""Kafka -> event log: parse on the workers, then one PostgreSQL transaction per batch. Exactly once.

Order inside a batch: dead letters to the broker, rows + identities + dead-letter notes + ledger in one transaction.
A crash before the commit repeats the batch (dead letters may then stand twice on the DLQ, never in the books);
after the commit the ledger row makes the repeated batch a no-op.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.bus import dead_letters
from streams.bus.dead_letters import Record, Rejected
from streams.jobs import chunks
from streams.jobs.findings import Registers, arrivals, findings
from streams.jobs.query import Gate, app_id, log, persistently, start
from streams.settings import Settings
from streams.transforms.dedupe import decide, identified
from streams.transforms.headers import unpack
from streams.transforms.kernel import Kernel, Parsed, reason_of
from streams.warehouse import ledger
from streams.warehouse.connection import connect
from streams.warehouse.failpoint import failpoint

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa
    from pyspark import Broadcast
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.streaming import StreamingQuery

NAME = "land"
PER_TRIGGER = 50_000
"""Records per batch: a few seconds of backlog, and a bound on the driver's memory."""
INTERVAL = "500 milliseconds"
ALARM_SHARE, ALARM_RECORDS = 0.2, 50
"""A batch with more rejects than this share of its records, and not just a handful of them, is said in the log."""


@dataclass(frozen=True)
class _Judged:
    """One topic's share of a batch before anything is written: rows with their verdict, new dead letters, replays."""

    parsed: Parsed
    decided: pl.DataFrame
    rejected: list[Rejected]
    replays: set[str]


@dataclass(frozen=True)
class Land:
    """The fast query: all topics, one transaction per batch."""

    settings: Settings
    kernel: Kernel
    shared: Broadcast[Kernel]
    gate: Gate
    registers: Registers
    name: str = NAME

    def start(self, spark: SparkSession) -> StreamingQuery:
        """Begin where the checkpoint stands; without one, behind what the ledger says."""
        with connect(self.settings, "loader") as connection:
            reached = ledger.reached(connection)
        return start(
            spark,
            self.settings,
            NAME,
            reached=reached,
            per_trigger=PER_TRIGGER,
            interval=INTERVAL,
            batch=self.gate.guard(NAME, self.batch),
        )

    def batch(self, records: DataFrame, batch_id: int) -> None:
        """Land one micro-batch; done again it changes nothing."""
        began = time.monotonic()
        read = chunks.parsed_chunks(records, self.shared).toArrow()
        log.info("%s batch %d: parsed in %.1f s", NAME, batch_id, time.monotonic() - began)
        name = app_id(self.settings, NAME)
        persistently(self.gate, f"{NAME} batch {batch_id}", lambda: self.load(read, name, batch_id))

    def load(self, read: pa.Table, name: str, batch_id: int) -> None:
        """The batch's transaction, from chunks to commit."""
        began = time.monotonic()
        with connect(self.settings, "loader") as connection:
            if not ledger.begin(connection, name, batch_id):
                log.info("%s batch %d is in the ledger already", NAME, batch_id)
                return
            judged = [
                self._judge(connection, chunks.parsed_of(read, self.kernel.contracts[topic]))
                for topic in chunks.topics_of(read)
            ]
            self._bury(connection, [letter for one in judged for letter in one.rejected], judged)
            spans = chunks.spans_of(read)
            tallies = [
                tally
                for one in judged
                for tally in self._write(connection, one, [span for span in spans if span.topic == one.parsed.topic])
            ]
            ledger.write_ledger(connection, name, batch_id, tallies)
            failpoint("before_commit")
        failpoint("after_commit")
        log.info(
            "%s batch %d: %d read, %d landed, %d rejected, %d duplicate, loaded in %.1f s",
            *(NAME, batch_id, sum(one.span.records for one in tallies), sum(one.landed for one in tallies)),
            *(sum(one.rejected for one in tallies), sum(one.duplicate for one in tallies)),
            time.monotonic() - began,
        )

    def _judge(self, connection: psycopg.Connection[Any], parsed: Parsed) -> _Judged:
        rows = identified(parsed.rows, parsed.topic)
        decided = decide(rows, ledger.known_identities(connection, rows["identity"]))
        origins = pl.concat([parsed.rows["replay_of"], parsed.rejects["replay_of"]]).drop_nulls()
        replays = ledger.known_origins(connection, origins) if len(origins) else set()
        conflicts = decided.filter(pl.col("verdict") == "id_conflict")
        rejected = [
            *_rejected(parsed.topic, parsed.rejects, replays),
            *self._conflicts(parsed.topic, conflicts, replays),
        ]
        rejected.sort(key=lambda one: (one.record.partition, one.record.offset))
        return _Judged(parsed, decided, rejected, replays)

    def _write(
        self, connection: psycopg.Connection[Any], judged: _Judged, spans: list[ledger.Span]
    ) -> list[ledger.Tally]:
        topic, decided = judged.parsed.topic, judged.decided
        landed = decided.filter(pl.col("verdict") == "landed")
        ledger.append(connection, self.kernel.contracts[topic], landed)
        fates = _fates(judged.parsed, decided)
        sent_again = fates.filter(pl.col("replay_of").is_in(list(judged.replays)))
        ledger.settle_replays(connection, sent_again.select("replay_of", "fate").iter_rows())
        ledger.write_arrivals(connection, topic, arrivals(decided, judged.parsed.rejects, self.registers))
        ledger.write_findings(connection, topic, findings(landed, self.registers, self.kernel.scrub))
        _warn(topic, fates)
        return [_tally(span, fates, sent_again, landed) for span in spans]

    def _conflicts(self, topic: str, conflicts: pl.DataFrame, replays: set[str]) -> list[Rejected]:
        """The kernel let go of an accepted record's bytes; for the few conflicts they are read again."""
        fresh = conflicts.filter(~pl.col("replay_of").is_in(list(replays)).fill_null(False))
        places = list(fresh.select("kafka_partition", "kafka_offset").iter_rows())
        found = dead_letters.fetch(self.settings, topic, places)
        return [Rejected(found[place], "id_conflict", reason_of("id_conflict")) for place in places]

    def _bury(self, connection: psycopg.Connection[Any], rejected: list[Rejected], judged: list[_Judged]) -> None:
        """All topics' dead letters in one go: the broker takes half a second to know a new producer."""
        places = dead_letters.send(self.settings, rejected)
        failpoint("after_dlq")
        about = {place: known for one in judged if one.rejected for place, known in _about(one.parsed).items()}
        ledger.write_dead_letters(
            connection,
            (
                ledger.DeadLetter(
                    *(one.record.topic, one.record.partition, one.record.offset, one.rule, one.reason),
                    *about[one.record.topic, one.record.partition, one.record.offset],
                    has_payload=one.record.value is not None or one.rule == "tombstone",
                    dlq_partition=place[0],
                    dlq_offset=place[1],
                )
                for one, place in zip(rejected, places, strict=True)
            ),
        )


def _warn(topic: str, fates: pl.DataFrame) -> None:
    """Say at once when a source seems to have changed; the gate judges its whole day."""
    rejected = fates.filter(~pl.col("fate").is_in(["landed", "duplicate"]))
    if rejected.height > ALARM_SHARE * fates.height and fates.height >= ALARM_RECORDS:
        rule, count = rejected["fate"].value_counts(sort=True).row(0)
        log.warning(
            "%s: %d of %d records rejected, %d of them by %s: has the source changed?",
            *(topic, rejected.height, fates.height, count, rule),
        )


def _about(parsed: Parsed) -> dict[tuple[str, int, int], tuple[str | None, str | None]]:
    """(topic, partition, offset) -> city and source, as far as the record tells them."""
    rows = parsed.rows.rename({"kafka_partition": "partition", "kafka_offset": "offset"})
    names = ("partition", "offset", "city_code", "event_source")
    known = pl.concat([rows.select(names), parsed.rejects.select(names)])
    return {(parsed.topic, partition, offset): (city, source) for partition, offset, city, source in known.iter_rows()}


def _rejected(topic: str, rejects: pl.DataFrame, replays: set[str]) -> list[Rejected]:
    """New dead letters: a replay that fails again has one already."""
    return [
        Rejected(
            Record(
                topic,
                row["partition"],
                row["offset"],
                row["key"],
                row["value"],
                unpack(row["headers"]),
            ),
            row["rule"],
            reason_of(row["rule"]),
        )
        for row in rejects.iter_rows(named=True)
        if row["replay_of"] not in replays
    ]


def _fates(parsed: Parsed, decided: pl.DataFrame) -> pl.DataFrame:
    """`partition`, `offset`, `replay_of`, `fate` (landed, duplicate or a rule id) of every record, by offset."""
    return pl.concat(
        [
            decided.select(
                pl.col("kafka_partition").alias("partition"),
                pl.col("kafka_offset").alias("offset"),
                "replay_of",
                pl.col("verdict").alias("fate"),
            ),
            parsed.rejects.select("partition", "offset", "replay_of", pl.col("rule").alias("fate")),
        ]
    ).sort("partition", "offset")


def _tally(span: ledger.Span, fates: pl.DataFrame, sent_again: pl.DataFrame, landed: pl.DataFrame) -> ledger.Tally:
    mine = fates.filter(pl.col("partition") == span.partition)["fate"]
    n_landed, n_duplicate = int((mine == "landed").sum()), int((mine == "duplicate").sum())
    return ledger.Tally(
        span=span,
        landed=n_landed,
        rejected=len(mine) - n_landed - n_duplicate,
        duplicate=n_duplicate,
        replayed=sent_again.filter(pl.col("partition") == span.partition).height,
        checksum=ledger.checksum(landed.filter(pl.col("kafka_partition") == span.partition)),
    )

"""What lands one slice of Kafka records: parse, judge, bury, copy, book, in one PostgreSQL transaction. Exactly once.

A Spark task calls it for the spans that it holds; a test calls it without Spark. Order inside the transaction: hold the
partitions, dead letters to the broker, rows + identities + dead-letter notes + progress, commit. A crash before the
commit leaves the partitions where they were, and the slice is landed again (its dead letters may then stand twice on
the DLQ, never in the books). After the commit a repeated, speculative or late task finds its records done.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.books import ledger, state
from streams.books.ledger import Span, Tally
from streams.bus import dead_letters
from streams.bus.dead_letters import Record, Rejected
from streams.errors import CityBrainError
from streams.jobs.query import SLICE_BYTES
from streams.settings import Settings
from streams.transforms.dedupe import decide, identified, overtaken
from streams.transforms.findings import Registers, arrivals, findings
from streams.transforms.headers import unpack
from streams.transforms.kernel import RECORD_SCHEMA, Kernel, Parsed, reason_of, unprocessable
from streams.warehouse.connection import connect
from streams.warehouse.failpoint import failpoint

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]

log = logging.getLogger("citybrain.streams")

UNPROCESSABLE = 20
"""Records of one call that may be dead-lettered because nothing could process them; more is a fault of ours."""

ALARM_SHARE, ALARM_RECORDS = 0.2, 50
"""A slice with more rejects than this share of its records, and not just a handful of them, is said in the log."""


class _OvertakenError(Exception):
    """Another task landed some of these records meanwhile."""


@dataclass(frozen=True)
class _Judged:
    """One topic's share before anything is written: rows with their verdict, new dead letters, replays."""

    parsed: Parsed
    decided: pl.DataFrame
    rejected: list[Rejected]
    replays: set[str]


@dataclass(frozen=True)
class Lander:
    """All that a task needs; can be sent to Spark's workers."""

    settings: Settings
    kernel: Kernel
    registers: Registers

    def land(self, records: pl.DataFrame, name: str, batch_id: int) -> list[Tally]:
        """Land what is new of `records` (RECORD_SCHEMA, any topics); `name` and `batch_id` go into the ledger.

        A slice that can't be processed is halved down to the record at fault, which becomes a dead letter.
        Raises psycopg's errors and CityBrainError while a server is away: what was landed by then stays landed.
        """
        tallies: list[Tally] = []
        buried: list[str] = []
        with connect(self.settings, "loader", autocommit=True) as connection:
            for part in slices(_unread(connection, records)):
                tallies += self._land(connection, part, name, batch_id, buried)
        return tallies

    def _land(
        self, connection: Connection, records: pl.DataFrame, name: str, batch_id: int, buried: list[str]
    ) -> list[Tally]:
        import psycopg

        if records.is_empty():
            return []
        try:
            return self._transaction(connection, spans_of(records), self.kernel.parse(records), name, batch_id)
        except _OvertakenError:
            return self._land(connection, _unread(connection, records), name, batch_id, buried)
        except (Exception, pl.exceptions.PanicException) as error:
            is_of_data = not isinstance(error, psycopg.Error | CityBrainError) or isinstance(error, psycopg.DataError)
            if not is_of_data or len(buried) >= UNPROCESSABLE:
                raise
            if records.height > 1:
                half = records.height // 2
                parts = (records.head(half), records.slice(half))
                return [tally for part in parts for tally in self._land(connection, part, name, batch_id, buried)]
            place = "/".join(map(str, records.select("topic", "partition", "offset").row(0)))
            log.error("record %s can't be processed (%s): dead-lettered", place, type(error).__name__)  # no payload
            buried.append(place)
            contract = self.kernel.contracts[records["topic"][0]]
            lost = unprocessable(contract, records)
            return self._transaction(connection, spans_of(records), [lost], name, batch_id)

    def _transaction(
        self, connection: Connection, spans: list[Span], parsed: list[Parsed], name: str, batch_id: int
    ) -> list[Tally]:
        for one in parsed:
            ledger.make_room(connection, self.kernel.contracts[one.topic], one.rows["event_date"])
        with connection.transaction():
            reached = ledger.begin(connection, {(span.topic, span.partition): span.first for span in spans})
            if any(reached[span.topic, span.partition] >= span.first for span in spans):
                raise _OvertakenError
            judged = [self._judge(connection, one) for one in sorted(parsed, key=lambda one: one.topic)]
            self._bury(connection, [letter for one in judged for letter in one.rejected], judged)
            tallies = [tally for one in judged for tally in self._write(connection, one, spans)]
            ledger.finish(connection, name, batch_id, tallies)
            failpoint("before_commit")
        failpoint("after_commit")
        return tallies

    def _judge(self, connection: Connection, parsed: Parsed) -> _Judged:
        rows = identified(parsed.rows, parsed.topic)
        decided = decide(rows, ledger.known_identities(connection, rows["identity"]))
        lost = ledger.claim(connection, decided.filter(pl.col("verdict") == "landed"))
        if len(lost):  # the key is not a function of the case: a partition of its own for each try
            decided = overtaken(decided, ledger.known_identities(connection, lost))
        origins = pl.concat([parsed.rows["replay_of"], parsed.rejects["replay_of"]]).drop_nulls()
        replays = ledger.known_origins(connection, origins) if len(origins) else set()
        conflicts = decided.filter(pl.col("verdict") == "id_conflict")
        rejected = [
            *_rejected(parsed.topic, parsed.rejects, replays),
            *self._conflicts(parsed.topic, conflicts, replays),
        ]
        rejected.sort(key=lambda one: (one.record.partition, one.record.offset))
        return _Judged(parsed, decided, rejected, replays)

    def _write(self, connection: Connection, judged: _Judged, spans: list[Span]) -> list[Tally]:
        topic, decided = judged.parsed.topic, judged.decided
        mine = [span for span in spans if span.topic == topic]
        lane = min(span.partition for span in mine)
        landed = decided.filter(pl.col("verdict") == "landed")
        ledger.append(connection, self.kernel.contracts[topic], landed)
        fates = _fates(judged.parsed, decided)
        sent_again = fates.filter(pl.col("replay_of").is_in(list(judged.replays)))
        ledger.settle_replays(connection, sent_again.select("replay_of", "fate").iter_rows())
        ledger.write_arrivals(connection, topic, lane, arrivals(decided, judged.parsed.rejects, self.registers))
        ledger.write_findings(connection, topic, lane, findings(landed, self.registers, self.kernel.scrub))
        _warn(topic, fates)
        return [_tally(span, fates, sent_again, landed) for span in mine]

    def _conflicts(self, topic: str, conflicts: pl.DataFrame, replays: set[str]) -> list[Rejected]:
        """The kernel let go of an accepted record's bytes; for the few conflicts they are read again."""
        fresh = conflicts.filter(~pl.col("replay_of").is_in(list(replays)).fill_null(False))
        places = list(fresh.select("kafka_partition", "kafka_offset").iter_rows())
        found = dead_letters.fetch(self.settings, topic, places)
        return [Rejected(found[place], "id_conflict", reason_of("id_conflict")) for place in places]

    def _bury(self, connection: Connection, rejected: list[Rejected], judged: list[_Judged]) -> None:
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


def slices(records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`records` by topic and partition, in parts of SLICE_BYTES at most; a larger record stands alone."""
    ordered = records.sort("topic", "partition", "offset")
    begin = size = 0
    for row, length in enumerate(ordered["value"].bin.size().fill_null(0)):
        if size and size + length > SLICE_BYTES:
            yield ordered.slice(begin, row - begin)
            begin, size = row, 0
        size += length
    if ordered.height:
        yield ordered.slice(begin)


def spans_of(records: pl.DataFrame) -> list[Span]:
    """What the records together read of each partition, by topic and partition."""
    whole = records.group_by("topic", "partition").agg(
        pl.col("offset").min().alias("first"), pl.col("offset").max().alias("last"), pl.len().cast(pl.Int64)
    )
    return [Span(*row) for row in whole.sort("topic", "partition").iter_rows()]


def parse_all_that_can_be(kernel: Kernel, records: pl.DataFrame) -> Iterator[Parsed]:
    """What `kernel` makes of the records, without those that it breaks on: `land` has buried them."""
    try:
        yield from kernel.parse(records)
    except (Exception, pl.exceptions.PanicException):
        half = records.height // 2
        for part in (records.head(half), records.slice(half)) if half else ():
            yield from parse_all_that_can_be(kernel, part)


def _unread(connection: Connection, records: pl.DataFrame) -> pl.DataFrame:
    """Records that have no fate yet."""
    reached = [(*place, offset) for place, offset in state.reached(connection).items()]
    schema = {name: RECORD_SCHEMA[name] for name in ("topic", "partition")} | {"reached": pl.Int64()}
    known = pl.DataFrame(reached, schema=schema, orient="row")
    return (
        records.join(known, on=("topic", "partition"), how="left", maintain_order="left")
        .filter(pl.col("offset") > pl.col("reached").fill_null(-1))
        .drop("reached")
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


def _tally(span: Span, fates: pl.DataFrame, sent_again: pl.DataFrame, landed: pl.DataFrame) -> Tally:
    mine = fates.filter(pl.col("partition") == span.partition)["fate"]
    n_landed, n_duplicate = int((mine == "landed").sum()), int((mine == "duplicate").sum())
    return Tally(
        span=span,
        landed=n_landed,
        rejected=len(mine) - n_landed - n_duplicate,
        duplicate=n_duplicate,
        replayed=sent_again.filter(pl.col("partition") == span.partition).height,
        checksum=ledger.checksum(landed.filter(pl.col("kafka_partition") == span.partition)),
    )

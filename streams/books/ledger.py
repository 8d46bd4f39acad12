"""The event log's own books, written: what landed, what was seen before, what is dead, how far each partition is.

Everything here runs inside a transaction that the caller opened as `loader`. Locks are taken in one order (partitions
by name, then identities by value), and no two transactions hold the same partition: none waits for another but where
both bring the same event. `books` reads.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from streams.books.state import Place, progress
from streams.contracts.registry import Contract
from streams.transforms.dedupe import KNOWN_SCHEMA

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Span:
    """What one transaction read of one partition: offsets `first`..`last`."""

    topic: str
    partition: int
    first: int
    last: int
    records: int


@dataclass(frozen=True)
class DeadLetter:
    """One rejected record by its origin; `reason` and all else hold nothing of its payload."""

    topic: str
    partition: int
    offset: int
    rule: str
    reason: str
    city_code: str | None
    event_source: str | None
    has_payload: bool
    dlq_partition: int
    dlq_offset: int


@dataclass(frozen=True)
class Tally:
    """Fate of one span's records; landed + rejected + duplicate = records. `replayed` are among them."""

    span: Span
    landed: int
    rejected: int
    duplicate: int
    replayed: int
    checksum: str


def begin(connection: Connection, firsts: Mapping[Place, int]) -> dict[Place, int]:
    """Hold these partitions until the transaction ends: their last offsets that have their fate already.

    `firsts` are the offsets from which the transaction reads. Whoever holds a partition waits for nobody else's.
    """
    topics, partitions = [topic for topic, _ in firsts], [partition for _, partition in firsts]
    connection.execute(
        """
        insert into ops.progress (topic, "partition", first_offset, reached)
        select topic, "partition", first, first - 1
        from unnest(%s::text[], %s::integer[], %s::bigint[]) as span (topic, "partition", first)
        order by topic, "partition"
        on conflict do nothing
        """,
        (topics, partitions, list(firsts.values())),
    )
    rows = connection.execute(
        """
        select topic, "partition", reached
        from ops.progress
        where (topic, "partition") in (select * from unnest(%s::text[], %s::integer[]))
        order by topic, "partition"
        for update
        """,
        (topics, partitions),
    )
    return {(topic, partition): reached for topic, partition, reached in rows}


def known_identities(connection: Connection, identities: pl.Series) -> pl.DataFrame:
    """Identity and content hash of those that landed before (KNOWN_SCHEMA)."""
    rows = connection.execute(
        "select replace(identity::text, '-', ''), replace(content_hash::text, '-', '')"
        " from ops.event_identity where identity = any(%s::uuid[])",
        (_array(identities.unique()),),
    ).fetchall()
    return pl.DataFrame(rows, schema=KNOWN_SCHEMA, orient="row")


def claim(connection: Connection, fresh: pl.DataFrame) -> pl.Series:
    """Take the identities of events that seem new; those of them that another transaction was faster to take.

    Waits where that one is not committed yet. `fresh` has `identity`, `content_hash` and `event_date`.
    """
    ordered = fresh.select("identity", "content_hash", "event_date").sort("identity")
    rows = connection.execute(
        "insert into ops.event_identity select * from unnest(%s::uuid[], %s::uuid[], %s::date[])"
        " on conflict do nothing returning replace(identity::text, '-', '')",
        tuple(_array(ordered[name].cast(pl.String)) for name in ordered.columns),
    ).fetchall()
    if len(rows) == ordered.height:
        return ordered["identity"].clear()
    taken = pl.Series([row[0] for row in rows], dtype=pl.String)
    return ordered.filter(~pl.col("identity").is_in(taken.implode()))["identity"]


def make_room(connection: Connection, contract: Contract, days: pl.Series) -> None:
    """Partitions for events of these days, and the ledger's for the next hour; cheap where they are there."""
    connection.execute(
        "select ops.ensure_ledger_day((clock_timestamp() at time zone 'UTC' + ahead)::date)"
        " from unnest(array[interval '0', interval '1 hour']) as ahead"
    )
    for month in days.dt.month_start().unique().sort():
        connection.execute("select ops.ensure_month_partition(%s, %s)", (contract.table, month))


def append(connection: Connection, contract: Contract, landed: pl.DataFrame) -> None:
    """Write new events (raw columns) to the event log, whose partitions `make_room` made."""
    if landed.is_empty():
        return
    columns = [column.name for column in contract.raw_columns]
    copy_rows(connection, contract.raw_table, landed.select(columns).sort("event_date", maintain_order=True))


def copy_rows(connection: Connection, table: str, rows: pl.DataFrame) -> None:
    """COPY a frame into the table's columns of the same names; null stays apart from empty text."""
    import pyarrow.csv as arrow_csv

    names = ", ".join(f'"{name}"' for name in rows.columns)
    sink = io.BytesIO()
    # Quoting every value but null is exactly how COPY's CSV tells the two apart.
    options = arrow_csv.WriteOptions(include_header=False, quoting_style="all_valid")
    arrow_csv.write_csv(rows.to_arrow(compat_level=pl.CompatLevel.oldest()), sink, options)
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({names}) from stdin with (format csv)") as copy:
        copy.write(sink.getvalue())


def finish(connection: Connection, app_id: str, batch_id: int, tallies: Iterable[Tally]) -> None:
    """Move the partitions on, and note the transaction for audits: the last writes before its commit."""
    found = list(tallies)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.load_ledger values"
            " (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp() at time zone 'UTC')",
            [
                (
                    *(app_id, batch_id, one.span.topic, one.span.partition, one.span.first, one.span.last),
                    *(one.span.records, one.landed, one.rejected, one.duplicate, one.replayed, one.checksum),
                )
                for one in found
            ],
        )
        cursor.executemany(
            """
            update ops.progress
            set
                reached = %s, n_records = n_records + %s, n_landed = n_landed + %s, n_rejected = n_rejected + %s,
                n_duplicate = n_duplicate + %s, n_replayed = n_replayed + %s,
                landed_at_utc = clock_timestamp() at time zone 'UTC'
            where topic = %s and "partition" = %s
            """,
            [
                (
                    *(one.span.last, one.span.records, one.landed, one.rejected, one.duplicate, one.replayed),
                    *(one.span.topic, one.span.partition),
                )
                for one in found
            ],
        )


def checksum(landed: pl.DataFrame) -> str:
    """MD5 over the content hashes of landed rows in the order of their offsets."""
    hashes = landed.sort("kafka_offset")["content_hash"]
    return hashlib.md5("".join(hashes).encode(), usedforsecurity=False).hexdigest()


def write_dead_letters(connection: Connection, letters: Iterable[DeadLetter]) -> None:
    """New dead letters; one whose origin is known already (its batch was repeated) keeps its history."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.dead_letter (
                topic, "partition", "offset", rule_id, reason, city_code, event_source, state, state_reason,
                dlq_partition, dlq_offset
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (topic, "partition", "offset") do nothing
            """,
            [
                (
                    *(one.topic, one.partition, one.offset, one.rule, one.reason, one.city_code, one.event_source),
                    *(("new", "waits for people") if one.has_payload else ("dropped", "its payload was not kept")),
                    *(one.dlq_partition, one.dlq_offset),
                )
                for one in letters
            ],
        )


def write_arrivals(connection: Connection, topic: str, lane: int, counts: pl.DataFrame) -> None:
    """Add counts per city (`city_code` and counters of `ops.source_hour`) to the present hour.

    `lane` is a partition that the transaction holds.
    """
    names = [name for name in counts.columns if name != "city_code"]
    added = ", ".join(f"{name} = known.{name} + excluded.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"insert into ops.source_hour as known (topic, lane, hour_utc, city_code, {', '.join(names)})"
            " values (%s, %s, date_trunc('hour', clock_timestamp() at time zone 'UTC'), %s"
            f"{', %s' * len(names)}) on conflict (topic, city_code, hour_utc, lane) do update set {added}",
            [(topic, lane, *row) for row in counts.select("city_code", *names).iter_rows()],
        )


def write_findings(connection: Connection, topic: str, lane: int, found: pl.DataFrame) -> None:
    """Add what was odd (`city_code`, `kind`, `field`, `code`, `events`); `lane` as for `write_arrivals`."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.source_finding as known values (%s, %s, %s, %s, %s, %s,"
            " clock_timestamp() at time zone 'UTC', clock_timestamp() at time zone 'UTC', %s)"
            " on conflict (topic, city_code, kind, field, code, lane) do update set"
            " events = known.events + excluded.events, last_at_utc = excluded.last_at_utc",
            [(topic, *row, lane) for row in found.select("city_code", "kind", "field", "code", "events").iter_rows()],
        )


def known_origins(connection: Connection, origins: Iterable[str]) -> set[str]:
    """Those of the `topic/partition/offset` that are dead letters: only a record sent again from one is a replay."""
    rows = connection.execute(
        """
        select concat_ws('/', letter.topic, letter."partition", letter."offset")
        from ops.dead_letter as letter
        inner join unnest(%s::text[]) as origin
            on letter.topic = split_part(origin, '/', 1)
            and letter."partition" = split_part(origin, '/', 2)::integer
            and letter."offset" = split_part(origin, '/', 3)::bigint
        """,
        (sorted(set(origins)),),
    ).fetchall()
    return {row[0] for row in rows}


def settle_replays(connection: Connection, fates: Iterable[tuple[str, str]]) -> None:
    """Note what became of replayed records: (origin, landed | duplicate | rule id), in order of their offsets."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            update ops.dead_letter
            set state = %s, state_reason = %s, state_at_utc = clock_timestamp() at time zone 'UTC'
            where topic = %s and "partition" = %s and "offset" = %s and state <> 'dropped'
            """,
            [
                (
                    *(("replayed", fate) if fate in ("landed", "duplicate") else ("new", f"failed again: {fate}")),
                    *(topic, int(partition), int(offset)),
                )
                for origin, fate in fates
                for topic, partition, offset in (origin.split("/"),)
            ],
        )


def landed_places(connection: Connection, contract: Contract, spans: Iterable[Span]) -> pl.DataFrame:
    """`kafka_partition` and `kafka_offset` of the rows inside the spans that are in the event log."""
    found = []
    for span in spans:
        rows = connection.execute(
            f"select kafka_partition, kafka_offset from {contract.raw_table}"
            " where kafka_partition = %s and kafka_offset between %s and %s",
            (span.partition, span.first, span.last),
        )
        found += rows.fetchall()
    return pl.DataFrame(found, schema={"kafka_partition": pl.Int32, "kafka_offset": pl.Int64}, orient="row")


def note_lake(connection: Connection, reached: Mapping[Place, int]) -> None:
    """Partition -> last offset that the lake holds now; done again it changes nothing."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            update ops.progress
            set lake_reached = %s, lake_at_utc = clock_timestamp() at time zone 'UTC'
            where topic = %s and "partition" = %s and lake_reached < %s
            """,
            [(last, *place, last) for place, last in sorted(reached.items())],
        )


def write_lag(connection: Connection, ends: Mapping[tuple[str, int], int]) -> None:
    """One row per partition: the broker's end offset and the next offsets that raw and the lake want."""
    known = progress(connection)
    nothing = (0, 0)
    next_ones = {place: (one.reached + 1, one.lake_reached + 1) for place, one in known.items()}
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.lag values (%s, %s, %s, %s, %s, clock_timestamp() at time zone 'UTC')
            on conflict (topic, "partition") do update set
                end_offset = excluded.end_offset, landed_offset = excluded.landed_offset,
                lake_offset = excluded.lake_offset, at_utc = excluded.at_utc
            """,
            [(*place, end, *next_ones.get(place, nothing)) for place, end in sorted(ends.items())],
        )


def _array(values: pl.Series) -> str:
    """PostgreSQL array literal of values that need no quoting (hex, dates); one parameter instead of thousands."""
    return "{" + ",".join(values) + "}"
